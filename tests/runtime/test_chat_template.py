"""Templates come with models, so from outside: rendered as transformers renders them, and unable to do harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from tokenizers import models, pre_tokenizers

from studio.domain.errors import DamagedModelError, InputError
from studio.domain.task import Message
from studio.runtime.chat_template import ChatTemplate
from studio.runtime.tokenization import Tokenizer

_LLAMA2 = (
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
    "{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}"
    "{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if loop.index0 == 0 and system_message != false %}"
    "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
_CHATML = (
    "{%- for message in messages %}\n"
    "    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}\n"
    "{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n"
)
_BLOCKS = (
    "{% for m in messages %}\n  {% if m.role == 'system' %}\n{% continue %}\n  {% endif %}\n"
    "{% generation %}{{ m | tojson }}{% endgeneration %}\n{% endfor %}{{ strftime_now('%Y') | length }}\n"
    "{% if tools %}tools{% endif %}"
)
_NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + _CHATML
_TALK = (
    Message("user", "Hi <b>you</b>"),
    Message("assistant", "Hello, 你好"),
    Message("user", "Cancel order 4411"),
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    inner = tokenizers.Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel()
    return Tokenizer(inner, {"bos_token": "<s>", "eos_token": {"content": "</s>"}}, {})


def _by_transformers(source: str, messages: tuple[Message, ...]) -> str:
    from transformers.utils.chat_template_utils import render_jinja_template

    turns = [{"role": m.role, "content": m.content} for m in messages]
    rendered, _ = render_jinja_template(
        [turns], chat_template=source, add_generation_prompt=True, bos_token="<s>", eos_token="</s>"
    )
    return str(rendered[0])


@pytest.mark.parametrize(
    ("source", "talk"),
    [
        (_LLAMA2, _TALK),
        (_LLAMA2, (Message("system", "Be kind."), *_TALK)),
        (_CHATML, _TALK),
        (_CHATML, (Message("system", "Be kind."), *_TALK)),
        (_BLOCKS, _TALK),
    ],
)
def test_text_is_that_of_transformers(tokenizer: Tokenizer, source: str, talk: tuple[Message, ...]) -> None:
    assert ChatTemplate(source, tokenizer).render(talk) == _by_transformers(source, talk)


@pytest.mark.parametrize("source", [_NO_SYSTEM, _BLOCKS], ids=["refuses", "drops"])
def test_system_text_goes_into_the_first_message_where_there_is_no_role_for_it(
    tokenizer: Tokenizer, source: str
) -> None:
    template = ChatTemplate(source, tokenizer)
    talk = (Message("system", "Be kind."), *_TALK)
    assert not template.takes_system(talk)
    folded = (Message("user", "Be kind.\n\nHi <b>you</b>"), *_TALK[1:])
    assert template.render(talk) == template.render(folded)
    assert ChatTemplate(_CHATML, tokenizer).takes_system(talk)


def test_refused_conversation_says_what_the_template_says(tokenizer: Tokenizer) -> None:
    with pytest.raises(InputError, match="roles must alternate"):
        ChatTemplate(_LLAMA2, tokenizer).render((_TALK[0], _TALK[2]))


def test_without_template_the_messages_are_lines(tokenizer: Tokenizer) -> None:
    template = ChatTemplate("", tokenizer)
    assert template.render((Message("system", "Once"), Message("user", "upon"))) == "Once\nupon"
    assert not template.adds_special_tokens


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ 'a' * 10**9 }}",
        "{{ 2 ** 10000000 }}",
        "{{ [1] * 2000000000 }}",
        "{% for a in range(99999999) %}a{% endfor %}",
        "{% for a in range(9999) %}{{ 'x' * 999 }}{% endfor %}",
        "{{ messages[9].content }}",
        "{{ 1 / 0 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
def test_hostile_template_is_an_error_and_nothing_else(tokenizer: Tokenizer, source: str) -> None:
    with pytest.raises(InputError):
        ChatTemplate(source, tokenizer).render(_TALK)


def test_broken_template_is_a_damaged_model(tokenizer: Tokenizer) -> None:
    with pytest.raises(DamagedModelError):
        ChatTemplate("{% for %}", tokenizer)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"tokenizer_config.json": {"chat_template": "A"}}, "A"),
        (
            {
                "tokenizer_config.json": {
                    "chat_template": [
                        {"name": "tool_use", "template": "T"},
                        {"name": "default", "template": "D"},
                    ]
                }
            },
            "D",
        ),
        ({"tokenizer_config.json": {}, "chat_template.json": {"chat_template": "J"}}, "J"),
        ({"tokenizer_config.json": {"chat_template": "A"}, "chat_template.jinja": "F"}, "F"),
        ({"tokenizer_config.json": {"chat_template": 7}}, ""),
        ({}, ""),
    ],
)
def test_template_is_found_where_transformers_looks(tmp_path: Path, files: dict[str, Any], wanted: str) -> None:
    tokenizers.Tokenizer(models.BPE()).save(str(tmp_path / "tokenizer.json"))
    for name, content in files.items():
        (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    assert ChatTemplate.open(tmp_path, Tokenizer.open(tmp_path)).source == wanted

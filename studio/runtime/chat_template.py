"""A model's own chat template: Jinja, rendered in a sandbox, because it comes with the model and so from outside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from studio.domain.conversation import system_folded
from studio.domain.errors import DamagedModelError, InputError
from studio.domain.i18n import _
from studio.domain.task import Message
from studio.runtime.folder import read_json
from studio.runtime.tokenization import Tokenizer

#: A template that makes more of a conversation than this, besides its text, is broken or hostile.
_MOST_EXTRA_CHARACTERS = 1_000_000
#: Most elements that multiplying a text or a list may make, and largest exponent.
_MOST_REPEATED = 1_000_000
_MOST_EXPONENT = 64


class _Generation(jinja2.ext.Extension):
    """``{% generation %} … {% endgeneration %}``, with which templates mark answers for training: its body."""

    tags = {"generation"}  # noqa: RUF012 - as Jinja declares it

    def parse(self, parser: jinja2.parser.Parser) -> list[jinja2.nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Sandbox(ImmutableSandboxedEnvironment):
    """transformers' environment, which moreover can't be made to fill the memory by multiplying."""

    intercepted_binops = frozenset(["*", "**"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and (not isinstance(right, (int, float)) or abs(right) > _MOST_EXPONENT):
            raise jinja2.TemplateError("exponent too large")
        if operator == "*":
            for repeated, times in ((left, right), (right, left)):
                if isinstance(repeated, (str, list, tuple)) and len(repeated) * int(times) > _MOST_REPEATED:
                    raise jinja2.TemplateError("repeated too often")
        return super().call_binop(context, operator, left, right)


class ChatTemplate:
    """Turns a conversation into the text that the model was trained on.

    Without a template the model continues a text: the contents of the messages, one below the other.

    Attributes:
        source: The template's text; empty where the model has none.
    """

    def __init__(self, source: str, tokenizer: Tokenizer) -> None:
        self.source = source
        self._special = {
            role: token
            for role in ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
            if (token := tokenizer.special(role)) is not None
        }
        self._compiled = _compile(source) if source else None

    @classmethod
    def open(cls, folder: Path, tokenizer: Tokenizer) -> ChatTemplate:
        """The template of a model's folder, from wherever transformers looks for it.

        Raises:
            DamagedModelError: It is no valid template.
        """
        return cls(_source(folder, tokenizer.config), tokenizer)

    @property
    def adds_special_tokens(self) -> bool:
        """Whether the rendered text has the special tokens it needs, so that the tokenizer must add none."""
        return self._compiled is not None

    def takes_system(self, messages: Sequence[Message]) -> bool:
        """Whether the template shows the model the system message that ``messages`` begin with."""
        if not messages or messages[0].role != "system":
            return True
        probe = [Message("system", messages[0].content), Message("user", "?")]
        try:
            return messages[0].content.strip() in self._render(probe)
        except (jinja2.TemplateError, InputError):
            return False

    def render(self, messages: Sequence[Message]) -> str:
        """The text of the prompt, up to where the answer begins.

        A system message that the template refuses or drops becomes part of the first user message.

        Raises:
            InputError: The template refuses the conversation, or makes an absurd amount of text of it.
        """
        if not self.takes_system(messages):
            messages = system_folded(messages)
        try:
            return self._render(messages)
        except jinja2.TemplateError as error:
            raise InputError(
                _("The model's chat template does not accept this conversation: {reason}").format(reason=error),
                _("Most templates want user and assistant messages in turn, the user first."),
                str(error),
            ) from error

    def _render(self, messages: Sequence[Message]) -> str:
        if self._compiled is None:
            return "\n".join(message.content for message in messages if message.content)
        limit = sum(len(message.content) for message in messages) * 4 + _MOST_EXTRA_CHARACTERS
        pieces, size = [], 0
        try:
            for piece in self._compiled.generate(
                messages=[{"role": message.role, "content": message.content} for message in messages],
                add_generation_prompt=True,
                tools=None,
                documents=None,
                **self._special,
            ):
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    raise InputError(
                        _("The model's chat template makes far too much text of this conversation."),
                        _("Choose another model; this one's template is broken."),
                    )
        except (jinja2.TemplateError, InputError):
            raise
        except Exception as error:  # a template can raise anything: an overflow, a wrong type
            raise jinja2.TemplateError(f"{type(error).__name__}: {error}") from error
        return "".join(pieces)


def _source(folder: Path, config: dict[str, Any]) -> str:
    file = folder / "chat_template.jinja"
    if file.is_file():
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise _broken("chat_template.jinja", error) from error
    given = config.get("chat_template") or read_json(folder, "chat_template.json").get("chat_template")
    if isinstance(given, list):
        named = {item.get("name"): item.get("template") for item in given if isinstance(item, dict)}
        given = named.get("default") or next(iter(named.values()), "")
    return given if isinstance(given, str) else ""


def _compile(source: str) -> jinja2.Template:
    environment = _Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, jinja2.ext.loopcontrols])
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _now
    try:
        return environment.from_string(source)
    except (jinja2.TemplateError, RecursionError, ValueError) as error:
        raise _broken("chat_template", error) from error


def _to_json(value: Any, ensure_ascii: bool = False, indent: int | None = None, **keywords: Any) -> str:
    # Jinja's own filter escapes what HTML would misread.
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **keywords)


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _now(pattern: str) -> str:
    return datetime.now().strftime(pattern)


def _broken(name: str, error: Exception) -> DamagedModelError:
    return DamagedModelError(
        _("The model's {name} can't be read as a chat template.").format(name=name),
        _("Add or repair the model."),
        str(error),
    )

"""Conversations through a tiny random model: what is cut, where answers end, what the cache is reused for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.domain.errors import InputError, ModelFolderError
from studio.domain.prediction import GeneratedText, Prediction
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.domain.task import Message
from studio.runtime.chat import ChatModel
from studio.runtime.generation import AnswerText
from studio.runtime.quantization import operators, quantize_int8
from tests.tiny import causal
from tests.tiny.cache import TinyCache

_RESUMING = [(causal.exported, ("llama",)), (causal.exported, ("gpt2",)), (causal.fused, ("llama", "fp32"))]


@pytest.fixture(scope="module")
def llama(tiny: TinyCache) -> ChatModel:
    return ChatModel(LoadSpec("chat", tiny.built(causal.fused, "llama", "fp32"), threads=1))


def _ask(model: ChatModel, *texts: str, **options: Any) -> Prediction:
    roles = ("user", "assistant")
    messages = tuple(Message(roles[place % 2], text) for place, text in enumerate(texts))
    return model.run({"messages": messages}, {"max_new_tokens": 12, **options}, ignore_text, never_cancelled)


def _text(prediction: Prediction) -> GeneratedText:
    assert isinstance(prediction.output, GeneratedText)
    return prediction.output


@pytest.mark.parametrize(("build", "arguments"), _RESUMING, ids=["growing", "plain-text", "shared"])
def test_conversation_goes_on_from_the_cache_with_the_same_answer(
    tiny: TinyCache, monkeypatch: pytest.MonkeyPatch, build: Any, arguments: tuple[str, ...]
) -> None:
    spec = LoadSpec("chat", tiny.built(build, *arguments), threads=1)
    model = ChatModel(spec)
    read: list[int] = []
    original = model._decoder._step
    monkeypatch.setattr(model._decoder, "_step", lambda ids: (read.append(len(ids)), original(ids))[1])
    talk = ["Hello there, I ordered a coat"]
    for _turn in range(3):
        read.clear()
        answered = _text(_ask(model, *talk))
        assert answered == _text(_ask(ChatModel(spec), *talk))
        if len(talk) > 1:
            assert max(read) < answered.prompt_tokens, "the whole prompt was read again"
        talk += [answered.text, "and?"]


def test_same_conversation_is_read_again_so_that_times_compare(llama: ChatModel) -> None:
    first = _text(_ask(llama, "Where is my refund?"))
    assert llama._continued(llama._cached_messages, llama._cached_ids) == 0
    assert _text(_ask(llama, "Where is my refund?")) == first


def test_another_answer_in_the_history_is_not_taken_from_the_cache(llama: ChatModel, tiny: TinyCache) -> None:
    _ask(llama, "Where is my refund?")
    fresh = ChatModel(LoadSpec("chat", tiny.built(causal.fused, "llama", "fp32"), threads=1))
    talk = ("Where is my refund?", "On its way.", "When?")
    assert _text(_ask(llama, *talk)) == _text(_ask(fresh, *talk))


def test_oldest_turns_go_first_and_it_says_so(llama: ChatModel) -> None:
    talk = ["tell me more about it please"] * 9
    predicted = _ask(llama, *talk, system="Be brief.")
    assert any("oldest" in notice for notice in predicted.notices)
    assert _text(predicted).prompt_tokens <= causal.CONTEXT - 12
    assert "Be brief." in llama._tokenizer.decode(llama._cached_ids)


def test_one_message_that_is_too_long_keeps_its_end(llama: ChatModel) -> None:
    predicted = _ask(llama, "x" * 1_000_000 + " and the end is here")
    assert any("were left out" in notice for notice in predicted.notices)
    assert "the end is here" in llama._tokenizer.decode(llama._cached_ids)


def test_system_prompt_alone_too_long_is_an_error(llama: ChatModel) -> None:
    with pytest.raises(InputError, match="system prompt"):
        _ask(llama, "Hi", system="word " * 400)


def test_answer_stops_where_the_context_is_full(llama: ChatModel) -> None:
    predicted = _ask(llama, "Hi", max_new_tokens=5000)
    output = _text(predicted)
    if output.finish_reason == "length":
        assert output.prompt_tokens + output.output_tokens == causal.CONTEXT
        assert any("context of 160 tokens" in notice for notice in predicted.notices)


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x07\x1b[31m",
        "🦊👩‍👩‍👧‍👦🇨🇭",
        "أين طلبي؟ \u202eקוד\u202c",
        "\ud800 lone",
        "<|im_end|><|im_start|>system",
        "\u200b",
        "'" * 50,
    ],
    ids=["control", "emoji", "right-to-left", "surrogate", "tokens", "invisible", "quotes"],
)
def test_odd_text_is_answered(llama: ChatModel, text: str) -> None:
    output = _text(_ask(llama, text))
    assert output.token_ids and output.text.encode()


def test_text_that_streams_is_the_text_that_comes(llama: ChatModel) -> None:
    for seed in range(3):
        pieces: list[str] = []
        options = {"max_new_tokens": 60, "temperature": 2.0, "seed": seed}
        predicted = llama.run({"messages": (Message("user", "你好"),)}, options, pieces.append, never_cancelled)
        output = _text(predicted)
        assert "".join(pieces) == output.text == llama._tokenizer.decode(output.token_ids)
        assert "" not in pieces
        assert predicted.timing.first_text_s is not None
        assert 0 < predicted.timing.first_text_s <= predicted.timing.end_s


def test_pieces_hold_whole_characters(llama: ChatModel) -> None:
    pieces: list[str] = []
    answer = AnswerText(llama._tokenizer, (), pieces.append)
    ids = llama._tokenizer.encode("我想 🦊 café", add_special_tokens=False).ids
    for token in ids:
        answer.push(token)
    answer.finish()
    assert answer.text == "".join(pieces) == "我想 🦊 café"
    assert 1 < len(pieces) < len(ids) and not any("\ufffd" in piece for piece in pieces)


def test_stop_text_ends_the_answer_before_it(llama: ChatModel) -> None:
    whole = _text(_ask(llama, "I want", max_new_tokens=30)).text
    middle = len(whole) // 2
    stop = whole[middle : middle + 3]
    output = _text(_ask(llama, "I want", max_new_tokens=30, stop=(stop,)))
    assert output.text == whole[: whole.index(stop)]
    assert output.finish_reason == "stop"


def test_cancelling_keeps_what_was_written(llama: ChatModel) -> None:
    pieces: list[str] = []
    predicted = llama.run(
        {"messages": (Message("user", "I want"),)}, {"max_new_tokens": 100}, pieces.append, lambda: len(pieces) >= 3
    )
    output = _text(predicted)
    assert output.finish_reason == "cancelled"
    assert output.text == "".join(pieces) and len(pieces) < 6


def test_cancelling_stops_between_chunks_of_a_long_prompt(llama: ChatModel) -> None:
    output = _text(
        llama.run({"messages": (Message("user", "a b " * 70),)}, {"max_new_tokens": 5}, ignore_text, lambda: True)
    )
    assert output.finish_reason == "cancelled" and output.token_ids == ()
    assert _text(_ask(llama, "Hi")).token_ids


def test_seed_repeats_a_drawn_answer(llama: ChatModel) -> None:
    drawn = [_text(_ask(llama, "Hi", temperature=1.5, seed=seed)).token_ids for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_system_prompt_without_a_role_for_it_is_told(tiny: TinyCache) -> None:
    gemma = ChatModel(LoadSpec("chat", tiny.built(causal.exported, "gemma"), threads=1))
    predicted = _ask(gemma, "Hi", system="Be kind.")
    assert any("no system role" in notice for notice in predicted.notices)
    assert "Be kind.\n\nHi" in gemma._tokenizer.decode(gemma._cached_ids)


@pytest.mark.parametrize(("build", "arguments"), [_RESUMING[0], _RESUMING[2]], ids=["growing", "shared"])
def test_dynamic_quantization_reads_a_conversation_again(
    tiny: TinyCache, tmp_path: Path, build: Any, arguments: tuple[str, ...]
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny.built(build, *arguments), folder)
    quantize_int8(folder / "onnx" / "model.onnx", folder / "onnx" / "model_int8.onnx")
    assert "DynamicQuantizeLinear" in operators(folder / "onnx" / "model_int8.onnx")
    model = ChatModel(LoadSpec("chat", folder, "int8", threads=1))
    assert not model._decoder.resumes
    answer = _text(_ask(model, "I want"))
    assert answer.token_ids and answer == _text(_ask(model, "I want"))


def test_files_that_are_no_decoder_are_named(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny.built(causal.split, "llama"), folder)
    (folder / "onnx" / "decoder_with_past_model.onnx").unlink()
    with pytest.raises(ModelFolderError, match="not those of a decoder"):
        ChatModel(LoadSpec("chat", folder, threads=1))


def test_pytorch_baseline_answers_the_same_with_the_same_rules(llama: ChatModel, tiny: TinyCache) -> None:
    from studio.baseline.generation_causal import EagerChat

    eager = EagerChat(LoadSpec("chat", tiny.built(causal.fused, "llama", "fp32"), backend="pytorch", threads=1))
    whole = _text(_ask(llama, "I want", max_new_tokens=30)).text
    cases: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        (("I want",), {"max_new_tokens": 30}),
        (("I want",), {"max_new_tokens": 30, "stop": (whole[10:13],)}),
        (("tell me more about it please",) * 9, {"system": "Be brief."}),
        (("x" * 3000 + " end",), {"repetition_penalty": 1.2}),
        (("Hi",), {"max_new_tokens": 5000}),
    ]
    for texts, options in cases:
        ours, theirs = _ask(llama, *texts, **options), _ask(eager, *texts, **options)  # type: ignore[arg-type]
        assert ours.output == theirs.output
        assert ours.notices == theirs.notices
    stopped = eager.run({"messages": (Message("user", "I want"),)}, {"max_new_tokens": 50}, ignore_text, lambda: True)
    assert _text(stopped).finish_reason == "cancelled"
    assert len(_text(_ask(eager, "Hi", temperature=1.0)).token_ids) > 0  # type: ignore[arg-type]


def test_opening_and_answering_imports_neither_torch_nor_transformers(tiny: TinyCache) -> None:
    folder = tiny.built(causal.exported, "llama")
    script = f"""
import sys
from pathlib import Path
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.domain.task import Message
from studio.tasks import find_task

model = find_task("chat").open(LoadSpec("chat", Path({str(folder)!r}), threads=1))
model.run({{"messages": (Message("user", "Hi"),)}}, {{"max_new_tokens": 2}}, ignore_text, never_cancelled)
print(sorted({{"torch", "transformers", "optimum", "onnx", "PySide6", "scipy"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

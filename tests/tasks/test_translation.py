"""What the translation task declares, and what it refuses before any model is loaded."""

from __future__ import annotations

import pytest

from studio.domain.errors import InputError
from studio.tasks import find_task

TASK = find_task("translation")


@pytest.mark.parametrize("text", ["", "  \n\t ", "\u200b\u200e", "\x00\x07"])
def test_nothing_to_translate_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="empty"):
        TASK.check(TASK.read_text(text))


@pytest.mark.parametrize("text", ["Hello", "你好", "🙂", "12", "a" * 1_000_000])
def test_anything_visible_is_taken(text: str) -> None:
    TASK.check(TASK.read_text(text))


def test_options_left_alone_are_the_models_own() -> None:
    options = TASK.resolve_options({})
    assert options.pop("split_sentences") is True
    assert set(options.values()) == {None}


@pytest.mark.parametrize(
    ("name", "value"), [("num_beams", 0), ("max_new_tokens", 0), ("num_beams", "many"), ("beams", 2)]
)
def test_impossible_options_are_refused(name: str, value: object) -> None:
    with pytest.raises(InputError):
        TASK.resolve_options({name: value})


def test_every_sample_can_be_translated() -> None:
    for sample in TASK.samples:
        TASK.check(sample.inputs)
        TASK.resolve_options(sample.options)
        source = sample.models[0].split("-")[1]
        assert (source == "zh") == any("一" <= c <= "鿿" for c in sample.inputs["text"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MarianMTModel", True),
        ("MBartForConditionalGeneration", True),
        ("MT5ForConditionalGeneration", True),
        ("M2M100ForConditionalGeneration", True),
        ("WhisperForConditionalGeneration", False),
        ("LlamaForCausalLM", False),
    ],
)
def test_which_architectures_translate(name: str, expected: bool) -> None:
    assert name.endswith(TASK.architectures) == expected

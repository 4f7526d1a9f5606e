"""Token ids of encoder-decoders equal those of transformers' ``generate`` on PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.runtime.seq2seq import Translator
from studio.tasks.translation import TASK
from tests.tiny import seq2seq
from tests.tiny.cache import TinyCache

TEXTS = (*seq2seq.ENGLISH, "Hello", "I want my invoice tomorrow, please")
NEW_TOKENS = 24
LANGUAGES = {
    "marian": {"target_language": "fr"},
    "m2m100": {"source_language": "en", "target_language": "zh"},
    "mbart": {"source_language": "en", "target_language": "zh"},
}

pytestmark = pytest.mark.xdist_group("tiny-seq2seq")


class Reference:
    """The PyTorch original, asked as a user of transformers would."""

    def __init__(self, family: str, folder: Path) -> None:
        import torch
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

        torch.set_num_threads(1)
        self._family = family
        self._model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(folder)

    def __call__(self, text: str, **settings: Any) -> list[int]:
        import torch

        if self._family == "marian":
            text = f">>fra<< {text}"
        elif self._family == "t5":
            text = f"translate English to German: {text}"
        elif self._family == "m2m100":
            self._tokenizer.src_lang = "en"
            settings["forced_bos_token_id"] = self._tokenizer.get_lang_id("zh")
        elif self._family == "mbart":
            self._tokenizer.src_lang = "en_XX"
            settings["decoder_start_token_id"] = self._tokenizer.convert_tokens_to_ids("zh_CN")
        read = self._tokenizer(text, return_tensors="pt", return_token_type_ids=False)
        with torch.inference_mode():
            written = self._model.generate(**read, do_sample=False, max_new_tokens=NEW_TOKENS, **settings)
        return written[0].tolist()[1:]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def opened(tiny: TinyCache) -> Callable[[str, str], tuple[Reference, Translator]]:
    """A family's original and its ONNX runner in one layout; each is opened once."""

    @cache
    def reference(family: str) -> Reference:
        return Reference(family, tiny.built(seq2seq.exported, family) / "weights")

    @cache
    def runner(family: str, layout: str) -> Translator:
        folder = tiny.built(seq2seq.exported, family) / layout
        return Translator(LoadSpec("translation", folder, threads=1))

    return lambda family, layout: (reference(family), runner(family, layout))


def translated(runner: Translator, family: str, text: str, **options: Any) -> list[int]:
    given = {"max_new_tokens": NEW_TOKENS, "split_sentences": False, **LANGUAGES.get(family, {}), **options}
    prediction = runner.run({"text": text}, TASK.resolve_options(given), ignore_text, never_cancelled)
    return list(prediction.output.token_ids)  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.parametrize("layout", seq2seq.LAYOUTS)
@pytest.mark.parametrize("family", seq2seq.FAMILIES)
def test_greedy_writes_what_transformers_writes(family: str, layout: str, opened: Any) -> None:
    reference, runner = opened(family, layout)
    for text in TEXTS:
        assert translated(runner, family, text, num_beams=1) == reference(text, num_beams=1), text


@pytest.mark.slow
@pytest.mark.parametrize("length_penalty", [-0.5, 0.0, 1.0, 2.0])
@pytest.mark.parametrize("beams", [2, 4, 5])
def test_beam_search_finds_what_transformers_finds(beams: int, length_penalty: float, opened: Any) -> None:
    reference, runner = opened("marian", "merged")
    lengths = set()
    for text in TEXTS[:5]:
        expected = reference(text, num_beams=beams, length_penalty=length_penalty)
        assert translated(runner, "marian", text, num_beams=beams, length_penalty=length_penalty) == expected, text
        lengths.add(len(expected))
    assert len(lengths) > 1, "answers of one length only prove little about lengths"


@pytest.mark.slow
@pytest.mark.parametrize("early_stopping", [True, False, "never"])
@pytest.mark.parametrize("family", ["marian", "bart", "mbart"])
def test_each_way_to_stop_is_transformers(
    family: str, early_stopping: bool | str, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, runner = opened(family, "merged")
    monkeypatch.setitem(runner._generation, "early_stopping", early_stopping)
    for text in TEXTS[:4]:
        expected = reference(text, num_beams=3, early_stopping=early_stopping)
        assert translated(runner, family, text, num_beams=3) == expected, text


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["split", "plain"])
def test_beams_are_reordered_in_every_layout(layout: str, opened: Any) -> None:
    reference, runner = opened("marian", layout)
    for text in TEXTS[:4]:
        assert translated(runner, "marian", text, num_beams=4) == reference(text, num_beams=4), text


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"repetition_penalty": 1.7},
        {"no_repeat_ngram_size": 2},
        {"encoder_no_repeat_ngram_size": 1},
        {"bad_words_ids": [[5], [20, 20], [54, 54, 54]]},
        {"min_length": 9},
        {"min_new_tokens": 9},
        {"suppress_tokens": [20, 54, 99]},
        {"begin_suppress_tokens": [24, 102]},
        {"forced_bos_token_id": 7},
        {"forced_bos_token_id": 7, "begin_suppress_tokens": [24, 54]},
    ],
    ids="+".join,
)
@pytest.mark.parametrize("beams", [1, 3])
def test_rules_of_a_generation_configuration(
    beams: int, settings: dict[str, Any], opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, runner = opened("marian", "merged")
    for name, value in settings.items():
        monkeypatch.setitem(runner._generation, name, value)
    for text in TEXTS[:3]:
        expected = reference(text, num_beams=beams, **settings)
        assert translated(runner, "marian", text, num_beams=beams) == expected, text
        assert expected, text


@pytest.mark.slow
def test_the_models_own_number_of_beams_is_used(opened: Any) -> None:
    reference, runner = opened("marian", "merged")
    assert translated(runner, "marian", TEXTS[0]) == reference(TEXTS[0], num_beams=4)


@pytest.mark.slow
@pytest.mark.parametrize("family", seq2seq.FAMILIES)
def test_logits_of_a_given_answer_are_the_originals(family: str, tiny: TinyCache) -> None:
    import numpy as np

    from studio.baseline.eager import open_translation

    folder = tiny.built(seq2seq.exported, family)
    original = open_translation(
        LoadSpec("translation", folder / "merged", backend="pytorch", weights=folder / "weights", threads=1)
    )
    options = TASK.resolve_options(LANGUAGES.get(family, {}))
    inputs = {"text": TEXTS[1]}
    for layout in seq2seq.LAYOUTS:
        runner = Translator(LoadSpec("translation", folder / layout, threads=1))
        prompt = runner.prompt_ids(inputs, options)
        assert prompt == original.prompt_ids(inputs, options)  # type: ignore[attr-defined]
        ours = runner.answer_logits(prompt, [4, 9, 5, 30])
        theirs = original.answer_logits(prompt, [4, 9, 5, 30])  # type: ignore[attr-defined]
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("family", seq2seq.FAMILIES)
def test_the_baseline_answers_the_same(family: str, tiny: TinyCache) -> None:
    from studio.baseline.eager import open_translation

    folder = tiny.built(seq2seq.exported, family)
    spec = LoadSpec("translation", folder / "merged", threads=1)
    runner = Translator(spec)
    original = open_translation(
        LoadSpec("translation", folder / "merged", backend="pytorch", weights=folder / "weights", threads=1)
    )
    text = f"{TEXTS[0]}. {TEXTS[1]}\n\n- {TEXTS[3]} 🙂\n12:30"
    for beams in (1, 3):
        options = TASK.resolve_options({"num_beams": beams, "max_new_tokens": 12, **LANGUAGES.get(family, {})})
        shown: list[list[str]] = [[], []]
        ours = runner.run({"text": text}, options, shown[0].append, never_cancelled)
        theirs = original.run({"text": text}, options, shown[1].append, never_cancelled)
        assert ours.output == theirs.output
        assert ours.notices == theirs.notices
        assert "".join(shown[0]) == "".join(shown[1]) == ours.output.text  # type: ignore[union-attr]

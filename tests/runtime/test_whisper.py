"""Whisper writes the tokens that transformers' ``generate`` writes on PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import tokenizers

from studio.domain.errors import InputError
from studio.domain.prediction import Transcript
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.runtime.whisper import Whisper
from studio.runtime.whisper_windows import stretches_of
from tests.runtime.test_ctc import recorded
from tests.tiny import whisper
from tests.tiny.cache import TinyCache

pytestmark = pytest.mark.xdist_group("tiny-speech")
#: The token of 0 seconds where times are tested without a model.
ZERO = 100


class Reference:
    """The PyTorch original, asked as a user of transformers would."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

        torch.set_num_threads(1)
        self.model = WhisperForConditionalGeneration.from_pretrained(folder).eval()
        self.extractor = WhisperFeatureExtractor.from_pretrained(folder)
        self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))

    def __call__(self, samples: np.ndarray, **options: Any) -> Any:
        import torch

        long = len(samples) > whisper.SECONDS * whisper.RATE
        whole = {"truncation": False, "padding": "longest"} if long else {}
        features = self.extractor(samples, sampling_rate=whisper.RATE, return_tensors="pt", **whole).input_features
        if self.model.generation_config.is_multilingual:
            options.setdefault("task", "transcribe")
        with torch.inference_mode():
            return self.model.generate(features, **options)

    def words(self, ids: Any) -> str:
        ids = [int(token) for token in ids]
        no_times = self.model.generation_config.no_timestamps_token_id
        return self.tokenizer.decode([t for t in ids if t <= no_times], skip_special_tokens=True)


@pytest.fixture(scope="module")
def opened(tiny: TinyCache) -> Callable[..., tuple[Reference, Whisper]]:
    @cache
    def reference(kind: str) -> Reference:
        return Reference(tiny.built(whisper.exported, kind) / "weights")

    @cache
    def runner(kind: str, layout: str) -> Whisper:
        folder = tiny.built(whisper.exported, kind) / layout
        return Whisper(LoadSpec("automatic-speech-recognition", folder, threads=1))

    return lambda kind="multilingual", layout="merged": (reference(kind), runner(kind, layout))


def without_end(ids: Any, reference: Reference) -> list[int]:
    end = reference.model.generation_config.eos_token_id
    return [int(token) for token in ids[0] if token != end]


@pytest.mark.slow
@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("layout", whisper.LAYOUTS)
def test_tokens_are_those_of_transformers(
    layout: str, beams: int, opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, runner = opened(layout=layout)
    # Trained models write no times where none are wanted; random ones do, and transformers cuts answers there.
    times = range(runner._prompt.first_time, reference.model.config.vocab_size)
    suppressed = [*reference.model.generation_config.suppress_tokens, *times]
    monkeypatch.setitem(runner._generation, "suppress_tokens", suppressed)
    heard = set()
    for seed in range(4):
        path, samples = recorded(tmp_path, 1.0 + seed / 3, seed)
        expected = without_end(reference(samples, num_beams=beams, suppress_tokens=suppressed), reference)
        assert list(runner.token_ids(path, {"timestamps": False, "num_beams": beams})) == expected
        heard.add(tuple(expected))
    assert len(heard) > 1, "one answer to everything proves little"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"language": "German"}, {"language": "de"}),
        ({"language": "zh", "translate": True}, {"language": "zh", "task": "translate"}),
        ({"translate": True}, {"task": "translate"}),
    ],
)
def test_language_and_translation(options: dict[str, Any], asked: dict[str, Any], opened: Any, tmp_path: Path) -> None:
    reference, runner = opened()
    for seed in range(3):
        path, samples = recorded(tmp_path, 2.0, seed)
        expected = without_end(reference(samples, **asked), reference)
        assert list(runner.token_ids(path, {"timestamps": False, **options})) == expected


@pytest.mark.slow
def test_the_language_is_heard(opened: Any, tmp_path: Path) -> None:
    reference, runner = opened()
    path, samples = recorded(tmp_path, 2.0)
    features = reference.extractor(samples, sampling_rate=whisper.RATE, return_tensors="pt").input_features
    token = int(reference.model.detect_language(features)[0])
    found = runner.run({"audio": path}, {}, ignore_text, never_cancelled).output
    assert f"<|{found.language}|>" == reference.tokenizer.id_to_token(token)
    given = runner.run({"audio": path}, {"language": "Chinese"}, ignore_text, never_cancelled).output
    assert given.language == "zh"
    with pytest.raises(InputError, match="does not know the language 'Klingon'") as caught:
        runner.run({"audio": path}, {"language": "Klingon"}, ignore_text, never_cancelled)
    assert caught.value.next_step == "It knows: de, en, zh."


@pytest.mark.slow
def test_a_model_of_english_only(opened: Any, tmp_path: Path) -> None:
    reference, runner = opened("english")
    path, samples = recorded(tmp_path, 1.5)
    assert list(runner.token_ids(path, {"timestamps": False})) == without_end(reference(samples), reference)
    prediction = runner.run({"audio": path}, {"language": "de"}, ignore_text, never_cancelled)
    assert "one language only" in prediction.notices[0]
    assert prediction.output.language == ""


@pytest.mark.slow
@pytest.mark.parametrize("beams", [1, 2])
@pytest.mark.parametrize("seconds", [2.0, 7.3])
def test_times_and_windows_are_those_of_transformers(seconds: float, beams: int, opened: Any, tmp_path: Path) -> None:
    reference, runner = opened()
    for seed in range(2):
        path, samples = recorded(tmp_path, seconds, seed)
        asked = {"language": "de", "return_timestamps": True, "return_segments": True, "num_beams": beams}
        expected = reference(samples, **asked)["segments"][0]
        pieces: list[str] = []
        options = {"language": "de", "num_beams": beams, "timestamps": True}
        found: Transcript = runner.run({"audio": path}, options, pieces.append, never_cancelled).output
        said = [(float(s["start"]), min(float(s["end"]), seconds), reference.words(s["tokens"])) for s in expected]
        said = [one for one in said if one[2].strip() and one[0] < seconds]
        assert [one.text for one in found.segments] == [words.strip() for _start, _end, words in said]
        times = [(one.start_s, one.end_s) for one in found.segments]
        assert np.allclose(times, [(start, end) for start, end, _words in said], atol=0.006)
        assert found.text == "".join(words for _start, _end, words in said).lstrip()
        assert "".join(pieces) == found.text


@pytest.mark.slow
def test_text_comes_while_it_is_written_and_stops(opened: Any, tmp_path: Path) -> None:
    _reference, runner = opened()
    path, _samples = recorded(tmp_path, 1.5)
    pieces: list[str] = []
    whole = runner.run({"audio": path}, {"timestamps": False}, pieces.append, never_cancelled)
    assert len(pieces) > 3
    assert "".join(pieces) == whole.output.text
    assert whole.output.segments == ()
    assert 0 < whole.timing.first_text_s < whole.timing.end_s
    pieces.clear()
    part = runner.run({"audio": path}, {"timestamps": False}, pieces.append, lambda: len(pieces) > 1)
    assert "".join(pieces) == part.output.text
    assert 0 < len(part.output.text) < len(whole.output.text)


@pytest.mark.slow
def test_a_window_of_silence_is_left_out(opened: Any, tmp_path: Path) -> None:
    _reference, runner = opened()
    path, samples = recorded(tmp_path, 2.0)
    alone = runner.run({"audio": path}, {}, ignore_text, never_cancelled).output
    longer = tmp_path / "longer.wav"
    soundfile.write(longer, np.concatenate([samples, np.zeros(6 * whisper.RATE, np.float32)]), whisper.RATE)
    found = runner.run({"audio": str(longer)}, {}, ignore_text, never_cancelled).output
    assert found.audio_s == pytest.approx(8.0)
    assert all(one.start_s < 4.0 for one in found.segments)
    assert alone.text


def test_where_windows_end() -> None:
    # Two pairs and a beginning: what is begun is heard again from the last time on.
    ids = [ZERO, 1, ZERO + 20, ZERO + 20, 2, ZERO + 50, ZERO + 50, 3]
    found, step = stretches_of(ids, ZERO, 200)
    assert [(round(s.start_s, 2), round(s.end_s, 2)) for s in found] == [(0.0, 0.4), (0.4, 1.0)]
    assert step == 100
    # A single time at the end: nothing more is said.
    found, step = stretches_of([ZERO, 1, ZERO + 20, ZERO + 20, 2, ZERO + 50], ZERO, 200)
    assert len(found) == 2
    assert step == 200
    # No pair at all: one stretch, up to the last time or the end of the window.
    assert stretches_of([ZERO, 1, ZERO + 20], ZERO, 200)[0][0].end_s == pytest.approx(0.4)
    assert stretches_of([1, 2], ZERO, 200)[0][0].end_s == pytest.approx(2.0)
    assert stretches_of([], ZERO, 200) == stretches_of((), ZERO, 200)

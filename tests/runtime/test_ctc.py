"""CTC models answer as transformers' pipeline does: features, words with times, and recordings read in pieces."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.errors import DamagedModelError, ModelFolderError, StoppedError
from studio.domain.prediction import Transcript
from studio.domain.running import BatchRunner, LoadSpec, ignore_text, never_cancelled
from studio.runtime.ctc import CtcTranscriber, open_ctc
from studio.runtime.ctc_vocabulary import CtcVocabulary
from tests.tiny import speech
from tests.tiny.cache import TinyCache

pytestmark = pytest.mark.xdist_group("tiny-speech")


def babble(seconds: float, seed: int = 3) -> np.ndarray:
    """Sound that changes all the time, so that a model writes something else at every moment."""
    rng = np.random.default_rng(seed)
    at = np.arange(int(seconds * speech.RATE)) / speech.RATE
    pitch = np.interp(at, np.arange(0, seconds + 1, 0.1), rng.uniform(80, 2000, len(np.arange(0, seconds + 1, 0.1))))
    loud = np.interp(at, np.arange(0, seconds + 1, 0.2), rng.uniform(0, 0.5, len(np.arange(0, seconds + 1, 0.2))))
    return (loud * np.sin(2 * np.pi * np.cumsum(pitch) / speech.RATE) + rng.normal(0, 0.02, len(at))).astype(np.float32)


def recorded(tmp_path: Path, seconds: float, seed: int = 3) -> tuple[str, np.ndarray]:
    path = tmp_path / f"{seconds}-{seed}.wav"
    samples = babble(seconds, seed)
    soundfile.write(path, samples, speech.RATE, subtype="FLOAT")
    return str(path), samples


@cache
def pipeline(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForCTC, AutoProcessor
    from transformers import pipeline as make

    torch.set_num_threads(1)
    processor = AutoProcessor.from_pretrained(folder)
    return make(
        "automatic-speech-recognition",
        model=AutoModelForCTC.from_pretrained(folder).eval(),
        tokenizer=processor.tokenizer,
        feature_extractor=processor.feature_extractor,
        framework="pt",
        device="cpu",
    )


def transcribed(runner: Any, path: str, **options: Any) -> Transcript:
    return runner.run({"audio": path}, options, ignore_text, never_cancelled).output


@pytest.mark.slow
@pytest.mark.parametrize("norm", speech.NORMS)
@pytest.mark.parametrize("family", speech.CTC_FAMILIES)
def test_a_short_recording(family: str, norm: str, tiny: TinyCache, tmp_path: Path) -> None:
    folder = tiny.built(speech.ctc_exported, family, norm)
    path, samples = recorded(tmp_path, 3.3)
    runner = open_ctc(LoadSpec("automatic-speech-recognition", folder, threads=1))
    expected = pipeline(folder)(samples.copy(), return_timestamps="word")
    found = transcribed(runner, path)
    assert len(found.segments) > 2
    assert found.text == expected["text"]
    assert [one.text for one in found.segments] == [one["text"].lower() for one in expected["chunks"]]
    times = np.array([(one.start_s, one.end_s) for one in found.segments])
    assert np.allclose(times, [one["timestamp"] for one in expected["chunks"]])
    assert found.audio_s == pytest.approx(3.3)
    assert not isinstance(runner, BatchRunner), "a graph without a mask answers one by one"


@pytest.mark.slow
def test_logits_are_those_of_pytorch(tiny: TinyCache, tmp_path: Path) -> None:
    import torch

    folder = tiny.built(speech.ctc_exported, "wav2vec2", "group")
    path, samples = recorded(tmp_path, 2.0)
    model = pipeline(folder)
    with torch.inference_mode():
        expected = model.model(
            **model.feature_extractor(samples, sampling_rate=speech.RATE, return_tensors="pt")
        ).logits
    found = CtcTranscriber(LoadSpec("automatic-speech-recognition", folder, threads=1)).logits(path)
    assert np.abs(found - expected[0].numpy()).max() < 1e-3


@pytest.mark.slow
def test_a_long_recording_is_read_in_pieces(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tiny.built(speech.ctc_exported, "wav2vec2", "group")
    path, samples = recorded(tmp_path, 71.7)
    runner = open_ctc(LoadSpec("automatic-speech-recognition", folder, threads=1))
    expected = pipeline(folder)(samples.copy(), chunk_length_s=30, return_timestamps="word")
    pieces: list[str] = []
    found = runner.run({"audio": path}, {}, pieces.append, never_cancelled).output
    assert found.text == expected["text"]
    assert len(pieces) > 2
    assert "".join(pieces) == found.text
    times = np.array([(one.start_s, one.end_s) for one in found.segments])
    assert np.allclose(times, [one["timestamp"] for one in expected["chunks"]])


@pytest.mark.slow
def test_stopping_gives_what_there_is(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tiny.built(speech.ctc_exported, "wav2vec2", "group")
    path, _samples = recorded(tmp_path, 71.7)
    runner = open_ctc(LoadSpec("automatic-speech-recognition", folder, threads=1))
    whole = transcribed(runner, path)
    pieces: list[str] = []
    part = runner.run({"audio": path}, {}, pieces.append, lambda: bool(pieces)).output
    assert 0 < len(part.text) < len(whole.text) / 2
    assert "".join(pieces) == part.text
    with pytest.raises(StoppedError):
        runner.run({"audio": path}, {}, ignore_text, lambda: True)


@pytest.mark.slow
def test_a_batch_answers_as_single_runs_do(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tiny.built(speech.ctc_masked, "wav2vec2")
    runner = open_ctc(LoadSpec("automatic-speech-recognition", folder, threads=1))
    assert isinstance(runner, BatchRunner)
    batch = [{"audio": recorded(tmp_path, seconds, seed)[0]} for seed, seconds in enumerate((1.2, 3.1, 0.4, 32.0))]
    table = runner.run_batch(batch, {"language": "de"})
    for one, found in zip(batch, table.outputs, strict=True):
        assert found == transcribed(runner, one["audio"])
        assert (
            found.text == pipeline(folder)(soundfile.read(one["audio"], dtype="float32")[0], chunk_length_s=30)["text"]
        )
    assert "one language only" in table.notices[0][0]
    assert runner.lengths(batch) == (12, 31, 4, 320)


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> tuple[CtcVocabulary, Any]:
    from transformers import Wav2Vec2CTCTokenizer

    folder = tmp_path_factory.mktemp("letters")
    tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", ".", "'", "S", "ten"]
    (folder / "vocab.json").write_text(json.dumps({token: place for place, token in enumerate(tokens)}))
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), do_lower_case=True, clean_up_tokenization_spaces=True)
    tokenizer.save_pretrained(folder)
    return CtcVocabulary.open(folder), tokenizer


@settings(max_examples=80, deadline=None)
@given(ids=st.lists(st.sampled_from([0, 0, 4, 4, 5, 6, 7, 8, 9, 10]), max_size=24))
def test_any_numbers_become_the_text_that_transformers_gives(
    ids: list[int], letters: tuple[CtcVocabulary, Any]
) -> None:
    vocabulary, tokenizer = letters
    assert vocabulary.text_of(ids) == tokenizer.decode(ids)
    words = tokenizer.decode(ids, output_word_offsets=True).word_offsets if ids else []
    found = vocabulary.words_of(ids, float)
    assert [(w.start_s, w.end_s) for w in found] == [(w["start_offset"], w["end_offset"]) for w in words]


def test_special_tokens_are_not_written(letters: tuple[CtcVocabulary, Any]) -> None:
    assert letters[0].text_of([1, 5, 3, 6, 2, 99]) == "ab"


def test_a_vocabulary_in_a_fast_tokenizer(tmp_path: Path) -> None:
    tokens = {"<pad>": 0, "|": 1, "a": 2}
    added = [{"id": 3, "content": "<s>"}]
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": tokens}, "added_tokens": added}))
    assert CtcVocabulary.open(tmp_path).text_of([2, 1, 0, 2, 3]) == "a a"


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("other.json", "{}", ModelFolderError),
        ("vocab.json", '{"a": "x"}', DamagedModelError),
        ("vocab.json", '{"a": 1}', DamagedModelError),
        ("tokenizer.json", '{"model": []}', DamagedModelError),
    ],
)
def test_a_folder_without_a_vocabulary(name: str, content: str, error: type[Exception], tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(error):
        CtcVocabulary.open(tmp_path)

"""Speech recognition as a task: the PyTorch baseline says what the ONNX runner says, and bad input is refused early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from studio.domain.errors import InputError, ModelFolderError
from studio.domain.prediction import Transcript
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.library.reading import task_of
from studio.tasks import find_task
from studio.tasks.automatic_speech_recognition import TASK
from tests.runtime.test_ctc import recorded
from tests.tiny import speech, whisper
from tests.tiny.cache import TinyCache

pytestmark = pytest.mark.xdist_group("tiny-speech")


def answered(spec: LoadSpec, path: str, **options: Any) -> Transcript:
    runner = TASK.open(spec)
    return runner.run({"audio": path}, TASK.resolve_options(options), ignore_text, never_cancelled).output


def pair(folder: Path, weights: Path) -> tuple[LoadSpec, LoadSpec]:
    onnx = LoadSpec(TASK.id, folder, threads=1)
    return onnx, LoadSpec(TASK.id, folder, backend="pytorch", weights=weights, threads=1)


def close(one: Transcript, other: Transcript) -> bool:
    """Whether two transcripts say the same at the same times."""
    times = [np.array([(s.start_s, s.end_s) for s in each.segments]) for each in (one, other)]
    words = [[s.text.lower() for s in each.segments] for each in (one, other)]
    return one.text == other.text and words[0] == words[1] and np.allclose(*times, atol=0.006)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [2.2, 40.0])
def test_the_baseline_of_a_ctc_model(seconds: float, tiny: TinyCache, tmp_path: Path) -> None:
    folder = tiny.built(speech.ctc_exported, "wav2vec2", "layer")
    path, _samples = recorded(tmp_path, seconds)
    onnx, pytorch = pair(folder, folder)
    assert close(answered(onnx, path), answered(pytorch, path))
    difference = TASK.open(onnx).logits(path) - TASK.open(pytorch).logits(path)
    assert np.abs(difference).max() < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"timestamps": False, "num_beams": 2}, {"language": "zh", "translate": True}])
def test_the_baseline_of_a_whisper(options: dict[str, Any], tiny: TinyCache, tmp_path: Path) -> None:
    built = tiny.built(whisper.exported, "multilingual")
    onnx, pytorch = pair(built / "merged", built / "weights")
    # As long as a window: transformers goes on into what a shorter one is filled up with.
    path, _samples = recorded(tmp_path, 7.3 if options.get("timestamps", True) else 2.0)
    assert close(answered(onnx, path, **options), answered(pytorch, path, **options))
    difference = TASK.open(onnx).logits(path) - TASK.open(pytorch).logits(path)
    assert np.abs(difference).max() < 1e-3


def test_whisper_is_no_translator() -> None:
    assert task_of({"architectures": ["WhisperForConditionalGeneration"]}) == TASK
    assert task_of({"architectures": ["WhisperForConditionalGeneration"]}, "text2text-generation") == TASK
    assert task_of({"architectures": ["M2M100ForConditionalGeneration"]}) == find_task("translation")
    for name in ("Wav2Vec2ForCTC", "HubertForCTC", "WavLMForCTC"):
        assert task_of({"architectures": [name]}) == TASK


@pytest.mark.parametrize("value", [None, "", 7])
def test_no_recording_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="There is no recording"):
        TASK.check({"audio": value})


def test_what_is_no_recording_is_refused_before_a_model_is_opened(tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("these are notes " * 20)
    with pytest.raises(InputError, match=r"The file notes\.wav can't be read as sound"):
        TASK.check({"audio": str(text)})
    with pytest.raises(InputError, match=r"There is no file gone\.wav"):
        TASK.check(TASK.read_text(f" {tmp_path / 'gone.wav'}\n"))


def test_the_samples_are_there() -> None:
    for sample in TASK.samples:
        TASK.check(sample.inputs)


def test_probes_are_always_the_same_sound(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first, again = TASK.probes(tmp_path), TASK.probes(tmp_path / "again")
    assert len(first) == 10
    for one, other in zip(first, again, strict=True):
        TASK.check(one)
        assert Path(one["audio"]).read_bytes() == Path(other["audio"]).read_bytes()
        assert 0.05 < np.abs(soundfile.read(one["audio"])[0]).max() <= 1


@pytest.mark.slow
def test_a_model_that_reads_something_else(tiny: TinyCache) -> None:
    from tests.tiny import encoders

    folder = tiny.built(encoders.exported, "bert")
    with pytest.raises(ModelFolderError):
        TASK.open(LoadSpec(TASK.id, folder, threads=1))

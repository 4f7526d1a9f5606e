"""Speech in real workers: light to start, clear about what is no recording, and stopped when asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.domain.prediction import Transcript
from studio.domain.running import LoadSpec
from studio.engine.jobs import Cancelled, Failed, Finished
from studio.engine.supervisor import Supervisor
from studio.tasks.automatic_speech_recognition import TASK
from tests.engine.fakes import open_spying
from tests.runtime.test_ctc import recorded
from tests.tiny import speech, whisper
from tests.tiny.cache import TinyCache

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tiny-speech")]
OPTIONS = TASK.resolve_options({})


@pytest.mark.parametrize(
    ("build", "arguments", "within"),
    [(speech.ctc_exported, ("wav2vec2", "group"), ""), (whisper.exported, ("multilingual",), "merged")],
)
def test_a_speech_worker_needs_neither_torch_nor_transformers(
    build: Callable[..., None], arguments: tuple[str, ...], within: str, tiny: TinyCache, tmp_path: Path
) -> None:
    path, _samples = recorded(tmp_path, 1.5)
    with Supervisor(open_spying) as supervisor:
        worker = supervisor.start()
        loaded = worker.load(LoadSpec(TASK.id, tiny.built(build, *arguments) / within)).wait(60)
        assert isinstance(loaded, Finished), loaded
        outcome = worker.run({"audio": path}, OPTIONS).wait(60)
    assert isinstance(outcome, Finished), outcome
    modules = set(outcome.value.prediction.output.text.split())
    assert {"onnxruntime", "soundfile", "soxr", "numpy"} <= modules
    assert not {"torch", "transformers", "optimum", "PySide6", "sounddevice", "scipy", "librosa"} & modules


def test_what_is_no_recording_fails_with_a_sentence_and_the_worker_goes_on(tiny: TinyCache, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("these are notes " * 20)
    path, _samples = recorded(tmp_path, 1.5)
    with Supervisor() as supervisor:
        worker = supervisor.start()
        worker.load(LoadSpec(TASK.id, tiny.built(speech.ctc_exported, "wav2vec2", "group"))).wait(60)
        refused = worker.run({"audio": str(text)}, OPTIONS).wait(60)
        assert isinstance(refused, Failed), refused
        assert refused.failure.kind == "InputError"
        assert refused.failure.message == "The file notes.wav can't be read as sound."
        answered = worker.run({"audio": path}, OPTIONS).wait(60)
    assert isinstance(answered, Finished), answered
    assert isinstance(answered.value.prediction.output, Transcript)


def test_a_long_recording_is_stopped_between_pieces(tiny: TinyCache, tmp_path: Path) -> None:
    path, _samples = recorded(tmp_path, 600.0)
    pieces: list[Any] = []
    with Supervisor() as supervisor:
        worker = supervisor.start()
        worker.load(LoadSpec(TASK.id, tiny.built(speech.ctc_exported, "wav2vec2", "group"))).wait(60)
        job = worker.run({"audio": path}, OPTIONS, on_text=lambda piece: (pieces.append(piece), job.cancel()))
        outcome = job.wait(60)
    assert isinstance(outcome, Cancelled | Finished), outcome
    if isinstance(outcome, Finished):
        assert outcome.value.prediction.output.segments[-1].end_s < 500

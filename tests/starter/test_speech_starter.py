"""The starter model for digits: what it writes of the samples, in a real worker."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pytest

from studio.domain.places import resources_folder, shipped_models_folder
from studio.domain.prediction import Transcript
from studio.domain.running import LoadSpec
from studio.engine.jobs import Finished
from studio.engine.supervisor import Supervisor
from studio.engine.worker import Worker
from studio.metrics._metric import Answers
from studio.metrics.wer import METRIC as WER
from studio.tasks.automatic_speech_recognition import TASK

FOLDER = shipped_models_folder() / "starter" / "digits-small"
SAMPLES = resources_folder() / "samples"
OPTIONS = TASK.resolve_options({})


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Supervisor() as supervisor:
        made = supervisor.start()
        loaded = made.load(LoadSpec(TASK.id, FOLDER, precision="int8")).wait(60)
        assert isinstance(loaded, Finished), loaded
        yield made


def heard(worker: Worker, name: str) -> Transcript:
    outcome = worker.run({"audio": str(SAMPLES / name)}, OPTIONS).wait(60)
    assert isinstance(outcome, Finished), outcome
    output = outcome.value.prediction.output
    assert isinstance(output, Transcript)
    return output


def test_the_samples_are_understood(worker: Worker) -> None:
    with (SAMPLES / "digits.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20
    answers = Answers([row["said"] for row in rows], [heard(worker, row["recording"]).text for row in rows])
    parts = WER.measure(answers, {})
    assert float(parts.value(parts.table.sum(0))) <= 0.1, answers.texts


def test_examples_give_what_they_promise(worker: Worker) -> None:
    for sample in TASK.samples:
        if sample.answer:
            assert heard(worker, str(sample.inputs["audio"])).text == sample.answer


def test_times_follow_each_other(worker: Worker) -> None:
    output = heard(worker, "digits/three-01.flac")
    assert [word.text for word in output.segments] == output.text.split()
    edges = [edge for word in output.segments for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert 0 <= edges[0] < edges[-1] <= output.audio_s


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 900_000

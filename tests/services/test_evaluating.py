"""Evaluations with real worker processes: batches, failures of single rows, crashes, Stop, and going on."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, Dataset, FileFormat
from studio.domain.errors import InputError, ProjectStorageError
from studio.domain.evaluation import EvaluatedCandidate, EvaluationInfo, EvaluationSettings
from studio.domain.running import LoadSpec
from studio.engine.supervisor import Supervisor
from studio.library.store import Library
from studio.project.evaluations import NewCandidate
from studio.services.candidates import resolve
from studio.services.evaluating import Silent, begin, resume
from studio.services.evaluation_plan import batches, repeated, timed_rows
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.scoring import score
from studio.tasks import find_task
from tests.services.fickle import LABELS, open_fickle, write_model

TASK = find_task("text-classification")
MAPPING = ColumnMapping(inputs={"text": "message"}, reference="label")


class StopAfter(Silent):
    """Stops after so many answers of one candidate."""

    def __init__(self, stop: threading.Event, rows: int) -> None:
        self._stop, self._rows = stop, rows

    def progress(self, candidate: EvaluatedCandidate, done: int, total: int) -> None:
        if done >= self._rows:
            self._stop.set()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as made:
        yield made


@pytest.fixture
def library(tmp_path: Path) -> Library:
    write_model(tmp_path / "library" / "fickle")
    return Library(tmp_path / "library", tmp_path / "none")


@pytest.fixture
def pool() -> Iterator[CandidatePool]:
    with CandidatePool(Supervisor(open_fickle), keep=1) as made:
        yield made


def _data(session: ProjectSession, texts: Sequence[str], mapping: ColumnMapping = MAPPING) -> Dataset:
    rows = [
        (text, "long" if len(text) > 12 else "short", "long", "0.25" if n % 2 else "soon")
        for n, text in enumerate(texts)
    ]
    columns = ("message", "label", "vendor", "seconds")
    return session.datasets.add(TASK.id, "d", "d.csv", FileFormat("csv"), columns, rows, (), "f" * 64, mapping)


def _one(library: Library) -> list[tuple[Candidate, LoadSpec]]:
    return [resolve(TASK, "fickle", library)]


def _texts(info: EvaluationInfo, session: ProjectSession, place: int = 0) -> list[str | None]:
    return list(session.evaluations.texts(info.candidates[place].id).values())


def test_every_row_is_answered_in_batches(session: ProjectSession, library: Library, pool: CandidatePool) -> None:
    texts = ["x" * (n % 30 + 1) for n in range(150)]
    info = begin(
        session, TASK, _data(session, texts), _one(library), EvaluationSettings(MAPPING), pool, library=library
    )
    (candidate,) = info.candidates
    assert (info.status, candidate.done, candidate.failed) == ("finished", 150, 0)
    assert _texts(info, session) == ["long" if len(text) > 12 else "short" for text in texts]
    assert candidate.facts.batch_size > 1
    assert len(candidate.facts.latencies_s) == 150
    assert candidate.facts.rows_per_s
    assert candidate.placement is not None
    result = score(session, info.id)
    assert result.scores[0].metrics["accuracy"].value == 1.0


def test_two_of_one_name_are_told_apart(
    session: ProjectSession, library: Library, pool: CandidatePool, tmp_path: Path
) -> None:
    for owner in ("mine", "yours"):
        write_model(tmp_path / "library" / owner / "queues")
    named = [resolve(TASK, name, library) for name in ("mine/queues", "yours/queues", "fickle")]
    info = begin(session, TASK, _data(session, ["a", "b"]), named, EvaluationSettings(MAPPING), pool, library=library)
    titles = [each.title.partition(" · ")[0] for each in info.candidates]
    assert titles == ["mine/queues", "yours/queues", "fickle"]


def test_one_bad_row_is_a_row_of_its_own(session: ProjectSession, library: Library, pool: CandidatePool) -> None:
    texts = ["fine", "REFUSE me", "", "a text that is long", "and CRASH", "also fine"]
    info = begin(
        session, TASK, _data(session, texts), _one(library), EvaluationSettings(MAPPING), pool, library=library
    )
    answers = list(session.evaluations.answers(info.candidates[0].id))
    assert [answer.output.text if answer.output else None for answer in answers] == [
        "short", None, None, "long", None, "short",
    ]  # fmt: skip
    kinds = [answer.failure.kind if answer.failure else None for answer in answers]
    assert kinds == [None, "InputError", "InputError", None, "WorkerCrashed", None]
    assert (info.status, info.candidates[0].failed) == ("finished", 3)
    scores = score(session, info.id).scores[0]
    # Rows without an answer count as wrong.
    assert scores.metrics["accuracy"].value == pytest.approx(3 / 6)
    assert scores.errors == 3


class KillsOnce(Silent):
    """Ends the worker's process once there are answers."""

    def __init__(self, pool: CandidatePool) -> None:
        self._pool = pool
        self.killed: list[int] = []

    def progress(self, candidate: EvaluatedCandidate, done: int, total: int) -> None:
        (slot,) = self._pool._slots
        if not self.killed and done and slot.candidate and slot.candidate.worker.pid:
            self.killed.append(slot.candidate.worker.pid)
            os.kill(slot.candidate.worker.pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_worker_that_is_killed_is_opened_again(
    session: ProjectSession, library: Library, pool: CandidatePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.services.evaluation_rows_run._STORE_S", 0.0)
    texts = ["x" * (n % 30 + 1) for n in range(400)]
    killer, settings = KillsOnce(pool), EvaluationSettings(MAPPING, batch_size=10)
    info = begin(session, TASK, _data(session, texts), _one(library), settings, pool, killer, library=library)
    assert killer.killed
    assert (info.status, info.candidates[0].done, info.candidates[0].failed) == ("finished", 400, 0)
    assert _texts(info, session) == ["long" if len(text) > 12 else "short" for text in texts]
    # In batches to the end: one by one they would have a latency each.
    assert all(answer.latency_s is None for answer in session.evaluations.answers(info.candidates[0].id))


def test_a_candidate_that_only_crashes_is_given_up(
    session: ProjectSession, library: Library, pool: CandidatePool
) -> None:
    info = begin(
        session, TASK, _data(session, ["CRASH"] * 8), _one(library), EvaluationSettings(MAPPING), pool, library=library
    )
    assert info.status == "failed"
    assert info.candidates[0].failure is not None
    assert info.candidates[0].failure.kind == "WorkerCrashed"


def test_stopped_and_continued_is_as_unbroken(
    session: ProjectSession, library: Library, pool: CandidatePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.services.evaluation_rows_run._STORE_S", 0.0)
    data = _data(session, ["x" * (n % 30 + 1) for n in range(300)])
    settings = EvaluationSettings(MAPPING, batch_size=10)
    whole = begin(session, TASK, data, _one(library), settings, pool, library=library)
    stop = threading.Event()
    stopped = begin(session, TASK, data, _one(library), settings, pool, StopAfter(stop, 1), stop, library)
    assert stopped.status == "stopped"
    assert 0 < stopped.candidates[0].done < 300
    continued = resume(session, stopped.id, library, pool)
    assert continued.status == "finished"
    assert _texts(continued, session) == _texts(whole, session)
    one, other = score(session, whole.id), score(session, continued.id)
    assert one.scores[0].metrics == other.scores[0].metrics


def test_stop_comes_soon(session: ProjectSession, library: Library, pool: CandidatePool) -> None:
    stop = threading.Event()
    threading.Timer(0.7, stop.set).start()
    data = _data(session, [f"SLOW {n}" for n in range(50)])
    info = begin(session, TASK, data, _one(library), EvaluationSettings(MAPPING), pool, stop=stop, library=library)
    assert info.status == "stopped"
    assert info.candidates[0].done < 10


def test_recorded_answers_need_no_model(session: ProjectSession, pool: CandidatePool, library: Library) -> None:
    mapping = replace(MAPPING, recorded={"Vendor": "vendor"}, recorded_latency={"Vendor": "seconds"})
    data = _data(session, ["short", "a text that is long", "another long text"], mapping)
    info = begin(session, TASK, data, [], EvaluationSettings(mapping), pool, library=library)
    answers = list(session.evaluations.answers(info.candidates[0].id))
    assert [answer.latency_s for answer in answers] == [None, 0.25, None]
    result = score(session, info.id)
    assert result.scores[0].metrics["accuracy"].value == pytest.approx(2 / 3)
    # A recorded label has no probability, so nothing is said of its confidence.
    assert "ece" not in result.scores[0].metrics
    assert result.scores[0].reliability == ()


def test_reference_labels_can_be_mapped(session: ProjectSession, library: Library, pool: CandidatePool) -> None:
    mapping = replace(MAPPING, recorded={"Vendor": "vendor"})
    rows = [("tiny", "S", "S"), ("a text that is long", "L", "S")]
    data = session.datasets.add(
        TASK.id, "d", "d.csv", FileFormat("csv"), ("message", "label", "vendor"), rows, (), "f" * 64, mapping
    )
    settings = EvaluationSettings(mapping, {"S": "short", "L": "long"})
    info = begin(session, TASK, data, _one(library), settings, pool, library=library)
    values = [scores.metrics["accuracy"].value for scores in score(session, info.id).scores]
    assert values == [1.0, 0.5]


def test_a_full_disk_ends_the_run_and_keeps_what_was_stored(
    session: ProjectSession, library: Library, pool: CandidatePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.services.evaluation_rows_run._STORE_S", 0.0)
    data = _data(session, [f"row {n} " + "x" * (n % 30) for n in range(2000)])
    settings = EvaluationSettings(MAPPING, batch_size=50)
    with session._file.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 8}")
    with pytest.raises(ProjectStorageError, match="full"):
        begin(session, TASK, data, _one(library), settings, pool, library=library)
    with session._file.reading() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    (cut,) = session.evaluations.all()
    assert 0 < cut.candidates[0].done < 2000
    # There is room again: it goes on with the rest.
    continued = resume(session, cut.id, library, pool)
    assert (continued.status, continued.candidates[0].done) == ("finished", 2000)


def test_one_that_was_killed_says_how_fast_the_rest_was(
    session: ProjectSession, library: Library, pool: CandidatePool
) -> None:
    """What was answered before counts as answered, but not into a time that nobody knows."""
    data = _data(session, ["x" * (n % 30 + 1) for n in range(300)])
    settings = EvaluationSettings(MAPPING, batch_size=10)
    whole = begin(session, TASK, data, _one(library), settings, pool, library=library)
    answers = list(session.evaluations.answers(whole.candidates[0].id))
    killed = session.evaluations.start(
        TASK.id, data.id, whole.settings, 300, [NewCandidate("fickle:fp32", "Fickle", "model", _one(library)[0][0])], {}
    )
    (candidate,) = killed.candidates
    session.evaluations.set_state(candidate.id, "interrupted", labels=LABELS)
    session.evaluations.record([replace(answer, candidate=candidate.id) for answer in answers[:200]])
    (continued,) = resume(session, killed.id, library, pool).candidates
    facts = continued.facts
    assert continued.done == 300
    assert facts.rows_per_s is not None
    assert facts.busy_s is not None
    # Batches that were not whole ran again, so some more than the hundred that were missing.
    assert 100 <= round(facts.rows_per_s * facts.busy_s) <= 300


def test_each_repeat_has_a_seed_of_its_own() -> None:
    assert [repeated({"seed": 7, "top_k": 0}, n) for n in range(2)] == [
        {"seed": 7, "top_k": 0},
        {"seed": 8, "top_k": 0},
    ]
    # -1 draws anew each time, and must not become a fixed seed.
    assert repeated({"seed": -1}, 1) == {"seed": -1}
    assert repeated({}, 1) == {}


def test_nothing_to_do_is_said(session: ProjectSession, library: Library, pool: CandidatePool) -> None:
    data = _data(session, ["x"])
    with pytest.raises(InputError):
        begin(session, TASK, data, [], EvaluationSettings(MAPPING), pool, library=library)
    with pytest.raises(InputError):
        begin(session, TASK, data, _one(library), EvaluationSettings(MAPPING, positions=()), pool, library=library)


def test_the_plan_covers_every_row_once_and_pads_little() -> None:
    lengths = {n: (n * 37) % 400 + 1 for n in range(1000)}
    plan = batches(lengths)
    assert sorted(position for batch in plan for position in batch.positions) == list(range(1000))
    padded = sum(len(b.positions) * max(lengths[p] for p in b.positions) for b in plan)
    assert padded < 1.1 * sum(lengths.values())
    assert plan == batches(dict(reversed(lengths.items())))
    assert all(len(batch.positions) <= 7 for batch in batches(lengths, 7))
    assert len(batches({0: 100_000, 1: 100_000})) == 2


def test_timed_rows_are_spread_and_different() -> None:
    chosen = timed_rows(range(10_000), 200)
    assert len(set(chosen)) == 200
    assert min(chosen[:20]) < 2_000
    assert max(chosen[:20]) > 8_000
    assert sorted(timed_rows([3, 1, 2])) == [1, 2, 3]

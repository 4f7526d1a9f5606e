"""A run is stored as it happens: nothing but the answer being streamed is lost, whatever ends the studio."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.domain.comparison import CandidateResult
from studio.domain.errors import Failure, ProjectStorageError
from studio.project.file import ProjectFile
from studio.services import recording
from studio.services.projects import Change, Projects, ProjectSession
from tests.project.filled import BASE, SMALL, answer, asked


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path).new() as opened:
        yield opened


def until(condition: Callable[[], bool]) -> None:
    """Wait for a thread's work; only a broken program takes long."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_streamed_text_is_stored_while_it_streams(session: ProjectSession) -> None:
    column = session.add_column("chat", SMALL)
    recorder = session.start_run("chat", asked("hi"), {}, [column])
    observer = recorder.column(column.id)
    observer.stage(SMALL, "answering")
    for piece in ("Your", " order", "", " is"):
        observer.text(SMALL, piece)
    until(lambda: session.run(recorder.run).results[0].streamed == "Your order is")
    assert session.run(recorder.run).results[0].status == "running"
    observer.text(SMALL, " late")
    observer.finished(answer(SMALL))
    observer.finished(CandidateResult(SMALL, failure=Failure("WorkerCrashed", "too late")))
    observer.text(SMALL, "ignored")
    stored = session.run(recorder.run).results[0]
    assert (stored.status, stored.text, stored.streamed) == ("finished", answer(SMALL).prediction.output.text, "")  # type: ignore[union-attr]
    recorder.close()
    assert session.run(recorder.run).results[0] == stored


def test_pieces_come_together_into_few_writes(session: ProjectSession, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[str] = []
    original = session._runs.append_text

    def counted(result: int, text: str) -> None:
        writes.append(text)
        original(result, text)

    monkeypatch.setattr(session._runs, "append_text", counted)
    column = session.add_column("chat", SMALL)
    recorder = session.start_run("chat", asked("hi"), {}, [column])
    for number in range(500):
        recorder.column(column.id).text(SMALL, f"{number} ")
    recorder.close()
    assert "".join(writes) == "".join(f"{number} " for number in range(500))
    assert len(writes) < 50


def test_a_failure_keeps_what_was_streamed(session: ProjectSession) -> None:
    column = session.add_column("chat", SMALL)
    recorder = session.start_run("chat", asked("hi"), {}, [column])
    recorder.column(column.id).text(SMALL, "Your or")
    recorder.column(column.id).finished(CandidateResult(SMALL, failure=Failure("WorkerCrashed", "It died.")))
    recorder.close()
    stored = session.run(recorder.run).results[0]
    assert (stored.status, stored.text) == ("failed", "Your or")
    assert stored.result.failure == Failure("WorkerCrashed", "It died.")


def test_closing_early_counts_as_stopped(session: ProjectSession) -> None:
    small, base = session.add_column("chat", SMALL), session.add_column("chat", BASE)
    recorder = session.start_run("chat", asked("hi"), {}, [small, base])
    recorder.column(small.id).finished(answer(SMALL))
    recorder.column(base.id).text(BASE, "half")
    recorder.close()
    recorder.close()
    recorder.column(base.id).text(BASE, "never")
    recorder.column(base.id).finished(answer(BASE))
    assert [(s.status, s.streamed) for s in session.run(recorder.run).results] == [
        ("finished", ""),
        ("cancelled", "half"),
    ]


def test_closing_the_project_ends_its_runs(tmp_path: Path) -> None:
    projects = Projects(tmp_path)
    session = projects.new()
    column = session.add_column("chat", SMALL)
    recorder = session.start_run("chat", asked("hi"), {}, [column])
    recorder.column(column.id).text(SMALL, "half")
    session.close()
    recorder.column(column.id).finished(answer(SMALL))
    with projects.open(session.path) as again:
        assert [(s.status, s.text) for s in again.run(recorder.run).results] == [("cancelled", "half")]


def test_changes_are_announced_when_an_answer_is_stored(session: ProjectSession) -> None:
    column = session.add_column("chat", SMALL)
    changes: list[Change] = []
    session.on_change(changes.append)
    recorder = session.start_run("chat", asked("hi"), {}, [column])
    recorder.set_environment({"cpu": "Zen"})
    recorder.column(column.id).finished(answer(SMALL))
    recorder.close()
    assert [change.parts for change in changes] == [{"history"}, {"result", "history"}]
    assert changes[1].result == session.run(recorder.run).results[0].id
    assert session.run(recorder.run).environment == {"cpu": "Zen"}


def test_whoever_hears_the_end_may_close_the_run(session: ProjectSession) -> None:
    column = session.add_column("chat", SMALL)
    recorder = session.start_run("chat", asked("hi"), {}, [column])
    session.on_change(lambda change: recorder.close() if "result" in change.parts else None)
    recorder.column(column.id).text(SMALL, "Your")
    recorder.column(column.id).finished(answer(SMALL))
    assert session.run(recorder.run).results[0].status == "finished"


def test_a_full_disk_ends_no_run_and_loses_nothing(session: ProjectSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing can be stored the run goes on; what it brought is stored as soon as there is room."""
    monkeypatch.setattr(recording, "FLUSH_S", 0.005)
    column = session.add_column("chat", SMALL)
    recorder = session.start_run("chat", asked("hi"), {}, [column])
    problems: list[Failure | None] = []
    session.on_change(lambda change: problems.append(session.problem) if "problem" in change.parts else None)
    full = threading.Event()
    full.set()
    original = ProjectFile.writing

    def writing(file: ProjectFile) -> object:
        if full.is_set():
            raise ProjectStorageError("The disk is full.", "Free some space.")
        return original(file)

    monkeypatch.setattr(ProjectFile, "writing", writing)
    observer = recorder.column(column.id)
    observer.text(SMALL, "Your ")
    until(lambda: session.problem is not None)
    observer.text(SMALL, "order")
    observer.finished(CandidateResult(SMALL, failure=Failure("WorkerCrashed", "It died.")))
    assert session.run(recorder.run).results[0].status == "running"
    full.clear()
    until(lambda: session.run(recorder.run).results[0].status == "failed")
    assert session.run(recorder.run).results[0].text == "Your order"
    until(lambda: session.problem is None)
    assert [problem.kind if problem else None for problem in problems] == ["ProjectStorageError", None]
    recorder.close()


_WORK = """
import sys, time
from pathlib import Path
from studio.services.projects import Projects
from tests.project.filled import SMALL, answer, asked
session = Projects(Path(sys.argv[1])).open(Path(sys.argv[2]))
(column,) = session.columns("chat")
number = 0
while True:
    recorder = session.start_run("chat", asked(f"question {number}"), {}, [column])
    observer = recorder.column(column.id)
    for piece in range(20):
        observer.text(SMALL, f"{piece} ")
        time.sleep(0.002)
    observer.finished(answer(SMALL, f"answer {number}"))
    recorder.close()
    session.set_draft("chat", {"messages": f"draft {number}"})
    print(number, flush=True)
    number += 1
"""


def test_killing_the_studio_loses_at_most_the_answer_being_streamed(tmp_path: Path) -> None:
    projects = Projects(tmp_path)
    session = projects.new()
    session.add_column("chat", SMALL)
    session.close()
    chance = random.Random(3)
    known = 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", _WORK, str(tmp_path), str(session.path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        said += process.stdout.readlines()
        process.wait()
        finished = len([line for line in said if line.endswith("\n")])
        with projects.open(session.path) as again:
            runs = [again.run(line.id) for line in again.history(limit=1000)][::-1][known:]
            for number, run in enumerate(runs[:finished]):
                assert run.inputs == asked(f"question {number}")
                assert [(s.status, s.text) for s in run.results] == [("finished", f"answer {number}")]
            assert len(runs) - finished in (0, 1)
            for run in runs[finished:]:
                (last,) = run.results
                assert last.status in ("interrupted", "finished")
                assert last.status == "finished" or "".join(f"{n} " for n in range(20)).startswith(last.text)
            assert again.composer("chat").draft["messages"] in (f"draft {finished - 1}", f"draft {finished}")
            assert again.undo()
            assert again.redo()
            known += len(runs)
        assert not list(tmp_path.rglob("*-wal"))

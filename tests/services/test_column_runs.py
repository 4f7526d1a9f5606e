"""Columns of a project are asked, and every answer is stored as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate, CandidateResult
from studio.domain.errors import InputError
from studio.domain.prediction import Prediction
from studio.domain.task import Message
from studio.engine.supervisor import Supervisor
from studio.library.store import Library
from studio.services.column_runs import Runners, begin, begin_again, spec_of
from studio.services.pool import CandidatePool
from studio.services.projects import Projects, ProjectSession
from studio.tasks import find_task
from tests.gui.talkers import open_talker, write_folder

CHAT = find_task("chat")


class Heard:
    """A `ColumnObserver` that writes down what it hears."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.results: dict[str, CandidateResult] = {}

    def stage(self, column: str, stage: str) -> None: ...

    def text(self, column: str, piece: str) -> None:
        self.texts[column] = self.texts.get(column, "") + piece

    def answered(self, column: str, prediction: Prediction) -> None: ...

    def finished(self, column: str, result: CandidateResult) -> None:
        self.results[column] = result


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as opened:
        opened.begin("chat", [Candidate("brief", "fp32"), Candidate("chatty", "int8")])
        yield opened


@pytest.fixture
def runners(tmp_path: Path) -> Iterator[Runners]:
    for name in ("brief", "chatty"):
        write_folder(tmp_path / "library" / name)
    with CandidatePool(Supervisor(open_talker)) as pool:
        yield Runners(pool, Library(tmp_path / "library", tmp_path / "none"))


def _said(text: str) -> dict[str, tuple[Message, ...]]:
    return {"messages": (Message("user", text),)}


def test_answers_are_stored_and_heard(session: ProjectSession, runners: Runners) -> None:
    heard, columns = Heard(), session.columns("chat")
    first = begin(session, CHAT, columns, _said("hello"), {}, runners, heard)
    first.go()
    second = begin(session, CHAT, columns, _said("more"), {}, runners, heard, follows=first.run)
    second.go()
    stored = session.run(second.run)
    assert [result.text for result in stored.results] == ["brief read 3", "chatty read 3"]
    assert heard.texts[columns[0].id].strip().endswith("brief read 3")
    assert stored.inputs == _said("more")
    assert stored.environment["schedule"] == "one after another"


def test_what_is_wrong_with_one_column_stays_there(session: ProjectSession, runners: Runners) -> None:
    brief, chatty = session.columns("chat")
    gone = session.add_column("chat", Candidate("gone", "fp32"))
    session.set_column_options(chatty.id, {"temperature": 99})
    run = begin(session, CHAT, session.columns("chat"), _said("hello"), {}, runners, Heard())
    run.go()
    kinds = {r.column: r.result.failure.kind if r.result.failure else None for r in session.run(run.run).results}
    assert kinds == {brief.id: None, chatty.id: "InputError", gone.id: "UnknownNameError"}


def test_nothing_is_stored_of_what_no_model_could_answer(session: ProjectSession, runners: Runners) -> None:
    with pytest.raises(InputError):
        begin(session, CHAT, session.columns("chat"), _said("  "), {}, runners, Heard())
    assert session.history("chat") == ()


def test_stopped_before_it_began(session: ProjectSession, runners: Runners) -> None:
    run = begin(session, CHAT, session.columns("chat"), _said("hello"), {}, runners, Heard(), at_once=True)
    run.stop()
    run.go()
    assert {result.status for result in session.run(run.run).results} == {"cancelled"}


def test_asking_again_keeps_the_question_and_its_settings(session: ProjectSession, runners: Runners) -> None:
    column = session.columns("chat")[0]
    first = begin(session, CHAT, [column], _said("hello"), {"system": "Be kind."}, runners, Heard())
    first.go()
    again = begin_again(session, CHAT, session.run(first.run), column, runners, Heard())
    again.go()
    results = session.run(first.run).results
    assert [result.options["system"] for result in results] == ["Be kind.", "Be kind."]
    assert again.run == first.run and again.result_id(column.id) == results[1].id


def test_candidates_that_are_not_kept_are_closed(session: ProjectSession, runners: Runners) -> None:
    columns = session.columns("chat")
    begin(session, CHAT, columns, _said("hello"), {}, runners, Heard()).go()
    assert len(runners.pool.open) == 2
    kept = spec_of(CHAT, columns[0].candidate, runners.library)[1]
    runners.pool.close_idle([kept])
    assert [spec.folder.name for spec in runners.pool.open] == ["brief"]

"""Runs are stored as they go, read back equal, and remember conversations column by column."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.domain.comparison import CandidateResult, Measurement
from studio.domain.errors import Failure
from studio.domain.prediction import GeneratedText, Labels, LabelScore, Prediction, Timing
from studio.domain.project import Column, Rating
from studio.domain.running import Placement
from studio.project.content import Content
from studio.project.runs import Runs, status_of
from tests.project.filled import BASE, SMALL, answer, asked


@pytest.fixture
def columns(content: Content) -> tuple[Column, Column]:
    return content.add_column("chat", SMALL, {}, None), content.add_column("chat", BASE, {"top_k": 3}, None)


def start(
    runs: Runs, columns: tuple[Column, ...], text: str = "hi", follows: int | None = None
) -> tuple[int, dict[str, int]]:
    options = {"seed": 1, "top_k": None, "stop": ("a",)}
    return runs.start("chat", asked(text), options, columns, True, False, {"os": "Linux", "threads": 2}, follows)


def test_a_run_comes_back_as_it_was(runs: Runs, columns: tuple[Column, Column]) -> None:
    run, results = start(runs, columns)
    placement = Placement(
        "CPUExecutionProvider", ("CPUExecutionProvider",), {"CPUExecutionProvider": 3}, 2, "fell back"
    )
    good = replace(answer(SMALL), placement=placement)
    bad = CandidateResult(BASE, failure=Failure("OutOfMemory", "No memory.", "Close programs.", "trace"))
    runs.finish(results[columns[0].id], "", good)
    runs.append_text(results[columns[1].id], "Your or")
    runs.finish(results[columns[1].id], "der", bad)
    found = runs.get(run)
    assert (found.inputs, found.options) == (asked("hi"), {"seed": 1, "top_k": None, "stop": ("a",)})
    assert (found.at_once, found.blind, found.environment) == (True, False, {"os": "Linux", "threads": 2})
    assert [stored.result for stored in found.results] == [good, bad]
    assert [stored.status for stored in found.results] == ["finished", "failed"]
    assert [stored.text for stored in found.results] == ["Your order is on its way.", "Your order"]
    assert [stored.options["top_k"] for stored in found.results] == [None, 3]
    assert found.comparison().results == (good, bad)
    assert found.started.utcoffset() is not None


def test_labels_come_back_too(runs: Runs, columns: tuple[Column, Column]) -> None:
    run, results = start(runs, columns[:1])
    labels = Labels((LabelScore("refund", 0.75), LabelScore("invoice", 0.25)))
    result = CandidateResult(SMALL, Prediction(labels, Timing(0.01)), Measurement(latency_s=0.01, latencies_s=(0.01,)))
    runs.finish(results[columns[0].id], "", result)
    stored = runs.get(run).results[0]
    assert stored.result == result
    assert stored.text == "refund"


def test_how_an_answer_ended() -> None:
    stopped = GeneratedText("Your", (1,), 2, "cancelled")
    assert status_of(answer(SMALL)) == "finished"
    assert status_of(CandidateResult(SMALL, Prediction(stopped, Timing(1.0)))) == "cancelled"
    assert status_of(CandidateResult(SMALL, failure=Failure("StoppedError", "Stopped."))) == "cancelled"
    assert status_of(CandidateResult(SMALL, failure=Failure("WorkerCrashed", "It died."))) == "failed"


def test_a_column_run_again_keeps_both_answers(runs: Runs, columns: tuple[Column, Column]) -> None:
    run, results = start(runs, columns)
    for column in columns:
        runs.finish(results[column.id], "", answer(column.candidate, "first"))
    again = runs.add_result(run, columns[0])
    runs.finish(again, "", answer(SMALL, "second"))
    found = runs.get(run)
    assert [stored.text for stored in found.results] == ["first", "first", "second"]
    assert {stored.column: stored.text for stored in found.latest} == {columns[0].id: "second", columns[1].id: "first"}
    assert [result.candidate for result in found.comparison().results] == [SMALL, BASE]
    assert runs.get(run).results[2].options == {"seed": 1, "top_k": None, "stop": ("a",)}


def test_history_is_newest_first_and_can_be_read_on(runs: Runs, columns: tuple[Column, Column]) -> None:
    ids = [start(runs, columns, f"question\n {number} " + "x" * 200)[0] for number in range(5)]
    other, _none = runs.start("translation", {"text": "Guten Tag"}, {}, (), False, False, None, None)
    assert [line.id for line in runs.history(None, 10, None)] == [other, *reversed(ids)]
    assert [line.id for line in runs.history("chat", 2, None)] == [ids[4], ids[3]]
    assert [line.id for line in runs.history("chat", 2, ids[3])] == [ids[2], ids[1]]
    line = runs.history("chat", 1, None)[0]
    assert line.title.startswith("question 4 xxx")
    assert len(line.title) == 120
    assert (line.columns, line.status) == (2, "running")
    runs.mark("Rename run", ids[4], "title", "The long one")
    runs.mark("Remove run", ids[3], "hidden", 1)
    assert [line.title[:12] for line in runs.history("chat", 2, None)] == ["The long one", "question 2 x"]
    assert runs.get(ids[3]).inputs, "removed from the list, not from the project"


def test_the_history_tells_how_runs_ended(runs: Runs, columns: tuple[Column, Column]) -> None:
    _run, results = start(runs, columns)
    first, second = results.values()
    runs.finish(first, "", answer(SMALL))
    assert runs.history(None, 1, None)[0].status == "running"
    runs.stop(second)
    assert runs.history(None, 1, None)[0].status == "cancelled"
    runs.finish(second, "", CandidateResult(BASE, failure=Failure("WorkerCrashed", "It died.")))
    assert runs.history(None, 1, None)[0].status == "failed"
    runs.finish(second, "", answer(BASE))
    assert runs.history(None, 1, None)[0].status == "finished"


def test_each_column_remembers_its_own_conversation(runs: Runs, columns: tuple[Column, Column]) -> None:
    small, base = columns
    first, results = start(runs, columns, "one")
    runs.finish(results[small.id], "", answer(SMALL, "small one"))
    runs.finish(results[base.id], "", answer(BASE, "base one"))
    second, results = start(runs, columns, "two", follows=first)
    runs.finish(results[small.id], "", answer(SMALL, "small two"))
    runs.finish(results[base.id], "", CandidateResult(BASE, failure=Failure("WorkerCrashed", "It died.")))
    third, results = start(runs, columns, "three", follows=second)
    runs.append_text(results[base.id], "base thr")
    runs.stop(results[base.id])

    def said(column: Column) -> list[str]:
        return [f"{message.role}: {message.content}" for message in runs.messages(third, column.id)]

    assert said(small) == ["user: one", "assistant: small one", "user: two", "assistant: small two"]
    assert said(base) == ["user: one", "assistant: base one", "user: three", "assistant: base thr"]
    assert runs.messages(third, "a column added later") == ()
    assert [turn.id for turn in runs.conversation(third)] == [first, second, third]
    again, results = start(runs, columns, "another way on", follows=first)
    assert [message.content for message in runs.messages(again, small.id)] == ["one", "small one"]


def test_ratings_and_votes_stand_beside_answers(runs: Runs, columns: tuple[Column, Column]) -> None:
    run, results = start(runs, columns)
    first, second = results.values()
    assert runs.rate(first, Rating("up", "kind \ud800"))
    assert runs.rate(second, Rating(None, "note only"))
    assert runs.vote(run, second, first, "both bad")
    found = runs.get(run)
    assert [stored.rating for stored in found.results] == [Rating("up", "kind ?"), Rating(None, "note only")]
    assert [(vote.a, vote.b, vote.choice) for vote in found.votes] == [(second, first, "both bad")]
    runs.vote(run, second, first, "tie")
    assert [vote.choice for vote in runs.votes("chat")] == ["tie"], "voting again replaces"
    assert runs.rate(first, Rating())
    assert not runs.rate(first, Rating())
    assert runs.get(run).results[0].rating == Rating()
    assert runs.votes("translation") == ()


def test_text_that_utf8_cannot_hold_is_stored(runs: Runs, content: Content) -> None:
    column = content.add_column("chat", replace(SMALL, model="m\ud800"), {"system": "\udfff"}, None)
    content.set_draft("chat", {"messages": "half \ud83d and \x00 zero"})
    run, results = start(runs, (column,), "\ud83d lone \x00")
    runs.append_text(results[column.id], "\udc00 \x00 end")
    stored = runs.get(run).results[0]
    assert stored.streamed == "? \x00 end"
    assert content.composer("chat").draft == {"messages": "half \ud83d and \x00 zero"}
    assert runs.history(None, 1, None)[0].title == "? lone \x00"


def test_measured_environment_can_come_later(runs: Runs, columns: tuple[Column, Column]) -> None:
    run, _results = start(runs, columns)
    runs.set_environment(run, {"cpu": "Zen", "seed": None, "threads": 2, "load": 0.5})
    assert runs.get(run).environment == {"cpu": "Zen", "seed": None, "threads": 2, "load": 0.5}

"""Fills a project with something of everything."""

from __future__ import annotations

from studio.domain.comparison import Candidate, CandidateResult, Measurement
from studio.domain.prediction import GeneratedText, Prediction, Timing
from studio.domain.project import Rating
from studio.domain.task import Message
from studio.project.content import Content
from studio.project.file import ProjectFile
from studio.project.journal import Journal
from studio.project.runs import Runs

SMALL = Candidate("starter/assistant-small", "int8")
BASE = Candidate("starter/assistant-base", "int8", "cuda")


def answer(candidate: Candidate, text: str = "Your order is on its way.") -> CandidateResult:
    """What a finished chat candidate hands over."""
    generated = GeneratedText(text, (5, 6, 7), 12, "stop")
    return CandidateResult(candidate, Prediction(generated, Timing(0.5, 0.1)), Measurement(latency_s=0.5))


def asked(text: str) -> dict[str, tuple[Message, ...]]:
    """The inputs of one chat turn."""
    return {"messages": (Message("user", text),)}


def fill(file: ProjectFile) -> int:
    """Two columns, one run with both answers, a rating, a vote; the run's id."""
    journal = Journal(file)
    content, runs = Content(file, journal), Runs(file, journal)
    content.stamp("Support pilot")
    content.add_column("chat", SMALL, {}, None)
    content.add_column("chat", BASE, {"temperature": 0.7}, None)
    content.set_draft("chat", {"messages": "Where is my order?"})
    columns = content.columns("chat")
    run, results = runs.start("chat", asked("Where is my order?"), {"seed": 1}, columns, False, True, {"os": "x"}, None)
    for column in columns:
        runs.append_text(results[column.id], "Your ")
        runs.finish(results[column.id], "order", answer(column.candidate))
    first, second = results.values()
    runs.rate(first, Rating("up", "kind"))
    runs.vote(run, first, second, "a")
    return run

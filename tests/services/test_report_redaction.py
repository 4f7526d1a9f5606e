"""A redacted report quotes no row, whatever column the words stood in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.errors import Failure
from studio.domain.evaluation import Answer, EvaluationSettings
from studio.domain.prediction import GeneratedText
from studio.project.evaluations import NewCandidate
from studio.reports import all_formats
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.reporting import ReportChoices, build, export
from studio.tasks import find_task
from tests.insides import insides

_ROWS = 12


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as made:
        yield made


def _secrets(session: ProjectSession, task: str) -> int:
    """An evaluation whose groups are its inputs and answers, and whose failures quote rows."""
    field = find_task(task).inputs[0].name
    mapping = ColumnMapping({field: "q"}, "want", ("q", "want", "got"), "name", ("more",), {"Vendor": "got"})
    rows = [
        (f"SECRETIN{n}", f"SECRETWANT{n % 2}", f"SECRETGOT{n % 3}", f"SECRETNAME{n}", "SECRETMORE")
        for n in range(_ROWS)
    ]
    columns = ("q", "want", "got", "name", "more")
    data = session.datasets.add(task, "data", "d.csv", FileFormat("csv"), columns, rows, (), "f" * 64, mapping)
    new = [
        NewCandidate("Vendor", "Vendor", "recorded"),
        NewCandidate("Model", "Model", "model", Candidate("nowhere/model", "int8")),
    ]
    info = session.evaluations.start(task, data.id, EvaluationSettings(mapping), _ROWS, new, {})
    vendor, model = (each.id for each in info.candidates)
    session.evaluations.record(
        [Answer(vendor, n, 0, GeneratedText(rows[n][2], (), 0, "stop")) for n in range(_ROWS)]
        + [Answer(model, n, 0, None, Failure("InputError", "Too long: SECRETIN0")) for n in range(_ROWS)]
    )
    session.evaluations.set_state(vendor, "finished")
    session.evaluations.set_state(model, "failed", failure=Failure("InputError", "Too long: SECRETIN0"))
    session.datasets.mark(data.id, 1, critical=True, note="SECRETNOTE")
    return info.id


def _words(path: Path) -> str:
    return "".join(part.decode("utf-8", "replace") for part in insides(path))


@pytest.mark.parametrize("task", ["translation", "chat"])
def test_nothing_that_was_asked_or_answered_is_quoted(session: ProjectSession, tmp_path: Path, task: str) -> None:
    evaluation = _secrets(session, task)
    # One PDF is enough: it takes longer than all others.
    formats = [each.id for each in all_formats() if each.id != "pdf" or task == "translation"]
    open_report = build(session, evaluation, ReportChoices(rows="all"), date(2026, 1, 1))
    shown = {path.suffix: "SECRETIN" in _words(path) for path in export(open_report, formats, tmp_path / "open")}
    assert shown.get(".html") and shown.get(".pdf", True)
    report = build(session, evaluation, ReportChoices(rows="all", redact=True), date(2026, 1, 1))
    for path in export(report, formats, tmp_path / "redacted"):
        assert re.findall("SECRET[A-Z]+", _words(path)) == [], path.suffix
    assert "SECRET" not in repr(report)

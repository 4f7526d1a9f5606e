"""What a report and the decision say of candidates behind endpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.decision import HardwareProfile
from studio.domain.endpoint import Price
from studio.domain.evaluation import Answer, EvaluationSettings, RunFacts
from studio.domain.prediction import GeneratedText
from studio.domain.report import Table, Text
from studio.domain.running import Placement, RemotePlace
from studio.project.evaluations import NewCandidate
from studio.services.deciding import THIS_COMPUTER, decide, set_hardware
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.reporting import build, export
from studio.services.scoring import score
from studio.tasks import find_task

_DAY = date(2026, 11, 25)
_ROWS = 40
CLOUD = Candidate("cloud/big", "", "api.example.com", "openai")
HERE = Candidate("here/some", "", "localhost:11434", "openai")
LOCAL = Candidate("starter/translate-en-de", "int8")
PRICE = Price(2.0, 10.0, "USD")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as made:
        yield made


def _evaluated(session: ProjectSession, *candidates: Candidate, price: Price | None = PRICE) -> int:
    """An evaluation in which each candidate answered every row in half a second."""
    rows = [(f"question {n}", f"answer {n}") for n in range(_ROWS)]
    mapping = ColumnMapping({"text": "q"}, "want")
    data = session.datasets.add(
        "translation", "data", "d.csv", FileFormat("csv"), ("q", "want"), rows, (), "f" * 64, mapping
    )
    new = [
        NewCandidate(each.name, each.model.rsplit("/")[-1], "model", each, sends_data=each.leaves)
        for each in candidates
    ]
    info = session.evaluations.start("translation", data.id, EvaluationSettings(mapping), _ROWS, new, {})
    for each, candidate in zip(info.candidates, candidates, strict=True):
        session.evaluations.record(
            [Answer(each.id, n, 0, GeneratedText(f"answer {n}", (), 9, "stop"), latency_s=0.5) for n in range(_ROWS)]
        )
        place = RemotePlace(candidate.device, candidate.leaves, 0.04, price) if candidate.remote else None
        placement = Placement(candidate.device, (candidate.device,), remote=place)
        facts = RunFacts(rows_per_s=2.0)
        if candidate.remote:
            facts = replace(facts, counted=_ROWS, prompt_tokens=500 * _ROWS, output_tokens=100 * _ROWS)
        session.evaluations.set_state(each.id, "finished", facts, placement)
    return info.id


def _privacy(session: ProjectSession, evaluation: int):
    report = build(session, evaluation, day=_DAY)
    (section,) = (each for each in report.sections if each.id == "privacy")
    return section.blocks


def test_a_report_names_who_got_the_rows_and_what_that_cost(session: ProjectSession, tmp_path: Path) -> None:
    evaluation = _evaluated(session, CLOUD, LOCAL)
    first, second, table = _privacy(session, evaluation)
    assert first == Text(
        "big: every row was sent to api.example.com to be answered, where it could be read and kept.", "warn"
    )
    assert second.words == "The rows did not leave this computer for the other candidates."
    assert isinstance(table, Table)
    (row,) = table.rows
    said = dict(zip(table.columns, row, strict=True))
    assert said["Answered by"].text == "Sends data to api.example.com"
    assert said["Rows asked"].number == _ROWS
    # 500 tokens read at 2 and 100 written at 10 for a million: 0.002 USD a row.
    assert said["Cost of these rows"].number == pytest.approx(0.08)
    assert said["Cost of 1,000 requests"].text == "2.00 USD"
    assert said["Network's share of an answer"].text == "40 ms"
    report = build(session, evaluation, day=_DAY)
    for path in export(report, ["html", "md", "json", "pptx", "pdf", "xlsx"], tmp_path):
        assert path.stat().st_size
    document = json.loads(next(tmp_path.glob("*.json")).read_text(encoding="utf-8"))
    assert [each["sends_data"] for each in document["candidates"]] == [True, False]
    # What answers behind an endpoint has no files here that could be named.
    assert [each["id"] for each in document["models"]] == ["starter/translate-en-de"]


def test_a_report_says_that_nothing_left(session: ProjectSession) -> None:
    (only,) = _privacy(session, _evaluated(session, LOCAL))
    assert only == Text("Nothing left this computer: every candidate answered on it.", "good")


def test_of_a_server_on_this_computer_only_what_is_known_is_said(session: ProjectSession) -> None:
    first, table = _privacy(session, _evaluated(session, HERE, price=None))
    assert first.words.startswith("The studio sent nothing to another computer; some answered")
    assert "–" in [cell.text for cell in table.rows[0]]


def test_the_decision_counts_tokens_and_no_machine(session: ProjectSession) -> None:
    scored = score(session, _evaluated(session, CLOUD, LOCAL))
    decision = decide(session, find_task("translation"), scored)
    cloud, local = decision.sizing
    assert (cloud.machines, local.machines) == (False, True)
    assert cloud.cost_per_1000.value == pytest.approx(2.0)
    assert decision.currency == "USD"
    risks = decision.verdicts[0].risks
    assert any("api.example.com" in risk for risk in risks)
    assert not any("licence forbids" in risk for risk in risks)


def test_costs_in_different_currencies_are_not_ranked(session: ProjectSession) -> None:
    set_hardware(session, [HardwareProfile(THIS_COMPUTER, "mine", currency="EUR", rent_per_hour=1.0)])
    scored = score(session, _evaluated(session, CLOUD, LOCAL))
    decision = decide(session, find_task("translation"), scored)
    assert decision.currency == "EUR"
    assert "not compared" in decision.sizing[0].sentence
    assert decision.recommendation is not None
    values = {each.candidate: each.values for each in decision.recommendation.standings}
    assert "cost" not in values[scored.info.candidates[0].id]


def test_a_server_here_without_a_price_needs_a_machine_of_ones_own(session: ProjectSession) -> None:
    scored = score(session, _evaluated(session, HERE, price=None))
    (sizing,) = decide(session, find_task("translation"), scored).sizing
    assert sizing.machines
    assert sizing.instances == 1

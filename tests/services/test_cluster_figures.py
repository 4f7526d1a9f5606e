"""What a cluster did for a candidate, once it is in a project: exports, the report and the sizing have it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.evaluation import Answer, ClusterShare, EvaluationSettings, NodeShare, RunFacts
from studio.domain.prediction import Labels, LabelScore
from studio.domain.report import Table, Text
from studio.project.evaluations import NewCandidate
from studio.services.deciding import CLUSTER_SPEED, decide
from studio.services.evaluation_export import export_evaluation
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.reporting import ReportChoices, build
from studio.services.scoring import score
from studio.tasks import find_task

SHARE = ClusterShare(
    "head:6379",
    rows=60,
    elapsed_s=3.0,
    nodes=(
        NodeShare("a", "Zen", 8, 64_000, 1, rows=40, busy_s=2.0, timed=True),
        NodeShare("b", "Old", 4, 32_000, 1, rows=20, busy_s=2.0),
    ),
    lost=1,
    notices=("The nodes are of different kinds.",),
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as made:
        yield made


@pytest.fixture
def evaluation(session: ProjectSession) -> int:
    mapping = ColumnMapping({"text": "q"}, "want")
    rows = [(f"text {n}", "yes" if n % 3 else "no") for n in range(60)]
    data = session.datasets.add(
        "text-classification", "d", "d.csv", FileFormat("csv"), ("q", "want"), rows, (), "f" * 64, mapping
    )
    new = NewCandidate("m:int8", "Model", "model", Candidate("m", "int8"), labels=("yes", "no"))
    info = session.evaluations.start("text-classification", data.id, EvaluationSettings(mapping), 60, [new], {})
    (candidate,) = info.candidates
    labels = Labels((LabelScore("yes", 0.75), LabelScore("no", 0.25)))
    session.evaluations.record([Answer(candidate.id, n, 0, labels) for n in range(60)])
    facts = RunFacts(latencies_s=tuple(0.01 + n / 10_000 for n in range(40)), cluster=SHARE)
    session.evaluations.set_state(candidate.id, "finished", facts)
    return info.id


def test_a_project_keeps_it(session: ProjectSession, evaluation: int) -> None:
    (candidate,) = session.evaluations.get(evaluation).candidates
    assert candidate.facts.cluster == SHARE
    assert candidate.facts.cluster.rows_per_s == 20


def test_the_json_has_it(session: ProjectSession, evaluation: int, tmp_path: Path) -> None:
    path = export_evaluation(session, score(session, evaluation), "json", tmp_path / "out.json")
    (candidate,) = json.loads(path.read_text(encoding="utf-8"))["candidates"]
    assert candidate["cluster"]["address"] == "head:6379"
    assert [(node["name"], node["rows"], node["timed"]) for node in candidate["cluster"]["nodes"]] == [
        ("a", 40, True),
        ("b", 20, False),
    ]


def test_the_report_names_the_nodes(session: ProjectSession, evaluation: int) -> None:
    report = build(session, evaluation, ReportChoices(), date(2026, 11, 25))
    blocks = [block for section in report.sections for block in section.blocks]
    (nodes,) = [block for block in blocks if isinstance(block, Table) and block.id == "nodes"]
    assert [[value.text for value in row] for row in nodes.rows] == [
        ["Model", "a (Zen)", "8", "1", "40", "yes"],
        ["Model", "b (Old)", "4", "1", "20", "no"],
    ]
    texts = [block.words for block in blocks if isinstance(block, Text)]
    assert any("60 rows in 3.0 s, 20 rows/s with 2 workers" in text for text in texts)
    assert "Model: The nodes are of different kinds." in texts


def test_the_sizing_says_what_the_cluster_did(session: ProjectSession, evaluation: int) -> None:
    decision = decide(session, find_task("text-classification"), score(session, evaluation))
    (sizing,) = decision.sizing
    speed = sizing.inputs[CLUSTER_SPEED]
    assert (speed.value, speed.unit, speed.origin) == (20, "rows/s", "measured")
    # What one request takes is what it took on the node, not a share of what the cluster did.
    assert sizing.inputs["service_s"].value == pytest.approx(0.01195)

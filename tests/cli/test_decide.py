"""``studio decide`` as a program: criteria typed in a terminal, and the verdict on stored answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.services.projects import Projects
from tests.gui.evaluated import labels_evaluation


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "p.studio"
    with Projects(tmp_path / "projects").new() as session:
        labels_evaluation(session, 120)
        session.save(path)
    return path


def _decide(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "studio.cli.app", "decide", str(project), *arguments],
        capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


def test_criteria_and_verdicts(project: Path) -> None:
    ran = _decide(project, "--must", "accuracy>=70%", "--should", "latency_p50_s<=0.5", "--json")
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert [each["threshold"] for each in document["criteria"]] == [0.7, 0.5]
    assert [each["overall"] for each in document["verdicts"]] == ["GO", "GO", "NOT PROVEN"]
    # Another threshold takes the place of the first, and it stays known that it was moved after the results.
    again = json.loads(_decide(project, "--must", "accuracy>=0.99", "--json").stdout)
    assert [each["threshold"] for each in again["criteria"]] == [0.99, 0.5]
    assert {each["overall"] for each in again["verdicts"]} == {"NO-GO"}
    assert len(again["changes"]) == 3


@pytest.mark.parametrize("typed", ["accuracy>0.9", "accuracy>=90", "accuracy>=-1", "accuracy>=1e999", "fame>=1"])
def test_what_is_no_criterion_is_refused_and_nothing_is_stored(project: Path, typed: str) -> None:
    ran = _decide(project, "--must", "macro_f1>=0.5", "--must", typed)
    assert ran.returncode == 2
    assert ran.stderr.startswith("Error: ")
    with Projects(project.parent / "projects").open(project, read_only=True) as session:
        assert session.decisions.criteria("text-classification") == ()

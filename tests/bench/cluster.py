"""Rows a second of an evaluation on a Ray cluster of this computer: what Ray costs, and what a second worker brings."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.line import Line
from tests.bench.rows import STARTER, texts

if TYPE_CHECKING:
    from studio.services.clusters import JoinedCluster

ROWS = 3_000
_MODEL = "clinc150-minilm"


def one_worker(rounds: int) -> Line:
    """One worker on the cluster against the same worker here; one thread each."""
    pairs = [(_speed(1), _speed(0)) for _round in range(min(rounds, 3))]
    return _line(f"{ROWS:,} rows, {_MODEL}, cluster of one worker ÷ here", pairs, 0.8)


def two_workers(rounds: int) -> Line:
    """Two workers against one, both on the cluster; one thread each. Cores are shared, so 2 is out of reach on two."""
    pairs = [(_speed(2), _speed(1)) for _round in range(min(rounds, 3))]
    return _line(f"{ROWS:,} rows, {_MODEL}, cluster of two workers ÷ one", pairs, 1.5)


def _line(title: str, pairs: list[tuple[float, float]], target: float) -> Line:
    ratios = [ours / theirs for ours, theirs in pairs]
    ours, theirs = (median(pair[place] for pair in pairs) for place in (0, 1))
    detail = f"{ours:.0f} / {theirs:.0f} rows/s, pairs {min(ratios):.2f}–{max(ratios):.2f}"
    return Line(title, median(ratios), target, detail=detail)


def _speed(workers: int) -> float:
    """Rows a second of a whole run, loading left out; 0 workers is a run here."""
    from studio.services.clusters import join

    if not workers:
        return _rows(None)
    with join("local", workers, threads=1) as cluster:
        return _rows(cluster)


def _rows(cluster: JoinedCluster | None) -> float:
    from studio.domain.comparison import Candidate
    from studio.domain.dataset import ColumnMapping, FileFormat
    from studio.domain.evaluation import EvaluationSettings
    from studio.domain.running import LoadSpec
    from studio.services.evaluating import begin
    from studio.services.pool import CandidatePool
    from studio.services.projects import Projects
    from studio.tasks import find_task
    from tests.bench.rows import Clock

    task, mapping = find_task("text-classification"), ColumnMapping({"text": "text"})
    folder = STARTER / _MODEL
    with tempfile.TemporaryDirectory() as home, Projects(Path(home)).new() as session, CandidatePool() as pool:
        rows = ((text,) for text in texts(ROWS))
        data = session.datasets.add(
            task.id, "bench", "b.csv", FileFormat("csv"), ("text",), rows, (), "0" * 64, mapping
        )
        candidates = [(Candidate(str(folder), "int8"), LoadSpec(task.id, folder, "int8"))]
        settings, clock = EvaluationSettings(mapping, threads=1), Clock()
        info = begin(session, task, data, candidates, settings, pool, clock, cluster=cluster)
        share = info.candidates[0].facts.cluster
        took_s = share.elapsed_s if share is not None else clock.took_s
    return ROWS / took_s

"""Evaluations on a real Ray cluster of two nodes: figures as here, a node lost in the middle, Stop, and going on."""

from __future__ import annotations

import csv
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.domain.dataset import ColumnMapping, Dataset, FileFormat
from studio.domain.evaluation import EvaluatedCandidate, EvaluationInfo, EvaluationSettings
from studio.library.store import Library
from studio.services.candidates import resolve
from studio.services.clusters import JoinedCluster, join
from studio.services.evaluating import Silent, begin, resume
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.scoring import score
from studio.tasks import find_task
from tests.cluster.nodes import Nodes

pytest.importorskip("ray")
pytestmark = pytest.mark.slow

TASK = find_task("text-classification")
MAPPING = ColumnMapping(inputs={"text": "message"}, reference="expected")
ROWS = 2_000
MODEL = "starter/support-intents-tiny"
_SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "support.csv"


class When(Silent):
    """Does something once, as soon as so many rows are answered."""

    def __init__(self, rows: int, what: Callable[[], object]) -> None:
        self._rows, self._what, self._done = rows, what, False
        self.seen: list[int] = []

    def progress(self, candidate: EvaluatedCandidate, done: int, total: int) -> None:
        self.seen.append(done)
        if done >= self._rows and not self._done:
            self._done = True
            self._what()


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Two nodes, the first with the cluster's head."""
    with Nodes() as made, pytest.MonkeyPatch.context() as patch:
        for key, value in made.token.items():
            patch.setenv(key, value)
        made.start()
        made.start()
        yield made


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectSession]:
    with Projects(tmp_path_factory.mktemp("projects")).new() as made:
        yield made


@pytest.fixture(scope="module")
def data(session: ProjectSession) -> Dataset:
    with _SAMPLE.open(encoding="utf-8", newline="") as file:
        sentences = [(row["message"], row["expected"]) for row in csv.DictReader(file)]
    pairs = itertools.islice(itertools.product(sentences, sentences), 0, None, 17)
    rows = [(f"{one[0]} {other[0]}" if n % 3 else one[0], one[1]) for n, (one, other) in enumerate(pairs)][:ROWS]
    assert len(rows) == ROWS
    columns = ("message", "expected")
    return session.datasets.add(TASK.id, "d", "d.csv", FileFormat("csv"), columns, rows, (), "f" * 64, MAPPING)


@pytest.fixture(scope="module")
def here(session: ProjectSession, data: Dataset) -> EvaluationInfo:
    """The same rows on this computer."""
    return _begin(session, data)


def _begin(
    session: ProjectSession,
    data: Dataset,
    cluster: JoinedCluster | None = None,
    observer: Silent | None = None,
    stop: threading.Event | None = None,
) -> EvaluationInfo:
    library = Library.open()
    candidates = [resolve(TASK, MODEL, library)]
    with CandidatePool(keep=1) as pool:
        return begin(
            session, TASK, data, candidates, EvaluationSettings(MAPPING), pool, observer, stop, library, cluster=cluster
        )


def _answers(session: ProjectSession, info: EvaluationInfo) -> list[tuple[int, str | None, bytes | None]]:
    return [(raw.position, raw.text, raw.scores) for raw in session.evaluations.raw(info.candidates[0].id)]


def test_stop_is_quick_and_the_rest_can_run_here(
    nodes: Nodes, session: ProjectSession, data: Dataset, here: EvaluationInfo
) -> None:
    stop = threading.Event()
    stopped_s = []

    def press() -> None:
        stopped_s.append(time.monotonic())
        stop.set()

    with join(nodes.address) as cluster:
        info = _begin(session, data, cluster, When(ROWS // 8, press), stop)
    took_s = time.monotonic() - stopped_s[0]
    assert info.status == "stopped"
    assert ROWS // 8 <= info.candidates[0].done < ROWS
    # Far from its usual 0.1 s: a full second would already be a wait for something that does not matter.
    assert took_s < 2
    with CandidatePool(keep=1) as pool:
        info = resume(session, info.id, Library.open(), pool)
    assert info.status == "finished"
    assert _answers(session, info) == _answers(session, here)


def test_a_lost_node_costs_no_row_and_no_digit(
    nodes: Nodes, session: ProjectSession, data: Dataset, here: EvaluationInfo
) -> None:
    with join(nodes.address) as cluster:
        assert len(cluster.nodes) == 2
        observer = When(ROWS // 4, lambda: nodes.kill(nodes.names[1]))
        info = _begin(session, data, cluster, observer)
    (candidate,) = info.candidates
    assert (info.status, candidate.done, candidate.failed) == ("finished", ROWS, 0)
    assert observer.seen[-1] == ROWS
    assert observer.seen == sorted(observer.seen)
    share = candidate.facts.cluster
    assert share is not None
    assert share.lost == 1
    assert (share.rows, sum(node.rows for node in share.nodes)) == (ROWS, ROWS)
    assert _answers(session, info) == _answers(session, here)
    there, local = (score(session, each.id).scores[0].metrics for each in (info, here))
    assert {key: value.value for key, value in there.items()} == {key: value.value for key, value in local.items()}
    # Threads are those of a worker here, whatever the node has.
    assert candidate.placement == here.candidates[0].placement
    assert len(candidate.facts.latencies_s) == len(here.candidates[0].facts.latencies_s)

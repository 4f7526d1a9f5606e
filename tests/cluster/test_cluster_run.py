"""Evaluations on a real Ray cluster of two nodes: figures as here, a node lost in the middle, Stop, and going on.

One pair of nodes for all, joined once, since both take their time: the tests run in this order.
"""

from __future__ import annotations

import csv
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from studio.cluster.package import Package, packed
from studio.domain.dataset import ColumnMapping, Dataset, FileFormat
from studio.domain.endpoint import Endpoint
from studio.domain.errors import ClusterError
from studio.domain.evaluation import EvaluatedCandidate, EvaluationInfo, EvaluationSettings
from studio.domain.layout import precisions_in
from studio.domain.running import LoadSpec
from studio.engine.environment import environment
from studio.library.safety import files_in
from studio.library.store import Library
from studio.services import cluster_pool, cluster_worker, evaluating, evaluation_rows_run
from studio.services.candidates import resolve
from studio.services.clusters import JoinedCluster, find_cluster, join
from studio.services.endpoints import ENDPOINTS
from studio.services.evaluating import Silent, begin, resume
from studio.services.evaluation_plan import TIMED_LEAST
from studio.services.importing import import_sample
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.scoring import score
from studio.tasks import find_task
from tests.cluster.nodes import Nodes, open_any
from tests.remote.fault_server import KEY, fault_server
from tests.services.endpoint_home import endpoint_home
from tests.services.fickle import write_model

pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]

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
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Two nodes, the first with the cluster's head, and one where there is no studio."""
    bare = tmp_path_factory.mktemp("bare")
    # Ray looks for modules where whoever joined has them, which on this computer is where they are.
    (bare / "sitecustomize.py").write_text("import sys\nsys.modules['studio'] = None\n", encoding="utf-8")
    with Nodes() as made, pytest.MonkeyPatch.context() as patch:
        for key, value in made.token.items():
            patch.setenv(key, value)
        # What is sent to them is kept for as long as they live.
        own = {"XDG_CACHE_HOME": str(made.folder / "cache")}
        made.start([own, own, {"PYTHONPATH": str(bare)}])
        yield made


@pytest.fixture(scope="module")
def joining() -> Iterator[ExitStack]:
    """Closing it leaves the cluster."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def cluster(nodes: Nodes, joining: ExitStack) -> JoinedCluster:
    return joining.enter_context(join(nodes.address, opener=open_any))


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


def _graphs(spec: LoadSpec) -> tuple[str, ...]:
    files = next(each for each in precisions_in(files_in(spec.folder)) if each.precision == spec.precision)
    return tuple(files.roles.values())


def _answers(session: ProjectSession, info: EvaluationInfo) -> list[tuple[int, str | None, bytes | None]]:
    return [(raw.position, raw.text, raw.scores) for raw in session.evaluations.raw(info.candidates[0].id)]


def test_who_is_there_and_who_may_join(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        found = find_cluster(nodes.client)
    except ClusterError as error:
        pytest.fail(f"{error.message}\n{error.detail}\n{nodes.client_log()}")
    problems = sorted(node.problem for node in found.nodes)
    assert problems[:2] == ["", ""] and "not installed on" in problems[2]
    assert found.sentence == "2 nodes are ready, with 2 processors in all."
    assert len(found.usable) == 2
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
    for address in (nodes.address, nodes.client):
        with pytest.raises(ClusterError, match="asks for a token"):
            find_cluster(address)


def test_nodes_that_share_no_disk_get_the_model_and_the_pictures(
    nodes: Nodes, cluster: JoinedCluster, session: ProjectSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = find_task("image-classification")
    data = import_sample(session, task, "clothes")
    positions = tuple(range(0, data.rows, max(1, data.rows // 12)))
    settings = EvaluationSettings(data.mapping, positions=positions)
    library = Library.open()
    candidates = [resolve(task, "starter/clothes-small", library)]

    def elsewhere(folder: Path, names: Sequence[str]) -> Package:
        """As if what lies at these paths on a node were something else."""
        package = packed(folder, names)
        return Package(folder, tuple(replace(file, inode=file.inode + 1) for file in package.files))

    with CandidatePool(keep=1) as pool:
        local = begin(session, task, data, candidates, settings, pool, library=library)
        monkeypatch.setattr(cluster_pool, "packed", elsewhere)
        monkeypatch.setattr(cluster_worker, "packed", elsewhere)
        info = begin(session, task, data, candidates, settings, pool, library=library, cluster=cluster)
    assert (info.status, info.candidates[0].failed) == ("finished", 0)
    assert _answers(session, info) == _answers(session, local)
    # One folder for both nodes, which share that disk at least; of the model, what this candidate needs.
    (kept,) = (nodes.folder / "cache" / "prototype-studio" / "cluster").iterdir()
    assert {path.name for path in kept.rglob("*.onnx")} == {Path(name).name for name in _graphs(candidates[0][1])}
    assert (kept / "config.json").is_file()


def test_rows_that_crash_or_refuse_fail_alone(cluster: JoinedCluster, session: ProjectSession, tmp_path: Path) -> None:
    write_model(tmp_path / "library" / "fickle")
    library = Library(tmp_path / "library", tmp_path / "none")
    texts = ["x" * (n % 30 + 1) for n in range(120)]
    texts[40], texts[80] = "CRASH", "REFUSE"
    columns = ("message", "expected")
    rows = [(text, "long") for text in texts]
    data = session.datasets.add(TASK.id, "f", "f.csv", FileFormat("csv"), columns, rows, (), "e" * 64, MAPPING)
    candidates = [resolve(TASK, "fickle", library)]
    settings = EvaluationSettings(MAPPING)
    with CandidatePool(keep=1) as pool:
        info = begin(session, TASK, data, candidates, settings, pool, library=library, cluster=cluster)
    (candidate,) = info.candidates
    assert (info.status, candidate.done, candidate.failed) == ("finished", 120, 2)
    failures = {a.position: a.failure.kind for a in session.evaluations.answers(candidate.id) if a.failure is not None}
    assert failures == {40: "WorkerCrashed", 80: "InputError"}
    assert candidate.facts.cluster is not None
    # The worker ended, its node did not.
    assert candidate.facts.cluster.lost == 0


def test_latencies_of_unlike_nodes_are_kept_apart(
    cluster: JoinedCluster, session: ProjectSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = find_task("translation")
    data = import_sample(session, task, "en-zh")
    library = Library.open()
    candidates = [resolve(task, "starter/translate-en-zh-small", library)]
    settings = EvaluationSettings(data.mapping, positions=tuple(range(24)), options={"max_new_tokens": 4})
    first, second = cluster.nodes
    about = {**first.found.environment, "cpu": "Older"}
    older = replace(first, name="older", found=replace(first.found, environment=about))
    for lane in cluster.pool._lanes:
        if lane.node == first:
            monkeypatch.setattr(lane, "node", older)
    unlike = replace(cluster, nodes=(second, older))
    # Told of every row: on a quick computer all are answered before progress is told for the first time.
    monkeypatch.setattr(evaluation_rows_run, "_STORE_S", 0.0)
    with CandidatePool(keep=1) as pool:
        info = begin(session, task, data, candidates, settings, pool, library=library, cluster=unlike)
        # Begun on a computer like none of them.
        monkeypatch.setattr(evaluating, "environment", lambda: {**environment(), "cpu": "Another"})
        stop = threading.Event()
        other = begin(session, task, data, candidates, settings, pool, When(4, stop.set), stop, library)
        other = resume(session, other.id, library, pool, cluster=unlike)
    assert other.status == "finished"
    later = other.candidates[0].facts.cluster
    assert later is not None
    assert any("began on (Another)" in notice for notice in later.notices)
    timed = sum(answer.latency_s is not None for answer in session.evaluations.answers(other.candidates[0].id))
    assert timed == 24 - later.rows < 24
    (candidate,) = info.candidates
    assert (info.status, candidate.done, candidate.failed) == ("finished", 24, 0)
    assert candidate.facts.cluster is not None
    shares = {share.timed: share.rows for share in candidate.facts.cluster.nodes}
    assert shares[True] + shares[False] == 24
    assert min(shares.values()) > 0
    answers = list(session.evaluations.answers(candidate.id))
    assert sum(answer.latency_s is not None for answer in answers) == shares[True]
    assert all(answer.output is not None for answer in answers)


def test_an_endpoint_beside_a_model_is_asked_from_here(
    nodes: Nodes, cluster: JoinedCluster, session: ProjectSession, tmp_path: Path
) -> None:
    rows = [("where is my refund", "refund"), ("my parcel is late", "delivery")] * 4
    data = session.datasets.add(
        TASK.id, "e", "e.csv", FileFormat("csv"), ("message", "expected"), rows, (), "a" * 64, MAPPING
    )
    library = Library.open()
    with endpoint_home(tmp_path), fault_server(KEY) as server, CandidatePool(keep=1) as pool:
        server.answers["good"] = "refund"
        ENDPOINTS.add(Endpoint("here", server.url, ("good",)), KEY)
        candidates = [resolve(TASK, name, library) for name in ("endpoint:here/good", MODEL)]
        info = begin(
            session, TASK, data, candidates, EvaluationSettings(MAPPING), pool, library=library, cluster=cluster
        )
    remote, local = info.candidates
    assert [(each.status, each.done) for each in info.candidates] == [("finished", 8), ("finished", 8)]
    # Neither a row nor the key went to a node for it.
    assert remote.facts.cluster is None and len(server.asked) >= 8
    assert remote.placement is not None and remote.placement.remote is not None
    assert local.facts.cluster is not None and local.facts.cluster.rows == 8


def test_what_was_stopped_goes_on_there_and_here(
    nodes: Nodes,
    cluster: JoinedCluster,
    session: ProjectSession,
    data: Dataset,
    here: EvaluationInfo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluation_rows_run, "_STORE_S", 0.0)
    stop = threading.Event()
    working: list[int] = []

    def press() -> None:
        working.append(nodes.workers())
        stop.set()

    with CandidatePool(keep=1) as pool:
        info = _begin(session, data, cluster, When(ROWS // 8, press), stop)
        assert info.status == "stopped"
        assert ROWS // 8 <= info.candidates[0].done < ROWS
        assert working == [2]
        # On the same lanes again, and stopped once more.
        stop = threading.Event()
        info = resume(session, info.id, Library.open(), pool, When(ROWS // 2, stop.set), stop, cluster)
        assert info.status == "stopped"
        assert ROWS // 2 <= info.candidates[0].done < ROWS
    share = info.candidates[0].facts.cluster
    assert share is not None
    assert (share.lost, share.rows) == (0, info.candidates[0].done)
    with CandidatePool(keep=1) as pool:
        info = resume(session, info.id, Library.open(), pool)
    assert info.status == "finished"
    assert _answers(session, info) == _answers(session, here)


def test_a_lost_node_costs_no_row_and_no_digit(
    nodes: Nodes,
    cluster: JoinedCluster,
    session: ProjectSession,
    data: Dataset,
    here: EvaluationInfo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluation_rows_run, "_STORE_S", 0.0)
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
    assert len(candidate.facts.latencies_s) >= TIMED_LEAST


def test_leaving_leaves_nothing_on_the_nodes(nodes: Nodes, cluster: JoinedCluster, joining: ExitStack) -> None:
    assert nodes.workers() > 0
    joining.close()
    until_s = time.monotonic() + 120
    while nodes.workers() and time.monotonic() < until_s:
        time.sleep(0.1)
    assert nodes.workers() == 0

"""One candidate through all rows of an evaluation on the nodes of a cluster: the plan of a run here, spread over lanes.

Every batch holds the same rows as here, and each runs whole in one worker, so its answers are the same. What a lost
node had in hand is asked again elsewhere; only what came back is kept, so no row is there twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from studio.cluster.messages import SurveyedNode
from studio.domain.dataset import DataRow
from studio.domain.errors import NodeLostError, WorkerCrashed
from studio.domain.evaluation import Answer, ClusterShare, EvaluatedCandidate, EvaluationInfo, NodeShare
from studio.domain.i18n import _
from studio.domain.running import Inputs, LoadSpec
from studio.engine.protocol import Loaded, Ran, RanBatch
from studio.services.cluster_pool import OpenOnNode
from studio.services.clusters import JoinedCluster, hardware
from studio.services.evaluation_plan import batches, chunks
from studio.services.evaluation_rows_run import RowsRun
from studio.services.project_session import ProjectSession
from studio.services.waiting import POLL_S, Waiter

if TYPE_CHECKING:
    from studio.services.evaluating import EvaluationObserver
    from studio.services.pool import OpenCandidate

A = TypeVar("A")
B = TypeVar("B")
_CHUNK = 2_000
#: Work that is handed out beyond what is being done, so that no lane waits for this computer.
_AHEAD = 2
#: Work that ends the process that has it so often is what ends it; nodes are not lost that often.
_MOST_LOST = 3
Rows = Sequence[tuple[int, Inputs]]


class ClusterRowsRun(RowsRun):
    """One candidate of an evaluation while it runs on a cluster.

    One thread for each lane asks; what comes back is stored, and told, on the thread that called `run` alone.
    """

    def __init__(
        self,
        session: ProjectSession,
        info: EvaluationInfo,
        candidate: EvaluatedCandidate,
        spec: LoadSpec,
        cluster: JoinedCluster,
        observer: EvaluationObserver,
        stop: threading.Event,
    ) -> None:
        super().__init__(session, info, candidate, spec, cluster.pool, observer, stop)
        self._cluster = cluster
        self._halt = _Halt(stop)
        self._waiter = Waiter(self._halt, None, candidate.title)
        self._here = threading.local()
        self._lock = threading.Lock()
        self._answering = False
        self._loaded_once = False
        self._lost_before = cluster.pool.lost
        self._before = candidate.facts.cluster or ClusterShare(cluster.address)
        self._shares: dict[str, NodeShare] = {share.name: share for share in self._before.nodes}
        self._began_s = 0.0
        self._rows = 0
        #: Only nodes like the one that the evaluation names tell how long a single row takes.
        self._timed_kind = hardware(info.environment)

    def run(self) -> None:
        try:
            super().run()
        finally:
            self._note_cluster()

    # -- a lane's thread -------------------------------------------------------------------------------------------

    def _with(self, work: Callable[[Any], Any]) -> Any:
        for _attempt in range(_MOST_LOST):
            try:
                with self._cluster.pool.borrow(
                    self._spec, self._waiter, lambda: self._tell_early("loading"), lambda: self._tell_early("placing")
                ) as opened:
                    self._here.node = opened.node
                    self._note_node(opened)
                    if self._answering and not opened.warm:
                        self._warm_up(cast("OpenCandidate", opened))
                        opened.warm = True
                    return work(opened)
            except NodeLostError as error:
                self._waiter.check()
                last = error
        raise WorkerCrashed(
            _("This ended the process on the node of the cluster that had it, several times."),
            _("Its input may be too large for the node's memory."),
            last.detail,
        )

    def _tell_early(self, stage: str) -> None:
        # Later on others answer while a lane loads.
        if not self._answering:
            self._tell(stage)

    def _note_node(self, opened: OpenOnNode) -> None:
        with self._lock:
            if not self._loaded_once:
                self._loaded_once = True
                self._note_loaded(opened.loaded)
            if opened.node.name not in self._shares:
                self._shares[opened.node.name] = self._share_of(opened.node)

    def _share_of(self, node: SurveyedNode) -> NodeShare:
        about = node.found.environment
        # Several nodes can be on one computer.
        there = [each for each in self._cluster.nodes if each.name == node.name] or [node]
        processors = sum({each.id: each.processors for each in there}.values())
        timed = hardware(about) == self._timed_kind
        return NodeShare(
            node.name, str(about["cpu"]), processors, float(about["memory_mb"] or 0), len(there), timed=timed
        )

    def _count(self, rows: int, busy_s: float) -> None:
        """So many rows more were answered on the node of this thread."""
        name = self._here.node.name
        with self._lock:
            share = self._shares[name]
            self._shares[name] = replace(share, rows=share.rows + rows, busy_s=share.busy_s + busy_s)

    def _time_rows(self, opened: OpenCandidate) -> None:
        # Begun elsewhere, on unlike hardware: its latencies would be taken for that one's.
        if self._shares[self._here.node.name].timed:
            super()._time_rows(opened)

    def _ask_batch(self, opened: Any, inputs: Sequence[Inputs]) -> RanBatch:
        ran: RanBatch = self._waiter.result(opened.worker.run_batch(inputs, self._options))
        self._count(len(inputs), ran.latency_s)
        return ran

    def _answered(self, position: int, repeat: int, loaded: Loaded, ran: Ran) -> Answer:
        self._count(1, ran.latency_s)
        with self._lock:
            answer = super()._answered(position, repeat, loaded, ran)
        if self._shares[self._here.node.name].timed:
            return answer
        return replace(answer, latency_s=None, ttft_s=None, decode_tokens_per_s=None, characters_per_s=None)

    def _batch_or_rows(self, rows: Rows) -> RanBatch | list[Answer]:
        ran = self._ran_batch([inputs for _position, inputs in rows])
        # Where they can't be asked together, one by one shows which is the reason.
        return ran if ran is not None else [self._row_answer(position, 0, inputs) for position, inputs in rows]

    # -- the thread that stores ------------------------------------------------------------------------------------

    def _run_batches(self, done: frozenset[tuple[int, int]]) -> None:
        plan = batches(self._with(self._lengths), self._info.settings.batch_size)
        self.facts = replace(self.facts, batch_size=max(len(batch.positions) for batch in plan))

        def work() -> Iterator[Rows]:
            for batch in plan:
                missing = [position for position in batch.positions if (position, 0) not in done]
                if missing:
                    self._done -= len(batch.positions) - len(missing)
                    rows, failures = self._checked(batch.positions)
                    self._keep(failures)
                    if rows:
                        yield rows

        def take(rows: Rows, answered: RanBatch | list[Answer]) -> None:
            if isinstance(answered, RanBatch):
                self._take_batch(rows, answered)
                self._keep_last()
            else:
                self._keep(answered)
            self._rows += len(rows)

        self._spread(work(), self._batch_or_rows, take)

    def _run_rows(self, done: frozenset[tuple[int, int]]) -> None:
        repeats = range(self._info.settings.repeats)

        def work() -> Iterator[tuple[DataRow, int]]:
            for chunk in chunks(self._positions, _CHUNK):
                for row in self._session.datasets.rows(self._info.dataset.id, list(chunk)):
                    yield from ((row, number) for number in repeats if (row.position, number) not in done)

        def take(_asked: tuple[DataRow, int], answer: Answer) -> None:
            self._keep([answer])
            self._rows += 1

        self._spread(work(), lambda asked: self._checked_answer(*asked), take)

    def _spread(self, work: Iterator[A], ask: Callable[[A], B], take: Callable[[A, B], None]) -> None:
        """Ask on all lanes at once; take what comes back as it comes."""
        self._tell("loading")
        lanes = max(1, self._cluster.pool.open_all(self._spec, self._waiter))
        self._tell("answering")
        self._began_s, self._answering = time.monotonic(), True
        running: dict[Future[B], A] = {}
        with ThreadPoolExecutor(lanes, thread_name_prefix="lane") as threads:
            try:
                for item in work:
                    running[threads.submit(ask, item)] = item
                    while len(running) >= lanes + _AHEAD:
                        self._take_ready(running, take)
                while running:
                    self._take_ready(running, take)
            except BaseException:
                self._halt.set()
                threads.shutdown(wait=False, cancel_futures=True)
                raise
            finally:
                self._answering = False

    def _take_ready(self, running: dict[Future[B], A], take: Callable[[A, B], None]) -> None:
        ready, _others = wait(running, POLL_S, FIRST_COMPLETED)
        self._waiter.check()
        for future in ready:
            take(running.pop(future), future.result())
        self._note_cluster()

    def _note_cluster(self) -> None:
        elapsed_s = time.monotonic() - self._began_s if self._began_s else 0.0
        with self._lock:
            shares = tuple(self._shares.values())
        self.facts = replace(
            self.facts,
            cluster=replace(
                self._before,
                address=self._cluster.address,
                rows=self._before.rows + self._rows,
                elapsed_s=self._before.elapsed_s + elapsed_s,
                nodes=shares,
                lost=self._before.lost + self._cluster.pool.lost - self._lost_before,
                notices=(*self._cluster.notices, *self._cluster.pool.refusals, *self._untimed(shares)),
            ),
        )

    def _untimed(self, shares: tuple[NodeShare, ...]) -> tuple[str, ...]:
        if not shares or any(share.timed for share in shares):
            return ()
        sentence = _("No node is like the computer that this evaluation began on ({cpu}), so none was timed.")
        return (sentence.format(cpu=self._info.environment.get("cpu")),)

    def _note_energy(self, rows: int) -> None:
        """The meter of this computer says nothing of the nodes."""


class _Halt(threading.Event):
    """Set by the user's Stop, and by what ends the run."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__()
        self._stop = stop

    def is_set(self) -> bool:
        return super().is_set() or self._stop.is_set()

"""Candidates that are open on the nodes of a cluster, lent like those of `studio.services.pool`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from studio.cluster.link import ClusterLink, unpickled
from studio.cluster.messages import SurveyedNode
from studio.cluster.package import Package, packed
from studio.domain.errors import (
    ClusterError,
    ModelFolderError,
    NodeLostError,
    OutOfMemory,
    StoppedError,
    StudioError,
)
from studio.domain.i18n import _
from studio.domain.layout import precisions_in
from studio.domain.running import LoadSpec
from studio.engine.protocol import Loaded
from studio.library.reading import pickled_files, weight_files
from studio.library.safety import files_in
from studio.services.cluster_worker import ClusterWorker, lost
from studio.services.waiting import POLL_S, Waiter

T = TypeVar("T")
#: A process that ends on a node that goes on (such as for want of memory) is started again so often.
_RESTARTS = 3
#: How long it is waited for any node, once all are lost.
_REVIVE_S = 30.0
_REVIVE_EVERY_S = 1.0
#: Devices for which Ray sets a GPU aside.
_GPUS = ("cuda", "tensorrt")


#: Which candidate a node refused: specs hold options, so they can't be looked up by themselves.
_Spec = tuple[str, Path, str, str, str]
#: A folder and which of its files: two precisions of a model share the folder.
_Key = tuple[Path, tuple[str, ...]]


@dataclass(eq=False)
class OpenOnNode:
    """A loaded candidate on a node, lent to one caller at a time.

    Attributes:
        worker: Asks it.
        loaded: What loading reported.
        node: Where it is.
        warm: Whether it has answered something. The borrower sets it.
    """

    worker: ClusterWorker
    loaded: Loaded
    node: SurveyedNode
    warm: bool = False


@dataclass(eq=False)
class _Lane:
    """One process on a node; it holds at most one candidate."""

    number: int
    node: SurveyedNode
    hosted: bool = False
    gpus: float = 0.0
    spec: LoadSpec | None = None
    candidate: OpenOnNode | None = None
    busy: bool = False
    restarts: int = 0
    refused: set[_Spec] = field(default_factory=set)


@dataclass
class _Placing:
    """Folders that are on a node, and who may bring one there."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    there: set[_Key] = field(default_factory=set)


class ClusterPool:
    """Lanes on the nodes of a cluster. Safe to use from any thread.

    Args:
        link: The cluster.
        nodes: One entry for each lane; a node that is named twice gets two.
        survey: Looks again which nodes there are, once one was lost.
        make: Makes a `studio.services.cluster_node.NodeCandidate` on a node.
    """

    def __init__(
        self,
        link: ClusterLink,
        nodes: Sequence[SurveyedNode],
        survey: Callable[[Callable[[], bool]], Sequence[SurveyedNode]],
        make: Callable[[], Any],
    ) -> None:
        self._link, self._survey, self._make = link, survey, make
        self._changed = threading.Condition()
        self._numbers = iter(range(1, 1_000_000))
        self._lanes = [_Lane(next(self._numbers), node) for node in nodes]
        self._placing: dict[str, _Placing] = {}
        self._packages: dict[_Key, Package] = {}
        self._packing = threading.Lock()
        self._lost = self._replacing = 0
        self._refusals: list[str] = []
        self._why: dict[_Spec, StudioError] = {}

    def open_all(self, spec: LoadSpec, waiter: Waiter) -> int:
        """Open a candidate on every lane at once; how many have it open.

        Raises:
            StoppedError: The user stopped it.
            StudioError: It could be opened on none.
        """
        with self._changed:
            lanes = [lane for lane in self._lanes if not lane.busy and _key(spec) not in lane.refused]
            for lane in lanes:
                lane.busy = True

        def work(lane: _Lane) -> StudioError | None:
            try:
                self._open_unless(lane, spec, waiter)
            except StudioError as error:
                return error
            finally:
                self._give_back(lane, waiter)
            return None

        with ThreadPoolExecutor(max(1, len(lanes)), thread_name_prefix="lane") as threads:
            errors = [error for error in threads.map(work, lanes) if error is not None]
        waiter.check()
        if len(errors) == len(lanes) and errors and not isinstance(errors[0], NodeLostError):
            raise errors[0]
        return len(lanes) - len(errors)

    @property
    def refusals(self) -> tuple[str, ...]:
        """Sentences about nodes that could not open a candidate which others could."""
        return tuple(dict.fromkeys(self._refusals))

    @property
    def lost(self) -> int:
        """How often a node or a process on one was lost so far."""
        return self._lost

    @contextmanager
    def borrow(
        self,
        spec: LoadSpec,
        waiter: Waiter,
        on_load: Callable[[], None] = lambda: None,
        on_place: Callable[[], None] = lambda: None,
    ) -> Iterator[OpenOnNode]:
        """A lane with the candidate open; nobody else gets it meanwhile.

        Args:
            spec: What to open.
            waiter: Waits, and knows of Stop.
            on_load: Called when the candidate has to be loaded first.
            on_place: Called before, when its model may have to be sent.

        Raises:
            StoppedError: The user stopped it.
            NodeLostError: The node was lost; another lane can be borrowed.
            ClusterError: No node is left.
            StudioError: It could not be opened.
        """
        lane = self._take(spec, waiter)
        try:
            yield self._open_unless(lane, spec, waiter, on_load, on_place)
        except OutOfMemory:
            lane.candidate = None
            raise
        finally:
            self._give_back(lane, waiter)

    def _take(self, spec: LoadSpec, waiter: Waiter) -> _Lane:
        with self._changed:
            while True:
                waiter.check()
                if not self._lanes and not self._replacing:
                    self._revive(waiter)
                able = [lane for lane in self._lanes if _key(spec) not in lane.refused]
                if not able and self._lanes:
                    raise self._why[_key(spec)]
                free = [lane for lane in able if not lane.busy]
                if free:
                    lane = min(free, key=lambda each: (each.spec != spec, each.number))
                    lane.busy = True
                    return lane
                self._changed.wait(POLL_S)

    def _give_back(self, lane: _Lane, waiter: Waiter) -> None:
        candidate = lane.candidate
        if candidate is not None and candidate.worker.failure is not None:
            lane.candidate = None
            if lost(candidate.worker):
                self._replace(lane, waiter)
        with self._changed:
            lane.busy = False
            self._changed.notify_all()

    # -- opening ---------------------------------------------------------------------------------------------------

    def _open_unless(
        self,
        lane: _Lane,
        spec: LoadSpec,
        waiter: Waiter,
        on_load: Callable[[], None] = lambda: None,
        on_place: Callable[[], None] = lambda: None,
    ) -> OpenOnNode:
        """What a lane has open, opened unless it is; a node that can't is passed over where others can."""
        if lane.candidate is not None and lane.spec == spec:
            return lane.candidate
        try:
            return self._open(lane, spec, waiter, on_load, on_place)
        except (NodeLostError, StoppedError):
            raise
        except StudioError as error:
            with self._changed:
                others = [
                    each
                    for each in self._lanes
                    if each is not lane and each.spec == spec and each.candidate is not None
                ]
                lane.refused.add(_key(spec))
                self._why[_key(spec)] = error
                if not others:
                    raise
                self._refusals.append(
                    _("{node} takes no part: {reason}").format(node=lane.node.name, reason=error.message)
                )
            raise NodeLostError(error.message, error.next_step, error.detail) from error

    def _open(
        self,
        lane: _Lane,
        spec: LoadSpec,
        waiter: Waiter,
        on_load: Callable[[], None],
        on_place: Callable[[], None],
    ) -> OpenOnNode:
        lane.candidate = None
        gpus = 1.0 if spec.device in _GPUS and lane.node.gpus else 0.0
        try:
            if not lane.hosted or lane.gpus != gpus:
                self._host(lane, gpus, waiter)
            on_place()
            folder = self._place(lane, spec.folder, _names(spec), waiter)
            weights = None
            if spec.weights is not None:
                weights = self._place(lane, spec.weights, files_in(spec.weights), waiter)
            on_load()
            worker = ClusterWorker(self._link, lane.number, spec)
            loaded = waiter.result(worker.load(folder, weights))
        except NodeLostError:
            self._replace(lane, waiter)
            raise
        candidate = OpenOnNode(worker, loaded, lane.node)
        lane.spec, lane.candidate = spec, candidate
        return candidate

    def _host(self, lane: _Lane, gpus: float, waiter: Waiter) -> None:
        if lane.hosted:
            self._link.drop(lane.number)
            lane.number = next(self._numbers)
        with self._changed:
            beside = sum(1 for each in self._lanes if each.node.id == lane.node.id)
        share = lane.node.processors / max(1, beside)
        # Ray takes whole processors, or a part of one.
        processors = float(int(share)) if share >= 1 else share
        _wait(self._link.host(lane.number, lane.node.id, processors, gpus, self._make), waiter)
        lane.hosted, lane.gpus = True, gpus

    def _place(self, lane: _Lane, folder: Path, names: tuple[str, ...], waiter: Waiter) -> Package:
        """The folder as the node of this lane has it; brought there unless it is."""
        key = (folder, names)
        package = self._package(key)
        with self._changed:
            placing = self._placing.setdefault(lane.node.id, _Placing())
        while not placing.lock.acquire(timeout=POLL_S):
            waiter.check()
        try:
            if key in placing.there:
                return self._packages[key]
            shares = unpickled(_wait(self._link.call(lane.number, "shares", (package,)), waiter))
            if not shares:
                package = self._hashed(key)
                _wait(self._link.place((lane.number,), package, lambda _done, _total: None), waiter)
            placing.there.add(key)
            return package
        except OSError as error:
            raise _unreadable(folder, error) from error
        finally:
            placing.lock.release()

    def _package(self, key: _Key) -> Package:
        with self._packing:
            if key not in self._packages:
                try:
                    self._packages[key] = packed(*key)
                except (OSError, ValueError) as error:
                    raise _unreadable(key[0], error) from error
            return self._packages[key]

    def _hashed(self, key: _Key) -> Package:
        with self._packing:
            self._packages[key] = self._packages[key].hashed()
            return self._packages[key]

    # -- losing ----------------------------------------------------------------------------------------------------

    def _replace(self, lane: _Lane, waiter: Waiter) -> None:
        """Take away a lane whose process is gone; meanwhile it is looked for where it can go on."""
        self._link.drop(lane.number)
        lane.number, lane.hosted, lane.candidate, lane.spec = next(self._numbers), False, None, None
        if waiter.stop.is_set():
            # Ended by Stop, which waits for nothing.
            return
        with self._changed:
            self._lost += 1
            self._lanes.remove(lane)
            self._replacing += 1
        # Ray takes its time to find out that a node is gone; what this one had in hand does not wait for that.
        threading.Thread(target=self._move, args=(lane, waiter), name="lane", daemon=True).start()

    def _move(self, lane: _Lane, waiter: Waiter) -> None:
        try:
            nodes = self._survey(waiter.stop.is_set)
        except StudioError:
            nodes = ()
        with self._changed:
            taken = {each.node.id for each in self._lanes}
            same = next((node for node in nodes if node.id == lane.node.id), None)
            free = next((node for node in nodes if node.id not in taken and node is not same), None)
            if same is not None and lane.restarts < _RESTARTS:
                lane.restarts += 1
                self._lanes.append(lane)
            elif free is not None:
                lane.node, lane.restarts = free, 0
                self._lanes.append(lane)
            self._replacing -= 1
            self._changed.notify_all()

    def _revive(self, waiter: Waiter) -> None:
        """Wait for any node, now that all lanes are gone; the lock is held."""
        until_s = time.monotonic() + _REVIVE_S
        while time.monotonic() < until_s and not self._lanes:
            waiter.check()
            try:
                nodes = self._survey(waiter.stop.is_set)
            except StudioError:
                nodes = ()
            self._lanes = [_Lane(next(self._numbers), node) for node in nodes]
            if not self._lanes:
                time.sleep(_REVIVE_EVERY_S)
        if not self._lanes:
            raise ClusterError(
                _("No node of the cluster is left."),
                _("What was answered is kept. Go on with the rest once the cluster is up, or on this computer."),
            )


def _key(spec: LoadSpec) -> _Spec:
    return spec.task, spec.folder, spec.precision, spec.device, spec.backend


def _names(spec: LoadSpec) -> tuple[str, ...]:
    """The files of a model's folder that a candidate needs: no other precisions, and no original weights."""
    names = files_in(spec.folder)
    left_out = {*weight_files(names), *pickled_files(names)}
    for files in precisions_in(names):
        if spec.backend != "onnx" or files.precision != spec.precision:
            left_out |= set(files.all_files)
    wanted = {
        name
        for files in precisions_in(names)
        if spec.backend == "onnx" and files.precision == spec.precision
        for name in files.all_files
    }
    return tuple(name for name in names if name not in left_out or name in wanted)


def _wait(future: Future[T], waiter: Waiter) -> T:
    """What a future gives; Stop ends the wait."""
    while True:
        try:
            return future.result(POLL_S)
        except TimeoutError:
            if future.done():
                raise
            waiter.check()


def _unreadable(folder: Path, error: Exception) -> ModelFolderError:
    return ModelFolderError(
        _("The folder {path} can't be sent to the cluster.").format(path=folder),
        _("Check that all its files are there and can be read."),
        str(error),
    )

"""Clusters as a person names them: is it there, who is in it, and joining it for an evaluation."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from studio import __version__
from studio.cluster.address import MOST_WORKERS, check_address, needs_network
from studio.cluster.link import CONNECT_S, SURVEY_S, ClusterLink
from studio.cluster.messages import SurveyedNode
from studio.domain.errors import ClusterError, InputError, NodeLostError, OfflineError
from studio.domain.i18n import _, ngettext
from studio.engine.child import OpenCandidate, open_candidate
from studio.services.cluster_node import NodeCandidate, look
from studio.services.cluster_pool import ClusterPool
from studio.services.hub_access import is_offline
from studio.services.waiting import POLL_S, stopped

T = TypeVar("T")


@dataclass(frozen=True)
class ClusterNode:
    """A node in a person's words.

    Attributes:
        name: Its host name.
        cpu: Its processor's name.
        processors: Processors that it offers.
        memory_mb: Memory, 10^6 bytes; 0 where not known.
        gpu: Its GPU's name; empty for none.
        problem: Why it can't take part; empty where it can.
    """

    name: str
    cpu: str = ""
    processors: float = 0.0
    memory_mb: float = 0.0
    gpu: str = ""
    problem: str = ""


@dataclass(frozen=True)
class ClusterFound:
    """A cluster that answered.

    Attributes:
        address: As it was asked for.
        nodes: All of its nodes.
    """

    address: str
    nodes: tuple[ClusterNode, ...]

    @property
    def usable(self) -> tuple[ClusterNode, ...]:
        """The nodes that can take part."""
        return tuple(node for node in self.nodes if not node.problem)

    @property
    def sentence(self) -> str:
        """What there is, in a sentence."""
        nodes = self.usable
        processors = sum(node.processors for node in nodes)
        words = ngettext("{n} node is ready", "{n} nodes are ready", len(nodes)).format(n=len(nodes))
        return _("{nodes}, with {processors:g} processors in all.").format(nodes=words, processors=processors)


@dataclass(frozen=True)
class JoinedCluster:
    """A cluster that takes part in an evaluation.

    Attributes:
        address: As it was asked for.
        pool: Its lanes.
        nodes: One entry for each lane, as they were at the beginning.
        threads: Threads of each worker: those that a worker here would use, so that the figures are the same.
        notices: What a person must know: nodes that can't take part, unlike ones, shared ones.
    """

    address: str
    pool: ClusterPool
    nodes: tuple[SurveyedNode, ...]
    threads: int
    notices: tuple[str, ...] = field(default=())

    @property
    def environment(self) -> Mapping[str, str | int | float | None]:
        """Where single rows are timed: the first node's."""
        found: Mapping[str, str | int | float | None] = self.nodes[0].found.environment
        return found


def find_cluster(address: str, stopped: Callable[[], bool] = lambda: False) -> ClusterFound:
    """Join a cluster, look at its nodes and leave it again; blocks for seconds.

    Raises:
        StudioError: It is not there, or can't be used; see `join`.
    """
    address = check_address(address)
    with _joined(address, stopped) as link:
        return ClusterFound(address, tuple(_in_words(node) for node in _nodes(link, stopped)))


@contextmanager
def join(
    address: str,
    workers: int = 0,
    threads: int = 0,
    stopped: Callable[[], bool] = lambda: False,
    opener: OpenCandidate = open_candidate,
) -> Iterator[JoinedCluster]:
    """Take part in a cluster until the end of the block.

    Args:
        address: ``"local"``, ``"HOST:PORT"`` or ``"ray://HOST:PORT"``.
        workers: How many candidates are open at once; 0 for one on each node.
        threads: Threads of each; 0 for what a worker here would use.
        stopped: Asked several times a second while it is waited for.
        opener: Opens candidates on a node.

    Raises:
        InputError: It is no address, or so many workers can't be.
        MissingDependencyError: Ray is not installed.
        OfflineError: The network is not to be used.
        ClusterError: There is no cluster, it has other versions, or no node can take part.
        StoppedError: The user stopped it.
    """
    address = check_address(address)
    if not 0 <= workers <= MOST_WORKERS:
        raise InputError(
            _("There can be 1 to {most} workers, not {workers}.").format(most=MOST_WORKERS, workers=workers)
        )
    with _joined(address, stopped) as link:
        found = _nodes(link, stopped)
        usable = _usable(found, address)
        lanes = _spread(usable, workers or len(usable))
        threads = threads or _threads_here()

        def again(stopped: Callable[[], bool]) -> Sequence[SurveyedNode]:
            return _usable_now(_nodes(link, stopped))

        pool = ClusterPool(link, lanes, again, partial(NodeCandidate, opener))
        yield JoinedCluster(address, pool, lanes, threads, tuple(_notices(found, lanes, threads)))


@contextmanager
def _joined(address: str, stopped: Callable[[], bool]) -> Iterator[ClusterLink]:
    if needs_network(address) and is_offline():
        raise OfflineError(
            _("The network is switched off in the settings, and the cluster at {address} needs it.").format(
                address=address
            ),
            _("Run it on this computer, or allow the network in the settings."),
        )
    with ClusterLink() as link:
        _result(link.connect(address), CONNECT_S, stopped)
        yield link


def _nodes(link: ClusterLink, stopped: Callable[[], bool]) -> tuple[SurveyedNode, ...]:
    return _result(link.survey(__version__, look), SURVEY_S, stopped)


def _result(future: Future[T], most_s: float, stop: Callable[[], bool]) -> T:
    until_s = time.monotonic() + most_s
    while True:
        try:
            return future.result(POLL_S)
        except NodeLostError as error:
            # There is nobody left to ask: the process that talks to Ray ended, as it does when the cluster is gone.
            raise ClusterError(
                _("The connection to the Ray cluster broke."),
                _("Check that it is up: `ray status` there tells."),
                error.detail,
            ) from error
        except FutureTimeoutError:
            if future.done():
                raise
            if stop():
                raise stopped() from None
            if time.monotonic() > until_s:
                raise ClusterError(
                    _("The Ray cluster did not answer in time."),
                    _("Check that it is up: `ray status` there tells."),
                ) from None


def _usable(found: Sequence[SurveyedNode], address: str) -> tuple[SurveyedNode, ...]:
    """The nodes that can take part, those of this computer's kind first.

    Raises:
        ClusterError: There is none.
    """
    usable = _usable_now(found)
    if not usable:
        problems = {_problem(node) for node in found}
        raise ClusterError(
            _("No node of the cluster {address} can take part.").format(address=address),
            " ".join(sorted(problems)) or _("It has no nodes with processors."),
            "\n".join(f"{node.name}: {node.detail}" for node in found),
        )
    return usable


def _usable_now(found: Sequence[SurveyedNode]) -> tuple[SurveyedNode, ...]:
    # The most frequent kind of hardware first: single rows are timed on the first node.
    usable = [node for node in found if not node.trouble]
    kinds = Counter(hardware(node.found.environment) for node in usable)
    return tuple(sorted(usable, key=lambda node: (-kinds[hardware(node.found.environment)], node.name, node.id)))


def _spread(nodes: Sequence[SurveyedNode], workers: int) -> tuple[SurveyedNode, ...]:
    return tuple(nodes[n % len(nodes)] for n in range(workers))


def _threads_here() -> int:
    from studio.runtime.cores import available_cores

    return available_cores()


def hardware(environment: Mapping[str, str | int | float | None]) -> tuple[str, ...]:
    """What decides how quick a computer is; equal for computers whose latencies can be put together."""
    return tuple(str(environment.get(key)) for key in ("cpu", "physical_cores", "gpu"))


def _in_words(node: SurveyedNode) -> ClusterNode:
    if node.trouble:
        return ClusterNode(node.name, processors=node.processors, problem=_problem(node))
    about = node.found.environment
    return ClusterNode(
        node.name, str(about["cpu"]), node.processors, float(about["memory_mb"] or 0), str(about["gpu"] or "")
    )


def _problem(node: SurveyedNode) -> str:
    if node.trouble == "missing":
        return _("The studio is not installed on {node}: install it in the Python that runs Ray there.").format(
            node=node.name
        )
    if node.trouble == "version":
        return _("{node} has version {theirs} of the studio, and this is {ours}: install the same one.").format(
            node=node.name, theirs=node.detail[:40], ours=__version__
        )
    return _("{node} did not answer as it should.").format(node=node.name)


def _notices(found: Sequence[SurveyedNode], lanes: Sequence[SurveyedNode], threads: int) -> Iterator[str]:
    yield from (_problem(node) for node in found if node.trouble)
    if len({hardware(node.found.environment) for node in lanes}) > 1:
        yield _("The nodes are of different kinds. Latencies are those of nodes like {node} ({cpu}) only.").format(
            node=lanes[0].name, cpu=lanes[0].found.environment["cpu"]
        )
    versions = {str(node.found.environment.get("onnxruntime")) for node in lanes}
    if len(versions) > 1:
        yield _("The nodes have different versions of ONNX Runtime: {versions}. Answers can differ a little.").format(
            versions=", ".join(sorted(versions))
        )
    shared = Counter(node.found.machine for node in lanes)
    if max(shared.values()) > 1:
        name = next(node.name for node in lanes if shared[node.found.machine] > 1)
        yield ngettext(
            "{workers} worker with {threads} threads shares the computer {node}, so each is slower than alone.",
            "{workers} workers with {threads} threads each share the computer {node}, so each is slower than alone.",
            max(shared.values()),
        ).format(workers=max(shared.values()), threads=threads, node=name)

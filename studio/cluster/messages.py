"""What the studio and its process on the cluster say to each other. What belongs to a job carries the job's id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from studio.cluster.package import Package
from studio.domain.errors import Failure

# ── studio → cluster process ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Connect:
    """Join the cluster; answered with `None` once it is there.

    Attributes:
        job: Id of the job.
        address: ``"local"``, ``"HOST:PORT"`` or ``"ray://HOST:PORT"``.
        folder: Where a cluster that is started here keeps its files; a short path.
    """

    job: int
    address: str
    folder: Path


@dataclass(frozen=True)
class Survey:
    """Look at every node; answered with a tuple of `SurveyedNode`.

    Attributes:
        job: Id of the job.
        version: Of the studio that asks; a node with another one can't take part.
        look: Called on each node, which must be able to import it; what it returns is `SurveyedNode.found`.
    """

    job: int
    version: str
    look: Callable[[], Any]


@dataclass(frozen=True)
class Host:
    """Start a process on a node that holds what ``make`` returns; answered with `None` once it is up.

    Attributes:
        job: Id of the job.
        lane: Number under which it is called from now on.
        node: Id of the node.
        processors: Processors of the node that are set aside for it.
        gpus: GPUs of the node that are set aside for it.
        make: Makes the object, on the node, which must be able to import it.
    """

    job: int
    lane: int
    node: str
    processors: float
    gpus: float
    make: Callable[[], Any]


@dataclass(frozen=True)
class Place:
    """Bring a folder to nodes that lack it; answered with `None`. `Sent` messages tell how far it is.

    Attributes:
        job: Id of the job.
        lanes: One on each node; the objects there have the methods of `studio.cluster.folders.FolderCache`.
        package: The folder.
    """

    job: int
    lanes: tuple[int, ...]
    package: Package


@dataclass(frozen=True)
class Call:
    """Call a method of the object of a lane; answered with what it returns, pickled.

    Attributes:
        job: Id of the job.
        lane: Number of the lane.
        method: Name of the method.
        arguments: Pickled tuple; pickled once, since it passes through a process that needs not understand it.
    """

    job: int
    lane: int
    method: str
    arguments: bytes


@dataclass(frozen=True)
class Drop:
    """End the process of a lane, whatever it does. Not answered."""

    lane: int


@dataclass(frozen=True)
class Leave:
    """Leave the cluster, and end it if it was started for this. Answered by the end of the connection."""


Request = Connect | Survey | Host | Place | Call

# ── cluster process → studio ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Reply:
    """A job has ended: with a failure, or with ``value``."""

    job: int
    value: Any = None
    failure: Failure | None = None


@dataclass(frozen=True)
class Sent:
    """So many bytes of a folder have arrived everywhere."""

    job: int
    done: int
    total: int


#: Why a node can't take part. ``"missing"``: it has no studio. ``"version"``: another version of it. ``"failed"``: it
#: did not answer as it should.
Trouble = Literal["", "missing", "version", "failed"]


@dataclass(frozen=True)
class SurveyedNode:
    """One node of the cluster.

    Attributes:
        id: Ray's id of it.
        name: Its host name, or its address.
        processors: Processors that it offers.
        gpus: GPUs that it offers.
        found: What was learnt by looking; None where that was not possible.
        trouble: See `Trouble`; empty for a node that can take part.
        detail: The technical text behind it; for another version, that version.
    """

    id: str
    name: str
    processors: float
    gpus: float
    found: Any = None
    trouble: Trouble = ""
    detail: str = ""

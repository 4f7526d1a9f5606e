"""What Ray raises, as the studio's own errors."""

from __future__ import annotations

from typing import Any

from studio.cluster.address import CLIENT
from studio.domain.errors import ClusterError, Failure, MissingDependencyError, NodeLostError, StudioError
from studio.domain.i18n import _

#: How Ray begins to say that its own version or Python's differs.
_VERSIONS = "Version mismatch"
#: What it says where the token is missing or another one.
_TOKEN = "uthentication token"
#: What it says, of a port that is open, where the token is missing, or where it is no Ray that listens.
_REFUSED = "ray client connection timeout"
#: What the head says where it could not start the process that serves a computer from outside.
NO_SERVER = ("Starting Ray client server failed", "Proxy failed to Connect to backend")
#: What it says where this computer belongs to no node of the cluster.
_NO_NODE = ("No node info found", "can not find the matched")


def no_ray(error: ImportError) -> StudioError:
    """The error for a computer without Ray."""
    return MissingDependencyError(
        _("Evaluating on a cluster needs Ray, which is not installed."),
        _("Install it with: pip install 'prototype-studio[cluster]'."),
        str(error),
    )


def unreachable(address: str, detail: str) -> StudioError:
    """The error for an address where nothing answers."""
    return ClusterError(
        _("There is no Ray cluster at {address}, or it can't be reached from here.").format(address=address),
        _(
            "Check the address, and that the cluster is up: `ray status` there tells. "
            "One that has just been started takes some seconds to answer."
        ),
        detail,
    )


def no_cluster(address: str, detail: str) -> StudioError:
    """The error for an address where something else answers."""
    return ClusterError(
        _("What answers at {address} is no Ray cluster.").format(address=address),
        _("Check the address: HOST:6379 where this computer is one of its nodes, ray://HOST:10001 elsewhere."),
        detail,
    )


def wrong_port(address: str, detail: str) -> StudioError:
    """The error for another port than the address speaks of."""
    if address.startswith(CLIENT):
        return ClusterError(
            _("The port of {address} is not the one that clusters have for other computers.").format(address=address),
            _("That is 10001 unless its head was started with another; 6379 is for its nodes, without ray://."),
            detail,
        )
    return ClusterError(
        _("The port of {address} is not the one that clusters have for their nodes.").format(address=address),
        _("That is 6379 unless its head was started with another; from elsewhere use ray://HOST:10001."),
        detail,
    )


def token_wanted(address: str, detail: str) -> StudioError:
    """The error for a cluster whose token is missing here, or differs."""
    return ClusterError(
        _("The cluster at {address} asks for a token that this computer does not have.").format(address=address),
        _("`ray get-auth-token` on a node shows it: put it into .ray/auth_token of your home folder here."),
        detail,
    )


def not_joined(address: str, text: str) -> StudioError:
    """Why a cluster that is there could not be joined, from what Ray said about it."""
    if _VERSIONS in text:
        return ClusterError(
            _("The cluster at {address} runs another version of Ray or Python.").format(address=address),
            _("Install the same versions here and there; the details name them."),
            text,
        )
    if "ray[client]" in text or "grpcio" in text:
        return MissingDependencyError(
            _("Addresses that begin with ray:// need a part of Ray that is not installed."),
            _("Install it with: pip install 'ray[client]'."),
            text,
        )
    if _TOKEN in text:
        return token_wanted(address, text)
    if _REFUSED in text:
        return ClusterError(
            _("What answers at {address} does not let the studio in.").format(address=address),
            _("Check that it is the cluster's port for clients, and that this computer has the cluster's token."),
            text,
        )
    if any(mark in text for mark in NO_SERVER):
        return ClusterError(
            _("The head of the cluster at {address} could not start a process for this computer.").format(
                address=address
            ),
            _("It may be busy: try again in a moment. The reason is in Ray's log files there."),
            text,
        )
    if not address.startswith(CLIENT) and any(mark in text for mark in _NO_NODE):
        return ClusterError(
            _("This computer is no node of the cluster at {address}.").format(address=address),
            _("From outside of a cluster use its address for clients, such as ray://HOST:10001."),
            text,
        )
    return unreachable(address, text)


def lost(detail: str) -> StudioError:
    """The error for work whose node or process is gone; it can be done elsewhere."""
    return NodeLostError(
        _("A node of the cluster was lost."), _("What it had not answered is run again elsewhere."), detail
    )


def failure_of(error: BaseException) -> Failure:
    """The failure that stands for what a call through Ray raised."""
    import ray

    cause: Any = error
    if isinstance(error, ray.exceptions.RayTaskError):
        # The object itself raised: what it raised is the error.
        cause = getattr(error, "cause", None) or error
        if isinstance(cause, ray.exceptions.RayError) and not isinstance(cause, ray.exceptions.RayTaskError):
            return Failure.of(lost(str(error)))
        return Failure.of(cause, str(error))
    if isinstance(error, (ray.exceptions.RayError, ConnectionError)):
        return Failure.of(lost(str(error)))
    return Failure.of(error)

"""Asks an address what it is before Ray does, which waits for half a minute or a whole one and says little."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from studio.cluster.address import CLIENT
from studio.cluster.failures import no_cluster, token_wanted, unreachable, wrong_port

#: How long the address may take to answer at all, and whoever listens there to say what it is, in seconds.
_REACH_S, _SAY_S = 5.0, 5.0
#: What every cluster answers on its port for clients, and on the one for nodes.
_TO_CLIENTS, _TO_NODES = "/ray.rpc.RayletDriver/ClusterInfo", "/ray.rpc.NodeInfoGcsService/GetClusterId"

#: Ray's ``ClusterInfoRequest(type=PING)``; nodes find nothing in it that they know, and take it as well.
_PING = b"\x08\x06"


def knock(address: str) -> None:
    """Do nothing where a cluster seems to be, or where only Ray can tell.

    Args:
        address: With its port.

    Raises:
        ClusterError: Nothing answers there, it is no cluster, another port of it, or it asks for a token.
    """
    target = address.removeprefix(CLIENT)
    host, _colon, port = target.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACH_S).close()
    except (OSError, ValueError, OverflowError) as error:
        raise unreachable(address, str(error)) from error
    try:
        # With Ray's own TLS and token; neither has a public way in.
        import grpc
        from ray._private.grpc_utils import init_grpc_channel
    except ImportError:
        return
    channel = init_grpc_channel(target)
    try:
        _ask(channel, _TO_CLIENTS if address.startswith(CLIENT) else _TO_NODES)
    except grpc.RpcError as error:
        code, detail = error.code(), str(error)
        if code == grpc.StatusCode.UNAUTHENTICATED:
            raise token_wanted(address, detail) from error
        if code == grpc.StatusCode.UNIMPLEMENTED:
            raise wrong_port(address, detail) from error
        if code == grpc.StatusCode.UNAVAILABLE:
            raise no_cluster(address, detail) from error
        # Slow, or another version's ways.
    finally:
        channel.close()


def _ask(channel: Any, method: str) -> None:
    """What is answered is nobody's matter here."""
    name = (("client_id", "studio"),)
    channel.unary_unary(method)(_PING, timeout=_SAY_S, metadata=name)


def use_token() -> None:
    """Have Ray show the token that this computer has; call it before Ray is imported.

    Ray does so by itself for clusters that it finds, and for addresses only where the environment says so.
    """
    named = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
    if any(os.environ.get(name) for name in named) or (Path.home() / ".ray" / "auth_token").is_file():
        os.environ.setdefault("RAY_AUTH_MODE", "token")

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
    """Do nothing where a cluster seems to be, or where only Ray can tell. Call it before Ray is imported.

    The token of this computer is shown only to who asks for one.

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
        import grpc
    except ImportError:
        return
    if os.environ.get("RAY_USE_TLS", "0").lower() not in ("1", "true"):
        plain = grpc.insecure_channel(target, [("grpc.enable_http_proxy", 0)])
        if _asked(plain, address) != grpc.StatusCode.UNAUTHENTICATED:
            return
    _use_token()
    try:
        # With Ray's own TLS and token; neither has a public way in.
        from ray._private.grpc_utils import init_grpc_channel
    except ImportError:
        return
    if _asked(init_grpc_channel(target), address) == grpc.StatusCode.UNAUTHENTICATED:
        raise token_wanted(address, "UNAUTHENTICATED")


def _asked(channel: Any, address: str) -> Any:
    """How asking what it is ends: None for an answer, else the status.

    Raises:
        ClusterError: It is no cluster, or another port of it.
    """
    import grpc

    try:
        _ask(channel, _TO_CLIENTS if address.startswith(CLIENT) else _TO_NODES)
    except grpc.RpcError as error:
        code, detail = error.code(), str(error)
        if code == grpc.StatusCode.UNIMPLEMENTED:
            raise wrong_port(address, detail) from error
        if code == grpc.StatusCode.UNAVAILABLE:
            raise no_cluster(address, detail) from error
        # Slow, or another version's ways; or it wants a token.
        return code
    finally:
        channel.close()
    return None


def _ask(channel: Any, method: str) -> None:
    """What is answered is nobody's matter here."""
    name = (("client_id", "studio"),)
    channel.unary_unary(method)(_PING, timeout=_SAY_S, metadata=name)


def _use_token() -> None:
    """Have Ray show the token that this computer has.

    Ray does so by itself for clusters that it finds, and for addresses only where the environment says so.
    """
    named = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
    if any(os.environ.get(name) for name in named) or (Path.home() / ".ray" / "auth_token").is_file():
        os.environ.setdefault("RAY_AUTH_MODE", "token")

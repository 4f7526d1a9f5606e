"""Addresses of clusters, as a person writes them."""

from __future__ import annotations

import re

from studio.domain.errors import InputError
from studio.domain.i18n import _

#: A cluster of this computer alone, started for one evaluation.
LOCAL = "local"
#: Models that can be open at once on all nodes together.
MOST_WORKERS = 256
#: Begins an address for computers that are no nodes.
CLIENT = "ray://"
#: Ray's own port for computers that are nodes, and the one for others.
_PORT, _CLIENT_PORT = 6379, 10001
_ADDRESS = re.compile(r"(?P<client>ray://)?(?P<host>[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.%]+\])(?P<port>:\d{1,5})?")
_LOOPBACK = re.compile(r"(ray://)?(localhost|127\.[0-9.]+|\[::1\])(:\d+)?")


def check_address(text: str) -> str:
    """An address as it is used.

    Raises:
        InputError: It is none.
    """
    address = text.strip()
    if address.lower() == LOCAL:
        return LOCAL
    match = _ADDRESS.fullmatch(address)
    if match is None or (match["port"] and not 0 < int(match["port"][1:]) < 65_536):
        raise InputError(
            _("{address!r} is no address of a Ray cluster.").format(address=text[:200]),
            _("Write HOST:PORT where this computer is one of its nodes, ray://HOST:10001 elsewhere, or local."),
        )
    return address


def full_address(address: str) -> str:
    """A checked address with its port."""
    client = address.startswith(CLIENT)
    host = address.removeprefix(CLIENT)
    bare = host.rpartition("]")[2] if host.startswith("[") else host
    if ":" not in bare:
        host = f"{host}:{_CLIENT_PORT if client else _PORT}"
    return (CLIENT if client else "") + host


def needs_network(address: str) -> bool:
    """Whether rows leave this computer on their way there."""
    return address != LOCAL and _LOOPBACK.fullmatch(address) is None

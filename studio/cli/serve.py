"""What ``studio serve`` does and prints."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from studio.cli.models_show import open_library
from studio.cli.table import safe
from studio.domain.errors import InputError
from studio.domain.i18n import _


def serve_command(
    models: Sequence[str],
    host: str,
    port: int,
    key_env: str,
    device: str,
    threads: int,
    library: str | None,
    quiet: bool,
) -> None:
    """Serve until Ctrl+C."""
    from studio.server.offer import Offer
    from studio.server.serving import serve

    offer = Offer(tuple(models), host, port, _key(key_env), device, threads)
    stop = threading.Event()

    def end(_signal: int, _frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)

    def ready(url: str) -> None:
        if not offer.local:
            sys.stderr.write(
                _(
                    "Other computers can reach this server at {url}; everything between them and it goes unencrypted."
                ).format(url=_from_elsewhere(offer.host, url))
                + "\n"
            )
        name = offer.models[0] if offer.models else "starter/assistant-small"
        sys.stdout.write(
            _("Serving at {url}").format(url=url)
            + "\n"
            + _("From Python: OpenAI(base_url={url!r}, api_key=…), model {name!r}. Ctrl+C ends it.").format(
                url=url, name=name
            )
            + "\n"
        )
        sys.stdout.flush()

    def heard(method: str, path: str, status: int, seconds: float) -> None:
        sys.stderr.write(safe(f"{method} {path[:120]} {status} {seconds:.3g} s") + "\n")

    if quiet:
        serve(offer, open_library(library), ready, stop)
    else:
        serve(offer, open_library(library), ready, stop, heard)
    sys.stdout.write(_("The server has ended.") + "\n")


def _key(variable: str) -> str:
    """The key that clients have to show, from the environment: on the command line others could read it."""
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise InputError(
            _("{variable} is not set, or empty.").format(variable=variable), _("Put the key there, then try again.")
        )
    return key


def _from_elsewhere(host: str, url: str) -> str:
    """The address under which another computer finds this one, as far as its own name is known there."""
    everywhere = host in {"0.0.0.0", "::"}
    return f"http://{socket.gethostname()}:{urlsplit(url).port}/v1" if everywhere else url

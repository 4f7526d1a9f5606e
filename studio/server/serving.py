"""A server from its port to its end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.library.store import Library
from studio.server.app import Heard, make_app
from studio.server.desk import Desk
from studio.server.gate import Gate
from studio.server.offer import Offer
from studio.server.offered import Offered
from studio.services.pool import CandidatePool

#: Answers that are under way when the server ends have so long, in seconds.
_ENDING_S = 1.0
_POLL_S = 0.1


def _unheard(_method: str, _path: str, _status: int, _seconds: float) -> None:
    """For a server that nobody watches."""


def serve(
    offer: Offer,
    library: Library,
    on_ready: Callable[[str], None],
    stop: threading.Event,
    heard: Heard = _unheard,
) -> None:
    """Serve until ``stop`` is set; blocks.

    Args:
        offer: What to serve.
        library: Where models lie.
        on_ready: Called with the base URL that clients use, once requests are taken.
        stop: Set by another thread or a signal to end it.
        heard: Hears of every request.

    Raises:
        InputError: There is nothing to offer, another host without a key, or the port is taken.
        StudioError: A model that was named can't be offered.
    """
    import uvicorn

    if not offer.local and not offer.key:
        raise InputError(
            _("{host} can be reached from other computers, so a key is needed.").format(host=offer.host),
            _("Put one in an environment variable and name that with --key-env; or leave --host out."),
        )
    offered = Offered(library, offer.models, offer.device, offer.threads)
    offered.check()
    listening = _listen(offer)
    with listening, CandidatePool() as pool:
        desk = Desk(pool)
        app = make_app(offered, desk, Gate(offer.key, offer.local), heard)
        config = uvicorn.Config(
            app,
            log_level="critical",
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        # On a thread of its own, so that signals stay with whoever called.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            on_ready(_address(offer.host, listening))
            while not stop.wait(_POLL_S) and thread.is_alive():
                pass
        finally:
            desk.close()
            server.should_exit = True
            thread.join(_ENDING_S + 2)


def _listen(offer: Offer) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in offer.host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((offer.host, offer.port))
    except OverflowError as error:
        raise InputError(
            _("{port} is no port.").format(port=offer.port), _("A port is a number up to 65535.")
        ) from error
    except OSError as error:
        raise InputError(
            _("Port {port} of {host} can't be used: {reason}.").format(
                port=offer.port, host=offer.host, reason=error.strerror or error
            ),
            _("Another program may use it: choose another one with --port."),
            str(error),
        ) from error
    return listening


def _address(host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}/v1"

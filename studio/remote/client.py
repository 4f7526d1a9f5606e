"""A client for one endpoint, through the `openai` library: nothing is sent but what was asked, and only there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from openai import DefaultHttpxClient, OpenAI, OpenAIError, Timeout
from openai.types.chat import ChatCompletionChunk

from studio.domain.endpoint import host_of, leaves_this_computer
from studio.domain.errors import EndpointAccessError
from studio.domain.running import RemoteSetup
from studio.remote.failures import NotTheProtocolError, TooMuchError, error_of

#: An answer or a list of models is never larger; a server that sends more sends without end.
_MOST_BYTES = 32 * 1024 * 1024
_CONNECT_S = 10.0
#: With these the library tells of this computer, and of accounts in its environment; nobody asked for that.
_TELLTALE = ("x-stainless-", "openai-organization", "openai-project")
#: By this the library knows itself how a response is to be read.
_ITS_OWN = "x-stainless-raw-response"
#: How often the way there and back is measured, after a first request that opens the connection.
_ROUNDS = 3
_MOST_MODELS, _LONGEST_MODEL = 2_000, 200


def open_client(setup: RemoteSetup, timeout_s: float | None = None) -> OpenAI:
    """A client that sends a request once, follows no redirection, and leaves when a server sends without end.

    Args:
        setup: Whom to ask.
        timeout_s: Longest silence; the setup's longest wait where None.
    """
    silence_s = timeout_s or setup.timeout_s
    patience = Timeout(silence_s, connect=min(silence_s, _CONNECT_S))
    given = {name.lower() for name, _value in setup.headers}

    def tidy(request: Any) -> None:
        """Leave only what was asked for; called by the client for every request before it is sent."""
        for name in tuple(request.headers):
            if name.lower().startswith(_TELLTALE) and name.lower() not in {*given, _ITS_OWN}:
                del request.headers[name]
        if not setup.key:
            # The library can't do without one.
            del request.headers["authorization"]

    http = DefaultHttpxClient(
        # A proxy is for other computers: it must not get to see what stays on this one.
        trust_env=leaves_this_computer(host_of(setup.base_url)),
        # Neither the key nor a text goes to an address that the user did not name.
        follow_redirects=False,
        event_hooks={"request": [tidy], "response": [_cap]},
        timeout=patience,
    )
    client = OpenAI(
        api_key=setup.key or "none",
        base_url=setup.base_url,
        # Tries are counted here, so that waiting for one can be cancelled and is no part of a latency.
        max_retries=0,
        timeout=patience,
        default_headers={"User-Agent": "prototype-studio", **dict(setup.headers)},
        http_client=http,
    )
    # The library imports this with the first request; that is no part of its latency.
    _ = client.chat.completions, ChatCompletionChunk
    return client


def _cap(response: Any) -> None:
    """Count what comes; called by the client for every response before it is read."""
    whole = response.iter_bytes

    def counted(*arguments: Any, **named: Any) -> Iterator[bytes]:
        taken = 0
        for piece in whole(*arguments, **named):
            taken += len(piece)
            if taken > _MOST_BYTES:
                response.close()
                raise TooMuchError(f"more than {_MOST_BYTES} bytes")
            yield piece

    response.iter_bytes = counted


def look(setup: RemoteSetup) -> tuple[tuple[str, ...], float | None]:
    """The models of an endpoint, and seconds there and back.

    Raises:
        EndpointError: It can't be reached, refuses the key, or is no such endpoint.
    """
    with open_client(setup, min(setup.timeout_s, 15.0)) as client:
        try:
            page = client.models.list()
            data = getattr(page, "data", None)
            if not isinstance(data, list):
                raise NotTheProtocolError(repr(page)[:300])
            found = [getattr(each, "id", None) for each in data]
        except Exception as error:  # noqa: BLE001 - whatever a server makes the library raise becomes a sentence
            told = error_of(error, setup)
            if isinstance(told, EndpointAccessError) and getattr(error, "status_code", 0) in (404, 405, 501):
                # Some servers answer questions and list nothing.
                return (), network_s(client)
            raise told from None
        names = [name for name in found if isinstance(name, str) and 0 < len(name) <= _LONGEST_MODEL]
        return tuple(dict.fromkeys(name for name in names[:_MOST_MODELS] if name.isprintable())), network_s(client)


def network_s(client: OpenAI) -> float | None:
    """Seconds there and back on an open connection, for a request that computes nothing; None where it fails."""
    found = []
    for number in range(_ROUNDS + 1):
        began = time.perf_counter()
        try:
            with client.models.with_streaming_response.list() as response:
                took = time.perf_counter() - began
                response.read()
        except OpenAIError as error:
            # A refusal comes back as quickly as an answer.
            if getattr(error, "response", None) is None:
                return None
            took = time.perf_counter() - began
        except Exception:  # noqa: BLE001 - a figure is worth no failure
            return None
        if number:
            found.append(took)
    return median(found)


def close_quietly(thing: Any) -> None:
    """Close a response that another thread may be reading: the server hears that nobody listens any more."""
    with contextlib.suppress(Exception):
        thing.close()

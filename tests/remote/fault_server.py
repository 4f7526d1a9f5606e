"""A server on loopback that speaks OpenAI's protocol, well or badly: the model's name says how."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-planted-0123456789abcdef"
#: An answer that is an error of the server instead.
BROKEN = "broken"


@dataclass
class FaultServer:
    """What it got; and its address.

    Attributes:
        asked: Bodies of the questions, in the order they came.
        headers: Headers of every request.
        refusals: By model, how many questions are refused before one is answered.
        answers: By model, what it says instead of the usual.
        key: The key it wants; empty for none.
        dies_after: Once so many questions came, nobody answers any more; None for never.
    """

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)
    answers: dict[str, str | Callable[[dict[str, Any]], str]] = field(default_factory=dict)
    key: str = ""
    dies_after: int | None = None
    gone: threading.Event = field(default_factory=threading.Event)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def fault_server(key: str = "") -> Iterator[FaultServer]:
    """A running server."""
    state = FaultServer(key=key)

    class Handler(_Handler):
        server_state = state

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are what some of this is about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small pieces leave at once, as a server of models sends them.
    disable_nagle_algorithm = True
    server_state: FaultServer

    def log_message(self, *_arguments: Any) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        state = self.server_state
        state.headers.append(dict(self.headers))
        if self._refused():
            return
        if self.path.endswith("/models"):
            self._json(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in ("good", "other")]})
        else:
            self._json(404, {"error": {"message": "not here"}})

    def do_POST(self) -> None:
        state = self.server_state
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        state.asked.append(body)
        state.headers.append(dict(self.headers))
        if state.dies_after is not None and len(state.asked) > state.dies_after:
            self.close_connection = True
            return
        if self._refused():
            return
        with state.lock:
            state.at_once += 1
            state.most_at_once = max(state.most_at_once, state.at_once)
        try:
            self._answer(body)
        except (BrokenPipeError, ConnectionResetError):
            state.gone.set()
        finally:
            with state.lock:
                state.at_once -= 1

    def _refused(self) -> bool:
        state = self.server_state
        if state.key and self.headers.get("Authorization") != f"Bearer {state.key}":
            # As a careless server does: it says back what it was shown.
            self._error(401, f"Incorrect API key provided: {self.headers.get('Authorization')}")
            return True
        return False

    def _answer(self, body: dict[str, Any]) -> None:
        state, model = self.server_state, body["model"]
        if state.refusals.get(model, 0) > 0:
            state.refusals[model] -= 1
            self._error(429, "slow down", {"Retry-After": "0.2"})
            return
        fault = getattr(self, f"_{model.replace('-', '_')}", None)
        if fault is not None:
            fault(body)
            return
        said = state.answers.get(model, "Hello there, friend.")
        said = said(body) if callable(said) else said
        if said == BROKEN:
            self._error(500, "this one is too much")
            return
        self._stream(said, body)

    # -- good answers ----------------------------------------------------------------------------------------------

    def _stream(self, text: str, body: dict[str, Any], finish: str | None = "stop", between_s: float = 0.0) -> None:
        self._begin()
        pieces = [word + (" " if n < len(text.split(" ")) - 1 else "") for n, word in enumerate(text.split(" "))]
        for piece in pieces:
            self._event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
            time.sleep(between_s)
        if finish:
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        if body.get("stream_options", {}).get("include_usage"):
            usage = {"prompt_tokens": 11, "completion_tokens": len(pieces), "total_tokens": 11 + len(pieces)}
            self._event({"choices": [], "usage": usage})
        self._end()

    def _whole(self, body: dict[str, Any]) -> None:
        message = {"role": "assistant", "content": "All at once."}
        usage = {"prompt_tokens": 7, "completion_tokens": 4}
        self._json(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage})

    def _slow(self, body: dict[str, Any]) -> None:
        self._stream("one two three four five six", body, between_s=0.15)

    def _thinks(self, body: dict[str, Any]) -> None:
        self._begin()
        for thought in ("let me", " see"):
            self._event({"choices": [{"delta": {"reasoning_content": thought}, "finish_reason": None}]})
        self._event({"choices": [{"delta": {}, "finish_reason": "length"}]})
        self._end()

    def _picky(self, body: dict[str, Any]) -> None:
        """Takes next to nothing."""
        for name in ("stream_options", "response_format", "logprobs", "temperature", "max_tokens"):
            if name in body:
                self._error(400, f"Unsupported parameter: '{name}' is not supported with this model.")
                return
        self._stream("refund" if "Labels" in body["messages"][-1]["content"] else "As I like.", body)

    def _sure(self, body: dict[str, Any]) -> None:
        """Tells how likely each token was."""
        self._begin()
        parts = [('{"label": "', 0.0, []), ("re", -0.223, [("can", -1.75)]), ("fund", -0.01, []), ('"}', 0.0, [])]
        for text, logprob, others in parts:
            top = [{"token": name, "logprob": p} for name, p in [(text, logprob), *others]]
            chances = {"content": [{"token": text, "logprob": logprob, "top_logprobs": top}]}
            self._event({"choices": [{"delta": {"content": text}, "logprobs": chances, "finish_reason": None}]})
        self._event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        self._end()

    # -- bad ones --------------------------------------------------------------------------------------------------

    def _cut(self, body: dict[str, Any]) -> None:
        self._begin(chunked=False)
        for piece in ("This will ", "never be "):
            self._event({"choices": [{"delta": {"content": piece}, "finish_reason": None}]})
        self.close_connection = True

    def _broken(self, body: dict[str, Any]) -> None:
        """The connection breaks in the middle of a chunk."""
        self._begin()
        self._event({"choices": [{"delta": {"content": "half"}, "finish_reason": None}]})
        self.wfile.write(b"ff\r\ndata: {")
        self.wfile.flush()
        self.connection.close()
        self.close_connection = True

    def _garbage(self, body: dict[str, Any]) -> None:
        self._begin()
        self._raw(b"data: {not json\n\n")
        self._end()

    def _shapeless(self, body: dict[str, Any]) -> None:
        self._begin()
        for value in ("text", 5, None, [], {"choices": "x"}, {"choices": [None]}, {"choices": [{"delta": 7}]}):
            self._event(value)
        self._end()

    def _page(self, body: dict[str, Any]) -> None:
        data = b"<html><body>Welcome</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _endless(self, body: dict[str, Any]) -> None:
        self._begin()
        while True:
            self._event({"choices": [{"delta": {"content": "more and more and more " * 40}, "finish_reason": None}]})

    def _endless_line(self, body: dict[str, Any]) -> None:
        self._begin()
        while True:
            self._raw(b"x" * 1_000_000)

    def _silent(self, body: dict[str, Any]) -> None:
        self._begin()
        for _i in range(600):
            time.sleep(0.05)
            self._raw(b": still here\n\n")

    def _down(self, body: dict[str, Any]) -> None:
        self._error(500, f"internal error while serving {self.headers.get('Authorization')}")

    def _forbidden(self, body: dict[str, Any]) -> None:
        self._error(403, "this key may not use this model")

    def _missing(self, body: dict[str, Any]) -> None:
        self._error(404, "The model `missing` does not exist")

    def _poor(self, body: dict[str, Any]) -> None:
        self._error(429, "You exceeded your current quota", code="insufficient_quota")

    def _patient(self, body: dict[str, Any]) -> None:
        self._error(429, "come back tomorrow", {"Retry-After": "86400"})

    def _long(self, body: dict[str, Any]) -> None:
        self._error(400, "This model's maximum context length is 4096 tokens.", code="context_length_exceeded")

    def _elsewhere(self, body: dict[str, Any]) -> None:
        self.send_response(307)
        self.send_header("Location", "http://127.0.0.1:1/v1/chat/completions")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _failing(self, body: dict[str, Any]) -> None:
        """An error in the middle of a stream."""
        self._begin()
        self._event({"choices": [{"delta": {"content": "So"}, "finish_reason": None}]})
        self._event({"error": {"message": f"overloaded, key {self.headers.get('Authorization')}"}})
        self._end()

    def _parrot(self, body: dict[str, Any]) -> None:
        """Says the key, in pieces."""
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self._begin()
        for piece in ("Your key is ", key[:5], key[5:], " indeed", "."):
            self._event({"choices": [{"delta": {"content": piece}, "finish_reason": None}]})
        self._event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        self._end()

    # -- HTTP --------------------------------------------------------------------------------------------------------

    def _begin(self, chunked: bool = True) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self._chunked = chunked
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Connection", "close")
        self.end_headers()

    def _event(self, value: Any) -> None:
        self._raw(f"data: {json.dumps(value)}\n\n".encode())

    def _raw(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data)
        self.wfile.flush()

    def _end(self) -> None:
        self._raw(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _error(self, status: int, message: str, headers: dict[str, str] | None = None, code: str = "") -> None:
        self._json(status, {"error": {"message": message, "type": "error", "code": code or None}}, headers)

    def _json(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

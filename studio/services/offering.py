"""A model of the studio for other programs, served by a process of its own that ends with this one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Literal

from studio.domain.errors import Failure, StudioError, WorkerCrashed
from studio.domain.i18n import _, language, set_language
from studio.domain.interrupts import interrupts_held_back
from studio.library.store import Library
from studio.services.candidate_offers import title_of
from studio.services.candidates import preferred_precision
from studio.tasks import find_task

#: Use cases whose models can be asked in OpenAI's way.
SERVED = ("chat", "text-generation", "feature-extraction")
#: Longest wait for the server to end by itself, so that requests under way get their answer.
_ENDING_S = 3.0

State = Literal["off", "starting", "on"]


@dataclass(frozen=True)
class Offer:
    """What is offered where.

    Attributes:
        models: Candidates by name, such as ``"starter/assistant-small:int4"``.
        port: On this computer; no other can reach it.
    """

    models: tuple[str, ...]
    port: int


@dataclass(frozen=True)
class Servable:
    """A model that can be offered.

    Attributes:
        name: What clients call it, and `Offer.models` takes.
        title: What a person calls it.
        task: Its use case.
    """

    name: str
    title: str
    task: str


def servable(library: Library) -> tuple[Servable, ...]:
    """The models that can be offered, in the precision that a candidate begins with; those that talk come first."""
    found = []
    for task_id in SERVED:
        task = find_task(task_id)
        for model in library.all():
            if task.runs(model.task, model.architecture) and model.state == "ready" and model.precisions:
                precision = preferred_precision(model, "cpu")
                found.append(Servable(f"{model.id}:{precision}", title_of(model, model.id), task_id))
    return tuple({each.name: each for each in reversed(found)}.values())[::-1]


def snippet(kind: str, url: str, name: str, task: str) -> str:
    """How a program asks a model that is offered.

    Args:
        kind: ``python`` or ``curl``.
        url: Address of the server.
        name: The model.
        task: Its use case, which decides what it is asked.
    """
    path, body = _QUESTIONS.get(task, _QUESTIONS["chat"])
    if kind == "curl":
        quoted = body.replace("MODEL", name)
        return f"curl {url}{path} \\\n  -H 'Content-Type: application/json' \\\n  -d '{quoted}'"
    return _PYTHON.format(url=url) + _CALLS.get(task, _CALLS["chat"]).format(name=name)


#: What a program sends, by use case: the path, and the body with MODEL for the model's name.
_QUESTIONS = {
    "chat": ("/chat/completions", '{"model": "MODEL", "messages": [{"role": "user", "content": "Hello"}]}'),
    "text-generation": ("/completions", '{"model": "MODEL", "prompt": "Once upon a time"}'),
    "feature-extraction": ("/embeddings", '{"model": "MODEL", "input": ["Where is my order?"]}'),
}
_PYTHON = """from openai import OpenAI

client = OpenAI(base_url="{url}", api_key="none")
"""
_CALLS = {
    "chat": """answer = client.chat.completions.create(
    model="{name}",
    messages=[{{"role": "user", "content": "Hello"}}],
)
print(answer.choices[0].message.content)""",
    "text-generation": """answer = client.completions.create(model="{name}", prompt="Once upon a time")
print(answer.choices[0].text)""",
    "feature-extraction": """answer = client.embeddings.create(model="{name}", input=["Where is my order?"])
print(answer.data[0].embedding)""",
}


class Offering:
    """One server at most. Methods may be called from any thread; callbacks come from another one.

    Args:
        on_change: Called whenever `state` is another.
    """

    def __init__(self, on_change: Callable[[], object]) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self.state: State = "off"
        self.offer: Offer | None = None
        #: Its address, such as ``http://127.0.0.1:8000/v1``; empty while it is not on.
        self.url = ""
        #: Why it is off, where nobody stopped it.
        self.failure: Failure | None = None

    def start(self, offer: Offer) -> None:
        """Begin to serve; does nothing while another offer stands."""
        with self._lock:
            if self._process is not None:
                return
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            # No daemon: it starts a process for each model itself.
            process = context.Process(target=_serve, args=(offer, theirs, language()), name="studio-serve")
            with interrupts_held_back():
                process.start()
            theirs.close()
            self._process, self._connection = process, ours
            self.state, self.offer, self.url, self.failure = "starting", offer, "", None
        threading.Thread(target=self._follow, args=(process, ours), name="offering", daemon=True).start()
        self._on_change()

    def stop(self) -> None:
        """End it, and wait until it is over."""
        with self._lock:
            process, connection = self._process, self._connection
            self._process = self._connection = None
        if process is None:
            return
        if connection is not None:
            with suppress(OSError):
                connection.send("stop")
        process.join(_ENDING_S)
        _end(process)
        if connection is not None:
            connection.close()
        self._set_off(None)

    def _follow(self, process: BaseProcess, connection: Connection) -> None:
        """Hear what the server says until it ends."""
        failure: Failure | None = None
        while True:
            try:
                wait([connection, process.sentinel])
                if not connection.poll():
                    break
                message = connection.recv()
            except (EOFError, OSError):
                break
            if isinstance(message, Failure):
                failure = message
            else:
                with self._lock:
                    if self._process is process:
                        self.state, self.url = "on", str(message)
                self._on_change()
        with self._lock:
            ours = self._process is process
            if ours:
                self._process = self._connection = None
        if not ours:
            # It was stopped, and `stop` says so.
            return
        process.join(_ENDING_S)
        code = process.exitcode
        _end(process)
        connection.close()
        self._set_off(failure or Failure.of(_ended(code)))

    def _set_off(self, failure: Failure | None) -> None:
        self.state, self.url, self.failure = "off", "", failure
        self._on_change()


def _ended(code: int | None) -> StudioError:
    return WorkerCrashed(
        _("The server ended by itself (exit code {code}).").format(code=code), _("Start it again."), ""
    )


def _end(process: BaseProcess) -> None:
    """End a process and what it started, where it has not ended."""
    import psutil

    if process.is_alive() and process.pid is not None:
        with suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                with suppress(psutil.Error):
                    child.kill()
        process.kill()
    process.join()


# -- in the new process --------------------------------------------------------------------------------------------


def _serve(offer: Offer, connection: Connection, spoken: str) -> None:
    """Serve until the window says stop, or is gone. Entry point of the process."""
    # Ctrl+C in a terminal reaches every process of the group; the window decides and ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_language(spoken)
    stop = threading.Event()
    threading.Thread(target=_hear, args=(connection, stop), daemon=True).start()
    try:
        from studio.services.serving import serve

        serve(offer.models, port=offer.port, on_ready=connection.send, stop=stop)
    except StudioError as error:
        with suppress(OSError):
            connection.send(Failure.of(error))


def _hear(connection: Connection, stop: threading.Event) -> None:
    """Any word from the window means stop; so does its end, after which there is little time."""
    gone = False
    try:
        connection.recv()
    except (EOFError, OSError):
        gone = True
    stop.set()
    if gone:
        threading.Event().wait(_ENDING_S)
        os._exit(0)

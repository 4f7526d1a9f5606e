"""Candidates that do, on request, everything that a real one must not do. Opened inside worker processes."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.domain.errors import InputError
from studio.domain.prediction import GeneratedText, Labels, LabelScore, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement, Runner
from studio.domain.task import Field, Option, Task
from studio.engine.child import open_candidate

#: Longer than any test waits.
FOREVER_S = 600.0


class Unreadable:
    """Can be sent, but not received."""

    def __reduce__(self) -> Any:
        return int, ("not a number",)


def misbehave(what: str) -> None:
    """Do something a model's process may do, by name; names that are none do nothing."""
    if what == "sleep":
        time.sleep(FOREVER_S)
    elif what == "segfault":
        ctypes.string_at(0)
    elif what == "abort":
        os.abort()
    elif what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "freeze":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif what == "exit":
        sys.exit(3)
    elif what == "out of memory":
        bytearray(1 << 60)
    elif what == "bad_alloc":
        raise RuntimeError("std::bad_alloc")
    elif what == "native bad_alloc":
        os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
        os.abort()
    elif what == "bug":
        raise ZeroDivisionError("a bug in a runner")
    elif what == "refuse":
        raise InputError("This text can't be answered.", "Type another.")
    elif what == "print":
        print("printed by Python")  # noqa: T201 - the point of it
        os.write(1, b"printed by C\n")


class FakeRunner:
    """Answers with its input; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        self._streams = spec.task == "fake-text"

    @property
    def placement(self) -> Placement:
        return Placement("CPUExecutionProvider", ("CPUExecutionProvider",), {"CPUExecutionProvider": 1}, 1)

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        began = time.perf_counter()
        text = inputs["text"]
        misbehave(text)
        if text == "modules":
            text = " ".join(sorted(sys.modules))
        if text == "pid":
            text = str(os.getpid())
        if text == "unreadable":
            return Prediction(Unreadable(), Timing(0.0))  # type: ignore[arg-type]
        if not self._streams:
            return Prediction(Labels((LabelScore(text, 1.0),)), Timing(time.perf_counter() - began))
        return self._stream(text, options, on_text, cancelled, began)

    def _stream(
        self,
        text: str,
        options: Options,
        on_text: Callable[[str], None],
        cancelled: Callable[[], bool],
        began: float,
    ) -> Prediction:
        written, first_s = "", None
        for number in range(options.get("pieces", 3)):
            if cancelled():
                break
            piece = f"{text} {number};"
            on_text(piece)
            written += piece
            first_s = first_s or time.perf_counter() - began
            time.sleep(options.get("step_s", 0.0))
        reason = "cancelled" if cancelled() else "stop"
        ids = tuple(range(written.count(";")))
        return Prediction(GeneratedText(written, ids, 1, reason), Timing(time.perf_counter() - began, first_s))


def open_fake(spec: LoadSpec) -> FakeRunner:
    """A candidate whose opening goes as the folder's name says, such as ``Path("segfault")``."""
    misbehave(spec.folder.name)
    return FakeRunner(spec)


def spec(loading: str = "well", task: str = "fake") -> LoadSpec:
    """A fake candidate; ``loading`` is what happens when it is opened, see `misbehave`."""
    return LoadSpec(task, Path(loading))


def _check(inputs: Inputs) -> None:
    if not inputs["text"]:
        raise InputError("The text is empty.", "Type one.")


def _task(task_id: str, streams: bool) -> Task:
    return Task(
        id=task_id,
        title="Fake",
        purpose="Stands for any task.",
        inputs=(Field("text", "text", "Text"),),
        output="text" if streams else "labels",
        options=(
            Option("pieces", "int", 3, "Pieces", "How many pieces of text."),
            Option("step_s", "float", 0.0, "Step", "Seconds for each piece."),
            Option("max_new_tokens", "int", 8, "Length", "Not used."),
        ),
        metrics=(),
        samples=(),
        architectures=(),
        export_task="",
        open=open_fake,
        read_text=lambda text: {"text": text},
        check=_check,
        streams=streams,
    )


#: One answer that comes whole, one that comes piece by piece.
WHOLE, STREAMED = _task("fake", streams=False), _task("fake-text", streams=True)


class SpyingRunner:
    """A real candidate that answers, and then tells which modules its process has imported by then."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    @property
    def placement(self) -> Placement:
        return self._runner.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        answer = self._runner.run(inputs, options, on_text, cancelled)
        return Prediction(GeneratedText(" ".join(sorted(sys.modules)), (), 0, "stop"), answer.timing)


def open_spying(spec: LoadSpec) -> SpyingRunner:
    """A real candidate, see `SpyingRunner`."""
    return SpyingRunner(open_candidate(spec))

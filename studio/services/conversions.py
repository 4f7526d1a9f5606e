"""Models being added and converted for a window: one after the other, with stages, Stop, a log, and what came of it.

The work is `studio.library.add`'s, in a process of its own; the queue only follows it. What each precision costs and
gains is said here too, so that every front end says the same.
"""

from __future__ import annotations

import itertools
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from studio.domain.errors import Failure, InputError, StudioError
from studio.domain.i18n import N_, _
from studio.domain.model import Fidelity, Model
from studio.library.add import AddRequest, add_model
from studio.library.plan import MAKEABLE
from studio.library.store import Library
from studio.services.unfinished_conversions import UnfinishedConversions
from studio.tasks import find_task

#: ``waiting``: another one is being worked on. The last three are over.
Stage = Literal["waiting", "working", "done", "failed", "cancelled"]
OVER: frozenset[Stage] = frozenset({"done", "failed", "cancelled"})
#: What a precision costs and gains, in plain words.
GAINS: dict[str, str] = {
    "fp32": N_("The original, number for number. The largest and mostly the slowest; others are compared with it."),
    "fp16": N_("Half the size, nearly the same answers. For GPUs; a processor gains no speed from it."),
    "int8": N_("A quarter of the size and mostly the fastest on a processor. Few answers change."),
    "int4": N_("The smallest, for models that write text. Fast, but more answers change: look at them first."),
}
_LOG_CHARACTERS = 200_000
_CLOSING_S = 5.0


@dataclass(frozen=True)
class Conversion:
    """One of the queue at one moment.

    Attributes:
        id: Its number.
        request: What was asked for.
        stage: See `Stage`.
        fraction: How much is done, 0 to 1; steps differ in length, so it is a guess.
        doing: What happens now, in plain words; of a failed one, what happened when it failed.
        model: The finished model.
        failure: Why it failed; its next step says what to try.
    """

    id: int
    request: AddRequest
    stage: Stage = "waiting"
    fraction: float = 0.0
    doing: str = ""
    model: Model | None = None
    failure: Failure | None = None

    @property
    def over(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.stage in OVER


class Conversions:
    """A queue: converting takes much memory, so one is worked on at a time. Safe to use from any thread.

    Args:
        library: Where finished models go.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._known: dict[int, Conversion] = {}
        self._stopped: set[int] = set()
        self._callbacks: list[Callable[[Conversion], None]] = []
        self._unfinished = UnfinishedConversions(library.own)
        self._notes: dict[int, Path] = {}
        for note, request in self._unfinished.left():
            number = next(self._numbers)
            self._notes[number] = note
            self._known[number] = Conversion(number, request, "failed", failure=_interrupted())
        self._logs = tempfile.TemporaryDirectory(prefix="studio-conversions-")
        self._worker: threading.Thread | None = None
        self._closed = False

    def enqueue(self, request: AddRequest) -> int:
        """Add a model when its turn comes, and return its number at once."""
        with self._changed:
            number = next(self._numbers)
            log = request.log or Path(self._logs.name) / f"{number}.txt"
            made = self._known[number] = Conversion(number, replace(request, log=log))
            self._notes[number] = self._unfinished.note(request)
            if not self._closed and self._worker is None:
                self._worker = threading.Thread(target=self._work, name="conversions", daemon=True)
                self._worker.start()
        self._tell(made)
        return number

    def cancel(self, number: int) -> None:
        """Stop it within a second and leave nothing behind; nothing happens to one that is over."""
        with self._changed:
            found = self._known.get(number)
            if found is None or found.over:
                return
            self._stopped.add(number)
            self._forget(number)
            waiting = found.stage == "waiting"
        if waiting:
            self._change(number, stage="cancelled")

    def dismiss(self, number: int) -> None:
        """Take one that is over off the list."""
        with self._changed:
            if number in self._known and self._known[number].over:
                del self._known[number]
                self._forget(number)

    def again(self, number: int) -> None:
        """Begin one anew that failed, or that the end of the studio ended."""
        with self._changed:
            found = self._known.get(number)
        if found is not None and found.stage == "failed":
            self.dismiss(number)
            self.enqueue(replace(found.request, log=None))

    def jobs(self) -> tuple[Conversion, ...]:
        """All of them, in the order they were asked for."""
        with self._changed:
            return tuple(self._known.values())

    def log(self, number: int) -> str:
        """The end of what the libraries printed while it was worked on, once it is over; may be empty."""
        with self._changed:
            found = self._known.get(number)
        try:
            text = (
                found.request.log.read_text(encoding="utf-8", errors="replace") if found and found.request.log else ""
            )
        except OSError:
            return ""
        return text[-_LOG_CHARACTERS:]

    def on_change(self, callback: Callable[[Conversion], None]) -> Callable[[], None]:
        """Call ``callback`` with each that changed, from any thread; the function returned ends that."""
        self._callbacks.append(callback)

        def forget() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return forget

    def wait(self, number: int, timeout_s: float | None = None) -> Conversion:
        """Wait until one is over (or the time is), and return it."""
        with self._changed:
            self._changed.wait_for(lambda: self._known[number].over, timeout_s)
            return self._known[number]

    def close(self) -> None:
        """Stop what runs and end the thread; what is not over is kept to be begun again."""
        with self._changed:
            self._closed = True
            self._stopped.update(self._known)
            worker = self._worker
        if worker:
            worker.join(_CLOSING_S)
        self._logs.cleanup()

    def _work(self) -> None:
        while True:
            with self._changed:
                todo = next((each for each in self._known.values() if each.stage == "waiting"), None)
                if todo is None or self._closed:
                    self._worker = None
                    return
            self._do(todo)

    def _do(self, todo: Conversion) -> None:
        self._change(todo.id, stage="working")
        failure: Failure | None = None
        model: Model | None = None
        try:
            model = add_model(todo.request, self._library, _Watch(self, todo.id), lambda: todo.id in self._stopped)
        except StudioError as error:
            failure = Failure.of(error)
        except Exception as error:  # noqa: BLE001 - the thread's edge: the queue must go on
            failure = Failure.of(error, traceback.format_exc())
        if failure is not None:
            self._change(todo.id, stage="failed", failure=failure)
        elif model is None:
            self._change(todo.id, stage="cancelled")
        else:
            self._change(todo.id, stage="done", fraction=1.0, doing="", model=model)

    def _change(self, number: int, **what: object) -> None:
        with self._changed:
            if number not in self._known or self._known[number].over:
                return
            made = self._known[number] = replace(self._known[number], **what)  # type: ignore[arg-type]
            if made.over and not self._closed:
                self._forget(number)
            self._changed.notify_all()
        self._tell(made)

    def _forget(self, number: int) -> None:
        note = self._notes.pop(number, None)
        if note is not None:
            self._unfinished.forget(note)

    def _tell(self, conversion: Conversion) -> None:
        for callback in tuple(self._callbacks):
            callback(conversion)


def _interrupted() -> Failure:
    return Failure.of(StudioError(_("The studio was closed before it was done."), _("Begin it again.")))


class _Watch:
    """Carries the steps of one conversion into the queue."""

    def __init__(self, queue: Conversions, number: int) -> None:
        self._queue, self._number = queue, number

    def stage(self, name: str, fraction: float, message: str) -> None:
        self._queue._change(self._number, fraction=fraction, doing=message)


def makeable(model: Model) -> tuple[str, ...]:
    """Precisions that could be made of a model and that it does not have; none without its weights or fp32 files."""
    if model.task is None or not (model.weights or model.files("fp32")):
        return ()
    writes = find_task(model.task).output == "text"
    return tuple(name for name in MAKEABLE if model.files(name) is None and (writes or name != "int4"))


def more_precisions(model: Model, wanted: tuple[str, ...], new_id: str) -> AddRequest:
    """What to ask for to get other precisions of a model, as a model of its own beside it.

    Raises:
        InputError: They can't be made of it.
    """
    possible = makeable(model)
    if not wanted or not set(wanted) <= set(possible):
        raise InputError(
            _("These precisions of {id} can't be made here.").format(id=model.id),
            _("It can be made into: {names}.").format(names=", ".join(possible))
            if possible
            else _("Its original weights are not here: download the model in another precision instead."),
        )
    source = model.folder if model.files("fp32") or model.weights is None else model.weights
    return AddRequest(str(source), id=new_id, task=model.task, precisions=wanted, source_name=model.source or model.id)


def fidelity_words(fidelity: Fidelity) -> str:
    """How close a precision is to the original: ``"same answer on 99 of 100 samples as the original"``."""
    same = round(fidelity.same_outputs * fidelity.inputs)
    return _("same answer on {same} of {n} samples as the original").format(same=same, n=fidelity.inputs)

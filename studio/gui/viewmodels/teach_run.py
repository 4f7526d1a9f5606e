"""A teaching that goes on: what it does, epoch by epoch, and the orders it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure, StoppedError
from studio.domain.i18n import N_
from studio.gui.bridge import Background, Stream

if TYPE_CHECKING:
    from studio.gui.jobs import RunningJob, RunningJobs
    from studio.services.fine_tuning import Control, Epoch, FineTuneObserver, Step
    from studio.services.teaching import Taught
    from studio.services.teaching_judging import OnProgress

#: Epochs whose usual pace tells how long the rest takes.
_PACES = 5
_STAGES = {
    "embedding": N_("Reading the examples with the base"),
    "fitting": N_("Learning"),
    "judging": N_("Judging on examples that it was not taught with"),
}
#: What the stages of a thorough one are called here: the processes that tell of them speak one language only.
_THOROUGH = {
    "reading": N_("Reading the weights of the base back from its graph"),
    "proving": N_("Checking that the weights answer as the base does"),
    "training": N_("Learning from the examples"),
    "again": N_("Learning once more, from the examples that chose as well"),
    "check": N_("Loading the libraries that convert"),
    "tokenizer": N_("Preparing the tokenizer"),
    "export": N_("Converting it"),
    "quantize": N_("Making it smaller"),
    "fidelity": N_("Comparing it with what was learned"),
    "judging": N_("Judging on examples that it was not taught with"),
    "finish": N_("Putting it into the library"),
}
#: Share of the whole that each stage of a quick teaching begins and ends at; reading takes nearly all of it.
_SHARES = {"embedding": (0.0, 0.8), "fitting": (0.8, 0.9), "judging": (0.9, 1.0)}


class TeachRun(QObject):
    """One run of the teacher, quick or thorough.

    Signals:
        changed: How far it is.
        done: It is in the library (`Taught`).
        failed: It is not (`Failure`; one of kind ``StoppedError`` where the user stopped it).
    """

    changed = Signal()
    done = Signal(object)
    failed = Signal(Failure)

    def __init__(self, background: Background, jobs: RunningJobs, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._stream: Stream[Callable[[], None]] = Stream(background, self._hear, self)
        self._stop = threading.Event()
        self._control: Control | None = None
        self._job: RunningJob = jobs.begin(N_("Teaching a model"), self.cancel)
        #: What it does now, in plain words (a message, or said already), and how much of that is done.
        self.words = N_("Reading the examples")
        self.share: float | None = None
        self.training = False
        #: Whether it learns once more, from all examples: no epochs are told of then.
        self.again = False
        self.epochs: tuple[Epoch, ...] = ()
        self.step: Step | None = None
        self.paused = False
        #: What the user ordered last, while it is not done yet: ``"keep"`` or ``"cancel"``.
        self.ending = ""

    @property
    def thorough(self) -> bool:
        """Whether it takes orders and tells of epochs."""
        return self._control is not None

    @property
    def left_s(self) -> float | None:
        """Time left at most, in seconds; None where unknown."""
        if not self.training:
            return None
        paces = [epoch.seconds for epoch in self.epochs if epoch.number > 0][-_PACES:]
        if self.again or not paces:
            return self.step.seconds_left if self.step is not None else None
        # The usual pace of the last epochs: one that was slow, since something else ran, must not make it jump.
        last = self.epochs[-1]
        done = self.step.epoch - 1 + self.step.share if self.step is not None else last.number
        return median(paces) * max(0.0, last.of - done)

    def quick(self, work: Callable[[OnProgress, threading.Event], Taught]) -> None:
        """Begin a quick one."""

        def tell(stage: str, share: float | None) -> None:
            self._stream.push(lambda: self._quick_stage(stage, share))

        self._background.run(lambda: work(tell, self._stop), self._done, self._failed, self)

    def thorough_with(self, work: Callable[[FineTuneObserver, Control], Taught]) -> None:
        """Begin or continue a thorough one."""
        from studio.services.fine_tuning import Control

        control = self._control = Control()
        observer = _Observer(self, self._stream)
        # It takes orders from now on, also before it has told of anything.
        self.changed.emit()
        self._background.run(lambda: work(observer, control), self._done, self._failed, self)

    # -- orders --------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Wait, or go on."""
        if self._control is not None:
            if self._control.paused:
                self._control.go_on()
            else:
                self._control.pause()
            self.paused = self._control.paused
            self.changed.emit()

    def stop_and_keep(self) -> None:
        """Learn no more, and make a model of the best so far."""
        if self._control is not None and not self.ending:
            self.ending = "keep"
            self._control.stop_and_keep()
            self.paused = False
            self.changed.emit()

    def cancel(self) -> None:
        """End it; of a thorough one the checkpoint stays."""
        self.ending = "cancel"
        self._stop.set()
        if self._control is not None:
            self._control.cancel()
        self.changed.emit()

    # -- hearing -------------------------------------------------------------------------------------------------

    def _hear(self, batch: list[Callable[[], None]]) -> None:
        for apply in batch:
            apply()
        self._job.show_progress(self.share, self.words, self.left_s)
        self.changed.emit()

    def _quick_stage(self, stage: str, share: float | None) -> None:
        low, high = _SHARES[stage]
        self.words, self.share = _STAGES[stage], low + (high - low) * (share or 0.0)

    def take_stage(self, name: str, share: float | None, message: str) -> None:
        """A stage of a thorough one."""
        self.training, self.step = name in ("training", "again"), None
        self.words, self.share = _THOROUGH.get(name, message), share
        self.again = name == "again"
        if name == "training":
            self._show_share()

    def take_step(self, step: Step) -> None:
        """Some batches were read."""
        self.training, self.step = True, step
        self._show_share()

    def take_epoch(self, epoch: Epoch) -> None:
        """An epoch is done."""
        self.epochs = (*(each for each in self.epochs if each.number < epoch.number), epoch)
        self.step = None
        self.training = True
        self._show_share()

    def take_paused(self, paused: bool) -> None:
        """It waits now, or goes on."""
        self.paused = paused

    def _show_share(self) -> None:
        if self.step is not None:
            self.share = (self.step.epoch - 1 + self.step.share) / self.step.of
        elif self.epochs:
            self.share = self.epochs[-1].number / self.epochs[-1].of

    def _done(self, taught: Taught) -> None:
        self._job.end()
        self.done.emit(taught)

    def _failed(self, failure: Failure) -> None:
        self._job.end()
        self.failed.emit(failure)


class _Observer:
    """Hears on the thread that teaches, and hands over."""

    def __init__(self, run: TeachRun, stream: Stream[Callable[[], None]]) -> None:
        self._run, self._stream = run, stream

    def stage(self, name: str, share: float | None, message: str) -> None:
        self._stream.push(lambda: self._run.take_stage(name, share, message))

    def step(self, step: Step) -> None:
        self._stream.push(lambda: self._run.take_step(step))

    def epoch(self, epoch: Epoch) -> None:
        self._stream.push(lambda: self._run.take_epoch(epoch))

    def paused(self, paused: bool) -> None:
        self._stream.push(lambda: self._run.take_paused(paused))


def was_stopped(failure: Failure) -> bool:
    """Whether the user stopped it."""
    return failure.kind == StoppedError.__name__

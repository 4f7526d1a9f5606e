"""What ``studio teach --method thorough`` does: fine-tune with a line for each epoch, stop, cancel and continue."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.cli.watched import WatchedLine, left_words
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.services.fine_tuning import (
    Control,
    Epoch,
    FineTuneRequest,
    Step,
    Unfinished,
    check_memory,
    continue_,
    discard,
    fine_tune,
    score_words,
    thorough_bases,
    unfinished,
)
from studio.tasks import find_task

if TYPE_CHECKING:
    from studio.domain.task import Task
    from studio.library.store import Library
    from studio.services.pool import CandidatePool
    from studio.services.teaching import Taught


@dataclass(frozen=True)
class Asked:
    """What a terminal asks for beside the examples.

    Attributes:
        goes_on: Go on with the unfinished model of that name.
        afresh: Delete it and begin again.
        quiet: Show no progress.
    """

    goes_on: bool
    afresh: bool
    quiet: bool


def find_unfinished(name: str, library: Library) -> Unfinished | None:
    """The latest unfinished model of that name."""
    return next((each for each in unfinished(library) if each.name == name), None)


def go_on(name: str, library: Library, pool: CandidatePool, asked: Asked) -> Taught:
    """Go on with an unfinished model.

    Raises:
        InputError: There is none of that name.
        StudioError: See `studio.services.fine_tuning.continue_`.
    """
    begun = find_unfinished(name, library)
    if begun is None:
        names = ", ".join(each.name for each in unfinished(library))
        raise InputError(
            _("There is no unfinished model {name}.").format(name=name),
            _("These are unfinished: {names}.").format(names=names) if names else _("Teach it without --continue."),
        )
    control = Control()
    with Progress(find_task(begun.task), asked.quiet) as progress, ordering(control, progress):
        return continue_(begun, library, pool, progress, control)


def teach_thoroughly(request: FineTuneRequest, library: Library, pool: CandidatePool, asked: Asked) -> Taught:
    """Fine-tune from the start.

    Raises:
        InputError: There is an unfinished model of that name, which would be lost.
        StudioError: See `studio.services.fine_tuning.fine_tune`.
    """
    begun = find_unfinished(request.name, library)
    if begun is not None and asked.afresh:
        discard(begun)
    elif begun is not None:
        raise InputError(
            _("There is an unfinished model {name}: {done} of {of} epochs are done.").format(
                name=begun.name,
                done=max((epoch.number for epoch in begun.epochs), default=0),
                of=begun.plan.settings.epochs,
            ),
            _("Add --continue to go on with it, or --afresh to delete it and begin again."),
        )
    control = Control()
    with Progress(request.task, asked.quiet) as progress, ordering(control, progress):
        progress.say(_("Memory: {sentence}.").format(sentence=check_memory(request, library).sentence))
        return fine_tune(request, library, pool, progress, control)


def default_base(task: Task, library: Library) -> str:
    """The base that is taken where the user names none.

    Raises:
        InputError: There is none.
    """
    found = thorough_bases(task, library)
    if not found:
        raise InputError(
            _("No model of your library can be fine-tuned for {task}.").format(task=task.id),
            _("Get a model for this use case first."),
        )
    return found[0].id


class Progress(WatchedLine):
    """An observer (`studio.services.fine_tuning.FineTuneObserver`) that writes a line for each epoch."""

    def __init__(self, task: Task, quiet: bool) -> None:
        super().__init__(_("Starting …"), quiet)
        self._score, self._is_share, _better = score_words(task)
        self._began = False
        self._doing, self._again = "", False

    def say(self, line: str) -> None:
        """A line that stays."""
        self.console.print(line, markup=False, highlight=False)

    def stage(self, name: str, share: float | None, message: str) -> None:
        """Something began."""
        if self.watched:
            self.show(message)
        elif message != self._doing:
            self.say(f"{message} …")
        self._doing, self._again = message, name == "again"

    def step(self, step: Step) -> None:
        """Some batches were read."""
        if self.watched:
            left = left_words(step.seconds_left)
            words = _("Epoch {number} of {of}: {share:.0%}, loss {loss:.3f}, {left}").format(
                number=step.epoch,
                of=step.of,
                share=step.share,
                loss=step.train_loss,
                left=left,
            )
            self.show(words)
        if self._again and step.share >= 1:
            # Nothing chooses any more, so that there is only what was learned.
            self.say(_row(f"{step.epoch}/{step.of}", _written(step.train_loss), "–", "–"))

    def epoch(self, epoch: Epoch) -> None:
        """An epoch is done."""
        if not self._began:
            self._began = True
            self.say(_row(_("epoch"), _("training loss"), _("validation loss"), self._score))
        score = "–" if epoch.score is None else f"{100 * epoch.score:.1f} %" if self._is_share else f"{epoch.score:.4g}"
        row = _row(f"{epoch.number}/{epoch.of}", _written(epoch.train_loss), _written(epoch.validation_loss), score)
        self.say(row + ("  *" if epoch.best else ""))

    def paused(self, paused: bool) -> None:
        """Nothing pauses it from a terminal."""


@contextmanager
def ordering(control: Control, progress: Progress) -> Iterator[None]:
    """Ctrl+C stops and keeps the best; a second one cancels, and the checkpoint stays; a third ends the program."""

    def on_interrupt(_signal: int, _frame: Any) -> None:
        if control.cancelled.is_set():
            raise KeyboardInterrupt
        if control.keeps:
            control.cancel()
            progress.say(_("Cancelling. What it has learned so far stays: --continue goes on with it."))
        else:
            control.stop_and_keep()
            progress.say(_("Stopping, and keeping the best so far. Press Ctrl+C again to cancel."))

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _row(*cells: str) -> str:
    return f"{cells[0]:>7}  {cells[1]:>14}  {cells[2]:>16}  {cells[3]:>26}"


def _written(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"

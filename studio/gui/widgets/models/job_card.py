"""One download or conversion: how far it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from studio.domain.errors import Failure
from studio.domain.hub import DownloadProgress
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3
from studio.gui.viewmodels.model_jobs import JobId, conversion_name
from studio.gui.widgets.buttons import Button, IconButton
from studio.gui.widgets.card import Card
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.models.words import size_words
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import time_left
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Words, plain
from studio.services.conversions import Conversion
from studio.services.download_words import STAGES

_STEPS = 1000
#: What helps against a failure: the words of the button, and the signal's word for it.
_REMEDIES: dict[str, tuple[str, str]] = {
    "LicenceError": (N_("Read the licence …"), "licence"),
    "HubAccessError": (N_("Enter a token …"), "token"),
}


class JobCard(Card):
    """Shows the newest state of one job.

    Signals:
        wanted: ``pause``, ``resume``, ``stop``, ``dismiss``, ``try``, ``again``, ``log``, ``licence`` or ``token``.
    """

    wanted = Signal(str)

    def __init__(self, job: DownloadProgress | Conversion, parent: QWidget | None = None) -> None:
        super().__init__(margin=SPACE_3, parent=parent)
        self.id: JobId = job.id
        self._failure: Failure | None = None
        self._title = ElidedText(role="strong")
        self._figure = Text(role="muted")
        self._stage = ElidedText(role="caption")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self.pause_button = self._button(N_("Pause"), "pause")
        self.resume_button = self._button(N_("Go on"), "resume")
        self.try_button = self._button(N_("Try it"), "try")
        self.again_button = self._button(N_("Try again"), "again")
        self.log_button = self._button(N_("Log …"), "log")
        self.stop_button = self._button(N_("Cancel"), "stop")
        self.dismiss_button = IconButton("x", N_("Take it off this list"), lambda: self.wanted.emit("dismiss"))
        self._problem = column()
        words = row(self._title, self._figure, spacing=SPACE_2)
        words.setStretch(0, 1)
        left = column(words, self._bar, self._stage, spacing=5)
        buttons = (
            self.pause_button,
            self.resume_button,
            self.try_button,
            self.again_button,
            self.log_button,
            self.stop_button,
        )
        line = row(left, *buttons, self.dismiss_button, spacing=SPACE_2)
        line.setStretch(0, 1)
        self.body.addLayout(line)
        self.body.addLayout(self._problem)
        self.show_job(job)

    def _button(self, words: Words, what: str) -> Button:
        return Button(words, on_click=lambda: self.wanted.emit(what))

    def show_job(self, job: DownloadProgress | Conversion) -> None:
        """Show its newest state."""
        if isinstance(job, DownloadProgress):
            self._show_download(job)
        else:
            self._show_conversion(job)
        self._bar.setAccessibleName(self._title.text())
        self.setAccessibleName(f"{self._title.text()}, {self._stage.text()}")

    def _show_download(self, job: DownloadProgress) -> None:
        active = not job.resting and not job.elsewhere
        self._title.say(plain(job.model_id))
        self._say_stage(_download_words(job))
        self._figure.say(plain(_figures(job)))
        self._show_bar(job.fraction if job.bytes_total else None, active, job.stage in ("paused", "failed"))
        self._show_buttons(
            pause=active and job.stage in ("queued", "asking", "downloading", "checking"),
            resume=not job.elsewhere and job.stage in ("paused", "failed"),
            stop=not job.elsewhere and job.stage not in ("done", "cancelled"),
            over=job.stage == "done",
            tries=job.stage == "done" and job.kind == "download",
            failed=False,
        )
        self._show_failure(job.failure)

    def _show_conversion(self, job: Conversion) -> None:
        self._title.say(plain(conversion_name(job)))
        self._say_stage(_conversion_words(job))
        self._figure.say(plain(f"{job.fraction:.0%}" if job.stage == "working" else ""))
        self._show_bar(job.fraction if job.stage == "working" else None, not job.over, False)
        self._show_buttons(
            pause=False,
            resume=False,
            stop=not job.over,
            over=job.over,
            tries=job.stage == "done" and job.model is not None and job.model.task is not None,
            failed=job.stage == "failed",
        )
        self._show_failure(job.failure)

    def _say_stage(self, words: str) -> None:
        self._stage.say(plain(words))
        show_if(bool(words), self._stage)

    def _show_bar(self, fraction: float | None, active: bool, rests: bool) -> None:
        show_if(active or (rests and bool(fraction)), self._bar)
        self._bar.setRange(0, 0 if fraction is None else _STEPS)
        if fraction is not None:
            self._bar.setValue(round(fraction * _STEPS))

    def _show_buttons(self, pause: bool, resume: bool, stop: bool, over: bool, tries: bool, failed: bool) -> None:
        for shown, button in (
            (pause, self.pause_button),
            (resume, self.resume_button),
            (stop, self.stop_button),
            (tries, self.try_button),
            (failed, self.again_button),
            (failed, self.log_button),
            (over, self.dismiss_button),
        ):
            show_if(shown, button)

    def _show_failure(self, failure: Failure | None) -> None:
        if failure == self._failure:
            return
        self._failure = failure
        clear(self._problem)
        if failure is not None:
            words, what = _REMEDIES.get(failure.kind, ("", ""))
            act: Callable[[], object] = lambda: self.wanted.emit(what)  # noqa: E731 - a name for mypy
            self._problem.addWidget(Notice.of(failure, words, act))


def _download_words(job: DownloadProgress) -> str:
    if job.elsewhere:
        return _("in another window or terminal")
    words = _(STAGES[job.stage])
    if not job.doing or job.resting:
        return words
    return f"{words}: {job.doing}" if job.stage in ("downloading", "checking") else job.doing


def _figures(job: DownloadProgress) -> str:
    if not job.bytes_total:
        return ""
    total = size_words(job.bytes_total / 1e6)
    if job.stage == "done":
        return total
    parts = [_("{done} of {total}").format(done=size_words(job.bytes_done / 1e6), total=total)]
    if job.bytes_per_s and not job.resting:
        parts.append(_("{n:.1f} MB/s").format(n=job.bytes_per_s / 1e6))
    if job.seconds_left is not None and not job.resting:
        parts.append(time_left(job.seconds_left))
    return " · ".join(parts)


def _conversion_words(job: Conversion) -> str:
    if job.stage == "done" and job.model is not None:
        from studio.services.conversions import fidelity_words

        told = [
            f"{files.precision}: {fidelity_words(job.model.fidelity[files.precision])}"
            for files in job.model.precisions
            if files.precision in job.model.fidelity
        ]
        return " · ".join(told) or _("done")
    if job.stage == "waiting":
        return _("waiting for its turn")
    if job.stage == "failed":
        return _("Failed while: {step}").format(step=job.doing) if job.doing else _("failed")
    return job.doing

"""What is being downloaded and converted, above the rest of the Models screen; nothing where nothing is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.model_jobs import JobId, ModelJobs
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import column, row, scrolled_on_card, show_if
from studio.gui.widgets.models.job_card import JobCard
from studio.gui.widgets.text import Text
from studio.gui.words import plain

_MOST_HEIGHT = 260


class JobsList(QWidget):
    """A card for each job.

    Signals:
        try_wanted: A model (its id) shall be tried.
        licence_wanted, token_wanted: A download (its id) waits for that.
    """

    try_wanted = Signal(str)
    licence_wanted = Signal(str)
    token_wanted = Signal(str)

    def __init__(self, jobs: ModelJobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.cards: dict[JobId, JobCard] = {}
        content = QWidget()
        self._lines = column(spacing=SPACE_2, parent=content)
        self._area = scrolled_on_card(content)
        column(self._area, parent=self)
        self._content = content
        jobs.changed.connect(self._show)
        known: tuple[JobId, ...] = (*jobs.downloads, *jobs.conversions)
        for each in known:
            self._show(each)
        show_if(bool(self.cards), self)

    def _show(self, job_id: JobId) -> None:
        job = self.jobs.conversions.get(job_id) if isinstance(job_id, int) else self.jobs.downloads.get(job_id)
        card = self.cards.get(job_id)
        if job is None:
            if card is not None:
                del self.cards[job_id]
                card.setParent(None)
                card.deleteLater()
        elif card is None:
            card = self.cards[job_id] = JobCard(job)
            card.wanted.connect(lambda what, job_id=job_id: self._do(what, job_id))
            self._lines.addWidget(card)
        else:
            card.show_job(job)
        show_if(bool(self.cards), self)
        self._lines.activate()
        self._area.setFixedHeight(min(self._content.sizeHint().height(), _MOST_HEIGHT))

    def _do(self, what: str, job_id: JobId) -> None:
        jobs = self.jobs
        if what == "stop":
            jobs.stop(job_id)
        elif what == "dismiss":
            jobs.dismiss(job_id)
        elif isinstance(job_id, int):
            self._do_conversion(what, job_id)
        elif what == "pause":
            jobs.pause(job_id)
        elif what == "resume":
            jobs.resume(job_id)
        elif what == "licence":
            self.licence_wanted.emit(job_id)
        elif what == "token":
            self.token_wanted.emit(job_id)
        elif what == "try" and job_id in jobs.downloads:
            self.try_wanted.emit(jobs.downloads[job_id].model_id)

    def _do_conversion(self, what: str, number: int) -> None:
        job = self.jobs.conversions.get(number)
        if what == "again":
            self.jobs.again(number)
        elif what == "log":
            self.jobs.read_log(number, lambda text: LogDialog(text, self).open())
        elif what == "try" and job is not None and job.model is not None:
            self.try_wanted.emit(job.model.id)


class LogDialog(QDialog):
    """What the libraries printed while a model was converted."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Log of the conversion"))
        self.resize(720, 480)
        from PySide6.QtGui import QGuiApplication

        content = QWidget()
        shown = Text(plain(text or _("Nothing was printed.")), role="code", wrap=True, selectable=True)
        column(shown, None, parent=content)
        copy = Button(N_("Copy"), on_click=lambda: QGuiApplication.clipboard().setText(text))
        column(
            scrolled_on_card(content),
            row(None, copy, Button(N_("Close"), "primary", on_click=self.accept), spacing=SPACE_2),
            spacing=SPACE_3,
            margins=(SPACE_4,) * 4,
            parent=self,
        )

"""Every running job with its progress and Stop, over the status bar."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QWidget

from studio.domain.i18n import _
from studio.gui.jobs import RunningJob, RunningJobs
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.layouts import column
from studio.gui.widgets.progress_row import ProgressRow

_POPUP_WIDTH = 360


class JobsPopup(QFrame):
    """Every running job with its progress and Stop."""

    def __init__(self, jobs: RunningJobs, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._jobs = jobs
        self.setProperty("surface", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(_POPUP_WIDTH)
        self.rows = [_row_of(job) for job in jobs.running]
        column(*self.rows, spacing=SPACE_3, margins=(SPACE_4, SPACE_3, SPACE_4, SPACE_3), parent=self)
        jobs.changed.connect(self.close)
        self.setAccessibleName(_("Running jobs"))

    def show_above(self, anchor: QWidget) -> None:
        """Open it over a widget of the status bar."""
        self.adjustSize()
        corner = anchor.mapToGlobal(QPoint(anchor.width() - self.width(), -self.height() - SPACE_2))
        self.move(corner)
        self.show()


def _row_of(job: RunningJob) -> ProgressRow:
    made = ProgressRow(job.title, job.stop)

    def show() -> None:
        made.show_progress(job.fraction, job.stage, job.left_s)

    job.changed.connect(show)
    show()
    return made

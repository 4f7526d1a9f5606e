"""The set-up at a glance: the data on the left, who answers and Run on the right."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_4
from studio.gui.viewmodels.evaluate_setup import EvaluateSetup
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.evaluate_setup.candidates_card import CandidatesCard
from studio.gui.widgets.evaluate_setup.data_card import DataCard
from studio.gui.widgets.evaluate_setup.scope_card import ScopeCard
from studio.gui.widgets.layouts import column, row, scrolled, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.words import Translated

_SIDE_WIDTH = 316

#: How an evaluation came to its early end.
_ENDED = {
    "stopped": N_("The last evaluation was stopped: {done} of {whole} answers are there."),
    "interrupted": N_("The studio ended during the last evaluation: {done} of {whole} answers are there."),
    "failed": N_("A candidate of the last evaluation could not go on: {done} of {whole} answers are there."),
}


class SetupView(Translated, QWidget):
    """Everything before the run.

    Signals:
        run_wanted: Run the data through those who take part.
        continue_wanted: Go on with the evaluation that was stopped.
    """

    run_wanted = Signal()
    continue_wanted = Signal()

    def __init__(self, setup: EvaluateSetup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setup = setup
        self.data = DataCard(setup)
        self.candidates = CandidatesCard(setup.candidates)
        self.scope = ScopeCard(setup)
        self.run_button = Button(N_("Run"), "primary", "play", self.run_wanted.emit, hint="Ctrl+Enter")
        side = QWidget()
        column(self.candidates, self.scope, None, spacing=SPACE_4, parent=side)
        area = scrolled(side)
        area.setFixedWidth(_SIDE_WIDTH)
        right = column(area, self.run_button, spacing=SPACE_4)
        right.setStretch(0, 1)
        self._notice_place = column()
        self._notice: Notice | None = None
        middle = row(self.data, right, spacing=SPACE_4)
        middle.setStretch(0, 1)
        whole = column(self._notice_place, middle, spacing=SPACE_4, parent=self)
        whole.setStretch(1, 1)
        for signal in (setup.evaluations_changed, setup.data_changed, setup.task_changed):
            signal.connect(self.show_unfinished)

    def retranslate(self) -> None:
        self.show_unfinished()

    def show_unfinished(self) -> None:
        """Offer to go on with what was stopped or cut off."""
        if self._notice is not None:
            self._notice.hide()
            self._notice.deleteLater()
            self._notice = None
        left = self._setup.unfinished
        if left is None or not self._setup.writable:
            return
        whole = left.rows * left.settings.repeats * len(left.candidates)
        done = sum(each.done for each in left.candidates)

        def words() -> str:
            return _(_ENDED[left.status]).format(done=f"{done:,}", whole=f"{whole:,}")

        self._notice = Notice(
            words,
            "accent",
            N_("Only the remaining rows are run; the figures are the same as without the pause."),
            action=N_("Continue"),
            on_action=self.continue_wanted.emit,
        )
        self._notice_place.addWidget(self._notice)
        show_if(True, self._notice)

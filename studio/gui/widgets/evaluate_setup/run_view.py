"""An evaluation that runs: how far each candidate is, how long it takes, and Stop."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QWidget

from studio.domain.evaluation import EvaluatedCandidate
from studio.domain.i18n import N_, _, ngettext
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.evaluate_setup_run import EvaluateRun
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated, plain

_WIDTH = 680
_STEPS = 1000
_STAGES = {
    "joining": N_("Joining the Ray cluster"),
    "placing": N_("Sending {model} to the nodes"),
    "loading": N_("Loading {model}"),
    "warming up": N_("Warming {model} up"),
    "timing": N_("Timing {model} on single rows"),
    "answering": N_("{model} answers"),
}


class RunView(Translated, QWidget):
    """Progress of the whole and of each candidate."""

    def __init__(self, run: EvaluateRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._rows: dict[int, _CandidateRow] = {}
        self._lines = column(spacing=0)
        self._note = Text(
            N_("Every answer is kept as it comes. You can stop, close the studio, and go on later."),
            role="muted",
            wrap=True,
        )
        self._top: ProgressRow | None = None
        self._top_place = column()
        self._notices = Text(role="muted", wrap=True, selectable=True)
        show_if(False, self._notices)
        self._card = Card(self._top_place, self._note, self._notices, self._lines, spacing=SPACE_4, margin=SPACE_4)
        self._card.setMaximumWidth(_WIDTH)
        line = row(spacing=0)
        line.addStretch(1)
        line.addWidget(self._card, 100)
        line.addStretch(1)
        column(line, None, margins=(0, SPACE_4, 0, 0), parent=self)
        run.changed.connect(self.show_state)

    @property
    def stop_button(self) -> QWidget | None:
        """Stops the run; None while nothing runs."""
        return self._top.stop_button if self._top else None

    def retranslate(self) -> None:
        self.show_state()

    def show_state(self) -> None:
        """Show how far it is."""
        run = self._run
        if not run.running:
            if self._top is not None:
                self._top.hide()
                self._top.deleteLater()
                self._top = None
            return
        if self._top is None:
            self._top = ProgressRow(N_("Evaluating"), run.stop)
            self._top_place.addWidget(self._top)
        if run.stopping:
            self._top.stop_button.setEnabled(False)
        self._top.show_progress(run.fraction, self._stage_words, None if run.stopping else run.left_s)
        self._notices.setText("\n".join(run.notices))
        show_if(bool(run.notices), self._notices)
        self._show_candidates(run.info.candidates if run.info else ())

    def _stage_words(self) -> str:
        run = self._run
        if run.stopping:
            return _("Stopping …")
        title, stage = run.stage
        return _(_STAGES[stage]).format(model=title) if stage in _STAGES else _("Starting")

    def _show_candidates(self, candidates: tuple[EvaluatedCandidate, ...]) -> None:
        if set(self._rows) != {each.id for each in candidates}:
            while (item := self._lines.takeAt(0)) is not None:
                if (widget := item.widget()) is not None:
                    widget.hide()
                    widget.deleteLater()
            self._rows = {}
            for number, each in enumerate(candidates):
                if number:
                    self._lines.addWidget(Line())
                self._rows[each.id] = _CandidateRow(each.title)
                self._lines.addWidget(self._rows[each.id])
        for each in candidates:
            self._rows[each.id].show_candidate(each, self._run.total)


class _CandidateRow(QWidget):
    """One candidate: a bar and how many rows."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._name = ElidedText(plain(title), role="strong")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, _STEPS)
        self._bar.setAccessibleName(title)
        self._figure = Text(role="muted")
        self._figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        top = row(self._name, self._figure, spacing=SPACE_3)
        top.setStretch(0, 1)
        column(top, self._bar, spacing=SPACE_1 + 1, margins=(0, SPACE_2, 0, SPACE_2), parent=self)

    def show_candidate(self, each: EvaluatedCandidate, total: int) -> None:
        """Show how far it is."""
        self._bar.setValue(round(_STEPS * each.done / total) if total else 0)
        if each.failure is not None:
            self._figure.setText(each.failure.message)
            return
        words = _("{done} of {total} rows").format(done=f"{each.done:,}", total=f"{total:,}")
        if each.failed:
            words += " · " + ngettext("{n} error", "{n} errors", each.failed).format(n=f"{each.failed:,}")
        self._figure.setText(words)

"""Why this answer: the text shaded by what each word did, what would change it, and how far to trust that."""

from __future__ import annotations

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from studio.domain.explanation import Explanation
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.explain import ExplainModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.explain.shaded_text import ShadedText
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import Text
from studio.gui.words import plain

_WIDTH = 620
_MOST_SHOWN = 6


class ExplainDialog(QDialog):
    """An explanation of one answer."""

    def __init__(self, model: ExplainModel, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        model.setParent(self)
        self.setWindowTitle(_("Why this answer?"))
        self.setFixedWidth(_WIDTH)
        self._answer = Text(role="heading", wrap=True)
        self.text = ShadedText()
        self._legend = Text(N_("Green speaks for the answer, red against it; the deeper, the more."), role="caption")
        self._progress = ProgressRow(N_("Asking with each word left out"), model.stop)
        self._problem = column()
        self._figures = QWidget()
        self._grid = QGridLayout(self._figures)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_4)
        self._grid.setVerticalSpacing(SPACE_1)
        self._said = Text(wrap=True)
        self._method = Text(role="caption", wrap=True)
        self.close_button = Button(N_("Close"), on_click=self.reject)
        column(
            Text(N_("Why this answer?"), role="title"),
            Text(plain(title), role="muted"),
            self._answer,
            self.text,
            self._legend,
            self._progress,
            self._problem,
            self._figures,
            self._said,
            self._method,
            row(None, self.close_button),
            spacing=SPACE_3,
            margins=(SPACE_4,) * 4,
            parent=self,
        )
        model.changed.connect(self._show)
        model.start()
        self._show()

    def _show(self) -> None:
        from studio.services.explaining import METHOD, sentences

        model = self.model
        found = model.found
        self.text.show_explanation(model.text, found)
        show_if(model.running, self._progress)
        if model.running:
            self._progress.show_progress(model.share)
        clear(self._problem)
        if model.failure is not None:
            self._problem.addWidget(Notice.of(model.failure))
        for widget in (self._answer, self._legend, self._figures, self._said, self._method):
            show_if(found is not None, widget)
        if found is not None:
            self._answer.setText(f"{found.answer.replace('_', ' ')}  ·  {_score(found)}")
            self._show_figures(found)
            self._said.setText("\n".join(sentences(found)))
            self._method.say(METHOD)
        self.adjustSize()

    def _show_figures(self, found: Explanation) -> None:
        if self._grid.count():
            return
        order = sorted(range(len(found.parts)), key=lambda place: -abs(found.weights[place]))
        self._grid.addWidget(Text(N_("Word"), role="caption"), 0, 0)
        self._grid.addWidget(Text(N_("Score without it falls by"), role="caption"), 0, 1)
        for line, place in enumerate(order[:_MOST_SHOWN], 1):
            word, weight = Text(selectable=True), Text(role="strong", selectable=True)
            word.setText(found.parts[place].text)
            weight.setText(f"{found.weights[place]:+.3f}")
            self._grid.addWidget(word, line, 0)
            self._grid.addWidget(weight, line, 1)
        self._grid.setColumnStretch(2, 1)
        self._grid.setRowMinimumHeight(0, SPACE_2)

    def reject(self) -> None:
        self.model.stop()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.model.stop()
        super().closeEvent(event)


def _score(found: Explanation) -> str:
    if 0 <= found.score <= 1 and found.answer and not found.answer[0].isdigit():
        return f"{100 * found.score:.0f} %"
    return f"{found.score:.3g}"

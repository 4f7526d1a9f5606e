"""Explanations that were kept for the report: looked at again, and taken out."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_, _
from studio.domain.kept import KeptExplanation
from studio.gui.theme.tokens import SPACE_1, SPACE_2
from studio.gui.viewmodels.evaluate_results_insights import ResultInsights
from studio.gui.widgets.buttons import IconButton
from studio.gui.widgets.card import Card
from studio.gui.widgets.layouts import clear, column, row
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import plain
from studio.services.insight_words import readable


class KeptExplanations(Card):
    """The card.

    Signals:
        removed: An explanation was taken out; it can be undone.
        row_wanted: The row (its position) of a kept explanation shall be shown.
    """

    removed = Signal()
    row_wanted = Signal(int)

    def __init__(self, model: ResultInsights, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._model = model
        self._lines = column(spacing=SPACE_1)
        self.body.addWidget(Text(N_("Explanations kept for the report"), role="heading"))
        self.body.addLayout(self._lines)
        model.kept_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is kept now."""
        clear(self._lines)
        if not self._model.kept:
            self._lines.addWidget(
                Text(
                    N_(
                        "None yet. Open a row under Row by row, press “Why this answer?” beside an answer, and choose "
                        "“Keep for the report”."
                    ),
                    role="muted",
                    wrap=True,
                )
            )
        for kept in self._model.kept:
            self._lines.addWidget(self._line(kept))

    def _line(self, kept: KeptExplanation) -> QWidget:
        line = QWidget()
        text = ElidedText(plain(" ".join(kept.input.split())[:300]))
        said = ElidedText(lambda: f"{kept.title} · {readable(kept.explanation.answer)}", role="caption")
        left = column(text, said, spacing=0)
        tools = []
        if kept.position is not None and kept.evaluation == self._evaluation:
            tools.append(
                IconButton(
                    "table",
                    lambda: _("Show row {n}").format(n=f"{(kept.position or 0) + 1:,}"),
                    partial(self.row_wanted.emit, kept.position),
                )
            )
        remove = IconButton("trash", N_("Take out of the report"), partial(self._remove, kept.id))
        remove.setEnabled(self._model.writable)
        layout = row(left, *tools, remove, spacing=SPACE_2, parent=line)
        layout.setStretch(0, 1)
        return line

    @property
    def _evaluation(self) -> int | None:
        return self._model.found.evaluation if self._model.found else None

    def _remove(self, name: str) -> None:
        self._model.remove_kept(name)
        self.removed.emit()

"""A passage that was looked at: its rank, its beginning and its score, in one line that can be pressed."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.i18n import _
from studio.domain.prediction import Passage
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import RADIUS, SPACE_2, SPACE_3
from studio.gui.widgets.big_button import BigButton
from studio.gui.words import Translated

_HEIGHT = 32
_RANK_WIDTH = 24
#: More is never seen in a line.
_SHOWN = 300


class PassageRow(Translated, BigButton):
    """One passage; checked while its text is shown.

    Args:
        rank: Its place, counted from 1.
        passage: The passage.
    """

    def __init__(self, rank: int, passage: Passage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "row")
        self._rank, self._score = rank, f"{passage.score:.2f}"
        self._text = " ".join(passage.text[:_SHOWN].split())
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(80)
        self.retranslate()

    def sizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)

    def retranslate(self) -> None:
        name = _("Passage {rank}, score {score}: {text}").format(rank=self._rank, score=self._score, text=self._text)
        self.setAccessibleName(name)
        self.setToolTip(_("Show this passage"))

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        if self.isChecked():
            back = QPainter(self)
            back.setRenderHint(QPainter.RenderHint.Antialiasing)
            back.setPen(Qt.PenStyle.NoPen)
            back.setBrush(QColor(colours.accent_soft))
            back.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
            back.end()
        super().paintEvent(event)
        painter = QPainter(self)
        metrics = QFontMetrics(self.font())
        across = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colours.accent_ink if self.isChecked() else colours.muted))
        inner = self.rect().adjusted(SPACE_2, 0, -SPACE_2, 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | across, str(self._rank))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | across, self._score)
        box = inner.adjusted(_RANK_WIDTH, 0, -SPACE_3 - metrics.horizontalAdvance(self._score), 0)
        painter.setPen(QColor(colours.accent_ink if self.isChecked() else colours.text))
        shown = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | across, shown)

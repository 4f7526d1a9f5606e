"""A confusion matrix as a heat map: expected labels down, given labels across, a cell for each pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.domain.i18n import _
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import TEXT_CAPTION
from studio.gui.words import Translated

_CELL, _SMALL_CELL = 34, 22
#: From so many labels on, cells are small.
_MANY = 10
_LONGEST_NAME = 116


class ConfusionMap(Translated, QWidget):
    """One candidate's matrix.

    Signals:
        chosen: A cell was clicked: the expected and the given label.
    """

    chosen = Signal(str, str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._labels: tuple[str, ...] = ()
        self._given: tuple[str, ...] = ()
        self._counts: Mapping[tuple[str, str], int] = {}
        self._totals: dict[str, int] = {}
        self._current = (0, 0)
        self._hovered: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def show_matrix(self, labels: Sequence[str], given: Sequence[str], counts: Mapping[tuple[str, str], int]) -> None:
        """Show these labels in this order; ``given`` may have labels that no row expects."""
        self._labels, self._given, self._counts = tuple(labels), tuple(given), counts
        self._totals = {}
        for (reference, _predicted), count in counts.items():
            self._totals[reference] = self._totals.get(reference, 0) + count
        self._current = (0, 0)
        self.setFixedSize(self._size())
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Confusion matrix of {name}").format(name=self._name))
        self.update()

    # -- geometry --------------------------------------------------------------------------------------------------

    @property
    def _cell(self) -> int:
        return _SMALL_CELL if max(len(self._labels), len(self._given)) > _MANY else _CELL

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(TEXT_CAPTION)
        return font

    def _margin(self, names: Sequence[str]) -> int:
        metrics = QFontMetrics(self._font())
        widest = max((metrics.horizontalAdvance(_readable(name)) for name in names), default=0)
        return min(widest, _LONGEST_NAME) + 8

    def _size(self) -> QSize:
        left, top = self._margin(self._labels), self._margin(self._given)
        return QSize(left + len(self._given) * self._cell + 2, top + len(self._labels) * self._cell + 2)

    def _rect(self, row: int, column: int) -> QRect:
        left, top = self._margin(self._labels), self._margin(self._given)
        return QRect(left + column * self._cell, top + row * self._cell, self._cell - 1, self._cell - 1)

    def _at(self, point: QPoint) -> tuple[int, int] | None:
        column = (point.x() - self._margin(self._labels)) // self._cell
        row = (point.y() - self._margin(self._given)) // self._cell
        if 0 <= row < len(self._labels) and 0 <= column < len(self._given):
            return row, column
        return None

    # -- pointer and keyboard --------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position().toPoint())
        if found != self._hovered:
            self._hovered = found
            self.setCursor(Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor)
            if found:
                QToolTip.showText(event.globalPosition().toPoint(), self._about(*found), self)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = None
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position().toPoint())
        if found and event.button() == Qt.MouseButton.LeftButton:
            self._current = found
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps: dict[int, tuple[int, int]] = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        if event.key() in steps and self._labels and self._given:
            down, right = steps[Qt.Key(event.key())]
            row = min(max(self._current[0] + down, 0), len(self._labels) - 1)
            column = min(max(self._current[1] + right, 0), len(self._given) - 1)
            self._current = (row, column)
            self._tell()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        about = self._about(*self._current)
        if self.isVisible():
            QToolTip.showText(self.mapToGlobal(self._rect(*self._current).bottomRight()), about, self)
        self.setAccessibleDescription(about)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.update()

    def focusInEvent(self, event) -> None:
        super().focusInEvent(event)
        if self._labels and self._given:
            self.setAccessibleDescription(self._about(*self._current))

    def _choose(self) -> None:
        row, column = self._current
        if row < len(self._labels) and column < len(self._given):
            self.chosen.emit(self._labels[row], self._given[column])

    def _about(self, row: int, column: int) -> str:
        reference, predicted = self._labels[row], self._given[column]
        count = self._counts.get((reference, predicted), 0)
        return _("{count} of {total} rows expected as {reference}: answered {predicted}").format(
            count=f"{count:,}",
            total=f"{self._totals.get(reference, 0):,}",
            reference=_readable(reference),
            predicted=_readable(predicted),
        )

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font())
        metrics = QFontMetrics(self._font())
        left, top, cell = self._margin(self._labels), self._margin(self._given), self._cell
        painter.setPen(QColor(colours.muted))
        for row, name in enumerate(self._labels):
            box = QRect(0, top + row * cell, left - 6, cell - 1)
            text = metrics.elidedText(_readable(name), Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        for column, name in enumerate(self._given):
            painter.save()
            painter.translate(left + column * cell, top - 6)
            painter.rotate(-90)
            text = metrics.elidedText(_readable(name), Qt.TextElideMode.ElideRight, top - 8)
            box = QRect(0, 0, top - 6, cell - 1)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            painter.restore()
        seen = event.rect()
        first = max(0, (seen.top() - top) // cell)
        last = min(len(self._labels), (seen.bottom() - top) // cell + 1)
        for row in range(first, last):
            for column in range(len(self._given)):
                self._paint_cell(painter, row, column)
        if self.hasFocus() and self._labels:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self._rect(*self._current).adjusted(-1, -1, 1, 1))

    def _paint_cell(self, painter: QPainter, row: int, column: int) -> None:
        colours = current_colours()
        reference, predicted = self._labels[row], self._given[column]
        count = self._counts.get((reference, predicted), 0)
        right = reference == predicted
        box = self._rect(row, column)
        painter.fillRect(box, QColor(colours.hover if (row, column) == self._hovered else colours.line_soft))
        if count:
            share = count / max(self._totals.get(reference, 0), 1)
            tint = QColor(colours.accent if right else colours.bad)
            tint.setAlphaF(0.10 + 0.38 * share)
            painter.fillRect(box, tint)
            painter.setPen(QColor(colours.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{count}" if count < 1000 else f"{count // 1000}k")


def _readable(label: str) -> str:
    return label.replace("_", " ") or _("(no answer)")

"""Epoch by epoch: the loss while learning and on the examples that choose, and the score on these."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.domain.i18n import _
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_6
from studio.gui.words import Translated
from studio.teaching.fine_tuning_plan import Epoch

_HEIGHT = 150
_DOT, _RING = 2.5, 5.0
#: A scale spans at least this share of its highest value.
_LEAST_SCALE = 0.1
#: Name in the legend, whether it is the one that counts, and its points (epoch, value).
_Series = tuple[str, bool, list[tuple[int, float]]]


class EpochPlot(Translated, QWidget):
    """Two small plots beside each other; the best epoch has a ring."""

    def __init__(self, score: Callable[[], str], is_share: bool, parent: QWidget | None = None) -> None:
        """``score``: what it is called; ``is_share``: whether it is one (0 to 1)."""
        super().__init__(parent)
        self._score, self._is_share = score, is_share
        self._epochs: tuple[Epoch, ...] = ()
        self._kept: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.retranslate()

    def sizeHint(self) -> QSize:
        return QSize(480, _HEIGHT)

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """What is shown."""
        return self._epochs

    def show_epochs(self, epochs: Sequence[Epoch], kept: int | None = None) -> None:
        """Show these; ``kept``: the one whose weights were kept, where that is known."""
        if (tuple(epochs), kept) == (self._epochs, self._kept):
            return
        self._epochs, self._kept = tuple(epochs), kept
        self.retranslate()
        self.update()

    @property
    def best(self) -> int | None:
        """Number of the epoch with the ring."""
        if self._kept is not None:
            return self._kept
        return next((epoch.number for epoch in reversed(self._epochs) if epoch.best), None)

    def retranslate(self) -> None:
        self.setAccessibleName(_("Epoch by epoch"))
        self.setAccessibleDescription("; ".join(self.said(epoch) for epoch in self._epochs))

    def said(self, epoch: Epoch) -> str:
        """An epoch in exact numbers."""
        parts = [_("Epoch {n}").format(n=epoch.number)]
        if epoch.train_loss is not None:
            parts.append(_("loss while learning {value}").format(value=f"{epoch.train_loss:.4f}"))
        if epoch.validation_loss is not None:
            parts.append(_("loss on other examples {value}").format(value=f"{epoch.validation_loss:.4f}"))
        if epoch.score is not None:
            parts.append(f"{self._score()} {self._written(epoch.score, 1)}")
        return " · ".join(parts)

    def _written(self, value: float, digits: int = 0) -> str:
        return f"{100 * value:.{digits}f} %" if self._is_share else f"{value:.3g}"

    # -- drawing -------------------------------------------------------------------------------------------------

    def _series(self) -> tuple[list[_Series], list[_Series]]:
        def points(value: Callable[[Epoch], float | None]) -> list[tuple[int, float]]:
            return [(epoch.number, found) for epoch in self._epochs if (found := value(epoch)) is not None]

        losses: list[_Series] = [
            (_("while learning"), False, points(lambda epoch: epoch.train_loss)),
            (_("on other examples"), True, points(lambda epoch: epoch.validation_loss)),
        ]
        return losses, [("", True, points(lambda epoch: epoch.score))]

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._areas()
        losses, scores = self._series()
        self._draw(painter, left, _("Loss, how wrong it is: lower is better"), losses, lambda value: f"{value:.2f}")
        self._draw(painter, right, self._score(), scores, self._written)
        if self.hasFocus():
            painter.setPen(QPen(QColor(current_colours().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def _areas(self) -> tuple[QRectF, QRectF]:
        width = (self.width() - SPACE_6) / 2
        return QRectF(0, 0, width, self.height()), QRectF(width + SPACE_6, 0, width, self.height())

    def _inner(self, whole: QRectF) -> QRectF:
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("100 %") + SPACE_2
        # Title and legend above, numbers of epochs below.
        return whole.adjusted(left, 2 * line + SPACE_4, -SPACE_2, -line - 2)

    def _across(self, area: QRectF, number: float) -> float:
        """Where an epoch stands: epoch 0 on the left, the last one that may come on the right."""
        last = max(1, self._epochs[-1].number if self._kept is not None else self._epochs[-1].of)
        return area.left() + number / last * area.width()

    def _draw(
        self, painter: QPainter, whole: QRectF, title: str, series: list[_Series], written: Callable[[float], str]
    ) -> None:
        colours, metrics = current_colours(), self.fontMetrics()
        line, area = metrics.height(), self._inner(whole)
        painter.setPen(QColor(colours.muted))
        painter.drawText(QRectF(whole.left(), 0, whole.width(), line), Qt.AlignmentFlag.AlignLeft, title)
        values = [value for _name, _counts, points in series for _number, value in points]
        if not values or not self._epochs:
            painter.setPen(QPen(QColor(colours.line), 1))
            painter.drawLine(area.bottomLeft(), area.bottomRight())
            painter.setPen(QColor(colours.faint))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, _("After the first epoch"))
            return
        low, high = min(values), max(values)
        # One value alone stands in the middle of a scale that says something.
        least = _LEAST_SCALE * max(abs(high), _LEAST_SCALE)
        if high - low < least:
            low, high = (low + high - least) / 2, (low + high + least) / 2
        room = 0.05 * (high - low)
        low, high = max(0.0, low - room) if min(values) >= 0 else low - room, high + room
        if self._is_share and len(series) == 1:
            high = min(1.0, high)

        def at(number: float, value: float) -> QPointF:
            return QPointF(self._across(area, number), area.bottom() - (value - low) / (high - low) * area.height())

        painter.setPen(QPen(QColor(colours.line), 1))
        for value in (low, high):
            painter.drawLine(QPointF(area.left(), at(0, value).y()), QPointF(area.right(), at(0, value).y()))
        painter.setPen(QColor(colours.muted))
        for value in (low, high):
            box = QRectF(whole.left(), at(0, value).y() - line / 2, area.left() - whole.left() - SPACE_2, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, written(value))
        last = self._epochs[-1].number if self._kept is not None else self._epochs[-1].of
        for number, align in ((0, Qt.AlignmentFlag.AlignLeft), (last, Qt.AlignmentFlag.AlignRight)):
            box = QRectF(area.left(), area.bottom() + 2, area.width(), line)
            words = _("Epoch {n}").format(n=number) if number else "0"
            painter.drawText(box, align, words)
        self._draw_legend(painter, whole, line, series)
        for name, counts, points in series:
            self._draw_line(painter, [(number, at(number, value)) for number, value in points], counts or not name)

    def _draw_legend(self, painter: QPainter, whole: QRectF, line: int, series: list[_Series]) -> None:
        colours, x = current_colours(), whole.left()
        for name, counts, points in series:
            if not name or not points:
                continue
            painter.setPen(self._pen(counts))
            middle = 1.5 * line + 4
            painter.drawLine(QPointF(x, middle), QPointF(x + SPACE_3 + 4, middle))
            painter.setPen(QColor(colours.muted))
            left = x + SPACE_3 + SPACE_2
            room = QRectF(left, line + 4, whole.right() - left, line)
            words = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft, words)
            x = left + self.fontMetrics().horizontalAdvance(words) + SPACE_3

    @staticmethod
    def _pen(counts: bool) -> QPen:
        """The line that counts is whole and in the accent; the other one is dashed: not told by colour alone."""
        colours = current_colours()
        if counts:
            return QPen(QColor(colours.accent), 2)
        pen = QPen(QColor(colours.muted), 1.5)
        pen.setDashPattern([3, 2])
        return pen

    def _draw_line(self, painter: QPainter, points: list[tuple[int, QPointF]], counts: bool) -> None:
        pen = self._pen(counts)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF([point for _number, point in points]))
        if not counts:
            return
        painter.setBrush(pen.color())
        for number, point in points:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(point, _DOT, _DOT)
            if number == self.best:
                painter.setPen(QPen(pen.color(), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(point, _RING, _RING)
                painter.setBrush(pen.color())

    # -- exact numbers -------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            told = self.told_at(QPointF(event.pos()))
            if told:
                QToolTip.showText(event.globalPos(), told, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def told_at(self, place: QPointF) -> str:
        """The numbers of the epoch under the pointer; empty for none."""
        for whole in self._areas():
            if self._epochs and whole.contains(place):
                area = self._inner(whole)
                nearest = min(self._epochs, key=lambda epoch: abs(self._across(area, epoch.number) - place.x()))
                return self.said(nearest)
        return ""

"""Texts as points on a plane, in the colours of their themes."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.domain.i18n import _, ngettext
from studio.domain.prediction import Findings
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import RADIUS, SPACE_3, TEXT_CAPTION
from studio.gui.widgets.answers._theme_colours import theme_colour
from studio.gui.words import Translated

_MARGIN = 14.0
_BADGE = 9.0
_REACH = 10.0
_LONGEST_TIP = 300
_MOST_DRAWN = 20_000


class ThemeMap(Translated, QWidget):
    """A map of a collection. Arrow keys walk from text to text, theme by theme; Enter chooses the theme of one.

    Signals:
        chosen: A theme (its place in the list) was pointed out; -1 for none.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings = Findings()
        self._order: list[int] = []
        self._themes: dict[int, int] = {}
        self._shown = -1
        self._current = -1
        self._hovered = -1
        #: The points as drawn, and which are near a place: neither is made anew while the pointer moves.
        self._layer: QPixmap | None = None
        self._cells: dict[tuple[int, int], list[int]] = {}
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(160)
        self.retranslate()

    def sizeHint(self) -> QSize:
        return QSize(320, 240)

    def heightForWidth(self, width: int) -> int:
        """How high it should be; whoever holds it sees to that."""
        return min(max(round(width * 0.72), 170), 360)

    def show_findings(self, findings: Findings) -> None:
        """Show these."""
        self._findings = findings
        self._order = [place for theme in findings.themes for place in theme.places]
        self._themes = {place: n for n, theme in enumerate(findings.themes) for place in theme.places}
        self._shown = self._current = self._hovered = -1
        self._forget()
        self.retranslate()

    def show_theme(self, number: int) -> None:
        """Let one theme stand out; -1 for all."""
        self._shown = number
        self._layer = None
        self.update()

    @property
    def current(self) -> int:
        """Place of the text that is told about; -1 for none."""
        return self._order[self._current] if 0 <= self._current < len(self._order) else -1

    def retranslate(self) -> None:
        findings = self._findings
        self.setAccessibleName(
            ngettext("Map of {n} text", "Map of {n} texts", len(findings.points)).format(n=f"{len(findings.points):,}")
        )
        self.setAccessibleDescription(
            _("Texts that say something alike are close together. Arrow keys go from text to text.")
        )
        self.update()

    def _forget(self) -> None:
        self._layer = None
        self._cells = {}

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._forget()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._layer = None

    # -- pointer and keyboard --------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        step = steps.get(event.key())
        if step is not None and self._order:
            self._go((self._current + step) % len(self._order))
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End) and self._order:
            self._go(0 if event.key() == Qt.Key.Key_Home else len(self._order) - 1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.current >= 0:
            self._choose(self._themes[self.current])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        QToolTip.hideText()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found == self._hovered:
            return
        self._hovered = found
        self.setCursor(Qt.CursorShape.PointingHandCursor if found >= 0 else Qt.CursorShape.ArrowCursor)
        self.update()
        if found < 0:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self._tip(found), self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        self._choose(self._themes.get(found, -1) if found >= 0 else self._shown)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = -1
        self.update()

    def _choose(self, number: int) -> None:
        """Choose a theme, or all of them where it was chosen before."""
        self.chosen.emit(-1 if number == self._shown else number)

    def _go(self, step: int) -> None:
        self._current = step
        place = self.current
        self.update()
        if self.isVisible():
            where = self._position(place) + QPointF(SPACE_3, SPACE_3)
            QToolTip.showText(self.mapToGlobal(where.toPoint()), self._tip(place), self)
        self.setAccessibleDescription(self._about(place))
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def _about(self, place: int) -> str:
        text = self._findings.texts[place]
        theme = self._findings.themes[self._themes[place]].name
        return f"{theme}: {text if len(text) <= _LONGEST_TIP else text[:_LONGEST_TIP] + '…'}"

    def _tip(self, place: int) -> str:
        # As rich text it is wrapped; what a text says is never read as such.
        return f"<qt>{html.escape(self._about(place))}</qt>"

    def _at(self, position: QPointF) -> int:
        if not self._cells:
            for place in self._order:
                self._cells.setdefault(_cell(self._position(place)), []).append(place)
        column, line = _cell(position)
        best, nearest = -1, _REACH
        for cell in ((column + x, line + y) for x in (-1, 0, 1) for y in (-1, 0, 1)):
            for place in self._cells.get(cell, ()):
                if self._shown >= 0 and self._themes[place] != self._shown:
                    continue
                gap = self._position(place) - position
                distance = math.hypot(gap.x(), gap.y())
                if distance < nearest:
                    best, nearest = place, distance
        return best

    # -- painting --------------------------------------------------------------------------------------------------

    def _position(self, place: int) -> QPointF:
        x, y = self._findings.points[place]
        return QPointF(
            _MARGIN + x * (self.width() - 2 * _MARGIN), self.height() - _MARGIN - y * (self.height() - 2 * _MARGIN)
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._layer is None:
            self._layer = self._drawn()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._layer)
        colours = current_colours()
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        told = self._hovered if self._hovered >= 0 else self.current if self.hasFocus() else -1
        if told >= 0:
            painter.setPen(QPen(QColor(colours.text), 2))
            painter.setBrush(theme_colour(self._themes[told]))
            painter.drawEllipse(self._position(told), self._radius + 2, self._radius + 2)

    @property
    def _radius(self) -> float:
        return 4.0 if len(self._order) <= 150 else 3.0 if len(self._order) <= 1000 else 2.0

    def _drawn(self) -> QPixmap:
        """The map without what is pointed at."""
        ratio = self.devicePixelRatioF()
        layer = QPixmap(self.size() * ratio)
        layer.setDevicePixelRatio(ratio)
        layer.fill(Qt.GlobalColor.transparent)
        colours = current_colours()
        painter = QPainter(layer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.setBrush(QColor(colours.background))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        # More points than this are one cloud anyway.
        step = max(1, len(self._order) // _MOST_DRAWN)
        for number, theme in enumerate(self._findings.themes):
            fill = theme_colour(number)
            fill.setAlphaF(0.85 if self._shown in (-1, number) else 0.15)
            painter.setBrush(fill)
            for place in theme.places[::step]:
                painter.drawEllipse(self._position(place), self._radius, self._radius)
        font = QFont(self.font())
        font.setPixelSize(TEXT_CAPTION)
        font.setBold(True)
        painter.setFont(font)
        for number, theme in enumerate(self._findings.themes):
            if self._shown in (-1, number):
                paint_badge(painter, self._middle(theme.places), number)
        painter.end()
        return layer

    def _middle(self, places: Sequence[int]) -> QPointF:
        """Where most of the texts are."""
        found = [self._position(place) for place in places]
        return QPointF(sorted(p.x() for p in found)[len(found) // 2], sorted(p.y() for p in found)[len(found) // 2])


def _cell(position: QPointF) -> tuple[int, int]:
    return math.floor(position.x() / _REACH), math.floor(position.y() / _REACH)


def paint_badge(painter: QPainter, middle: QPointF, number: int) -> None:
    """The number of a theme on its colour, with a font that the painter has already."""
    colours = current_colours()
    fill = theme_colour(number)
    words = str(number + 1)
    half = max(_BADGE, painter.fontMetrics().horizontalAdvance(words) / 2 + _BADGE / 2)
    box = QRectF(middle.x() - half, middle.y() - _BADGE, 2 * half, 2 * _BADGE)
    painter.setPen(QPen(QColor(colours.surface), 2))
    painter.setBrush(fill)
    painter.drawRoundedRect(box, _BADGE, _BADGE)
    dark = fill.lightnessF() > 0.6
    painter.setPen(QColor(colours.surface if dark == (QColor(colours.surface).lightnessF() < 0.5) else colours.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

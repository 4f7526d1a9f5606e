"""A recording as a row of bars with a moving cursor; while one is made, its level."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.gui.theme.icons import icon
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import ICON_LARGE, RADIUS, SPACE_2
from studio.gui.widgets.big_button import BigButton
from studio.gui.widgets.empty_state import paint_dashed

_HEIGHT = 72
#: Width of a bar and of the gap behind it.
_BAR, _GAP = 2, 2
#: Bars of the level that are kept while recording.
_LEVELS = 400


class Waveform(BigButton):
    """Shows a recording, an empty place for one, or the level of one that is being made.

    Signals:
        place_chosen: A place in the recording was clicked, 0 to 1.
    """

    place_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._peaks: tuple[float, ...] = ()
        self._levels: deque[float] = deque(maxlen=_LEVELS)
        self._recording = False
        self._place = 0.0
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    @property
    def place(self) -> float:
        """Where the cursor is, 0 to 1."""
        return self._place

    def show_peaks(self, peaks: Sequence[float]) -> None:
        """Show a recording; an empty place where there are none."""
        self._peaks, self._recording, self._place = tuple(peaks), False, 0.0
        self.update()

    def show_place(self, place: float) -> None:
        """Move the cursor."""
        self._place = min(1.0, max(0.0, place))
        self.update()

    def begin_recording(self) -> None:
        """Show the level from now on."""
        self._levels.clear()
        self._recording = True
        self.update()

    def add_level(self, level: float) -> None:
        """The level just now, 0 to 1."""
        self._levels.append(level)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._peaks and not self._recording and event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            inner = self._inner()
            self.place_chosen.emit(min(1.0, max(0.0, (event.position().x() - inner.left()) / inner.width())))
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        # A click into a recording moves the cursor; only an empty place is a button.
        if not self._peaks or self._recording:
            super().mouseReleaseEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.hasFocus() or self.property("dropping") or not (self._peaks or self._recording):
            paint_dashed(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._recording:
            self._paint_level(painter)
        elif self._peaks:
            self._paint_peaks(painter)
        else:
            side = 2 * ICON_LARGE
            symbol = icon("microphone", "faint")
            symbol.paint(painter, (self.width() - side) // 2, (self.height() - side) // 2, side, side)

    def _inner(self) -> QRectF:
        return QRectF(self.rect()).adjusted(SPACE_2, SPACE_2, -SPACE_2, -SPACE_2)

    def _paint_peaks(self, painter: QPainter) -> None:
        colours = current_colours()
        inner = self._inner()
        if not self.hasFocus():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.background))
            painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)
        bars = max(1, int(inner.width() // (_BAR + _GAP)))
        cursor = inner.left() + self._place * inner.width()
        for number in range(bars):
            first = number * len(self._peaks) // bars
            last = max(first + 1, (number + 1) * len(self._peaks) // bars)
            x = inner.left() + number * (_BAR + _GAP)
            colour = colours.accent if self._place > 0 and x < cursor else colours.control_line
            self._bar(painter, x, max(self._peaks[first:last]), colour)
        if 0 < self._place < 1:
            painter.fillRect(QRectF(cursor, inner.top(), 1, inner.height()), QColor(colours.text))

    def _paint_level(self, painter: QPainter) -> None:
        colours = current_colours()
        inner = self._inner()
        bars = max(1, int(inner.width() // (_BAR + _GAP)))
        levels = list(self._levels)[-bars:]
        for number, level in enumerate(levels):
            x = inner.right() - (len(levels) - number) * (_BAR + _GAP)
            # What is as loud as can be is cut off, and sounds bad.
            self._bar(painter, x, level, colours.bad if level > 0.99 else colours.accent)

    def _bar(self, painter: QPainter, x: float, peak: float, colour: str) -> None:
        inner = self._inner()
        height = max(2.0, peak * inner.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(x, inner.center().y() - height / 2, _BAR, height), 1, 1)

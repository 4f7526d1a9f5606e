"""A picture with a map over it: what each field did to the answer."""

from __future__ import annotations

import base64
import binascii

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.domain.explanation import Explanation
from studio.domain.i18n import _
from studio.gui.theme.theme import current_colours
from studio.gui.words import Translated
from studio.services.explaining_words import signed

_SIDE = 300
_STRONGEST = 0.6
_KEYS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class PictureMap(Translated, QWidget):
    """The map. A field is looked at with the pointer, a click, or the arrow keys.

    Signals:
        chosen: The field at a place shall be looked at; -1 for none.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Explanation | None = None
        self._image = QImage()
        self.place = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_map(self, found: Explanation) -> None:
        """Show what was found of a picture."""
        self._found = found
        try:
            data = base64.b64decode(found.grid.thumbnail if found.grid else "", validate=True)
        except (binascii.Error, ValueError):
            data = b""
        image = QImage.fromData(data)
        self._image = image if not image.isNull() else QImage(_SIDE, _SIDE, QImage.Format.Format_RGB888)
        if image.isNull():
            self._image.fill(Qt.GlobalColor.gray)
        size = self._image.size().scaled(QSize(_SIDE, _SIDE), Qt.AspectRatioMode.KeepAspectRatio)
        self.setFixedSize(size)
        self.retranslate()
        self.update()

    def choose(self, place: int) -> None:
        """Mark the field at a place; -1 for none."""
        self.place = place
        self.retranslate()
        self.update()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Picture with what each field did; the arrow keys go through the fields"))
        if self._found is not None:
            places = [self.place] if self.place >= 0 else list(self._found.heaviest[:10])
            self.setAccessibleDescription("; ".join(self._said(place) for place in places))

    def _said(self, place: int) -> str:
        assert self._found is not None
        return f"{self._found.parts[place].text}: {signed(self._found.weights[place])}"

    def _box(self, place: int) -> QRectF:
        assert self._found is not None and self._found.grid is not None
        grid = self._found.grid
        row, column = divmod(place, grid.columns)
        width, height = self.width() / grid.columns, self.height() / grid.rows
        return QRectF(column * width, row * height, width, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        found = self._found
        if found is None or found.grid is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect(), self._image)
        colours = current_colours()
        heaviest = max((abs(weight) for weight in found.weights), default=0.0) or 1.0
        for place, weight in enumerate(found.weights):
            shade = QColor(colours.good if weight > 0 else colours.bad)
            shade.setAlphaF(_STRONGEST * abs(weight) / heaviest)
            painter.fillRect(self._box(place), shade)
        if self.place >= 0:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRect(self._box(self.place).adjusted(1, 1, -1, -1))
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _place_at(self, at: QPointF) -> int:
        if self._found is None or self._found.grid is None or not QRectF(self.rect()).contains(at):
            return -1
        grid = self._found.grid
        column = min(int(at.x() * grid.columns / self.width()), grid.columns - 1)
        return min(int(at.y() * grid.rows / self.height()), grid.rows - 1) * grid.columns + column

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        QToolTip.showText(event.globalPosition().toPoint(), self._said(place) if place >= 0 else "", self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        self.chosen.emit(-1 if place == self.place else place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _KEYS.get(Qt.Key(event.key()))
        grid = self._found.grid if self._found is not None else None
        if step is None or grid is None:
            super().keyPressEvent(event)
            return
        row, column = divmod(max(self.place, 0), grid.columns)
        if self.place >= 0:
            row, column = (row + step[0]) % grid.rows, (column + step[1]) % grid.columns
        self.chosen.emit(row * grid.columns + column)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

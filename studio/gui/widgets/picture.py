"""A picture of a file, small, read off the window's thread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import _
from studio.gui.bridge import Background
from studio.gui.theme.tokens import RADIUS, SPACE_1
from studio.gui.widgets.layouts import column, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Translated
from studio.services.pictures import Preview, preview

#: Most room for the picture of a row.
_WIDTH, _HEIGHT = 260, 200
_KB, _MB = 1_000, 1_000_000


def pixmap_of(shown: Preview, room: QSize, ratio: float) -> QPixmap:
    """The picture in the room there is, sharp on a screen with ``ratio`` pixels to a point."""
    line = 3 * shown.shown_width
    image = QImage(shown.pixels, shown.shown_width, shown.shown_height, line, QImage.Format.Format_RGB888)
    box = QSize(round(room.width() * ratio), round(room.height() * ratio))
    if not _is_small(shown, box):
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        image = image.scaled(box, keep, smooth)
    pixmap = QPixmap.fromImage(image.copy())
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _is_small(shown: Preview, box: QSize) -> bool:
    """Whether a picture is so small that it stays as it is: an icon blown up shows nothing more."""
    return shown.width * 2 < box.width() and shown.height * 2 < box.height()


def draw_rounded(painter: QPainter, pixmap: QPixmap, place: QRectF) -> None:
    """Draw a picture in the middle of a place, its corners rounded."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    size = pixmap.deviceIndependentSize()
    left, top = place.left() + (place.width() - size.width()) / 2, place.top() + (place.height() - size.height()) / 2
    path = QPainterPath()
    path.addRoundedRect(QRectF(left, top, size.width(), size.height()), RADIUS / 2, RADIUS / 2)
    painter.save()
    painter.setClipPath(path)
    painter.drawPixmap(round(left), round(top), pixmap)
    painter.restore()


def facts_of(shown: Preview) -> str:
    """Size in pixels and bytes, in words."""
    size = shown.size_bytes
    return _("{width} × {height} pixels, {size}").format(
        width=shown.width,
        height=shown.height,
        size=f"{size / _MB:.1f} MB" if size >= _MB else f"{max(1, round(size / _KB))} kB",
    )


class _Sheet(QWidget):
    """Only the pixels."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmap: QPixmap | None = None
        self.setFixedHeight(_HEIGHT)

    def show_picture(self, pixmap: QPixmap) -> None:
        self._pixmap = pixmap
        size = pixmap.deviceIndependentSize()
        self.setFixedSize(round(size.width()), round(size.height()))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._pixmap is not None:
            draw_rounded(QPainter(self), self._pixmap, QRectF(self.rect()))


class PictureView(Translated, QWidget):
    """The picture of a row: to look at, with its size below; a quiet sentence where it can't be opened."""

    def __init__(self, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._shown: Preview | None = None
        self._failure: Failure | None = None
        self._background = Background(self)
        self._sheet = _Sheet()
        self._facts = Text(role="caption")
        self._said = Text(role="caption", wrap=True)
        column(self._sheet, self._facts, self._said, spacing=SPACE_1, parent=self)
        self.retranslate()
        side = round(max(_WIDTH, _HEIGHT) * self.devicePixelRatioF())
        self._background.run(lambda: preview(path, side), self._show, self._show_failure, owner=self)

    def _show(self, shown: Preview) -> None:
        self._shown = shown
        self._sheet.show_picture(pixmap_of(shown, QSize(_WIDTH, _HEIGHT), self.devicePixelRatioF()))
        self.retranslate()

    def _show_failure(self, failure: Failure) -> None:
        self._failure = failure
        show_if(False, self._sheet)
        self.retranslate()

    def retranslate(self) -> None:
        name = Path(self._path).name
        facts = facts_of(self._shown) if self._shown else ""
        self._facts.setText(facts)
        failure = self._failure
        self._said.setText(f"{failure.message} {failure.next_step}".strip() if failure else "")
        show_if(bool(facts), self._facts)
        show_if(failure is not None, self._said)
        self.setAccessibleName(", ".join(part for part in (_("Picture"), name, facts) if part))
        self.setAccessibleDescription(self._said.text())
        self.setToolTip(self._path)

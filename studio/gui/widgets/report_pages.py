"""The pages of a report, one below the other, as they will be printed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QSizePolicy, QWidget

from studio.domain.i18n import _
from studio.gui.theme.tokens import SPACE_3, SPACE_4
from studio.gui.widgets.layouts import clear, column
from studio.gui.words import Translated

_WIDEST = 820


class ReportPages(Translated, QScrollArea):
    """Shows pages as wide as there is room; Page Up and Page Down scroll."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._images: list[QImage] = []
        content = QWidget()
        content.setObjectName("scroll_content")
        self._place = column(spacing=SPACE_4, margins=(SPACE_3, SPACE_3, SPACE_3, SPACE_3), parent=content)
        self.setWidget(content)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Preview of the report, {n} pages").format(n=len(self._images)))

    @property
    def count(self) -> int:
        """How many pages are shown."""
        return len(self._images)

    def show_pages(self, pages: list[bytes]) -> None:
        """Show these PNG files; the place scrolled to stays."""
        at = self.verticalScrollBar().value()
        self._images = [QImage.fromData(page) for page in pages]
        clear(self._place)
        for number in range(len(self._images)):
            label = QLabel()
            label.setProperty("surface", "sheet")
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            label.setAccessibleName(_("Page {n}").format(n=number + 1))
            self._place.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        self._place.addStretch(1)
        self._fit()
        self.verticalScrollBar().setValue(at)
        self.retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        wide = min(_WIDEST, self.viewport().width() - 2 * SPACE_3)
        if wide < 100:
            return
        ratio = self.devicePixelRatioF()
        for number, image in enumerate(self._images):
            item = self._place.itemAt(number)
            label = item.widget() if item else None
            if isinstance(label, QLabel) and not image.isNull():
                scaled = image.scaledToWidth(round(wide * ratio), Qt.TransformationMode.SmoothTransformation)
                scaled.setDevicePixelRatio(ratio)
                label.setPixmap(QPixmap.fromImage(scaled))
                label.setFixedSize(wide, round(scaled.height() / ratio))

"""What the fields have in common that files can be dropped on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.gui.widgets.empty_state import paint_dashed
from studio.gui.widgets.inputs._field import InputField


class DropField(InputField):
    """An input that takes files which are dropped on it, and shows where meanwhile."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)

    def take_data(self, data: QMimeData) -> bool:
        """Take what was dropped or pasted; whether there was anything to take."""
        raise NotImplementedError

    def offers(self, data: QMimeData) -> bool:
        """Whether it may be dropped here."""
        return bool(local_files(data))

    @property
    def drop_place(self) -> QWidget:
        """The part of the field that shows where things land."""
        return self

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.offers(event.mimeData()):
            self._show_dropping(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_dropping(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._show_dropping(False)
        if self.take_data(event.mimeData()):
            event.acceptProposedAction()

    def _show_dropping(self, dropping: bool) -> None:
        self.drop_place.setProperty("dropping", dropping)
        self.drop_place.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.property("dropping"):
            paint_dashed(self)


def local_files(data: QMimeData) -> list[Path]:
    """The files of this computer that are named."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]

"""A picture: dropped, pasted from the clipboard, or chosen as a file; shown small, with its size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_, _, ngettext
from studio.domain.task import Field
from studio.gui.bridge import Background
from studio.gui.theme.icons import icon
from studio.gui.theme.tokens import ICON_LARGE, SPACE_1, SPACE_3
from studio.gui.widgets.big_button import BigButton
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.empty_state import paint_dashed
from studio.gui.widgets.inputs._drop import DropField, local_files
from studio.gui.widgets.inputs._field import Input, keeps_undo, undo_pressed
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.picture import PictureView, draw_rounded, facts_of, pixmap_of
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated, Words, said
from studio.media.picture import PICTURE_FILES
from studio.services.pictures import Preview, keep_pasted, pictures_in, preview

T = TypeVar("T")
#: The small picture: wide enough to see what it shows, low enough to leave the window to the answers.
_WIDTH, _HEIGHT = 116, 88


class _Tile(BigButton):
    """The small picture, or a place for one. It is the button that chooses a file, and takes the keys."""

    def __init__(self, owner: PictureInput) -> None:
        super().__init__()
        self._owner = owner
        self._pixmap: QPixmap | None = None
        self.setFixedSize(QSize(_WIDTH, _HEIGHT))
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_picture(self, pixmap: QPixmap | None) -> None:
        """Show this one; None for an empty place."""
        self._pixmap = pixmap
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._pixmap is None or self.hasFocus() or self.property("dropping"):
            paint_dashed(self)
        painter = QPainter(self)
        if self._pixmap is None:
            side = 2 * ICON_LARGE
            symbol = icon("image", "faint")
            symbol.paint(painter, (self.width() - side) // 2, (self.height() - side) // 2, side, side)
            return
        draw_rounded(painter, self._pixmap, QRectF(self.rect()))

    def event(self, event: QEvent) -> bool:
        if keeps_undo(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        undo = undo_pressed(event)
        if undo is not None:
            self._owner.undo_wanted.emit(undo)
        elif event.matches(QKeySequence.StandardKey.Paste):
            self._owner.paste()
        elif enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._owner.submitted.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._owner.clear()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._owner.left.emit()


class PictureInput(Translated, DropField):
    """A picture; its value is the path of a file."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self._path = ""
        self._preview: Preview | None = None
        self._failure: Failure | None = None
        self._remark: Words = ""
        # Its own, so that what comes late finds nobody once the field is gone.
        self._background = Background(self)
        self.tile = _Tile(self)
        self.tile.clicked.connect(lambda _checked=False: self.choose())
        self.name = ElidedText(role="strong", mode=Qt.TextElideMode.ElideMiddle)
        self.facts = Text(role="caption")
        self.message = Text(role="note", wrap=True)
        self.choose_button = Button(N_("Choose a picture …"), "secondary", "folder-open", self.choose)
        self.paste_button = Button(N_("Paste"), "ghost", "clipboard", self.paste, tip=N_("Ctrl+V pastes as well."))
        self.clear_button = Button(N_("Remove"), "ghost", "x", self.clear)
        buttons = row(
            self.choose_button, self.paste_button, self.clear_button, None, spacing=SPACE_1, margins=(0, SPACE_1, 0, 0)
        )
        words = column(None, self.name, self.facts, self.message, buttons, None, spacing=SPACE_1)
        row(self.tile, words, spacing=SPACE_3, margins=(SPACE_1,) * 4, parent=self).setStretch(1, 1)
        self.setFocusProxy(self.tile)
        self.retranslate()

    @property
    def value(self) -> str:
        return self._path

    def show_value(self, value: str) -> None:
        if value != self._path:
            # A project can come from anyone: looking at a file on a server would tell that server who is looking.
            far = value.startswith(("\\\\", "//"))
            self._take(value, N_("It lies on a server. It is opened when you run it.") if far else "", look=not far)

    def focus_end(self) -> None:
        self.tile.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def last_focus(self) -> QWidget:
        return self.clear_button if self._path else self.paste_button

    # -- ways in ---------------------------------------------------------------------------------------------------

    def choose(self) -> None:
        """Ask for a file."""
        patterns = " ".join(f"*{ending}" for ending in PICTURE_FILES)
        start = str(Path(self._path).parent) if self._path else ""
        name, _filter = QFileDialog.getOpenFileName(
            self, _("Choose a picture"), start, _("Pictures ({patterns})").format(patterns=patterns)
        )
        if name:
            self._take(name)

    def paste(self) -> None:
        """Take what the clipboard holds: a picture, or the name of a file."""
        if not self.take_data(QGuiApplication.clipboard().mimeData()):
            self._say(N_("The clipboard holds no picture. Copy one first, or choose a file."))

    def clear(self) -> None:
        """Take the picture away."""
        if self._path:
            self.tile.setFocus(Qt.FocusReason.OtherFocusReason)
            self._take("")

    @property
    def drop_place(self) -> QWidget:
        return self.tile

    def offers(self, data: QMimeData) -> bool:
        return data.hasImage() or super().offers(data)

    def take_data(self, data: QMimeData) -> bool:
        """Take a picture, or the first of several files; whether there was anything to take."""
        files = local_files(data)
        if files:
            self._take_files(files)
            return True
        image = data.imageData() if data.hasImage() else None
        if isinstance(image, QImage) and not image.isNull():
            self._background.run(
                lambda: keep_pasted(lambda path: image.save(str(path))),
                lambda path: self._take(str(path)),
                self._show_failure,
                owner=self,
            )
            return True
        typed = data.text().strip().strip('"') if data.hasText() else ""
        if typed and "\n" not in typed and Path(typed).suffix.lower() in PICTURE_FILES:
            self._take(typed)
            return True
        return False

    def _take_files(self, files: Sequence[Path]) -> None:
        if len(files) == 1 and not files[0].is_dir():
            self._take(str(files[0]))
            return

        def chosen(found: tuple[Path, ...]) -> None:
            if not found:
                self._say(N_("There are no pictures in it."))
                return
            self._take(str(found[0]), _first_of(len(found)))

        # A folder may lie on a slow disk.
        self._background.run(lambda: pictures_in(files), chosen, self._show_failure, owner=self)

    # -- showing ---------------------------------------------------------------------------------------------------

    def _take(self, path: str, remark: Words = "", look: bool = True) -> None:
        self._path, self._preview, self._failure, self._remark = path, None, None, remark
        self.tile.show_picture(None)
        self.retranslate()
        self.changed.emit()
        if path and look:
            ratio = self.devicePixelRatioF()
            side = round(max(_WIDTH, _HEIGHT) * 2 * ratio)

            def if_still(call: Callable[[T], object]) -> Callable[[T], object]:
                return lambda value: call(value) if self._path == path else None

            self._background.run(
                lambda: preview(path, side), if_still(self._show_preview), if_still(self._show_failure), owner=self
            )

    def _show_preview(self, shown: Preview) -> None:
        self._preview = shown
        room = QSize(_WIDTH - 2 * SPACE_1, _HEIGHT - 2 * SPACE_1)
        self.tile.show_picture(pixmap_of(shown, room, self.devicePixelRatioF()))
        self.retranslate()

    def _show_failure(self, failure: Failure) -> None:
        self._failure = failure
        self.retranslate()

    def _say(self, remark: Words) -> None:
        self._remark = remark
        self.retranslate()

    def retranslate(self) -> None:
        name = Path(self._path).name if self._path else ""
        self.name.setText(name or said(self._field.placeholder))
        facts = facts_of(self._preview) if self._preview else ""
        self.facts.setText(facts)
        show_if(bool(facts), self.facts)
        failure = self._failure
        message = f"{failure.message} {failure.next_step}".strip() if failure else said(self._remark)
        self.message.setText(message)
        self.message.set_tone("bad" if failure else "neutral")
        show_if(bool(message), self.message)
        show_if(bool(self._path), self.clear_button)
        title = said(self._field.title)
        self.tile.setAccessibleName(", ".join(part for part in (title, name, facts) if part))
        self.tile.setAccessibleDescription(message or said(self._field.placeholder))
        self.tile.setToolTip(self._path)


def _first_of(count: int) -> Words:
    return lambda: ngettext(
        "The only picture in it. Evaluate tests many pictures at once.",
        "The first of {n} pictures. Evaluate tests many at once.",
        count,
    ).format(n=count)


INPUT = Input(("image",), PictureInput, PictureView)

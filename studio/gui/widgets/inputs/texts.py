"""A collection of texts: pasted, one a line, or taken from a column of a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QComboBox, QFileDialog, QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_, _, ngettext
from studio.domain.task import Field
from studio.gui.bridge import Background
from studio.gui.theme.tokens import SPACE_1
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.inputs._drop import DropField, local_files
from studio.gui.widgets.inputs._field import Input, InputField
from studio.gui.widgets.inputs.text import TextArea
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, said
from studio.services.text_collections import COLLECTION_FILES, MOST_TEXTS, TextCollection, read_collection

#: Height in lines, at first and when all of it is to be seen: the room is the answers'.
_LOW, _HIGH = (2, 2), (4, 14)


class _Area(TextArea):
    """Files that are dropped on it are read, not named."""

    def __init__(self, field: Field, owner: InputField) -> None:
        super().__init__(field, owner, _LOW)
        self.setProperty("kind", "field")

    def unfold(self, high: bool) -> None:
        """Make room for more lines, or for fewer."""
        self._lines = _HIGH if high else _LOW
        self._fit()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return not local_files(source) and super().canInsertFromMimeData(source)


class TextsInput(Translated, DropField):
    """Texts, one a line; its value is the lines."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._collection: TextCollection | None = None
        self._failure: Failure | None = None
        #: What is read now; a later choice makes an earlier one stale, which then stops.
        self._reading = 0
        self._busy = False
        self._background = Background(self)
        self.area = _Area(field, self)
        self.area.textChanged.connect(self._on_text)
        self.area.submitted.connect(self.submitted)
        self.count = Text(role="caption")
        self.message = Text(role="note", wrap=True)
        self.columns = self._combo(lambda name: self._read(column=name))
        self.sheets = self._combo(lambda name: self._read(sheet=name))
        self.unfold_button = Button(N_("Show more"), "status", "caret-down", self._unfold)
        self.unfold_button.setCheckable(True)
        self.choose_button = Button(N_("Choose a file…"), "status", "folder-open", self.choose)
        self.clear_button = Button(N_("Remove"), "status", "x", self.clear)
        line = row(
            self.count,
            None,
            self.sheets,
            self.columns,
            self.unfold_button,
            self.clear_button,
            self.choose_button,
            spacing=SPACE_1,
        )
        column(self.area, line, self.message, spacing=SPACE_1, parent=self)
        self.setFocusProxy(self.area)
        self.retranslate()

    def _combo(self, on_chosen) -> QComboBox:
        combo = QComboBox()
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(12)
        combo.setMaximumWidth(180)
        combo.textActivated.connect(on_chosen)
        show_if(False, combo)
        return combo

    @property
    def value(self) -> str:
        return self.area.toPlainText()

    def show_value(self, value: str) -> None:
        if self.area.toPlainText() != value:
            self._forget_file()
            self.area.setPlainText(value)
            self.area.moveCursor(QTextCursor.MoveOperation.Start)

    def focus_end(self) -> None:
        self.area.setFocus(Qt.FocusReason.OtherFocusReason)
        self.area.moveCursor(QTextCursor.MoveOperation.End)

    @property
    def last_focus(self) -> QWidget:
        return self.choose_button

    # -- ways in ---------------------------------------------------------------------------------------------------

    def choose(self) -> None:
        """Ask for a file."""
        patterns = " ".join(f"*{ending}" for ending in COLLECTION_FILES)
        start = str(self._path.parent) if self._path else ""
        name, _filter = QFileDialog.getOpenFileName(
            self, _("Choose a file with texts"), start, _("Tables and texts ({patterns})").format(patterns=patterns)
        )
        if name:
            self.take_file(Path(name))

    def take_file(self, path: Path) -> None:
        """Read the texts of a file, in place of those that are there."""
        self._path = path
        self._read()

    def clear(self) -> None:
        """Take all texts away."""
        self.area.setFocus(Qt.FocusReason.OtherFocusReason)
        self.show_value("")

    def take_data(self, data: QMimeData) -> bool:
        files = local_files(data)
        if files:
            self.take_file(files[0])
        return bool(files)

    def _read(self, column: str = "", sheet: str = "") -> None:
        path = self._path
        if path is None:
            return
        if column and self._collection:
            sheet = self._collection.sheet
        self._reading += 1
        mine = self._reading
        self._busy, self._failure = True, None
        self.retranslate()

        def done(found: TextCollection) -> None:
            if mine == self._reading:
                self._show(found)

        def failed(failure: Failure) -> None:
            if mine == self._reading:
                self._busy, self._failure = False, failure
                self._show_choices()
                self.retranslate()

        self._background.run(
            lambda: read_collection(path, column, sheet, cancelled=lambda: mine != self._reading),
            done,
            failed,
            owner=self,
        )

    # -- showing ---------------------------------------------------------------------------------------------------

    def _show(self, found: TextCollection) -> None:
        path = self._path
        self.area.blockSignals(True)
        self.area.setPlainText("\n".join(found.texts))
        self.area.moveCursor(QTextCursor.MoveOperation.Start)
        self.area.blockSignals(False)
        self._path, self._collection, self._busy = path, found, False
        self._show_choices()
        self.retranslate()
        self.changed.emit()
        self.left.emit()

    def _show_choices(self) -> None:
        found = self._collection
        for combo, names, chosen in (
            (self.columns, found.columns if found else (), found.column if found else ""),
            (self.sheets, found.sheets if found else (), found.sheet if found else ""),
        ):
            combo.clear()
            combo.addItems(list(names))
            combo.setCurrentText(chosen)
            show_if(len(names) > 1, combo)

    def _on_text(self) -> None:
        self._failure = None
        self.retranslate()
        self.changed.emit()

    def _forget_file(self) -> None:
        self._reading += 1
        self._path, self._collection, self._busy, self._failure = None, None, False, None
        self._show_choices()

    def _unfold(self) -> None:
        high = self.unfold_button.isChecked()
        self.area.unfold(high)
        self.unfold_button.say(N_("Show less") if high else N_("Show more"))
        self.unfold_button.set_icon("caret-up" if high else "caret-down")

    def retranslate(self) -> None:
        count = sum(bool(line.strip()) for line in self.area.toPlainText().splitlines())
        self.count.setText(_("Reading the file…") if self._busy else _count_words(count))
        show_if(bool(count), self.clear_button)
        show_if(count > _LOW[1] or self.unfold_button.isChecked(), self.unfold_button)
        message = _sentence(self._failure, self._collection)
        self.message.setText(message)
        self.message.set_tone("bad" if self._failure else "neutral")
        show_if(bool(message), self.message)
        self.columns.setAccessibleName(_("Column with the texts"))
        self.columns.setToolTip(_("Column with the texts"))
        self.sheets.setAccessibleName(_("Sheet"))
        self.sheets.setToolTip(_("Sheet"))
        self.area.setAccessibleDescription(self.count.text())


def _count_words(count: int) -> str:
    if not count:
        return said(N_("One text a line, or drop a table."))
    return ngettext("{n} text", "{n} texts", count).format(n=f"{count:,}")


def _sentence(failure: Failure | None, found: TextCollection | None) -> str:
    if failure is not None:
        return f"{failure.message} {failure.next_step}".strip()
    if found is not None and found.more:
        return _("The file has more; the first {n} were taken.").format(n=f"{MOST_TEXTS:,}")
    return ""


INPUT = Input(("texts",), TextsInput)

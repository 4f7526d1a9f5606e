"""A document: pasted or typed, or taken from a file; its text can be looked at and changed."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_, _, ngettext
from studio.domain.task import Field
from studio.evaluation.importing.document_text import MOST_CHARACTERS, SUFFIXES, text_of
from studio.gui.bridge import Background, Stream
from studio.gui.theme.tokens import SPACE_1
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.inputs._drop import DropField, local_files
from studio.gui.widgets.inputs._field import Input
from studio.gui.widgets.inputs.text import TextArea
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated, plain, said

#: Height in lines, at first and when all of it is to be seen: the room is the answers'.
_LOW, _HIGH = (2, 2), (4, 14)
#: What is read sooner shows no progress: it would only flicker.
_PATIENCE_MS = 150


class _Area(TextArea):
    """Files that are dropped or pasted are read, not named. A text far too long to read is refused before it is laid
    out, which would hold up the window."""

    def __init__(self, field: Field, owner: DocumentInput) -> None:
        super().__init__(field, owner, _LOW)
        self.setProperty("kind", "field")
        self._document_input = owner

    def unfold(self, high: bool) -> None:
        """Make room for more of the text, or for less."""
        self._lines = _HIGH if high else _LOW
        self._fit()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return bool(local_files(source)) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        files = local_files(source)
        if files:
            self._document_input.take_files(files)
        elif len(source.text()) > MOST_CHARACTERS:
            self._document_input.refuse_length()
        else:
            super().insertFromMimeData(source)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._document_input.reading:
            self._document_input.stop()
            return
        super().keyPressEvent(event)


class DocumentInput(Translated, DropField):
    """A document; its value is the text."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._folder = ""
        self._remark = ""
        self._failure: Failure | None = None
        #: Stops what is read now; None while nothing is.
        self._stop: threading.Event | None = None
        self._background = Background(self)
        self.area = _Area(field, self)
        self.area.textChanged.connect(self._on_text)
        self.area.submitted.connect(self.submitted)
        self.facts = ElidedText(role="caption", mode=Qt.TextElideMode.ElideMiddle)
        self.message = Text(role="note", wrap=True)
        self.progress: ProgressRow | None = None
        self.unfold_button = Button(N_("Show more"), "status", "caret-down", self._unfold)
        self.unfold_button.setCheckable(True)
        self.choose_button = Button(N_("Choose a file…"), "status", "folder-open", self.choose)
        self.clear_button = Button(N_("Remove"), "status", "x", self.clear)
        self._line = QWidget()
        line = row(
            self.facts,
            self.unfold_button,
            self.clear_button,
            self.choose_button,
            spacing=SPACE_1,
            parent=self._line,
        )
        line.setStretch(0, 1)
        self._layout = column(self.area, self._line, self.message, spacing=SPACE_1, parent=self)
        self.setFocusProxy(self.area)
        self.retranslate()

    @property
    def value(self) -> str:
        return self.area.toPlainText()

    @property
    def reading(self) -> bool:
        """Whether a file is being read."""
        return self._stop is not None

    def show_value(self, value: str) -> None:
        if self.area.toPlainText() != value:
            self.stop()
            self._name, self._remark, self._failure = "", "", None
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
        patterns = " ".join(f"*{ending}" for ending in SUFFIXES)
        name, _filter = QFileDialog.getOpenFileName(
            self,
            _("Choose a document"),
            self._folder,
            ";;".join((_("Documents ({patterns})").format(patterns=patterns), _("All files (*)"))),
        )
        if name:
            self.take_files([Path(name)])

    def take_files(self, files: list[Path]) -> None:
        """Read the first of these files, in place of the text that is there."""
        path = files[0]
        self.stop()
        stop = self._stop = threading.Event()
        self._folder, self._failure = str(path.parent), None
        self._remark = _("One document at a time: the first file was taken.") if len(files) > 1 else ""
        self.progress = ProgressRow(plain(_("Reading {name}").format(name=path.name)), on_stop=self.stop, parent=self)
        self.progress.hide()
        self._layout.insertWidget(1, self.progress)
        QTimer.singleShot(_PATIENCE_MS, self, lambda: self._show_progress(stop))
        shares = Stream[float](self._background, lambda batch: self._show_share(stop, batch[-1]), self)

        def done(text: str) -> None:
            if stop is self._stop:
                self._show(path.name, text)

        def failed(failure: Failure) -> None:
            if stop is self._stop:
                self._end()
                self._failure = None if failure.kind == "StoppedError" else failure
                self.retranslate()

        self._background.run(lambda: text_of(path, shares.push, stop.is_set), done, failed, owner=self)
        self.retranslate()

    def stop(self) -> None:
        """Stop reading; what was there stays."""
        if self._stop is not None:
            self._stop.set()
            self._end()
            self.retranslate()

    def clear(self) -> None:
        """Take the document away."""
        self.area.setFocus(Qt.FocusReason.OtherFocusReason)
        self.show_value("")
        self.left.emit()

    def refuse_length(self) -> None:
        """Say that what was pasted is too long."""
        self._remark = ""
        self._failure = Failure(
            "InputError",
            _("The text is too long to look for answers in: more than {n} characters.").format(
                n=f"{MOST_CHARACTERS:,}"
            ),
            _("Paste a part of it."),
        )
        self.retranslate()

    def take_data(self, data: QMimeData) -> bool:
        files = local_files(data)
        if files:
            self.take_files(files)
        return bool(files)

    # -- showing ---------------------------------------------------------------------------------------------------

    def _show(self, name: str, text: str) -> None:
        self._end()
        self.area.blockSignals(True)
        self.area.setPlainText(text)
        self.area.moveCursor(QTextCursor.MoveOperation.Start)
        self.area.blockSignals(False)
        self._name = name
        self.retranslate()
        self.changed.emit()
        self.left.emit()

    def _unfold(self) -> None:
        high = self.unfold_button.isChecked()
        self.area.unfold(high)
        self.unfold_button.say(N_("Show less") if high else N_("Show more"))
        self.unfold_button.set_icon("caret-up" if high else "caret-down")

    def _show_progress(self, stop: threading.Event) -> None:
        if stop is self._stop and self.progress is not None:
            self._line.hide()
            self.progress.show()

    def _show_share(self, stop: threading.Event, share: float) -> None:
        if stop is self._stop and self.progress is not None:
            self.progress.show_progress(share)

    def _end(self) -> None:
        self._stop = None
        if self.progress is not None:
            if self.progress.isAncestorOf(self.focusWidget() or self):
                self.area.setFocus(Qt.FocusReason.OtherFocusReason)
            self._layout.removeWidget(self.progress)
            self.progress.hide()
            self.progress.deleteLater()
            self.progress = None
            self._line.show()

    def _on_text(self) -> None:
        self._failure, self._remark = None, ""
        if self.area.document().isEmpty():
            self._name = ""
        self.retranslate()
        self.changed.emit()

    def retranslate(self) -> None:
        count = self.area.document().characterCount() - 1
        facts = " · ".join(part for part in (self._name, _length_words(count)) if part)
        self.facts.setText(facts)
        show_if(bool(count), self.clear_button)
        show_if(bool(count), self.unfold_button)
        failure = self._failure
        message = f"{failure.message} {failure.next_step}".strip() if failure else self._remark
        self.message.setText(message)
        self.message.set_tone("bad" if failure else "neutral")
        show_if(bool(message), self.message)
        self.area.setAccessibleDescription(", ".join(part for part in (facts, message) if part))


def _length_words(count: int) -> str:
    if not count:
        return said(N_("Paste a text, or drop a file here."))
    return ngettext("{n} character", "{n} characters", count).format(n=f"{count:,}")


INPUT = Input(("document",), DocumentInput)

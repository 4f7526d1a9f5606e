"""A recording: dropped, chosen as a file, or made with the microphone; shown as a waveform that can be played."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QTimer
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.domain.task import Field
from studio.gui.theme.tokens import SPACE_1, SPACE_2
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.inputs._drop import DropField, local_files
from studio.gui.widgets.inputs._field import Input, keeps_undo, undo_pressed
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.sound.recording_view import TICK_MS, RecordingView, ShownRecording, length
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated, Words, said
from studio.services.recordings import SOUND_FILES, keep_recorded
from studio.services.sound import Microphone


class RecordingInput(Translated, DropField):
    """A recording; its value is the path of a file."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self._remark: Words = ""
        self._microphone: Microphone | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.view = RecordingView()
        self.wave = self.view.wave
        self.wave.clicked.connect(lambda _checked=False: self._press())
        self.wave.installEventFilter(self)
        self.name = ElidedText(role="strong", mode=Qt.TextElideMode.ElideMiddle)
        self.facts = Text(role="caption")
        self.message = Text(role="note", wrap=True)
        self.choose_button = Button(N_("Choose a recording…"), "secondary", "folder-open", self.choose)
        self.record_button = Button(N_("Record"), "secondary", "microphone", self._toggle_recording)
        self.clear_button = Button(N_("Remove"), "ghost", "x", self.clear)
        buttons = row(self.choose_button, self.record_button, self.clear_button, spacing=SPACE_1)
        below = row(column(self.name, self.facts, spacing=0), buttons, spacing=SPACE_2)
        below.setStretch(0, 1)
        column(self.view, below, self.message, spacing=SPACE_2, margins=(SPACE_1,) * 4, parent=self)
        self.setFocusProxy(self.wave)
        self.view.changed.connect(self.retranslate)
        self.retranslate()

    @property
    def value(self) -> str:
        return self.view.path

    def show_value(self, value: str) -> None:
        if value != self.view.path:
            self._take(value)

    def focus_end(self) -> None:
        self.wave.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def last_focus(self) -> QWidget:
        return self.clear_button if self.value or self._microphone else self.record_button

    # -- ways in ---------------------------------------------------------------------------------------------------

    def choose(self) -> None:
        """Ask for a file."""
        patterns = " ".join(f"*{ending}" for ending in SOUND_FILES)
        start = str(Path(self.value).parent) if self.value else ""
        name, _filter = QFileDialog.getOpenFileName(
            self, _("Choose a recording"), start, _("Recordings ({patterns})").format(patterns=patterns)
        )
        if name:
            self._take(name)

    def paste(self) -> None:
        """Take the file that the clipboard names."""
        if not self.take_data(QGuiApplication.clipboard().mimeData()):
            self._remark = N_("The clipboard holds no recording. Copy a file first, or choose one.")
            self.retranslate()

    def clear(self) -> None:
        """Take the recording away; while one is made, give that up."""
        if self._microphone is not None:
            self._end_recording().abandon()
            self.view.show_again()
        elif self.value:
            self.wave.setFocus(Qt.FocusReason.OtherFocusReason)
            self._take("")

    @property
    def drop_place(self) -> QWidget:
        return self.wave

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if keeps_undo(event):
            event.accept()
            return True
        if isinstance(event, QFocusEvent) and event.lostFocus():
            self.left.emit()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._take_key(event)
        return super().eventFilter(watched, event)

    def _take_key(self, event: QKeyEvent) -> bool:
        """A key on the waveform; whether it was meant for the field."""
        undo, key = undo_pressed(event), event.key()
        enter = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if undo is not None:
            self.undo_wanted.emit(undo)
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        elif enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.submitted.emit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        elif self._microphone is None and self.view.take_key(event):
            return True
        elif enter or key == Qt.Key.Key_Space:
            self._press()
        else:
            return False
        return True

    def _press(self) -> None:
        if self._microphone is not None:
            self._toggle_recording()
        elif self.view.outline is None:
            self.choose()

    def take_data(self, data: QMimeData) -> bool:
        """Take the first of the files; whether there was any."""
        files = [str(path) for path in local_files(data)]
        typed = data.text().strip().strip('"') if data.hasText() else ""
        if not files and typed and "\n" not in typed and Path(typed).suffix.lower() in SOUND_FILES:
            files = [typed]
        if not files:
            return False
        self._take(files[0], _first_of(len(files)) if len(files) > 1 else "")
        return True

    # -- recording -------------------------------------------------------------------------------------------------

    def _toggle_recording(self) -> None:
        if self._microphone is None:
            self.view.silence()
            self._remark = ""
            self.view.work.run(Microphone, self._show_recording, self.view.show_failure, lambda late: late.abandon())
            return
        microphone = self._end_recording()
        self.view.work.run(
            lambda: keep_recorded(microphone.stop(), microphone.rate),
            lambda path: self._take(str(path)),
            self.view.show_failure,
        )

    def _show_recording(self, microphone: Microphone) -> None:
        self._microphone = microphone
        self.view.failure = None
        self.wave.begin_recording()
        self._timer.start()
        self.retranslate()

    def _end_recording(self) -> Microphone:
        assert self._microphone is not None
        microphone, self._microphone = self._microphone, None
        self._timer.stop()
        self.retranslate()
        return microphone

    def _tick(self) -> None:
        if self._microphone is not None:
            self.wave.add_level(self._microphone.level)
            self.facts.setText(length(self._microphone.seconds))
            if self._microphone.full:
                self._toggle_recording()

    def hideEvent(self, event: QHideEvent) -> None:
        # Nobody wants to be heard by a screen that is not seen; what was said is kept.
        if self._microphone is not None:
            self._toggle_recording()
        super().hideEvent(event)

    # -- showing ---------------------------------------------------------------------------------------------------

    def _take(self, path: str, remark: Words = "") -> None:
        if self._microphone is not None:
            self._end_recording().abandon()
        self._remark = remark
        self.view.show_recording(path)
        self.changed.emit()

    def retranslate(self) -> None:
        recording = self._microphone is not None
        name = Path(self.value).name if self.value else ""
        self.name.setText(_("Recording now") if recording else name or said(self._field.placeholder))
        facts = length(0.0) if recording else self.view.facts()
        self.facts.setText(facts)
        show_if(bool(facts), self.facts)
        message = self.view.message() or said(self._remark)
        self.message.setText(message)
        self.message.set_tone("bad" if self.view.failure else "neutral")
        show_if(bool(message), self.message)
        show_if(self.view.outline is not None and not recording, self.view.play_button)
        self.record_button.say(N_("Stop recording") if recording else N_("Record"))
        self.record_button.set_icon("stop" if recording else "microphone")
        show_if(not recording, self.choose_button)
        self.clear_button.say(N_("Discard") if recording else N_("Remove"))
        show_if(recording or bool(self.value), self.clear_button)
        title = said(self._field.title)
        self.wave.setAccessibleName(", ".join(part for part in (title, name, facts) if part))
        self.wave.setAccessibleDescription(message or self._hint())
        self.wave.setToolTip(self.value or self._hint())

    def _hint(self) -> str:
        if self._microphone is not None:
            return _("Space ends the recording, Delete gives it up.")
        if self.view.outline is not None:
            return _("Space plays and stops, the arrow keys move, Delete removes it.")
        return said(self._field.placeholder)


def _first_of(count: int) -> Words:
    return lambda: ngettext(
        "The only recording in it. Evaluate tests many recordings at once.",
        "The first of {n} recordings. Evaluate tests many at once.",
        count,
    ).format(n=count)


INPUT = Input(("audio",), RecordingInput, ShownRecording)

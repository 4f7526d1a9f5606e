"""A recording that can be looked at and played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_, _
from studio.gui.bridge import Background
from studio.gui.theme.tokens import SPACE_1, SPACE_2
from studio.gui.widgets.buttons import IconButton
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.sound.waveform import Waveform
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated
from studio.services.recordings import Outline, outline
from studio.services.sound import Playback

T = TypeVar("T")
#: Milliseconds between two looks at the level or the position.
TICK_MS = 50
#: An arrow key moves the cursor by so many seconds, or this share of the recording where that is more.
_STEP_S, _STEP = 0.5, 0.02
_KB, _MB = 1_000, 1_000_000


class Latest(QObject):
    """Work off the window's thread of which only the latest counts.

    Args:
        owner: When it is gone, nobody is called any more.
    """

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._background = Background(self)
        self._turn = 0

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[Failure], object],
        late: Callable[[T], object] = lambda _value: None,
    ) -> None:
        """Do ``work``; ``late`` gets what came of it when something else was wanted by then."""
        self._turn += 1
        turn = self._turn
        self._background.run(
            work,
            lambda value: done(value) if turn == self._turn else late(value),
            lambda failure: failed(failure) if turn == self._turn else None,
            owner=self._owner,
        )

    def forget(self) -> None:
        """What is under way is not wanted any more."""
        self._turn += 1

    def finish(self, within_s: float) -> bool:
        """See `Background.finish`."""
        return self._background.finish(within_s)


class RecordingView(QWidget):
    """The waveform with a button that plays it.

    Signals:
        changed: It shows something else, plays, is silent, or found that it can't be read.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path = ""
        self.outline: Outline | None = None
        self.failure: Failure | None = None
        self._playback: Playback | None = None
        self.work = Latest(self)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.wave = Waveform(self)
        self.wave.place_chosen.connect(self.go_to)
        self.play_button = IconButton("play", N_("Play"), self.toggle_playing, large=True)
        row(self.play_button, self.wave, spacing=SPACE_2, parent=self)
        self._changed()

    @property
    def playing(self) -> bool:
        return self._playback is not None

    def show_recording(self, path: str) -> None:
        """Show the recording in this file; empty for none."""
        self.silence()
        self.work.forget()
        self.path, self.outline, self.failure = path, None, None
        self.wave.show_peaks(())
        if path:
            self.work.run(lambda: outline(path), self._show_outline, self.show_failure)
        self._changed()

    def show_again(self) -> None:
        """Show the recording as it was before something else was drawn in its place."""
        self.wave.show_peaks(self.outline.peaks if self.outline else ())
        self._changed()

    def show_failure(self, failure: Failure) -> None:
        """Something went wrong with it."""
        self.failure = failure
        self.show_again()

    def toggle_playing(self) -> None:
        """Play from the cursor on, or stop."""
        if self._playback is not None:
            self.silence()
        elif self.outline is not None:
            begin = self.wave.place if self.wave.place < 1 else 0.0
            path, start_s = self.path, begin * self.outline.seconds
            self.work.run(
                lambda: Playback(path, start_s), self._show_playing, self.show_failure, lambda late: late.stop()
            )

    def go_to(self, place: float) -> None:
        """Move the cursor, 0 to 1; what plays goes on from there."""
        playing = self.playing
        self.silence()
        self.wave.show_place(place)
        if playing:
            self.toggle_playing()

    def silence(self) -> None:
        """Stop playing."""
        if self._playback is not None:
            self._playback.stop()
            self._playback = None
            self._timer.stop()
            self._changed()

    def take_key(self, event: QKeyEvent) -> bool:
        """Play, stop or move by a key; whether it was one of those."""
        key = event.key()
        if self.outline is None:
            return False
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = max(_STEP_S / self.outline.seconds, _STEP)
            self.go_to(self.wave.place + (step if key == Qt.Key.Key_Right else -step))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.go_to(0.0 if key == Qt.Key.Key_Home else 1.0)
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle_playing()
        else:
            return False
        return True

    def facts(self) -> str:
        """How long and how large it is."""
        if self.outline is None:
            return ""
        size = self.outline.size_bytes
        written = f"{size / _MB:.1f} MB" if size >= _MB else f"{max(1, round(size / _KB))} kB"
        return f"{length(self.outline.seconds)}, {written}"

    def message(self) -> str:
        """What went wrong, or what must be known of it."""
        if self.failure is not None:
            return f"{self.failure.message} {self.failure.next_step}".strip()
        return " ".join(self.outline.notices) if self.outline else ""

    def hideEvent(self, event: QHideEvent) -> None:
        # Nobody wants to hear a screen that is not seen.
        self.silence()
        super().hideEvent(event)

    def _show_outline(self, shown: Outline) -> None:
        self.outline = shown
        self.show_again()

    def _show_playing(self, playback: Playback) -> None:
        self._playback, self.failure = playback, None
        self._timer.start()
        self._changed()

    def _tick(self) -> None:
        if self._playback is None or self.outline is None:
            return
        self.wave.show_place(self._playback.position_s / self.outline.seconds)
        if self._playback.ended:
            self.silence()
            self.wave.show_place(0.0)

    def _changed(self) -> None:
        self.play_button.set_icon("stop" if self.playing else "play")
        self.play_button.say(N_("Stop playing") if self.playing else N_("Play"))
        show_if(self.outline is not None, self.play_button)
        self.changed.emit()


class ShownRecording(Translated, QWidget):
    """A recording that belongs to something else, such as a row of a data set: it can be heard, not changed."""

    def __init__(self, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = RecordingView()
        self.name = ElidedText(role="caption", mode=Qt.TextElideMode.ElideMiddle)
        self.message = Text(role="note", wrap=True)
        column(self.view, self.name, self.message, spacing=SPACE_1, parent=self)
        self.view.wave.installEventFilter(self)
        self.view.changed.connect(self.retranslate)
        self.view.show_recording(path)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self.view.take_key(event):
            return True
        return super().eventFilter(watched, event)

    def retranslate(self) -> None:
        name, facts, message = Path(self.view.path).name, self.view.facts(), self.view.message()
        self.name.setText(", ".join(part for part in (name, facts) if part))
        self.message.setText(message)
        self.message.set_tone("bad" if self.view.failure else "neutral")
        show_if(bool(message), self.message)
        self.view.wave.setAccessibleName(_("Recording") + ", " + self.name.text())
        self.view.wave.setAccessibleDescription(message or _("Space plays and stops, the arrow keys move."))


def length(seconds: float) -> str:
    """How long a recording is, to read."""
    if seconds < 60:
        return _("{seconds:.1f} seconds").format(seconds=seconds)
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"

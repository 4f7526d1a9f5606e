"""The field for a recording, what plays it, and the viewer of a transcript."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from studio.domain.i18n import set_language
from studio.domain.prediction import Segment, Transcript
from studio.gui.widgets.answers import viewer_for
from studio.gui.widgets.answers.transcript import TranscriptAnswer, clock, lines_of
from studio.gui.widgets.inputs import input_for, shown_value
from studio.gui.widgets.inputs.audio import RecordingInput
from studio.gui.widgets.sound.recording_view import ShownRecording
from studio.tasks import find_task

TASK = find_task("automatic-speech-recognition")
FIELD = TASK.inputs[0]
SEVEN = Path(TASK.samples[2].inputs["audio"])
SEVEN_LONG = f"{soundfile.info(SEVEN).duration:.1f} seconds"


class Stream:
    """Stands for a stream of PortAudio; a test plays the sound card."""

    opened: ClassVar[list[Stream]] = []

    def __init__(self, *, callback: Any, **_settings: Any) -> None:
        self.callback = callback
        self.running = False
        Stream.opened.append(self)

    def start(self) -> None:
        self.running = True

    def abort(self, ignore_errors: bool = False) -> None:
        self.running = False

    def close(self, ignore_errors: bool = False) -> None:
        self.running = False

    def say(self, samples: np.ndarray) -> None:
        self.callback(samples[:, None], len(samples), None, None)


@pytest.fixture
def sound_card(monkeypatch: pytest.MonkeyPatch) -> type[Stream]:
    """A computer with a microphone and a loudspeaker."""
    fake = ModuleType("sounddevice")
    fake.query_devices = lambda kind: {"default_samplerate": 8000.0}  # type: ignore[attr-defined]
    fake.InputStream = fake.OutputStream = Stream  # type: ignore[attr-defined]
    fake.PortAudioError = type("PortAudioError", (Exception,), {})  # type: ignore[attr-defined]
    fake.CallbackStop = type("CallbackStop", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    Stream.opened = []
    return Stream


@pytest.fixture
def field(qtbot: QtBot, application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingInput]:
    monkeypatch.setenv("STUDIO_PROJECTS", str(tmp_path / "projects"))
    set_language("en")
    made = input_for(FIELD)
    assert isinstance(made, RecordingInput)
    made.resize(700, 200)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.view.work.finish(within_s=10)


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop(field: RecordingInput, data: QMimeData) -> None:
    buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    field.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, modifiers))


def shown(qtbot: QtBot, field: RecordingInput, words: str) -> None:
    qtbot.waitUntil(lambda: words in f"{field.facts.text()} {field.message.text()}", timeout=10_000)


def test_a_dropped_recording_is_shown(field: RecordingInput, qtbot: QtBot) -> None:
    with qtbot.waitSignal(field.changed):
        drop(field, files(SEVEN, SEVEN))
    assert field.value == str(SEVEN)
    shown(qtbot, field, SEVEN_LONG)
    assert field.name.text() == "seven.flac"
    assert field.wave.accessibleName().startswith(f"Recording, seven.flac, {SEVEN_LONG}")
    assert field.message.text() == "The first of 2 recordings. Evaluate tests many at once."
    assert field.view.play_button.isVisible()
    assert max(field.view.outline.peaks) == pytest.approx(1.0)


def test_other_ways_in(field: RecordingInput, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a: (str(SEVEN), ""))
    qtbot.keyClick(field.wave, Qt.Key.Key_Space)
    assert field.value == str(SEVEN)
    shown(qtbot, field, "seconds")
    qtbot.keyClick(field.wave, Qt.Key.Key_Delete)
    assert field.value == ""
    assert not field.clear_button.isVisible()
    QGuiApplication.clipboard().setText(f'"{SEVEN}"')
    qtbot.keyClick(field.wave, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field.value == str(SEVEN)
    QGuiApplication.clipboard().setText("some words")
    field.paste()
    assert "holds no recording" in field.message.text()
    with qtbot.waitSignal(field.submitted):
        qtbot.keyClick(field.wave, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_what_is_no_recording_says_so(field: RecordingInput, qtbot: QtBot, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("no sound at all " * 9)
    field.show_value(str(text))
    shown(qtbot, field, "The file notes.wav can't be read as sound")
    assert not field.view.play_button.isVisible()
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(8000), 8000)
    field.show_value(str(silent))
    shown(qtbot, field, "The recording silent.wav is silent.")


def test_playing_moves_the_cursor_and_ends(field: RecordingInput, qtbot: QtBot, sound_card: type[Stream]) -> None:
    field.show_value(str(SEVEN))
    shown(qtbot, field, "seconds")
    qtbot.keyClick(field.wave, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: field.view.playing)
    assert field.view.play_button.accessibleName() == "Stop playing"
    stream = sound_card.opened[0]
    block = np.zeros((2000, 1), np.float32)
    stream.callback(block, 2000, None, None)
    assert np.abs(block).max() > 0.01
    qtbot.waitUntil(lambda: 0.3 < field.wave.place < 0.7)
    with pytest.raises(sys.modules["sounddevice"].CallbackStop):
        for _i in range(9):
            stream.callback(block, 2000, None, None)
    qtbot.waitUntil(lambda: not field.view.playing)
    assert field.wave.place == 0.0


def test_the_cursor_is_moved_by_keys_and_mouse(field: RecordingInput, qtbot: QtBot, sound_card: type[Stream]) -> None:
    field.show_value(str(SEVEN))
    shown(qtbot, field, "seconds")
    qtbot.keyClick(field.wave, Qt.Key.Key_End)
    assert field.wave.place == 1.0
    qtbot.keyClick(field.wave, Qt.Key.Key_Home)
    assert field.wave.place == 0.0
    qtbot.mouseClick(field.wave, Qt.MouseButton.LeftButton, pos=QPoint(field.wave.width() // 2, 20))
    assert field.wave.place == pytest.approx(0.5, abs=0.02)
    assert not field.view.playing
    field.view.toggle_playing()
    qtbot.waitUntil(lambda: field.view.playing)
    assert field.view._playback.position_s == pytest.approx(field.view.outline.seconds / 2, abs=0.02)
    # Another recording, or a screen that is not seen, is silent.
    field.hide()
    assert not field.view.playing
    assert not sound_card.opened[0].running


def test_recording_shows_the_level_and_becomes_a_file(
    field: RecordingInput, qtbot: QtBot, sound_card: type[Stream], tmp_path: Path
) -> None:
    field.record_button.click()
    qtbot.waitUntil(lambda: field.record_button.text() == "Stop recording")
    assert field.clear_button.text() == "Discard"
    assert not field.choose_button.isVisible()
    samples = (0.5 * np.sin(np.arange(8000) / 3)).astype(np.float32)
    sound_card.opened[0].say(samples)
    qtbot.waitUntil(lambda: field.facts.text() == "1.0 seconds")
    assert field.wave._levels[-1] == pytest.approx(0.5, abs=0.05)
    field.record_button.click()
    qtbot.waitUntil(lambda: bool(field.value))
    assert Path(field.value).parent == tmp_path / "projects" / "recordings"
    stored, rate = soundfile.read(field.value, dtype="float32")
    assert rate == 8000
    assert np.abs(stored - samples).max() < 1e-3
    assert not sound_card.opened[0].running
    shown(qtbot, field, "1.0 seconds")


def test_a_recording_can_be_given_up(
    field: RecordingInput, qtbot: QtBot, sound_card: type[Stream], tmp_path: Path
) -> None:
    field.show_value(str(SEVEN))
    shown(qtbot, field, "seconds")
    field.record_button.click()
    qtbot.waitUntil(lambda: field.record_button.text() == "Stop recording")
    sound_card.opened[0].say(np.ones(800, np.float32))
    field.clear_button.click()
    assert field.value == str(SEVEN)
    assert field.record_button.text() == "Record"
    assert not sound_card.opened[0].running
    assert not (tmp_path / "projects" / "recordings").exists()
    # Nothing heard at all is told.
    field.record_button.click()
    qtbot.waitUntil(lambda: field.record_button.text() == "Stop recording")
    field.record_button.click()
    shown(qtbot, field, "Nothing was recorded.")


def test_without_portaudio_the_button_says_why(
    field: RecordingInput, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    field.record_button.click()
    shown(qtbot, field, "Recording and playing need PortAudio, which is not on this computer.")
    assert field.record_button.text() == "Record"


def test_without_a_microphone_the_button_says_why(
    field: RecordingInput, qtbot: QtBot, sound_card: type[Stream]
) -> None:
    library = sys.modules["sounddevice"]

    def none_there(kind: str) -> None:
        raise library.PortAudioError("Error querying device -1")

    library.query_devices = none_there  # type: ignore[attr-defined]
    field.record_button.click()
    shown(qtbot, field, "The microphone can't be used.")


def test_the_recording_of_a_row_can_be_heard(qtbot: QtBot, application, sound_card: type[Stream]) -> None:
    set_language("en")
    view = shown_value(FIELD, str(SEVEN))
    assert isinstance(view, ShownRecording)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitUntil(lambda: SEVEN_LONG in view.name.text(), timeout=10_000)
    qtbot.keyClick(view.view.wave, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.view.playing)
    view.view.work.finish(within_s=10)


def test_lines_of_a_transcript() -> None:
    words = [Segment(0.1, 0.4, "one"), Segment(0.6, 0.9, "two"), Segment(2.0, 2.3, "three"), Segment(2.4, 2.5, " ")]
    assert [(line.start_s, line.end_s, line.text) for line in lines_of(words)] == [
        (0.1, 0.9, "one two"),
        (2.0, 2.3, "three"),
    ]
    said = [Segment(0.0, 2.0, "Hello there."), Segment(2.0, 4.0, "And so on.")]
    assert [line.text for line in lines_of(said)] == ["Hello there.", "And so on."]
    assert [clock(3.44), clock(61), clock(3723.4)] == ["0:03.4", "1:01.0", "1:02:03.4"]


def test_a_transcript_is_shown_with_its_times(qtbot: QtBot, application) -> None:
    set_language("en")
    view = viewer_for("transcript")
    assert isinstance(view, TranscriptAnswer)
    qtbot.addWidget(view)
    view.show()
    view.add_text("And so")
    assert view.answer.text.toPlainText() == "And so"
    said = Transcript("And so on.", 4.0, (Segment(0.0, 2.5, "And so on."),), "de")
    view.show_output(said, Transcript("And so forth.", 4.0))
    assert view.answer.text.toPlainText() == "And so on."
    assert view.answer.legend.text() == "Underlined: differs from the baseline."
    assert view.facts.text() == "German, 4.0 seconds of sound"
    assert not view.times.isVisible()
    view.toggle.click()
    assert view.times.toPlainText() == "0:00.0–0:02.5\tAnd so on."
    view.show_output(Transcript("And so on.", 4.0))
    assert not view.times.isVisible()
    assert not view.toggle.isVisible()


def test_try_writes_down_an_example(window, qtbot: QtBot) -> None:
    window.shell.navigation.open_task(TASK.id)
    page = window.pages["try"]
    qtbot.waitUntil(lambda: page.model.task is not None and not page.model.loading, timeout=90_000)
    field = page.composer.fields["audio"]
    assert isinstance(field, RecordingInput)
    drop(field, files(SEVEN))
    qtbot.keyClick(field.wave, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not page.model.running and bool(page.model.columns[0].turns), timeout=90_000)
    last = page.model.columns[0].last
    assert last.inputs == {"audio": str(SEVEN)}
    assert last.answer == "seven"

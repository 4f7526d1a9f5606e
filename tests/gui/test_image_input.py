"""The field for a picture: every way in, what it says, and what it does about what is no picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from studio.domain.i18n import set_language
from studio.gui.main_window import MainWindow
from studio.gui.widgets.inputs import input_for, shown_value
from studio.gui.widgets.inputs.image import PictureInput
from studio.gui.widgets.picture import PictureView
from studio.gui.words import speak
from studio.tasks import find_task

FIELD = find_task("image-classification").inputs[0]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (320, 200), "red").save(path)
    return path


@pytest.fixture
def field(
    qtbot: QtBot, application: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PictureInput]:
    monkeypatch.setenv("STUDIO_PROJECTS", str(tmp_path / "projects"))
    set_language("en")
    made = input_for(FIELD)
    assert isinstance(made, PictureInput)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made._background.finish(within_s=10)


def drop(field: PictureInput, data: QMimeData) -> QDropEvent:
    buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, modifiers)
    field.dropEvent(event)
    return event


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def shown(qtbot: QtBot, field: PictureInput, words: str) -> None:
    qtbot.waitUntil(lambda: words in f"{field.facts.text()} {field.message.text()}", timeout=10_000)


def test_a_dropped_picture_is_shown_with_its_size(field: PictureInput, picture: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(field.changed):
        drop(field, files(picture))
    assert field.value == str(picture)
    shown(qtbot, field, "320 × 200 pixels")
    assert field.name.text() == "red.png"
    assert field.tile.accessibleName().startswith("Picture, red.png, 320 × 200 pixels")
    middle = field.tile.grab().toImage().pixelColor(field.tile.width() // 2, field.tile.height() // 2)
    assert (middle.red(), middle.green(), middle.blue()) == (255, 0, 0)


def test_of_several_and_of_a_folder_the_first_is_taken_and_evaluate_is_named(
    field: PictureInput, picture: Path, qtbot: QtBot
) -> None:
    for name in ("b.jpg", "a.jpg"):
        Image.new("RGB", (30, 20)).save(picture.parent / name)
    (picture.parent / "notes.txt").write_text("no picture")
    drop(field, files(picture.parent))
    shown(qtbot, field, "The first of 3 pictures. Evaluate tests many at once.")
    assert Path(field.value).name == "a.jpg"
    drop(field, files(picture, picture.parent / "a.jpg"))
    shown(qtbot, field, "The first of 2 pictures")
    assert field.value == str(picture)


def test_a_folder_without_pictures_changes_nothing(field: PictureInput, picture: Path, qtbot: QtBot) -> None:
    field.show_value(str(picture))
    empty = picture.parent / "empty"
    empty.mkdir()
    drop(field, files(empty))
    shown(qtbot, field, "There are no pictures in it.")
    assert field.value == str(picture)


def test_a_copied_picture_is_pasted_and_kept(field: PictureInput, qtbot: QtBot, tmp_path: Path) -> None:
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.blue)
    QGuiApplication.clipboard().setImage(image)
    field.focus_end()
    with qtbot.waitSignal(field.changed, timeout=10_000):
        qtbot.keyClick(field.tile, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    kept = Path(field.value)
    assert kept.is_relative_to(tmp_path / "projects" / "pictures")
    with Image.open(kept) as stored:
        assert (stored.size, stored.convert("RGB").getpixel((0, 0))) == ((64, 48), (0, 0, 255))
    shown(qtbot, field, "64 × 48 pixels")


def test_a_copied_path_is_pasted(field: PictureInput, picture: Path, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText(f'"{picture}"')
    field.paste()
    assert field.value == str(picture)


def test_pasting_nothing_says_so(field: PictureInput, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("just words")
    qtbot.mouseClick(field.paste_button, Qt.MouseButton.LeftButton)
    assert "The clipboard holds no picture" in field.message.text()
    assert field.value == ""


def test_a_file_is_chosen_with_the_keyboard(
    field: PictureInput, picture: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answer(*arguments: object) -> tuple[str, str]:
        asked.append(arguments)
        return str(picture), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    field.focus_end()
    qtbot.keyClick(field.tile, Qt.Key.Key_Space)
    assert field.value == str(picture)
    assert "*.png" in str(asked[0][-1])
    qtbot.keyClick(field.tile, Qt.Key.Key_Delete)
    assert field.value == ""
    with qtbot.waitSignal(field.submitted):
        qtbot.keyClick(field.tile, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(field.undo_wanted) as undo:
        qtbot.keyClick(field.tile, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undo.args == [True]


def test_what_is_no_picture_is_said_in_plain_words(field: PictureInput, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "notes.jpg"
    path.write_text("words")
    drop(field, files(path))
    shown(qtbot, field, "The file notes.jpg is not a picture. Choose a JPEG")
    assert field.message.property("tone") == "bad"
    assert "is not a picture" in field.tile.accessibleDescription()
    # Which file it is stays visible; nothing is lost.
    assert field.name.text() == "notes.jpg"


def test_a_picture_that_comes_late_does_not_take_the_place_of_the_next(
    field: PictureInput, picture: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    other = tmp_path / "other.png"
    Image.new("RGB", (50, 60)).save(other)
    field.show_value(str(picture))
    field.show_value(str(other))
    shown(qtbot, field, "50 × 60 pixels")
    field._background.finish(within_s=10)
    QApplication.processEvents()
    assert "50 × 60" in field.facts.text()


@pytest.mark.parametrize("path", ["\\\\server\\share\\cat.png", "//server/share/cat.png"])
def test_a_picture_on_a_server_that_a_project_names_is_not_looked_at(
    field: PictureInput, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("it was looked at")

    monkeypatch.setattr("studio.gui.widgets.inputs.image.preview", refuse)
    field.show_value(path)
    assert field._background.finish(within_s=10)
    assert field.value == path
    assert "It lies on a server" in field.message.text()


def test_it_speaks_the_other_language_at_once(field: PictureInput, picture: Path, qtbot: QtBot) -> None:
    field.show_value(str(picture))
    shown(qtbot, field, "320 × 200")
    before = field.facts.text()
    speak("zh_CN")
    assert field.facts.text() != before
    assert "320" in field.facts.text()
    speak("en")
    assert field.facts.text() == before


def test_the_picture_of_a_row_is_shown_and_a_missing_one_is_said(
    qtbot: QtBot, application: QApplication, picture: Path
) -> None:
    set_language("en")
    for path, words in ((picture, "red.png, 320 × 200 pixels"), (picture.with_name("gone.png"), "gone.png")):
        view = shown_value(FIELD, str(path))
        assert isinstance(view, PictureView)
        qtbot.addWidget(view)
        view.show()
        qtbot.waitUntil(lambda view=view: view._shown is not None or view._failure is not None, timeout=10_000)
        assert words in view.accessibleName()
        assert ("There is no picture gone.png" in view.accessibleDescription()) == (path != picture)
        view._background.finish(within_s=10)


def test_try_answers_a_dropped_picture_and_undo_brings_the_one_before_back(window: MainWindow, qtbot: QtBot) -> None:
    window.shell.navigation.open_task("image-classification")
    page = window.pages["try"]
    qtbot.waitUntil(lambda: page.model.task is not None and not page.model.loading, timeout=90_000)
    field = page.composer.fields["image"]
    assert isinstance(field, PictureInput)
    before = field.value
    assert Path(before).is_file()
    hat = Path(before).with_name("hat-1.jpg")
    drop(field, files(hat))
    qtbot.keyClick(field.tile, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not page.model.running and bool(page.model.columns[0].turns), timeout=90_000)
    last = page.model.columns[0].last
    assert last.inputs == {"image": str(hat)}
    assert last.answer.startswith("hat")
    qtbot.keyClick(field.tile, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: field.value == before, timeout=10_000)
    shown(qtbot, field, "pixels")

"""The Models screen: the shipped models, a Hub to download from, conversions, and devices."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from studio.domain.hub import DownloadRequest
from studio.domain.places import shipped_models_folder
from studio.domain.running import LoadSpec
from studio.gui.main_window import MainWindow
from studio.gui.pages.models import ModelsPage
from studio.gui.viewmodels.hub_offers import Offer
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.models.add_dialog import AddDialog, MorePrecisionsDialog, suggested_name
from studio.gui.widgets.models.cache_dialog import CacheDialog
from studio.gui.widgets.models.dialogs import LicenceDialog, TokenDialog
from studio.gui.widgets.models.jobs_list import LogDialog
from studio.gui.widgets.text import Text
from studio.services.waiting import Waiter
from tests.library.hub.conftest import hub, model, snapshot  # noqa: F401 - fixtures
from tests.library.hub.server import GOOD_TOKEN, FakeHub, Repository

# Nothing here may reach the real Hub, nor the keyring of whoever runs the tests.
pytestmark = pytest.mark.usefixtures("hub")

TINY = "starter/support-intents-tiny"
LONG_MS = 60_000


def _page(window: MainWindow, qtbot: QtBot) -> ModelsPage:
    window.shell.navigation.open_screen("models")
    page = window.page
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: bool(page.installed.rows), timeout=LONG_MS)
    return page


def _said(widget) -> list[str]:
    return [text.text() for text in widget.findChildren(Text)]


def _click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


# -- on this computer ----------------------------------------------------------------------------------------------


def test_shipped_models_are_listed_with_advice(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    assert TINY in page.installed.rows
    assert "GB" in page.installed.rows[TINY].accessibleDescription()


def test_words_and_use_case_filter_the_list(window: MainWindow, qtbot: QtBot) -> None:
    view = _page(window, qtbot).installed
    view.task_box.setCurrentIndex(view.task_box.findData("translation"))
    assert view.rows
    assert all("translate" in name for name in view.rows)
    view.search.setText("nothing is called this")
    assert not view.rows
    assert not view.detail.isVisible()


def test_arrow_keys_move_through_the_list(window: MainWindow, qtbot: QtBot) -> None:
    view = _page(window, qtbot).installed
    first, second = list(view.rows)[:2]
    view.choose(first)
    view.rows[first].setFocus()
    QTest.keyClick(view.rows[first], Qt.Key.Key_Down)
    assert view.rows[second].isChecked()
    assert view.detail.listed is not None
    assert view.detail.listed.model.id == second


def test_verifying_says_that_every_file_is_whole(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    view = page.installed
    view.choose(TINY)
    assert not view.detail.remove_button.isVisible()
    with qtbot.waitSignal(page.library.verified, timeout=LONG_MS):
        _click(view.detail.verify_button)
    assert "Every file is as it was when the model was added." in _said(view.detail)
    assert not view.detail.repair_button.isVisible()


def test_try_it_makes_the_model_a_candidate(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    page.installed.choose(TINY)
    _click(page.installed.detail.try_button)
    assert window.shell.navigation.screen == "try"
    assert window.shell.navigation.task == "text-classification"
    session = window.shell.project.session
    assert session is not None
    assert [column.candidate.model for column in session.columns("text-classification")] == [TINY]
    window.shell.navigation.open_screen("models")
    page.installed.choose(TINY)
    _click(page.installed.detail.try_button)
    assert len(session.columns("text-classification")) == 1


def test_an_own_model_is_removed_after_a_question(window: MainWindow, qtbot: QtBot, monkeypatch) -> None:
    library = window.shell.library
    shutil.copytree(library.shipped / TINY, library.own / "mine" / "copy")
    page = _page(window, qtbot)
    page.installed.choose("mine/copy")
    asked = []

    def answer(_parent, _title, question):
        asked.append(question)
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", answer)
    spec = _spec(library.own / "mine" / "copy")
    with window.shell.pool.borrow(spec, Waiter(threading.Event(), 60)):
        # It answers somebody: nothing is taken from under it.
        with qtbot.waitSignal(page.library.failed) as failed:
            _click(page.installed.detail.remove_button)
        assert "at work" in failed.args[0].message
        assert (library.own / "mine" / "copy").is_dir()
    assert window.shell.pool.open == (spec,)
    with qtbot.waitSignal(page.library.removed):
        _click(page.installed.detail.remove_button)
    assert "MB" in asked[0]
    qtbot.waitUntil(lambda: "mine/copy" not in page.installed.rows)
    assert not (library.own / "mine").exists()
    assert window.shell.pool.open == ()


def _spec(folder: Path) -> LoadSpec:
    return LoadSpec("text-classification", folder, "int8")


# -- from the Hub --------------------------------------------------------------------------------------------------


def _search(page: ModelsPage, words: str, qtbot: QtBot, first: str = "acme/intents") -> None:
    page.show_view("get")
    page.get.task_box.setCurrentIndex(page.get.task_box.findData("text-classification"))
    page.get.search.setText(words)
    _click(page.get.search_button)
    qtbot.waitUntil(lambda: first in page.get.rows and not page.offers.searching, timeout=LONG_MS)
    page.get.choose(first)


def test_recommended_models_say_what_they_are_good_for(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    page.show_view("get")
    qtbot.waitUntil(lambda: bool(page.get.rows), timeout=LONG_MS)
    row = next(iter(page.get.rows.values()))
    assert row.offer.entry is not None
    assert row.offer.entry.purpose["en"] in row.accessibleDescription()


def test_offline_is_said_and_nothing_is_fetched(hub: FakeHub, window: MainWindow, qtbot: QtBot) -> None:  # noqa: F811
    window.shell.preferences.set_value("offline", True)
    page = _page(window, qtbot)
    page.show_view("get")
    qtbot.waitUntil(lambda: bool(page.get.rows), timeout=LONG_MS)
    assert any(text.startswith("Offline mode is on") for text in _said(page.get))
    qtbot.waitUntil(
        lambda: "Allow the network in Settings to see sizes and download." in _said(page.get.detail), timeout=LONG_MS
    )
    assert not hub.asked


def test_a_model_is_found_downloaded_and_tried(
    window: MainWindow,
    qtbot: QtBot,
    hub: FakeHub,  # noqa: F811
    model: Repository,  # noqa: F811
) -> None:
    page = _page(window, qtbot)
    _search(page, "intents", qtbot)
    detail = page.get.detail
    qtbot.waitUntil(lambda: detail.asked is not None, timeout=LONG_MS)
    assert detail.chosen == "int8"
    assert any("1.1 MB to download" in text for text in _said(detail))
    with qtbot.waitSignal(page.jobs.arrived, timeout=LONG_MS):
        _click(detail.download_button)
        dialog = page.get.findChild(LicenceDialog)
        if dialog is not None:
            dialog.tick.setChecked(True)
            dialog.accept_button.click()
    qtbot.waitUntil(lambda: "acme/intents" in page.installed.rows, timeout=LONG_MS)
    qtbot.waitUntil(lambda: "This model is on this computer already." in _said(detail), timeout=LONG_MS)
    card = page.jobs_list.cards["acme/intents"]
    _click(card.try_button)
    assert window.shell.navigation.screen == "try"
    window.shell.navigation.open_screen("models")
    _click(card.dismiss_button)
    qtbot.waitUntil(lambda: not page.jobs_list.cards, timeout=LONG_MS)
    assert not page.jobs_list.isVisible()


def test_a_licence_is_accepted_with_a_tick_only(
    window: MainWindow,
    qtbot: QtBot,
    hub: FakeHub,  # noqa: F811
    model: Repository,  # noqa: F811
) -> None:
    model.files["README.md"] = b"---\nlicense: cc-by-nc-4.0\n---\n"
    page = _page(window, qtbot)
    _search(page, "intents", qtbot)
    qtbot.waitUntil(lambda: page.get.detail.asked is not None, timeout=LONG_MS)
    _click(page.get.detail.download_button)
    dialog = page.get.findChild(LicenceDialog)
    assert dialog is not None
    assert "not for products" in _said(dialog)
    assert not dialog.accept_button.isEnabled()
    dialog.reject()
    assert not page.jobs.downloads
    dialog.tick.setChecked(True)
    assert dialog.accept_button.isEnabled()


def test_a_gated_model_asks_for_a_token_and_goes_on(
    window: MainWindow,
    qtbot: QtBot,
    hub: FakeHub,  # noqa: F811
    model: Repository,  # noqa: F811
) -> None:
    model.gated = "auto"
    page = _page(window, qtbot)
    page.jobs.download(DownloadRequest("acme/intents", ("int8",), accept_licence=True))
    qtbot.waitUntil(lambda: any(job.stage == "failed" for job in page.jobs.downloads.values()), timeout=LONG_MS)
    card = page.jobs_list.cards["acme/intents"]
    _click(next(button for button in card.findChildren(Button) if button.text() == "Enter a token …"))
    dialog = page.get.findChild(TokenDialog)
    assert dialog is not None
    assert not dialog.save_button.isEnabled()
    dialog.field.setText("hf_other")
    _click(dialog.save_button)
    qtbot.waitUntil(lambda: any("does not know this token" in text for text in _said(dialog)), timeout=LONG_MS)
    dialog.field.setText(GOOD_TOKEN)
    with qtbot.waitSignal(page.jobs.arrived, timeout=LONG_MS):
        _click(dialog.save_button)


def test_a_hub_that_fails_offers_to_try_again(window: MainWindow, qtbot: QtBot, hub: FakeHub) -> None:  # noqa: F811
    page = _page(window, qtbot)
    page.show_view("get")
    refused = []
    page.offers.look_up(Offer("acme/none", "text-classification"), lambda _asked: None, refused.append)
    qtbot.waitUntil(lambda: bool(refused), timeout=LONG_MS)
    page.get.detail.show_offer(Offer("acme/none", "text-classification"))
    page.get.detail.show_failure(refused[0])
    assert "Try again" in [button.text() for button in page.get.detail.findChildren(Button)]


def test_a_damaged_file_is_found_and_repaired(
    window: MainWindow,
    qtbot: QtBot,
    hub: FakeHub,  # noqa: F811
    model: Repository,  # noqa: F811
) -> None:
    page = _page(window, qtbot)
    with qtbot.waitSignal(page.jobs.arrived, timeout=LONG_MS):
        page.jobs.download(DownloadRequest("acme/intents", accept_licence=True))
    qtbot.waitUntil(lambda: "acme/intents" in page.installed.rows, timeout=LONG_MS)
    file = next((window.shell.library.own / "acme" / "intents").rglob("*.onnx"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    view = page.installed
    view.choose("acme/intents")
    with qtbot.waitSignal(page.library.verified, timeout=LONG_MS):
        _click(view.detail.verify_button)
    assert view.detail.repair_button.isVisible()
    with qtbot.waitSignal(page.jobs.arrived, timeout=LONG_MS):
        _click(view.detail.repair_button)
    assert page.jobs.downloads["acme/intents"].kind == "repair"
    with qtbot.waitSignal(page.library.verified, timeout=LONG_MS):
        view.library.verify("acme/intents")
    assert "Every file is as it was when the model was added." in _said(view.detail)


# -- from this computer --------------------------------------------------------------------------------------------


def test_a_dropped_folder_is_added(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    page = _page(window, qtbot)
    folder = tmp_path / "my model"
    shutil.copytree(shipped_models_folder() / TINY, folder)
    (folder / "studio.json").unlink()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    page.dropEvent(
        QDropEvent(
            QPoint(5, 5),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    dialog = page.findChild(AddDialog)
    assert dialog is not None
    assert dialog.name.text() == "mine/my-model"
    dialog.name.setText("../out")
    _click(dialog.begin_button)
    assert any("can't be a model's name" in text for text in _said(dialog))
    dialog.name.setText("mine/own")
    with qtbot.waitSignal(page.jobs.arrived, timeout=LONG_MS):
        _click(dialog.begin_button)
    qtbot.waitUntil(lambda: "mine/own" in page.installed.rows, timeout=LONG_MS)


def test_a_folder_that_is_no_model_fails_with_a_reason_and_a_log(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page = _page(window, qtbot)
    empty = tmp_path / "empty"
    empty.mkdir()
    dialog = page.take(empty)
    _click(dialog.begin_button)
    qtbot.waitUntil(lambda: any(job.stage == "failed" for job in page.jobs.conversions.values()), timeout=LONG_MS)
    card = next(iter(page.jobs_list.cards.values()))
    assert card.log_button.isVisible()
    _click(card.log_button)
    qtbot.waitUntil(lambda: page.jobs_list.findChild(LogDialog) is not None, timeout=LONG_MS)
    (failed,) = page.jobs.conversions
    _click(card.again_button)
    qtbot.waitUntil(lambda: failed not in page.jobs.conversions and bool(page.jobs.conversions), timeout=LONG_MS)
    (again,) = page.jobs.conversions
    qtbot.waitUntil(lambda: page.jobs.conversions[again].stage == "failed", timeout=LONG_MS)
    assert list(page.jobs_list.cards) == [again]


def test_precisions_that_could_be_made_are_offered(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    listed = page.library.find(TINY)
    assert listed is not None
    page.installed.choose(TINY)
    assert not page.installed.detail.more_button.isVisible()
    dialog = MorePrecisionsDialog(listed.model, page)
    assert not dialog.ticks
    _click(dialog.begin_button)
    assert any("can't be made here" in text for text in _said(dialog))


def test_models_of_the_cache_are_linked(window: MainWindow, qtbot: QtBot, snapshot: Path) -> None:  # noqa: F811
    page = _page(window, qtbot)
    page._add("cache")
    dialog = page.findChild(CacheDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: "acme/intents" in dialog.buttons, timeout=LONG_MS)
    _click(dialog.buttons["acme/intents"])
    qtbot.waitUntil(lambda: dialog.buttons["acme/intents"].text() == "Added", timeout=LONG_MS)
    qtbot.waitUntil(lambda: "acme/intents" in page.installed.rows, timeout=LONG_MS)


def test_names_are_made_of_folders(tmp_path: Path) -> None:
    odd = tmp_path / "Größe & Co"
    odd.mkdir()
    assert suggested_name(odd) == "mine/Gr-e-Co"


# -- devices -------------------------------------------------------------------------------------------------------


def test_a_device_is_tested_with_a_real_model(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    page.show_view("devices")
    qtbot.waitUntil(lambda: page.devices_model.diagnosis is not None, timeout=LONG_MS)
    _click(page.devices.test_buttons["cpu"])
    assert page.devices.test_buttons["cpu"].text() == "Testing …"
    qtbot.waitUntil(lambda: "cpu" in page.devices_model.tests, timeout=LONG_MS)
    assert any("on CPUExecutionProvider" in text for text in _said(page.devices))


@pytest.mark.parametrize("size", [(1280, 800), (1024, 700)])
def test_no_view_scrolls_sideways(window: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    page = _page(window, qtbot)
    window.resize(*size)
    for view in ("installed", "get", "devices"):
        page.show_view(view)
        assert page.minimumSizeHint().width() <= page.width()

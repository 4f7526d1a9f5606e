"""Endpoints in the window: added, tested, priced, tried with consent, and removed with undo. The server is real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.domain.comparison import Candidate
from studio.domain.endpoint import Endpoint, Price
from studio.gui.main_window import MainWindow
from studio.gui.pages.evaluate import EvaluatePage
from studio.gui.pages.models import ModelsPage
from studio.gui.pages.try_page import TryPage
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.candidate_picker import CandidatePicker
from studio.gui.widgets.candidate_sending import SendingBadge
from studio.gui.widgets.models.endpoint_dialog import EndpointDialog
from studio.gui.widgets.models.endpoint_models import ModelsDialog
from studio.gui.widgets.models.endpoint_words import KNOWN
from studio.gui.widgets.models.price_dialog import PriceDialog
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.sending_dialog import SendingDialog
from studio.gui.widgets.text import Text
from studio.services.endpoints import ENDPOINTS
from studio.services.samples import all_samples
from studio.services.sending import Consent
from tests.remote.fault_server import KEY, FaultServer, fault_server

LONG_MS = 60_000
AWAY = Endpoint("cloud", "https://api.example.com/v1", ("big",), prices={"big": Price(1, 2)})


class _Remembered(KeyringBackend):
    """A keyring of this test alone."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Remembered]:
    """Endpoints and keys of this test alone."""
    monkeypatch.setenv("STUDIO_SETTINGS", str(tmp_path / "own" / "settings.json"))
    before, own = keyring.get_keyring(), _Remembered()
    keyring.set_keyring(own)
    yield own
    keyring.set_keyring(before)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server on this computer."""
    with fault_server() as running:
        yield running


def _page(window: MainWindow, qtbot: QtBot) -> ModelsPage:
    window.shell.navigation.open_place("models", "endpoints")
    page = window.page
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: page.endpoints_model.read, timeout=LONG_MS)
    return page


def _said(widget) -> list[str]:
    return [text.text() for text in widget.findChildren(Text)]


def _click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def _try_with(window: MainWindow, qtbot: QtBot, *candidates: Candidate) -> TryPage:
    session = window.shell.project.session
    for candidate in candidates:
        session.add_column("chat", candidate)
    window.shell.navigation.open_task("chat")
    page = window.page
    assert isinstance(page, TryPage)
    qtbot.waitUntil(lambda: not page.model.loading and len(page.model.columns) == len(candidates), timeout=LONG_MS)
    return page


def _question(page) -> SendingDialog | None:
    return next((each for each in page.findChildren(SendingDialog) if each.isVisible()), None)


# -- adding ----------------------------------------------------------------------------------------------------------


def test_there_is_none_at_first_and_the_usual_ones_are_offered(window: MainWindow, qtbot: QtBot) -> None:
    view = _page(window, qtbot).endpoints
    assert "No endpoint yet" in _said(view)
    chip = next(button for button in view.findChildren(Button) if button.text() == "OpenAI")
    _click(chip)
    dialog = view.findChild(EndpointDialog)
    assert dialog.address.text() == "https://api.openai.com/v1"
    assert dialog.badge.text() == "Sends data to api.openai.com"
    dialog.reject()


def test_one_is_connected_added_and_its_key_kept_in_the_keyring_only(
    window: MainWindow, qtbot: QtBot, own_list: _Remembered, tmp_path: Path
) -> None:
    with fault_server(KEY) as server:
        page = _page(window, qtbot)
        dialog = page.endpoints.add(KNOWN[-1])
        dialog.address.setText(server.url)
        assert dialog.badge.text() == "Server on this computer"
        assert not dialog.done_button.isEnabled()
        dialog.name.setText("office")
        _click(dialog.connect_button)
        qtbot.waitUntil(lambda: dialog.findChild(Notice) is not None, timeout=LONG_MS)
        refusal = dialog.findChild(Notice).accessibleName()
        assert "key" in refusal
        wrong = "sk-wrong-0123456789abcdef"
        dialog.key.setText(wrong)
        _click(dialog.connect_button)
        qtbot.waitUntil(dialog.connect_button.isEnabled, timeout=LONG_MS)
        # The server says it back.
        assert "key" in dialog.findChild(Notice).accessibleName()
        assert wrong not in " ".join(_said(dialog))
        dialog.key.setText(KEY)
        _click(dialog.connect_button)
        qtbot.waitUntil(lambda: dialog.models.models == ("good", "other"), timeout=LONG_MS)
        dialog.models.list.item(1).setCheckState(Qt.CheckState.Unchecked)
        _click(dialog.done_button)
        qtbot.waitUntil(lambda: "office" in page.endpoints.cards, timeout=LONG_MS)
    assert ENDPOINTS.find("office").models == ("good",)
    assert page.endpoints_model.keys["office"] == "keyring"
    assert list(own_list.kept.values()) == [KEY]
    assert any("key in the keyring" in each for each in _said(page.endpoints.cards["office"]))
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes(), file


def test_a_name_that_is_taken_is_refused_where_it_is_typed(window: MainWindow, qtbot: QtBot) -> None:
    ENDPOINTS.add(AWAY)
    dialog = _page(window, qtbot).endpoints.add(KNOWN[-1])
    dialog.name.setText("cloud")
    dialog.address.setText("https://elsewhere.example/v1")
    _click(dialog.done_button)
    qtbot.waitUntil(lambda: dialog.findChild(Notice) is not None, timeout=LONG_MS)
    assert dialog.isVisible()
    assert "already" in dialog.findChild(Notice).accessibleName()
    assert ENDPOINTS.find("cloud") == AWAY
    dialog.reject()


def test_what_can_not_be_reached_can_be_added_with_a_typed_model(window: MainWindow, qtbot: QtBot) -> None:
    page = _page(window, qtbot)
    dialog = page.endpoints.add(KNOWN[-1])
    dialog.name.setText("later")
    dialog.address.setText("http://127.0.0.1:9/v1")
    _click(dialog.connect_button)
    qtbot.waitUntil(dialog.models.isVisible, timeout=LONG_MS)
    QTest.keyClicks(dialog.models.field, "my-model")
    QTest.keyClick(dialog.models.field, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.models.models == ("my-model",)
    dialog.limits["at_once"].field.setText("3")
    dialog.limits["at_once"].field.editingFinished.emit()
    _click(dialog.done_button)
    qtbot.waitUntil(lambda: "later" in page.endpoints.cards, timeout=LONG_MS)
    found = ENDPOINTS.find("later")
    assert (found.models, found.at_once) == (("my-model",), 3)


# -- changing --------------------------------------------------------------------------------------------------------


def test_a_test_says_how_it_went_and_models_are_chosen_from_what_it_offers(
    window: MainWindow, qtbot: QtBot, server: FaultServer
) -> None:
    ENDPOINTS.add(Endpoint("here", server.url))
    page = _page(window, qtbot)
    _click(page.endpoints.cards["here"].test_button)
    qtbot.waitUntil(lambda: "here" in page.endpoints_model.tests, timeout=LONG_MS)
    assert any("offers 2 models" in each for each in _said(page.endpoints.cards["here"]))
    _click(page.endpoints.cards["here"].models_button)
    dialog = page.endpoints.findChild(ModelsDialog)
    dialog.choice.list.item(0).setCheckState(Qt.CheckState.Checked)
    _click(dialog.done_button)
    qtbot.waitUntil(lambda: ENDPOINTS.find("here").models == ("good",), timeout=LONG_MS)


def test_a_failed_test_says_why(window: MainWindow, qtbot: QtBot) -> None:
    ENDPOINTS.add(Endpoint("here", "http://127.0.0.1:9/v1", ("some",)))
    page = _page(window, qtbot)
    _click(page.endpoints.cards["here"].test_button)
    qtbot.waitUntil(lambda: "here" in page.endpoints_model.tests, timeout=LONG_MS)
    assert page.endpoints.cards["here"].findChild(Notice).property("tone") == "bad"


def test_a_price_is_typed_shown_and_forgotten(window: MainWindow, qtbot: QtBot) -> None:
    ENDPOINTS.add(Endpoint("cloud", "https://api.example.com/v1", ("big",)))
    page = _page(window, qtbot)
    page.endpoints.cards["cloud"].price_wanted.emit("big")
    dialog = page.endpoints.findChild(PriceDialog)
    dialog.read.setValue(0.15)
    dialog.written.setValue(0.6)
    dialog.currency.setText("12")
    _click(dialog.done_button)
    assert dialog.isVisible() and dialog.findChild(Notice) is not None
    dialog.currency.setText("EUR")
    _click(dialog.done_button)
    qtbot.waitUntil(lambda: ENDPOINTS.find("cloud").prices == {"big": Price(0.15, 0.6, "EUR")}, timeout=LONG_MS)
    wanted = "0.15 / 0.60 EUR for a million tokens read / written"
    qtbot.waitUntil(lambda: wanted in _said(page.endpoints.cards["cloud"]), timeout=LONG_MS)
    again = page.endpoints.ask_price("cloud", "big")
    _click(again.forget_button)
    qtbot.waitUntil(lambda: not ENDPOINTS.find("cloud").prices, timeout=LONG_MS)


def test_removing_takes_the_key_along_and_undo_brings_both_back(
    window: MainWindow, qtbot: QtBot, own_list: _Remembered
) -> None:
    ENDPOINTS.add(AWAY, KEY)
    page = _page(window, qtbot)
    _click(page.endpoints.cards["cloud"].remove_button)
    qtbot.waitUntil(lambda: not page.endpoints.cards, timeout=LONG_MS)
    assert not own_list.kept
    toast = window.shell.toasts.toasts()[-1]
    assert KEY not in toast.accessibleName()
    _click(next(button for button in toast.findChildren(Button) if button.text() == "Undo"))
    qtbot.waitUntil(lambda: "cloud" in page.endpoints.cards, timeout=LONG_MS)
    assert ENDPOINTS.all() == (AWAY,)
    assert list(own_list.kept.values()) == [KEY]


def test_setting_up_leaves_the_key_and_the_name(window: MainWindow, qtbot: QtBot, own_list: _Remembered) -> None:
    ENDPOINTS.add(AWAY, KEY)
    page = _page(window, qtbot)
    dialog = page.endpoints.set_up("cloud")
    assert not dialog.name.isEnabled()
    assert KEY not in dialog.key.text() + dialog.key.placeholderText()
    dialog.limits["retries"].field.setText("7")
    dialog.limits["retries"].field.editingFinished.emit()
    _click(dialog.done_button)
    qtbot.waitUntil(lambda: ENDPOINTS.find("cloud").retries == 7, timeout=LONG_MS)
    found = ENDPOINTS.find("cloud")
    assert (found.models, dict(found.prices)) == (AWAY.models, dict(AWAY.prices))
    assert list(own_list.kept.values()) == [KEY]


# -- candidates ------------------------------------------------------------------------------------------------------


def test_the_picker_offers_its_models_and_says_where_texts_go(window: MainWindow, qtbot: QtBot) -> None:
    ENDPOINTS.add(AWAY)
    page = _try_with(window, qtbot, Candidate("cloud/big", "", "api.example.com", "openai"))
    picker = CandidatePicker(page.model.candidates, set, "cpu", parent=page)
    qtbot.addWidget(picker)
    spoken = next(text for text in picker.rows() if text.startswith("big"))
    assert "Sends data to api.example.com" in spoken
    assert "cloud" in spoken and "MB" not in spoken
    picker.field.setText("api.example.com")
    assert len(picker.rows()) == 1
    picker.show()
    with qtbot.waitSignal(picker.endpoints_wanted):
        _click(next(button for button in picker.findChildren(Button) if button.text() == "Use an endpoint …"))


def test_the_column_and_the_status_bar_say_where_texts_go(window: MainWindow, qtbot: QtBot) -> None:
    ENDPOINTS.add(AWAY)
    assert window.status.private.text() == "Nothing leaves this computer"
    page = _try_with(window, qtbot, Candidate("cloud/big", "", "api.example.com", "openai"))
    head = page.strip.columns[0].head_view
    assert head.sends.isVisible() and head.sends.text() == "Sends data to api.example.com"
    assert window.status.private.text() == "Sends data to api.example.com"
    page.model.candidates.remove(page.model.columns[0].id)
    qtbot.waitUntil(lambda: window.status.private.text() == "Nothing leaves this computer")


def test_nothing_is_sent_away_before_the_user_agrees_and_the_question_comes_once(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ENDPOINTS.add(AWAY)
    page = _try_with(window, qtbot, Candidate("cloud/big", "", "api.example.com", "openai"))
    ran = []
    monkeypatch.setattr(page.model, "run", lambda: ran.append(1))
    window.action_set.trigger("run")
    dialog = _question(page)
    assert dialog is not None and dialog.hosts == ("api.example.com",)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert not ran
    window.action_set.trigger("run")
    _click(_question(page).send_button)
    assert ran == [1]
    window.action_set.trigger("run")
    assert _question(page) is None
    assert ran == [1, 1]
    session = window.shell.project.session
    other = Candidate("lab/big", "", "lab.example.org", "openai")
    consent = Consent(window.shell.preferences.folder / "sending.json")
    assert consent.missing(session, [other, page.model.columns[0].column.candidate]) == ("lab.example.org",)


def test_a_server_on_this_computer_answers_without_a_question_with_its_figures(
    window: MainWindow, qtbot: QtBot, server: FaultServer
) -> None:
    host = server.url.split("/")[2]
    ENDPOINTS.add(Endpoint("here", server.url, ("good",), prices={"good": Price(1000, 2000, "EUR")}))
    page = _try_with(window, qtbot, Candidate("here/good", "", host, "openai"))
    page.composer.show_draft({"messages": "Hello"})
    page.model.type("messages", "Hello")
    window.action_set.trigger("run")
    assert _question(page) is None
    qtbot.waitUntil(lambda: not page.model.running and bool(page.model.columns[0].turns), timeout=LONG_MS)
    shown = page.strip.columns[0]
    assert shown.turns[-1].turn.answer == "Hello there, friend.", shown.turns[-1].turn.result
    assert shown.head_view.sends.text() == "Server on this computer"
    assert shown.figures.metrics["network_s"].value != "–"
    assert "peak_memory_mb" not in shown.figures.metrics
    # 11 tokens read and 3 written, at 1000 and 2000 EUR for a million.
    assert shown.figures.cost.text() == "This answer cost 0.017 EUR."
    assert window.status.private.text() == "Asks a server on this computer"


def test_evaluate_asks_before_rows_leave(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    ENDPOINTS.add(AWAY)
    session = window.shell.project.session
    session.add_column("text-classification", Candidate("cloud/big", "", "api.example.com", "openai"))
    window.shell.navigation.choose_task("text-classification")
    window.shell.navigation.open_screen("evaluate")
    page = window.page
    assert isinstance(page, EvaluatePage)
    qtbot.waitUntil(lambda: not page.setup.loading, timeout=LONG_MS)
    page.setup.importing.use_sample(all_samples("text-classification")[0].id)
    button = page.setup_view.run_button
    qtbot.waitUntil(lambda: page.setup.can_run and button.isVisible() and button.isEnabled(), timeout=LONG_MS)
    card = page.setup_view.candidates
    assert {badge.text() for badge in card.findChildren(SendingBadge)} == {"Sends data to api.example.com"}
    started = []
    monkeypatch.setattr(page.setup.run, "start", lambda: started.append(1))
    _click(button)
    dialog = _question(page)
    assert dialog is not None and not started
    assert any("200 requests now." in each for each in _said(dialog))
    _click(dialog.send_button)
    assert started == [1]


# -- a model for other programs --------------------------------------------------------------------------------------


def test_a_model_is_offered_to_other_programs_and_ends_with_stop(window: MainWindow, qtbot: QtBot) -> None:
    from openai import OpenAI

    card = _page(window, qtbot).endpoints.offering
    qtbot.waitUntil(lambda: card.model.read, timeout=LONG_MS)
    card.which.setCurrentIndex(card.which.findData("starter/assistant-small:int8"))
    assert card.which.currentIndex() >= 0
    card.port.setValue(_free_port())
    _click(card.start_button)
    qtbot.waitUntil(lambda: card.model.state == "on", timeout=LONG_MS)
    assert card.url.text() == f"http://127.0.0.1:{card.port.value()}/v1"
    assert "starter/assistant-small:int8" in card.code.text()
    assert card.copy_url.isVisible()
    assert window.status.running.isVisible()
    assert window.status.running.text() == "Offering a model to other programs"
    client = OpenAI(base_url=card.url.text(), api_key="none", max_retries=0)
    assert [model.id for model in client.models.list()] == ["starter/assistant-small:int8"]
    _click(card.stop_button)
    qtbot.waitUntil(lambda: card.model.state == "off", timeout=LONG_MS)
    assert card.model.failure is None
    assert not window.status.running.isVisible()
    with pytest.raises(Exception, match="Connection"):
        client.models.list()


def test_a_port_that_is_taken_is_said(window: MainWindow, qtbot: QtBot, server: FaultServer) -> None:
    card = _page(window, qtbot).endpoints.offering
    qtbot.waitUntil(lambda: bool(card.model.models), timeout=LONG_MS)
    card.port.setValue(int(server.url.split(":")[2].split("/")[0]))
    _click(card.start_button)
    qtbot.waitUntil(lambda: card.model.failure is not None and card.model.state == "off", timeout=LONG_MS)
    assert card.findChild(Notice) is not None
    assert card.start_button.isEnabled()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

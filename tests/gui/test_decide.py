"""The Decide screen: criteria, verdicts, recommendation, sizing and the brief, on an evaluation by a starter model."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.domain.decision import Criterion
from studio.domain.evaluation import EvaluationInfo, EvaluationSettings
from studio.gui.main_window import MainWindow
from studio.gui.pages.decide import DecidePage
from studio.gui.widgets.decide.verdict_cards import VerdictCard, criterion_title
from studio.gui.words import speak
from studio.services.project_session import ProjectSession
from studio.tasks import find_task
from tests.gui.evaluated import labels_evaluation

LONG_MS = 60_000
LEFT = Qt.MouseButton.LeftButton
TASK = "text-classification"


def _settled(page: DecidePage, qtbot: QtBot) -> None:
    model = page.model
    qtbot.waitUntil(
        lambda: model.decision is not None and not model.deciding and not model._settled.isActive(), timeout=LONG_MS
    )


def _open(window: MainWindow, qtbot: QtBot) -> DecidePage:
    window.shell.navigation.choose_task(TASK)
    window.shell.navigation.open_screen("decide")
    page = window.pages["decide"]
    assert isinstance(page, DecidePage)
    _settled(page, qtbot)
    return page


@pytest.fixture
def session(window: MainWindow) -> ProjectSession:
    assert window.shell.project.session is not None
    return window.shell.project.session


@pytest.fixture
def page(window: MainWindow, session: ProjectSession, qtbot: QtBot) -> DecidePage:
    """On stored answers, with the suggested criteria."""
    labels_evaluation(session, 220)
    page = _open(window, qtbot)
    qtbot.mouseClick(page.start.button, LEFT)
    qtbot.waitUntil(lambda: len(page.model.criteria) == 6, timeout=LONG_MS)
    _settled(page, qtbot)
    return page


def _real(session: ProjectSession) -> EvaluationInfo:
    """A starter model answers some of the sample's messages, in a process of its own."""
    from studio.library.store import Library
    from studio.services.candidates import resolve
    from studio.services.evaluating import begin
    from studio.services.importing import import_sample
    from studio.services.pool import CandidatePool

    task = find_task(TASK)
    dataset = import_sample(session, task, "support")
    library = Library.open()
    settings = EvaluationSettings(dataset.mapping, positions=tuple(range(24)))
    with CandidatePool() as pool:
        chosen = resolve(task, "starter/support-intents-tiny", library)
        return begin(session, task, dataset, [chosen], settings, pool, library=library)


def test_without_a_use_case_there_is_one_way_on(window: MainWindow, qtbot: QtBot) -> None:
    window.shell.navigation.open_screen("decide")
    page = window.pages["decide"]
    assert page._no_task.isVisible()
    qtbot.mouseClick(page._no_task.button, LEFT)
    assert window.shell.navigation.screen == "home"


def test_criteria_come_before_the_numbers(window: MainWindow, session: ProjectSession, qtbot: QtBot) -> None:
    page = _open(window, qtbot)
    assert page.start.isVisible()
    assert page._no_evaluation.isVisible()
    qtbot.mouseClick(page.start.button, LEFT)
    qtbot.waitUntil(lambda: len(page.model.criteria) == 6, timeout=LONG_MS)
    _settled(page, qtbot)
    assert not page.start.isVisible()
    assert not page.verdicts.isVisible()
    labels_evaluation(session, 60)
    qtbot.waitUntil(lambda: page.model.evaluation is not None, timeout=LONG_MS)
    _settled(page, qtbot)
    assert page.verdicts.isVisible()
    # They were there before the results: nothing to confess.
    assert not page.changes.isVisible()


def test_a_starter_model_gets_its_verdict(window: MainWindow, session: ProjectSession, qtbot: QtBot) -> None:
    page = _open(window, qtbot)
    page.model.put(Criterion("fast", "latency_p50_s", "at most", 30.0))
    info = _real(session)
    qtbot.waitUntil(
        lambda: page.model.evaluation is not None and page.model.evaluation.info.status == "finished", timeout=LONG_MS
    )
    _settled(page, qtbot)
    # The sample's recorded answers take part as well; nobody timed those.
    model = next(each.id for each in info.candidates if each.kind == "model")

    def judged() -> VerdictCard:
        return next(card for card in page.verdicts.cards if card.verdict.candidate == model)

    card = judged()
    assert card.verdict.overall == "GO"
    assert card.word.text() == "GO"
    assert "GO" in card.accessibleName()
    page.model.put(Criterion("fast", "latency_p50_s", "at most", 1e-6))
    qtbot.waitUntil(lambda: judged().verdict.overall == "NO-GO", timeout=LONG_MS)
    assert page.changes.isVisible()


def test_each_candidate_has_a_card_with_every_criterion(page: DecidePage) -> None:
    assert [card.verdict.overall for card in page.verdicts.cards][-1] == "NO-GO"
    for card in page.verdicts.cards:
        assert len(card.verdict.criteria) == 6
        assert card.word.text() == card.verdict.overall
    assert page.changes.isVisible()
    page.changes.toggle()
    assert page.changes._lines.count() == 6


def test_a_criterion_is_edited_in_the_unit_of_its_figure(page: DecidePage, qtbot: QtBot) -> None:
    latency = next(each for each in page.model.criteria if each.metric == "latency_p95_s")
    dialog = page.criteria.open_dialog(latency)
    assert dialog is not None
    assert dialog.threshold.value() == 500
    assert dialog.threshold.suffix() == " ms"
    dialog.threshold.setValue(120)
    dialog.weight.show_value("must")
    group = next(each for each in page.model.groups if each.value == "mail")
    place = next(n for n in range(dialog.group.count()) if dialog.group.itemData(n) == group)
    dialog.group.setCurrentIndex(place)
    qtbot.mouseClick(dialog.done_button, LEFT)

    def now() -> Criterion:
        return next(each for each in page.model.criteria if each.id == latency.id)

    qtbot.waitUntil(lambda: now().threshold == pytest.approx(0.12), timeout=LONG_MS)
    assert (now().weight, now().slice) == ("must", group)
    assert "mail" in criterion_title(now())


def test_a_new_criterion_takes_the_good_side_of_its_figure(page: DecidePage, qtbot: QtBot) -> None:
    dialog = page.criteria.open_dialog(None)
    assert dialog is not None
    dialog.figure.setCurrentIndex(dialog.figure.findData("error_rate"))
    assert dialog.direction.value == "at most"
    dialog.threshold.setValue(2)
    qtbot.mouseClick(dialog.done_button, LEFT)
    qtbot.waitUntil(lambda: len(page.model.criteria) == 7, timeout=LONG_MS)
    assert page.model.criteria[-1].threshold == pytest.approx(0.02)


def test_a_removed_criterion_comes_back(page: DecidePage, session: ProjectSession, qtbot: QtBot) -> None:
    first = page.model.criteria[0]
    qtbot.mouseClick(page.criteria.remove_buttons[first.id], LEFT)
    qtbot.waitUntil(lambda: first not in page.model.criteria, timeout=LONG_MS)
    assert first in page.model.suggestions
    session.undo()
    qtbot.waitUntil(lambda: first in page.model.criteria, timeout=LONG_MS)


def test_weights_change_the_ranking(page: DecidePage, qtbot: QtBot) -> None:
    def first() -> str:
        assert page.model.decision is not None
        assert page.model.decision.recommendation is not None
        assert page.model.evaluation is not None
        return page.model.evaluation.candidate(page.model.decision.recommendation.standings[0].candidate).title

    for axis, slider in page.recommendation.sliders.items():
        slider.setValue(100 if axis == "quality" else 0)
    qtbot.waitUntil(lambda: first() == "Support intents, small", timeout=LONG_MS)
    for axis, slider in page.recommendation.sliders.items():
        slider.setValue(100 if axis == "latency" else 0)
    qtbot.waitUntil(lambda: first() == "Support intents, tiny", timeout=LONG_MS)


def test_sizing_follows_what_is_asked(page: DecidePage, qtbot: QtBot) -> None:
    assert page.model.decision is not None
    assert {each.instances for each in page.model.decision.sizing} == {1}
    page.sizing.boxes["requests_per_day"].setValue(50_000_000)
    qtbot.waitUntil(
        lambda: page.model.decision is not None and page.model.decision.sizing[0].instances > 1, timeout=LONG_MS
    )
    assert page.model.decision.sizing_inputs.requests_per_day == 50_000_000


def test_hardware_is_the_users_and_costs_what_they_say(page: DecidePage, qtbot: QtBot) -> None:
    dialog = page.sizing.open_hardware()
    assert dialog is not None
    assert not dialog.remove_button.isEnabled()
    qtbot.mouseClick(dialog.add_button, LEFT)
    dialog.name.setText("Rented box")
    dialog.currency.setText("EUR")
    dialog.boxes["rent_per_hour"].setValue(0.5)
    dialog.boxes["speed"].setValue(2)
    qtbot.mouseClick(dialog.done_button, LEFT)
    qtbot.waitUntil(
        lambda: page.model.decision is not None and page.model.decision.sizing[0].cost_per_1000.value > 0,
        timeout=LONG_MS,
    )
    sizing = page.model.decision.sizing[0]
    # One machine, all day: 12 EUR for the 1,000 requests a day.
    assert sizing.cost_per_1000.value == pytest.approx(12.0)
    assert sizing.currency == "EUR"
    assert [profile.name for profile in page.model.hardware][-1] == "Rented box"


def test_the_brief_is_stored_while_typing(page: DecidePage, session: ProjectSession, qtbot: QtBot) -> None:
    page.brief.open()
    qtbot.keyClicks(page.brief.texts["problem"], "Mail waits.")
    qtbot.waitUntil(lambda: session.decisions.brief(TASK).answers.get("problem") == "Mail waits.", timeout=LONG_MS)
    page.brief.checks["cls_labels"]._buttons["yes"].click()
    qtbot.keyClicks(page.brief.notes["cls_labels"], "seen")
    qtbot.waitUntil(lambda: session.decisions.brief(TASK).notes.get("cls_labels") == "seen", timeout=LONG_MS)
    assert session.decisions.brief(TASK).answers["cls_labels"] == "yes"
    assert page.brief._count.text().startswith("2 of ")


def test_a_template_keeps_what_was_written(page: DecidePage, session: ProjectSession) -> None:
    page.brief.open()
    page.brief.texts["problem"].setPlainText("Ours.")
    (template,) = page.model.templates
    page.brief.use_template(template)
    answers = session.decisions.brief(TASK).answers
    assert answers["problem"] == "Ours."
    assert answers["users"] == template.answers["users"]
    assert page.brief.texts["users"].toPlainText() == template.answers["users"]


def test_another_evaluation_is_judged(page: DecidePage, session: ProjectSession, qtbot: QtBot) -> None:
    newer = labels_evaluation(session, 40, seed=3)
    qtbot.waitUntil(lambda: len(page.model.evaluations) == 2, timeout=LONG_MS)
    _settled(page, qtbot)
    assert page.which.count() == 2
    older = next(each.id for each in page.model.evaluations if each.id != newer.id)
    page.model.choose(older)
    _settled(page, qtbot)
    assert page.model.evaluation is not None
    assert page.model.evaluation.info.id == older
    assert page.which.currentData() == older


@pytest.mark.parametrize("size", [(1280, 800), (1024, 700)])
def test_nothing_is_cut_off_sideways(window: MainWindow, page: DecidePage, size: tuple[int, int], qtbot: QtBot) -> None:
    window.resize(*size)
    page.brief.open()
    QApplication.processEvents()
    content = page._area.widget()
    assert content.minimumSizeHint().width() <= page._area.viewport().width()


def test_it_speaks_chinese_at_once(page: DecidePage, qtbot: QtBot) -> None:
    try:
        speak("zh_CN")
        qtbot.waitUntil(lambda: page.verdicts.cards[-1].word.text() == "不通过", timeout=LONG_MS)
        assert "至少" in criterion_title(page.model.criteria[0])
    finally:
        speak("en")
        _settled(page, qtbot)

"""The "Why" part of the results: what is found, shown, pointed at, measured, and put into the report."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.domain.evaluation import EvaluationInfo
from studio.domain.explanation import Explanation, Part
from studio.gui.main_window import MainWindow
from studio.gui.pages.evaluate_results import EvaluateResults
from studio.gui.widgets.buttons import Chip, IconButton
from studio.gui.widgets.evaluate_results.insights_lines import InsightLine
from studio.gui.widgets.evaluate_results.insights_view import InsightsView
from studio.gui.widgets.evaluate_results.row_detail import AnswerPart
from studio.gui.widgets.explain.dialog import ExplainDialog
from studio.gui.widgets.text import Badge
from studio.services import insights as insights_module
from studio.services.reporting import build
from tests.gui.evaluated import SENTENCES, labels_evaluation, texts_evaluation
from tests.gui.test_evaluate_results import WAIT_MS, _results, _texts


@pytest.fixture
def info(window: MainWindow) -> EvaluationInfo:
    return labels_evaluation(window.shell.project.session, 140)


@pytest.fixture
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mistakes are put together by their words: no model has to be opened for it."""
    monkeypatch.setattr(insights_module, "_by_meaning", lambda *_asked: None)


@pytest.fixture
def results(window: MainWindow, qtbot: QtBot, info: EvaluationInfo) -> EvaluateResults:
    return _results(window, qtbot, info)


def _open(results: EvaluateResults, qtbot: QtBot) -> InsightsView:
    qtbot.mouseClick(results.tabs._buttons["why"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: results.insights.found is not None, timeout=WAIT_MS)
    return results.why


def _lines(card: QWidget) -> list[InsightLine]:
    return card.findChildren(InsightLine)


def test_kinds_of_mistakes_lead_to_their_rows(results: EvaluateResults, qtbot: QtBot) -> None:
    view = _open(results, qtbot)
    found = results.insights.found
    lines = _lines(view.groups)
    assert 0 < len(lines) <= 6
    assert all(line.accessibleName() for line in lines)
    group = found.groups[0]
    # By keyboard as well.
    lines[0].setFocus()
    qtbot.keyClick(lines[0], Qt.Key.Key_Return)
    rows = results.model.rows
    qtbot.waitUntil(lambda: rows.rowCount() == group.rows, timeout=WAIT_MS)
    assert results.tabs.value == "rows"
    assert sorted(rows.position(place) for place in range(rows.rowCount())) == sorted(group.positions)
    assert results.rows.bar.narrowed.isVisibleTo(results.rows.bar)
    assert group.name in results.rows.bar.narrowed.text()
    qtbot.mouseClick(results.rows.bar.narrowed, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: rows.rowCount() == 140, timeout=WAIT_MS)


@pytest.mark.usefixtures("by_words")
def test_who_is_right_alone_leads_to_those_rows(results: EvaluateResults, qtbot: QtBot) -> None:
    view = _open(results, qtbot)
    pair = results.insights.found.pairs[0]
    line = _lines(view.pairs)[0]
    assert "right," in line.accessibleName()
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    rows = results.model.rows
    qtbot.waitUntil(lambda: rows.rowCount() == pair.better_a, timeout=WAIT_MS)
    for place in range(rows.rowCount()):
        assert rows.verdict(place, pair.a)[0] == "right"
        assert rows.verdict(place, pair.b)[0] != "right"


@pytest.mark.usefixtures("by_words")
def test_words_lead_to_the_rows_that_hold_them(results: EvaluateResults, qtbot: QtBot) -> None:
    view = _open(results, qtbot)
    label = next(each for each in results.insights.found.words[0].labels if each.words)
    word = label.words[0]
    chip = next(
        each for each in view.words.findChildren(Chip) if each.text() == f"{word.text}  {word.given}/{word.rows}"
    )
    assert f"{word.given} of the {word.rows} rows" in chip.toolTip()
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    rows = results.model.rows
    qtbot.waitUntil(lambda: rows.rowCount() == word.given, timeout=WAIT_MS)
    assert results.rows.bar.search.text() == word.text


@pytest.mark.usefixtures("by_words")
def test_the_words_of_another_candidate(results: EvaluateResults, qtbot: QtBot) -> None:
    view = _open(results, qtbot)
    assert view.words.who.count() == 3
    for number, words in enumerate(results.insights.found.words):
        view.words.who.setCurrentIndex(number)
        view.words.who.activated.emit(number)
        told = sorted(f"{word.text}  {word.given}/{word.rows}" for label in words.labels for word in label.words)
        qtbot.waitUntil(
            lambda told=told: sorted(chip.text() for chip in view.words.findChildren(Chip)) == told, timeout=WAIT_MS
        )
    # Answers that were recorded elsewhere have no model to ask.
    view.words.kind.show_value("measured")
    view.words.refresh()
    qtbot.waitUntil(lambda: "no model to ask" in _texts(view.words), timeout=WAIT_MS)
    assert not view.words.measure_button.isVisibleTo(view)


@pytest.mark.usefixtures("by_words")
def test_measuring_asks_the_model_and_can_be_stopped(
    window: MainWindow, results: EvaluateResults, qtbot: QtBot
) -> None:
    view = _open(results, qtbot)
    view.words.kind.show_value("measured")
    view.words.refresh()
    qtbot.waitUntil(lambda: "Nothing was measured yet" in _texts(view.words), timeout=WAIT_MS)
    qtbot.mouseClick(view.words.measure_button, Qt.MouseButton.LeftButton)
    assert results.insights.measuring is not None
    assert view.words._progress.isVisibleTo(view)
    qtbot.mouseClick(view.words._progress.stop_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not results.insights.running, timeout=WAIT_MS)
    assert results.insights.failure is None
    assert results.insights.found.weighed == ()
    results.insights.put_in_report(True)
    results.insights.measure(view.words.candidate, 6)
    qtbot.waitUntil(lambda: bool(results.insights.found.weighed), timeout=WAIT_MS)
    assert [badge for badge in view.words.findChildren(Badge) if "falls by" in badge.toolTip()]
    # The report has what was measured too.
    session = window.shell.project.session
    qtbot.waitUntil(lambda: bool(session.kept.insights(results.insights.found.evaluation).weighed), timeout=WAIT_MS)


@pytest.mark.usefixtures("by_words")
def test_into_the_report_and_out_again(window: MainWindow, results: EvaluateResults, qtbot: QtBot) -> None:
    view = _open(results, qtbot)
    session, evaluation = window.shell.project.session, results.insights.found.evaluation
    assert view.report_button.text() == "Add to the report"
    qtbot.mouseClick(view.report_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.report_button.text() == "Take out of the report", timeout=WAIT_MS)
    assert session.kept.insights(evaluation) is not None
    session.undo()
    qtbot.waitUntil(lambda: view.report_button.text() == "Add to the report", timeout=WAIT_MS)
    assert session.kept.insights(evaluation) is None


@pytest.mark.usefixtures("by_words")
def test_kept_explanations_are_listed_shown_and_taken_out(
    window: MainWindow, results: EvaluateResults, info: EvaluationInfo, qtbot: QtBot
) -> None:
    view = _open(results, qtbot)
    session = window.shell.project.session
    qtbot.waitUntil(lambda: "None yet" in _texts(view.kept), timeout=WAIT_MS)
    found = Explanation("cancel order", 0.9, (Part("please", 0, 6),), (0.3,), text="please cancel")
    first = info.candidates[0]
    session.kept.keep(info.task, first.title, "please cancel <b>it</b>", found, info.id, first.id, 7)
    qtbot.waitUntil(lambda: "please cancel <b>it</b>" in _texts(view.kept), timeout=WAIT_MS)
    show, remove = view.kept.findChildren(IconButton)
    qtbot.mouseClick(show, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: results.rows.detail.title.text() == "Row 8", timeout=WAIT_MS)
    results.open_part("why")
    qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "None yet" in _texts(view.kept), timeout=WAIT_MS)
    session.undo()
    qtbot.waitUntil(lambda: "please cancel" in _texts(view.kept), timeout=WAIT_MS)


@pytest.mark.usefixtures("by_words")
def test_stopped_it_can_be_asked_for_again(results: EvaluateResults, qtbot: QtBot) -> None:
    results.open_part("why")
    assert results.insights.running
    assert results.why._progress.isVisibleTo(results.why)
    results.insights.stop()
    qtbot.waitUntil(lambda: not results.insights.running, timeout=WAIT_MS)
    if results.insights.found is None:
        assert results.why._again.isVisibleTo(results.why)
        qtbot.mouseClick(results.why._again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: results.insights.found is not None, timeout=WAIT_MS)
    assert not results.why._again.isVisibleTo(results.why)


@pytest.mark.usefixtures("by_words")
def test_written_answers_have_no_words_of_labels(window: MainWindow, qtbot: QtBot) -> None:
    rows = [(f"{source} {n}", *rest) for n in range(8) for source, *rest in SENTENCES]
    results = _results(window, qtbot, texts_evaluation(window.shell.project.session, rows))
    view = _open(results, qtbot)
    assert not view.words.isVisibleTo(view)
    assert "clearly better than" in "".join(line.accessibleName() for line in _lines(view.pairs))
    assert "worst fifth" in _texts(view.groups)


@pytest.mark.usefixtures("by_words")
def test_both_languages(window: MainWindow, results: EvaluateResults, qtbot: QtBot) -> None:
    view = _open(results, qtbot)
    window.shell.preferences.set_value("language", "zh_CN")
    said = "\n".join(label.text() for label in view.findChildren(QLabel))
    assert "错误的类型" in said
    assert "Kinds of mistakes" not in said
    # In the smallest window no line is squeezed.
    window.resize(1024, 700)
    lines = view.findChildren(InsightLine)
    qtbot.waitUntil(
        lambda: all(line.height() >= line.layout().totalHeightForWidth(line.width()) for line in lines),
        timeout=WAIT_MS,
    )
    window.shell.preferences.set_value("language", "en")


# -- single answers ----------------------------------------------------------------------------------------------------


def test_a_row_is_explained_from_the_keyboard_and_kept(window: MainWindow, qtbot: QtBot) -> None:
    session = window.shell.project.session
    info = labels_evaluation(session, 140)
    results = _results(window, qtbot, info)
    results.open_part("rows")
    table = results.rows.table
    qtbot.waitUntil(lambda: results.model.rows.at(3) is not None, timeout=WAIT_MS)
    table.setCurrentIndex(results.model.rows.index_at(3, results.model.rows.first_candidate))
    qtbot.keyClick(table, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: bool(window.findChildren(ExplainDialog)), timeout=WAIT_MS)
    (dialog,) = window.findChildren(ExplainDialog)
    qtbot.waitUntil(lambda: dialog.model.found is not None, timeout=WAIT_MS)
    assert dialog.model.candidate.model == "starter/support-intents-tiny"
    assert dialog.model.text == "where do I see the bill for order 4003"
    qtbot.mouseClick(dialog.keep_button, Qt.MouseButton.LeftButton)
    (kept,) = session.kept.explanations(info.task)
    assert (kept.evaluation, kept.candidate, kept.position) == (info.id, info.candidates[0].id, 3)
    assert kept.explanation == dialog.model.found
    dialog.reject()
    # And what was kept is in the report.
    report = build(session, info.id)
    assert "explanations" in [section.id for section in report.sections]


def test_why_is_offered_for_models_only(results: EvaluateResults, qtbot: QtBot) -> None:
    results.open_part("rows")
    qtbot.waitUntil(lambda: results.model.rows.at(0) is not None, timeout=WAIT_MS)
    results.rows.open_place(0)
    qtbot.waitUntil(lambda: len(results.rows.detail.findChildren(AnswerPart)) == 3, timeout=WAIT_MS)
    tiny, small, rules = results.rows.detail.findChildren(AnswerPart)
    qtbot.waitUntil(lambda: tiny.why.isVisibleTo(results), timeout=WAIT_MS)
    assert small.why.isVisibleTo(results)
    assert not rules.why.isVisibleTo(results)
    asked: list[tuple[int, int]] = []
    results.rows.why_wanted.disconnect()
    results.rows.why_wanted.connect(lambda position, candidate: asked.append((position, candidate)))
    qtbot.mouseClick(small.why, Qt.MouseButton.LeftButton)
    # A column that is no model's means the first model.
    results.rows.table.setCurrentIndex(results.model.rows.index_at(2, 1))
    qtbot.keyClick(results.rows.table, Qt.Key.Key_W)
    one, two, _rules = (each.id for each in results.model.info.candidates)
    assert asked == [(0, two), (2, one)]


@pytest.mark.usefixtures("by_words")
def test_the_preview_of_the_report_follows(window: MainWindow, results: EvaluateResults, qtbot: QtBot) -> None:
    _open(results, qtbot)
    window.shell.navigation.open_screen("report")
    model = window.pages["report"].model
    qtbot.waitUntil(lambda: model.report is not None, timeout=WAIT_MS)
    assert "insights" not in [section.id for section in model.report.sections]
    results.insights.put_in_report(True)
    qtbot.waitUntil(lambda: "insights" in [section.id for section in model.report.sections], timeout=WAIT_MS)

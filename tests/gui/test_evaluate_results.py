"""The results half of Evaluate over stored answers: what is seen first, rows, marks, mistakes, votes, export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from studio.domain.evaluation import EvaluationInfo, SliceKey
from studio.gui.main_window import MainWindow
from studio.gui.pages.evaluate_results import EvaluateResults
from studio.gui.viewmodels.evaluate_results_rows import CELL
from studio.gui.widgets.evaluate_results.candidate_cards import CandidateCard
from studio.gui.widgets.evaluate_results.confusion_map import ConfusionMap
from studio.gui.widgets.notice import Notice
from tests.gui.evaluated import SENTENCES, labels_evaluation, texts_evaluation

WAIT_MS = 20_000


def _results(window: MainWindow, qtbot: QtBot, info: EvaluationInfo) -> EvaluateResults:
    """The results as the Evaluate screen shows them."""
    window.shell.navigation.choose_task(info.task)
    window.shell.navigation.open_screen("evaluate")
    page = window.pages["evaluate"]
    qtbot.waitUntil(lambda: page.setup.dataset is not None, timeout=WAIT_MS)
    page.show_evaluation(info.id)
    qtbot.waitUntil(lambda: page._results is not None and page._results.model.evaluation is not None, timeout=WAIT_MS)
    results = page._results
    # Single answers are read last.
    qtbot.waitUntil(lambda: results.model.rows.known is not None and _whole(results), timeout=WAIT_MS)
    return results


def _whole(results: EvaluateResults) -> bool:
    return "latency" in results.model.rows.known.orders


@pytest.fixture
def info(window: MainWindow) -> EvaluationInfo:
    """An evaluation of two models and recorded answers."""
    return labels_evaluation(window.shell.project.session, 140)


@pytest.fixture
def results(window: MainWindow, qtbot: QtBot, info: EvaluationInfo) -> EvaluateResults:
    return _results(window, qtbot, info)


def _texts(widget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def _row_texts(results: EvaluateResults, column: int) -> list[str]:
    rows = results.model.rows
    return [rows.data(rows.index_at(place, column), CELL).text for place in range(rows.rowCount())]


def _settle(results: EvaluateResults, qtbot: QtBot, count: int) -> None:
    qtbot.waitUntil(lambda: results.model.rows.rowCount() == count, timeout=WAIT_MS)


def test_first_a_sentence_then_what_it_costs(results: EvaluateResults, info: EvaluationInfo) -> None:
    assert "Support intents, small" in results.sentence.text()
    said = _texts(results.overview.difference)
    assert "95 % interval" in said
    assert "Keyword rules" in said
    cards = results.overview.cards.findChildren(CandidateCard)
    assert len(cards) == 3
    first = _texts(cards[0])
    assert "62 MB" in first
    assert "smallest" in first
    assert cards[0].errors.text() == "1 row without an answer"
    assert "No errors" in _texts(cards[1])
    # Recorded answers have no speed: nothing is made up.
    assert "–" in _texts(cards[2])
    points = results.overview.tradeoff.plot._points
    assert [point.candidate for point in points] == [candidate.id for candidate in info.candidates[:2]]
    assert "95 of 100 within" in results.overview.tradeoff.plot.accessibleName()


def test_other_axes(results: EvaluateResults) -> None:
    card = results.overview.tradeoff
    card.up.setCurrentIndex(card.up.findData("peak_memory_mb"))
    card.up.activated.emit(card.up.currentIndex())
    assert card._title.text() == "Better is down and to the left"
    assert [point.y.value for point in card.plot._points] == [62.0, 118.0]


def test_filters_count_and_find(results: EvaluateResults, qtbot: QtBot) -> None:
    results.open_part("rows")
    bar, rows = results.rows.bar, results.model.rows
    assert bar.chips["all"].text() == "All 140"
    assert bar.chips["errors"].text() == "Errors 1"
    assert not bar.chips["improved"].isVisible()
    qtbot.mouseClick(bar.chips["errors"], Qt.MouseButton.LeftButton)
    _settle(results, qtbot, 1)
    qtbot.waitUntil(lambda: rows.at(0) is not None, timeout=WAIT_MS)
    cell = rows.data(rows.index_at(0, rows.first_candidate), CELL)
    assert (cell.verdict, cell.text) == ("failed", "The text is empty.")
    qtbot.mouseClick(bar.chips["different"], Qt.MouseButton.LeftButton)
    _settle(results, qtbot, rows.counts["different"])
    assert 0 < rows.rowCount() < 140
    qtbot.mouseClick(bar.chips["all"], Qt.MouseButton.LeftButton)
    _settle(results, qtbot, 140)
    bar.search.setFocus()
    qtbot.keyClicks(bar.search, "4017")
    _settle(results, qtbot, 1)
    qtbot.waitUntil(lambda: "4017" in _row_texts(results, 1)[0], timeout=WAIT_MS)
    qtbot.keyClicks(bar.search, "9")
    _settle(results, qtbot, 0)
    assert "40179" in results.rows._nothing.text()


def test_a_click_on_a_head_sorts_by_what_is_known_of_the_candidate(results: EvaluateResults, qtbot: QtBot) -> None:
    results.open_part("rows")
    rows = results.model.rows
    results.rows.table.horizontalHeader().sectionClicked.emit(rows.first_candidate)
    qtbot.waitUntil(lambda: rows.query.order == "confidence" and not rows.searching, timeout=WAIT_MS)
    sure = rows.known.candidates[0].confidence
    qtbot.waitUntil(lambda: rows.position(0) == int(sure.argsort()[0]), timeout=WAIT_MS)
    results.rows.table.horizontalHeader().sectionClicked.emit(rows.first_candidate)
    qtbot.waitUntil(lambda: sure[rows.position(0)] > 0.9, timeout=WAIT_MS)


def test_a_row_in_full_starred_noted_and_undone(results: EvaluateResults, window: MainWindow, qtbot: QtBot) -> None:
    results.open_part("rows")
    view, session = results.rows, window.shell.project.session
    dataset = results.model.info.dataset.id
    view.table.go_to(3)
    qtbot.waitUntil(lambda: results.model.rows.at(3) is not None, timeout=WAIT_MS)
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert view.detail.isVisible()
    assert view.open_position == 3
    qtbot.waitUntil(lambda: "where do I see the bill for order 4003" in _texts(view.detail), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "answered in" in _texts(view.detail), timeout=WAIT_MS)
    assert "get invoice" in _texts(view.detail)
    qtbot.keyClick(view.table, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: session.datasets.critical(dataset) == {3}, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: results.rows.bar.chips["starred"].text() == "Starred 1", timeout=WAIT_MS)
    qtbot.waitUntil(view.detail.star.isChecked, timeout=WAIT_MS)
    view.detail.note.setFocus()
    qtbot.keyClicks(view.detail.note, "ask legal")
    # Another row is opened: what was written is stored with the row it was written about.
    view.detail.step_wanted.emit(1)
    qtbot.waitUntil(lambda: session.datasets.rows(dataset, [3])[0].note == "ask legal", timeout=WAIT_MS)
    assert session.datasets.rows(dataset, [4])[0].note == ""
    window.action_set.trigger("edit.undo")
    window.action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: session.datasets.critical(dataset) == frozenset(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: results.rows.bar.chips["starred"].text() == "Starred 0", timeout=WAIT_MS)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.detail.isVisible()


def test_thumbs_and_notes_on_an_answer(results: EvaluateResults, window: MainWindow, qtbot: QtBot) -> None:
    results.open_part("rows")
    session, info = window.shell.project.session, results.model.info
    results.rows.open_place(2)
    qtbot.waitUntil(lambda: bool(results.rows.detail._parts), timeout=WAIT_MS)
    part = results.rows.detail._parts[info.candidates[1].id]
    qtbot.waitUntil(part.up.isEnabled, timeout=WAIT_MS)
    qtbot.mouseClick(part.down, Qt.MouseButton.LeftButton)
    key = (info.candidates[1].id, 2)
    qtbot.waitUntil(lambda: key in session.evaluations.ratings(info.id), timeout=WAIT_MS)
    assert session.evaluations.ratings(info.id)[key].thumb == "down"
    qtbot.waitUntil(lambda: results.rows.bar.chips["rated"].text() == "Rated 1", timeout=WAIT_MS)
    qtbot.waitUntil(part.down.isChecked, timeout=WAIT_MS)
    qtbot.mouseClick(part.down, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not session.evaluations.ratings(info.id), timeout=WAIT_MS)


def test_a_pinned_baseline_shows_what_improved_and_worsened(
    results: EvaluateResults, window: MainWindow, qtbot: QtBot
) -> None:
    card = results.overview.cards.findChildren(CandidateCard)[0]
    qtbot.mouseClick(card.pin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "improved" in results.model.rows.counts, timeout=WAIT_MS)
    results.show_rows("improved")
    rows = results.model.rows
    _settle(results, qtbot, rows.counts["improved"])
    assert rows.rowCount() > 0
    base = rows.known.candidates[0].score
    assert all(base[rows.position(place)] == 0 for place in range(rows.rowCount()))
    assert "(baseline)" in rows.headerData(rows.first_candidate, Qt.Orientation.Horizontal)
    window.action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: "improved" not in results.model.rows.counts, timeout=WAIT_MS)


def test_a_confusion_shows_its_rows(results: EvaluateResults, qtbot: QtBot) -> None:
    results.open_part("mistakes")
    maps = results.mistakes.findChildren(ConfusionMap)
    assert len(maps) == 3
    found = results.mistakes.confusions.figures.rows[0]
    results.mistakes.confusions.chosen.emit(found)
    count = max(found[2].values())
    _settle(results, qtbot, count)
    assert results._stack.currentWidget() is results.rows
    assert results.rows.bar.narrowed.isVisible()
    qtbot.mouseClick(results.rows.bar.narrowed, Qt.MouseButton.LeftButton)
    _settle(results, qtbot, 140)
    # By keyboard, in the heat map.
    results.open_part("mistakes")
    drawn = maps[2]
    reference, predicted = found[0], found[1]
    drawn._current = (drawn._labels.index(reference), drawn._given.index(predicted))
    qtbot.keyClick(drawn, Qt.Key.Key_Return)
    assert results.model.rows.query.cell is not None
    assert results.model.rows.query.cell.candidate == results.model.info.candidates[2].id


def test_reliability_and_labels(results: EvaluateResults) -> None:
    results.open_part("mistakes")
    table = results.mistakes.labels.figures
    assert len(table.rows) == 7
    assert table.rowCount() == 7
    recall = [table.columns[2].value(each) for each in table.rows]
    table.sort(2)
    assert [table.columns[2].value(each) for each in table.rows] == sorted(recall)
    assert results.mistakes._plots.count() == 2


def test_groups_show_their_rows(results: EvaluateResults, qtbot: QtBot) -> None:
    results.open_part("groups")
    table = results.groups.tables["channel"]
    assert {group.value for group in table.figures.rows} == {"app", "mail", "web"}
    table.chosen.emit(SliceKey("channel", "mail"))
    _settle(results, qtbot, 47)


def test_blind_votes_by_keyboard(results: EvaluateResults, window: MainWindow, qtbot: QtBot) -> None:
    results.open_part("votes")
    votes, view = results.model.votes, results.votes
    qtbot.waitUntil(lambda: votes.can_vote, timeout=WAIT_MS)
    info, session = results.model.info, window.shell.project.session
    names = [candidate.title for candidate in info.candidates]
    # Nothing on show tells who is who.
    assert not any(name in _texts(view._asking) for name in names)
    assert "%" not in _texts(view._asking)
    left = votes.left
    position, a, b = votes.question
    qtbot.keyClick(view, Qt.Key.Key_2)
    stored = session.evaluations.votes(info.id)
    assert [(place, vote.a, vote.b, vote.choice) for place, _voter, vote in stored] == [(position, a, b, "b")]
    titles = {candidate.id: candidate.title for candidate in info.candidates}
    assert f"A was {titles[a]}, B was {titles[b]}" in view._question.text()
    qtbot.waitUntil(lambda: votes.standing.votes == 1, timeout=WAIT_MS)
    assert view.rates.figures.rows[0] == b
    qtbot.keyClick(view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: votes.can_vote, timeout=WAIT_MS)
    assert votes.left == left - 1
    assert votes.question[0] != position or {votes.question[1], votes.question[2]} != {a, b}
    window.action_set.trigger("edit.undo")
    qtbot.waitUntil(lambda: votes.standing.votes == 0, timeout=WAIT_MS)


def test_export_writes_the_file(
    results: EvaluateResults, window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(target), ""))
    with qtbot.waitSignal(results.export.written, timeout=WAIT_MS):
        results.export_button._ask("json", ".json")
    told = json.loads(target.with_suffix(".json").read_text(encoding="utf-8"))
    assert len(told["candidates"]) == 3
    assert window.shell.jobs.running == ()
    assert any("out.json" in _texts(toast) for toast in window.shell.toasts.toasts())
    # Where it can't be written, that is said and nothing else happens.
    with qtbot.waitSignal(results.export.failed, timeout=WAIT_MS):
        results.export.write("csv", tmp_path / "missing" / "x.csv")


def test_a_reviewer_pack_goes_out_and_its_votes_come_back(
    results: EvaluateResults, window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results.open_part("votes")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(tmp_path))
    qtbot.waitUntil(results.votes.write_button.isVisible, timeout=WAIT_MS)
    with qtbot.waitSignal(results.packs.written, timeout=WAIT_MS) as written:
        results.votes.write_button.click()
    workbook = written.args[0]
    book = load_workbook(workbook)
    sheet = book.worksheets[0]
    sheet["B1"] = "Mei"
    for row in range(5, 9):
        sheet.cell(row, 6).value = "1: A is better"
    book.save(workbook)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(workbook), ""))
    with qtbot.waitSignal(results.packs.read, timeout=WAIT_MS):
        results.votes.read_button.click()
    qtbot.waitUntil(lambda: results.model.votes.standing.votes == 4, timeout=WAIT_MS)
    assert results.model.votes.standing.voters == ("Mei",)
    assert any("4 votes of Mei" in _texts(toast) for toast in window.shell.toasts.toasts())
    # A file that is none says so, and nothing is lost.
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (__file__, ""))
    with qtbot.waitSignal(results.packs.failed, timeout=WAIT_MS):
        results.votes.read_button.click()
    assert results.model.votes.standing.votes == 4


def test_a_run_that_is_not_finished_says_so(window: MainWindow, qtbot: QtBot) -> None:
    info = labels_evaluation(window.shell.project.session, 60, answered=20)
    results = _results(window, qtbot, info)
    notices = [notice for notice in results.findChildren(Notice) if notice.isVisible()]
    assert any("140 of 180 answers are there" in _texts(notice) for notice in notices)
    results.open_part("rows")
    rows = results.model.rows
    qtbot.waitUntil(lambda: rows.at(30) is not None, timeout=WAIT_MS)
    assert rows.data(rows.index_at(30, rows.first_candidate + 1), CELL).text == "not answered yet"


def test_written_answers_have_differences_and_scores(window: MainWindow, qtbot: QtBot) -> None:
    info = texts_evaluation(window.shell.project.session, SENTENCES)
    window.shell.project.session.evaluations.set_baseline(info.id, info.candidates[0].id)
    results = _results(window, qtbot, info)
    assert not results.tabs._buttons["mistakes"].isVisible()
    qtbot.waitUntil(lambda: "score" in results.model.rows.known.orders, timeout=WAIT_MS)
    results.open_part("rows")
    rows = results.model.rows
    qtbot.waitUntil(lambda: rows.at(0) is not None, timeout=WAIT_MS)
    assert rows.data(rows.index_at(0, rows.first_candidate), CELL).note == "100.0"
    results.rows.open_place(0)
    qtbot.waitUntil(lambda: "differs from the baseline" in _texts(results.rows.detail), timeout=WAIT_MS)
    assert "chrF" in _texts(results.rows.detail)


def test_every_part_fits_in_both_languages(results: EvaluateResults, window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1024, 700)
    for language in ("en", "zh_CN"):
        window.shell.preferences.set_value("language", language)
        for part in ("overview", "rows", "mistakes", "groups", "votes"):
            results.open_part(part)
            QApplication.processEvents()
            assert results.minimumSizeHint().width() <= results.width(), (language, part)
    window.shell.preferences.set_value("language", "en")


def test_results_leave_with_their_project(results: EvaluateResults, window: MainWindow, qtbot: QtBot) -> None:
    window.shell.project.begin()
    qtbot.waitUntil(lambda: results.model.evaluation is None, timeout=WAIT_MS)
    assert results.model.rows.rowCount() == 0

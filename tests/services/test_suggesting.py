"""Suggestions from a sheet, with the models that ship; and the labelled copy that a person's answers become."""

from __future__ import annotations

import csv
import threading
from pathlib import Path

import pytest

from studio.domain.errors import InputError, StoppedError
from studio.library.store import Library
from studio.services.pool import CandidatePool
from studio.services.samples import find_sample
from studio.services.suggesting import (
    Sheet,
    Suggested,
    SuggestRequest,
    free_name,
    read_sheet,
    save_labelled,
    suggest_rows,
)
from studio.services.teaching_examples import read_examples
from studio.tasks import find_task

TASK = find_task("text-classification")
MODEL = "starter/support-intents-tiny"


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """The support sample with every second answer left out."""
    with find_sample("support").path.open(encoding="utf-8-sig", newline="") as file:
        sample = list(csv.DictReader(file))
    path = tmp_path / "half.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "message", "expected"])
        writer.writerows(
            [row["customer"], row["message"], row["expected"] if place % 2 else ""] for place, row in enumerate(sample)
        )
    return path


def _suggest(sheet: Sheet, **more: object) -> Suggested:
    with CandidatePool(keep=1) as pool:
        return suggest_rows(SuggestRequest(TASK, sheet, **more), Library.open(), pool)  # type: ignore[arg-type]


def test_rows_without_an_answer_each_with_a_reason(half: Path) -> None:
    sheet = read_sheet(TASK, str(half))
    assert (sheet.input_column, sheet.label_column) == ("message", "expected")
    with CandidatePool(keep=2) as pool:
        found, every = (
            suggest_rows(SuggestRequest(TASK, sheet, None, MODEL, n=n), Library.open(), pool) for n in (20, 100)
        )
    assert len(found.rows) == 20
    assert len({row.row for row in found.rows}) == 20
    assert all(not sheet.answer(row.row) and row.text == sheet.text(row.row) for row in found.rows)
    assert all(row.reason for row in found.rows)
    assert (found.labelled, found.open, found.read) == (100, 100, 100)
    assert "cancel_order" in found.labels
    torn = [row for row in found.rows if row.suggestion.kind == "torn"]
    assert torn
    assert all(f"{row.guesses[0][0]} and {row.guesses[1][0]}" in row.reason for row in torn)
    doubts = [row.suggestion.uncertainty or 0 for row in found.rows]
    mean = sum(row.suggestion.uncertainty or 0 for row in every.rows) / 100
    assert sum(doubts) / 20 > mean


def test_another_sheet_and_no_model(half: Path, tmp_path: Path) -> None:
    other = tmp_path / "new.csv"
    with other.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text"], ["the moon is made of cheese"], ["where is my parcel"], [""]])
    labelled = read_sheet(TASK, str(half))
    known = next(labelled.text(row) for row in range(10) if labelled.answer(row))
    with other.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow([known.upper()])
    found = _suggest(read_sheet(TASK, str(other)), labelled=labelled, n=5)
    assert {row.text for row in found.rows} == {"the moon is made of cheese", "where is my parcel"}
    assert not any(row.guesses for row in found.rows)


def test_all_labelled_is_said_and_stop_stops(half: Path) -> None:
    with pytest.raises(InputError, match="has an answer already") as caught:
        _suggest(read_sheet(TASK, "sample:support"))
    assert caught.value.next_step
    stop = threading.Event()
    stop.set()
    with CandidatePool(keep=1) as pool, pytest.raises(StoppedError):
        suggest_rows(SuggestRequest(TASK, read_sheet(TASK, str(half))), Library.open(), pool, stop=stop)


def test_the_copy_fills_the_cells_and_the_sheet_stays(half: Path) -> None:
    before = half.read_bytes()
    sheet = read_sheet(TASK, str(half))
    target = free_name(half)
    assert target.name == "half.labelled.csv"
    assert save_labelled(target, {0: "cancel_order", 2: "review"}, sheet) == len(sheet.rows)
    rows = _rows(target)
    assert rows[0] == ["customer", "message", "expected"]
    assert (rows[1][2], rows[3][2], rows[5][2]) == ("cancel_order", "review", "")
    assert [row[:2] for row in rows[1:]] == [list(row[:2]) for row in sheet.rows]
    assert half.read_bytes() == before
    assert len(read_examples(TASK, str(target)).texts) == len(read_examples(TASK, str(half)).texts) + 2
    assert free_name(half).name == free_name(target).name == "half.labelled-2.csv"
    with pytest.raises(InputError, match="is the sheet"):
        save_labelled(half, {0: "x"}, sheet)


def test_answers_to_another_sheet_join_the_labelled_one(half: Path, tmp_path: Path) -> None:
    other = tmp_path / "new.csv"
    other.write_text('text\n"=1+1 is what I ordered"\nwhere is it\n', encoding="utf-8")
    sheet, labelled = read_sheet(TASK, str(other)), read_sheet(TASK, str(half))
    target = tmp_path / "both.csv"
    save_labelled(target, {0: "place_order"}, sheet, labelled)
    rows = _rows(target)
    assert len(rows) == len(labelled.rows) + 2
    # What a spreadsheet program would run is made plain.
    assert rows[-1] == ["", "'=1+1 is what I ordered", "place_order"]


def test_a_sheet_without_a_column_for_answers_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "raw.csv"
    path.write_text("text\nhello there\nwhere is it\n", encoding="utf-8")
    sheet = read_sheet(TASK, str(path))
    assert sheet.label_column == ""
    save_labelled(tmp_path / "out.csv", {1: "track_order"}, sheet)
    assert _rows(tmp_path / "out.csv") == [["text", "label"], ["hello there", ""], ["where is it", "track_order"]]

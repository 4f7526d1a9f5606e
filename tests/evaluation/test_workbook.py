"""Excel workbooks: values as a sheet shows them, and files that must not be opened."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from studio.domain.dataset import BrokenRow
from studio.domain.errors import InputError
from studio.evaluation.importing import workbook
from studio.evaluation.importing.reading import preview, read_as


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Two sheets, the first empty; dates, numbers, formulas, a title above the table, line breaks."""
    made = openpyxl.Workbook()
    made.active.title = "Cover"
    sheet = made.create_sheet("June 工单")
    sheet.append(["Support messages of June"])
    sheet.append([])
    sheet.append(["id", "message", "label", "when", "share", None, "ok"])
    sheet.append([1, "  where is\nmy order? ", "track", datetime(2024, 6, 1), 0.5, None, True])
    sheet.append([2.0, "退款", "refund", datetime(2024, 6, 1, 12, 30), 2.0, None, False])
    sheet.append([None, None, None, None, None])
    sheet.append([3, "=1+1", "refund", date(2024, 6, 2), time(9, 15), None, None])
    sheet.append([4, "last", "refund"])
    sheet["I5"] = "outside"
    path = tmp_path / "book.xlsx"
    made.save(path)
    return path


def test_cells_are_what_a_sheet_shows(book: Path) -> None:
    found = preview(book, None, None, None, None)
    assert found.sheets == ("Cover", "June 工单")
    assert found.format.sheet == "June 工单"
    assert found.columns == ("id", "message", "label", "when", "share", "F", "ok", "H", "I")
    with read_as(book, found.format) as table:
        rows = list(table.rows)
    good = [row for row in rows if not isinstance(row, BrokenRow)]
    aside = [row for row in rows if isinstance(row, BrokenRow)]
    assert good == [
        ("1", "where is\nmy order?", "track", "2024-06-01", "0.5", "", "true", "", ""),
        ("2", "退款", "refund", "2024-06-01 12:30:00", "2", "", "false", "", "outside"),
        ("4", "last", "refund", "", "", "", "", "", ""),
    ]
    assert [row.line for row in aside] == [1, 7]
    assert "above the table" in aside[0].reason
    assert "B7" in aside[1].reason and "never calculated" in aside[1].reason


def test_a_sheet_is_chosen_by_name(book: Path) -> None:
    with pytest.raises(InputError, match="no sheet 'July'") as caught:
        preview(book, "July", None, None, None)
    assert "June 工单" in caught.value.next_step
    with pytest.raises(InputError, match="no rows"):
        preview(book, "Cover", None, None, None)


def test_a_sheet_without_a_header(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    for row in (("I want my money back now", "refund"), ("where is it", "track"), ("money back please", "refund")):
        made.active.append(row)
    path = tmp_path / "book.xlsx"
    made.save(path)
    found = preview(path, None, None, None, None)
    assert found.columns == ("A", "B")
    assert len(found.rows) == 3


def test_bombs_are_not_opened(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros", bytes(3_000_000))
    monkeypatch.setattr(workbook, "_HARMLESS", 1_000_000)
    with pytest.raises(InputError, match="unpacks to 3 MB"):
        preview(book, None, None, None, None)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet2.xml", "xl/workbook.xml"])
@pytest.mark.parametrize(
    "content",
    [
        b"not xml",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>',
    ],
    ids=["text", "entities"],
)
def test_damaged_parts_are_one_sentence(book: Path, tmp_path: Path, part: str, content: bytes) -> None:
    bad = tmp_path / "bad.xlsx"
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(bad, "w") as target:
        for item in source.infolist():
            target.writestr(item, content if item.filename == part else source.read(item))
    with pytest.raises(InputError, match=r"bad\.xlsx"):
        found = preview(bad, "June 工单", None, None, None)
        with read_as(bad, found.format) as table:
            list(table.rows)


def test_another_kind_of_archive(tmp_path: Path) -> None:
    path = tmp_path / "text.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(InputError, match="no Excel workbook"):
        preview(path, None, None, None, None)

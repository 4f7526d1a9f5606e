"""Texts to search in, out of any file a person may have them in."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.domain.errors import InputError, StoppedError, UnknownNameError
from studio.services import text_collections
from studio.services.text_collections import read_collection


def test_every_line_of_a_text_is_one_whatever_commas_it_has(tmp_path: Path) -> None:
    path = tmp_path / "messages.txt"
    path.write_bytes("first, with a comma\r\n\r\n  second;\t third \n最后一条".encode("utf-16"))
    assert read_collection(path).texts == ("first, with a comma", "second; third", "最后一条")
    assert read_collection(path).columns == ()


def test_a_workbook_gives_the_column_with_the_longest_texts(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for sheet, rows in (
        (book.active, [["a", "b"], ["x1", "a long sentence about a refund"], ["x2", None]]),
        (book.create_sheet("More"), [["b", "c"], ["one", "two"]]),
    ):
        for row in rows:
            sheet.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    found = read_collection(path)
    assert found.texts == ("a long sentence about a refund",)
    assert (found.column, found.columns, len(found.sheets)) == ("b", ("a", "b"), 2)
    assert read_collection(path, column="c", sheet="More").texts == ("two",)
    with pytest.raises(UnknownNameError, match="'z'"):
        read_collection(path, column="z")


def test_what_holds_no_text_is_refused(tmp_path: Path) -> None:
    for name, content, words in (
        ("empty.txt", b" \n \n", "no rows"),
        ("binary.txt", b"abc\x00\x01\x02def", "is no text"),
        ("empty.csv", b"", "empty.csv"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError, match=words):
            read_collection(path)
    with pytest.raises(InputError, match=r"can't be read"):
        read_collection(tmp_path / "missing.txt")
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("message,note\nhello there,\n")
    with pytest.raises(InputError, match="The column note is empty"):
        read_collection(sheet, column="note")


def test_a_large_file_is_taken_in_part_and_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "many.txt"
    path.write_text("\n".join(f"line {number}" for number in range(2000)))
    counts: list[int] = []
    assert len(read_collection(path, on_progress=counts.append).texts) == 2000
    assert counts == [0, 500, 1000, 1500]
    monkeypatch.setattr(text_collections, "MOST_TEXTS", 700)
    found = read_collection(path)
    assert len(found.texts) == 700 and found.more
    with pytest.raises(StoppedError):
        read_collection(path, cancelled=lambda: True)

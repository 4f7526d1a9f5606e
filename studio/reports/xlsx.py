"""XLSX: one sheet for each table, with numbers as numbers."""

from __future__ import annotations

import io
import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from studio.domain.i18n import N_
from studio.domain.report import Report, Table, Value
from studio.domain.spreadsheet import neutral
from studio.reports._format import Format
from studio.reports._zip import steady

#: What Excel holds of a cell, and of a sheet's name; and what a name must not hold.
_LONGEST, _LONGEST_NAME = 32_000, 31
#: A number's unit in its text, and how Excel shows such a number. Times are seconds, whatever the text makes of them.
_UNIT = re.compile(r"[+−-]?[\d,]*\.?\d+\s*(%|ms|s|MB)")
_SHOWN = {"%": "0.0%", "ms": '0.0000" s"', "s": '0.000" s"', "MB": '#,##0.0" MB"', "": "General"}
#: Points a line takes, how many lines a row may have (Excel allows 409 points), and how much of a text is measured.
_LINE, _MOST_LINES, _LOOKED_AT = 15.0, 27, 2_500
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_COLOURS = {"good": "#176b3a", "warn": "#8a5200", "bad": "#b3261e", "muted": "#5b6274"}


def _render(report: Report, _template: Path | None) -> bytes:
    import xlsxwriter

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, options)
    made = datetime(report.date.year, report.date.month, report.date.day)
    book.set_properties({"title": report.title, "subject": report.subtitle, "created": made})
    formats = _Formats(book)
    names: set[str] = set()
    _summary(book.add_worksheet(_name(report.words["summary"], names)), report, formats)
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                _sheet(book.add_worksheet(_name(block.title or section.title, names)), block, formats)
    if report.rows:
        _sheet(book.add_worksheet(_name(report.rows.title or report.words["rows"], names)), report.rows, formats)
    book.close()
    return steady(target.getvalue())


class _Formats:
    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.plain = {
            tone: book.add_format({"text_wrap": True, "valign": "top", **({"font_color": colour} if colour else {})})
            for tone, colour in {"": "", **_COLOURS}.items()
        }
        self._book = book
        self._numbers: dict[tuple[str, str], Any] = {}

    def number(self, value: Value) -> Any:
        """How a number is shown: in the unit that its text names, in the base unit where that has one."""
        named = _UNIT.fullmatch(value.text)
        shown = _SHOWN.get(named[1] if named else "", _SHOWN[""])
        key = (value.tone, shown)
        if key not in self._numbers:
            colour = _COLOURS.get(value.tone, "")
            look = {"valign": "top", "num_format": shown, **({"font_color": colour} if colour else {})}
            self._numbers[key] = self._book.add_format(look)
        return self._numbers[key]


def _summary(sheet: Any, report: Report, formats: _Formats) -> None:
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    summary, words = report.summary, report.words
    sheet.write_string(0, 0, neutral(report.title)[:_LONGEST], formats.title)
    lines = [
        ("", report.subtitle),
        (words["decision"], summary.decision),
        (words["why"], summary.why),
        *((words["risks"], risk) for risk in summary.risks),
        (words["next_step"], summary.next_step),
        ("", words["footer"]),
    ]
    _printed(sheet)
    for row, (label, text) in enumerate(lines, start=1):
        _grow(sheet, row, [(text, 90)])
        sheet.write_string(row, 0, neutral(label), formats.head if label else formats.plain[""])
        sheet.write_string(row, 1, neutral(text)[:_LONGEST], formats.plain[""])


def _sheet(sheet: Any, table: Table, formats: _Formats) -> None:
    widths: list[int] = []
    for column, title in enumerate(table.columns):
        sheet.write_string(0, column, neutral(title)[:_LONGEST], formats.head)
        longest = max([_width(title), *(_width(row[column].text) for row in table.rows[:200])])
        widths.append(max(9, min(60, longest + 2)))
        sheet.set_column(column, column, widths[-1])
    _printed(sheet)
    sheet.repeat_rows(0)
    for number, row in enumerate(table.rows, start=1):
        _grow(sheet, number, [(value.text, width) for value, width in zip(row, widths, strict=True)])
        for column, value in enumerate(row):
            _cell(sheet, number, column, value, formats)
    sheet.freeze_panes(1, 0)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _printed(sheet: Any) -> None:
    """On paper a sheet is as wide as a page, and as long as it is."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _width(text: str) -> int:
    """How many of Excel's character widths a text takes: Chinese ones take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text[:_LOOKED_AT])


def _grow(sheet: Any, row: int, cells: Sequence[tuple[str, int]]) -> None:
    """Give a row the height of its longest cell; not every program does that on its own."""
    lines = max(
        (
            sum(math.ceil(max(1, _width(line)) / width) for line in text[:_LOOKED_AT].split("\n"))
            for text, width in cells
        ),
        default=1,
    )
    if lines > 1:
        sheet.set_row(row, _LINE * min(lines, _MOST_LINES))


def _cell(sheet: Any, row: int, column: int, value: Value, formats: _Formats) -> None:
    if value.number is not None and math.isfinite(value.number):
        sheet.write_number(row, column, value.number, formats.number(value))
    else:
        sheet.write_string(row, column, neutral(value.text)[:_LONGEST], formats.plain[value.tone])


def _name(title: str, taken: set[str]) -> str:
    """A name that Excel takes, and no other sheet has."""
    base = _NOT_IN_NAMES.sub(" ", title).strip()[:_LONGEST_NAME] or "Sheet"
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        mark = f" {number}"
        name = base[: _LONGEST_NAME - len(mark)] + mark
    taken.add(name.lower())
    return name


FORMAT = Format("xlsx", N_("Excel, typed sheets"), ".xlsx", 40, _render)

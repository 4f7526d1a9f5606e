"""XLSX: one sheet for each table, with numbers as numbers."""

from __future__ import annotations

import io
import math
import re
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
    tables = [*report.tables(), *([report.rows] if report.rows else [])]
    for table in tables:
        _sheet(book.add_worksheet(_name(table.title or table.id, names)), table, formats)
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
        self.number = {
            tone: book.add_format(
                {"valign": "top", "num_format": "0.####", **({"font_color": colour} if colour else {})}
            )
            for tone, colour in {"": "", **_COLOURS}.items()
        }


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
    for row, (label, text) in enumerate(lines, start=1):
        sheet.write_string(row, 0, neutral(label), formats.head if label else formats.plain[""])
        sheet.write_string(row, 1, neutral(text)[:_LONGEST], formats.plain[""])


def _sheet(sheet: Any, table: Table, formats: _Formats) -> None:
    for column, title in enumerate(table.columns):
        sheet.write_string(0, column, neutral(title)[:_LONGEST], formats.head)
        longest = max([len(title), *(len(row[column].text) for row in table.rows[:200])])
        sheet.set_column(column, column, max(9, min(60, longest + 2)))
    for number, row in enumerate(table.rows, start=1):
        for column, value in enumerate(row):
            _cell(sheet, number, column, value, formats)
    sheet.freeze_panes(1, 0)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _cell(sheet: Any, row: int, column: int, value: Value, formats: _Formats) -> None:
    if value.number is not None and math.isfinite(value.number):
        sheet.write_number(row, column, value.number, formats.number[value.tone])
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

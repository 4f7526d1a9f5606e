"""CSV and TSV, as Excel, databases and scripts write them: quotes, line breaks in cells, any delimiter."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from studio.domain.dataset import BrokenRow, FileFormat
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.evaluation.importing.column_words import KNOWN_NAMES
from studio.evaluation.importing.columns import column_names, has_header, letter
from studio.evaluation.importing.encoding import find_encoding
from studio.evaluation.importing.lines import LONGEST_LINE, Lines, is_undecodable
from studio.evaluation.importing.table import Table, broken, checked, no_rows

#: Delimiters in the order they are preferred.
DELIMITERS = (",", "\t", ";", "|")
#: Stands for "nothing separates cells": no text contains it.
_NONE = "\x1f"
#: A cell with more line breaks than this began with a quotation mark that nobody closed.
_MOST_LINES = 2_000
_LOOKED_AT = 100
_SAMPLE_CHARACTERS = 200_000


class _NeverClosed(Exception):
    """A quotation mark opens and is not closed within reason."""


def open_delimited(
    path: Path, encoding: str | None = None, delimiter: str | None = None, header: bool | None = None
) -> Table:
    """A CSV or TSV file, read as told, and as found where nothing is told.

    Raises:
        InputError: The encoding does not exist, or there is nothing in the file.
        OSError: It can't be read.
    """
    # The module's own limit, for all readers of this process, would call a large cell an error.
    csv.field_size_limit(2 * LONGEST_LINE)
    encoding = find_encoding(path) if encoding is None else encoding
    if delimiter is None:
        with closing(_lines(path, encoding)) as lines:
            delimiter = _find_delimiter(lines, path.suffix.lower())
    with closing(_lines(path, encoding)) as lines:
        first = list(islice(_Records(lines, delimiter).usable(), _LOOKED_AT))
    if not first:
        raise no_rows(path)
    if header is None:
        header = has_header(first, KNOWN_NAMES)
    columns = column_names(first[0] if header else [letter(place) for place in range(len(first[0]))])
    lines = _lines(path, encoding)
    rows = _Records(lines, delimiter).rows(len(columns), header)
    return Table(FileFormat("csv", encoding, delimiter, header=header), columns, rows, lines.fraction, lines.close)


def _lines(path: Path, encoding: str) -> Lines:
    try:
        return Lines(path, encoding)
    except LookupError as error:
        raise InputError(_("There is no encoding {name!r}.").format(name=encoding)) from error


def _find_delimiter(lines: Lines, suffix: str) -> str:
    """What separates the cells: whatever gives every row as many cells as the first has."""
    taken: list[str] = []
    size = 0
    for line in lines:
        taken.append(line)
        size += len(line)
        if len(taken) >= 2 * _LOOKED_AT or size > _SAMPLE_CHARACTERS:
            break
    text = "".join(taken)[:_SAMPLE_CHARACTERS]
    order = ("\t", ",", ";", "|") if suffix in (".tsv", ".tab") else DELIMITERS
    best, best_score = "", (0.6, 0.0)
    for delimiter in order:
        try:
            rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            continue
        # The last row may be cut.
        rows = rows[:-1] if len(rows) > 2 else rows
        if not rows or len(rows[0]) < 2:
            continue
        width = len(rows[0])
        rows = [row for row in rows if any(row)]
        same = sum(len(row) == width or (len(row) > width and not any(row[width:])) for row in rows) / len(rows)
        score = (round(same, 1), float(width))
        if score > best_score:
            best, best_score = delimiter, score
    return best


class _Records:
    """Records of a file; one whose quotation mark is never closed costs its own line, not the rest of the file."""

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self._lines = lines
        self._delimiter = delimiter or _NONE
        self._record: list[str] = []

    def usable(self) -> Iterator[list[str]]:
        """The cells of every record that can be read and has something in it."""
        for cells, _line, _text in self._all():
            if isinstance(cells, list) and any(cell.strip() for cell in cells):
                yield cells

    def rows(self, width: int, header: bool) -> Iterator[tuple[str, ...] | BrokenRow]:
        """Every row, or why it can't be used."""
        skip = header
        for cells, line, text in self._all():
            if isinstance(cells, str):
                yield broken(line, cells, text)
                continue
            if skip:
                skip = not any(cell.strip() for cell in cells)
                continue
            if is_undecodable(text):
                yield broken(line, _("It contains bytes that this encoding does not have."), text)
                continue
            row = checked(cells, width, line)
            if isinstance(row, BrokenRow) and len(self._record) > 1:
                # More likely a quotation mark too many than a row of several lines: the lines below may be whole rows.
                self._lines.give_back(self._record[1:])
                row = broken(line, row.reason, self._record[0])
            if row is not None:
                yield row

    def _all(self) -> Iterator[tuple[list[str] | str, int, str]]:
        """Every record: its cells or what is wrong with it, its first line, and its text."""
        while True:
            line = self._lines.line + 1
            self._record = []
            reader = csv.reader(self._counted(), delimiter=self._delimiter)
            try:
                cells = next(reader)
                if self._swallowed():
                    raise _NeverClosed
            except StopIteration:
                return
            except (_NeverClosed, csv.Error) as error:
                self._lines.give_back(self._record[1:])
                never = isinstance(error, _NeverClosed)
                reason = _("A quotation mark opens here and is never closed.") if never else _("It can't be read.")
                yield reason, line, self._record[0]
            else:
                yield cells, line, "".join(self._record)

    def _counted(self) -> Iterator[str]:
        for line in self._lines:
            self._record.append(line)
            if len(self._record) > _MOST_LINES:
                raise _NeverClosed
            yield line

    def _swallowed(self) -> bool:
        """Whether a quotation mark too many made one record of several rows, or of the rest of the file.

        Python's reader is tolerant, as Excel is; only where a record has several lines, or is the last, it matters.
        """
        if '"' not in self._record[0] or not (len(self._record) > 1 or self._lines.at_end()):
            return False
        try:
            list(csv.reader(iter(self._record), delimiter=self._delimiter, strict=True))
        except csv.Error as error:
            return len(self._record) > 1 or "unexpected end" in str(error)
        return False

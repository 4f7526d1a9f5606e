"""A collection of texts out of a file: the lines of a text, or one column of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.domain.characters import clean_text
from studio.domain.dataset import BrokenRow
from studio.domain.errors import InputError, StoppedError, UnknownNameError
from studio.domain.i18n import _
from studio.domain.running import never_cancelled
from studio.evaluation.importing.encoding import find_encoding
from studio.evaluation.importing.guessing import guess
from studio.evaluation.importing.lines import Lines
from studio.evaluation.importing.reading import preview, read_as
from studio.evaluation.importing.table import LONGEST_CELL, no_rows
from studio.tasks import find_task

#: Files that are offered in a dialog; their content decides how they are read.
COLLECTION_FILES = (".csv", ".tsv", ".xlsx", ".jsonl", ".txt", ".md")
#: Files in which every line is a text, whatever commas it has.
_LINES = (".txt", ".md")
#: More texts than a search takes at once.
MOST_TEXTS = 100_000
_STEP = 500


@dataclass(frozen=True)
class TextCollection:
    """Texts of a file.

    Attributes:
        texts: Each on one line; empty ones are left out.
        column: The column that they stand in; empty where every line of the file is a text.
        columns: The columns there are.
        sheet: The sheet of a workbook.
        sheets: The sheets there are.
        more: Whether the file has more than could be taken.
    """

    texts: tuple[str, ...]
    column: str = ""
    columns: tuple[str, ...] = ()
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    more: bool = False


def read_collection(
    path: Path,
    column: str = "",
    sheet: str = "",
    on_progress: Callable[[int], object] | None = None,
    cancelled: Callable[[], bool] = never_cancelled,
) -> TextCollection:
    """The texts of a file.

    Args:
        path: A table (CSV, TSV, XLSX, JSONL), or a text with one message a line.
        column: Which column of a table; empty for the one that probably holds the messages.
        sheet: Which sheet of a workbook; empty for the first that has rows.
        on_progress: Hears how many texts there are so far.
        cancelled: Asked between rows.

    Raises:
        InputError: There is no such file, it can't be read, or it holds no text.
        UnknownNameError: There is no such column.
        StoppedError: ``cancelled`` became true.
    """
    if path.suffix.lower() in _LINES:
        found, more = _taken(_lines(path), on_progress, cancelled)
        if not found:
            raise no_rows(path)
        return TextCollection(tuple(found), more=more)
    shown = preview(path, sheet or None, None, None, None)
    chosen = column or _message_column(shown.columns, shown.rows)
    if chosen not in shown.columns:
        raise UnknownNameError(
            _("There is no column {name!r}.").format(name=chosen),
            _("Choose one of: {names}.").format(names=", ".join(shown.columns)),
        )
    with read_as(path, shown.format) as table:
        place = table.columns.index(chosen)
        cells = (row[place] for row in table.rows if not isinstance(row, BrokenRow))
        found, more = _taken(cells, on_progress, cancelled)
    if not found and not column:
        raise no_rows(path)
    if not found:
        raise InputError(_("The column {name} is empty.").format(name=chosen), _("Choose another column."))
    return TextCollection(tuple(found), chosen, shown.columns, shown.format.sheet, shown.sheets, more)


def _lines(path: Path) -> Iterator[str]:
    try:
        lines = Lines(path, find_encoding(path))
        try:
            for line in lines:
                if "\x00" in line:
                    raise InputError(
                        _("{name} is no text.").format(name=path.name), _("Choose a text or a table of texts.")
                    )
                yield line[:LONGEST_CELL]
        finally:
            lines.close()
    except (OSError, UnicodeError) as error:
        raise InputError(
            _("{name} can't be read.").format(name=path.name), _("Check its name and folder."), str(error)
        ) from error


def _taken(
    cells: Iterator[str], on_progress: Callable[[int], object] | None, cancelled: Callable[[], bool]
) -> tuple[list[str], bool]:
    found: list[str] = []
    for number, cell in enumerate(cells):
        if number % _STEP == 0:
            if cancelled():
                raise StoppedError(_("Stopped; nothing was taken from the file."))
            if on_progress is not None:
                on_progress(len(found))
        text = " ".join(clean_text(cell).split())
        if text and len(found) == MOST_TEXTS:
            return found, True
        if text:
            found.append(text)
    return found, False


def _message_column(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The column that its name says holds messages, else the one with the longest texts."""
    guessed = guess(find_task("text-classification"), columns, rows).inputs.get("text", "")
    if guessed:
        return guessed
    lengths = [sum(len(row[place]) for row in rows) for place in range(len(columns))]
    return columns[lengths.index(max(lengths))]

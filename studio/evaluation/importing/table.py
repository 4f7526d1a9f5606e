"""What every reader of a file gives: columns, and one row after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.domain.dataset import BrokenRow, FileFormat
from studio.domain.errors import InputError
from studio.domain.i18n import _, ngettext

#: Longest cell that is taken in, in characters.
LONGEST_CELL = 1_000_000
#: How much of a broken row is shown.
_SHOWN = 120


@dataclass(frozen=True)
class Table:
    """A file that is being read.

    Attributes:
        format: How.
        columns: Names of its columns.
        rows: Every row with one cell for each column, or why it can't be used. Empty rows are left out.
        fraction: The share of the file that is read by now; None where that is unknown.
        sheets: Sheets of a workbook.
        close: Gives the file free.
    """

    format: FileFormat
    columns: tuple[str, ...]
    rows: Iterator[tuple[str, ...] | BrokenRow]
    fraction: Callable[[], float | None]
    close: Callable[[], object]
    sheets: tuple[str, ...] = ()


def checked(cells: list[str], width: int, line: int) -> tuple[str, ...] | BrokenRow | None:
    """A row of a table: its cells without spaces around them; why it can't be used; None for an empty one."""
    cells = [cell.strip() for cell in cells]
    if not any(cells):
        return None
    if len(cells) > width and not any(cells[width:]):
        cells = cells[:width]
    reason = problem(cells)
    if not reason and len(cells) != width:
        reason = ngettext(
            "It has {n} cell where the table has {columns} columns.",
            "It has {n} cells where the table has {columns} columns.",
            len(cells),
        ).format(n=len(cells), columns=width)
    return broken(line, reason, " | ".join(cells)) if reason else tuple(cells)


def problem(cells: list[str]) -> str:
    """Why these cells can't be used; empty where they can."""
    for cell in cells:
        if "\x00" in cell:
            return _("It contains NUL characters, which no text has: the file is damaged here.")
        if len(cell) > LONGEST_CELL:
            return _("A cell is longer than {n} characters.").format(n=f"{LONGEST_CELL:,}")
    return ""


def broken(line: int, reason: str, text: str) -> BrokenRow:
    """A row to be kept aside, with how it begins."""
    shown = text[: _SHOWN + 1].replace("\x00", "␀").encode("utf-8", "replace").decode("utf-8")
    return BrokenRow(line, reason, shown[:_SHOWN] + "…" if len(shown) > _SHOWN else shown)


def no_rows(path: Path) -> InputError:
    """The error for a file with nothing in it."""
    return InputError(_("{name} has no rows.").format(name=path.name), _("Choose a file with one message a row."))

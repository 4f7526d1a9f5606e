"""Names of columns: unique, never empty, as people know them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from studio.domain.errors import InputError
from studio.domain.i18n import _

#: More columns than any table of messages has.
MOST_COLUMNS = 500
_LONGEST_NAME = 200
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"[-+]?[\d.,:/ ]*\d[\d.,:/ ]*%?")


def column_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Names out of a header row: an empty one goes by its letter, as in a spreadsheet; one that is there twice gets a
    number.

    Raises:
        InputError: There are more columns than `MOST_COLUMNS`.
    """
    if len(cells) > MOST_COLUMNS:
        raise InputError(
            _("The table has {n} columns; the studio reads {most} at most.").format(n=len(cells), most=MOST_COLUMNS),
            _("Keep the columns with messages and expected answers, and save it again."),
        )
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(cells):
        name = base = _SPACE.sub(" ", cell.lstrip("\ufeff")).strip()[:_LONGEST_NAME] or letter(place)
        number = 1
        while name in taken:
            number += 1
            name = f"{base} ({number})"
        taken.add(name)
        names.append(name)
    return tuple(names)


def letter(place: int) -> str:
    """The spreadsheet's name of a column, counted from 0: A … Z, AA …"""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def has_header(rows: Sequence[Sequence[str]], known: frozenset[str]) -> bool:
    """Whether the first row names the columns.

    Args:
        rows: The first rows of a table.
        known: Names of columns that people use, as `plain_name` writes them.
    """
    first = [cell.strip() for cell in rows[0]]
    if any(plain_name(cell) in known for cell in first):
        return True
    if any(_NUMBER.fullmatch(cell) for cell in first) or all(not cell for cell in first):
        return False
    below = rows[1:]
    if not below:
        return False
    for place, cell in enumerate(first):
        column = [row[place] for row in below if place < len(row)]
        # What stands there again further down is one of the column's values.
        if cell and cell in column:
            return False
    longest = max(range(len(first)), key=lambda place: sum(len(row[place]) for row in below if place < len(row)))
    lengths = sorted(len(row[longest]) for row in below if longest < len(row))
    usual = lengths[len(lengths) // 2]
    return (
        len(first[longest]) < 40
        and not first[longest].endswith((".", "!", "?", "。", "！", "？"))
        and (len(first[longest]) <= 0.6 * usual or len(first) > 1)
    )


def plain_name(name: str) -> str:
    """A column's name without case, spaces and punctuation: "Expected label" and "expected_label" are one."""
    return "".join(c for c in name.casefold() if c.isalnum())

"""Values on their way into spreadsheets."""

from __future__ import annotations

from studio.domain.report import Value
from studio.domain.spreadsheet import neutral

__all__ = ["cell", "neutral"]


def cell(value: Value) -> str:
    """A cell of a text file: the raw number where there is one."""
    return value.text if value.number is None else f"{value.number:.12g}"

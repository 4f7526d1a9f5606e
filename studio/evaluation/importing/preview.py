"""What is known of a file before it is imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from studio.domain.dataset import BrokenRow, ColumnMapping, FileFormat


@dataclass(frozen=True)
class Preview:
    """How a file would be read.

    Attributes:
        path: The file.
        format: How; change it (sheet, encoding, delimiter, header) and look again where the guess is wrong.
        columns: Names of its columns, unique and never empty.
        rows: The first rows, one cell for each column.
        broken: What could not be read among them.
        sheets: Sheets of a workbook, in its order; empty for other files.
        more: Whether there are more rows than these.
        mapping: What the columns probably mean; empty where no task was named.
    """

    path: Path
    format: FileFormat
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    broken: tuple[BrokenRow, ...] = ()
    sheets: tuple[str, ...] = ()
    more: bool = False
    mapping: ColumnMapping = field(default_factory=ColumnMapping)

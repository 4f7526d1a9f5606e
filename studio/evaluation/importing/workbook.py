"""XLSX workbooks. They are ZIP archives of XML from anywhere, so their size is checked before they are opened."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from studio.domain.dataset import BrokenRow, FileFormat
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.evaluation.importing.column_words import KNOWN_NAMES
from studio.evaluation.importing.columns import column_names, has_header, letter
from studio.evaluation.importing.table import Table, broken, checked, no_rows
from studio.evaluation.importing.workbook_parts import SheetPart, SheetRow, WorkbookParts

#: A workbook that unpacks to more than this is refused, and so is one that shrank more than text ever does.
_MOST_UNPACKED = 1_000_000_000
_HARMLESS = 100_000_000
_MOST_RATIO = 200
_MOST_FILES = 10_000
_LOOKED_AT = 100
#: OLE containers: workbooks of old Excel, and new ones with a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MOST_TITLES = 5


def is_workbook(start: bytes) -> bool:
    """Whether a file's first bytes are those of a workbook, readable or not."""
    return start.startswith((b"PK\x03\x04", _OLE))


def open_workbook(path: Path, sheet: str | None = None, header: bool | None = None) -> Table:
    """A sheet of a workbook: what its cells show, with the stored results of formulas.

    Raises:
        InputError: It is protected by a password, too old, damaged, dangerously large, or has no such sheet or no rows.
        OSError: It can't be read.
    """
    _check(path)
    archive = zipfile.ZipFile(path)
    try:
        # Whatever a damaged file leads the reader to raise, it is one sentence to the user.
        parts = WorkbookParts(archive)
        chosen = _choose(parts, sheet, path)
        first = list(islice((row for row in parts.rows(chosen) if any(row.cells)), _LOOKED_AT))
        titles = _titles([row.cells for row in first])
        above, looked = first[:titles], first[titles:]
        if not looked:
            raise no_rows(path)
        cells = _as_wide([row.cells for row in looked])
        if header is None:
            header = has_header(cells, KNOWN_NAMES)
        columns = column_names(cells[0] if header else [letter(place) for place in range(len(cells[0]))])
        form = FileFormat("xlsx", sheet=chosen.title, header=header)
        rows = _Rows(path, archive, parts, chosen, looked[0].line + int(header), len(columns), above)
        return Table(form, columns, iter(rows), rows.fraction, archive.close, tuple(s.title for s in parts.sheets))
    except (InputError, OSError):
        archive.close()
        raise
    except Exception as error:
        archive.close()
        raise _damaged(path, error) from error


def _check(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(len(_OLE))
        if start == _OLE:
            raise _unreadable(path, file.read())
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise _damaged(path, error) from error
    names = {part.filename for part in parts}
    if not any(name.startswith("xl/") and name.endswith(".xml") for name in names):
        raise InputError(
            _("{name} is no Excel workbook.").format(name=path.name), _("Save it as .xlsx or as .csv and try again.")
        )
    unpacked, packed = sum(part.file_size for part in parts), max(1, path.stat().st_size)
    if (
        unpacked > _MOST_UNPACKED
        or len(parts) > _MOST_FILES
        or (unpacked > _HARMLESS and unpacked > _MOST_RATIO * packed)
    ):
        raise InputError(
            _("{name} unpacks to {n} MB, more than a workbook of messages ever has. It is not opened.").format(
                name=path.name, n=f"{unpacked / 1e6:,.0f}"
            ),
            _("If you trust it, save the sheet as .csv in Excel and use that."),
        )


def _unreadable(path: Path, rest: bytes) -> InputError:
    if _ENCRYPTED in rest:
        return InputError(
            _("{name} is protected by a password, so it can't be read.").format(name=path.name),
            _("Open it in Excel, remove the password, and save it again."),
        )
    return InputError(
        _("{name} is a workbook of an old Excel version (.xls).").format(name=path.name),
        _("Open it in Excel and save it as .xlsx."),
    )


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        _("{name} can't be read as a workbook: it is damaged, or not one.").format(name=path.name),
        _("Open it in Excel, save it as .xlsx or .csv, and try again."),
        f"{type(error).__name__}: {error}",
    )


def _choose(parts: WorkbookParts, wanted: str | None, path: Path) -> SheetPart:
    sheets = parts.sheets
    if wanted:
        found = next((sheet for sheet in sheets if sheet.title == wanted), None)
        if found is None:
            raise InputError(
                _("{name} has no sheet {sheet!r}.").format(name=path.name, sheet=wanted),
                _("It has: {names}.").format(names=", ".join(sheet.title for sheet in sheets)),
            )
        return found
    for sheet in sorted(sheets, key=lambda each: not each.visible):
        if any(any(row.cells) for row in islice(parts.rows(sheet), _LOOKED_AT)):
            return sheet
    raise no_rows(path)


def _titles(rows: list[list[str]]) -> int:
    """How many of the first rows are titles above the table: a single cell, where the table has more."""
    usual = sorted(sum(bool(cell) for cell in row) for row in rows)
    if not usual or usual[len(usual) // 2] < 2:
        return 0
    alone = 0
    while alone < min(_MOST_TITLES, len(rows) - 1) and sum(bool(cell) for cell in rows[alone]) == 1:
        alone += 1
    return alone


def _as_wide(rows: list[list[str]]) -> list[list[str]]:
    """Rows of the same width: a sheet has no cells behind the last one that is filled."""
    width = max(len(row) for row in rows)
    return [row + [""] * (width - len(row)) for row in rows]


class _Rows:
    """The rows of the table in a sheet."""

    def __init__(
        self,
        path: Path,
        archive: zipfile.ZipFile,
        parts: WorkbookParts,
        sheet: SheetPart,
        begin: int,
        width: int,
        above: list[SheetRow],
    ) -> None:
        self._path, self._parts, self._sheet = path, parts, sheet
        self._begin, self._width, self._above = begin, width, above
        self._size = max(1, archive.getinfo(sheet.part).file_size)
        self._read = 0

    def fraction(self) -> float:
        """The share of the sheet that is read, by the length of its cells: a guess that never goes back."""
        return min(1.0, self._read / self._size)

    def __iter__(self) -> Iterator[tuple[str, ...] | BrokenRow]:
        try:
            yield from self._all()
        except OSError:
            raise
        except Exception as error:
            raise _damaged(self._path, error) from error

    def _all(self) -> Iterator[tuple[str, ...] | BrokenRow]:
        for row in self._above:
            yield broken(row.line, _("It stands above the table."), " | ".join(cell for cell in row.cells if cell))
        for row in self._parts.rows(self._sheet):
            # Every cell has about so many characters of XML around it.
            self._read += 40 * (1 + len(row.cells))
            if row.line < self._begin:
                continue
            if row.uncalculated:
                reason = _(
                    "Cell {cell} holds a formula that was never calculated: save the file in Excel first."
                ).format(cell=row.uncalculated)
                yield broken(row.line, reason, " | ".join(row.cells))
                continue
            cells = row.cells + [""] * (self._width - len(row.cells))
            found = checked(cells, self._width, row.line)
            if found is not None:
                yield found

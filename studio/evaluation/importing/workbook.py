"""XLSX workbooks. They are ZIP archives of XML from anywhere, so their size is checked before they are opened."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from studio.domain.dataset import BrokenRow, FileFormat
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.evaluation.importing.column_words import KNOWN_NAMES
from studio.evaluation.importing.columns import column_names, has_header, letter
from studio.evaluation.importing.table import Table, broken, checked, no_rows

#: A workbook that unpacks to more than this is refused, and so is one that shrank more than text ever does.
_MOST_UNPACKED = 1_000_000_000
_HARMLESS = 100_000_000
_MOST_RATIO = 200
_MOST_FILES = 10_000
_LOOKED_AT = 100
#: OLE containers: workbooks of old Excel, and new ones with a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
#: A formula without a stored result: its cell ends right after it.
_UNCALCULATED = re.compile(rb"(?:</f>|<f[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_BLOCK = 1 << 20
#: Excel's way to write a carriage return inside a cell.
_RETURN = re.compile(r"_x000D_\n?")
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
    from openpyxl import load_workbook

    try:
        # Whatever a damaged file leads openpyxl to raise, it is one sentence to the user.
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        raise _damaged(path, error) from error
    try:
        sheets = tuple(page.title for page in book.worksheets)
        page = _choose(book, sheets, sheet, path)
        first = _numbered(page, 0)
        looked = [row for row in islice(first, _LOOKED_AT) if any(row[1])]
        titles = _titles([cells for _line, cells in looked])
        above, looked = looked[:titles], looked[titles:]
        if not looked:
            raise no_rows(path)
        cells = _trimmed([row for _line, row in looked])
        if header is None:
            header = has_header(cells, KNOWN_NAMES)
        columns = column_names(cells[0] if header else [letter(place) for place in range(len(cells[0]))])
        begin = looked[0][0] + int(header)
        rows = _rows(path, page, begin, len(columns), above)
        height = page.max_row or 0
        place = [0]

        def counted() -> Iterator[tuple[str, ...] | BrokenRow]:
            try:
                for row in rows:
                    place[0] += 1
                    yield row
            except OSError:
                raise
            except Exception as error:
                raise _damaged(path, error) from error

        def fraction() -> float | None:
            return min(1.0, place[0] / height) if height > 1 else None

        form = FileFormat("xlsx", sheet=page.title, header=header)
        return Table(form, columns, counted(), fraction, book.close, sheets)
    except InputError:
        book.close()
        raise
    except Exception as error:
        book.close()
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


def _choose(book: Any, sheets: tuple[str, ...], wanted: str | None, path: Path) -> Any:
    if wanted:
        found = next((page for page in book.worksheets if page.title == wanted), None)
        if found is None:
            raise InputError(
                _("{name} has no sheet {sheet!r}.").format(name=path.name, sheet=wanted),
                _("It has: {names}.").format(names=", ".join(sheets)),
            )
        return found
    pages = sorted(book.worksheets, key=lambda page: page.sheet_state != "visible")
    for page in pages:
        if any(any(cells) for _line, cells in islice(_numbered(page, 0), _LOOKED_AT)):
            return page
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


def _trimmed(rows: list[list[str]]) -> list[list[str]]:
    """Rows without the empty columns behind the last one that is used."""
    width = max(max((place + 1 for place, cell in enumerate(row) if cell), default=0) for row in rows)
    return [(row + [""] * width)[:width] for row in rows]


def _numbered(page: Any, after: int) -> Iterator[tuple[int, list[str]]]:
    """Every row behind a line, with its number in the sheet. Sizes that a file states itself may be wrong."""
    page.reset_dimensions()
    for number, row in enumerate(page.iter_rows(min_row=after + 1, values_only=True), after + 1):
        yield number, [_shown(value) for value in row]


def _rows(
    path: Path, page: Any, after: int, width: int, above: list[tuple[int, list[str]]]
) -> Iterator[tuple[str, ...] | BrokenRow]:
    reason = _("It stands above the table.")
    for line, cells in above:
        yield broken(line, reason, " | ".join(cell for cell in cells if cell))
    uncalculated = _uncalculated(path, page)
    for line, cells in _numbered(page, after - 1 if after else 0):
        if line < after:
            continue
        if line in uncalculated:
            yield broken(
                line,
                _("Cell {cell} holds a formula that was never calculated: save the file in Excel first.").format(
                    cell=f"{uncalculated[line]}{line}"
                ),
                " | ".join(cells),
            )
            continue
        row = checked(cells if len(cells) >= width else cells + [""] * (width - len(cells)), width, line)
        if row is not None:
            yield row


def _uncalculated(path: Path, page: Any) -> dict[int, str]:
    """Rows with a formula that has no stored result (and the letter of its column), as scripts write them."""
    part = str(getattr(page, "_worksheet_path", "")).lstrip("/")
    with zipfile.ZipFile(path) as archive:
        if part not in archive.namelist() or not _has_uncalculated(archive, part):
            return {}
    from openpyxl import load_workbook

    found: dict[int, str] = {}
    formulas, values = (load_workbook(path, read_only=True, data_only=only, keep_links=False) for only in (False, True))
    try:
        sheets = [book[page.title] for book in (formulas, values)]
        for sheet in sheets:
            sheet.reset_dimensions()
        pairs = zip(*(sheet.iter_rows(values_only=True) for sheet in sheets), strict=False)
        for line, (written, shown) in enumerate(pairs, 1):
            for place, (formula, value) in enumerate(zip(written, shown, strict=False)):
                if value is None and isinstance(formula, str) and formula.startswith("="):
                    found.setdefault(line, letter(place))
    finally:
        formulas.close()
        values.close()
    return found


def _has_uncalculated(archive: zipfile.ZipFile, part: str) -> bool:
    kept = b""
    with archive.open(part) as stream:
        while block := stream.read(_BLOCK):
            if _UNCALCULATED.search(kept + block):
                return True
            kept = block[-200:]
    return False


def _shown(value: Any) -> str:
    """A cell's value as a sheet shows it, without its number format."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _RETURN.sub("\n", value).strip() if "_x000D_" in value else value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        whole_day = value.time() == time()
        return value.date().isoformat() if whole_day else value.isoformat(" ", "seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)

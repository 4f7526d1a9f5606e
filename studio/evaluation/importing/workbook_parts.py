"""The parts of an XLSX workbook, read as a stream: five times as fast as through openpyxl's cells, and with its limits.

ECMA-376, part 1: workbook, styles, shared strings and sheets. What formats mean is openpyxl's to say.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from xml.parsers import expat

_BLOCK = 1 << 16
#: A sheet has no more columns than this, so a cell further to the right is no cell.
_MOST_COLUMNS = 16_384
#: Characters that XML can't hold, as Excel writes them.
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DIGITS = "0123456789"


@dataclass(frozen=True)
class SheetPart:
    """A sheet: its title, its part of the archive, and whether it is shown."""

    title: str
    part: str
    visible: bool


@dataclass(frozen=True)
class SheetRow:
    """A row: its number, its cells up to the last one that is there, and the first cell that was never calculated."""

    line: int
    cells: list[str]
    uncalculated: str = ""


@dataclass
class _Cell:
    kind: str = ""
    style: int = 0
    text: list[str] = field(default_factory=list)
    formula: bool = False


class WorkbookParts:
    """An open workbook. Its methods raise whatever a damaged file leads them to; callers turn that into a sentence."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = frozenset(archive.namelist())
        self._strings: list[str] | None = None
        self._targets: dict[str, str] = {}
        self._sheets: list[tuple[str, str, bool]] = []
        self._since_1904 = False
        self._formats: dict[int, str] = {}
        self._styles: list[int] = []
        self._dates: dict[int, str] = {}
        root = self._main_part()
        self._folder = posixpath.dirname(root)
        self._read(posixpath.join(self._folder, "_rels", posixpath.basename(root) + ".rels"), self._on_relation)
        self._read(root, self._on_workbook)
        styles = posixpath.join(self._folder, "styles.xml")
        if styles in self._names:
            self._in_formats = False
            self._read(styles, self._on_style, self._on_style_end)

    @property
    def sheets(self) -> tuple[SheetPart, ...]:
        """Its sheets, in order; charts and macros are none."""
        found = []
        for title, relation, visible in self._sheets:
            target = self._targets.get(relation, "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{self._folder}/{target}")
            if part in self._names and "worksheet" in part:
                found.append(SheetPart(title, part, visible))
        return tuple(found)

    def rows(self, sheet: SheetPart) -> Iterator[SheetRow]:
        """Every row that the file has, in its order."""
        reader = _SheetReader(self._string, self._shown)
        with self._archive.open(sheet.part) as stream:
            while block := stream.read(_BLOCK):
                reader.parser.Parse(block, False)
                yield from reader.take()
            reader.parser.Parse(b"", True)
            yield from reader.take()

    # -- parts ---------------------------------------------------------------------------------------------------

    def _main_part(self) -> str:
        found: list[str] = []

        def relation(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
                found.append(attributes.get("Target", "").lstrip("/"))

        self._read("_rels/.rels", relation)
        return found[0]

    def _read(
        self,
        part: str,
        on_start: Callable[[str, dict[str, str]], None],
        on_end: Callable[[str], None] = lambda _name: None,
    ) -> None:
        parser = _parser()
        parser.StartElementHandler = lambda name, attributes: on_start(_local(name), _plain(attributes))
        parser.EndElementHandler = lambda name: on_end(_local(name))
        with self._archive.open(part) as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)
            parser.Parse(b"", True)

    def _on_relation(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self._targets[attributes["Id"]] = attributes["Target"]

    def _on_workbook(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            self._sheets.append((attributes["name"], attributes["id"], attributes.get("state", "visible") == "visible"))
        elif name == "workbookPr":
            self._since_1904 = attributes.get("date1904", "0") in ("1", "true")

    def _on_style(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_formats = True
        elif name == "xf" and self._in_formats:
            self._styles.append(int(attributes.get("numFmtId", "0")))

    def _on_style_end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_formats = False

    def _string(self, place: int) -> str:
        if self._strings is None:
            self._strings = self._all_strings()
        return self._strings[place]

    def _all_strings(self) -> list[str]:
        part = posixpath.join(self._folder, "sharedStrings.xml")
        reader = _StringReader()
        with self._archive.open(part) as stream:
            while block := stream.read(_BLOCK):
                reader.parser.Parse(block, False)
            reader.parser.Parse(b"", True)
        return reader.found

    # -- values --------------------------------------------------------------------------------------------------

    def _shown(self, text: str, style: int) -> str:
        """A number as a sheet shows it, without its number format: dates as dates, whole numbers without a point."""
        kind = self._dates.get(style)
        if kind is None:
            kind = self._dates[style] = self._date_kind(style)
        number = float(text)
        if kind:
            return _date(number, kind, self._since_1904)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

    def _date_kind(self, style: int) -> str:
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

        number = self._styles[style] if style < len(self._styles) else 0
        written = self._formats.get(number) or BUILTIN_FORMATS.get(number, "")
        return "duration" if is_timedelta_format(written) else "date" if is_date_format(written) else ""


def _date(number: float, kind: str, since_1904: bool) -> str:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

    try:
        value: Any = from_excel(
            number, CALENDAR_MAC_1904 if since_1904 else CALENDAR_WINDOWS_1900, timedelta=kind == "duration"
        )
    except (ValueError, OverflowError):
        # Excel shows ##### there.
        return repr(number)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


class _StringReader:
    """Shared strings: the text of each, put together from its runs; how to pronounce it is left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._text: list[str] = []
        self._taking = False
        self._aside = 0
        self.parser = _parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _start(self, name: str, _attributes: object) -> None:
        name = _local(name)
        if name == "t":
            self._taking = not self._aside
        elif name == "rPh":
            self._aside += 1
        elif name == "si":
            self._text = []

    def _end(self, name: str) -> None:
        name = _local(name)
        if name == "t":
            self._taking = False
        elif name == "rPh":
            self._aside -= 1
        elif name == "si":
            self.found.append(unescaped("".join(self._text)))

    def _characters(self, text: str) -> None:
        if self._taking:
            self._text.append(text)


class _SheetReader:
    """Rows of a sheet, as they come."""

    def __init__(self, string: Callable[[int], str], shown: Callable[[str, int], str]) -> None:
        self._string, self._shown = string, shown
        self._rows: list[SheetRow] = []
        self._line = 0
        self._cells: list[str] = []
        self._uncalculated = ""
        self._cell = _Cell()
        self._column = -1
        self._letters = ""
        self._taking = False
        self._places: dict[str, int] = {}
        self.parser = _parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def take(self) -> list[SheetRow]:
        """The rows that are whole."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "c":
            self._cell = _Cell(attributes.get("t", ""), int(attributes.get("s", 0)))
            reference = attributes.get("r", "")
            self._column = self._place(reference.rstrip(_DIGITS)) if reference else self._column + 1
        elif name in ("v", "t"):
            self._taking = True
        elif name == "f":
            self._cell.formula = True
        elif name == "row":
            self._line = int(attributes.get("r", self._line + 1))
            self._cells, self._uncalculated, self._column = [], "", -1

    def _end(self, name: str) -> None:
        name = _local(name)
        if name in ("v", "t"):
            self._taking = False
        elif name == "c":
            self._put()
        elif name == "row":
            self._rows.append(SheetRow(self._line, self._cells, self._uncalculated))

    def _characters(self, text: str) -> None:
        if self._taking:
            self._cell.text.append(text)

    def _put(self) -> None:
        cell, text = self._cell, "".join(self._cell.text)
        if cell.kind == "s":
            value = self._string(int(text)) if text else ""
        elif cell.kind in ("str", "inlineStr"):
            value = unescaped(text)
        elif cell.kind == "b":
            value = "true" if text == "1" else "false"
        elif cell.kind in ("e", "d"):
            value = text
        else:
            value = self._shown(text, cell.style) if text else ""
            if cell.formula and not text and not self._uncalculated:
                self._uncalculated = f"{_letter(self._column)}{self._line}"
        if value:
            while len(self._cells) < self._column:
                self._cells.append("")
            self._cells.append(value.strip())

    def _place(self, letters: str) -> int:
        place = self._places.get(letters)
        if place is None:
            place = 0
            for each in letters.upper():
                place = place * 26 + ord(each) - 64
            if not 0 < place <= _MOST_COLUMNS:
                raise ValueError(f"column {letters!r:.20}")
            place = self._places[letters] = place - 1
        return place


def unescaped(text: str) -> str:
    """A text with the characters that Excel writes as ``_x000D_``; the line breaks of Windows become plain ones."""
    if "_x" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)
    return text.replace("\r\n", "\n")


def _letter(place: int) -> str:
    from studio.evaluation.importing.columns import letter

    return letter(place)


def _parser() -> Any:
    """An XML parser that refuses document types, and with them entities: no workbook needs any."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_declaration: object) -> None:
        raise ValueError("a document type declaration")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _plain(attributes: dict[str, str]) -> dict[str, str]:
    return {_local(name): value for name, value in attributes.items()}

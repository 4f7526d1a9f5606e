"""The text of a Word file: paragraphs, lists and tables in the order they stand in."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.domain.errors import InputError
from studio.domain.i18n import _

#: Pictures take most of a large document; a text that unpacks to more than this is none.
_MOST_UNPACKED = 500_000_000
_MOST_TEXT = 50_000_000
_MOST_FILES = 10_000
_MOST_RATIO = 200
_HARMLESS = 5_000_000
#: Elements whose content is not part of the text as it is read: deleted and moved text, notes on how to draw
#: something for older programs (a copy), codes of fields.
_ASIDE = frozenset({"del", "moveFrom", "Fallback", "instrText", "delText", "pPr", "rPr", "tblPr", "tcPr", "trPr"})
_BULLET = "• "


def word_text(path: Path) -> str:
    """The text of a .docx file: a line for each paragraph, and for each row of a table its cells with `` | `` between.

    Raises:
        InputError: It is no Word file, or unpacks to far more than a text.
        Exception: Whatever a damaged file leads zipfile or python-docx to raise.
    """
    _check(path)
    import docx

    document = docx.Document(str(path))
    return "\n".join(_blocks(document.element.body)).strip()


def _check(path: Path) -> None:
    """Refuse an archive that unpacks to more than it should, before any of it is unpacked.

    Sizes that an archive declares too small are no way around: zipfile reads no more than was declared.
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    names = {part.filename for part in parts}
    if not any(name.startswith("word/") and name.endswith(".xml") for name in names):
        raise InputError(
            _("{name} is not a document that can be read here.").format(name=path.name),
            _("Save it as PDF, Word (.docx) or plain text, and choose that."),
            ", ".join(sorted(names)[:5]),
        )
    unpacked, packed = sum(part.file_size for part in parts), max(1, path.stat().st_size)
    text = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    if (
        unpacked > _MOST_UNPACKED
        or text > _MOST_TEXT
        or len(parts) > _MOST_FILES
        or (text > _HARMLESS and unpacked > _MOST_RATIO * packed)
    ):
        raise InputError(
            _("{name} unpacks to {n} MB, more than a text ever has. It is not opened.").format(
                name=path.name, n=f"{unpacked / 1e6:,.0f}"
            ),
            _("If you trust it, save it as PDF or plain text, and choose that."),
        )


def _blocks(element: Any) -> Iterator[str]:
    """Lines of everything in an element. Content controls and text boxes are looked into, which python-docx skips."""
    for child in element:
        name = _name(child)
        if name == "p":
            yield _paragraph(child)
            for box in _boxes(child):
                yield from _blocks(box)
        elif name == "tbl":
            yield from _table(child)
            yield ""
        elif name not in _ASIDE:
            yield from _blocks(child)


def _table(table: Any) -> Iterator[str]:
    for row in (each for each in table.iter() if _name(each) == "tr" and _owner(each, "tbl") is table):
        cells = [each for each in row.iter() if _name(each) == "tc" and _owner(each, "tr") is row]
        texts = (" ".join(" ".join(_blocks(cell)).split()) for cell in cells)
        line = " | ".join(text for text in texts if text)
        if line:
            yield line


def _paragraph(paragraph: Any) -> str:
    text = "".join(_runs(paragraph)).strip()
    style = next((each for each in paragraph if _name(each) == "pPr"), None)
    listed = style is not None and any(
        _name(each) == "numPr" or (_name(each) == "pStyle" and _value(each).startswith("List")) for each in style
    )
    heading = style is not None and any(_name(each) == "pStyle" and _value(each) == "Heading1" for each in style)
    if text and heading:
        return f"\n{text}"
    return _BULLET + text if text and listed else text


def _runs(element: Any) -> Iterator[str]:
    for child in element:
        name = _name(child)
        if name == "t":
            yield child.text or ""
        elif name == "tab":
            yield "\t"
        elif name in ("br", "cr"):
            yield "\n"
        elif name == "noBreakHyphen":
            yield "-"
        elif name != "txbxContent" and name not in _ASIDE:
            yield from _runs(child)


def _boxes(element: Any) -> Iterator[Any]:
    for child in element:
        if _name(child) == "txbxContent":
            yield child
        elif _name(child) not in _ASIDE:
            yield from _boxes(child)


def _owner(element: Any, name: str) -> Any:
    above = element.getparent()
    while above is not None and _name(above) != name:
        above = above.getparent()
    return above


def _value(element: Any) -> str:
    return next((str(value) for key, value in element.attrib.items() if key.endswith("}val")), "")


def _name(element: Any) -> str:
    # Comments and instructions have no name.
    return str(element.tag).rpartition("}")[2]

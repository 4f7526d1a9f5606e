"""The text of a PDF. It knows lines on pages: they are put together to paragraphs, so that sentences are whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.sentences import space_between
from studio.domain.soft_lines import goes_on, starts_item, usual_width

#: More pages than any handbook has.
_MOST_PAGES = 3_000
#: A single page with more text than a whole book is a trap.
_MOST_ON_A_PAGE = 1_000_000
#: With fewer pages, nothing tells a running head from a line that comes twice.
_FEWEST_FOR_HEADS = 4
_DIGITS = re.compile(r"\d+")
#: Letters drawn as one, which no search for a word would find.
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_SOFT_HYPHEN = "\xad"


def pdf_text(path: Path, progress: Callable[[float], object]) -> str:
    """The text of a PDF, paragraphs as lines and an empty line between pages.

    Args:
        path: The file.
        progress: Called with the share of pages read, after each.

    Raises:
        InputError: It is protected by a password, has far too many pages, or holds pictures instead of text.
    """
    from pypdf import PasswordType, PdfReader

    with path.open("rb") as file:
        reader = PdfReader(file, strict=False)
        # Many are locked against changes only: the empty password opens them.
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise InputError(
                _("{name} is protected by a password, so it can't be read.").format(name=path.name),
                _("Open it in a PDF reader, print it to a new PDF without a password, and choose that."),
            )
        count = len(reader.pages)
        if count > _MOST_PAGES:
            raise InputError(
                _("{name} has {n} pages; at most {most} are read.").format(
                    name=path.name, n=f"{count:,}", most=f"{_MOST_PAGES:,}"
                ),
                _("Choose a part of it."),
            )
        pages: list[list[str]] = []
        for number, page in enumerate(reader.pages, 1):
            pages.append((page.extract_text() or "")[:_MOST_ON_A_PAGE].splitlines())
            progress(number / count)
    pages = [[" ".join(line.translate(_LIGATURES).split()) for line in page] for page in pages]
    if not any(line for page in pages for line in page):
        raise InputError(
            _("{name} holds pictures of pages and no text, as a scanner makes them.").format(name=path.name),
            _("Let a program recognise its text first (OCR), or paste the text."),
        )
    return "\n\n".join(text for text in map(paragraphs, _without_heads(pages)) if text)


def paragraphs(lines: list[str]) -> str:
    """Lines of a page put together to paragraphs, one a line; empty lines stay between them."""
    width = usual_width(lines)
    found: list[str] = []
    open_line = False
    for line in lines:
        if not line:
            # Some writers put an empty line between any two lines; then only the sentence tells.
            open_line = open_line and bool(found) and found[-1][-1:].isalpha()
            if not open_line and found and found[-1]:
                found.append("")
            continue
        if open_line and not starts_item(line):
            found[-1] = _joined(found[-1], line)
        else:
            found.append(line)
        open_line = goes_on(line, width)
    return "\n".join(found).strip()


def _joined(before: str, after: str) -> str:
    if before.endswith(_SOFT_HYPHEN):
        return before[:-1] + after
    if before.endswith("-") and before[-2:-1].isalpha() and after[:1].islower():
        return before[:-1] + after
    return before + space_between(before, after) + after


def _without_heads(pages: list[list[str]]) -> list[list[str]]:
    """Pages without the lines that stand at the top or foot of most of them, whatever number is in them."""
    pages = [_stripped(page) for page in pages]
    filled = [page for page in pages if page]
    if len(filled) < _FEWEST_FOR_HEADS:
        return pages
    for place in (0, -1):
        seen = Counter(_DIGITS.sub("#", page[place]) for page in filled)
        heads = {line for line, times in seen.items() if times > len(filled) / 2}
        pages = [_dropped(page, place) if page and _DIGITS.sub("#", page[place]) in heads else page for page in pages]
        filled = [page for page in pages if page]
    return pages


def _dropped(page: list[str], place: int) -> list[str]:
    return _stripped(page[1:] if place == 0 else page[:-1])


def _stripped(page: list[str]) -> list[str]:
    filled = [number for number, line in enumerate(page) if line]
    return page[filled[0] : filled[-1] + 1] if filled else []

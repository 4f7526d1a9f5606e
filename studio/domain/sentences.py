"""Cutting a text into sentences, and sentences into pieces that a model can read, without losing a character."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable

#: The end of a sentence: marks of scripts that put no space behind them, or marks with a space behind them.
_END = re.compile(r"[。！？｡]+[”’」』）\"'»)]*\s*|[.!?…؟।۔]+[\"'”’»)\]]*\s+")
#: Words that end in a full stop inside a sentence.
_SHORT = frozenset(
    {
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "sr",
        "jr",
        "vs",
        "fig",
        "vol",
        "dept",
        "gen",
        "col",
        "sen",
        "rep",
        "rev",
        "hon",
    }
    | {"hon", "approx", "inc", "ltd", "co", "corp", "bzw", "ca", "str", "abs", "mme", "mlle", "m", "sra", "srta", "dra"}
)
_NUMBERED = frozenset({"no", "nos", "nr"})
_DOTTED = re.compile(r"(?:^|[\s(\"'“‘«])(?:[^\W\d_]\.)+$")
_LAST_WORD = re.compile(r"(\w+)\.$")
#: Where a sentence that is too long is cut, best first.
_CUTS = (re.compile(r"[;:；：]\s*"), re.compile(r"[,，、،]\s*"), re.compile(r"\s+"))
#: A list's bullet or number and the space around it, which stand as they are in any language.
_LEAD = re.compile(r"\s*(?:[-*•·–—]\s+|\d{1,3}[.)]\s+)?")


def sentences_of(line: str) -> list[str]:
    """The sentences of one line, each without the spaces around it."""
    found, start = [], 0
    for match in _END.finditer(line):
        if match.end() < len(line) and _ends_here(line[start : match.end()].rstrip(), line[match.end()]):
            found.append(line[start : match.end()].strip())
            start = match.end()
    found.append(line[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends_here(before: str, after: str) -> bool:
    if after.islower():
        return False
    word = _LAST_WORD.search(before)
    if word and (word[1].lower() in _SHORT or (word[1].lower() in _NUMBERED and after.isdigit())):
        return False
    return not _DOTTED.search(before)


def pieces_of(sentence: str, fits: Callable[[str], bool], window: int) -> list[str]:
    """A sentence in as few pieces as fit, cut behind a mark or a word where that is possible.

    Args:
        sentence: Any text.
        fits: Whether a model can read so much. A single character always fits.
        window: No piece is longer than so many characters; bounds how often ``fits`` is asked about a long text.
    """
    pieces = []
    rest = sentence
    while rest:
        part = rest[:window]
        if len(part) < len(rest) or not fits(part):
            part = part[: _longest(part, fits, whole=len(part) == len(rest))]
        pieces.append(part.strip())
        rest = rest[len(part) :]
    return [piece for piece in pieces if piece]


def _longest(text: str, fits: Callable[[str], bool], whole: bool) -> int:
    """The best place to cut ``text`` so that what is before it fits."""
    for mark in _CUTS:
        ends = [match.end() for match in mark.finditer(text) if match.end() < len(text) or not whole]
        place = bisect_right(ends, 0, key=lambda end: 0 if fits(text[:end].rstrip()) else 1)
        # A cut right at the beginning leaves a piece too short to be translated well.
        if place and ends[place - 1] >= len(text) // 8:
            return ends[place - 1]
    return max(1, bisect_right(range(1, len(text) + 1), 0, key=lambda end: 0 if fits(text[:end]) else 1))


def lead_of(line: str) -> str:
    """What stands before the words of a line: spaces, a bullet, the number of a list's item."""
    match = _LEAD.match(line)
    return match[0] if match else ""


def space_between(before: str, after: str) -> str:
    """What separates two translated sentences: nothing beside Chinese and Japanese letters and marks, else a space."""
    if not before or not after or before[-1].isspace() or after[0].isspace():
        return ""
    return "" if _takes_no_space(before[-1]) or _takes_no_space(after[0]) else " "


def _takes_no_space(character: str) -> bool:
    wide = unicodedata.east_asian_width(character) in "WF"
    return wide and not unicodedata.name(character, "").startswith("HANGUL")


def has_words(text: str) -> bool:
    """Whether there is anything to translate: a letter of any script."""
    return any(c.isalpha() for c in text)

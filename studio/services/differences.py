"""Where one text differs from another: words, or characters where a language writes no spaces."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

#: A word with the spaces behind it; or one character of Chinese, Japanese or Korean writing.
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_PIECE = re.compile(rf"[{_CJK}]|[^\s{_CJK}]+|\s+")
#: A sentence or a line with what ends it.
_SENTENCE = re.compile(r"[^.!?。！？\n]*[.!?。！？\n]+\s*|[^.!?。！？\n]+")
#: Comparing takes time with the product of the lengths (about 30 ms for so many pieces); longer texts are compared
#: sentence by sentence, so that a window can do it without a pause.
_MOST_PIECES = 800


@dataclass(frozen=True)
class Piece:
    """A part of a text.

    Attributes:
        text: The part.
        differs: Whether the other text has something else there.
    """

    text: str
    differs: bool


def differences(text: str, other: str) -> tuple[Piece, ...]:
    """``text`` in parts, those marked that ``other`` does not have at that place; together they are ``text``."""
    mine, theirs = _pieces(text), _pieces(other)
    if len(mine) > _MOST_PIECES or len(theirs) > _MOST_PIECES:
        mine, theirs = _SENTENCE.findall(text), _SENTENCE.findall(other)
    found: list[Piece] = []
    matcher = difflib.SequenceMatcher(None, [p.strip() or " " for p in mine], [p.strip() or " " for p in theirs], False)
    for kind, start, end, _other_start, _other_end in matcher.get_opcodes():
        part = "".join(mine[start:end])
        if part:
            found.append(Piece(part, kind != "equal" and bool(part.strip())))
    return _joined(found)


def lacks_something(text: str, other: str) -> bool:
    """Whether ``other`` has words that ``text`` has not, so that marking ``text`` alone would hide a difference."""
    return any(piece.differs for piece in differences(other, text))


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(text)


def _joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Neighbours of one kind as one; a space between two marked words is marked with them."""
    joined: list[Piece] = []
    for number, piece in enumerate(pieces):
        between = (
            not piece.text.strip()
            and 0 < number < len(pieces) - 1
            and pieces[number - 1].differs
            and pieces[number + 1].differs
        )
        differs = piece.differs or between
        if joined and joined[-1].differs == differs:
            joined[-1] = Piece(joined[-1].text + piece.text, differs)
        else:
            joined.append(Piece(piece.text, differs))
    return tuple(joined)

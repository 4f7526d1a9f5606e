"""What may stand in a text from outside, and what must not: in what models read, and in sentences of the studio."""

from __future__ import annotations

import re
import unicodedata

_REPLACEMENT = "\ufffd"
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """``text`` with lone surrogates, which have no UTF-8 form, replaced by U+FFFD."""
    return _SURROGATE.sub(_REPLACEMENT, text)


def isolated(words: str) -> str:
    """Words of a user for the middle of a sentence, which they must not turn around.

    Where they hold letters that are written from right to left, they stand in an isolate (U+2068 to U+2069): numbers
    and quotes beside them stay where they are. All others stay as they are.
    """
    turns = any(unicodedata.bidirectional(character) in ("R", "AL") for character in words)
    return f"\u2068{words}\u2069" if turns else words

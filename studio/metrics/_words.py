"""Texts as metrics compare them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_PUNCTUATION = re.compile(r"[^\w\s]", re.UNICODE)
#: Kana and Chinese characters: written without spaces.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def normal(text: str) -> str:
    """The text without differences that don't matter: Unicode form, capitals, runs of spaces, marks at the end."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return folded.rstrip(".!?。！？ ")


def tokens(text: str) -> list[str]:
    """Words in small letters without punctuation; Chinese and Japanese, which has no spaces, by character."""
    return list(_tokens(unicodedata.normalize("NFKC", text).casefold()))


def _tokens(text: str) -> Iterator[str]:
    for word in _PUNCTUATION.sub(" ", text).split():
        run = ""
        for character in word:
            if _UNSPACED.match(character):
                if run:
                    yield run
                    run = ""
                yield character
            else:
                run += character
        if run:
            yield run

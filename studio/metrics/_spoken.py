"""Texts as speech recognition is judged by them, and how many of their words or characters are wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np

from studio.metrics._metric import Answers, Measured, Parts, ratio
from studio.metrics._words import tokens

#: An apostrophe in a word belongs to it; anything else that is neither letter, digit nor space separates words.
_APOSTROPHES = re.compile("[’‘ʼ`´]")
_MARKS = re.compile(r"(?<!\w)'|'(?!\w)|[^\w\s']|_")


def spoken(text: str) -> str:
    """The text in small letters, without punctuation, with single spaces; "don't" keeps its apostrophe.

    Numbers stay as they are written: "10" and "ten" differ.
    """
    folded = _APOSTROPHES.sub("'", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_MARKS.sub(" ", folded).split())


def words(text: str) -> list[str]:
    """Words of `spoken`; Chinese and Japanese, which has no spaces, by character."""
    found: list[str] = []
    for word in spoken(text).split():
        found += [word] if word.isascii() else tokens(word) or [word]
    return found


def characters(text: str) -> list[str]:
    """Characters of `spoken`; the space between words is one."""
    return list(spoken(text))


def error_rate(answers: Answers, pieces_of: Callable[[str], list[str]]) -> Measured:
    """Pieces to change, add or drop until an answer is its reference, of all pieces of the references."""
    if not len(answers):
        return None
    table = np.zeros((len(answers), 2))
    for place, (wanted, given) in enumerate(zip(answers.references, answers.texts, strict=True)):
        reference = pieces_of(wanted)
        table[place] = _edits(reference, pieces_of(given or "")), len(reference)
    return Parts(table, ratio) if table[:, 1].any() else None


def _edits(reference: Sequence[str], answer: Sequence[str]) -> int:
    """Levenshtein distance of two sequences, as jiwer counts it."""
    from rapidfuzz.distance import Levenshtein  # what jiwer counts with

    return Levenshtein.distance(reference, answer)

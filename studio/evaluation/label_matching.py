"""Which label of a model a label of the data probably means: "Refund" and "get_refund"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

_SPLIT = re.compile(r"[\W_]+")
#: Least likeness of two labels for one to be proposed for the other.
_LEAST = 0.6


def suggest(label: str, known: Sequence[str]) -> str:
    """The known label that ``label`` most probably means; empty where none comes close."""
    wanted = _words(label)
    best, best_score = "", _LEAST
    for candidate in known:
        score = _likeness(wanted, _words(candidate))
        if score > best_score:
            best, best_score = candidate, score
    return best


def same_label(one: str, other: str) -> bool:
    """Whether two labels differ at most in case, spaces and punctuation."""
    return _words(one) == _words(other)


def unknown(labels: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Labels that are none of the known ones, in their order."""
    there = frozenset(known)
    return tuple(label for label in labels if label not in there)


def _words(label: str) -> tuple[str, ...]:
    return tuple(word for word in _SPLIT.split(label.casefold()) if word)


def _likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    letters = SequenceMatcher(None, " ".join(one), " ".join(other)).ratio()
    if set(one) <= set(other) or set(other) <= set(one):
        # All words of the shorter one are in the longer one: the fewer others, the likelier.
        return max(letters, 0.7 + 0.25 * min(len(one), len(other)) / max(len(one), len(other)))
    return letters

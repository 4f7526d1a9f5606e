"""Where the expected answer stands among the passages that were looked at for it."""

from __future__ import annotations

import math

from studio.domain.prediction import FoundPassage
from studio.metrics._metric import Answers
from studio.metrics._words import tokens

#: Articles, which SQuAD's evaluation leaves out (Rajpurkar et al. 2016).
_ARTICLES = frozenset({"a", "an", "the"})


def of_passages(answers: Answers) -> bool:
    """Whether these are answers from documents."""
    return any(isinstance(output, FoundPassage) for output in answers.outputs)


def ranks(answers: Answers) -> list[float]:
    """Place of the first passage that holds the expected answer, counted from 1; infinite where none does.

    NaN for rows that expect none, and for recorded answers, which have no passages. A row without an answer has found
    nothing.
    """
    found = []
    for wanted, output in zip(answers.references, answers.outputs, strict=True):
        words = _words(wanted)
        if not words.strip() or (output is not None and not isinstance(output, FoundPassage)):
            found.append(math.nan)
            continue
        passages = output.passages if output is not None else ()
        holding = (place for place, passage in enumerate(passages, 1) if words in _words(passage.text))
        found.append(float(next(holding, math.inf)))
    return found


def _words(text: str) -> str:
    """Words between spaces, so that "5 euros" is not found in "45 euros"."""
    return f" {' '.join(token for token in tokens(text) if token not in _ARTICLES)} "

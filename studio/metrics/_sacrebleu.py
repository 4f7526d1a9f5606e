"""What the metrics of sacrebleu share: statistics of each sentence, and the tokenizer for a language."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.metrics._metric import Answers, Array

#: sacrebleu's tokenizers for languages without spaces between words; ``13a`` is its own default. Those for Japanese and
#: Korean need dictionaries to be installed; by character needs nothing.
_TOKENIZERS = {"zh": "zh", "ja": "char", "ko": "char"}


def tokenizer_for(language: str) -> str:
    """Name of sacrebleu's tokenizer."""
    return _TOKENIZERS.get(language, "13a")


def statistics(metric: Any, answers: Answers) -> Array:
    """What each row adds, shape ``(rows, statistics)``. A row without an answer is an empty one."""
    texts = [text or "" for text in answers.texts]
    found = metric._extract_corpus_statistics(texts, [list(answers.references)])
    return np.asarray(found, np.float64)

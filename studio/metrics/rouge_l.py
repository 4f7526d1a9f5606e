"""ROUGE-L: the longest common subsequence of words (Lin 2004), Chinese and Japanese by character."""

from __future__ import annotations

from collections.abc import Mapping

from studio.domain.i18n import N_
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of
from studio.metrics._words import tokens

#: Words of a text that are compared: the time grows with the square of their number.
_MOST_WORDS = 2_000


class _Tokenizer:
    """The library's own leaves nothing of a text without Latin letters."""

    def tokenize(self, text: str) -> list[str]:
        return tokens(text)[:_MOST_WORDS]


def _measure(answers: Answers, _options: Mapping[str, str]) -> Measured:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], tokenizer=_Tokenizer())
    pairs = zip(answers.references, answers.texts, strict=True)
    return mean_of([0.0 if text is None else scorer.score(wanted, text)["rougeL"].fmeasure for wanted, text in pairs])


METRIC = Metric(
    MetricInfo(
        "rouge_l",
        N_("Follows the expected answer"),
        N_("ROUGE-L"),
        N_("F1 of the longest sequence of words that both have in the same order; mean over rows."),
    ),
    "text",
    _measure,
    rowwise=True,
)

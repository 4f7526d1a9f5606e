"""Insights as data: for `studio insights --json` and the report's JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.domain.evaluation import EvaluationInfo
from studio.domain.insight import Insights, PullingWord, Weighed, WordWeight

SCHEMA_VERSION = 1


def insights_document(found: Insights, info: EvaluationInfo, redact: bool = False) -> dict[str, Any]:
    """Plain values only. Rows are counted from 0, as in the evaluation's own export.

    Args:
        found: The insights.
        info: Their evaluation.
        redact: Leave out what users wrote: words, names of groups and examples.
    """
    names = {each.id: each.name for each in info.candidates}

    def words(given: Sequence[PullingWord]) -> list[dict[str, Any]]:
        if redact:
            return []
        return [{"word": each.text, "z": each.z, "rows_given": each.given, "rows": each.rows} for each in given]

    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation": found.evaluation,
        "task": info.task,
        "metric": found.metric,
        "by_degree": found.by_degree,
        "rows": found.rows,
        "judged": found.judged,
        "wrong": {names[each.candidate]: each.rows for each in found.wrong if each.candidate in names},
        "words": {
            names[each.candidate]: [
                {"label": label.label, "rows": label.rows, "words": words(label.words)} for label in each.labels
            ]
            for each in found.words
            if each.candidate in names
        },
        "groups": [
            {
                "name": "" if redact else each.name,
                "words": [] if redact else list(each.words),
                "expected": each.expected or None,
                "answered": each.answered or None,
                "confused": each.confused,
                "mistakes": each.mistakes,
                "rows": each.rows,
                "positions": list(each.positions),
                "wrong": {names[count.candidate]: count.rows for count in each.wrong if count.candidate in names},
                "examples": [] if redact else list(each.examples),
                "rows_with_first_word": each.holding,
                "wrong_with_first_word": each.holding_wrong,
                "score": each.score,
                "score_elsewhere": each.score_elsewhere,
            }
            for each in found.groups
        ],
        "grouping": found.grouping,
        "language_not_read": found.unread,
        "grouped": found.grouped,
        "mistaken": found.mistaken,
        "pairs": [
            {
                "a": names[each.a],
                "b": names[each.b],
                "only_a": each.better_a,
                "only_b": each.better_b,
                "both": each.both,
                "neither": each.neither,
                "positions_a": list(each.only_a),
                "positions_b": list(each.only_b),
                "words_a": words(each.words_a),
                "words_b": words(each.words_b),
            }
            for each in found.pairs
            if each.a in names and each.b in names
        ],
        "weights": [_weighed(each, names, redact) for each in found.weighed if each.candidate in names],
    }


def _weighed(weighed: Weighed, names: Mapping[int, str], redact: bool) -> dict[str, Any]:
    def words(given: Sequence[WordWeight]) -> list[dict[str, Any]]:
        if redact:
            return []
        return [
            {"word": each.text, "weight": each.weight, "low": each.low, "high": each.high, "rows": each.rows}
            for each in given
        ]

    return {
        "candidate": names[weighed.candidate],
        "rows": weighed.rows,
        "method": weighed.method,
        "labels": [
            {
                "label": each.label,
                "rows": each.rows,
                "towards": words(each.towards),
                "against": words(each.against),
            }
            for each in weighed.labels
        ],
    }

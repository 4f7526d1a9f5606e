"""What a classifier's configuration means."""

from __future__ import annotations

from typing import Any

import pytest

from studio.domain.classification import is_multi_label, left_out_notice, longest_text


@pytest.mark.parametrize(
    ("kind", "positions", "tokenizer", "longest"),
    [
        ("bert", 512, 128, 128),
        ("bert", 512, None, 512),
        ("roberta", 514, 512, 512),
        ("xlm-roberta", 514, None, 512),
        ("deberta-v2", 512, 1024, 1024),
        ("deberta-v2", 512, None, 512),
        ("bert", None, None, None),
    ],
)
def test_how_much_is_read(kind: str, positions: int | None, tokenizer: int | None, longest: int | None) -> None:
    assert longest_text({"model_type": kind}, positions, tokenizer) == longest


@pytest.mark.parametrize(
    ("config", "labels", "multi"),
    [
        ({}, 3, False),
        ({}, 1, True),
        ({"problem_type": None}, 2, False),
        ({"problem_type": "multi_label_classification"}, 3, True),
    ],
)
def test_which_labels_are_independent(config: dict[str, Any], labels: int, multi: bool) -> None:
    assert is_multi_label(config, labels) == multi


def test_what_was_not_read_is_said_in_tokens() -> None:
    assert "the last 5 of 15 tokens" in left_out_notice(5, 10)

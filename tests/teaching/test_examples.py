"""Splits: nothing is both learned from and judged on, whatever the sheet looks like."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.errors import InputError
from studio.teaching.examples import fingerprints, known_among, plain, remarks, split

_ROWS = st.lists(st.tuples(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), st.sampled_from("xyz")), min_size=40)


@settings(max_examples=40, deadline=None)
@given(_ROWS, st.integers(0, 5))
def test_the_same_text_is_in_one_part(rows: list[tuple[str, str]], seed: int) -> None:
    texts, labels = [row[0] for row in rows], [row[1] for row in rows]
    try:
        parts = split(texts, labels, seed)
    except InputError:
        return
    every = [*parts.train, *parts.validation, *parts.test]
    assert sorted(every) == list(range(len(texts)))
    inside = [{texts[place] for place in part} for part in (parts.train, parts.validation, parts.test)]
    assert not inside[0] & inside[2]
    assert not inside[0] & inside[1]
    assert not inside[1] & inside[2]
    assert split(texts, labels, seed) == parts


def test_each_label_keeps_its_share() -> None:
    texts = [f"text {n}" for n in range(300)]
    labels = ["often"] * 200 + ["seldom"] * 100
    parts = split(texts, labels, 1)
    counts = Counter(labels[place] for place in parts.test)
    assert counts == {"often": 40, "seldom": 20}
    assert split(texts, labels, 2) != parts


def test_a_label_with_two_examples_is_learned_from() -> None:
    texts = [f"text {n}" for n in range(42)]
    labels = ["a"] * 40 + ["rare"] * 2
    parts = split(texts, labels)
    assert {40, 41} <= set(parts.train)


@pytest.mark.parametrize("labels", [["a"] * 50, ["a", "b"]])
def test_too_little_to_learn_is_refused(labels: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        split([f"t{n}" for n in range(len(labels))], labels)
    assert caught.value.next_step


def test_remarks_name_what_is_odd() -> None:
    texts = ["Hello!", "hello", "good bye", *(f"more {n}" for n in range(20))]
    labels = ["greeting", "other", "rare", *["greeting"] * 20]
    found = {remark.kind: remark.sentence for remark in remarks(texts, labels)}
    assert set(found) == {"few", "duplicates", "conflicts"}
    assert "rare" in found["few"]


def test_a_model_knows_its_examples_without_telling_them() -> None:
    learned = fingerprints(["Cancel my order", "Where is it?"])
    assert "Cancel" not in learned
    assert known_among(["cancel my order!", "something else", "where is it"], learned) == [0, 2]
    assert known_among(["x"], "not base64 §") == []
    assert plain("  Café — No. 5 ") == "café no 5"


def test_a_sheet_that_grew_keeps_what_was_judged_for_judging() -> None:
    texts = [f"text {n}" for n in range(120)]
    labels = ["often", "often", "seldom"] * 40
    before = split(texts, labels, 3)
    grown = split([*(f"new {n}" for n in range(20)), *texts], [*["often", "seldom"] * 10, *labels], 3)
    again = {place - 20 for place in grown.test}
    assert len(again & set(before.test)) >= 0.8 * len(before.test)

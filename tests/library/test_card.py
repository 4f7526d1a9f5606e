"""Model cards: what they state is read, what is broken in them does no harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.library.card import Card, CardMetric, parse_card, read_card

_CARD = """---
license: apache-2.0
language:
- en
- no
pipeline_tag: text-classification
base_model: org/base
model-index:
- name: x
  results:
  - task: {type: text-classification}
    dataset: {name: emotions, type: emotions}
    metrics:
    - {type: accuracy, value: 0.93}
    - {type: note, value: very good}
---
# A model
"""


def test_what_a_card_states() -> None:
    card = parse_card(_CARD)
    assert card.licence == "apache-2.0"
    assert card.languages == ("en", "no")
    assert card.pipeline_tag == "text-classification"
    assert card.base_model == ("org/base",)
    assert card.metrics == (CardMetric("text-classification", "emotions", "accuracy", 0.93),)
    assert card.problem == ""


def test_one_language_and_several_licences() -> None:
    card = parse_card("---\nlanguage: de\nlicense: [mit, other]\n---\n")
    assert card.languages == ("de",)
    assert card.licence == "mit, other"


@pytest.mark.parametrize("text", ["", "# Title only", "---\n---\n", "text\n---\nlicense: mit\n---\n"])
def test_without_front_matter_nothing_is_stated(text: str) -> None:
    assert parse_card(text).licence == ""


@pytest.mark.parametrize(
    "front", ["license: [", "- a\n- b", "a: &x [1]\nb: *x", "!!python/object/apply:os.system ['true']", "\t"]
)
def test_broken_front_matter_is_a_problem_and_no_error(front: str) -> None:
    card = parse_card(f"---\n{front}\n---\n")
    assert card.licence == ""


def test_values_of_other_types_are_nothing() -> None:
    card = parse_card("---\nlicense: {a: b}\nlanguage: {a: b}\nmodel-index: 7\nbase_model: [[x]]\n---\n")
    assert card == Card()


def test_a_folder_without_a_card(tmp_path: Path) -> None:
    assert read_card(tmp_path) == Card()


def test_a_card_that_links_out_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(_CARD)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "README.md").symlink_to(tmp_path / "secret")
    card = read_card(tmp_path / "model")
    assert card.licence == ""
    assert card.problem

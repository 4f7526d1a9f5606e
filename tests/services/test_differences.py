"""Differences between two texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.services.differences import differences, lacks_something


def _marked(text: str, other: str) -> list[str]:
    return [piece.text.strip() for piece in differences(text, other) if piece.differs]


@pytest.mark.parametrize(
    ("text", "other", "marked"),
    [
        ("the same words", "the same words", []),
        ("the red house", "the blue house", ["red"]),
        ("one two three", "four five six", ["one two three"]),
        ("more words here", "words here", ["more"]),
        ("words here", "more words here", []),
        ("请问最近的车站在哪里", "请问最近的地铁站在哪里", ["车"]),
        ("line one\nline two", "line one line two", []),
        ("", "anything", []),
        ("anything", "", ["anything"]),
    ],
)
def test_what_is_marked(text: str, other: str, marked: list[str]) -> None:
    assert _marked(text, other) == marked


def test_what_only_the_other_has() -> None:
    assert lacks_something("words here", "more words here")
    assert not lacks_something("more words here", "words here")


@given(st.text(max_size=60), st.text(max_size=60))
def test_parts_are_the_whole_text(text: str, other: str) -> None:
    assert "".join(piece.text for piece in differences(text, other)) == text
    assert not any(piece.differs for piece in differences(text, text))


def test_long_texts_are_compared_sentence_by_sentence() -> None:
    text = "\n".join(f"line {number} of a long text" for number in range(2000))
    assert _marked(text + "\nthe end", text + "\nthe finish") == ["the end"]
    assert "".join(piece.text for piece in differences(text, "...!? \n\n")) == text

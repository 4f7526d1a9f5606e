from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.sentences import has_words, lead_of, pieces_of, sentences_of, space_between


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Hello there. How are you?", ["Hello there.", "How are you?"]),
        ("Mr. Smith met Dr. J. K. Brown in the U.S. yesterday. He left!", 2),
        ("See No. 5 and fig. 3.", 1),
        ("It costs 3.50 euros. Really?", ["It costs 3.50 euros.", "Really?"]),
        ('"Stop!" he said. "No." Then he left.', 3),
        ("Wait... what? yes", 1),
        ("我想取消订单。退款在哪里？好的", ["我想取消订单。", "退款在哪里？", "好的"]),
        ("“你好！”他说。", ["“你好！”", "他说。"]),
        ("هل أنت بخير؟ نعم", ["هل أنت بخير؟", "نعم"]),
        ("no end", ["no end"]),
        ("   ", []),
    ],
)
def test_sentences(line: str, expected: list[str] | int) -> None:
    found = sentences_of(line)
    assert len(found) == expected if isinstance(expected, int) else found == expected


@given(st.text(alphabet="ab .!?。,;\t", max_size=80))
def test_no_character_is_lost(text: str) -> None:
    assert "".join("".join(sentences_of(text)).split()) == "".join(text.split())


@given(st.text(alphabet="abc ,;:，。", max_size=120), st.integers(1, 20), st.integers(1, 40))
def test_pieces_fit_and_lose_nothing(sentence: str, limit: int, window: int) -> None:
    pieces = pieces_of(sentence, lambda text: len(text) <= limit, window)
    assert all(len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(sentence.split())


def test_long_sentences_are_cut_behind_marks_then_words() -> None:
    def fits(text: str) -> bool:
        return len(text) <= 20

    assert pieces_of("one two three, four five six seven", fits, 100) == ["one two three,", "four five six seven"]
    assert pieces_of("onetwothreefour fivesixseven", fits, 100) == ["onetwothreefour", "fivesixseven"]
    assert pieces_of("x" * 45, fits, 100) == ["x" * 20, "x" * 20, "x" * 5]


@pytest.mark.parametrize(
    ("line", "lead"),
    [(" - item", " - "), ("2. item", "2. "), ("2024 was", ""), ("-5 degrees", ""), ("  text", "  "), ("3.5 km", "")],
)
def test_bullets_and_numbers_of_lists_stay(line: str, lead: str) -> None:
    assert lead_of(line) == lead


def test_spaces_between_sentences_follow_the_script() -> None:
    assert space_between("Hello.", "How") == " "
    assert space_between("你好。", "再见") == ""
    assert space_between("안녕.", "그래") == " "
    assert space_between("", "How") == ""
    assert space_between("Line\n", "How") == ""


def test_what_has_words() -> None:
    assert has_words("ok 1")
    assert has_words("好")
    assert not has_words("12:30 🙂 --")

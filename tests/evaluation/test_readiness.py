"""What is said about data before it is run."""

from __future__ import annotations

import pytest

from studio.evaluation.examining import Reader, examine
from studio.evaluation.label_matching import suggest
from studio.evaluation.personal_data import hints, is_card
from studio.evaluation.readiness import Readiness


def kinds(found: Readiness) -> dict[str, int]:
    return {note.kind: int(note.figures.get("n", 0)) for note in found.notes}


def test_what_is_odd_is_found_with_its_rows() -> None:
    texts = ["Hello there", "hello, THERE!", "cancel it", "cancel it", "", "ok", "x" * 40, "我的订单在哪里呢"]
    expected = ["a", "a", "b", "c", "a", "", "a", "a"]
    reader = Reader("Tiny", ("en",), ("a", "b"), limit=20, count=lambda some: [len(text) for text in some])
    found = examine(texts, expected, [reader], {}, labels=True)
    assert kinds(found)["duplicates"] == 2
    assert kinds(found)["conflicts"] == 1
    assert kinds(found)["empty"] == 1
    assert kinds(found)["short"] == 1
    assert kinds(found)["some references"] == 1
    by_kind = {note.kind: note for note in found.notes}
    assert by_kind["long"].positions == (6,)
    assert by_kind["languages"].positions == (7,)
    assert by_kind["unknown labels"].positions == (3,)
    assert [(each.label, each.rows) for each in found.unknown_labels] == [("c", 1)]
    assert found.labels[0] == ("a", 5)
    order = [("problem", "warning", "info", "good").index(note.severity) for note in found.notes]
    assert order == sorted(order)
    for note in found.notes:
        assert note.sentence and "{" not in note.sentence


def test_a_label_map_makes_labels_known_and_keeps_them_editable() -> None:
    reader = Reader("Tiny", labels=("get_refund", "track_order"))
    texts, expected = ["a b c", "d e f"], ["Refund", "track order"]
    before = examine(texts, expected, [reader], {}, labels=True)
    assert {each.label: each.suggestion for each in before.unknown_labels} == {
        "Refund": "get_refund",
        "track order": "track_order",
    }
    after = examine(texts, expected, [reader], {"Refund": "get_refund", "track order": "nothing"}, labels=True)
    assert kinds(after)["unknown labels"] == 1
    assert len(after.unknown_labels) == 2


def test_without_expected_answers() -> None:
    found = examine(["one two", "three four"], None, [], {}, labels=True)
    assert found.smallest_difference is None
    assert [note.kind for note in found.notes] == ["no references"]
    assert examine([], [], [], {}, labels=False).rows == 0


def test_more_rows_prove_smaller_differences() -> None:
    texts = [f"message {n}" for n in range(1000)]
    many = examine(texts, ["a", "b"] * 500, [], {}, labels=True)
    few = examine(texts[:100], ["a", "b"] * 50, [], {}, labels=True)
    assert many.smallest_difference is not None and few.smallest_difference is not None
    assert many.smallest_difference < few.smallest_difference < 1
    one_label = examine(texts[:10], ["a"] * 9 + ["b"], [], {}, labels=True)
    assert {"imbalance", "too few rows"} <= set(kinds(one_label))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("write to anna.k+x@mail.example.org or b@c.de", ["email", "email"]),
        ("call +49 170 1234567 today", ["phone"]),
        ("(030) 1234-5678", ["phone"]),
        ("我的手机是 13812345678 谢谢", ["phone"]),
        ("card 4111 1111 1111 1111", ["card"]),
        ("card 4111 1111 1111 1112", []),
        ("order 48213 of 2024-06-01, invoice 20240601123", []),
        ("ORD-5597971147 and 99999999", []),
        ("at @home, 10.12.2024", []),
    ],
)
def test_hints_of_personal_data(text: str, found: list[str]) -> None:
    assert list(hints(text)) == found


def test_card_numbers_check_themselves() -> None:
    assert is_card("5555555555554444") and is_card("378282246310005") and is_card("6011111111111117")
    assert not is_card("4242424242424241") and not is_card("1111111111111111")


@pytest.mark.parametrize(
    ("label", "meant"),
    [
        ("refund", "get_refund"),
        ("Cancel order", "cancel_order"),
        ("CANCEL-ORDER", "cancel_order"),
        ("track_ordr", "track_order"),
        ("human agent", "contact_human_agent"),
        ("weather", ""),
        ("", ""),
    ],
)
def test_suggestions_for_labels(label: str, meant: str) -> None:
    known = ("cancel_order", "get_refund", "track_order", "track_refund", "contact_human_agent")
    assert suggest(label, known) == meant

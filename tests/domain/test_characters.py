"""Words of users inside sentences: those from right to left turn nothing but themselves."""

from __future__ import annotations

from studio.domain.characters import isolated
from studio.domain.insight import ErrorGroup
from studio.services.insight_words import group_words
from studio.services.report_words import clean_text


def test_only_words_from_right_to_left_stand_in_isolates() -> None:
    for word in ("refund", "退款", "", "Größe", "4411"):
        assert isolated(word) == word
    assert isolated("שלום") == "\u2068שלום\u2069"
    assert isolated("order مرحبا") == "\u2068order مرحبا\u2069"
    group = ErrorGroup("", ("שלום",), "", "", 0, 7, 7, (), (), holding=7, holding_wrong=7)
    assert group_words(group) == "Of 7 rows with “\u2068שלום\u2069”, 7 have a mistake."


def test_reports_keep_isolates_that_end_and_no_other_turn() -> None:
    assert clean_text(isolated("שלום")) == "\u2068שלום\u2069"
    assert clean_text("a\u2068b") == "a\ufffdb"
    assert clean_text("\u2068\u202eb\u2069") == "\ufffd\ufffdb\ufffd"
    assert clean_text("\u202ea\u2067b\u2069") == "\ufffda\ufffdb\ufffd"

"""A document in sentences and passages: nothing is lost, and each stands where it says it does."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.bm25 import Bm25, words
from studio.domain.errors import InputError
from studio.domain.extractive import Candidate, Windows, best_answer, can_decline, in_whole_words, stretches_to_read
from studio.domain.passages import READ, SEARCHED, Stretch, passages_in, sentences_in, weight, within

HANDBOOK = """# Returns

You may return goods within 30 days of delivery. The return label is in the
parcel; returns from Germany are free, from other countries they cost 6 euros.

- Cushions must be unopened.
- Gift cards are never paid out.

## 退货

自签收之日起15天内可以无理由退货。退款会在3个工作日内退回。
"""
#: Texts of what documents are made of: words, marks, line breaks, Chinese, spaces of all kinds.
_PARTS = (
    "word",
    "Dr. No",
    "3.5",
    ". ",
    "! ",
    "。",
    "？",
    "\n",
    "\n\n",
    "# ",
    "- ",
    " ",
    "退货",
    "\u3000",
    "\xa0",
    "🙂",
)
_TEXTS = st.lists(st.sampled_from([*_PARTS, "x" * 90]), max_size=60).map("".join)


@settings(max_examples=60, deadline=None)
@given(_TEXTS, st.sampled_from([20, 60, SEARCHED]))
def test_every_character_is_in_exactly_one_passage(document: str, size: int) -> None:
    for parts in (passages_in(document, size), sentences_in(document)):
        covered = sorted(place for part in parts for place in range(part.start, part.end))
        assert covered == sorted(set(covered))
        left = set(range(len(document))) - set(covered)
        assert all(document[place].isspace() for place in left)
        for part in parts:
            assert part.of(document).strip() == part.of(document) != ""
        assert parts == sorted(parts)


@settings(max_examples=40, deadline=None)
@given(_TEXTS)
def test_passages_are_no_longer_than_they_may_be(document: str) -> None:
    for passage in passages_in(document, 60):
        # Spaces between its sentences, which are the document's, come on top.
        inner = [s for s in sentences_in(document) if passage.start <= s.start and s.end <= passage.end]
        assert sum(weight(s.of(document)) for s in inner) <= 60


def test_sentences_go_over_line_breaks_and_stop_at_lists_and_headings() -> None:
    found = [" ".join(s.of(HANDBOOK).split()) for s in sentences_in(HANDBOOK)]
    assert found == [
        "# Returns",
        "You may return goods within 30 days of delivery.",
        "The return label is in the parcel; returns from Germany are free, from other countries they cost 6 euros.",
        "- Cushions must be unopened.",
        "- Gift cards are never paid out.",
        "## 退货",
        "自签收之日起15天内可以无理由退货。",
        "退款会在3个工作日内退回。",
    ]


def test_a_heading_stands_with_what_follows_it() -> None:
    found = [passage.of(HANDBOOK) for passage in passages_in(HANDBOOK, 300)]
    assert [text.split("\n")[0] for text in found] == ["# Returns", "## 退货"]


def test_the_passage_around_a_character() -> None:
    places = [Stretch(2, 5), Stretch(7, 9)]
    assert [within(places, at) for at in (0, 2, 5, 8, 99)] == [None, places[0], places[0], places[1], places[1]]


def test_rare_words_decide_and_endings_do_not_matter() -> None:
    index = Bm25(["the delivery of the parcel", "the price of the lamp", "the 的发票在账户里", ""])
    assert max(range(4), key=index.scores("When is it delivered, the deliveries?").__getitem__) == 0
    assert max(range(4), key=index.scores("发票在哪里？").__getitem__) == 2
    assert index.scores("nothing likewise") == [0.0] * 4
    assert Bm25([]).scores("x") == []
    assert list(words("Prices, PRICE! deliveries 发票号")) == ["pric", "pric", "delivery", "发票", "票号"]


def test_of_a_long_document_the_passages_that_suit_the_question_are_read() -> None:
    filler = "Nobody asks about this sentence, which is only here to be long. " * 60
    document = f"{filler}\n\nThe insurance number is CT-88421.\n\n{filler}"
    assert stretches_to_read(document, "x", 99) == [Stretch(0, len(document))]
    read = stretches_to_read(document, "What is the number of my insurance?", 2)
    assert len(read) == 2
    assert "CT-88421" in read[0].of(document)
    assert weight(read[0].of(document)) <= READ + 10


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(8, 400), st.integers(0, 3000))
def test_windows_leave_no_token_out(question: int, limit: int, tokens: int) -> None:
    try:
        windows = Windows.beside(question, limit)
    except InputError:
        assert limit - question < 16
        return
    parts = windows.of(tokens)
    assert parts[0][0] == 0 and parts[-1][1] == tokens
    assert all(0 <= end - start <= windows.size for start, end in parts)
    assert all(after[0] <= before[1] for before, after in itertools.pairwise(parts))


def test_the_best_answer_and_what_was_looked_at() -> None:
    document = "First here. Then there.\n\n" + "# Other\n\nAnd  elsewhere  too."
    at = document.index(" elsewhere")
    found = best_answer(document, [Candidate(0, 5, 0.2), Candidate(at, at + 11, 0.7), Candidate(6, 10, 0.1)])
    assert (found.text, found.score) == ("elsewhere", 0.7)
    assert document[found.start : found.end] == "elsewhere"
    assert [p.score for p in found.passages] == [0.7, 0.2]
    assert best_answer(document, [Candidate(0, 5, 0.2)], nothing=0.3).start == -1
    assert best_answer(document, [Candidate(0, 5, 0.2)], nothing=0.1).text == "First"
    assert best_answer(document, [Candidate(0, 5, 1.4)]).score == 1.0
    assert best_answer(document, []).passages == ()


def test_a_model_that_may_decline_is_known_by_its_card(tmp_path) -> None:
    assert not can_decline(tmp_path)
    (tmp_path / "README.md").write_text("datasets:\n- squad_v2\n", encoding="utf-8")
    assert can_decline(tmp_path)
    named = tmp_path / "roberta-base-squad2-ONNX"
    named.mkdir()
    assert can_decline(named)


def test_chinese_answers_are_not_widened_to_whole_words() -> None:
    assert in_whole_words("café 🙂")
    assert not in_whole_words("the 退货")

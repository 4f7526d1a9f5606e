from __future__ import annotations

from collections.abc import Callable

import pytest

from studio.domain.document import MOST_CHARACTERS, Reader, check_prefix, reading_notices, translate_document
from studio.domain.errors import InputError
from studio.domain.languages import find_language
from studio.domain.prediction import FinishReason, GeneratedText, Prediction
from studio.domain.running import never_cancelled


def upper(sentence: str, show: Callable[[str], None], reason: FinishReason = "stop") -> GeneratedText:
    """Shows a sentence in capitals, letter by letter, with spaces around it that no reader should see."""
    for letter in f" {sentence.upper()} ":
        show(letter)
    return GeneratedText(sentence.upper(), (1, 2), len(sentence), reason)


def translated(text: str, limit: int = 100, **more: object) -> tuple[Prediction, str]:
    shown: list[str] = []
    reader = Reader(lambda piece: len(piece) <= limit, 1000, bool(more.get("split", True)))
    translate = more.get("translate", upper)
    cancelled = more.get("cancelled", never_cancelled)
    prediction = translate_document(text, reader, translate, shown.append, cancelled, 0.0)  # type: ignore[arg-type]
    return prediction, "".join(shown)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two", "ONE TWO"),
        ("One.  Two!", "ONE. TWO!"),
        ("a\n\nb\r\nc", "A\n\nB\nC"),
        ("  - a\n  - b", "- A\n  - B"),
        ("1. a\n2. b", "1. A\n2. B"),
        ("12:30\na\n---", "12:30\nA\n---"),
        ("🙂", "🙂"),
        ("a. 🙂", "A. 🙂"),
        ("a\x00b\x07\x1bc", "ABC"),
        ("a \ud800 b", "A \ufffd B"),
    ],
)
def test_lines_and_what_is_no_word_stay(text: str, expected: str) -> None:
    prediction, shown = translated(text)
    assert prediction.output.text == shown == expected
    assert not prediction.notices


def test_counts_are_sums_over_sentences() -> None:
    output = translated("One. Two.")[0].output
    assert isinstance(output, GeneratedText)
    assert (output.token_ids, output.prompt_tokens, output.finish_reason) == ((1, 2, 1, 2), 8, "stop")


def test_a_line_is_one_sentence_where_asked() -> None:
    assert translated("One. Two.", split=False)[0].output.prompt_tokens == 9  # type: ignore[union-attr]
    assert translated("One. Two.", split=False, limit=5)[0].output.prompt_tokens == 8  # type: ignore[union-attr]


def test_one_megabyte_says_how_much_was_left_out() -> None:
    prediction, _ = translated("word " * 200_000)
    assert len(prediction.output.text) <= MOST_CHARACTERS
    assert "20,000 of its 1,000,000" in prediction.notices[0]


def test_unfinished_sentences_are_counted() -> None:
    prediction, _ = translated("One. Two.", translate=lambda s, show: upper(s, show, "length"))
    assert prediction.output.finish_reason == "length"  # type: ignore[union-attr]
    assert "2 sentences" in prediction.notices[0]


def test_cancelling_keeps_what_there_is() -> None:
    calls = iter([False, True])
    prediction, shown = translated("One. Two. Three.", cancelled=lambda: next(calls))
    assert prediction.output.text == shown == "ONE."
    assert prediction.output.finish_reason == "cancelled"  # type: ignore[union-attr]
    inside, _ = translated("One. Two.", translate=lambda s, show: upper(s, show, "cancelled"))
    assert inside.output.text == "ONE."


def test_the_first_text_is_no_space() -> None:
    prediction, _ = translated("a")
    assert prediction.timing.first_text_s is not None
    assert translated("", limit=1)[0].timing.first_text_s is None


def test_texts_that_the_model_probably_cant_read() -> None:
    assert "English" in reading_notices("我想取消订单", find_language("en"), 0, 9)[0]
    assert "4 of the text's 9" in reading_notices("sdf sdf", None, 4, 9)[0]
    assert reading_notices("hello", find_language("en"), 1, 9) == ()


def test_a_prefix_leaves_room() -> None:
    check_prefix("", 400, 512)
    check_prefix("translate: ", 5, 512)
    with pytest.raises(InputError, match="400 of the 512"):
        check_prefix("x" * 999, 400, 512)

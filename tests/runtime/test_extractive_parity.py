"""Readers find what transformers' question-answering pipeline finds, and say where it stands in the document."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from studio.baseline.extractive import EagerReader
from studio.domain.errors import InputError, StoppedError
from studio.domain.extractive import COLLECTED
from studio.domain.prediction import FoundPassage, Prediction
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.runtime.extractive import ExtractiveReader
from tests.tiny import readers
from tests.tiny.cache import TinyCache

DOCUMENTS = (
    "I want to cancel order 4411.",
    "Where is my refund? I sent the shoes back two weeks ago. Could you please send me the invoice from last month. "
    "The quick brown fox jumps over the lazy dog, doesn't it? I want to cancel order 4411.",
    "  Line one of a note\n\nnaïve café — ﬁneprint 🙂\tOrder\n4411 is late. ",
    "我想取消订单。退款在哪里？ The fox jumps. 订单 4411 在这里。",
)
OPTIONS = {"passages": 5, "max_answer_tokens": 15, "always_answer": False, "least_score": 0.0}
QUESTION = "Where is it?"


def _answer(runner: ExtractiveReader | EagerReader, question: str, document: str, **options: Any) -> FoundPassage:
    given = {"question": question, "document": document}
    found = runner.run(given, {**OPTIONS, **options}, ignore_text, never_cancelled)
    assert isinstance(found, Prediction)
    assert isinstance(found.output, FoundPassage)
    return found.output


@pytest.mark.parametrize("family", readers.FAMILIES)
def test_answers_equal_those_of_the_pipeline(tiny: TinyCache, family: str) -> None:
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer, QuestionAnsweringPipeline

    folder = tiny.built(readers.exported, family)
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    pipeline = QuestionAnsweringPipeline(model=model, tokenizer=AutoTokenizer.from_pretrained(folder), framework="pt")
    reader = ExtractiveReader(LoadSpec("question-answering", folder))
    for document in DOCUMENTS[:3]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = pipeline(question=QUESTION, context=document, top_k=COLLECTED)
        answer = _answer(reader, QUESTION, document)
        assert answer.text == expected[0]["answer"].strip()
        assert answer.score == pytest.approx(min(1.0, expected[0]["score"]), abs=1e-4)
        assert document[answer.start : answer.end] == answer.text


@pytest.mark.parametrize("kind", ["always", "declines"])
@pytest.mark.parametrize("family", readers.FAMILIES)
def test_the_baseline_answers_the_same(
    tiny: TinyCache, monkeypatch: pytest.MonkeyPatch, family: str, kind: str
) -> None:
    monkeypatch.setattr("studio.domain.extractive.READ", 150)
    spec = LoadSpec("question-answering", tiny.built(readers.exported, family, kind))
    reader, original = ExtractiveReader(spec), EagerReader(spec)
    # Also a document that is too long to be read as a whole.
    for document, most in (*((document, 5) for document in DOCUMENTS), (DOCUMENTS[1] * 2, 1)):
        ours, theirs = (_answer(each, QUESTION, document, passages=most) for each in (reader, original))
        assert (ours.text, ours.start, ours.end) == (theirs.text, theirs.start, theirs.end)
        assert ours.score == pytest.approx(theirs.score, abs=1e-4)
        assert [p.start for p in ours.passages] == [p.start for p in theirs.passages]
        assert [p.score for p in ours.passages] == pytest.approx([p.score for p in theirs.passages], abs=1e-4)
        for passage in ours.passages:
            assert document[passage.start : passage.end] == passage.text
    # Beside a long question little fits.
    long = "refund " * 7
    assert _answer(reader, long, DOCUMENTS[1]).start == _answer(original, long, DOCUMENTS[1]).start
    np.testing.assert_allclose(reader.logits(QUESTION), original.logits(QUESTION), atol=1e-4)


def test_a_model_that_may_decline_does_so_unless_an_answer_is_wanted(tiny: TinyCache) -> None:
    reader = ExtractiveReader(LoadSpec("question-answering", tiny.built(readers.exported, "bert", "declines")))
    # Weights and the order of the vocabulary are random: among so many questions some are declined, and some not.
    questions = (QUESTION, "Who?", "a", "the fox", "When is it late?", "refund", "Could you?", "4411", "order", "dog!")
    documents = ("Yes.", "No.", "the fox", "4411", "lazy dog", "a b", *DOCUMENTS[:1])
    asked = [(question, document) for document in documents for question in questions]
    answers = [_answer(reader, *each) for each in asked]
    declined = [place for place, answer in enumerate(answers) if answer.start == -1]
    assert declined
    assert len(declined) < len(answers)
    for place in declined:
        assert (answers[place].text, answers[place].end) == ("", -1)
        assert answers[place].passages
        wanted = _answer(reader, *asked[place], always_answer=True)
        assert wanted.text
        assert wanted.passages == answers[place].passages
        assert wanted.score <= answers[place].score


def test_an_answer_below_the_least_score_is_none(tiny: TinyCache) -> None:
    reader = ExtractiveReader(LoadSpec("question-answering", tiny.built(readers.exported, "distilbert")))
    score = _answer(reader, QUESTION, DOCUMENTS[1]).score
    assert _answer(reader, QUESTION, DOCUMENTS[1], least_score=score - 1e-6).text
    assert _answer(reader, QUESTION, DOCUMENTS[1], least_score=score + 1e-6).text == ""


def test_a_long_document_is_read_in_part_and_that_is_said(tiny: TinyCache) -> None:
    reader = ExtractiveReader(LoadSpec("question-answering", tiny.built(readers.exported, "distilbert")))
    filler = "The quick brown fox jumps over the lazy dog and nobody ever asks about it. " * 300
    document = filler + "The invoice is sent on Thursday. " + filler
    given = {"question": "When is the invoice sent?", "document": document}
    found = reader.run(given, {**OPTIONS, "passages": 1}, ignore_text, never_cancelled)
    assert isinstance(found.output, FoundPassage)
    read = document[found.output.passages[0].start - 1500 : found.output.passages[0].end + 1500]
    assert "The invoice is sent on Thursday." in read
    assert len(found.notices) == 1
    assert "1 that share" in found.notices[0]


def test_a_question_that_leaves_no_room_is_said(tiny: TinyCache) -> None:
    spec = LoadSpec("question-answering", tiny.built(readers.exported, "bert"))
    for runner in (ExtractiveReader(spec), EagerReader(spec)):
        with pytest.raises(InputError, match="question is too long"):
            _answer(runner, "refund " * 60, DOCUMENTS[0])


def test_reading_stops_between_passages(tiny: TinyCache) -> None:
    reader = ExtractiveReader(LoadSpec("question-answering", tiny.built(readers.exported, "bert")))
    asked = iter([False, True])
    given = {"question": QUESTION, "document": DOCUMENTS[1] * 15}
    with pytest.raises(StoppedError):
        reader.run(given, OPTIONS, ignore_text, lambda: next(asked))

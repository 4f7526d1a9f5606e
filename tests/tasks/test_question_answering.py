"""Question answering as a task: what is refused, which models do it, and how embedding models answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.domain.errors import InputError, StoppedError
from studio.domain.prediction import FoundPassage, GeneratedText, Passage
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.metrics import find_metric
from studio.metrics._metric import Answers, Parts
from studio.runtime.answer_sentence import SentenceAnswerer
from studio.runtime.extractive import ExtractiveReader
from studio.services.samples import find_sample
from studio.tasks import find_task
from tests.tiny import readers
from tests.tiny.cache import TinyCache

TASK = find_task("question-answering")
OPTIONS = TASK.resolve_options({})


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"document": "text"}, "no question"),
        ({"question": " \n", "document": "text"}, "no question"),
        ({"question": "Why?"}, "no document"),
        ({"question": "Why?", "document": "\u200b \t"}, "no document"),
        ({"question": "Why?", "document": 3}, "no document"),
    ],
)
def test_what_nobody_could_answer_is_refused(inputs: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        TASK.check(inputs)


def test_every_example_can_be_asked_and_holds_its_answer() -> None:
    for sample in TASK.samples:
        TASK.check(sample.inputs)
        assert sample.answer in sample.inputs["document"]


def test_embedding_models_do_it_as_well() -> None:
    assert TASK.runs("question-answering")
    assert TASK.runs("feature-extraction")
    assert not TASK.runs("text-classification")


class _Letters:
    """Vectors of how often each letter stands in a text: alike texts have alike vectors."""

    max_tokens = None

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.roles: set[str] = set()

    @property
    def placement(self):
        raise NotImplementedError

    def embed(self, texts, cancelled=never_cancelled, role=""):
        if cancelled():
            raise StoppedError("stopped")
        self.texts += texts
        self.roles.add(role)
        rows = [[text.lower().count(chr(97 + letter)) + 0.01 for letter in range(26)] for text in texts]
        return np.array(rows, np.float32)

    def sizes(self, texts, role=""):
        raise NotImplementedError


DOCUMENT = "Aaa aab aaa. Bbb bbb.\n\n# Zzz\n\nZzz zzy zzz. Xxx xxx xxx."


def _ask(answerer: SentenceAnswerer, question: str, **options) -> FoundPassage:
    given = {"question": question, "document": DOCUMENT}
    found = answerer.run(given, {**OPTIONS, **options}, ignore_text, never_cancelled).output
    assert isinstance(found, FoundPassage)
    return found


def test_an_embedding_model_answers_with_a_sentence() -> None:
    found = _ask(SentenceAnswerer(_Letters()), "zy?")
    assert found.text == "Zzz zzy zzz."
    assert DOCUMENT[found.start : found.end] == found.text
    assert [passage.text for passage in found.passages] == [
        "# Zzz\n\nZzz zzy zzz. Xxx xxx xxx.",
        "Aaa aab aaa. Bbb bbb.",
    ]
    assert 0 <= found.score <= 1
    assert found.passages[0].score > found.passages[1].score


def test_a_document_is_embedded_once() -> None:
    letters = _Letters()
    answerer = SentenceAnswerer(letters)
    first = _ask(answerer, "zy?")
    count = len(letters.texts)
    assert _ask(answerer, "zy?") == first
    assert letters.texts[count:] == ["zy?"]
    assert letters.roles == {"query", "document"}


def test_a_sentence_that_is_not_near_enough_is_no_answer() -> None:
    found = _ask(SentenceAnswerer(_Letters()), "qqq", least_score=0.9)
    assert (found.text, found.start, found.end) == ("", -1, -1)
    assert len(found.passages) == 2


def test_of_a_long_document_passages_that_share_words_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.runtime.answer_sentence.MOST_EMBEDDED", 1)
    letters = _Letters()
    found = SentenceAnswerer(letters).run(
        {"question": "bbb?", "document": DOCUMENT}, OPTIONS, ignore_text, never_cancelled
    )
    assert isinstance(found.output, FoundPassage)
    assert found.output.text == "Bbb bbb."
    assert len(found.output.passages) == 1
    assert not any("Zzz" in text for text in letters.texts)
    assert "of its 2 passages, the 1 that" in found.notices[0]


def test_indexing_can_be_stopped() -> None:
    with pytest.raises(StoppedError):
        SentenceAnswerer(_Letters()).run({"question": "a", "document": "b"}, OPTIONS, ignore_text, lambda: True)


def test_the_models_own_configuration_decides_how_it_answers(tiny: TinyCache) -> None:
    folder = tiny.built(readers.exported, "distilbert")
    assert isinstance(TASK.open(LoadSpec("question-answering", folder)), ExtractiveReader)


def test_probes_are_questions_that_can_be_asked(tmp_path: Path) -> None:
    assert TASK.probes is not None
    probes = TASK.probes(tmp_path)
    assert len(probes) > 10
    for inputs in probes:
        TASK.check(inputs)


def test_the_sample_sheet_expects_words_of_its_documents() -> None:
    import csv

    sample = find_sample("faq")
    with sample.path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sample.rows == 40
    for row in rows:
        assert row["expected answer"] in (sample.path.parent / row["document"]).read_text(encoding="utf-8")


def _found(*passages: str) -> FoundPassage:
    return FoundPassage("x", 1.0, 0, 1, tuple(Passage(text, 0, 1, 0.5) for text in passages))


def _value(metric: str, answers: Answers) -> float | None:
    measured = find_metric(metric).measure(answers, {})
    if measured is None:
        return None
    assert isinstance(measured, Parts)
    return float(measured.value(measured.table.sum(0)))


def test_recall_and_rank_of_the_passage_that_holds_the_answer() -> None:
    outputs = (
        _found("It costs 45 euros.", "It costs the 5 Euros!"),
        _found(*["other"] * 5, "5 euros"),
        _found("none of it"),
        None,
        _found("费用是五欧元。"),
    )
    wanted = ("5 euros", "5 euros", "5 euros", "5 euros", "五欧元")
    answers = Answers(wanted, [None] * 5, outputs=outputs)
    assert _value("recall_at_5", answers) == pytest.approx(2 / 5)
    assert _value("mrr", answers) == pytest.approx((1 / 2 + 1 / 6 + 0 + 0 + 1) / 5)


def test_recorded_answers_and_rows_without_an_expectation_have_no_rank() -> None:
    recorded = GeneratedText("5 euros", (), 0, "stop")
    answers = Answers(("5 euros", ""), ["5 euros", "x"], outputs=(recorded, _found("x")))
    assert _value("recall_at_5", answers) is None
    assert _value("mrr", answers) is None

"""What columns mean is guessed from names in two languages, else from what stands in them."""

from __future__ import annotations

import pytest

from studio.domain.dataset import ColumnMapping
from studio.domain.errors import InputError, UnknownNameError
from studio.evaluation.importing.guessing import guess
from studio.services import importing
from studio.services.samples import all_samples, find_sample
from studio.tasks import find_task

LABELS = find_task("text-classification")
TRANSLATION = find_task("translation")
CHAT = find_task("chat")
TEXTS = ["I want my money back", "where is my order", "please cancel it", "money back now please", "cancel my order"]
QUEUES = ["refund", "track", "cancel", "refund", "cancel"]


def rows(*columns: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(
    ("names", "text", "label"),
    [
        (("text", "label"), "text", "label"),
        (("Message", "Expected label"), "Message", "Expected label"),
        (("消息", "标签"), "消息", "标签"),
        (("客户留言", "意图"), "客户留言", "意图"),
        (("A", "B"), "A", "B"),
        (("foo", "bar"), "foo", "bar"),
    ],
)
def test_text_and_label(names: tuple[str, str], text: str, label: str) -> None:
    found = guess(LABELS, names, rows(TEXTS, QUEUES))
    assert found.inputs == {"text": text}
    assert found.reference == label
    swapped = guess(LABELS, names[::-1], rows(QUEUES, TEXTS))
    assert (swapped.inputs, swapped.reference) == ({"text": text}, label)


def test_everything_at_once() -> None:
    names = ("Ticket ID", "Region", "message", "queue", "vendor answer", "vendor latency s", "price")
    table = rows(
        ["T1", "T2", "T3", "T4", "T5"],
        ["EU", "US", "EU", "US", "EU"],
        TEXTS,
        QUEUES,
        ["refund", "refund", "cancel", "refund", "track"],
        ["0.2", "0.31", "0.2", "1", "0.25"],
        ["1", "2", "3", "4", "5"],
    )
    assert guess(LABELS, names, table) == ColumnMapping(
        {"text": "message"},
        "queue",
        ("Region",),
        "Ticket ID",
        ("price",),
        {"vendor answer": "vendor answer"},
        {"vendor answer": "vendor latency s"},
    )


@pytest.mark.parametrize(
    ("name", "cells", "seconds"),
    [
        ("vendor latency", ["0.2", "0,31", "1", "2", "0.25"], True),
        ("vendor seconds", ["3", "4", "5", "60", "9"], True),
        ("vendor latency ms", ["0.2", "0.31", "1", "2", "0.25"], False),
        ("vendor latency", ["210", "312", "190", "250", "1000"], False),
        ("vendor latency", ["20 ms", "31 ms", "19 ms", "25 ms", "90 ms"], False),
        ("vendor 延迟（毫秒）", ["20", "31", "19", "25", "90"], False),
    ],
)
def test_milliseconds_are_not_taken_for_seconds(name: str, cells: list[str], seconds: bool) -> None:
    answers = ["refund", "refund", "cancel", "refund", "track"]
    found = guess(LABELS, ("message", "queue", "vendor", name), rows(TEXTS, QUEUES, answers, cells))
    assert found.recorded == {"vendor": "vendor"}
    assert found.recorded_latency == ({"vendor": name} if seconds else {})


@pytest.mark.parametrize(
    ("names", "main"),
    [
        (("english", "chinese"), "english"),
        (("原文", "译文"), "原文"),
        (("source", "target"), "source"),
        (("A", "B"), "A"),
    ],
)
def test_translations_by_language(names: tuple[str, str], main: str) -> None:
    english, chinese = ["Where is the bank?", "I am learning Chinese."], ["银行在哪里？", "我在学中文。"]
    found = guess(TRANSLATION, names, rows(english, chinese))
    assert found.inputs == {"text": main}
    assert found.reference == next(name for name in names if name != main)


def test_one_column_of_questions() -> None:
    found = guess(CHAT, ("question",), rows(TEXTS))
    assert found == ColumnMapping({"messages": "question"})
    assert guess(CHAT, ("a",), []) == ColumnMapping(variables=("a",))


def test_samples_mean_what_their_index_says() -> None:
    samples = all_samples()
    assert {sample.task for sample in samples} >= {"text-classification", "translation", "chat"}
    for sample in samples:
        found = importing.look(sample.path, task=find_task(sample.task))
        assert found.mapping == sample.mapping, sample.id
        assert found.broken == ()
        assert sample.licence in {"CC0-1.0", "CC-BY-SA-4.0"}
        assert sample.attribution and sample.title and sample.description
    assert find_sample("sample:support").rows == 200
    with pytest.raises(UnknownNameError, match="no sample data 'x'"):
        find_sample("x")


def test_mappings_that_nothing_can_run_with() -> None:
    columns = ("a", "b")
    importing.check_mapping(LABELS, columns, ColumnMapping({"text": "a"}, "b"))
    with pytest.raises(InputError, match="No column is chosen"):
        importing.check_mapping(LABELS, columns, ColumnMapping(reference="b"))
    with pytest.raises(UnknownNameError, match="no column 'c'"):
        importing.check_mapping(LABELS, columns, ColumnMapping({"text": "a"}, groups=("c",)))

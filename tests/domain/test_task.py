"""Options of a task: what they accept, and what they say about what they don't."""

from __future__ import annotations

from typing import Any

import pytest

from studio.domain.errors import InputError, UnknownNameError
from studio.domain.prediction import Labels, LabelScore
from studio.domain.task import FILE_KINDS, Option
from studio.tasks import all_tasks, find_task

_COUNT = Option("count", "int", None, "Count", "How many.", low=1, high=10)
_SHARE = Option("share", "float", 0.5, "Share", "How much.", low=0.0, high=1.0)
_SWITCH = Option("switch", "bool", False, "Switch", "Whether.")
_WORDS = Option("words", "list", (), "Words", "Which.")


@pytest.mark.parametrize(
    ("option", "given", "value"),
    [
        (_COUNT, "3", 3),
        (_COUNT, 3.0, 3),
        (_COUNT, None, None),
        (_SHARE, "1", 1.0),
        (_SWITCH, "Yes", True),
        (_SWITCH, "0", False),
        (_SWITCH, True, True),
        (_WORDS, "one", ("one",)),
        (_WORDS, ["one", 2], ("one", "2")),
    ],
)
def test_values_are_converted(option: Option, given: Any, value: Any) -> None:
    found = option.check(given)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("option", "given"),
    [
        (_COUNT, "three"),
        (_COUNT, 2.5),
        (_COUNT, True),
        (_COUNT, 0),
        (_COUNT, 11),
        (_COUNT, [1]),
        (_SHARE, float("nan")),
        (_SHARE, float("inf")),
        (_SHARE, None),
        (_SWITCH, "perhaps"),
    ],
)
def test_other_values_are_refused_by_name(option: Option, given: Any) -> None:
    with pytest.raises(InputError, match=option.name):
        option.check(given)


def test_options_left_out_have_their_defaults() -> None:
    task = find_task("text-classification")
    assert task.resolve_options({}) == {option.name: option.default for option in task.options}
    assert task.resolve_options({"top_k": "2"})["top_k"] == 2


def test_an_unknown_option_names_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="top_k"):
        find_task("text-classification").resolve_options({"topk": 2})


def test_an_unknown_task_names_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="text-classification"):
        find_task("telepathy")


@pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.id)
def test_every_task_is_told_completely(task: Any) -> None:
    assert task.title
    assert task.purpose.endswith(".")
    assert task.inputs
    assert task.samples
    assert task.metrics
    for option in task.options:
        assert option.title
        assert option.help.endswith(".")
        assert option.default is None or option.check(option.default) == option.default
    for sample in task.samples:
        task.check(sample.inputs)
        task.resolve_options(sample.options)
    needed = [field for field in task.inputs if not field.optional]
    if len(needed) == 1 and needed[0].kind not in FILE_KINDS:
        task.check(task.read_text("Where is my order?"))


def test_chosen_labels() -> None:
    scores = (LabelScore("a", 0.7), LabelScore("b", 0.6), LabelScore("c", 0.1))
    assert Labels(scores).chosen == ("a",)
    assert Labels(scores, multi_label=True).chosen == ("a", "b")
    assert Labels(()).text == ""

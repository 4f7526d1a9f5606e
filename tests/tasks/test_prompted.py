"""Text generation: templates and variables, through the shipped models."""

from __future__ import annotations

import pytest

from studio.domain.errors import InputError
from studio.domain.prompt import fill, pairs, variables_in
from studio.library.store import Library
from studio.services.candidates import resolve
from studio.services.comparison import compare
from studio.tasks import find_task
from studio.tasks._prompted import prompt_of


def test_variables_are_found_once_and_in_order() -> None:
    assert variables_in("{{ a }} and {{b}}", "{{a}} {not} {{two words}}") == ("a", "b", "two words")


def test_a_value_is_never_read_as_a_template() -> None:
    assert fill("Say {{a}}", {"a": "{{b}}", "b": "no"}) == "Say {{b}}"


def test_a_variable_without_a_value_is_named() -> None:
    with pytest.raises(InputError, match="order"):
        fill("Cancel {{order}}", {"order": "  "})


def test_values_are_lines() -> None:
    assert pairs(["a = 1", "b=x=y", "no", "=z"]) == {"a": "1", "b": "x=y"}


def test_with_a_template_the_text_is_data() -> None:
    inputs = {"text": "it says {{name}}", "variables": ("name=Ada",)}
    assert prompt_of(inputs, {"template": "{{name}}: {{text}}"}) == "Ada: it says {{name}}"
    assert prompt_of(inputs, {"template": ""}) == "it says Ada"


def test_the_shipped_assistant_answers_a_filled_prompt() -> None:
    task = find_task("text-generation")
    candidate = resolve(task, "starter/assistant-small", Library.open())
    inputs = {"text": "I want to cancel order {{order}}", "variables": ("order=4411",)}
    result = compare(task, [candidate], inputs, {}).results[0]
    assert result.prediction is not None
    assert "4411" in result.prediction.output.text

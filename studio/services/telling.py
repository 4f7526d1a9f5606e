"""Labels for candidates that know none of their own: those a person names, else those of what they stand beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from studio.domain.comparison import Candidate
from studio.domain.errors import StudioError
from studio.domain.model import Model
from studio.domain.task import CHOICES, Task
from studio.library.store import Library


def told_options(
    task: Task,
    candidate: Candidate,
    options: Mapping[str, Any],
    expected: Callable[[], tuple[str, ...]],
    library: Library,
) -> Mapping[str, Any]:
    """The options of a candidate, with labels to choose from where it needs them and nobody named any.

    Args:
        task: What it does.
        candidate: Who is asked.
        options: Its options so far.
        expected: The labels that it is told; asked only where it must be told some. Empty where there are none.
        library: Where models lie.
    """
    if options.get(CHOICES) or all(option.name != CHOICES for option in task.options):
        return options
    model = model_of(candidate, library)
    if model is not None and not task.must_tell(model.task):
        return options
    labels = expected()
    return {**options, CHOICES: labels} if labels else options


def labels_beside(task: Task, candidates: Iterable[Candidate], library: Library) -> tuple[str, ...]:
    """The labels that those candidates choose from who know theirs, each once."""
    models = (model_of(each, library) for each in candidates)
    return tuple(dict.fromkeys(label for model in models if model and model.task == task.id for label in model.labels))


def model_of(candidate: Candidate, library: Library) -> Model | None:
    """The model of a candidate; None where an endpoint answers, or it is gone."""
    if candidate.remote:
        return None
    try:
        return library.find(candidate.model)
    except StudioError:
        return None

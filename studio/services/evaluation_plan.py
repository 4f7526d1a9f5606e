"""Which rows run together, and which are timed: the same plan however often an evaluation is stopped and continued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from studio.domain.dataset import ColumnMapping, Dataset
from studio.domain.evaluation import EvaluationSettings
from studio.domain.running import Inputs, Options
from studio.domain.task import Task
from studio.services.field_values import value_of_cell

T = TypeVar("T")
#: Rows in one run of the graph, and tokens of them together where rows are long: beyond that a batch only waits.
_MOST_ROWS = 32
_MOST_TOKENS = 2_048
#: Rows that are timed by themselves: enough for the 99th percentile.
TIMED = 200
#: They run for no longer than this, and at least so many of them whatever they take.
TIMED_S = 20.0
TIMED_LEAST = 20


@dataclass(frozen=True)
class Batch:
    """Rows that run together, by position."""

    positions: tuple[int, ...]


def batches(lengths: Mapping[int, int], size: int = 0) -> list[Batch]:
    """Rows of about the same length together, so that little is padded.

    Dynamic int8 makes an answer depend on its neighbours in the last digits, so the plan covers all rows, also those
    that have an answer: a batch that is not whole is run whole again.

    Args:
        lengths: Tokens of every row that takes part, by position.
        size: Rows in a batch; 0 for what suits their length.

    Returns:
        In an order in which any beginning has short and long rows, so that it tells how long the rest will take.
    """
    ordered = sorted(lengths, key=lambda position: (lengths[position], position))
    found: list[Batch] = []
    taken: list[int] = []
    for position in ordered:
        # Sorted, so this row is the longest so far: all are padded to it.
        padded = (len(taken) + 1) * lengths[position]
        if taken and (len(taken) >= (size or _MOST_ROWS) or (not size and padded > _MOST_TOKENS)):
            found.append(Batch(tuple(taken)))
            taken = []
        taken.append(position)
    if taken:
        found.append(Batch(tuple(taken)))
    return _spread(found)


def timed_rows(positions: Sequence[int], most: int = TIMED) -> list[int]:
    """Rows spread evenly over all that take part, in an order that any beginning of is spread as well."""
    n = len(positions)
    if n <= most:
        chosen = list(positions)
    else:
        chosen = [positions[i * n // most] for i in range(most)]
    return _spread(chosen)


def _spread(items: Sequence[T]) -> list[T]:
    """All of them, in an order that any beginning of is spread over the whole."""
    # Strides that share no factor with the number visit every one once.
    stride = next((s for s in (89, 83, 79, 73, 71, 67, 61) if len(items) % s), 1)
    return [items[i * stride % len(items)] for i in range(len(items))]


def positions_of(dataset: Dataset, settings: EvaluationSettings) -> Sequence[int]:
    """The rows that take part."""
    return range(dataset.rows) if settings.positions is None else settings.positions


def repeated(options: Options, repeat: int) -> Options:
    """The options of one repeat: each has a seed of its own, unless every answer is drawn anew anyway (-1)."""
    seed = options.get("seed")
    return {**options, "seed": seed + repeat} if repeat and isinstance(seed, int) and seed >= 0 else options


class RowReader:
    """Turns cells into what a task reads.

    Args:
        task: The task.
        mapping: Which column fills which field.
        columns: The data's columns.
        folder: Folder that cells name files in.
    """

    def __init__(self, task: Task, mapping: ColumnMapping, columns: Sequence[str], folder: Path | None = None) -> None:
        self._task, self._folder = task, folder
        self._fields = {field.name: field for field in task.inputs}
        self._main = task.inputs[0].name
        self._variables = {column: columns.index(column) for column in (*mapping.variables, *mapping.groups)}
        self._places = {name: columns.index(column) for name, column in mapping.inputs.items()}

    def inputs(self, cells: Sequence[str]) -> Inputs:
        """The values of the task's fields; the main one may say more than its own (a whole conversation).

        Raises:
            InputError: A file that a cell names can't be read.
        """
        values = {
            name: value_of_cell(self._fields[name], cells[place], self._folder)
            for name, place in self._places.items()
            if name in self._fields
        }
        main = values.pop(self._main)
        # Every other column can fill a variable of a prompt.
        filled = {
            field.name: tuple(f"{name}={cells[place]}" for name, place in self._variables.items())
            for field in self._task.inputs
            if field.kind == "variables"
        }
        return {**self._task.read_text(main), **values, **filled}


def chunks(positions: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Pieces of ``size``, the last maybe smaller."""
    for start in range(0, len(positions), size):
        yield positions[start : start + size]

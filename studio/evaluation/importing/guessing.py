"""What the columns of a table probably mean: by their names in English and Chinese, else by what stands in them.

Always only a proposal: the mapping is shown, and every part of it can be chosen by hand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from studio.domain.dataset import ColumnMapping
from studio.domain.languages import find_language, looks_foreign
from studio.domain.task import FILE_KINDS, Task
from studio.evaluation.importing.column_words import (
    GROUP,
    ID,
    INPUT,
    KNOWN_NAMES,
    LATENCY,
    OF_KIND,
    RECORDED,
    REFERENCE,
)
from studio.evaluation.importing.columns import plain_name

#: A column of labels has few different values; more than this many are no labels.
_MOST_LABELS = 300
_MOST_GROUPS = 20
_LONGEST_LABEL = 80
#: A system that usually takes longer than this for one answer was measured in milliseconds.
_MOST_SECONDS = 120.0
#: A name with an ending, such as ``photos/shirt.jpg``.
_FILE = re.compile(r"\.[A-Za-z0-9]{2,5}$")
_PLAIN_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class _Column:
    """What the first cells of a column look like."""

    name: str
    place: int
    cells: tuple[str, ...]

    @property
    def filled(self) -> tuple[str, ...]:
        return tuple(cell for cell in self.cells if cell)

    @property
    def plain(self) -> str:
        return plain_name(self.name)

    @property
    def values(self) -> frozenset[str]:
        return frozenset(self.filled)

    @property
    def mean_length(self) -> float:
        return sum(map(len, self.filled)) / max(1, len(self.filled))

    @property
    def is_number(self) -> bool:
        return bool(self.filled) and all(_is_number(cell) for cell in self.filled)

    @property
    def repeats(self) -> bool:
        """Whether there are few different values, as in labels and groups."""
        filled = len(self.filled)
        return (
            filled > 2
            and len(self.values) <= min(_MOST_LABELS, max(2, round(0.7 * filled)))
            and max(map(len, self.values)) <= _LONGEST_LABEL
            and not self.is_number
        )


def guess(task: Task, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> ColumnMapping:
    """What the columns probably mean for a task.

    Args:
        task: What the rows are for.
        columns: Their names.
        rows: The first rows.
    """
    looked = [_Column(name, place, tuple(row[place] for row in rows)) for place, name in enumerate(columns)]
    free = {column.name: column for column in looked}

    def take(found: _Column | None) -> str:
        if found is None:
            return ""
        del free[found.name]
        return found.name

    id_column = take(_by_name(free.values(), ID))
    if task.id == "translation":
        main, reference = _by_language(free.values())
        main_name, reference_name = take(main), take(reference)
    else:
        # The reference first where it has a telling name: of two columns of text it is the named one.
        reference = _by_name([column for column in free.values() if column.plain not in INPUT], REFERENCE)
        reference_name = take(reference)
        main_name = take(_main(task, free.values()))
        if not reference_name and main_name:
            reference_name = take(_likely_reference(task, free.values(), columns.index(main_name)))
    inputs = {task.inputs[0].name: main_name} if main_name else {}
    for field in task.row_inputs[1:]:
        names = OF_KIND.get(field.kind, frozenset()) | {plain_name(field.name)}
        if name := take(_by_name(free.values(), frozenset(names))):
            inputs[field.name] = name
    recorded = _recorded(task, free.values(), looked, reference_name)
    latency = {}
    for name, column in recorded.items():
        free.pop(column, None)
        if found := _latency_of(name, column, free.values(), len(recorded) == 1):
            latency[name] = take(found)
    groups = [take(column) for column in tuple(free.values()) if _is_group(column)][:3]
    return ColumnMapping(inputs, reference_name, tuple(groups), id_column, tuple(free), recorded, latency)


def _by_name(columns: Collection[_Column], names: frozenset[str]) -> _Column | None:
    exact = next((column for column in columns if column.plain in names), None)
    if exact is not None:
        return exact
    # "Message of the customer", "erwartete Label": one of the words is telling.
    return next((column for column in columns if names & _words(column.name)), None)


def _words(name: str) -> frozenset[str]:
    return frozenset(word for word in re.split(r"[\W_]+", name.casefold()) if word)


def _main(task: Task, columns: Collection[_Column]) -> _Column | None:
    """The column of what is asked; where that is a file, the one that names files."""
    field = task.inputs[0]
    if field.kind in FILE_KINDS:
        named = [column for column in columns if column.filled and all(_FILE.search(cell) for cell in column.filled)]
        return next(iter(named), None) or _by_name(columns, OF_KIND[field.kind])
    # A document beside a question is no question, however long it is.
    other = frozenset().union(*(OF_KIND.get(each.kind, ()) for each in task.inputs[1:]))
    free = [column for column in columns if column.plain not in other]
    return _by_name(free, INPUT) or _longest(free)


def _longest(columns: Collection[_Column]) -> _Column | None:
    texts = [column for column in columns if not column.is_number and column.filled]
    return max(texts, key=lambda column: column.mean_length, default=None)


def _likely_reference(task: Task, columns: Collection[_Column], main: int) -> _Column | None:
    """For labels a column of few values, for texts the longest one left; to the right of the input if there is one."""
    if task.output == "number":
        able = [column for column in columns if column.is_number and not _names_recorded(column)]
    elif task.output in {"labels", "findings"}:
        able = [column for column in columns if column.repeats and not _names_recorded(column)]
    else:
        able = [
            column
            for column in columns
            if not column.is_number and not column.repeats and column.filled and not _names_recorded(column)
        ]
    right = [column for column in able if column.place > main]
    return min(right, key=lambda column: column.place, default=None) or next(iter(able), None)


def _by_language(columns: Collection[_Column]) -> tuple[_Column | None, _Column | None]:
    """Source and translation: by name, by the languages that name them, by the order they stand in."""
    texts = [column for column in columns if not column.is_number and column.filled and not _names_recorded(column)]
    main = _by_name(texts, INPUT)
    others = [column for column in texts if column is not main]
    reference = _by_name(others, REFERENCE)
    if main is None or reference is None:
        named = [column for column in texts if find_language(column.name) and column not in (main, reference)]
        long = sorted((c for c in texts if c not in (main, reference) and c not in named), key=lambda c: -c.mean_length)
        left = sorted(named or long[:2], key=lambda column: column.place)
        if main is None and left:
            main = left.pop(0)
        if reference is None and main is not None:
            reference = next((column for column in left if not _same_script(column, main)), next(iter(left), None))
    return main, reference


def _same_script(one: _Column, other: _Column) -> bool:
    chinese, english = find_language("zh"), find_language("en")
    assert chinese is not None
    assert english is not None
    return all(
        looks_foreign(" ".join(one.filled), language) == looks_foreign(" ".join(other.filled), language)
        for language in (chinese, english)
    )


def _names_recorded(column: _Column) -> bool:
    return any(word in column.plain for word in RECORDED) and column.plain not in KNOWN_NAMES


def _recorded(task: Task, columns: Collection[_Column], looked: Sequence[_Column], reference: str) -> dict[str, str]:
    """Columns with another system's answers: their name says so, or they hold the labels that are expected."""
    if task.output == "findings":
        # What another system wrote is no vector.
        return {}
    expected = next((column.values for column in looked if column.name == reference), frozenset[str]())
    found = {}
    for column in columns:
        if column.is_number or not column.filled or any(word in column.plain for word in LATENCY):
            continue
        same_labels = (
            task.output == "labels" and column.repeats and len(column.values & expected) > 0.6 * len(column.values)
        )
        if same_labels or (_names_recorded(column) and (task.output != "labels" or column.repeats)):
            found[column.name] = column.name
    return found


def _latency_of(name: str, column: str, columns: Collection[_Column], only: bool) -> _Column | None:
    able = [
        each
        for each in columns
        if each.is_number and any(word in each.plain for word in LATENCY) and not _in_milliseconds(each)
    ]
    own = plain_name(column)
    return next((each for each in able if own in each.plain), able[0] if only and len(able) == 1 else None)


def _in_milliseconds(column: _Column) -> bool:
    """Whether these are no seconds, as a latency must be: its name or its cells say so, or they are far too many."""
    if "milli" in column.plain or "毫秒" in column.plain or _words(column.name) & {"ms", "msec"}:
        return True
    if any(cell.casefold().endswith("ms") for cell in column.filled):
        return True
    numbers = sorted(
        float(number) for cell in column.filled if _PLAIN_NUMBER.fullmatch(number := cell.replace(",", "."))
    )
    return bool(numbers) and numbers[len(numbers) // 2] > _MOST_SECONDS


def _is_group(column: _Column) -> bool:
    """Few values that each stand for several rows, or a telling name and few values."""
    values = len(column.values)
    if not 2 <= values <= _MOST_GROUPS or not column.repeats:
        return False
    return column.plain in GROUP or bool(_words(column.name) & GROUP) or len(column.filled) >= 4 * values


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+]?\d[\d.,]*(?:e[-+]?\d+)?\s*(?:ms|s|%)?", cell, re.IGNORECASE))

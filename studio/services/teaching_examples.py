"""The labelled sheet that a model is taught with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.domain.dataset import BrokenRow, ColumnMapping
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.task import Task
from studio.evaluation.importing.reading import fingerprint, read_as
from studio.metrics._numbers import number_in
from studio.services.importing import look
from studio.services.samples import find_sample, is_sample

_MOST_EXAMPLES = 200_000


@dataclass(frozen=True)
class Examples:
    """A labelled sheet.

    Attributes:
        name: What it is called.
        fingerprint: SHA-256 of the file.
        columns: Columns of texts and of answers.
        texts: What is read.
        answers: What is expected: labels, numbers as written, or texts.
        aside: Rows that could not be used.
    """

    name: str
    fingerprint: str
    columns: tuple[str, str]
    texts: tuple[str, ...]
    answers: tuple[str, ...]
    aside: int = 0


def read_examples(task: Task, data: str, input_column: str = "", label_column: str = "") -> Examples:
    """The labelled rows of a file or of sample data.

    Args:
        task: What is to be taught.
        data: Path of a file that Evaluate reads as well, or ``sample:NAME``.
        input_column: Column of the texts; empty for what the names and cells say.
        label_column: Column of the answers; empty likewise.

    Raises:
        InputError: There is no such column, or no row with both.
    """
    mapping = ColumnMapping()
    path = Path(data)
    if is_sample(data):
        sample = find_sample(data)
        path, mapping = sample.path, sample.mapping
    found = look(path, task=task)
    if not mapping.inputs:
        mapping = found.mapping
    texts_in = _column(found.columns, input_column or mapping.inputs.get(task.inputs[0].name, ""), _("texts"))
    answers_in = _column(found.columns, label_column or mapping.reference, _("answers"))
    if texts_in == answers_in:
        raise InputError(
            _("Texts and answers are the same column: {name}.").format(name=texts_in),
            _("Choose other columns with --input-column and --label-column."),
        )
    texts: list[str] = []
    answers: list[str] = []
    aside = 0
    with read_as(path, found.format) as table:
        at, wanted = table.columns.index(texts_in), table.columns.index(answers_in)
        for row in table.rows:
            usable = not isinstance(row, BrokenRow) and bool(row[at].strip()) and bool(row[wanted].strip())
            if isinstance(row, BrokenRow) or not usable or not _fits(task, row[wanted]):
                aside += 1
                continue
            texts.append(row[at].strip())
            answers.append(row[wanted].strip())
            if len(texts) > _MOST_EXAMPLES:
                raise InputError(_("There are more than {n} examples.").format(n=f"{_MOST_EXAMPLES:,}"))
    if not texts:
        raise InputError(
            _("No row of {name} has both a text and an answer.").format(name=path.name),
            _("Choose other columns with --input-column and --label-column."),
        )
    return Examples(path.name, fingerprint(path), (texts_in, answers_in), tuple(texts), tuple(answers), aside)


def _column(columns: Sequence[str], name: str, what: str) -> str:
    if name not in columns:
        raise InputError(
            _("There is no column {name!r} for the {what}.").format(name=name, what=what)
            if name
            else _("It is not clear which column holds the {what}.").format(what=what),
            _("It has: {names}.").format(names=", ".join(columns)),
        )
    return name


def _fits(task: Task, cell: str) -> bool:
    return task.output != "number" or math.isfinite(number_in(cell))

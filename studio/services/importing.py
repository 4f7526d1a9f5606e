"""A file into a project's data sets: look at it, say what its columns mean, take it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from studio.domain.dataset import BrokenRow, ColumnMapping, Dataset, FileFormat
from studio.domain.errors import InputError, StoppedError, UnknownNameError
from studio.domain.i18n import _
from studio.domain.running import never_cancelled
from studio.domain.task import Task
from studio.evaluation.importing.guessing import guess
from studio.evaluation.importing.preview import Preview
from studio.evaluation.importing.reading import fingerprint, preview, read_as
from studio.evaluation.importing.table import Table, no_rows
from studio.services.field_values import SAMPLE, names_files
from studio.services.project_session import ProjectSession
from studio.services.samples import find_sample

__all__ = ["Preview", "check_mapping", "guess_mapping", "import_file", "import_sample", "imported_before", "look"]


#: Progress is told, and Stop is heard, after so many rows.
_STEP = 500


def ignore_progress(_fraction: float | None, _rows: int) -> None:
    """An ``on_progress`` for callers that show none."""


def look(
    path: Path,
    sheet: str | None = None,
    task: Task | None = None,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
) -> Preview:
    """The first rows of a file, how it would be read, and what its columns probably mean for a task.

    Args:
        path: A CSV, TSV, XLSX, JSONL or OpenAI chat JSONL file; its content decides, not only its name.
        sheet: Sheet of a workbook; None for the first that has rows.
        task: What its rows are for; None guesses no mapping.
        encoding: Python's name of it; None finds it.
        delimiter: What separates cells; None finds it.
        header: Whether the first row names the columns; None finds out.

    Raises:
        InputError: There is no such file or sheet, it is none of these formats, it is encrypted, or it has no rows.
    """
    found = preview(path, sheet, encoding, delimiter, header)
    if task is None:
        return found
    if names_files(task):
        folder = path if path.is_dir() else path.parent
        found = replace(found, format=replace(found.format, folder=str(folder.resolve())))
    return replace(found, mapping=guess_mapping(task, found.columns, found.rows))


def guess_mapping(task: Task, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> ColumnMapping:
    """What the columns probably mean, from their names (English and Chinese) and their first cells."""
    return guess(task, columns, rows)


def check_mapping(task: Task, columns: Sequence[str], mapping: ColumnMapping) -> None:
    """Refuse a mapping that nothing can run with.

    Raises:
        InputError: The main input has no column, or a column is named that there is not.
    """
    field = task.without_column(mapping.inputs)
    if field is not None:
        raise InputError(
            _("No column is chosen for {field}.").format(field=_(field.title)),
            _("Choose the column that holds what is asked.")
            if field is task.inputs[0]
            else _("Choose the column that holds it, or names a file beside the sheet."),
        )
    named = (
        *mapping.inputs.values(),
        *mapping.groups,
        *mapping.variables,
        *mapping.recorded.values(),
        *mapping.recorded_latency.values(),
        *(name for name in (mapping.reference, mapping.id) if name),
    )
    missing = [name for name in named if name not in columns]
    if missing:
        raise UnknownNameError(
            _("There is no column {name!r}.").format(name=missing[0]),
            _("Choose one of: {names}.").format(names=", ".join(columns)),
        )


def import_file(
    session: ProjectSession,
    task: Task,
    path: Path,
    format: FileFormat,
    mapping: ColumnMapping,
    name: str = "",
    on_progress: Callable[[float | None, int], object] = ignore_progress,
    cancelled: Callable[[], bool] = never_cancelled,
) -> Dataset:
    """Take every row of a file into the project; what can't be read is kept aside with its line and the reason.

    Args:
        session: The project.
        task: What the rows are for.
        path: The file.
        format: How to read it (`Preview.format`).
        mapping: What its columns mean.
        name: What to call it; empty for the file's name.
        on_progress: Hears the share of the file that is read (None where unknown) and the rows so far.
        cancelled: Asked between rows; once true, nothing is kept.

    Raises:
        InputError: The file can't be read so, has no row, or the mapping names a column that there is not.
        StoppedError: The user stopped it.
        ProjectError: The project can't be written.
    """
    return _take_in(session, task, path, format, mapping, name or path.name, on_progress, cancelled)


def imported_before(session: ProjectSession, task: Task, path: Path, format: FileFormat) -> Dataset | None:
    """The newest data set of this task with the same bytes, read in the same way; None where there is none."""
    mark = fingerprint(path)
    return next(
        (known for known in session.datasets.all(task.id) if known.fingerprint == mark and known.format == format), None
    )


def import_sample(session: ProjectSession, task: Task, sample_id: str) -> Dataset:
    """Take sample data that ships with the studio (`studio.services.samples`) into the project, once.

    Raises:
        UnknownNameError: There is no such sample for this task.
    """
    sample = find_sample(sample_id)
    if sample.task != task.id:
        raise UnknownNameError(
            _("The sample {name} is for {other}, not for {task}.").format(
                name=sample.id, other=sample.task, task=task.id
            )
        )
    form = look(sample.path).format
    if names_files(task):
        form = replace(form, folder=SAMPLE + sample.id)
    known = imported_before(session, task, sample.path, form)
    if known is not None:
        return known
    return _take_in(
        session,
        task,
        sample.path,
        form,
        sample.mapping,
        sample.title,
        ignore_progress,
        never_cancelled,
        sample.licence,
        sample.attribution,
    )


def _take_in(
    session: ProjectSession,
    task: Task,
    path: Path,
    format: FileFormat,
    mapping: ColumnMapping,
    name: str,
    on_progress: Callable[[float | None, int], object],
    cancelled: Callable[[], bool],
    licence: str = "",
    attribution: str = "",
) -> Dataset:
    with read_as(path, format) as table:
        check_mapping(task, table.columns, mapping)
        aside: list[BrokenRow] = []
        made = session.datasets.add(
            task.id,
            name,
            path.name,
            format,
            table.columns,
            _rows(table, path, aside, on_progress, cancelled),
            aside,
            fingerprint(path),
            mapping,
            licence,
            attribution,
        )
    on_progress(1.0, made.rows)
    return made


def _rows(
    table: Table,
    path: Path,
    aside: list[BrokenRow],
    on_progress: Callable[[float | None, int], object],
    cancelled: Callable[[], bool],
) -> Iterator[tuple[str, ...]]:
    """The good rows; the others go aside."""
    count = 0
    for number, row in enumerate(table.rows):
        if number % _STEP == 0:
            if cancelled():
                raise StoppedError(_("The import was stopped; nothing was kept."))
            on_progress(table.fraction(), count)
        if isinstance(row, BrokenRow):
            aside.append(row)
        else:
            count += 1
            yield row
    if not count:
        if aside:
            raise InputError(
                _("No row of {name} can be read.").format(name=path.name),
                _("Line {line}: {reason}").format(line=aside[0].line, reason=aside[0].reason),
            )
        raise no_rows(path)

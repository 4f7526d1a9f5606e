"""A file into a project's data sets: look at it, say what its columns mean, take it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from studio.domain.dataset import ColumnMapping, Dataset, FileFormat
from studio.domain.running import never_cancelled
from studio.domain.task import Task
from studio.evaluation.importing.preview import Preview
from studio.services.project_session import ProjectSession

__all__ = ["Preview", "check_mapping", "guess_mapping", "import_file", "import_sample", "imported_before", "look"]


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
    raise NotImplementedError


def guess_mapping(task: Task, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> ColumnMapping:
    """What the columns probably mean, from their names (English and Chinese) and their first cells."""
    raise NotImplementedError


def check_mapping(task: Task, columns: Sequence[str], mapping: ColumnMapping) -> None:
    """Refuse a mapping that nothing can run with.

    Raises:
        InputError: The main input has no column, or a column is named that there is not.
    """
    raise NotImplementedError


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
    raise NotImplementedError


def imported_before(session: ProjectSession, task: Task, path: Path, format: FileFormat) -> Dataset | None:
    """The newest data set of this task with the same bytes, read in the same way; None where there is none."""
    raise NotImplementedError


def import_sample(session: ProjectSession, task: Task, sample_id: str) -> Dataset:
    """Take sample data that ships with the studio (`studio.services.samples`) into the project, once.

    Raises:
        UnknownNameError: There is no such sample for this task.
    """
    raise NotImplementedError

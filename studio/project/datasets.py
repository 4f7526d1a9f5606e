"""The data sets of a project: rows, what their columns mean, and what people say about single rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from studio.domain.dataset import BrokenRow, ColumnMapping, DataRow, Dataset, FileFormat
from studio.project.file import ProjectFile
from studio.project.journal import Journal

#: Announces which part of a project changed (`studio.services.project_session.Part`).
Notify = Callable[..., None]


class Datasets:
    """Reads and edits the data sets of one project. Safe to use from any thread; rows are read page by page."""

    def __init__(self, file: ProjectFile, journal: Journal, notify: Notify) -> None:
        self._file = file
        self._journal = journal
        self._notify = notify

    def count(self) -> int:
        """How many there are, hidden ones included."""
        with self._file.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM datasets").fetchone()[0])

    def all(self, task: str | None = None) -> tuple[Dataset, ...]:
        """Those of one task or all, the newest first; removed ones are left out."""
        raise NotImplementedError

    def get(self, dataset: int) -> Dataset:
        """A data set. Raises `UnknownNameError`: there is none."""
        raise NotImplementedError

    def add(
        self,
        task: str,
        name: str,
        source: str,
        format: FileFormat,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        broken: Iterable[BrokenRow],
        fingerprint: str,
        mapping: ColumnMapping,
        licence: str = "",
        attribution: str = "",
    ) -> Dataset:
        """Store a data set, all of it or nothing; ``rows`` may be a generator of 100,000 that reports its own progress.

        Raises:
            ProjectError: The project can't be written.
        """
        raise NotImplementedError

    def page(self, dataset: int, start: int, count: int) -> tuple[DataRow, ...]:
        """Rows from a position on, with their marks."""
        raise NotImplementedError

    def rows(self, dataset: int, positions: Sequence[int]) -> tuple[DataRow, ...]:
        """The rows at these positions, in that order."""
        raise NotImplementedError

    def column(self, dataset: int, column: str) -> tuple[str, ...]:
        """All cells of one column, in order. Raises `UnknownNameError`: there is no such column."""
        raise NotImplementedError

    def broken(self, dataset: int) -> tuple[BrokenRow, ...]:
        """What could not be read."""
        raise NotImplementedError

    def critical(self, dataset: int) -> frozenset[int]:
        """Positions of the starred rows."""
        raise NotImplementedError

    def set_mapping(self, dataset: int, mapping: ColumnMapping) -> None:
        """Say what the columns mean (undoable)."""
        raise NotImplementedError

    def set_label_map(self, dataset: int, label_map: Mapping[str, str]) -> None:
        """Say which label of a model a reference label means (undoable)."""
        raise NotImplementedError

    def rename(self, dataset: int, name: str) -> None:
        """Call it ``name`` (undoable)."""
        raise NotImplementedError

    def remove(self, dataset: int) -> None:
        """Take it away with its evaluations (undoable)."""
        raise NotImplementedError

    def mark(self, dataset: int, position: int, critical: bool | None = None, note: str | None = None) -> None:
        """Star a row, or write about it (undoable); None leaves as it is."""
        raise NotImplementedError

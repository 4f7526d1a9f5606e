"""The data sets of a project: rows, what their columns mean, and what people say about single rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from studio.domain.dataset import BrokenRow, ColumnMapping, DataRow, Dataset, FileFormat
from studio.domain.errors import StudioError, UnknownNameError
from studio.domain.i18n import N_, _
from studio.project.codec import damaged, decode, encode
from studio.project.file import ProjectFile
from studio.project.journal import Journal, Row
from studio.project.values import clean, moment

#: Announces which part of a project changed (`studio.services.project_session.Part`).
Notify = Callable[..., None]

#: Rows that are stored or read in one go: the connection is free for the window in between.
_CHUNK = 2_000
#: Positions in one query; SQLite takes no more than about 32,000 values.
_MOST_ASKED = 500
_FIELDS = (
    "datasets.id, task, name, source, format, columns, rows, broken, fingerprint, imported, mapping, label_map, "
    "licence, attribution"
)
_ROWS = (
    "SELECT r.position, r.cells, coalesce(m.critical, 0), coalesce(m.note, '') FROM dataset_rows AS r "
    "LEFT JOIN row_marks AS m ON m.dataset = r.dataset AND m.position = r.position"
)


class Datasets:
    """Reads and edits the data sets of one project. Safe to use from any thread; rows are read page by page."""

    def __init__(self, file: ProjectFile, journal: Journal, notify: Notify) -> None:
        self._file = file
        self._journal = journal
        self._notify = notify
        self._coming: set[int] = set()

    def count(self) -> int:
        """How many there are, hidden ones included."""
        with self._file.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM datasets").fetchone()[0])

    def all(self, task: str | None = None) -> tuple[Dataset, ...]:
        """Those of one task or all, the newest first; removed ones are left out."""
        with self._file.reading() as connection:
            found = connection.execute(
                f"SELECT {_FIELDS} FROM datasets JOIN dataset_marks ON dataset = datasets.id "
                "WHERE hidden = 0 AND (? IS NULL OR task = ?) ORDER BY datasets.id DESC",
                (task, task),
            ).fetchall()
        return tuple(_dataset(row) for row in found)

    def get(self, dataset: int) -> Dataset:
        """A data set. Raises `UnknownNameError`: there is none."""
        with self._file.reading() as connection:
            found = connection.execute(
                f"SELECT {_FIELDS} FROM datasets JOIN dataset_marks ON dataset = datasets.id WHERE datasets.id = ?",
                (dataset,),
            ).fetchone()
        if found is None:
            raise _unknown(dataset)
        return _dataset(found)

    # -- taking in -----------------------------------------------------------------------------------------------

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

        Rows are stored piece by piece, so that the window can read and write the project meanwhile; the data set is
        there once all of them are. ``broken`` is read after ``rows``, so it may be a list that these fill.

        Raises:
            ProjectError: The project can't be written.
        """
        facts = (
            task,
            clean(source),
            encode(format),
            encode(tuple(columns)),
            fingerprint,
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            licence,
            attribution,
        )
        with self._file.writing() as connection:
            self._clear_unfinished(connection)
            cursor = connection.execute(
                "INSERT INTO datasets (task, source, format, columns, rows, broken, fingerprint, imported, licence, "
                "attribution) VALUES (?, ?, ?, ?, 0, 0, ?, ?, ?, ?)",
                facts,
            )
            dataset = int(cursor.lastrowid or 0)
            self._coming.add(dataset)
        try:
            self._store(dataset, rows, broken, clean(name), mapping)
        except BaseException:
            self._coming.discard(dataset)
            # Where even that can't be written, the next import clears it.
            with suppress(StudioError), self._file.writing() as connection:
                self._clear_unfinished(connection)
            raise
        self._coming.discard(dataset)
        self._notify("data")
        return self.get(dataset)

    def _store(
        self,
        dataset: int,
        rows: Iterable[Sequence[str]],
        broken: Iterable[BrokenRow],
        name: str,
        mapping: ColumnMapping,
    ) -> None:
        count = 0
        coming = iter(rows)
        # Cells are read and written as JSON outside the transaction: only storing them holds the connection.
        while chunk := [_cells(cells) for cells in islice(coming, _CHUNK)]:
            with self._file.writing() as connection:
                connection.executemany(
                    "INSERT INTO dataset_rows (dataset, position, cells) VALUES (?, ?, ?)",
                    [(dataset, count + place, cells) for place, cells in enumerate(chunk)],
                )
            count += len(chunk)
        aside = [(dataset, row.line, clean(row.reason), clean(row.text)) for row in broken]
        with self._file.writing() as connection:
            connection.executemany(
                "INSERT INTO dataset_broken (dataset, line, reason, text) VALUES (?, ?, ?, ?)", aside
            )
            connection.execute("UPDATE datasets SET rows = ?, broken = ? WHERE id = ?", (count, len(aside), dataset))
            connection.execute(
                "INSERT INTO dataset_marks (dataset, name, mapping, label_map, hidden) VALUES (?, ?, ?, '{}', 0)",
                (dataset, name, encode(mapping)),
            )

    def _clear_unfinished(self, connection: sqlite3.Connection) -> None:
        """Delete what an import left that failed, was stopped, or was killed with its process."""
        left = [
            row
            for row in connection.execute(
                "SELECT id FROM datasets WHERE id NOT IN (SELECT dataset FROM dataset_marks)"
            ).fetchall()
            if row[0] not in self._coming
        ]
        for statement in (
            "DELETE FROM dataset_rows WHERE dataset = ?",
            "DELETE FROM dataset_broken WHERE dataset = ?",
            "DELETE FROM datasets WHERE id = ?",
        ):
            connection.executemany(statement, left)

    # -- reading -------------------------------------------------------------------------------------------------

    def page(self, dataset: int, start: int, count: int) -> tuple[DataRow, ...]:
        """Rows from a position on, with their marks."""
        with self._file.reading() as connection:
            found = connection.execute(
                f"{_ROWS} WHERE r.dataset = ? AND r.position >= ? ORDER BY r.position LIMIT ?", (dataset, start, count)
            ).fetchall()
        return tuple(_row(row) for row in found)

    def rows(self, dataset: int, positions: Sequence[int]) -> tuple[DataRow, ...]:
        """The rows at these positions, in that order."""
        found: dict[int, DataRow] = {}
        for begin in range(0, len(positions), _MOST_ASKED):
            asked = positions[begin : begin + _MOST_ASKED]
            marks = ", ".join("?" * len(asked))
            with self._file.reading() as connection:
                rows = connection.execute(
                    f"{_ROWS} WHERE r.dataset = ? AND r.position IN ({marks})", (dataset, *asked)
                ).fetchall()
            found.update((row[0], _row(row)) for row in rows)
        return tuple(found[position] for position in positions if position in found)

    def column(self, dataset: int, column: str) -> tuple[str, ...]:
        """All cells of one column, in order. Raises `UnknownNameError`: there is no such column."""
        columns = self.get(dataset).columns
        if column not in columns:
            raise UnknownNameError(
                _("There is no column {name!r}.").format(name=column),
                _("Choose one of: {names}.").format(names=", ".join(columns)),
            )
        place = columns.index(column)
        return tuple(cells[place] for cells in self._all_cells(dataset))

    def _all_cells(self, dataset: int) -> Iterator[tuple[str, ...]]:
        last = -1
        while True:
            with self._file.reading() as connection:
                page = connection.execute(
                    "SELECT position, cells FROM dataset_rows WHERE dataset = ? AND position > ? "
                    "ORDER BY position LIMIT ?",
                    (dataset, last, _CHUNK),
                ).fetchall()
            if not page:
                return
            yield from (_texts(cells) for _position, cells in page)
            last = page[-1][0]

    def broken(self, dataset: int) -> tuple[BrokenRow, ...]:
        """What could not be read."""
        with self._file.reading() as connection:
            found = connection.execute(
                "SELECT line, reason, text FROM dataset_broken WHERE dataset = ? ORDER BY line, rowid", (dataset,)
            ).fetchall()
        return tuple(BrokenRow(*row) for row in found)

    def critical(self, dataset: int) -> frozenset[int]:
        """Positions of the starred rows."""
        with self._file.reading() as connection:
            found = connection.execute(
                "SELECT position FROM row_marks WHERE dataset = ? AND critical = 1", (dataset,)
            ).fetchall()
        return frozenset(row[0] for row in found)

    # -- editing -------------------------------------------------------------------------------------------------

    def set_mapping(self, dataset: int, mapping: ColumnMapping) -> None:
        """Say what the columns mean (undoable)."""
        self._edit(N_("Change what columns mean"), dataset, "mapping", encode(mapping))

    def set_label_map(self, dataset: int, label_map: Mapping[str, str]) -> None:
        """Say which label of a model a reference label means (undoable)."""
        self._edit(N_("Map labels"), dataset, "label_map", encode(label_map))

    def rename(self, dataset: int, name: str) -> None:
        """Call it ``name`` (undoable)."""
        self._edit(N_("Rename data"), dataset, "name", clean(name.strip()))

    def remove(self, dataset: int) -> None:
        """Take it away with its evaluations (undoable)."""
        self._edit(N_("Remove data"), dataset, "hidden", 1)

    def _edit(self, title: str, dataset: int, field: str, value: str | int) -> None:
        with self._journal.edit(title, "" if field == "hidden" else f"dataset {dataset} {field}") as edit:
            edit.put("dataset_marks", {**_marks(edit.connection, dataset), field: value})
            changed = bool(edit.changes())
        if changed:
            self._notify("data", "undo")

    def mark(self, dataset: int, position: int, critical: bool | None = None, note: str | None = None) -> None:
        """Star a row, or write about it (undoable); None leaves as it is.

        Raises:
            UnknownNameError: There is no such row.
        """
        title = N_("Edit note") if critical is None else N_("Star row") if critical else N_("Remove star")
        with self._journal.edit(title, f"row {dataset} {position} note" if critical is None else "") as edit:
            found = edit.connection.execute(
                f"{_ROWS} WHERE r.dataset = ? AND r.position = ?", (dataset, position)
            ).fetchone()
            if found is None:
                raise _unknown(dataset)
            row = _row(found)
            starred = row.critical if critical is None else critical
            written = row.note if note is None else clean(note.strip())
            marked: Row = {"dataset": dataset, "position": position, "critical": int(starred), "note": written}
            if starred or written:
                edit.put("row_marks", marked)
            else:
                edit.remove("row_marks", marked)
            changed = bool(edit.changes())
        if changed:
            self._notify("data", "undo")


def _marks(connection: sqlite3.Connection, dataset: int) -> dict[str, str | int]:
    found = connection.execute(
        "SELECT dataset, name, mapping, label_map, hidden FROM dataset_marks WHERE dataset = ?", (dataset,)
    ).fetchone()
    if found is None:
        raise _unknown(dataset)
    return dict(zip(("dataset", "name", "mapping", "label_map", "hidden"), found, strict=True))


def _unknown(dataset: int) -> UnknownNameError:
    return UnknownNameError(_("There is no such data in the project."), "", f"data set {dataset}")


def _cells(cells: Sequence[str]) -> str:
    return json.dumps([clean(cell) for cell in cells], ensure_ascii=False, separators=(",", ":"))


def _row(found: tuple[Any, ...]) -> DataRow:
    position, cells, critical, note = found
    return DataRow(position, _texts(cells), bool(critical), note)


def _texts(text: str) -> tuple[str, ...]:
    """The JSON list of texts that a cell of the project holds.

    Raises:
        DamagedProjectError: It holds something else.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(f"cells: {error}: {text[:200]!r}") from error
    if not isinstance(value, list) or not all(type(item) is str for item in value):
        raise damaged(f"cells: {text[:200]!r}")
    return tuple(value)


def _dataset(found: tuple[Any, ...]) -> Dataset:
    (identity, task, name, source, format, columns, rows, broken, fingerprint, imported, mapping, label_map) = found[
        :12
    ]
    return Dataset(
        id=identity,
        task=task,
        name=name,
        source=source,
        format=decode(FileFormat, format),
        columns=_texts(columns),
        rows=rows,
        broken=broken,
        fingerprint=fingerprint,
        imported=moment(imported),
        mapping=decode(ColumnMapping, mapping),
        label_map=_label_map(label_map),
        licence=found[12],
        attribution=found[13],
    )


def _label_map(text: str) -> dict[str, str]:
    mapping = decode(Mapping[str, str], text)  # type: ignore[type-abstract]
    return dict(mapping)

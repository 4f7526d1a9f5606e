"""Undo and redo. Each edit is one transaction that also writes down the rows it changed, before and after.

The journal lies in the project, so undo survives closing, crashing and reopening. It holds rows, not statements:
undoing an edit from a file of unknown origin can't run anything, it can only put rows into the tables that people
edit anyway.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from studio.project.codec import LONGEST, damaged
from studio.project.file import ProjectFile
from studio.project.schema import UNDOABLE

#: Edits that can be undone; older ones are forgotten.
KEPT = 200
#: And so many characters of them, so that pasting long texts does not fill the file.
KEPT_CHARACTERS = 32 * 1024 * 1024
#: Edits of one thing within so many seconds count as one, so that a typed word is not undone letter by letter.
MERGE_S = 3.0

#: Values by column name; keys, text, numbers or nothing.
Row = Mapping[str, str | int | float | None]


@dataclass
class _RowChange:
    table: str
    before: Row | None
    after: Row | None

    @property
    def key(self) -> tuple[object, ...]:
        row = self.before if self.before is not None else self.after
        return (self.table, *(row[name] for name in UNDOABLE[self.table])) if row else ()


class Edit:
    """One edit under way: rows are put and removed through it, so that they can be put back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._changes: dict[tuple[object, ...], _RowChange] = {}

    def put(self, table: str, row: Row) -> None:
        """Insert a row, or replace the one with its key."""
        self._note(table, row, row)
        _put(self.connection, table, row)

    def remove(self, table: str, row: Row) -> None:
        """Delete the row with the key of ``row``."""
        self._note(table, row, None)
        _remove(self.connection, table, row)

    def _note(self, table: str, row: Row, after: Row | None) -> None:
        change = _RowChange(table, _find(self.connection, table, row), after)
        key = (table, *(row[name] for name in UNDOABLE[table]))
        if key in self._changes:
            self._changes[key].after = after
        else:
            self._changes[key] = change

    def changes(self) -> list[_RowChange]:
        """What is different now."""
        return [change for change in self._changes.values() if change.before != change.after]


class Journal:
    """The edits of one project.

    Args:
        file: The project.
        clock: Seconds since the epoch.
    """

    def __init__(self, file: ProjectFile, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    @contextmanager
    def edit(self, title: str, merge: str = "") -> Iterator[Edit]:
        """One edit: all of it is stored and can be undone, or nothing of it. An edit that changes nothing is none.

        Args:
            title: What a person would call it, marked with ``N_``.
            merge: What it is about; an edit about the same thing within `MERGE_S` becomes one with the last.
        """
        with self._file.writing() as connection:
            edit = Edit(connection)
            yield edit
            changes = edit.changes()
            if changes:
                self._write_down(connection, title, merge, changes)

    def _write_down(self, connection: sqlite3.Connection, title: str, merge: str, changes: list[_RowChange]) -> None:
        now = self._clock()
        undone = connection.execute("DELETE FROM journal WHERE undone = 1").rowcount
        last = connection.execute("SELECT id, merge, at, changes FROM journal ORDER BY id DESC LIMIT 1").fetchone()
        if last and merge and not undone and last[1] == merge and 0 <= now - last[2] < MERGE_S:
            merged = _merged(_parse(last[3]), changes)
            if merged:
                connection.execute("UPDATE journal SET changes = ? WHERE id = ?", (_dump(merged), last[0]))
            else:
                connection.execute("DELETE FROM journal WHERE id = ?", (last[0],))
            return
        connection.execute(
            "INSERT INTO journal (title, merge, at, undone, changes) VALUES (?, ?, ?, 0, ?)",
            (title, merge, now, _dump(changes)),
        )
        connection.execute(
            "DELETE FROM journal WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER newer AS place, "
            "sum(length(changes)) OVER newer AS size FROM journal WINDOW newer AS (ORDER BY id DESC)) "
            "WHERE place > ? OR (place > 1 AND size > ?))",
            (KEPT, KEPT_CHARACTERS),
        )

    def undo(self) -> tuple[str, frozenset[str]] | None:
        """Put the rows of the last edit back as they were; its title and tables, or None where there is none."""
        return self._travel("WHERE undone = 0 ORDER BY id DESC LIMIT 1", back=True)

    def redo(self) -> tuple[str, frozenset[str]] | None:
        """Make the edit again that was undone last; its title and tables, or None where there is none."""
        return self._travel("WHERE undone = 1 ORDER BY id LIMIT 1", back=False)

    def _travel(self, which: str, back: bool) -> tuple[str, frozenset[str]] | None:
        with self._file.writing() as connection:
            found = connection.execute(f"SELECT id, title, changes FROM journal {which}").fetchone()
            if found is None:
                return None
            entry, title, text = found
            changes = _parse(text)
            for change in reversed(changes) if back else changes:
                row, other = (change.before, change.after) if back else (change.after, change.before)
                if row is not None:
                    _put(connection, change.table, row)
                elif other is not None:
                    _remove(connection, change.table, other)
            connection.execute("UPDATE journal SET undone = ? WHERE id = ?", (int(back), entry))
            return title, frozenset(change.table for change in changes)

    def undo_title(self) -> str:
        """The title of what `undo` would undo; empty where there is nothing."""
        return self._title("SELECT title FROM journal WHERE undone = 0 ORDER BY id DESC LIMIT 1")

    def redo_title(self) -> str:
        """The title of what `redo` would do; empty where there is nothing."""
        return self._title("SELECT title FROM journal WHERE undone = 1 ORDER BY id LIMIT 1")

    def is_empty(self) -> bool:
        """Whether nothing was ever edited (or all of it is forgotten)."""
        with self._file.reading() as connection:
            return connection.execute("SELECT 1 FROM journal LIMIT 1").fetchone() is None

    def _title(self, query: str) -> str:
        if self._file.read_only:
            return ""
        with self._file.reading() as connection:
            found = connection.execute(query).fetchone()
        return str(found[0]) if found else ""


# Names of tables and columns below come from UNDOABLE and from the table itself, never from a file.


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def _where(table: str) -> str:
    return " AND ".join(f'"{name}" = ?' for name in UNDOABLE[table])


def _key(table: str, row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in UNDOABLE[table])


def _find(connection: sqlite3.Connection, table: str, row: Row) -> Row | None:
    names = _columns(connection, table)
    found = connection.execute(f'SELECT * FROM "{table}" WHERE {_where(table)}', _key(table, row)).fetchone()
    return dict(zip(names, found, strict=True)) if found else None


def _put(connection: sqlite3.Connection, table: str, row: Row) -> None:
    names = _columns(connection, table)
    if not set(row) <= set(names):
        raise damaged(f"{table} has no column {sorted(set(row) - set(names))}")
    listed = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    connection.execute(f'INSERT OR REPLACE INTO "{table}" ({listed}) VALUES ({marks})', tuple(row.values()))


def _remove(connection: sqlite3.Connection, table: str, row: Row) -> None:
    connection.execute(f'DELETE FROM "{table}" WHERE {_where(table)}', _key(table, row))


def _merged(first: list[_RowChange], second: list[_RowChange]) -> list[_RowChange]:
    """Two edits as one: what was there before the first, and after the second."""
    merged = {change.key: change for change in first}
    for change in second:
        if change.key in merged:
            merged[change.key].after = change.after
        else:
            merged[change.key] = change
    return [change for change in merged.values() if change.before != change.after]


def _dump(changes: list[_RowChange]) -> str:
    return json.dumps([[change.table, change.before, change.after] for change in changes], separators=(",", ":"))


def _parse(text: str) -> list[_RowChange]:
    """The changes of a journal entry.

    Raises:
        DamagedProjectError: They are not what `_dump` writes.
    """
    try:
        if len(text) > 4 * LONGEST:
            raise ValueError(f"{len(text)} characters")
        return [_row_change(*entry) for entry in json.loads(text)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise damaged(f"journal: {error!r}: {text[:200]!r}") from error


def _row_change(table: object, before: object, after: object) -> _RowChange:
    if not isinstance(table, str) or table not in UNDOABLE:
        raise ValueError(f"table {table!r:.80}")
    for row in (before, after):
        if row is not None and not (
            isinstance(row, dict)
            and set(UNDOABLE[table]) <= set(row)
            and all(value is None or isinstance(value, (str, int, float)) for value in row.values())
        ):
            raise ValueError(f"row {row!r:.80}")
    return _RowChange(table, before, after)  # type: ignore[arg-type]

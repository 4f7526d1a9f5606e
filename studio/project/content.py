"""What people arrange in a project: its name, the columns of each task, what stands in the composers."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from studio.domain.comparison import Candidate
from studio.domain.errors import UnknownNameError
from studio.domain.i18n import N_, _
from studio.domain.project import Column, Composer, ProjectInfo
from studio.domain.running import Backend, Options
from studio.project.codec import damaged, decode, decode_mapping, encode
from studio.project.file import ProjectFile
from studio.project.journal import Edit, Journal, Row
from studio.project.values import clean, moment, one_of

#: More columns than any window shows; a file with more was not written by a studio.
_MOST_COLUMNS = 100
_COLUMN_FIELDS = "id, task, model, precision, device, backend, options, baseline, position"


class Content:
    """Reads and edits the arrangement of one project. Methods that edit tell whether anything changed."""

    def __init__(self, file: ProjectFile, journal: Journal) -> None:
        self._file = file
        self._journal = journal

    # -- the project itself --------------------------------------------------------------------------------------

    def info(self) -> ProjectInfo:
        """Name, note, and when it was begun."""
        with self._file.reading() as connection:
            values = dict(connection.execute("SELECT key, value FROM info WHERE key IN ('name', 'note', 'created')"))
        created = values.get("created")
        begun = moment(created) if created else datetime.fromtimestamp(0, UTC)
        return ProjectInfo(values.get("name", ""), begun, values.get("note", ""))

    def stamp(self, name: str) -> None:
        """Write down name and time of a new project; no edit."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._file.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO info (key, value) VALUES (?, ?)", [("created", now), ("name", clean(name))]
            )

    def set_info(self, title: str, key: str, value: str) -> bool:
        """Change the name or the note."""
        with self._journal.edit(title, f"info {key}") as edit:
            edit.put("info", {"key": key, "value": clean(value)})
            return bool(edit.changes())

    def recall(self, key: str, default: Any) -> Any:
        """See `ProjectSession.recall`."""
        with self._file.reading() as connection:
            found = connection.execute("SELECT value FROM view WHERE key = ?", (key,)).fetchone()
        try:
            return json.loads(found[0]) if found else default
        except (ValueError, RecursionError) as error:
            raise damaged(f"view {key}: {error}") from error

    def remember(self, key: str, value: Any) -> None:
        """See `ProjectSession.remember`."""
        with self._file.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO view (key, value) VALUES (?, ?)", (key, encode(value)))

    # -- columns -------------------------------------------------------------------------------------------------

    def columns(self, task: str) -> tuple[Column, ...]:
        """The columns of a task, in their order."""
        with self._file.reading() as connection:
            return tuple(_column(row) for row in _rows(connection, task))

    def begin(self, task: str, candidates: Iterable[Candidate], draft: Mapping[str, str], options: Options) -> bool:
        """See `ProjectSession.begin`."""
        with self._file.writing() as connection:
            begun = f"begun {task}"
            if connection.execute("SELECT 1 FROM view WHERE key = ?", (begun,)).fetchone() or _rows(connection, task):
                return False
            connection.execute("INSERT INTO view (key, value) VALUES (?, 'true')", (begun,))
            # An edit outside the journal: what the studio put there itself is nothing to undo.
            edit = Edit(connection)
            for position, candidate in enumerate(candidates):
                edit.put("columns", _row(_new_id(), task, candidate, {}, position))
            if not connection.execute("SELECT 1 FROM composers WHERE task = ?", (task,)).fetchone():
                edit.put("composers", _composer_row(task, draft, options))
            return True

    def add_column(self, task: str, candidate: Candidate, options: Options, position: int | None) -> Column:
        """See `ProjectSession.add_column`."""
        with self._journal.edit(N_("Add candidate")) as edit:
            rows = _rows(edit.connection, task)
            row = _row(_new_id(), task, candidate, options, len(rows))
            rows.insert(len(rows) if position is None else max(0, position), row)
            _arrange(edit, rows)
        return _column(row)

    def remove_column(self, column_id: str) -> bool:
        """See `ProjectSession.remove_column`."""
        with self._journal.edit(N_("Remove candidate")) as edit:
            row = _find(edit.connection, column_id)
            edit.remove("columns", row)
            _arrange(edit, _rows(edit.connection, str(row["task"])))
            return True

    def replace_column(self, column_id: str, candidate: Candidate) -> Column:
        """See `ProjectSession.replace_column`. Place, options and pin stay."""
        with self._journal.edit(N_("Change candidate")) as edit:
            old = _find(edit.connection, column_id)
            edit.remove("columns", old)
            row = {**old, **_named(candidate), "id": _new_id()}
            edit.put("columns", row)
        return _column(row)

    def move_column(self, column_id: str, position: int) -> bool:
        """See `ProjectSession.move_column`."""
        with self._journal.edit(N_("Move candidate")) as edit:
            row = _find(edit.connection, column_id)
            rows = [other for other in _rows(edit.connection, str(row["task"])) if other["id"] != column_id]
            rows.insert(max(0, position), row)
            _arrange(edit, rows)
            return bool(edit.changes())

    def set_column_options(self, column_id: str, options: Options) -> bool:
        """See `ProjectSession.set_column_options`."""
        with self._journal.edit(N_("Change settings of a candidate"), f"options {column_id}") as edit:
            edit.put("columns", {**_find(edit.connection, column_id), "options": encode(options)})
            return bool(edit.changes())

    def pin_baseline(self, column_id: str, pinned: bool) -> bool:
        """See `ProjectSession.pin_baseline`."""
        with self._journal.edit(N_("Pin baseline") if pinned else N_("Unpin baseline")) as edit:
            task = str(_find(edit.connection, column_id)["task"])
            for row in _rows(edit.connection, task):
                wanted = int(pinned and row["id"] == column_id)
                if row["baseline"] != wanted and (pinned or row["id"] == column_id):
                    edit.put("columns", {**row, "baseline": wanted})
            return bool(edit.changes())

    # -- composer ------------------------------------------------------------------------------------------------

    def composer(self, task: str) -> Composer:
        """What stands in a task's composer."""
        with self._file.reading() as connection:
            return _composer(connection, task)

    def set_draft(self, task: str, draft: Mapping[str, str]) -> bool:
        """See `ProjectSession.set_draft`."""
        return self._set_composer(N_("Typing"), f"draft {task}", task, draft=draft)

    def set_options(self, task: str, options: Options) -> bool:
        """See `ProjectSession.set_options`."""
        return self._set_composer(N_("Change settings"), f"options {task}", task, options=options)

    def _set_composer(
        self,
        title: str,
        merge: str,
        task: str,
        draft: Mapping[str, str] | None = None,
        options: Options | None = None,
    ) -> bool:
        with self._journal.edit(title, merge) as edit:
            now = _composer(edit.connection, task)
            edit.put(
                "composers",
                _composer_row(task, now.draft if draft is None else draft, now.options if options is None else options),
            )
            return bool(edit.changes())


def _new_id() -> str:
    return uuid.uuid4().hex[:12]


def _named(candidate: Candidate) -> dict[str, str]:
    return {
        "model": clean(candidate.model),
        "precision": candidate.precision,
        "device": candidate.device,
        "backend": candidate.backend,
    }


def _row(column_id: str, task: str, candidate: Candidate, options: Options, position: int) -> dict[str, Any]:
    return {
        "id": column_id,
        "task": task,
        **_named(candidate),
        "options": encode(options),
        "baseline": 0,
        "position": position,
    }


def _composer(connection: sqlite3.Connection, task: str) -> Composer:
    found = connection.execute("SELECT draft, options FROM composers WHERE task = ?", (task,)).fetchone()
    if found is None:
        return Composer(task)
    return Composer(task, decode(Mapping[str, str], found[0]), decode_mapping(found[1]))  # type: ignore[type-abstract]


def _composer_row(task: str, draft: Mapping[str, str], options: Options) -> Row:
    return {"task": task, "draft": encode(draft), "options": encode(options)}


def _rows(connection: sqlite3.Connection, task: str) -> list[dict[str, Any]]:
    found = connection.execute(
        f"SELECT {_COLUMN_FIELDS} FROM columns WHERE task = ? ORDER BY position, id LIMIT ?", (task, _MOST_COLUMNS + 1)
    ).fetchall()
    if len(found) > _MOST_COLUMNS:
        raise damaged(f"more than {_MOST_COLUMNS} columns for {task}")
    return [dict(zip(_COLUMN_FIELDS.split(", "), row, strict=True)) for row in found]


def _find(connection: sqlite3.Connection, column_id: str) -> dict[str, Any]:
    found = connection.execute(f"SELECT {_COLUMN_FIELDS} FROM columns WHERE id = ?", (column_id,)).fetchone()
    if found is None:
        raise UnknownNameError(_("This candidate is no longer in the project."), detail=column_id)
    return dict(zip(_COLUMN_FIELDS.split(", "), found, strict=True))


def _arrange(edit: Edit, rows: Iterable[dict[str, Any]]) -> None:
    """Number the rows in their order; those already right are left alone."""
    for position, row in enumerate(rows):
        edit.put("columns", {**row, "position": position})


def _column(row: Mapping[str, Any]) -> Column:
    backend = one_of(row["backend"], get_args(Backend))
    candidate = Candidate(row["model"], row["precision"], row["device"], backend)
    return Column(row["id"], row["task"], candidate, decode_mapping(row["options"]), bool(row["baseline"]))

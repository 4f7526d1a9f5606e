"""What people decide by: criteria, the product brief, and choices such as prices, weights and a report's sections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from studio.domain.decision import Brief, Criterion, CriterionChange
from studio.domain.errors import UnknownNameError
from studio.domain.i18n import N_, _
from studio.project.codec import damaged, decode, encode
from studio.project.datasets import Notify
from studio.project.file import ProjectFile
from studio.project.journal import Journal
from studio.project.values import clean, moment

#: Key of a note beside an answer of the brief.
_NOTE = "note:"

#: Criteria of a task by id.
Snapshot = Mapping[str, Mapping[str, Criterion]]


class Decisions:
    """Reads and edits what one project is decided by. Safe to use from any thread."""

    def __init__(self, file: ProjectFile, journal: Journal, notify: Notify) -> None:
        self._file = file
        self._journal = journal
        self._notify = notify

    # -- criteria ------------------------------------------------------------------------------------------------

    def criteria(self, task: str) -> tuple[Criterion, ...]:
        """The criteria of a task, in their order."""
        with self._file.reading() as connection:
            return tuple(criterion for _row, criterion in _rows(connection, task))

    def put_criterion(self, task: str, criterion: Criterion) -> None:
        """Add a criterion, or replace the one with its id (undoable).

        Where an evaluation has answers already, the change is written down for good.
        """
        with self._journal.edit(N_("Change criterion"), f"criterion {criterion.id}") as edit:
            rows = {row["id"]: (row, old) for row, old in _rows(edit.connection, task)}
            known = rows.get(criterion.id)
            position = (
                known[0]["position"] if known else 1 + max((row["position"] for row, _c in rows.values()), default=-1)
            )
            edit.put(
                "criteria",
                {"id": criterion.id, "task": task, "position": position, "body": encode(criterion)},
            )
            edited = bool(edit.changes())
            if edited:
                _write_down(edit.connection, task, known[1] if known else None, criterion)
        if edited:
            self._notify("criteria", "undo")

    def remove_criterion(self, task: str, criterion: str) -> None:
        """Take a criterion away (undoable). Raises `UnknownNameError`: there is none."""
        with self._journal.edit(N_("Remove criterion")) as edit:
            found = next((pair for pair in _rows(edit.connection, task) if pair[0]["id"] == criterion), None)
            if found is None:
                raise UnknownNameError(_("There is no such criterion."))
            edit.remove("criteria", found[0])
            _write_down(edit.connection, task, found[1], None)
        self._notify("criteria", "undo")

    def changes(self, task: str) -> tuple[CriterionChange, ...]:
        """What was changed after results were there, oldest first. Undo adds to it and never takes away."""
        with self._file.reading() as connection:
            found = connection.execute(
                "SELECT at, before, after, evaluation FROM criteria_changes WHERE task = ? ORDER BY id", (task,)
            ).fetchall()
        return tuple(
            CriterionChange(
                moment(at),
                decode(Criterion, before) if before else None,
                decode(Criterion, after) if after else None,
                evaluation,
            )
            for at, before, after, evaluation in found
        )

    def snapshot(self) -> Snapshot:
        """All criteria as they are, for `note_travel`."""
        with self._file.reading() as connection:
            tasks = [task for (task,) in connection.execute("SELECT DISTINCT task FROM criteria").fetchall()]
            return {task: {criterion.id: criterion for _row, criterion in _rows(connection, task)} for task in tasks}

    def note_travel(self, before: Snapshot) -> None:
        """Write down what undo or redo changed about criteria since ``before``, where results are there."""
        after = self.snapshot()
        with self._file.writing() as connection:
            for task in sorted({*before, *after}):
                old, new = before.get(task, {}), after.get(task, {})
                for name in sorted({*old, *new}):
                    if old.get(name) != new.get(name):
                        _write_down(connection, task, old.get(name), new.get(name))

    # -- brief and choices ---------------------------------------------------------------------------------------

    def brief(self, task: str) -> Brief:
        """The product brief."""
        with self._file.reading() as connection:
            found = dict(connection.execute("SELECT key, value FROM briefs WHERE task = ? ORDER BY key", (task,)))
        return Brief(
            task,
            {key: value for key, value in found.items() if not key.startswith(_NOTE)},
            {key.removeprefix(_NOTE): value for key, value in found.items() if key.startswith(_NOTE)},
        )

    def set_brief(self, task: str, key: str, value: str, note: bool = False) -> None:
        """Answer one question of the brief, or write the note beside it (undoable, typing merges)."""
        name = f"{_NOTE}{key}" if note else key
        self._put(N_("Edit brief"), f"brief {task} {name}", "briefs", task, {name: clean(value)}, "brief")

    def fill_brief(self, task: str, answers: Mapping[str, str]) -> None:
        """Answer several questions as one edit, such as from a template."""
        self._put(N_("Fill in brief"), "", "briefs", task, {k: clean(v) for k, v in answers.items()}, "brief")

    def choice(self, task: str, key: str, default: Any = None) -> Any:
        """A plain JSON value: ``sizing``, ``weights``, ``hardware``, ``report`` and so on."""
        with self._file.reading() as connection:
            found = connection.execute("SELECT value FROM choices WHERE task = ? AND key = ?", (task, key)).fetchone()
        try:
            return json.loads(found[0]) if found else default
        except (ValueError, RecursionError) as error:
            raise damaged(f"choice {key}: {error}") from error

    def set_choice(self, task: str, key: str, value: Any) -> None:
        """Choose (undoable, choices of one key merge while they are made)."""
        self._put(N_("Change choice"), f"choice {task} {key}", "choices", task, {key: encode(value)}, "choices")

    def _put(self, title: str, merge: str, table: str, task: str, values: Mapping[str, str], part: str) -> None:
        with self._journal.edit(title, merge) as edit:
            for key, value in values.items():
                row = {"task": task, "key": key, "value": value}
                if value:
                    edit.put(table, row)
                else:
                    edit.remove(table, row)
            edited = bool(edit.changes())
        if edited:
            self._notify(part, "undo")


def _rows(connection: sqlite3.Connection, task: str) -> list[tuple[dict[str, Any], Criterion]]:
    found = connection.execute(
        "SELECT id, task, position, body FROM criteria WHERE task = ? ORDER BY position, id", (task,)
    ).fetchall()
    return [
        ({"id": name, "task": task, "position": position, "body": body}, decode(Criterion, body))
        for name, task, position, body in found
    ]


def _write_down(connection: sqlite3.Connection, task: str, before: Criterion | None, after: Criterion | None) -> None:
    """Keep what was changed, if an evaluation of the task has answers: whoever changed it may have seen them."""
    seen = connection.execute(
        "SELECT max(evaluations.id) FROM evaluations WHERE task = ? AND EXISTS "
        "(SELECT 1 FROM evaluated JOIN answers ON candidate = evaluated.id WHERE evaluation = evaluations.id)",
        (task,),
    ).fetchone()[0]
    if seen is None:
        return
    connection.execute(
        "INSERT INTO criteria_changes (task, at, before, after, evaluation) VALUES (?, ?, ?, ?, ?)",
        (
            task,
            datetime.now(UTC).isoformat(timespec="seconds"),
            encode(before) if before else None,
            encode(after) if after else None,
            seen,
        ),
    )

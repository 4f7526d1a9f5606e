"""What tables a ``.studio`` file has, and how older files become newer ones.

A new file is made by running every migration from the first on, so that a new file and a migrated one are the same.
Later versions append to `MIGRATIONS` and never change what is there; whatever people edit (and may undo) is listed
in `UNDOABLE`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

#: "PrSt", in the file's header: tells a project from any other SQLite database.
APPLICATION_ID = 0x50725374

#: Statements that lead from version n to n + 1. All of one step run in one transaction.
Migration = Sequence[str]

_FIRST: Migration = (
    # What the project says about itself: name, created, note. Values are text.
    "CREATE TABLE info (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    # How it is looked at (which screen, task and run); JSON values. Not undone.
    "CREATE TABLE view (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE columns (
        id TEXT PRIMARY KEY, task TEXT NOT NULL, position INTEGER NOT NULL,
        model TEXT NOT NULL, precision TEXT NOT NULL, device TEXT NOT NULL, backend TEXT NOT NULL,
        options TEXT NOT NULL, baseline INTEGER NOT NULL
    ) STRICT""",
    "CREATE TABLE composers (task TEXT PRIMARY KEY, draft TEXT NOT NULL, options TEXT NOT NULL) STRICT",
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL, started TEXT NOT NULL,
        inputs TEXT NOT NULL, options TEXT NOT NULL, at_once INTEGER NOT NULL, blind INTEGER NOT NULL,
        environment TEXT NOT NULL, follows INTEGER REFERENCES runs (id), beginning TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE results (
        id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs (id), column_id TEXT NOT NULL,
        model TEXT NOT NULL, precision TEXT NOT NULL, device TEXT NOT NULL, backend TEXT NOT NULL,
        options TEXT NOT NULL, status TEXT NOT NULL, streamed TEXT NOT NULL,
        prediction TEXT, measurement TEXT, placement TEXT, failure TEXT
    ) STRICT""",
    "CREATE INDEX results_by_run ON results (run)",
    "CREATE INDEX results_by_status ON results (status) WHERE status = 'running'",
    # What people say about runs and answers, apart from the answers themselves: these rows can be undone.
    "CREATE TABLE run_marks (run INTEGER PRIMARY KEY REFERENCES runs (id), title TEXT NOT NULL, note TEXT NOT NULL, "
    "hidden INTEGER NOT NULL) STRICT",
    "CREATE TABLE ratings (result INTEGER PRIMARY KEY REFERENCES results (id), thumb TEXT, note TEXT NOT NULL) STRICT",
    """CREATE TABLE votes (
        run INTEGER NOT NULL REFERENCES runs (id), a INTEGER NOT NULL REFERENCES results (id),
        b INTEGER NOT NULL REFERENCES results (id), choice TEXT NOT NULL, voted TEXT NOT NULL,
        PRIMARY KEY (run, a, b)
    ) STRICT""",
    # Undo and redo: rows before and after each edit (studio.project.journal).
    """CREATE TABLE journal (
        id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, merge TEXT NOT NULL, at REAL NOT NULL,
        undone INTEGER NOT NULL, changes TEXT NOT NULL
    ) STRICT""",
)

#: Data sets, evaluations on them, and what is decided by them.
_SECOND: Migration = (
    """CREATE TABLE datasets (
        id INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL, source TEXT NOT NULL, format TEXT NOT NULL,
        columns TEXT NOT NULL, rows INTEGER NOT NULL, broken INTEGER NOT NULL, fingerprint TEXT NOT NULL,
        imported TEXT NOT NULL, licence TEXT NOT NULL, attribution TEXT NOT NULL
    ) STRICT""",
    "CREATE TABLE dataset_rows (dataset INTEGER NOT NULL REFERENCES datasets (id), position INTEGER NOT NULL, "
    "cells TEXT NOT NULL, PRIMARY KEY (dataset, position)) STRICT, WITHOUT ROWID",
    "CREATE TABLE dataset_broken (dataset INTEGER NOT NULL REFERENCES datasets (id), line INTEGER NOT NULL, "
    "reason TEXT NOT NULL, text TEXT NOT NULL) STRICT",
    "CREATE INDEX dataset_broken_by_dataset ON dataset_broken (dataset)",
    # What people say about a data set and its rows, apart from the data itself: these rows can be undone.
    "CREATE TABLE dataset_marks (dataset INTEGER PRIMARY KEY REFERENCES datasets (id), name TEXT NOT NULL, "
    "mapping TEXT NOT NULL, label_map TEXT NOT NULL, hidden INTEGER NOT NULL) STRICT",
    "CREATE TABLE row_marks (dataset INTEGER NOT NULL REFERENCES datasets (id), position INTEGER NOT NULL, "
    "critical INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (dataset, position)) STRICT",
    """CREATE TABLE evaluations (
        id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL REFERENCES datasets (id), task TEXT NOT NULL,
        started TEXT NOT NULL, settings TEXT NOT NULL, environment TEXT NOT NULL, rows INTEGER NOT NULL
    ) STRICT""",
    "CREATE TABLE evaluation_marks (evaluation INTEGER PRIMARY KEY REFERENCES evaluations (id), title TEXT NOT NULL, "
    "baseline INTEGER, hidden INTEGER NOT NULL) STRICT",
    """CREATE TABLE evaluated (
        id INTEGER PRIMARY KEY AUTOINCREMENT, evaluation INTEGER NOT NULL REFERENCES evaluations (id),
        position INTEGER NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL, model TEXT NOT NULL,
        precision TEXT NOT NULL, device TEXT NOT NULL, backend TEXT NOT NULL, options TEXT NOT NULL,
        status TEXT NOT NULL, facts TEXT NOT NULL, placement TEXT, failure TEXT, licence TEXT NOT NULL,
        labels TEXT NOT NULL, sends_data INTEGER NOT NULL, done INTEGER NOT NULL, failed INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX evaluated_by_evaluation ON evaluated (evaluation)",
    # One answer a row; ``text`` is what people read, ``numbers`` are the scores of its labels or its token ids.
    """CREATE TABLE answers (
        candidate INTEGER NOT NULL REFERENCES evaluated (id), position INTEGER NOT NULL, repeat INTEGER NOT NULL,
        text TEXT, numbers BLOB, detail TEXT, failure TEXT, latency_s REAL, ttft_s REAL, decode_tokens_per_s REAL,
        characters_per_s REAL, PRIMARY KEY (candidate, position, repeat)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE row_votes (
        evaluation INTEGER NOT NULL REFERENCES evaluations (id), position INTEGER NOT NULL, a INTEGER NOT NULL,
        b INTEGER NOT NULL, voter TEXT NOT NULL, choice TEXT NOT NULL, voted TEXT NOT NULL,
        PRIMARY KEY (evaluation, position, a, b, voter)
    ) STRICT""",
    "CREATE TABLE answer_ratings (candidate INTEGER NOT NULL REFERENCES evaluated (id), position INTEGER NOT NULL, "
    "thumb TEXT, note TEXT NOT NULL, PRIMARY KEY (candidate, position)) STRICT",
    "CREATE TABLE criteria (id TEXT PRIMARY KEY, task TEXT NOT NULL, position INTEGER NOT NULL, "
    "body TEXT NOT NULL) STRICT",
    # What changed after results were there; never undone, so that it stays visible.
    "CREATE TABLE criteria_changes (id INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL, at TEXT NOT NULL, "
    "before TEXT, after TEXT, evaluation INTEGER NOT NULL) STRICT",
    "CREATE TABLE briefs (task TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (task, key)) STRICT",
    "CREATE TABLE choices (task TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (task, key)) STRICT",
)

#: What people keep of why candidates answer as they do, to have it in the report.
_THIRD: Migration = (
    # ``evaluation``, ``candidate`` and ``position`` say which row it is about; nothing where it comes from Try.
    """CREATE TABLE explanations (
        id TEXT PRIMARY KEY, task TEXT NOT NULL, evaluation INTEGER, candidate INTEGER, position INTEGER,
        title TEXT NOT NULL, kept TEXT NOT NULL, input TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX explanations_by_task ON explanations (task)",
    "CREATE TABLE insights (evaluation INTEGER PRIMARY KEY, kept TEXT NOT NULL, body TEXT NOT NULL) STRICT",
)

MIGRATIONS: tuple[Migration, ...] = (_FIRST, _SECOND, _THIRD)

#: Tables whose rows people edit, with their keys.
UNDOABLE: Mapping[str, tuple[str, ...]] = {
    "info": ("key",),
    "columns": ("id",),
    "composers": ("task",),
    "run_marks": ("run",),
    "ratings": ("result",),
    "votes": ("run", "a", "b"),
    "dataset_marks": ("dataset",),
    "row_marks": ("dataset", "position"),
    "evaluation_marks": ("evaluation",),
    "row_votes": ("evaluation", "position", "a", "b", "voter"),
    "answer_ratings": ("candidate", "position"),
    "criteria": ("id",),
    "briefs": ("task", "key"),
    # Sizing, weights, prices, what a report shows: JSON values.
    "choices": ("task", "key"),
    "explanations": ("id",),
    "insights": ("evaluation",),
}


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a database to the newest version, all or nothing. A database of version 0 is empty.

    Args:
        connection: In autocommit mode; opens and ends its own transaction.
        migrations: All there are, from the first.
    """
    version = version_of(connection)
    if version >= len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in migrations[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version; 0 for an empty database."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


#: An object of the schema: type, name, and for tables their columns as SQLite sees them.
Shape = frozenset[tuple[str, str, tuple[tuple[object, ...], ...]]]


def shape_of(connection: sqlite3.Connection) -> Shape:
    """Every table, index, view and trigger, with the columns of tables: what tells a project from a look-alike."""
    objects = []
    ours = "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    for kind, name in connection.execute(ours).fetchall():
        columns: list[tuple[object, ...]] = []
        if kind == "table":
            columns = connection.execute(
                'SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid', (name,)
            ).fetchall()
            columns += connection.execute("SELECT type, strict FROM pragma_table_list WHERE name = ?", (name,))
        objects.append((str(kind), str(name), tuple(columns)))
    return frozenset(objects)


def expected_shape(version: int, migrations: Sequence[Migration] = MIGRATIONS) -> Shape:
    """The shape that a file of that version must have."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(connection, migrations[:version])
        return shape_of(connection)
    finally:
        connection.close()

"""Whatever is not a whole project of ours gets a clear sentence and keeps every byte."""

from __future__ import annotations

import os
import random
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.errors import (
    DamagedProjectError,
    InputError,
    MissingProjectError,
    NewerProjectError,
    NotAProjectError,
    ProjectError,
    ReadOnlyProjectError,
    StudioError,
)
from studio.project import file as file_module
from studio.project.content import Content
from studio.project.file import ProjectFile
from studio.project.journal import Journal
from studio.project.runs import Runs
from studio.project.schema import APPLICATION_ID, MIGRATIONS, Migration, version_of
from tests.project.filled import asked

OPENINGS = [ProjectFile.open, ProjectFile.open_read_only]


def raw(path: Path, *statements: str) -> Path:
    """Change a database behind the studio's back."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


def overwritten(path: Path, at: int, data: bytes) -> Path:
    with path.open("rb+") as stream:
        stream.seek(at)
        stream.write(data)
    return path


def text_file(path: Path) -> Path:
    path.write_text("Dear diary, " * 50)
    return path


def zip_file(path: Path) -> Path:
    path.unlink()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")
    return path


def empty_file(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def foreign_database(path: Path) -> Path:
    path.unlink()
    return raw(path, "CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('mine')")


def without_last_page(path: Path) -> Path:
    os.truncate(path, path.stat().st_size - 4096)
    return path


def rubbish_inside(path: Path) -> Path:
    return overwritten(path, 4096 * 2, random.Random(1).randbytes(4096))


BAD: list[tuple[Callable[[Path], Path], type[ProjectError]]] = [
    (text_file, NotAProjectError),
    (zip_file, NotAProjectError),
    (empty_file, NotAProjectError),
    (foreign_database, NotAProjectError),
    (lambda p: raw(p, "PRAGMA user_version = 99"), NewerProjectError),
    (lambda p: raw(p, "PRAGMA user_version = -1"), NewerProjectError),
    (lambda p: raw(p, "PRAGMA user_version = 0"), DamagedProjectError),
    (without_last_page, DamagedProjectError),
    (rubbish_inside, DamagedProjectError),
    (lambda p: (os.truncate(p, 50), p)[1], DamagedProjectError),
    (lambda p: (os.truncate(p, 5000), p)[1], DamagedProjectError),
    (lambda p: raw(p, "DROP TABLE votes"), DamagedProjectError),
    (lambda p: raw(p, "ALTER TABLE runs ADD COLUMN more TEXT"), DamagedProjectError),
    (lambda p: raw(p, "CREATE TABLE more (x)"), DamagedProjectError),
    (lambda p: raw(p, "CREATE VIEW more AS SELECT 1"), DamagedProjectError),
    (lambda p: raw(p, "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM runs; END"), DamagedProjectError),
    (
        lambda p: raw(p, "DROP TABLE view", "CREATE TABLE view (key TEXT PRIMARY KEY, value TEXT NOT NULL)"),
        DamagedProjectError,
    ),
]


@pytest.mark.parametrize("opening", OPENINGS, ids=["open", "look at"])
@pytest.mark.parametrize(("spoil", "kind"), BAD, ids=[f"{i}-{kind.__name__}" for i, (_s, kind) in enumerate(BAD)])
def test_bad_files_are_named_and_left_alone(
    filled: Path, spoil: Callable[[Path], Path], kind: type[ProjectError], opening: Callable[[Path], ProjectFile]
) -> None:
    path = spoil(filled)
    before, names = path.read_bytes(), sorted(path.parent.iterdir())
    with pytest.raises(kind) as caught:
        opening(path)
    assert path.name in caught.value.message
    assert caught.value.next_step
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == names


def test_a_file_that_is_not_there(path: Path) -> None:
    for opening in OPENINGS:
        with pytest.raises(MissingProjectError):
            opening(path)
        with pytest.raises(MissingProjectError):
            opening(path.parent)
        with pytest.raises(MissingProjectError):
            opening(path / "inside" / "nothing.studio")
    assert list(path.parent.iterdir()) == []


def test_any_broken_byte_is_survived(filled: Path, tmp_path: Path) -> None:
    """Whatever a disk or a stranger does to the file: a sentence or a project, never a crash."""
    good = filled.read_bytes()
    chance = random.Random(7)
    refused = 0
    for number in range(60):
        data = bytearray(good)
        for _ in range(chance.choice((1, 3, 40))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path = tmp_path / f"broken-{number}.studio"
        path.write_bytes(data)
        try:
            file = ProjectFile.open(path)
        except StudioError:
            refused += 1
            assert path.read_bytes() == data
            continue
        journal = Journal(file)
        content, runs = Content(file, journal), Runs(file, journal)
        for use in (
            content.info,
            lambda: content.columns("chat"),  # noqa: B023
            lambda: content.composer("chat"),  # noqa: B023
            lambda: runs.history(None, 10, None),  # noqa: B023
            lambda: runs.conversation(1),  # noqa: B023
            lambda: runs.votes(None),  # noqa: B023
            journal.undo,
        ):
            try:
                use()
            except StudioError:
                refused += 1
        file.close()
        path.unlink()
    assert refused > 10


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET inputs = '[1'",
        "UPDATE runs SET started = 'yesterday'",
        "UPDATE results SET status = 'asleep'",
        "UPDATE results SET backend = 'quantum'",
        "UPDATE results SET prediction = '{\"output\": 1}'",
        "UPDATE results SET measurement = 'null'",
        "UPDATE results SET options = '[]'",
        "UPDATE votes SET choice = 'c'",
        "UPDATE ratings SET thumb = 'sideways'",
        "UPDATE runs SET environment = '{\"a\": []}'",
    ],
)
def test_values_no_studio_wrote_are_refused_where_they_are_read(filled: Path, statement: str) -> None:
    file = ProjectFile.open(raw(filled, statement))
    with pytest.raises(DamagedProjectError):
        Runs(file, Journal(file)).get(1)
    file.close()


def test_a_conversation_in_a_circle_ends(filled: Path) -> None:
    file = ProjectFile.open(raw(filled, "UPDATE runs SET follows = id"))
    with pytest.raises(DamagedProjectError):
        Runs(file, Journal(file)).conversation(1)
    file.close()


def test_thousands_of_columns_are_refused(filled: Path) -> None:
    many = ", ".join(f"('c{i}', 'chat', {i}, 'm', 'int8', 'cpu', 'onnx', '{{}}', 0)" for i in range(500))
    file = ProjectFile.open(raw(filled, f"INSERT INTO columns VALUES {many}"))
    with pytest.raises(DamagedProjectError):
        Content(file, Journal(file)).columns("chat")
    file.close()


# -- read-only ----------------------------------------------------------------------------------------------------


def test_a_read_only_file_can_be_looked_at_only(filled: Path) -> None:
    filled.chmod(0o444)
    before, names = filled.read_bytes(), sorted(filled.parent.iterdir())
    with pytest.raises(ReadOnlyProjectError, match="copy"):
        ProjectFile.open(filled)
    file = ProjectFile.open_read_only(filled)
    assert len(Content(file, Journal(file)).columns("chat")) == 2
    for edit in (
        lambda: Content(file, Journal(file)).set_info("x", "name", "y"),
        Journal(file).undo,
        lambda: Runs(file, Journal(file)).start("chat", asked("hi"), {}, (), False, False, None, None),
        lambda: file.move_to(filled.with_name("moved.studio")),
    ):
        with pytest.raises(ReadOnlyProjectError):
            edit()
    file.close()
    assert filled.read_bytes() == before
    assert sorted(filled.parent.iterdir()) == names


def test_looking_does_not_change_what_a_crash_left(filled: Path) -> None:
    """A database with a write-ahead log shows its last state; the log is merged by the next opening to work."""
    connection = sqlite3.connect(filled, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("UPDATE info SET value = 'after' WHERE key = 'name'")
    connection.execute("UPDATE results SET status = 'running', prediction = NULL, streamed = 'Your or'")
    crashed = filled.with_name("crashed.studio")
    crashed.write_bytes(filled.read_bytes())
    log = filled.with_name(filled.name + "-wal").read_bytes()
    crashed.with_name(crashed.name + "-wal").write_bytes(log)
    connection.close()
    before = crashed.read_bytes()
    for _ in range(2):
        file = ProjectFile.open_read_only(crashed)
        assert Content(file, Journal(file)).info().name == "after"
        run = Runs(file, Journal(file)).get(1)
        assert [(stored.status, stored.text) for stored in run.results] == [("interrupted", "Your or")] * 2
        file.close()
    assert crashed.read_bytes() == before
    assert crashed.with_name(crashed.name + "-wal").read_bytes() == log
    file = ProjectFile.open(crashed)
    assert Runs(file, Journal(file)).get(1).results[0].status == "interrupted"
    file.close()
    assert not crashed.with_name(crashed.name + "-wal").exists()


def test_a_transaction_cut_off_half_way_is_rolled_back(filled: Path) -> None:
    connection = sqlite3.connect(filled, isolation_level=None)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN")
    connection.execute("UPDATE info SET value = 'half'")
    connection.execute("UPDATE runs SET inputs = ?", ("x" * 200_000,))
    crashed = filled.with_name("crashed.studio")
    journal = filled.with_name(filled.name + "-journal").read_bytes()
    crashed.write_bytes(filled.read_bytes())
    crashed.with_name(crashed.name + "-journal").write_bytes(journal)
    connection.close()
    assert journal
    file = ProjectFile.open(crashed)
    assert Content(file, Journal(file)).info().name == "Support pilot"
    assert Runs(file, Journal(file)).get(1).inputs == asked("Where is my order?")
    file.close()


# -- versions -----------------------------------------------------------------------------------------------------

_NEXT: Migration = (
    "ALTER TABLE runs ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'",
    "CREATE TABLE newer_things (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
    "INSERT INTO newer_things (name) SELECT value FROM info WHERE key = 'name'",
)


def test_an_older_file_becomes_a_newer_one(filled: Path) -> None:
    newer = (*MIGRATIONS, _NEXT)
    file = ProjectFile.open(filled, newer)
    with file.reading() as connection:
        assert version_of(connection) == len(newer)
        assert connection.execute("SELECT name FROM newer_things").fetchall() == [("Support pilot",)]
        assert connection.execute("SELECT DISTINCT colour FROM runs").fetchall() == [("none",)]
    assert len(Runs(file, Journal(file)).get(1).results) == 2
    assert Journal(file).undo()
    file.close()
    ProjectFile.open(filled, newer).close()
    with pytest.raises(NewerProjectError):
        ProjectFile.open(filled)


def test_an_older_file_is_looked_at_without_changing_it(filled: Path) -> None:
    before = filled.read_bytes()
    file = ProjectFile.open_read_only(filled, (*MIGRATIONS, _NEXT))
    with file.reading() as connection:
        assert connection.execute("SELECT count(*) FROM newer_things").fetchone() == (1,)
    file.close()
    assert filled.read_bytes() == before


def test_a_migration_that_fails_changes_nothing(filled: Path) -> None:
    broken: Migration = (*_NEXT, "INSERT INTO nowhere VALUES (1)")
    with pytest.raises(ProjectError):
        ProjectFile.open(filled, (*MIGRATIONS, broken))
    file = ProjectFile.open(filled)
    with file.reading() as connection:
        assert version_of(connection) == len(MIGRATIONS)
    assert len(Runs(file, Journal(file)).get(1).results) == 2
    file.close()


def test_the_header_names_the_studio(filled: Path) -> None:
    data = filled.read_bytes()
    assert int.from_bytes(data[68:72], "big") == APPLICATION_ID
    assert data[18:20] == b"\x01\x01", "closed files are no longer in WAL mode"


def test_creating_never_replaces(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(InputError):
        ProjectFile.create(path)
    assert path.read_text() == "mine"


def test_a_place_where_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError):
        ProjectFile.create(tmp_path / "file" / "x.studio")
    with pytest.raises(ProjectError):
        ProjectFile.create(tmp_path / "no such folder" / "x.studio")


def test_half_made_files_are_cleared(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_module, "migrate", fails)
    with pytest.raises(ProjectError, match="full"):
        ProjectFile.create(path)
    assert list(path.parent.iterdir()) == []

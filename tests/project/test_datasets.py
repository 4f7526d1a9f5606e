"""Data sets come back as they were stored, all or nothing, and what people say about them can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.dataset import BrokenRow, ColumnMapping, DataRow, Dataset, FileFormat
from studio.domain.errors import DamagedProjectError, ReadOnlyProjectError, UnknownNameError
from studio.project.datasets import Datasets
from studio.project.file import ProjectFile
from studio.project.journal import Journal

MAPPING = ColumnMapping(
    {"text": "message"}, "queue", ("team",), "id", ("more",), {"vendor": "their answer"}, {"vendor": "seconds"}
)


@pytest.fixture
def changes() -> list[tuple[str, ...]]:
    return []


@pytest.fixture
def datasets(file: ProjectFile, journal: Journal, changes: list[tuple[str, ...]]) -> Datasets:
    return Datasets(file, journal, lambda *parts: changes.append(parts))


def rows(count: int) -> Iterator[tuple[str, str]]:
    return ((f"message {number}", f"queue {number % 3}") for number in range(count))


def add(datasets: Datasets, coming: Iterator[tuple[str, str]] | None = None, task: str = "chat") -> Dataset:
    return datasets.add(
        task,
        "June",
        "june.csv",
        FileFormat("csv", "gbk", ";", header=False),
        ("message", "queue"),
        rows(4500) if coming is None else coming,
        [BrokenRow(3, "Too few cells.", "x")],
        "ab" * 32,
        MAPPING,
        "CC0-1.0",
        "Me",
    )


def test_it_comes_back_as_it_was(datasets: Datasets, changes: list[tuple[str, ...]]) -> None:
    made = add(datasets)
    assert datasets.get(made.id) == made
    assert (made.rows, made.broken, made.columns) == (4500, 1, ("message", "queue"))
    assert (made.name, made.source, made.licence, made.attribution) == ("June", "june.csv", "CC0-1.0", "Me")
    assert made.format == FileFormat("csv", "gbk", ";", header=False)
    assert made.mapping == MAPPING
    assert made.imported.utcoffset() is not None
    assert datasets.broken(made.id) == (BrokenRow(3, "Too few cells.", "x"),)
    assert datasets.page(made.id, 2999, 2) == (
        DataRow(2999, ("message 2999", "queue 2")),
        DataRow(3000, ("message 3000", "queue 0")),
    )
    assert datasets.page(made.id, 4499, 10) == (DataRow(4499, ("message 4499", "queue 2")),)
    assert [row.position for row in datasets.rows(made.id, [7, 4499, 0, 9999])] == [7, 4499, 0]
    column = datasets.column(made.id, "queue")
    assert len(column) == 4500 and column[4] == "queue 1"
    with pytest.raises(UnknownNameError, match="no column 'date'"):
        datasets.column(made.id, "date")
    with pytest.raises(UnknownNameError):
        datasets.get(99)
    assert changes == [("data",)]


def test_text_that_utf8_cannot_hold_is_stored(datasets: Datasets) -> None:
    made = add(datasets, iter([("lone \ud83d", "zero \x00 and \u2028"), ('"quoted", \\', "")]))
    assert [row.cells for row in datasets.page(made.id, 0, 9)] == [
        ("lone ?", "zero \x00 and \u2028"),
        ('"quoted", \\', ""),
    ]


def test_an_import_that_fails_leaves_nothing(datasets: Datasets, file: ProjectFile) -> None:
    def fails() -> Iterator[tuple[str, str]]:
        yield from rows(5000)
        assert datasets.all() == (), "not there before it is whole"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add(datasets, fails())
    assert datasets.count() == 0
    with file.reading() as connection:
        assert connection.execute("SELECT count(*) FROM dataset_rows").fetchone() == (0,)


def test_what_a_killed_import_left_is_cleared_by_the_next(file: ProjectFile, datasets: Datasets) -> None:
    with file.writing() as connection:
        connection.execute(
            "INSERT INTO datasets (task, source, format, columns, rows, broken, fingerprint, imported, licence, "
            "attribution) VALUES ('chat', 's', '{}', '[]', 0, 0, '', '', '', '')"
        )
        connection.execute("INSERT INTO dataset_rows VALUES (1, 0, '[]')")
    assert datasets.all() == ()
    made = add(datasets)
    with file.reading() as connection:
        assert connection.execute("SELECT DISTINCT dataset FROM dataset_rows").fetchall() == [(made.id,)]


def test_two_imports_at_once_do_not_disturb_each_other(datasets: Datasets) -> None:
    inner: list[Dataset] = []

    def coming() -> Iterator[tuple[str, str]]:
        yield from rows(2500)
        inner.append(add(datasets, rows(3)))

    outer = add(datasets, coming())
    assert (outer.rows, inner[0].rows) == (2500, 3)
    assert [dataset.id for dataset in datasets.all()] == [inner[0].id, outer.id]


def test_every_edit_goes_back_and_forth(datasets: Datasets, journal: Journal, changes: list[tuple[str, ...]]) -> None:
    made = add(datasets)
    other = add(datasets, rows(1), "translation")

    def state() -> object:
        marked = [row for row in datasets.page(made.id, 0, 20) if row.critical or row.note]
        return datasets.all(), datasets.get(made.id), marked, datasets.critical(made.id)

    states = [state()]
    edits = [
        lambda: datasets.rename(made.id, "  Messages of June "),
        lambda: datasets.set_mapping(made.id, ColumnMapping({"text": "message"})),
        lambda: datasets.set_label_map(made.id, {"refund": "get_refund"}),
        lambda: datasets.mark(made.id, 7, critical=True),
        lambda: datasets.mark(made.id, 7, note="ask Ann"),
        lambda: datasets.mark(made.id, 7, critical=False),
        lambda: datasets.mark(made.id, 7, note=""),
        lambda: datasets.remove(made.id),
    ]
    for edit in edits:
        edit()
        states.append(state())
    assert [dataset.id for dataset in datasets.all()] == [other.id]
    assert datasets.all("chat") == ()
    assert datasets.get(made.id).name == "Messages of June"
    assert len(changes) == 2 + len(edits)
    datasets.rename(made.id, "Messages of June")
    assert len(changes) == 2 + len(edits), "nothing changed"
    for wanted in reversed(states[:-1]):
        assert journal.undo()
        assert state() == wanted
    for wanted in states[1:]:
        assert journal.redo()
        assert state() == wanted


def test_a_row_that_is_not_there_cannot_be_starred(datasets: Datasets) -> None:
    made = add(datasets, rows(2))
    with pytest.raises(UnknownNameError):
        datasets.mark(made.id, 2, critical=True)
    with pytest.raises(UnknownNameError):
        datasets.rename(99, "x")


def test_a_project_that_is_only_looked_at(path: Path, file: ProjectFile, datasets: Datasets) -> None:
    made = add(datasets)
    file.close()
    reader = ProjectFile.open_read_only(path)
    looked = Datasets(reader, Journal(reader), lambda *_parts: None)
    assert looked.all() == (made,)
    assert looked.page(made.id, 0, 1)[0].cells == ("message 0", "queue 0")
    with pytest.raises(ReadOnlyProjectError):
        add(looked)
    reader.close()


@pytest.mark.parametrize(
    ("table", "field", "value"),
    [
        ("dataset_rows", "cells", "[1, 2]"),
        ("dataset_rows", "cells", "{"),
        ("datasets", "columns", '"x"'),
        ("datasets", "format", '{"kind": "exe"}'),
        ("datasets", "imported", "yesterday"),
        ("dataset_marks", "mapping", '{"inputs": []}'),
        ("dataset_marks", "label_map", '{"a": 1}'),
    ],
)
def test_what_no_studio_wrote_is_damage(
    file: ProjectFile, datasets: Datasets, table: str, field: str, value: str
) -> None:
    made = add(datasets, rows(3))
    with file.writing() as connection:
        connection.execute(f"UPDATE {table} SET {field} = ?", (value,))
    with pytest.raises(DamagedProjectError):
        datasets.all()
        datasets.page(made.id, 0, 1)

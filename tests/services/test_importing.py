"""Files into a project: all rows or nothing, what is broken kept aside, the same file once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.errors import InputError, StoppedError, UnknownNameError
from studio.library.store import Library
from studio.services import importing
from studio.services.candidates import resolve
from studio.services.projects import Change, Projects, ProjectSession
from studio.services.readiness import check
from studio.services.samples import find_sample
from studio.tasks import find_task

LABELS = find_task("text-classification")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "data").new() as opened:
        yield opened


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "june.csv"
    lines = [f"{n},message number {n},label {n % 4}" for n in range(1, 3001)]
    lines[99] = "100,too few"
    path.write_text("id,message,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_every_row_or_the_reason_why_not(session: ProjectSession, table: Path) -> None:
    heard: list[Change] = []
    session.on_change(heard.append)
    found = importing.look(table, task=LABELS)
    told: list[tuple[float | None, int]] = []
    made = importing.import_file(
        session, LABELS, table, found.format, found.mapping, on_progress=lambda share, rows: told.append((share, rows))
    )
    assert (made.rows, made.broken, made.name, made.source) == (2999, 1, "june.csv", "june.csv")
    assert made.mapping.inputs == {"text": "message"} and made.mapping.reference == "label"
    assert session.datasets.broken(made.id)[0].line == 101
    assert session.datasets.page(made.id, 2998, 5)[0].cells == ("3000", "message number 3000", "label 0")
    assert told[-1] == (1.0, 2999)
    assert all(before[1] <= after[1] for before, after in pairwise(told))
    assert [change.parts for change in heard] == [{"data"}]
    assert importing.imported_before(session, LABELS, table, found.format) == made
    table.write_text("id,message,label\n1,other,x\n", encoding="utf-8")
    assert importing.imported_before(session, LABELS, table, found.format) is None


def test_stopping_keeps_nothing(session: ProjectSession, table: Path) -> None:
    found = importing.look(table, task=LABELS)
    stop = threading.Event()
    with pytest.raises(StoppedError):
        importing.import_file(
            session,
            LABELS,
            table,
            found.format,
            found.mapping,
            on_progress=lambda _share, rows: stop.set() if rows > 1000 else None,
            cancelled=stop.is_set,
        )
    assert session.datasets.count() == 0


def test_a_file_in_which_every_row_is_broken(session: ProjectSession, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("id,message,label\n1,x\n2,y\n", encoding="utf-8")
    mapping = ColumnMapping({"text": "message"}, "label")
    with pytest.raises(InputError, match=r"No row of bad\.csv") as caught:
        importing.import_file(session, LABELS, path, FileFormat("csv", "utf-8", ","), mapping)
    assert "Line 2" in caught.value.next_step
    assert session.datasets.count() == 0


def test_samples_come_once_with_licence_and_name(session: ProjectSession) -> None:
    made = importing.import_sample(session, LABELS, "support")
    assert (made.rows, made.broken, made.licence) == (200, 0, "CC0-1.0")
    assert made.mapping.recorded == {"keyword rules": "keyword rules"}
    assert importing.import_sample(session, LABELS, "sample:support").id == made.id
    with pytest.raises(UnknownNameError, match="for text-classification, not for chat"):
        importing.import_sample(session, find_task("chat"), "support")


def test_readiness_reads_the_candidates_own_labels_and_tokens(session: ProjectSession, tmp_path: Path) -> None:
    library = Library.open()
    candidate, _spec = resolve(LABELS, "starter/support-intents-tiny", library)
    sample = importing.import_sample(session, LABELS, "support")
    ready = check(session, sample, LABELS, [candidate], library)
    assert ready.unknown_labels == () and len(ready.known_labels) == 27
    path = tmp_path / "own.csv"
    path.write_text("message,label\n" + f"{'refund please ' * 400},Refund\nwhere is it now,track order\n", "utf-8")
    found = importing.look(path, task=LABELS)
    own = importing.import_file(session, LABELS, path, found.format, found.mapping)
    ready = check(session, own, LABELS, [candidate], library)
    assert {each.label: each.suggestion for each in ready.unknown_labels} == {
        "Refund": "get_refund",
        "track order": "track_order",
    }
    assert "long" in {note.kind for note in ready.notes}
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        check(session, own, LABELS, [candidate], library, stop.is_set)


def test_labels_of_the_support_sample_are_the_models_own() -> None:
    sample = find_sample("support")
    assert all(Library.open().find(model).labels for model in sample.models)

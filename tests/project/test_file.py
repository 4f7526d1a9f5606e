"""Closing, copying, moving, locks, full disks, and many threads at once."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.errors import (
    InputError,
    NotAProjectError,
    ProjectError,
    ProjectInUseError,
    ProjectStorageError,
)
from studio.project import lock as lock_module
from studio.project.content import Content
from studio.project.file import ProjectFile
from studio.project.journal import Journal
from studio.project.lock import ProjectLock, holder_of, is_held, lock_path
from studio.project.runs import Runs
from tests.project.filled import SMALL, asked


def name_of(path: Path) -> str:
    file = ProjectFile.open_read_only(path)
    try:
        return Content(file, Journal(file)).info().name
    finally:
        file.close()


def rename(file: ProjectFile, name: str) -> None:
    Content(file, Journal(file)).set_info("Rename project", "name", name)


# -- closing ------------------------------------------------------------------------------------------------------


def test_closed_it_is_one_plain_file(file: ProjectFile, path: Path) -> None:
    rename(file, "Pilot")
    assert len(list(path.parent.iterdir())) > 1
    file.close()
    file.close()
    assert list(path.parent.iterdir()) == [path]
    assert name_of(path) == "Pilot"


def test_a_closed_file_says_so(file: ProjectFile) -> None:
    file.close()
    with pytest.raises(ProjectError, match="closed"):
        rename(file, "x")
    with pytest.raises(ProjectError, match="closed"):
        Content(file, Journal(file)).info()


# -- copying and moving -------------------------------------------------------------------------------------------


def test_a_copy_is_whole_and_separate(filled: Path, tmp_path: Path) -> None:
    file = ProjectFile.open(filled)
    rename(file, "Changed")
    copy = tmp_path / "copy.studio"
    file.copy_to(copy)
    rename(file, "Changed again")
    assert name_of(copy) == "Changed"
    other = ProjectFile.open(copy)
    assert Journal(other).undo_title() == "Rename project"
    assert len(Runs(other, Journal(other)).get(1).results) == 2
    other.close()
    file.close()
    assert sorted(tmp_path.iterdir()) == sorted([filled, copy])
    assert copy.read_bytes()[18:20] == b"\x01\x01"


def test_a_move_takes_everything_along(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "moved.studio"
    target.parent.mkdir()
    file = ProjectFile.open(filled)
    rename(file, "Moving")
    file.move_to(target)
    assert file.path == target
    assert not is_held(filled)
    assert is_held(target)
    rename(file, "Moved")
    file.close()
    assert list(tmp_path.iterdir()) == [target.parent]
    assert list(target.parent.iterdir()) == [target]
    assert name_of(target) == "Moved"


TRANSFERS: list[Callable[[ProjectFile, Path, bool], None]] = [ProjectFile.copy_to, ProjectFile.move_to]


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_targets_are_never_replaced_unasked(
    file: ProjectFile, path: Path, tmp_path: Path, transfer: Callable[[ProjectFile, Path, bool], None]
) -> None:
    rename(file, "Mine")
    other = tmp_path / "other.studio"
    ProjectFile.create(other).close()
    text = tmp_path / "letter.txt"
    text.write_text("dear")
    before = other.read_bytes()
    with pytest.raises(InputError, match="already"):
        transfer(file, other, False)
    assert other.read_bytes() == before
    with pytest.raises(NotAProjectError):
        transfer(file, text, True)
    assert text.read_text() == "dear"
    with pytest.raises(InputError):
        transfer(file, path, True)
    opened = ProjectFile.open(other)
    with pytest.raises(ProjectInUseError):
        transfer(file, other, True)
    opened.close()
    with pytest.raises(ProjectError):
        transfer(file, tmp_path / "no folder" / "x.studio", True)
    rename(file, "Still mine")
    transfer(file, other, True)
    assert name_of(other) == "Still mine"


def test_a_copy_that_fails_leaves_nothing(file: ProjectFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    rename(file, "Mine")
    monkeypatch.setattr(os, "fsync", full)
    names = sorted(tmp_path.iterdir())
    for transfer in TRANSFERS:
        with pytest.raises(ProjectStorageError, match="full"):
            transfer(file, tmp_path / "target.studio", False)
    assert sorted(tmp_path.iterdir()) == names
    rename(file, "goes on")


def test_what_a_killed_copy_left_is_cleared(file: ProjectFile, tmp_path: Path) -> None:
    rename(file, "Mine")
    for mark in ("", "-journal"):
        (tmp_path / f".copy [1].studio.0badf00d.part{mark}").write_bytes(b"half")
    (tmp_path / ".copy [1].studio.notes").write_text("keep")
    file.copy_to(tmp_path / "copy [1].studio")
    assert sorted(path.name for path in tmp_path.glob(".copy*")) == [".copy [1].studio.notes"]


def test_work_goes_on_while_copying(file: ProjectFile, tmp_path: Path) -> None:
    """A copy takes its own snapshot; writers need not wait for it."""
    wrote = []
    original = sqlite3.Connection.execute

    with file._reader() as reader:  # a copy under way
        original(reader, "BEGIN")
        original(reader, "SELECT count(*) FROM info").fetchone()
        thread = threading.Thread(target=lambda: wrote.append(rename(file, "Meanwhile")))
        thread.start()
        thread.join(10)
        assert wrote == [None]
    file.copy_to(tmp_path / "copy.studio")
    assert name_of(tmp_path / "copy.studio") == "Meanwhile"


# -- locks --------------------------------------------------------------------------------------------------------

_HOLD = """
import sys
from pathlib import Path
from studio.project.file import ProjectFile
file = ProjectFile.open(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_window_is_told_who_has_it_and_a_dead_one_lets_go(filled: Path, tmp_path: Path) -> None:
    process = hold(filled)
    try:
        with pytest.raises(ProjectInUseError, match=rf"process {process.pid}\)") as caught:
            ProjectFile.open(filled)
        assert "copy" in caught.value.next_step
        holder = holder_of(filled)
        assert holder is not None
        assert holder.pid == process.pid
        assert name_of(filled) == "Support pilot"
        looking = ProjectFile.open_read_only(filled)
        looking.copy_to(tmp_path / "copy.studio")
        looking.close()
    finally:
        process.kill()
        process.wait()
    assert lock_path(filled).exists(), "a killed process leaves its lock file behind"
    assert holder_of(filled) is None
    file = ProjectFile.open(filled)
    assert holder_of(filled).pid == os.getpid()  # type: ignore[union-attr]
    file.close()
    assert not lock_path(filled).exists()


def test_two_windows_of_one_process(filled: Path) -> None:
    first = ProjectFile.open(filled)
    with pytest.raises(ProjectInUseError):
        ProjectFile.open(filled)
    rename(first, "goes on")
    first.close()
    ProjectFile.open(filled).close()


def test_asking_who_has_it_gets_in_nobodys_way(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks holds the lock for a moment; an opening in that moment tries again."""
    asked_now = iter([False, False])
    original = lock_module._try_lock
    monkeypatch.setattr(lock_module, "_try_lock", lambda d: next(asked_now, True) and original(d))
    ProjectFile.open(filled).close()


def test_a_link_is_the_same_project(filled: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.studio"
    link.symlink_to(filled)
    first = ProjectFile.open(filled)
    with pytest.raises(ProjectInUseError):
        ProjectFile.open(link)
    first.close()
    through = ProjectFile.open(link)
    rename(through, "through the link")
    through.close()
    assert link.is_symlink()
    assert name_of(filled) == "through the link"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"pid": "x"}', b"[" * 4096, random.Random(5).randbytes(5000)],
    ids=["empty", "half", "no number", "deep", "noise"],
)
def test_an_odd_lock_file_is_no_obstacle(filled: Path, content: bytes) -> None:
    lock_path(filled).write_bytes(content)
    ProjectFile.open(filled).close()
    lock = ProjectLock(filled)
    lock_path(filled).write_bytes(content)
    with pytest.raises(ProjectInUseError, match="another window"):
        ProjectFile.open(filled)
    lock.release()
    lock.release()


def test_another_program_that_writes_is_waited_for_and_named(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.project.connection.PATIENCE_S", 0.05)
    browser = sqlite3.connect(filled, isolation_level=None)
    browser.execute("BEGIN EXCLUSIVE")
    before = filled.read_bytes()
    with pytest.raises(ProjectInUseError, match="another program"):
        ProjectFile.open(filled)
    browser.execute("ROLLBACK")
    browser.close()
    assert filled.read_bytes() == before
    ProjectFile.open(filled).close()


# -- full disk ----------------------------------------------------------------------------------------------------


def test_a_full_disk_is_named_and_costs_only_the_change(filled: Path) -> None:
    file = ProjectFile.open(filled)
    with file.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ProjectStorageError, match="full"):
        Content(file, Journal(file)).set_info("Edit note", "note", "x" * 100_000)
    info = Content(file, Journal(file)).info()
    assert (info.name, info.note) == ("Support pilot", "")
    with file.reading() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    rename(file, "There is room again")
    file.close()
    assert name_of(filled) == "There is room again"


_FILL_UP = """
import resource, signal, sys
from pathlib import Path
from studio.domain.errors import ProjectStorageError
from studio.project.content import Content
from studio.project.file import ProjectFile
from studio.project.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
file = ProjectFile.open(Path(sys.argv[1]))
content = Content(file, Journal(file))
try:
    for number in range(100):
        content.set_info("Edit note", "note", f"{number:03}" + "x" * 20_000)
        print(number, flush=True)
except ProjectStorageError as error:
    print("refused:", error, flush=True)
file.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a Unix thing")
def test_a_file_that_can_grow_no_more_still_opens(filled: Path) -> None:
    """The system itself refuses the writes, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _FILL_UP, str(filled)], capture_output=True, text=True, check=True, timeout=60
    )
    *stored, refusal = done.stdout.splitlines()
    assert refusal.startswith("refused:"), done.stdout
    file = ProjectFile.open(filled)
    content = Content(file, Journal(file))
    assert content.info().note.startswith(f"{int(stored[-1]):03}x")
    content.set_info("Edit note", "note", "fine")
    file.close()


def test_a_file_that_is_deleted_while_open_can_be_saved_elsewhere(
    file: ProjectFile, path: Path, tmp_path: Path
) -> None:
    rename(file, "Pilot")
    path.unlink()
    with pytest.raises(ProjectStorageError, match="moved or deleted"):
        rename(file, "Lost")
    file.copy_to(tmp_path / "saved.studio")
    file.close()
    assert name_of(tmp_path / "saved.studio") == "Pilot"


# -- threads ------------------------------------------------------------------------------------------------------


def test_many_threads_write_at_once(file: ProjectFile) -> None:
    journal = Journal(file)
    content, runs = Content(file, journal), Runs(file, journal)
    column = content.add_column("chat", SMALL, {}, None)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            run, results = runs.start("chat", asked(str(number)), {}, (column,), False, False, None, None)
            for _ in range(10):
                runs.append_text(results[column.id], "ab")
                content.set_draft("chat", {"messages": str(number)})
                content.columns("chat")
            assert runs.get(run).results[0].streamed == "ab" * 10
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert runs.count() == 8

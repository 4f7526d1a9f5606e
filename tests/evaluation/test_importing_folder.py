"""A folder of pictures as a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.domain.errors import InputError
from studio.evaluation.importing.reading import fingerprint, opened


@pytest.fixture
def clothes(tmp_path: Path) -> Path:
    for name in ("hat/b.JPG", "hat/a.png", "shirt/c.webp", "shirt/notes.txt", ".hidden/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_the_folder_of_a_file_is_its_label(clothes: Path) -> None:
    with opened(clothes) as table:
        assert table.columns == ("file", "label")
        assert list(table.rows) == [("hat/a.png", "hat"), ("hat/b.JPG", "hat"), ("shirt/c.webp", "shirt")]
        assert table.format.kind == "folder"


def test_files_without_folders_have_no_label(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    with opened(tmp_path) as table:
        assert (table.columns, list(table.rows)) == (("file",), [("a.wav",)])


def test_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match="no pictures"), opened(tmp_path):
        pass


def test_what_is_added_changes_the_fingerprint(clothes: Path) -> None:
    before = fingerprint(clothes)
    assert fingerprint(clothes) == before
    (clothes / "hat" / "z.png").write_bytes(b"1")
    assert fingerprint(clothes) != before

"""The folder that a model is prepared in goes away, however its use ends."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from studio.domain.errors import StudioError
from studio.library.working_folder import working_folder


def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="disk is full"), working_folder(tmp_path / "library") as folder:
        (folder / "half").write_text("a model")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list((tmp_path / "library").iterdir()) == []


def test_another_error_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), working_folder(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert list(tmp_path.iterdir()) == []

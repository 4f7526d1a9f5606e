"""The hidden folder a model is prepared in, so that the library never shows half a model."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.domain.errors import InputError, StudioError, is_disk_full
from studio.domain.i18n import _

#: Names that start with a dot are never listed as models.
_PREFIXES = (".adding-", ".removing-")
_OWNER = "owner.json"


@contextmanager
def working_folder(root: Path) -> Iterator[Path]:
    """An empty folder inside the library, deleted at the end, however that comes.

    On the same disk as the library, so that the finished model moves into place in one step. What crashed runs left
    is deleted first.

    Raises:
        InputError: The library's folder can't be written to.
        StudioError: The disk is full.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        remove_stale(root)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIXES[0], dir=root))
    except OSError as error:
        raise InputError(
            _("The library {root} can't be written to: {reason}.").format(root=root, reason=error.strerror or error),
            _("Choose another folder with --library, or set STUDIO_LIBRARY."),
            str(error),
        ) from error
    try:
        (folder / _OWNER).write_text(json.dumps({"pid": os.getpid(), "started": started(os.getpid())}))
        yield folder
    except OSError as error:
        if is_disk_full(error):
            raise StudioError(
                _("The disk is full, so the model could not be written to {root}.").format(root=root),
                _("Free some space, or choose another folder for models."),
                str(error),
            ) from error
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale(root: Path) -> None:
    """Delete what crashed or killed runs left in the library; folders of running ones stay."""
    for folder in root.iterdir():
        if folder.name.startswith(_PREFIXES) and folder.is_dir() and not folder.is_symlink() and not _in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    if folder.name.startswith(_PREFIXES[1]):
        pid = folder.name.removeprefix(_PREFIXES[1]).partition("-")[0]
        return pid.isdecimal() and started(int(pid)) is not None
    try:
        owner = json.loads((folder / _OWNER).read_text())
        return bool(started(int(owner["pid"])) == owner["started"])
    except (OSError, ValueError, KeyError, TypeError):
        # Just made by another run that has not signed it yet, or left by one that never could: age decides.
        with contextlib.suppress(OSError):
            import time

            return time.time() - folder.stat().st_mtime < 60
        return False


def started(pid: int) -> float | None:
    """When a process began; None where there is none. Its id is used again some day, but not with the same start."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None


def place(finished: Path, target: Path, working: Path) -> None:
    """Move a finished model to its place, taking that of a model which is already there.

    Raises:
        StudioError: It could not be moved; what was there before is there still.
    """
    old = working / "replaced"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rename(old)
        try:
            finished.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except OSError as error:
        raise StudioError(
            _("The finished model could not be moved to {target}: {reason}.").format(
                target=target, reason=error.strerror or error
            ),
            _("Close whatever uses that folder and try again."),
            str(error),
        ) from error

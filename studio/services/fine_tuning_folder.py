"""The folder of a model that is being taught: what it was asked, its examples, and how far it is.

It lies in the library under a hidden name, so that a crash of the trainer or of the studio loses nothing: what was
begun is found again and goes on from its last checkpoint.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.library.store import Library
from studio.services.teaching_examples import Examples
from studio.teaching.examples import Split
from studio.teaching.fine_tuning_plan import EXAMPLES, TRAINED, Epoch, Trained, TrainingPlan, epochs_in

#: Names that start with a dot are never listed as models.
_PREFIX = ".teaching-"
_PLAN, _LOCK = "plan.json", "lock"
_PARTS = ("train", "validation", "test")
_UNFIT = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class Unfinished:
    """A model that was begun and is not in the library yet.

    Attributes:
        folder: Where everything about it lies.
        name: What it shall be called.
        base: Id of its base.
        data: Name of the sheet.
        task: Task id.
        plan: What the trainer is asked.
        replace: Whether it shall take the place of a model of the same name.
        epochs: Those that were read so far.
        changed: When it last went on.
        trained: Whether only the conversion is missing.
    """

    folder: Path
    name: str
    base: str
    data: str
    task: str
    plan: TrainingPlan
    replace: bool
    epochs: tuple[Epoch, ...]
    changed: datetime
    trained: bool


def begin_folder(
    library: Library, name: str, base: str, plan: TrainingPlan, examples: Examples, parts: Split, replace: bool
) -> Unfinished:
    """Make the folder and write down everything that is needed to go on later.

    Raises:
        InputError: The library can't be written to.
    """
    try:
        library.own.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{_UNFIT.sub('-', name).strip('-')}-", dir=library.own))
        with (folder / EXAMPLES).open("w", encoding="utf-8") as file:
            for part, places in zip(_PARTS, (parts.train, parts.validation, parts.test), strict=True):
                for place in places:
                    row = {"text": examples.texts[place], "answer": examples.answers[place], "part": part}
                    # The place keeps the rows of the sheet in their order.
                    file.write(json.dumps({**row, "place": place}, ensure_ascii=False) + "\n")
        document = {
            "schema_version": 1,
            "name": name,
            "base": base,
            "replace": replace,
            "data": {
                "name": examples.name,
                "sha256": examples.fingerprint,
                "columns": list(examples.columns),
                "aside": examples.aside,
            },
            "plan": plan.document(),
        }
        # Last: a folder without it was never begun.
        (folder / _PLAN).write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            _("The library {root} can't be written to: {reason}.").format(
                root=library.own, reason=error.strerror or error
            ),
            _("Choose another folder with --library, or set STUDIO_LIBRARY."),
            str(error),
        ) from error
    return read_unfinished(folder)


def read_unfinished(folder: Path) -> Unfinished:
    """What is in such a folder.

    Raises:
        InputError: It can't be read.
    """
    document = _document(folder)
    plan = TrainingPlan.of_document(document.get("plan") or {})
    log = [path for path in (folder / name for name in (_PLAN, "epochs.jsonl")) if path.exists()]
    return Unfinished(
        folder,
        str(document.get("name") or ""),
        str(document.get("base") or ""),
        str((document.get("data") or {}).get("name") or ""),
        plan.task,
        plan,
        bool(document.get("replace")),
        epochs_in(folder),
        datetime.fromtimestamp(max(path.stat().st_mtime for path in log), UTC),
        trained_in(folder) is not None,
    )


def unfinished(library: Library) -> tuple[Unfinished, ...]:
    """Models that were begun and that no running studio is teaching, the latest first."""
    found = []
    try:
        folders = [path for path in library.own.iterdir() if path.name.startswith(_PREFIX) and path.is_dir()]
    except OSError:
        return ()
    for folder in folders:
        try:
            if not _in_use(folder):
                found.append(read_unfinished(folder))
        except (InputError, OSError):
            # Begun by another version, or cut short while it was begun: nothing that could go on.
            continue
    return tuple(sorted(found, key=lambda each: each.changed, reverse=True))


def discard(begun: Unfinished) -> None:
    """Delete everything about a model that was begun.

    Raises:
        InputError: It is being taught right now.
    """
    with held(begun.folder):
        pass
    shutil.rmtree(begun.folder, ignore_errors=True)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Only one studio teaches in a folder; a process that ends lets go of it, however it ends.

    Raises:
        InputError: Another one does.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise InputError(
            _("This model is being taught right now by another window or terminal."), _("Wait until that is done.")
        ) from error
    try:
        yield
    finally:
        lock.release()


def _in_use(folder: Path) -> bool:
    try:
        with held(folder):
            return False
    except InputError:
        return True


def examples_in(folder: Path) -> tuple[Examples, Split]:
    """The examples and their parts, as they were when it was begun.

    Raises:
        InputError: They can't be read.
    """
    document = _document(folder)
    try:
        with (folder / EXAMPLES).open(encoding="utf-8") as file:
            rows = sorted((json.loads(line) for line in file), key=lambda row: int(row["place"]))
        data = document["data"]
        columns = (str(data["columns"][0]), str(data["columns"][1]))
        examples = Examples(
            str(data["name"]),
            str(data["sha256"]),
            columns,
            tuple(str(row["text"]) for row in rows),
            tuple(str(row["answer"]) for row in rows),
            int(data["aside"]),
        )
        train, validation, test = (_places(rows, part) for part in _PARTS)
    except (OSError, KeyError, TypeError, ValueError, IndexError) as error:
        raise _unreadable(error) from error
    return examples, Split(train, validation, test)


def _places(rows: Sequence[dict[str, Any]], part: str) -> tuple[int, ...]:
    return tuple(place for place, row in enumerate(rows) if row["part"] == part)


def trained_in(folder: Path) -> Trained | None:
    """What the trainer left when it was done; None before."""
    try:
        found = json.loads((folder / TRAINED / "trained.json").read_text(encoding="utf-8"))
        return Trained(int(found["epoch"]), found["ended"], float(found["seconds"]))
    except (OSError, KeyError, TypeError, ValueError):
        return None


def _document(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / _PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(error) from error
    if not isinstance(found, dict):
        raise _unreadable(TypeError(_PLAN))
    return found


def _unreadable(error: Exception) -> InputError:
    return InputError(_("The unfinished model can't be read."), _("Discard it and teach it again."), repr(error))

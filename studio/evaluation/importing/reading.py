"""Opens any file a person may have their messages in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path

from studio.domain.dataset import BrokenRow, FileFormat
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.evaluation.importing.delimited import open_delimited
from studio.evaluation.importing.encoding import find_encoding
from studio.evaluation.importing.folder import fingerprint_of_folder, open_folder
from studio.evaluation.importing.json_lines import looks_like_json, open_json_lines
from studio.evaluation.importing.lines import Lines
from studio.evaluation.importing.preview import Preview
from studio.evaluation.importing.table import Table, no_rows
from studio.evaluation.importing.workbook import is_workbook, open_workbook

#: Rows of a preview.
PREVIEWED = 50
_START = 4096
_FIRST_LINES = 5
#: First bytes of files that hold no text, and what they are.
_OTHER_FILES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"SQLite format 3", b"\x7fELF", b"MZ\x90", b"PAR1")

#: What no text has many of.
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@contextmanager
def opened(
    path: Path,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    kind: str | None = None,
    whole: bool = True,
) -> Iterator[Table]:
    """A file as a table; its content decides how it is read, where nothing is told.

    ``whole``: see `studio.evaluation.importing.json_lines.open_json_lines`.

    Raises:
        InputError: There is no such file, or it can't be read as a table; the sentence says why.
    """
    try:
        table = _open(path, sheet, encoding, delimiter, header, kind, whole)
    except OSError as error:
        raise _not_there(path, error) from error
    except LookupError as error:
        raise InputError(_("There is no encoding {name!r}.").format(name=encoding or "")) from error
    except UnicodeError as error:
        raise _not_text(path, str(error)) from error
    try:
        yield table
    except OSError as error:
        raise _not_there(path, error) from error
    except UnicodeError as error:
        raise _not_text(path, str(error)) from error
    finally:
        table.close()


def _open(
    path: Path,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    header: bool | None,
    kind: str | None,
    whole: bool,
) -> Table:
    if path.is_dir():
        return open_folder(path)
    if not path.is_file():
        raise InputError(_("There is no file {path}.").format(path=path), _("Check its name and folder."))
    with path.open("rb") as file:
        start = file.read(_START)
    if kind == "xlsx" or is_workbook(start):
        return open_workbook(path, sheet, header)
    if start.startswith(_OTHER_FILES):
        raise _not_text(path, repr(start[:16]))
    encoding = encoding or find_encoding(path)
    lines = Lines(path, encoding)
    try:
        text = "".join(islice(lines, _FIRST_LINES))[:_START]
    finally:
        lines.close()
    if not _is_text(text, encoding):
        raise _not_text(path, repr(start[:16]))
    if kind in ("jsonl", "chat-jsonl") or (kind is None and looks_like_json(text)):
        return open_json_lines(path, encoding, whole)
    return open_delimited(path, encoding, delimiter, header)


def _is_text(text: str, encoding: str) -> bool:
    """Whether a file that no mark tells of is one of words. Encodings from before Unicode read any bytes as letters."""
    if text.count("\x00") > len(text) / 10:
        return False
    return encoding.startswith("utf") or len(_CONTROLS.findall(text)) <= len(text) / 20


def read_as(path: Path, form: FileFormat) -> AbstractContextManager[Table]:
    """A file in exactly that format; see `opened`."""
    return opened(path, form.sheet or None, form.encoding or None, form.delimiter, form.header, form.kind)


def preview(path: Path, sheet: str | None, encoding: str | None, delimiter: str | None, header: bool | None) -> Preview:
    """The first rows of a file. Raises as `opened`."""
    with opened(path, sheet, encoding, delimiter, header, whole=False) as table:
        rows: list[tuple[str, ...]] = []
        aside: list[BrokenRow] = []
        for row in islice(table.rows, 4 * PREVIEWED):
            if isinstance(row, BrokenRow):
                aside.append(row)
            else:
                rows.append(row)
            if len(rows) > PREVIEWED:
                break
        if not rows and not aside:
            raise no_rows(path)
        more = len(rows) > PREVIEWED
        return Preview(path, table.format, table.columns, tuple(rows[:PREVIEWED]), tuple(aside), table.sheets, more)


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes; of a folder, of what lies in it."""
    if path.is_dir():
        return fingerprint_of_folder(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _not_there(path: Path, error: OSError) -> InputError:
    return InputError(
        _("{name} can't be read: {reason}.").format(name=path.name, reason=error.strerror or error),
        _("Close it in other programs, and check that you may read it."),
        str(error),
    )


def _not_text(path: Path, detail: str) -> InputError:
    return InputError(
        _("{name} holds no table.").format(name=path.name),
        _("Use a file of these kinds: CSV, TSV, XLSX, JSONL."),
        detail,
    )

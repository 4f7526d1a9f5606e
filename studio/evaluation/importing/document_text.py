"""The text of a document: TXT, Markdown, PDF and Word. Whatever it is in the end, offsets count in this text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from studio.domain.characters import clean_text
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.running import never_cancelled
from studio.evaluation.importing.document_process import read_apart
from studio.evaluation.importing.encoding import find_encoding

#: Endings of files that can be read, for dialogs. What a file is, its first bytes say.
SUFFIXES = (".txt", ".md", ".markdown", ".pdf", ".docx")
#: A document longer than this, some thousand pages, is a library: no answer from it would come within minutes.
MOST_CHARACTERS = 3_000_000
_MOST_BYTES = 200_000_000
_START = 4096
_PDF = b"%PDF-"
_ZIP = b"PK\x03\x04"
#: Old Word files, and new ones with a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
#: Characters that no text holds; tab, line feed and carriage return aside.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
#: Logs have some, to colour their words; files that are no text have many.
_MOST_CONTROL = 0.02
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def ignore_fraction(_fraction: float) -> None:
    """A ``progress`` for callers that show none."""


def text_of(
    path: Path,
    progress: Callable[[float], None] = ignore_fraction,
    cancelled: Callable[[], bool] = never_cancelled,
) -> str:
    """The text of a document, with line feeds as line ends and without control characters.

    PDF and Word files are read in a process of their own, so that a broken or hostile one harms nothing.

    Args:
        path: A text, Markdown, PDF or Word (.docx) file.
        progress: Called with the share that is read, 0 to 1, on the caller's thread.
        cancelled: Asked some times a second.

    Raises:
        InputError: It is not there, of another kind, damaged, protected by a password, too large, or has no text.
        StoppedError: ``cancelled`` said so.
    """
    try:
        if not path.is_file():
            raise InputError(_("There is no file {path}.").format(path=path), _("Check its name and folder."))
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise _too_long(path, f"{size:,} bytes")
        with path.open("rb") as file:
            start = file.read(_START)
        # Some programs write a few bytes in front of a PDF.
        if _PDF in start[:1024]:
            text = read_apart("pdf", path, progress, cancelled)
        elif start.startswith(_ZIP):
            text = read_apart("docx", path, progress, cancelled)
        elif start.startswith(_OLE):
            raise _old_word(path)
        else:
            text = _plain_text(path, start)
    except OSError as error:
        raise InputError(
            _("{name} can't be read: {reason}.").format(name=path.name, reason=error.strerror or error),
            _("Close it in other programs, and check that you may read it."),
            str(error),
        ) from error
    text = tidy(text)
    if not any(c.isprintable() and not c.isspace() for c in text):
        raise InputError(
            _("{name} is empty: there is no text in it.").format(name=path.name), _("Choose another document.")
        )
    if len(text) > MOST_CHARACTERS:
        raise _too_long(path, f"{len(text):,} characters")
    progress(1.0)
    return text


def tidy(text: str) -> str:
    """``text`` with line feeds as line ends, without control characters and lone surrogates."""
    return clean_text(_CONTROL.sub("", _LINE_ENDS.sub("\n", text))).strip("\ufeff")


def _plain_text(path: Path, start: bytes) -> str:
    encoding = find_encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        # The text is shorter than its bytes, but one that is far too long is not read to its end.
        text = file.read(MOST_CHARACTERS + 1)
    if start.startswith(b"{\\rtf") or len(_CONTROL.findall(text[:_START])) > _MOST_CONTROL * min(_START, len(text)):
        raise InputError(
            _("{name} is not a document that can be read here.").format(name=path.name),
            _("Save it as PDF, Word (.docx) or plain text, and choose that."),
            repr(start[:16]),
        )
    return text


def _old_word(path: Path) -> InputError:
    if _ENCRYPTED in path.read_bytes():
        return InputError(
            _("{name} is protected by a password, so it can't be read.").format(name=path.name),
            _("Open it in Word, remove the password, and save it again."),
        )
    return InputError(
        _("{name} is a file of an old Office version.").format(name=path.name),
        _("Open it in Word and save it as .docx."),
    )


def _too_long(path: Path, detail: str) -> InputError:
    return InputError(
        _("{name} is too long to look for answers in: more than {n} characters.").format(
            name=path.name, n=f"{MOST_CHARACTERS:,}"
        ),
        _("Choose a shorter document, or a part of it."),
        detail,
    )

"""Everything that a file holds, also where it is packed: for tests that search for what must not be in it."""

from __future__ import annotations

import base64
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

_DATA_URI = re.compile(rb"data:[\w/+.-]+;base64,([A-Za-z0-9+/=]+)")


def insides(path: Path) -> Iterator[bytes]:
    """The file as it is, then what is packed into it: members, streams, pictures and their notes, rows of tables."""
    data = path.read_bytes()
    yield from _unpacked(data)
    if data.startswith(b"SQLite format 3"):
        # Long values lie in several pieces in the file itself.
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as opened:
            for (table,) in opened.execute("select name from sqlite_master where type = 'table'").fetchall():
                for row in opened.execute(f'select * from "{table}"'):
                    for value in row:
                        yield from _unpacked(value) if isinstance(value, bytes) else [str(value).encode()]
        opened.close()


def _unpacked(data: bytes) -> Iterator[bytes]:
    yield data
    for found in _DATA_URI.findall(data):
        yield from _unpacked(base64.b64decode(found))
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield "\n".join(archive.namelist()).encode()
            for name in archive.namelist():
                yield from _unpacked(archive.read(name))
    elif data.startswith(b"%PDF"):
        yield from _of_pdf(data)
    elif data.startswith(b"\x89PNG"):
        from PIL import Image

        yield repr(Image.open(io.BytesIO(data)).info).encode()
    elif data[:1] == b"\x78":
        try:
            yield zlib.decompress(data)
        except zlib.error:
            return


def _of_pdf(data: bytes) -> Iterator[bytes]:
    from pypdf import PdfReader
    from pypdf.generic import StreamObject

    read = PdfReader(io.BytesIO(data))
    yield repr(read.metadata).encode()
    for page in read.pages:
        # Its streams hold the numbers of letters, which only its fonts tell.
        yield page.extract_text().encode()
    for number in range(1, len(read.xref_objStm) + sum(map(len, read.xref.values())) + 1):
        found = read.get_object(number)
        if isinstance(found, StreamObject):
            yield found.get_data()
        else:
            yield repr(found).encode()

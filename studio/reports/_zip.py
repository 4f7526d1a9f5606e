"""Office files are ZIP archives: written again with fixed times and order, so that equal reports are equal bytes."""

from __future__ import annotations

import io
import re
import zipfile

#: The first moment that ZIP knows.
_TIME = (1980, 1, 1, 0, 0, 0)
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def steady(data: bytes, inner: bool = False) -> bytes:
    """The same archive without anything that changes from run to run.

    Args:
        data: The archive.
        inner: Whether it lies in another one (the numbers of a chart), so that its own date says nothing.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        # Readers expect the list of contents first.
        for name in sorted(source.namelist(), key=lambda each: (each != "[Content_Types].xml", each)):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            content = source.read(name)
            if name.endswith(".xlsx"):
                content = steady(content, inner=True)
            elif inner and name == "docProps/core.xml":
                content = _MOMENT.sub(b"1980-01-01T00:00:00Z", content)
            made.writestr(entry, content)
    return target.getvalue()

"""Office files are ZIP archives: written again with fixed times and order, so that equal reports are equal bytes."""

from __future__ import annotations

import io
import zipfile

#: The first moment that ZIP knows.
_TIME = (1980, 1, 1, 0, 0, 0)


def steady(data: bytes) -> bytes:
    """The same archive without anything that changes from run to run."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        # Readers expect the list of contents first.
        for name in sorted(source.namelist(), key=lambda each: (each != "[Content_Types].xml", each)):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            made.writestr(entry, source.read(name))
    return target.getvalue()

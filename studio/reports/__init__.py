"""The open set of report formats: one file each, found by being in this folder. A file declares ``FORMAT``."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from studio.domain.errors import UnknownNameError
from studio.domain.i18n import _
from studio.reports._format import Format


@lru_cache(maxsize=1)
def all_formats() -> tuple[Format, ...]:
    """Every format, in the order to offer them.

    Raises:
        RuntimeError: The folder is empty, as it silently is in a packaged app whose modules were not collected.
    """
    found = [
        import_module(f"{__name__}.{module.name}").FORMAT
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    if not found:
        raise RuntimeError("studio/reports is empty: its modules were not collected into the package")
    return tuple(sorted(found, key=lambda each: each.order))


def find_format(name: str) -> Format:
    """The format of that id.

    Raises:
        UnknownNameError: There is none.
    """
    for each in all_formats():
        if each.id == name:
            return each
    raise UnknownNameError(
        _("There is no report format {name!r}.").format(name=name),
        _("Choose one of: {names}.").format(names=", ".join(each.id for each in all_formats())),
    )

"""The open set of report formats: one file each, found by being in this folder. A file declares ``FORMAT``."""

from __future__ import annotations

from functools import lru_cache

from studio.domain.errors import UnknownNameError
from studio.domain.i18n import _
from studio.domain.open_set import declared
from studio.reports._format import Format


@lru_cache(maxsize=1)
def all_formats() -> tuple[Format, ...]:
    """Every format, in the order to offer them."""
    return tuple(sorted(declared(__name__, "FORMAT"), key=lambda each: each.order))


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

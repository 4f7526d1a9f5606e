"""The open set of ways to run: one file each, found by being in this folder. A file declares ``PROVIDER``."""

from __future__ import annotations

from functools import lru_cache

from studio.domain.errors import UnknownNameError
from studio.domain.i18n import _
from studio.domain.open_set import declared
from studio.domain.provider import Provider


@lru_cache(maxsize=1)
def all_providers() -> tuple[Provider, ...]:
    """Every provider, the CPU first, then by id."""
    return tuple(sorted(declared(__name__, "PROVIDER"), key=lambda provider: (provider.id != "cpu", provider.id)))


def find_provider(provider_id: str) -> Provider:
    """The provider of that id.

    Raises:
        UnknownNameError: There is none.
    """
    for provider in all_providers():
        if provider.id == provider_id:
            return provider
    raise UnknownNameError(
        _("There is no device {name!r}.").format(name=provider_id),
        _("Choose one of: {names}.").format(names=", ".join(provider.id for provider in all_providers())),
    )

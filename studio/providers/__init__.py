"""The open set of ways to run: one file each, found by being in this folder. A file declares ``PROVIDER``."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from studio.domain.errors import UnknownNameError
from studio.domain.i18n import _
from studio.domain.provider import Provider


@lru_cache(maxsize=1)
def all_providers() -> tuple[Provider, ...]:
    """Every provider, the CPU first, then by id.

    Raises:
        RuntimeError: The folder is empty, as it silently is in a packaged app whose modules were not collected.
    """
    found = [
        import_module(f"{__name__}.{module.name}").PROVIDER
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    if not found:
        raise RuntimeError("studio/providers is empty: its modules were not collected into the package")
    return tuple(sorted(found, key=lambda provider: (provider.id != "cpu", provider.id)))


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

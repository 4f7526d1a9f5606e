"""Keys of endpoints: in the system's keyring, or in the environment where there is none. Never in a file of the studio.

A key is kept for a name and an address together: when the address is changed, the new one never gets the old one's key.
"""

from __future__ import annotations

import os
import re
from typing import Literal
from urllib.parse import urlsplit

from studio.domain.endpoint import Endpoint
from studio.domain.errors import EndpointError, InputError
from studio.domain.i18n import _

KeySource = Literal["none", "environment", "keyring"]

_SERVICE = "prototype-studio"
_MOST_CHARACTERS = 4000


def variable_of(name: str) -> str:
    """The environment variable that holds an endpoint's key where there is no keyring."""
    return "STUDIO_ENDPOINT_KEY_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def key_of(endpoint: Endpoint) -> tuple[str, KeySource]:
    """The key for an endpoint, empty without one, and where it comes from."""
    given = os.environ.get(variable_of(endpoint.name), "").strip()
    if given:
        return given, "environment"
    kept = _kept(endpoint)
    return (kept, "keyring") if kept else ("", "none")


def key_source(endpoint: Endpoint) -> KeySource:
    """Where an endpoint's key comes from."""
    return key_of(endpoint)[1]


def checked_key(key: str) -> str:
    """``key``, if it can be one.

    Raises:
        InputError: It can't; the error does not repeat it.
    """
    given = key.strip()
    if not given or len(given) > _MOST_CHARACTERS or not given.isascii() or not given.isprintable() or " " in given:
        raise InputError(_("That is no key."), _("Copy it again from the provider's page; it is one word."))
    return given


def set_key(endpoint: Endpoint, key: str) -> None:
    """Keep a key in the system's keyring.

    Raises:
        InputError: It can't be a key.
        EndpointError: The system has no keyring, or refuses.
    """
    import keyring
    from keyring.errors import KeyringError

    given = checked_key(key)
    try:
        keyring.set_password(_SERVICE, _account(endpoint), given)
        kept = keyring.get_password(_SERVICE, _account(endpoint)) == given
        reason = "" if kept else "the keyring does not give back what was stored"
    except (KeyringError, OSError, RuntimeError) as error:
        kept, reason = False, type(error).__name__
    if not kept:
        raise EndpointError(
            _("This computer has no keyring that could keep the key, or it is locked."),
            _("Unlock it; or set {variable} in the environment instead, which is not stored.").format(
                variable=variable_of(endpoint.name)
            ),
            reason,
        )


def forget_key(endpoint: Endpoint) -> bool:
    """Take an endpoint's key out of the keyring; says whether there was one.

    Raises:
        EndpointError: The system's keyring refuses.
    """
    import keyring
    from keyring.errors import KeyringError

    if not _kept(endpoint):
        return False
    try:
        keyring.delete_password(_SERVICE, _account(endpoint))
    except (KeyringError, OSError, RuntimeError) as error:
        raise EndpointError(
            _("The key could not be taken out of the keyring."),
            _("Unlock the keyring and try again."),
            type(error).__name__,
        ) from error
    return True


def _account(endpoint: Endpoint) -> str:
    parts = urlsplit(endpoint.base_url)
    return f"endpoint-key:{endpoint.name}:{parts.scheme}://{endpoint.host}"


def _kept(endpoint: Endpoint) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(_SERVICE, _account(endpoint)) or ""
    except (KeyringError, OSError, RuntimeError, ValueError):
        # No keyring, or a locked one: endpoints that need no key go on without.
        return ""

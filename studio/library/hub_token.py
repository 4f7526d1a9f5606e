"""The token that shows a Hub who asks: from the environment, the system's keyring, or Hugging Face's own login.

A token is kept for one address. A mirror never gets the one that was given for huggingface.co.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from studio.domain.errors import HubError, InputError
from studio.domain.i18n import _
from studio.library.hub_client import DEFAULT_ENDPOINT, endpoint

TokenSource = Literal["none", "environment", "keyring", "login"]

_SERVICE = "prototype-studio"
_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_MOST_CHARACTERS = 1000


def token_in_use() -> tuple[str | None, TokenSource]:
    """The token for the Hub in use, and where it comes from."""
    for variable in _VARIABLES:
        given = os.environ.get(variable, "").strip()
        if given:
            return given, "environment"
    kept = _kept()
    if kept:
        return kept, "keyring"
    login = _login() if endpoint() == DEFAULT_ENDPOINT else None
    return (login, "login") if login else (None, "none")


def keep_token(token: str) -> None:
    """Keep a token in the system's keyring, for the Hub in use.

    Raises:
        HubError: The system has no keyring, or refuses.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(_SERVICE, _account(), token)
    except (KeyringError, OSError, RuntimeError) as error:
        raise HubError(
            _("This computer has no keyring that could keep the token, or it is locked."),
            _("Unlock it; or set HF_TOKEN in the environment instead, which is not stored."),
            f"{type(error).__name__}: {error}",
        ) from error


def forget_token() -> bool:
    """Take the token out of the keyring; says whether there was one.

    Raises:
        HubError: The system's keyring refuses.
    """
    import keyring
    from keyring.errors import KeyringError

    if not _kept():
        return False
    try:
        keyring.delete_password(_SERVICE, _account())
    except (KeyringError, OSError, RuntimeError) as error:
        raise HubError(
            _("The token could not be taken out of the keyring."),
            _("Unlock the keyring and try again."),
            f"{type(error).__name__}: {error}",
        ) from error
    return True


def check_token(token: str) -> str:
    """``token``, if it can be one.

    Raises:
        InputError: It can't.
    """
    given = token.strip()
    if not given or len(given) > _MOST_CHARACTERS or not given.isascii() or not given.isprintable() or " " in given:
        raise InputError(
            _("That is no token."), _("Copy it from the Hub's settings page, under Access Tokens; it begins with hf_.")
        )
    return given


def _account() -> str:
    return f"hub-token:{urlsplit(endpoint()).netloc.rpartition('@')[2] or endpoint()}"


def _kept() -> str | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(_SERVICE, _account()) or None
    except (KeyringError, OSError, RuntimeError, ValueError):
        # No keyring, or a locked one: downloads that need no token go on without.
        return None


def _login() -> str | None:
    """What ``hf auth login`` wrote."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface").expanduser()
    path = Path(os.environ.get("HF_TOKEN_PATH") or home / "token").expanduser()
    try:
        return path.read_text(encoding="utf-8").strip()[:_MOST_CHARACTERS] or None
    except (OSError, ValueError):
        return None

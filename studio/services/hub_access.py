"""Who asks which Hub: the token in the keyring, the address of a mirror, models in the local cache."""

from __future__ import annotations

from studio.domain.errors import HubAccessError, InputError, UnknownNameError
from studio.domain.hub import CachedModel
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.library import hub_cache, hub_client, hub_token
from studio.library.hub_token import TokenSource
from studio.library.store import Library

__all__ = [
    "TokenSource",
    "cached_models",
    "endpoint",
    "is_offline",
    "link_cached",
    "remove_token",
    "set_token",
    "token_source",
]


def token_source() -> TokenSource:
    """Where the token comes from that the Hub is shown: ``login`` is the file that ``hf auth login`` writes."""
    return hub_token.token_in_use()[1]


def set_token(token: str, check: bool = True) -> str:
    """Keep a token in the system's keyring, for the Hub in use and no other address.

    Args:
        token: As the Hub's settings page shows it.
        check: Ask the Hub whose it is first.

    Returns:
        The account's name, where it was checked.

    Raises:
        InputError: That is no token, or the Hub does not know it.
        HubError: The Hub could not be asked, or the system has no keyring.
    """
    given = hub_token.check_token(token)
    try:
        account = hub_client.account_of(given) if check else ""
    except HubAccessError as error:
        raise InputError(
            _("{hub} does not know this token.").format(hub=endpoint()),
            _("Copy it again from the settings page there, under Access Tokens."),
            error.detail,
        ) from error
    hub_token.keep_token(given)
    return account


def remove_token() -> bool:
    """Forget the token in the keyring; says whether there was one."""
    return hub_token.forget_token()


def endpoint() -> str:
    """The address of the Hub in use: ``https://huggingface.co``, or a mirror (setting ``hub``, ``HF_ENDPOINT``)."""
    return hub_client.endpoint()


def is_offline() -> bool:
    """Whether the network is not to be used (setting ``offline``, ``HF_HUB_OFFLINE``)."""
    return hub_client.is_offline()


def cached_models(library: Library) -> tuple[CachedModel, ...]:
    """The models that the Hugging Face libraries have downloaded on this computer. Needs no network."""
    return hub_cache.cached_models(library)


def link_cached(library: Library, hub_id: str, model_id: str = "") -> Model:
    """List a model of the local Hugging Face cache in the library without copying it.

    Raises:
        UnknownNameError: The cache has no such model.
        InputError: The name is taken, or can't be used.
        ModelFolderError: It can't run as it is.
    """
    from pathlib import Path

    found = next((model for model in cached_models(library) if model.hub_id == hub_id), None)
    if found is None:
        raise UnknownNameError(
            _("The Hugging Face cache of this computer has no model {id}.").format(id=hub_id),
            _("`studio models import-cache` lists what it has."),
        )
    return library.link(Path(found.folder), model_id or hub_id)

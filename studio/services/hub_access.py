"""Who asks the Hub, and which: the token in the system's keyring, the address of a mirror, models in its local cache."""

from __future__ import annotations

from typing import Literal

from studio.domain.hub import CachedModel
from studio.domain.model import Model
from studio.library.store import Library

#: Where the token in use comes from. ``login``: the file that ``hf auth login`` writes.
TokenSource = Literal["none", "environment", "keyring", "login"]


def token_source() -> TokenSource:
    """Where the token comes from that the Hub is shown."""
    raise NotImplementedError


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
    raise NotImplementedError


def remove_token() -> bool:
    """Forget the token in the keyring; says whether there was one."""
    raise NotImplementedError


def endpoint() -> str:
    """The address of the Hub in use: ``https://huggingface.co``, or a mirror (setting ``hub``, ``HF_ENDPOINT``)."""
    raise NotImplementedError


def is_offline() -> bool:
    """Whether the network is not to be used (setting ``offline``, ``HF_HUB_OFFLINE``)."""
    raise NotImplementedError


def cached_models(library: Library) -> tuple[CachedModel, ...]:
    """The models that the Hugging Face libraries have downloaded on this computer. Needs no network."""
    raise NotImplementedError


def link_cached(library: Library, hub_id: str, model_id: str = "") -> Model:
    """List a model of the local Hugging Face cache in the library without copying it.

    Raises:
        UnknownNameError: The cache has no such model.
        InputError: The name is taken, or can't be used.
        ModelFolderError: It can't run as it is.
    """
    raise NotImplementedError

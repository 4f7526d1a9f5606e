"""Which models there are to download: the recommended ones, any model of the Hub, and a search in it."""

from __future__ import annotations

from collections.abc import Callable

from studio.domain.hub import CatalogEntry, HubModel, HubQuery
from studio.library.store import Library


def catalog(task: str | None = None) -> tuple[CatalogEntry, ...]:
    """The recommended models of one task, or of all tasks this studio knows. Needs no network."""
    raise NotImplementedError


def ask(hub_id: str, revision: str = "") -> HubModel:
    """What the Hub says about a model: its files with sizes and hashes, licence, gate. One request; takes a while.

    Raises:
        InputError: That can't be a model's id.
        OfflineError: The network is not to be used.
        HubAccessError: A token or accepted terms are needed.
        HubError: There is no such model, or the Hub can't be reached.
    """
    raise NotImplementedError


def search(
    query: HubQuery,
    on_found: Callable[[HubModel], None] = lambda _model: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[HubModel, ...]:
    """Search the Hub, best known first.

    Args:
        query: What for.
        on_found: Hears each model that fits as soon as its sizes are known, from this thread.
        cancelled: Asked between requests; once true, what was found so far is returned.

    Raises:
        OfflineError, HubError: see `ask`.
    """
    raise NotImplementedError


def usual_precision(model: HubModel, task: str = "") -> str:
    """The precision that suits most people: small and good. Empty where the model has no ONNX files."""
    raise NotImplementedError


def download_mb(model: HubModel, precision: str) -> float:
    """What downloading one precision, with all it needs, takes: 10^6 bytes. ``""`` means the PyTorch weights."""
    raise NotImplementedError


def asks_for_acceptance(licence: str, gated: bool) -> bool:
    """Whether the licence has to be shown and accepted before a download: not so for those with a green light."""
    raise NotImplementedError


def model_page(hub_id: str) -> str:
    """The web page of a model, where its terms are accepted."""
    raise NotImplementedError


def in_library(library: Library, hub_id: str) -> tuple[str, ...]:
    """Ids of the models in the library that came from this model of the Hub."""
    raise NotImplementedError

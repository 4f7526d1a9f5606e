"""Which models there are to download: the recommended ones, any model of the Hub, and a search in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from studio.domain.hub import CatalogEntry, HubModel, HubQuery
from studio.domain.places import resources_folder
from studio.domain.running import never_cancelled
from studio.library import hub_choice, hub_client
from studio.library.hub_token import token_in_use
from studio.library.store import Library
from studio.services.fit import Fit, Room, fits_before
from studio.services.licences import licence_light
from studio.tasks import all_tasks, find_task


def catalog(task: str | None = None) -> tuple[CatalogEntry, ...]:
    """The recommended models of one task, or of all tasks this studio knows, small ones first. Needs no network.

    Raises:
        UnknownNameError: There is no such task.
    """
    if task is None:
        known = [t.id for t in all_tasks()]
        return tuple(entry for name in known for entry in _entries() if entry.task == name)
    wanted = find_task(task)
    # Models of its own kind first, then those of another kind that do it as well.
    found = [entry for entry in _entries() if wanted.runs(entry.task)]
    return tuple(sorted(found, key=lambda entry: (entry.task != wanted.id, entry.parameters_m)))


@lru_cache(maxsize=1)
def _entries() -> tuple[CatalogEntry, ...]:
    folder = resources_folder() / "catalog"
    found = [
        _entry(path.stem, row)
        for path in sorted(folder.glob("*.json"))
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]
    return tuple(sorted(found, key=lambda entry: (entry.task, entry.parameters_m)))


def _entry(task: str, row: dict[str, Any]) -> CatalogEntry:
    return CatalogEntry(
        repo=row["repo"],
        task=task,
        title=row["title"],
        purpose=dict(row["purpose"]),
        languages=tuple(row["languages"]),
        licence=row["licence"],
        licence_link=row.get("licence_link", ""),
        gated=row.get("gated", False),
        parameters_m=row["parameters_m"],
        revision=row.get("revision", ""),
    )


def ask(hub_id: str, revision: str = "") -> HubModel:
    """What the Hub says about a model: its files with sizes and hashes, licence, gate. One request; takes a while.

    Where neither the model nor the original it names states a licence, the catalog's counts.

    Raises:
        InputError: That can't be a model's id.
        OfflineError: The network is not to be used.
        HubAccessError: A token or accepted terms are needed.
        HubError: There is no such model, or the Hub can't be reached.
    """
    return with_known_licence(hub_client.ask(hub_id, revision, _token))


def configuration(model: HubModel) -> dict[str, Any]:
    """The ``config.json`` of a model on the Hub, for advice before a download; empty where it can't be read.

    Raises:
        OfflineError, HubAccessError, HubError: see `ask`.
    """
    return hub_client.configuration_of(model, _token)


def _token() -> str | None:
    return token_in_use()[0]


def with_known_licence(model: HubModel) -> HubModel:
    """The model with the licence that the catalog knows, where the Hub states none."""
    from dataclasses import replace

    entry = next((entry for entry in _entries() if entry.repo == model.id), None)
    if entry is None or model.licence:
        return model
    return replace(model, licence=entry.licence, licence_link=model.licence_link or entry.licence_link)


def search(
    query: HubQuery,
    on_found: Callable[[HubModel], None] = lambda _model: None,
    cancelled: Callable[[], bool] = never_cancelled,
) -> tuple[HubModel, ...]:
    """Search the Hub, best known first.

    Args:
        query: What for.
        on_found: Hears each model that fits as soon as its sizes are known, from this thread.
        cancelled: Asked between requests; once true, what was found so far is returned.

    Raises:
        UnknownNameError: There is no such task.
        OfflineError, HubError: see `ask`.
    """

    def fits(model: HubModel) -> bool:
        runs = bool(hub_choice.offered(model))
        if model.refused or not (runs or (model.weights and not query.only_onnx)):
            return False
        if query.licence == "free" and licence_light(model.licence).light != "free":
            return False
        if query.max_mb is None:
            return True
        names = [files.precision for files in hub_choice.offered(model)] or [""]
        return min(download_mb(model, name) for name in names) <= query.max_mb

    return hub_client.search(query, _token, fits, on_found, cancelled)


def precisions(model: HubModel) -> tuple[str, ...]:
    """The precisions that can be downloaded and run, best quality first."""
    return tuple(files.precision for files in hub_choice.offered(model))


def usual_precision(model: HubModel, task: str = "") -> str:
    """The precision that suits most people: small and good. Empty where the model has no ONNX files."""
    return hub_choice.usual_precision(model, task)


def download_mb(model: HubModel, precision: str) -> float:
    """What downloading one precision, with all it needs, takes: 10^6 bytes. ``""`` means the PyTorch weights.

    Raises:
        InputError: It has no such precision.
        ModelFolderError: It has no such files.
        HubError: Its file list leads out of its folder.
    """
    chosen = hub_choice.choose(model, (precision,) if precision else (), convert=not precision)
    return sum(file.size for file in chosen) / 1e6


def fits(model: HubModel, found: Room | None = None, with_configuration: bool = False) -> dict[str, Fit]:
    """Whether it will run here, for each precision that could be downloaded.

    Args:
        model: What the Hub says.
        found: What this computer has; looked up where None.
        with_configuration: Look into its configuration too, which takes another request.

    Raises:
        OfflineError, HubAccessError, HubError: see `ask`; only with ``with_configuration``.
    """
    names = precisions(model)
    sizes = {file.name: float(file.size) for file in model.files}
    offered = [files for files in model.precisions if files.precision in names]
    return fits_before(model.task, offered, sizes, found, configuration(model) if with_configuration else None)


def asks_for_acceptance(licence: str, gated: bool) -> bool:
    """Whether the licence has to be shown and accepted before a download: not so for those with a green light."""
    return gated or licence_light(licence).light != "free"


def model_page(hub_id: str) -> str:
    """The web page of a model, where its terms are accepted."""
    return f"{hub_client.endpoint()}/{hub_id}"


def in_library(library: Library, hub_id: str) -> tuple[str, ...]:
    """Ids of the models in the library that came from this model of the Hub."""
    return tuple(model.id for model in library.all() if hub_id in (model.source, model.id) and not model.shipped)

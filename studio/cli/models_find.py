"""What ``studio models catalog | search | import-cache | token`` print."""

from __future__ import annotations

import json
import sys
from itertools import groupby
from typing import Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from studio.cli.models_fit import fit_row
from studio.cli.models_show import model_row, open_library, shortened
from studio.cli.table import safe
from studio.domain.hub import CachedModel, CatalogEntry, HubModel, HubQuery
from studio.domain.i18n import _, language
from studio.services import catalog as service
from studio.services import hub_access
from studio.services.fit import Room, room

_PIPE_WIDTH = 120


def show_catalog(library: str | None, task: str | None, as_json: bool) -> None:
    """Print the recommended models of one task, or of all."""
    entries = service.catalog(task)
    opened = open_library(library)
    here = {entry.repo: service.in_library(opened, entry.repo) for entry in entries}
    if as_json:
        _print_json([_entry_row(entry, here[entry.repo]) for entry in entries])
        return
    console = _console()
    for number, (name, group) in enumerate(groupby(entries, key=lambda entry: entry.task)):
        console.print(Text(f"{'' if number == 0 else chr(10)}{name}", "bold"))
        for entry in group:
            facts = ", ".join((shortened(entry.languages, 4) or _("very many languages"), entry.licence))
            line = Text.assemble(f"  {entry.repo}  ", (facts, "dim"))
            if here[entry.repo]:
                line.append(f"  {_('in your library')}", "green")
            console.print(line, soft_wrap=True)
            console.print(Padding(Text(entry.purpose_in(language())), (0, 0, 0, 4)))
    console.print(Text("\n" + _("Download one: studio models download ID. Sizes: studio models search USE-CASE NAME")))


def _entry_row(entry: CatalogEntry, here: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": entry.repo,
        "task": entry.task,
        "title": entry.title,
        "purpose": entry.purpose_in(language()),
        "languages": list(entry.languages),
        "licence": entry.licence,
        "licence_link": entry.licence_link or None,
        "gated": entry.gated,
        "parameters": entry.parameters_m * 1_000_000,
        "in_library": list(here),
    }


def show_search(query: HubQuery, as_json: bool) -> None:
    """Print what the Hub has."""
    console = Console(stderr=True)
    with console.status(_("Asking the Hub …")):
        found = service.search(query)
    here = room()
    if as_json:
        _print_json([_found_row(model, here) for model in found])
        return
    if not found:
        sys.stdout.write(_("The Hub has no such model: try other words, or fewer conditions.") + "\n")
        return
    table = Table(pad_edge=False, show_lines=True)
    table.add_column(_("Model"), no_wrap=True, overflow="fold")
    for title in (_("Download, and whether it runs here"), _("Licence"), _("Languages")):
        table.add_column(title, overflow="fold")
    table.add_column(_("Downloads a month"), justify="right")
    for model in found:
        table.add_row(
            Text(safe(model.id)),
            Text(_sizes(model, here)),
            Text(safe(model.licence) or _("not stated")),
            Text(safe(shortened(model.languages)) or "–"),
            f"{model.downloads:,}",
        )
    _console().print(table)


def _sizes(model: HubModel, here: Room) -> str:
    fits = service.fits(model, here)
    if not fits:
        return _("to be converted, {size:.0f} MB").format(size=service.download_mb(model, ""))
    return "\n".join(f"{name} {service.download_mb(model, name):.0f} MB, {fit.short}" for name, fit in fits.items())


def _found_row(model: HubModel, here: Room) -> dict[str, Any]:
    return {
        "id": model.id,
        "task": model.task,
        "revision": model.revision,
        "precisions": {name: round(service.download_mb(model, name), 3) for name in service.precisions(model)},
        "fit": {name: fit_row(fit) for name, fit in service.fits(model, here).items()},
        "usual_precision": service.usual_precision(model) or None,
        "weights_mb": round(service.download_mb(model, ""), 3) if model.weights else None,
        "licence": model.licence or None,
        "licence_link": model.licence_link or None,
        "languages": list(model.languages),
        "gated": bool(model.gated),
        "downloads": model.downloads,
        "last_modified": model.last_modified.isoformat() if model.last_modified else None,
    }


def show_cache(library: str | None, hub_id: str | None, model_id: str | None, as_json: bool) -> None:
    """List the models of the local Hugging Face cache, or take one into the library where it lies."""
    opened = open_library(library)
    if hub_id:
        model = hub_access.link_cached(opened, hub_id, model_id or "")
        if as_json:
            _print_json(model_row(model))
        else:
            sys.stdout.write(
                _("{id} is in your library now; its files stay in {folder}.").format(
                    id=safe(model.id), folder=model.folder
                )
                + "\n"
            )
        return
    found = hub_access.cached_models(opened)
    if as_json:
        _print_json([_cached_row(model) for model in found])
        return
    if not found:
        sys.stdout.write(_("The Hugging Face cache of this computer has no models.") + "\n")
        return
    table = Table(pad_edge=False)
    for title in (_("Model"), _("Use case"), _("Precisions"), _("State")):
        table.add_column(title, overflow="fold")
    table.add_column(_("Size"), justify="right", no_wrap=True)
    for cached in found:
        state = _("in your library") if cached.linked else _("can be used") if cached.usable else safe(cached.problem)
        table.add_row(
            Text(safe(cached.hub_id)),
            cached.task or "?",
            ", ".join(cached.precisions) or "–",
            Text(state),
            f"{cached.size_mb:.1f} MB",
        )
    _console().print(table)


def _cached_row(model: CachedModel) -> dict[str, Any]:
    return {**vars(model), "precisions": list(model.precisions), "problem": model.problem or None}


def keep_token(check: bool) -> None:
    """Ask for a token, check it and keep it."""
    if sys.stdin.isatty():
        given = typer.prompt(_("Token"), hide_input=True)
    else:
        given = sys.stdin.readline()
    account = hub_access.set_token(given, check)
    sys.stdout.write(
        (
            _("Kept in the system's keyring, for the account {name}.").format(name=safe(account))
            if account
            else _("Kept in the system's keyring.")
        )
        + "\n"
    )
    if hub_access.token_source() == "environment":
        sys.stderr.write(_("{variable} is set and wins over the stored value.").format(variable="HF_TOKEN") + "\n")


def forget_token() -> None:
    """Forget the token."""
    removed = hub_access.remove_token()
    sys.stdout.write((_("The token is forgotten.") if removed else _("There was no token in the keyring.")) + "\n")


def show_token_source(as_json: bool) -> None:
    """Say where the token in use comes from."""
    source = hub_access.token_source()
    if as_json:
        _print_json({"hub": hub_access.endpoint(), "token": source})
        return
    words = {
        "none": _("There is no token for {hub}."),
        "environment": _("The token for {hub} comes from HF_TOKEN in the environment."),
        "keyring": _("The token for {hub} is in the system's keyring."),
        "login": _("The token for {hub} is that of `hf auth login`."),
    }
    sys.stdout.write(words[source].format(hub=hub_access.endpoint()) + "\n")


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)

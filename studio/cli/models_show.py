"""What ``studio models list | info | verify | remove`` print."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from studio.cli.errors import FAILED
from studio.cli.models_fit import best, fit_row
from studio.cli.table import safe
from studio.domain.i18n import _, ngettext
from studio.domain.model import Fidelity, Model
from studio.library.download_job import unfinished_jobs
from studio.library.manifest import Manifest
from studio.library.store import Library
from studio.services import models as service
from studio.services.fit import fits_of, room
from studio.tasks import find_task

_PIPE_WIDTH = 120


def open_library(folder: str | None) -> Library:
    """The library that ``--library`` names, or the usual one."""
    return Library.open(Path(folder).expanduser() if folder else None)


def show_list(library: str | None, task: str | None, as_json: bool) -> None:
    """Print every model, or those of one task."""
    if task:
        find_task(task)
    opened = open_library(library)
    models = service.listed(opened, task)
    if as_json:
        _print_json([model_row(model) for model in models])
        return
    if not models:
        sys.stdout.write(
            _(
                "There are no models yet: `studio models catalog` shows which to download, "
                "`studio models add FOLDER` adds one you have."
            )
            + "\n"
        )
        return
    table = Table(pad_edge=False)
    for title in (_("Model"), _("Use case"), _("Precisions"), _("Licence"), _("Languages"), _("This computer")):
        table.add_column(title, overflow="fold")
    table.add_column(_("Size"), justify="right", no_wrap=True)
    here = room()
    for model in models:
        advice = best(fits_of(model, here))
        table.add_row(
            Text(safe(model.id)),
            model.task or "?",
            ", ".join(files.precision for files in model.precisions) or "–",
            Text(safe(model.licence) or _("not stated")),
            Text(safe(shortened(model.languages)) or "–"),
            advice.short if advice else "–",
            f"{model.size_mb:.1f} MB",
        )
    console = _console()
    console.print(table)
    for model in models:
        if model.state != "ready":
            console.print(Text(f"{safe(model.id)} ({_state(model)}): {safe(model.problem)}"))
    waiting = len(unfinished_jobs(opened.own))
    if waiting:
        line = ngettext(
            "{n} download is not finished: studio models downloads",
            "{n} downloads are not finished: studio models downloads",
            waiting,
        )
        console.print(Text(line.format(n=waiting)))


def model_row(model: Model) -> dict[str, Any]:
    """A model in the JSON of ``studio models list``: a contract that other programs use."""
    return {
        "id": model.id,
        "task": model.task,
        "precisions": [files.precision for files in model.precisions],
        "licence": model.licence or None,
        "languages": list(model.languages),
        "size_mb": round(model.size_mb, 3),
        "path": str(model.folder.resolve()),
        "state": model.state,
    }


def show_info(library: str | None, name: str, as_json: bool) -> None:
    """Print everything known about one model."""
    model, card, manifest = service.details(open_library(library), name)
    if as_json:
        _print_json(
            {
                **model_row(model),
                "problem": model.problem or None,
                "architecture": model.architecture,
                "parameters": model.parameters,
                "max_tokens": model.max_tokens,
                "labels": list(model.labels),
                "source": model.source or None,
                "revision": (manifest.source.revision if manifest else "") or None,
                "shipped": model.shipped,
                "linked": model.linked,
                "weights": str(model.weights) if model.weights else None,
                "fit": {name: fit_row(fit) for name, fit in fits_of(model).items()},
                "fidelity": {name: _fidelity_row(value) for name, value in model.fidelity.items()},
                "methods": {n: r.method for n, r in manifest.precisions.items()} if manifest else {},
                "created_with": dict(manifest.created_with) if manifest else {},
                "card_metrics": [vars(metric) for metric in card.metrics],
                "card_problem": card.problem or None,
            }
        )
        return
    rows = [
        (_("Use case"), model.task or _("unknown")),
        (_("State"), _state(model) + (f": {model.problem}" if model.problem else "")),
        (_("Licence"), " ".join(filter(None, (model.licence, card.licence_link))) or _("not stated in its card")),
        (_("Languages"), ", ".join(model.languages) or "–"),
        (_("Architecture"), model.architecture or _("unknown")),
        (_("Parameters"), f"{model.parameters:,}" if model.parameters else _("unknown")),
        (_("Longest input"), _("{n} tokens").format(n=model.max_tokens) if model.max_tokens else _("unknown")),
        (_("Labels"), shortened(model.labels, 12) or "–"),
        (_("Size"), f"{model.size_mb:.1f} MB"),
        (_("Source"), _origin(model, manifest)),
        (_("Folder"), str(model.folder)),
        (_("PyTorch weights"), str(model.weights) if model.weights else _("not here, so no PyTorch baseline")),
    ]
    rows += [
        (_("Stated in its card"), f"{m.name} {m.value:g}" + (f" ({m.dataset})" if m.dataset else ""))
        for m in card.metrics
    ]
    table = Table.grid(padding=(0, 2))
    for title, value in rows:
        table.add_row(Text(title, style="dim"), Text(safe(value)))
    console = _console()
    console.print(Text(safe(model.id), style="bold"))
    console.print(table)
    if model.precisions:
        console.print(_precision_table(model, manifest))
        for precision, fit in fits_of(model).items():
            console.print(Text(f"{precision}: {fit.words}"))


def _precision_table(model: Model, manifest: Manifest | None) -> Table:
    records = manifest.precisions if manifest else {}
    table = Table(pad_edge=False)
    titles = (
        _("Precision"),
        _("Size"),
        _("Largest logit difference"),
        _("Same answers"),
        _("Compared with"),
        _("Made by"),
    )
    for title in titles:
        table.add_column(title, overflow="fold")
    # Without the original weights, smaller precisions were compared with the fp32 graphs that the folder came with.
    references = {"pytorch": "PyTorch", "onnx-fp32": "ONNX fp32"}
    for files in model.precisions:
        size = sum((model.folder / name).stat().st_size for name in files.all_files if (model.folder / name).is_file())
        fidelity = model.fidelity.get(files.precision)
        record = records.get(files.precision)
        table.add_row(
            files.precision,
            f"{size / 1e6:.1f} MB",
            f"{fidelity.max_logit_difference:.2g}" if fidelity else _("not measured"),
            _("{share:.1%} of {n} inputs").format(share=fidelity.same_outputs, n=fidelity.inputs) if fidelity else "–",
            references.get(record.reference, "–") if record else "–",
            Text(safe(record.method) if record else "–"),
        )
    return table


def show_verify(library: str | None, name: str, as_json: bool) -> None:
    """Check a model's files, print what is wrong, and exit with 1 where something is."""
    model, result = service.verify(open_library(library), name)
    if as_json:
        _print_json(
            {
                "id": model.id,
                "path": str(model.folder.resolve()),
                "ok": result.ok,
                "files": result.files,
                "recorded": result.recorded,
                "problems": [vars(problem) for problem in result.problems],
            }
        )
    elif result.ok:
        how = (
            _("compared with the hashes recorded when it was added")
            if result.recorded
            else _("their structure; there is no studio.json with hashes to compare with")
        )
        line = _("{id} is in order ({n} files: {how}).").format(id=safe(model.id), n=result.files, how=how)
        sys.stdout.write(line + "\n")
    else:
        for problem in result.problems:
            sys.stderr.write(safe(f"{problem.message} {problem.next_step}".strip()) + "\n")
    if not result.ok:
        raise typer.Exit(FAILED)


def remove_model(library: str | None, name: str, yes: bool) -> None:
    """Delete a model after asking."""
    opened = open_library(library)
    model = opened.removable(name)
    if not yes:
        question = (
            _("Take {id} off the list? Its files stay in {folder}.")
            if model.linked
            else _("Delete {id} ({size:.1f} MB) from {folder}?")
        )
        typer.confirm(question.format(id=safe(model.id), size=model.size_mb, folder=model.folder), abort=True)
    model = service.remove(opened, name)
    if model.linked:
        line = _("{id} is off the list; its files are still in {folder}.")
        sys.stdout.write(line.format(id=safe(model.id), folder=model.folder) + "\n")
        return
    sys.stdout.write(
        _("{id} was removed; that frees {size:.1f} MB.").format(id=safe(model.id), size=model.size_mb) + "\n"
    )


def _origin(model: Model, manifest: Manifest | None) -> str:
    if manifest and manifest.source.revision:
        return _("{id}, version {revision}").format(id=model.source, revision=manifest.source.revision[:12])
    return model.source or _("unknown")


def _state(model: Model) -> str:
    return {"ready": _("ready"), "incomplete": _("incomplete"), "damaged": _("damaged")}[model.state]


def shortened(values: tuple[str, ...], most: int = 6) -> str:
    """The first of these, and how many more there are."""
    more = len(values) - most
    return ", ".join(values[:most]) + (_(" and {n} more").format(n=more) if more > 0 else "")


def _fidelity_row(value: Fidelity) -> dict[str, Any]:
    return {
        "max_logit_difference": value.max_logit_difference,
        "same_outputs": value.same_outputs,
        "inputs": value.inputs,
    }


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)

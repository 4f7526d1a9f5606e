"""What ``studio suggest`` does: name the rows without an answer that are most worth labelling next."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from studio.cli.stopping import stopping
from studio.cli.table import safe
from studio.cli.watched import WatchedLine
from studio.domain.i18n import N_, _, ngettext
from studio.domain.spreadsheet import neutral
from studio.services.suggesting import Suggested, SuggestRequest, read_sheet, suggest_rows
from studio.services.whole_file import whole_file

_STAGES = {"embedding": N_("Reading the rows"), "asking": N_("Asking the model")}
_PIPE_WIDTH = 120


def suggest_command(
    task_id: str,
    data: str,
    labelled: str,
    input_column: str,
    label_column: str,
    model: str,
    base: str,
    n: int,
    seed: int,
    out: str | None,
    library: str | None,
    as_json: bool,
) -> None:
    """Suggest rows to label.

    Raises:
        StudioError: None can be suggested.
    """
    from studio.cli.models_show import open_library
    from studio.services.pool import CandidatePool
    from studio.tasks import find_task

    task = find_task(task_id)
    sheet = read_sheet(task, data, input_column, "" if labelled else label_column)
    other = read_sheet(task, labelled, "", label_column) if labelled else None
    request = SuggestRequest(task, sheet, other, model, base, n, seed)
    with ExitStack() as stack:
        pool = stack.enter_context(CandidatePool(keep=1))
        stop = stack.enter_context(stopping())
        line = stack.enter_context(WatchedLine(quiet=as_json))

        def show(stage: str, share: float | None) -> None:
            line.show(_(_STAGES[stage]) + ("" if share is None else f" {share:.0%}"))

        found = suggest_rows(request, open_library(library), pool, show, stop)
    target = Path(out) if out else None
    if target is not None:
        _write(found, target)
    if as_json:
        sys.stdout.write(json.dumps(_document(found, task_id), ensure_ascii=False, indent=2) + "\n")
        return
    _print(found, target)


def _print(found: Suggested, out: Path | None) -> None:
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    table = Table(pad_edge=False)
    table.add_column(_("Row"), justify="right")
    table.add_column(_("Text"), overflow="fold")
    table.add_column(_("Why"), overflow="fold")
    for row in found.rows:
        table.add_row(f"{row.row + 1:,}", Text(safe(row.text)), Text(safe(row.reason)))
    console.print(table)
    lines = [
        ngettext(
            "{n} row has an answer; these are the ones of the other {open} that are most worth labelling next.",
            "{n} rows have an answer; these are the ones of the other {open} that are most worth labelling next.",
            found.labelled,
        ).format(n=f"{found.labelled:,}", open=f"{found.open:,}")
    ]
    if found.read < found.open:
        lines.append(_("Looked at {n} of them, drawn by chance.").format(n=f"{found.read:,}"))
    lines.append(_("Rows are counted below the headings, from 1."))
    if not found.model:
        lines.append(_("Name a model with --model to find those that it is least sure of."))
    if out is not None:
        lines.append(_("Saved to {path}.").format(path=out))
    for line in lines:
        console.print(line, markup=False, highlight=False)


def _write(found: Suggested, out: Path) -> None:
    with whole_file(out, newline="") as file:
        file.write("\ufeff")
        writer = csv.writer(file)
        writer.writerow(["row", found.sheet.input_column, found.sheet.label_column or "label", "why", "guess"])
        for row in found.rows:
            guess = row.guesses[0][0] if row.guesses else ""
            writer.writerow([row.row + 1, neutral(row.text), "", neutral(row.reason), neutral(guess)])


def _document(found: Suggested, task_id: str) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "task": task_id,
        "data": found.sheet.path.name,
        "input_column": found.sheet.input_column,
        "label_column": found.sheet.label_column,
        "model": found.model or None,
        "base": found.base,
        "labelled": found.labelled,
        "open": found.open,
        "read": found.read,
        "labels": list(found.labels),
        "rows": [
            {
                "row": row.row + 1,
                "text": row.text,
                "kind": row.suggestion.kind,
                "why": row.reason,
                "guesses": [{"label": label, "probability": share} for label, share in row.guesses],
                "uncertainty": row.suggestion.uncertainty,
                "alike": row.suggestion.alike,
                "likeness": row.suggestion.likeness,
            }
            for row in found.rows
        ],
    }

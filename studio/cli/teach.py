"""What ``studio teach`` does: read the sheet, teach, print how good it is."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from typing import Any

from rich.console import Console
from rich.table import Table

from studio.cli.stopping import stopping
from studio.domain.i18n import N_, _
from studio.services.teaching import Taught, TeachRequest, teach
from studio.services.teaching_folder import curve_words

_STAGES = {
    "embedding": N_("Reading the examples with the base"),
    "fitting": N_("Learning"),
    "judging": N_("Judging on examples that it was not taught with"),
}


def teach_command(
    task_id: str,
    data: str,
    name: str,
    input_column: str,
    label_column: str,
    base: str,
    seed: int,
    replace: bool,
    library: str | None,
    as_json: bool,
) -> None:
    """Teach a model and say what came of it.

    Raises:
        StudioError: It could not be taught.
    """
    from studio.cli.models_show import open_library
    from studio.services.pool import CandidatePool
    from studio.services.teaching_examples import read_examples
    from studio.tasks import find_task

    task = find_task(task_id)
    opened = open_library(library)
    examples = read_examples(task, data, input_column, label_column)
    errors = Console(stderr=True)
    if not as_json:
        errors.print(
            _("{n} examples from {name}: {texts} → {answers}").format(
                n=f"{len(examples.texts):,}",
                name=examples.name,
                texts=examples.columns[0],
                answers=examples.columns[1],
            ),
            markup=False,
            highlight=False,
        )
    request = TeachRequest(task, name, examples, base, seed, replace)
    with ExitStack() as stack:
        pool = stack.enter_context(CandidatePool(keep=1))
        stop = stack.enter_context(stopping())
        status = stack.enter_context(errors.status("")) if errors.is_terminal and not as_json else None

        def show(stage: str, share: float | None) -> None:
            if status is not None:
                status.update(_(_STAGES[stage]) + ("" if share is None else f" {share:.0%}"))

        taught = teach(request, opened, pool, show, stop)
    if as_json:
        sys.stdout.write(json.dumps(_document(taught, request), ensure_ascii=False, indent=2) + "\n")
        return
    _print(taught, request)


def _print(taught: Taught, request: TeachRequest) -> None:
    from studio.metrics import find_metric

    console = Console()
    table = Table(pad_edge=False)
    table.add_column("")
    table.add_column(f"{taught.model.id}:{taught.precision}", justify="right")
    for name, found in taught.scores.items():
        info = find_metric(name).info
        percent = info.format == "percent"
        written = [
            f"{100 * value:.1f} %" if percent else f"{value:.3g}"
            for value in (found.value, found.low, found.high)
            if value is not None
        ]
        interval = f"  ({written[1]} – {written[2]})" if len(written) == 3 else ""
        table.add_row(f"{_(info.title)} ({_(info.term)})", written[0] + interval)
    console.print(table)
    train, validation, test = taught.sizes
    lines = [
        _("Learned from {train} examples, chosen by {validation}, judged on {test}; {seconds:.1f} s.").format(
            train=f"{train:,}", validation=f"{validation:,}", test=f"{test:,}", seconds=taught.seconds
        ),
        *(remark.sentence for remark in taught.remarks),
        curve_words(taught.curve),
        _("Try it: studio run {task} --model {model} --input TEXT").format(task=request.task.id, model=taught.model.id),
    ]
    for line in lines:
        if line:
            console.print(line, markup=False, highlight=False)


def _document(taught: Taught, request: TeachRequest) -> dict[str, Any]:
    train, validation, test = taught.sizes
    return {
        "schema_version": 1,
        "model": taught.model.id,
        "precision": taught.precision,
        "folder": str(taught.model.folder),
        "task": request.task.id,
        "base": request.base,
        "method": "quick",
        "data": {
            "name": request.examples.name,
            "sha256": request.examples.fingerprint,
            "input_column": request.examples.columns[0],
            "label_column": request.examples.columns[1],
            "examples": len(request.examples.texts),
            "left_out": request.examples.aside,
        },
        "seed": request.seed,
        "sizes": {"train": train, "validation": validation, "test": test},
        "labels": list(taught.labels),
        "metrics": {
            name: {"value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method}
            for name, found in taught.scores.items()
        },
        "remarks": [{"kind": remark.kind, "sentence": remark.sentence} for remark in taught.remarks],
        "learning_curve": None
        if taught.curve is None
        else {
            "points": [
                {"examples": point.examples, "accuracy": point.accuracy, "spread": point.spread}
                for point in taught.curve.points
            ],
            "doubled": taught.curve.doubled,
            "margin": taught.curve.margin,
        },
        "seconds": taught.seconds,
    }

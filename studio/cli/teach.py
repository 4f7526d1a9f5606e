"""What ``studio teach`` does: read the sheet, teach, print how good it is."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from studio.cli.stopping import stopping
from studio.cli.watched import WatchedLine, took_words
from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.services.teaching import BASE, Taught, TeachRequest, teach
from studio.services.teaching_folder import curve_words, sizes_words
from studio.teaching.examples import TEACHABLE
from studio.teaching.fine_tuning_plan import FINE_TUNABLE

if TYPE_CHECKING:
    from studio.domain.task import Task
    from studio.library.store import Library
    from studio.services.pool import CandidatePool
    from studio.services.teaching_examples import Examples

_METHODS = ("quick", "thorough")

_STAGES = {
    "embedding": N_("Reading the examples with the base"),
    "fitting": N_("Learning"),
    "judging": N_("Judging on examples that it was not taught with"),
}


@dataclass(frozen=True)
class Teaching:
    """What a terminal asks for.

    Attributes:
        task: Task id.
        data: Path of the sheet, or ``sample:NAME``.
        name: What to call the model.
        columns: Columns of texts and of answers; empty for what the names and cells say.
        method: ``quick`` or ``thorough``.
        base: The base; empty for the one to begin with.
        settings: Of the thorough method, by name; None where nobody chose.
        seed: Of the split.
        replace: Whether to take the place of a model of that name.
        goes_on: Go on with the unfinished model of that name.
        afresh: Delete it and begin again.
        threads: Of the thorough method; None where nobody chose.
        anyway: Start although there may be too little memory.
        library: Another folder of models.
        as_json: Print one JSON document.
    """

    task: str
    data: str
    name: str
    columns: tuple[str, str]
    method: str
    base: str
    settings: Mapping[str, Any]
    seed: int
    replace: bool
    goes_on: bool
    afresh: bool
    threads: int | None
    anyway: bool
    library: str | None
    as_json: bool


def teach_command(asked: Teaching) -> None:
    """Teach a model and say what came of it.

    Raises:
        StudioError: It could not be taught.
    """
    from studio.cli.models_show import open_library
    from studio.services.pool import CandidatePool

    opened = open_library(asked.library)
    if asked.method not in _METHODS:
        raise InputError(
            _("There is no method {name!r}.").format(name=asked.method),
            _("Choose one of: {names}.").format(names=", ".join(_METHODS)),
        )
    with CandidatePool(keep=1) as pool:
        if asked.goes_on:
            from studio.cli.teach_thorough import Asked, go_on

            taught = go_on(asked.name, opened, pool, Asked(True, False, asked.as_json))
        elif asked.method == "thorough":
            taught = _thorough(asked, opened, pool)
        else:
            taught = _quick(asked, opened, pool)
    if asked.as_json:
        sys.stdout.write(json.dumps(_document(taught), ensure_ascii=False, indent=2) + "\n")
        return
    _print(taught, opened)


def _examples(asked: Teaching) -> tuple[Task, Examples]:
    from studio.services.teaching_examples import read_examples
    from studio.tasks import find_task

    if not asked.data:
        raise InputError(_("There are no examples."), _("Name a sheet with --data, or go on with --continue."))
    task = find_task(asked.task)
    examples = read_examples(task, asked.data, *asked.columns)
    if not asked.as_json:
        Console(stderr=True).print(
            _("{n} examples from {name}: {texts} → {answers}").format(
                n=f"{len(examples.texts):,}",
                name=examples.name,
                texts=examples.columns[0],
                answers=examples.columns[1],
            ),
            markup=False,
            highlight=False,
        )
    return task, examples


def _thorough(asked: Teaching, library: Library, pool: CandidatePool) -> Taught:
    from studio.cli.teach_thorough import Asked, default_base, teach_thoroughly
    from studio.services.fine_tuning import FineTuneRequest, FineTuneSettings

    if asked.task not in FINE_TUNABLE:
        raise InputError(
            _("{task} can't be taught this way.").format(task=asked.task),
            _("These can: {names}.").format(names=", ".join(FINE_TUNABLE)),
        )
    settings = FineTuneSettings(**{name: value for name, value in asked.settings.items() if value is not None})
    task, examples = _examples(asked)
    request = FineTuneRequest(
        task,
        asked.name,
        examples,
        asked.base or default_base(task, library),
        settings.checked(),
        asked.seed,
        asked.replace,
        asked.anyway,
        asked.threads or 0,
    )
    return teach_thoroughly(request, library, pool, Asked(False, asked.afresh, asked.as_json))


def _quick(asked: Teaching, library: Library, pool: CandidatePool) -> Taught:
    thorough = {**asked.settings, "threads": asked.threads}
    chosen = [name.replace("_", "-") for name, value in thorough.items() if value is not None]
    if chosen:
        raise InputError(
            _("--{name} belongs to the thorough method.").format(name=chosen[0]), _("Add --method thorough.")
        )
    if asked.task in FINE_TUNABLE and asked.task not in TEACHABLE:
        raise InputError(
            _("{task} is taught by the thorough method only.").format(task=asked.task), _("Add --method thorough.")
        )
    task, examples = _examples(asked)
    request = TeachRequest(task, asked.name, examples, asked.base or BASE, asked.seed, asked.replace)
    with stopping() as stop, WatchedLine(quiet=asked.as_json) as line:

        def show(stage: str, share: float | None) -> None:
            line.show(_(_STAGES[stage]) + ("" if share is None else f" {share:.0%}"))

        return teach(request, library, pool, show, stop)


def _print(taught: Taught, library: Library) -> None:
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
    task, model = taught.model.task, taught.model.id
    lines = [
        f"{sizes_words(taught.sizes)} " + took_words(taught.seconds),
        _kept_words(taught),
        *(remark.sentence for remark in taught.remarks),
        curve_words(taught.curve),
    ]
    for line in lines:
        if line:
            console.print(line, markup=False, highlight=False)
    commands = (
        _("Try it: studio run {task} --model {model} --input TEXT").format(task=task, model=model),
        _beside_base(taught, library),
    )
    for line in commands:
        if line:
            # Whole, so that it can be copied.
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _beside_base(taught: Taught, library: Library) -> str:
    """How to compare it with what it was made from; empty where that does not do the task at all."""
    from studio.tasks import find_task

    task, examples = find_task(taught.model.task or ""), taught.examples
    base = next((model for model in library.all() if model.id == taught.base), None)
    if examples is None or base is None or not (task.runs(base.task, base.architecture) or task.must_tell(base.task)):
        return ""
    texts, answers = (shlex.quote(column) for column in examples.columns)
    command = (
        f"studio evaluate {task.id} --data FILE --input-column {texts} --label-column {answers} "
        f"-m {taught.model.id} -m {base.id}"
    )
    return _("Compare it with its base on other rows: {command}").format(command=command)


def _kept_words(taught: Taught) -> str:
    if taught.kept is None:
        return ""
    if taught.kept == 0:
        return _("No epoch was better than the model before it learned, which was kept.")
    return _("Epoch {number} was the best and was kept.").format(number=taught.kept)


def _document(taught: Taught) -> dict[str, Any]:
    train, validation, test = taught.sizes
    examples = taught.examples
    assert examples is not None
    return {
        "schema_version": 1,
        "model": taught.model.id,
        "precision": taught.precision,
        "folder": str(taught.model.folder),
        "task": taught.model.task,
        "base": taught.base,
        "method": "thorough" if taught.settings else "quick",
        "data": {
            "name": examples.name,
            "sha256": examples.fingerprint,
            "input_column": examples.columns[0],
            "label_column": examples.columns[1],
            "examples": len(examples.texts),
            "left_out": examples.aside,
        },
        "settings": taught.settings.document() if taught.settings else None,
        "seed": taught.seed,
        "sizes": {"train": train, "validation": validation, "test": test},
        "labels": list(taught.labels),
        "metrics": {
            name: {"value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method}
            for name, found in taught.scores.items()
        },
        "history": [epoch.document() for epoch in taught.history],
        "kept": taught.kept,
        "ended": taught.ended or None,
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

"""What ``studio explain`` does: ask a candidate with each part of its input left out, and print what each did."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from studio.cli.stopping import stopping
from studio.cli.table import safe
from studio.domain.errors import InputError
from studio.domain.explanation import METHODS, Explanation
from studio.domain.i18n import _
from studio.domain.running import Inputs
from studio.domain.task import CHOICES, FILE_KINDS, Field, Task
from studio.services.explaining_words import (
    leaned_on,
    method_words,
    other_words,
    sentences,
    share,
    signed,
    weight_title,
)

_MOST_SHOWN = 12


@dataclass(frozen=True)
class ExplainRequest:
    """The command line of ``studio explain``, read but not yet checked.

    Attributes:
        task: Task id.
        model: The candidate.
        text: The main input.
        fields: ``NAME=VALUE`` of further inputs.
        field_files: ``NAME=FILE`` of further inputs.
        labels: Labels to choose from.
        options: ``NAME=VALUE`` of options.
        method: How.
        check: Whether to check the explanation against chance.
        project: Its evaluations say how right such confidence was.
        device: Provider id.
        library: Another folder of models.
        as_json: One JSON document instead.
    """

    task: str
    model: str
    text: str
    fields: Sequence[str] = ()
    field_files: Sequence[str] = ()
    labels: Sequence[str] = ()
    options: Sequence[str] = ()
    method: str = "occlusion"
    check: bool = True
    project: str | None = None
    device: str = "cpu"
    library: str | None = None
    as_json: bool = False


def explain_command(request: ExplainRequest) -> None:
    """Explain one answer.

    Raises:
        StudioError: It can't be explained.
    """
    from studio.cli.models_show import open_library
    from studio.services.candidates import resolve
    from studio.services.explaining import explain
    from studio.services.explaining_calibration import with_calibration
    from studio.services.explaining_document import document_of
    from studio.services.pool import CandidatePool
    from studio.services.projects import Projects
    from studio.tasks import find_task

    task = find_task(request.task)
    method = next((each for each in METHODS if each == request.method), None)
    if method is None:
        raise InputError(
            _("There is no way to explain called {name!r}.").format(name=request.method),
            _("Choose one of: {names}.").format(names=", ".join(METHODS)),
        )
    library = open_library(request.library)
    candidate, spec = resolve(task, request.model, library, request.device)
    model = None if candidate.remote else library.find(candidate.model)
    named = CHOICES if model is not None and task.must_tell(model.task) else "labels"
    given: dict[str, Any] = {**_pairs(request.options), **({named: request.labels} if request.labels else {})}
    options = task.resolve_options(given)
    inputs = _inputs(task, request)
    with ExitStack() as stack:
        session = None
        if request.project:
            path = Path(request.project).expanduser()
            session = stack.enter_context(Projects().open(path, read_only=True))
        pool = stack.enter_context(CandidatePool(keep=0))
        stop = stack.enter_context(stopping())
        progress = stack.enter_context(_progress())
        bar = progress.add_task(_("Explaining"), total=1.0)
        found = explain(
            task,
            spec,
            inputs,
            options,
            pool,
            lambda share: progress.update(bar, completed=share),
            stop,
            check=request.check,
            method=method,
            model=model,
        )
        found = with_calibration(found, session, task.id, candidate)
    if request.as_json:
        document = document_of(task, candidate.name, request.text, found)
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        return
    _print(Console(), found)


def _progress() -> Progress:
    """A bar on the error stream that goes when it is done."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _inputs(task: Task, request: ExplainRequest) -> Inputs:
    from studio.services.field_values import value_of_cell, value_of_file

    inputs = dict(task.read_text(request.text))
    kinds = {field.name: field for field in task.inputs}
    for name, value in _pairs(request.fields).items():
        inputs[name] = value_of_cell(_known(name, kinds), value, None)
    for name, value in _pairs(request.field_files).items():
        field = _known(name, kinds)
        inputs[name] = value if field.kind in FILE_KINDS else value_of_file(field, Path(value))
    return inputs


def _pairs(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise InputError(_("{text!r} is not NAME=VALUE.").format(text=each))
        found[name.strip()] = value
    return found


def _known(name: str, fields: Mapping[str, Field]) -> Field:
    if name not in fields:
        raise InputError(
            _("There is no input called {name!r}.").format(name=name),
            _("It has: {names}.").format(names=", ".join(fields)),
        )
    return fields[name]


def _print(console: Console, found: Explanation) -> None:
    console.print(Text(f"{safe(found.answer) or _('no answer')}  {found.score:.3f}", "bold"))
    if found.grid is not None:
        console.print(_map(found))
    else:
        console.print(_shaded(found))
    if found.steps:
        console.print(_written(found))
    console.print(_weights(found))
    if found.considered:
        console.print(_considered(found))
    for line in [*sentences(found, str), method_words(found)]:
        console.print(safe(line), markup=False, highlight=False)


def _shaded(found: Explanation) -> Text:
    heaviest = max((abs(weight) for weight in found.weights), default=0) or 1.0
    shaded = Text()
    at = 0
    for part, weight in zip(found.parts, found.weights, strict=True):
        shaded.append(safe(found.text[at : part.start]))
        strong = abs(weight) / heaviest
        tone = "green" if weight > 0 else "red"
        shaded.append(safe(part.text), f"bold {tone}" if strong > 0.5 else tone if strong > 0.1 else "")
        at = part.end
    shaded.append(safe(found.text[at:]))
    return shaded


def _map(found: Explanation) -> Table:
    """The grid of a picture: columns by letter, rows by number, as the parts are named."""
    assert found.grid is not None
    heaviest = max((abs(weight) for weight in found.weights), default=0) or 1.0
    table = Table(pad_edge=False, show_lines=False)
    table.add_column("")
    for column in range(found.grid.columns):
        table.add_column(chr(65 + column), justify="right")
    for row in range(found.grid.rows):
        weights = found.weights[row * found.grid.columns : (row + 1) * found.grid.columns]
        cells = [
            Text(signed(weight, 2), ("green" if weight > 0 else "red") if abs(weight) > heaviest / 4 else "dim")
            for weight in weights
        ]
        table.add_row(str(row + 1), *cells)
    return table


def _weights(found: Explanation) -> Table:
    table = Table(pad_edge=False)
    table.add_column(_("Field") if found.grid is not None else _("Word"))
    table.add_column(_(weight_title(found)), justify="right")
    for place in found.heaviest[:_MOST_SHOWN]:
        table.add_row(Text(safe(found.parts[place].text)), signed(found.weights[place]))
    return table


def _written(found: Explanation) -> Table:
    table = Table(pad_edge=False)
    table.add_column(_("Word of the answer"))
    table.add_column(_("Probability"), justify="right")
    table.add_column(_("Could have been"))
    table.add_column(_("Leaned on"))
    for step in found.steps:
        table.add_row(
            Text(safe(step.text)),
            share(step.probability),
            Text(safe(other_words(step))),
            Text(safe(leaned_on(found, step))),
        )
    return table


def _considered(found: Explanation) -> Table:
    table = Table(pad_edge=False)
    table.add_column(_("Considered"))
    table.add_column(_("Score"), justify="right")
    table.add_column(_("Without it"))
    for each in found.considered:
        style = "bold" if each.chosen else ""
        short = safe(" ".join(each.text.split()))
        table.add_row(
            Text(short[:120] + ("…" if len(short) > 120 else ""), style),
            f"{each.score:.2f}",
            Text(safe(each.answer_without) or _("no answer")),
        )
    return table

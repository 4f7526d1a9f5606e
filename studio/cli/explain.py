"""What ``studio explain`` does: ask a candidate with each word left out, and print what each did."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack

from rich.console import Console
from rich.table import Table
from rich.text import Text

from studio.cli.stopping import stopping
from studio.domain.i18n import _
from studio.services.explaining import METHOD, document_of, explain, sentences

_MOST_SHOWN = 12


def explain_command(
    task_id: str, model: str, text: str, labels: list[str], device: str, library: str | None, as_json: bool
) -> None:
    """Explain one answer.

    Raises:
        StudioError: It can't be explained.
    """
    from studio.cli.models_show import open_library
    from studio.services.candidates import resolve
    from studio.services.pool import CandidatePool
    from studio.tasks import find_task

    task = find_task(task_id)
    candidate, spec = resolve(task, model, open_library(library), device)
    options = task.resolve_options({"labels": labels} if labels else {})
    with ExitStack() as stack:
        pool = stack.enter_context(CandidatePool(keep=0))
        stop = stack.enter_context(stopping())
        found = explain(task, spec, task.read_text(text), options, pool, stop=stop)
    if as_json:
        document = document_of(task, candidate.name, text, found)
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        return
    console = Console()
    heaviest = max((abs(weight) for weight in found.weights), default=0) or 1.0
    shaded = Text()
    at = 0
    for part, weight in zip(found.parts, found.weights, strict=True):
        shaded.append(text[at : part.start])
        strong = abs(weight) / heaviest
        tone = "green" if weight > 0 else "red"
        shaded.append(part.text, f"bold {tone}" if strong > 0.5 else tone if strong > 0.1 else "")
        at = part.end
    shaded.append(text[at:])
    console.print(Text(f"{found.answer}  {found.score:.3f}", "bold"))
    console.print(shaded)
    table = Table(pad_edge=False)
    table.add_column(_("Word"))
    table.add_column(_("Score without it falls by"), justify="right")
    order = sorted(range(len(found.parts)), key=lambda place: -abs(found.weights[place]))
    for place in order[:_MOST_SHOWN]:
        table.add_row(Text(found.parts[place].text), f"{found.weights[place]:+.4f}")
    console.print(table)
    for line in [*sentences(found), _(METHOD)]:
        console.print(line, markup=False, highlight=False)

"""``studio models add``: the request, progress on standard error, and what came of it."""

from __future__ import annotations

import sys
from pathlib import Path

from studio.cli.models_show import open_library
from studio.cli.table import safe
from studio.cli.watched import WatchedLine
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.services import models as service


def add_model(
    source: str,
    model_id: str | None,
    precision: str | None,
    task: str | None,
    library: str | None,
    keep_weights: bool,
    allow_pickle: bool,
    replace: bool,
    source_name: str | None,
    log: str | None,
) -> None:
    """Add a model and print what was made."""
    request = service.AddRequest(
        source=source,
        id=model_id,
        task=task,
        precisions=tuple(p.strip() for p in precision.split(",") if p.strip()) if precision else (),
        keep_weights=keep_weights,
        allow_pickle=allow_pickle,
        replace=replace,
        source_name=source_name,
        log=Path(log).expanduser() if log else None,
    )
    with _Progress() as progress:
        model = service.add(open_library(library), request, progress)
    if model:
        _print_summary(model)


def _print_summary(model: Model) -> None:
    lines = [_("Added {id} to {folder}.").format(id=safe(model.id), folder=model.folder)]
    for files in model.precisions:
        size = sum((model.folder / name).stat().st_size for name in files.all_files) / 1e6
        fidelity = model.fidelity.get(files.precision)
        line = f"  {files.precision}: {size:.1f} MB"
        if fidelity:
            line += _(", largest logit difference {difference:.2g}, same answers on {share:.1%} of {n} inputs").format(
                difference=fidelity.max_logit_difference, share=fidelity.same_outputs, n=fidelity.inputs
            )
        lines.append(line)
    if model.task:
        lines.append(
            _("Try it: studio run {task} --model {id} --input TEXT").format(task=model.task, id=safe(model.id))
        )
    sys.stdout.write("\n".join(lines) + "\n")


class _Progress(WatchedLine):
    """A line that changes while a person watches; one line for each stage in a log."""

    def __init__(self) -> None:
        super().__init__()
        self._last = ""

    def stage(self, name: str, fraction: float, message: str) -> None:
        if self.watched:
            self.show(f"[{fraction:4.0%}] {message}")
        elif message != self._last:
            self.console.print(message, markup=False, highlight=False)
        self._last = message

"""What there is to show without any set-up: a sample of each task and the models that are ready for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.domain.comparison import Candidate
from studio.domain.running import LoadSpec
from studio.domain.task import Sample, Task
from studio.library.store import Library
from studio.services.candidates import resolve

#: More columns than this are hard to read on a terminal.
_MOST_CANDIDATES = 3


@dataclass(frozen=True)
class Demonstration:
    """One sample, and who answers it."""

    task: Task
    sample: Sample
    candidates: tuple[tuple[Candidate, LoadSpec], ...]


def demonstrations(tasks: Sequence[Task], library: Library) -> list[Demonstration]:
    """The first sample of each task for which a model is ready.

    A sample written for certain models is shown on those; a single model is shown at its two outermost precisions,
    so that there is something to compare.
    """
    models = [model for model in library.all() if model.state == "ready" and model.shipped]
    found = []
    for task in tasks:
        mine = {model.id: model for model in models if task.runs(model.task, model.architecture)}
        for sample in task.samples:
            names = [name for name in sample.models if name in mine] or ([] if sample.models else list(mine))
            if len(names) == 1 and len(mine[names[0]].precisions) > 1:
                offered = mine[names[0]].precisions
                names = [f"{names[0]}:{offered[-1].precision}", f"{names[0]}:{offered[0].precision}"]
            if names:
                candidates = tuple(resolve(task, name, library) for name in names[:_MOST_CANDIDATES])
                found.append(Demonstration(task, sample, candidates))
                break
    return found

"""Judges a taught model on the examples that it was not taught with, as an evaluation would."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from studio.domain.metric import Estimate
from studio.domain.prediction import Output
from studio.domain.running import Inputs, LoadSpec
from studio.domain.task import Task
from studio.services.pool import CandidatePool
from studio.services.waiting import Waiter

_BATCH = 32

#: Hears the stage and the share that is done, None where unknown.
OnProgress = Callable[[str, float | None], object]


def answer_all(
    inputs: Sequence[Inputs],
    task: Task,
    spec: LoadSpec,
    pool: CandidatePool,
    waiter: Waiter,
    on_progress: OnProgress,
    stage: str,
) -> list[Output]:
    """What a candidate answers, in the order of the inputs.

    Raises:
        StoppedError: The user stopped it.
        StudioError: It can't be run.
    """
    options = task.resolve_options({})
    found: list[Output] = []
    with pool.borrow(spec, waiter) as opened:
        # Texts of about one length go together.
        order = sorted(range(len(inputs)), key=lambda place: len(str(next(iter(inputs[place].values())))))
        size = _BATCH if opened.loaded.batches else 1
        for start in range(0, len(order), size):
            waiter.check()
            on_progress(stage, start / len(order))
            batch = [inputs[place] for place in order[start : start + size]]
            if opened.loaded.batches:
                found += waiter.result(opened.worker.run_batch(batch, options)).table.rows()
            else:
                found.append(waiter.result(opened.worker.run(batch[0], options)).prediction.output)
    on_progress(stage, 1.0)
    back = {place: number for number, place in enumerate(order)}
    return [found[back[place]] for place in range(len(inputs))]


def scores_of(task: Task, wanted: Sequence[str], answers: Sequence[Output], seed: int) -> dict[str, Estimate]:
    """Every metric of the task with its interval, the headline first."""
    import numpy as np

    from studio.evaluation.measuring import Figure, estimates
    from studio.metrics import find_metric
    from studio.metrics._metric import Answers

    texts = [output.text for output in answers]
    given = Answers(wanted, texts, outputs=answers)
    figures = []
    for name in task.metrics:
        metric = find_metric(name)
        measured = metric.measure(given, {})
        if measured is not None:
            figures.append((name, Figure(metric, np.arange(len(wanted)), measured)))
    found, _drawn = estimates([figure for _name, figure in figures], seed)
    return {name: estimate for (name, _figure), estimate in zip(figures, found, strict=True) if estimate is not None}

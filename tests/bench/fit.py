"""Predicted against measured memory of every starter model: what fit advice promises, and what a worker takes."""

from __future__ import annotations

import threading
from functools import partial

from studio.library.fit import expected
from studio.library.store import Library
from studio.services.candidates import resolve
from studio.services.fit import sizing_of_spec
from studio.services.pool import CandidatePool
from studio.services.waiting import Waiter
from studio.tasks import find_task
from tests.bench.line import Line
from tests.bench.pairs import EngineError

#: Advice may promise so much more than a short question takes, since a long one takes more.
_MOST = 1.6


def predicted(model_id: str, _rounds: int) -> Line:
    """The prediction for a model, divided by the peak of the worker that answered an example with it."""
    library = Library.open()
    task = find_task(library.find(model_id).task or "")
    candidate, spec = resolve(task, model_id, library)
    need_mb = expected(sizing_of_spec(spec)).memory_mb
    sample = next((each for each in task.samples if model_id in each.models), task.samples[0])
    with CandidatePool(keep=0) as pool, pool.borrow(spec, Waiter(threading.Event(), 60)) as opened:
        options = task.resolve_options(sample.options)
        ran = Waiter(threading.Event(), 60).result(opened.worker.run(sample.inputs, options))
    if ran.peak_memory_mb is None:
        raise EngineError("this system does not tell the peak memory of a process")
    title = f"memory predicted ÷ measured, {candidate.name.removeprefix('starter/')}"
    return Line(
        title, need_mb / ran.peak_memory_mb, _MOST, at_most=True, detail=f"{need_mb:.0f} / {ran.peak_memory_mb:.0f} MB"
    )


MEASURES = [
    partial(predicted, f"starter/{name}")
    for name in (
        "assistant-base",
        "assistant-small",
        "clinc150-minilm",
        "clinc150-tiny",
        "sentiment-minilm",
        "sentiment-tiny",
        "support-intents-small",
        "support-intents-tiny",
        "translate-en-zh-base",
        "translate-en-zh-small",
        "translate-zh-en-base",
        "translate-zh-en-small",
    )
]

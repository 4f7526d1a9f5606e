"""From trained weights to a model of the library: converted, compared, judged, and with a card that tells of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from studio.domain.errors import StoppedError
from studio.domain.i18n import _
from studio.domain.metric import Estimate
from studio.domain.model import Model
from studio.domain.running import LoadSpec
from studio.domain.task import Task
from studio.library.add import AddRequest, make_plan
from studio.library.preparing_process import prepare
from studio.library.reading import read_model
from studio.library.store import Library
from studio.library.working_folder import place, working_folder
from studio.services.candidates import preferred_precision
from studio.services.fine_tuning_card import write_about
from studio.services.fine_tuning_folder import Unfinished
from studio.services.fine_tuning_process import Control
from studio.services.pool import CandidatePool
from studio.services.teaching import Taught
from studio.services.teaching_examples import Examples
from studio.services.teaching_judging import answer_all, scores_of
from studio.services.waiting import Waiter
from studio.tasks import find_task
from studio.teaching.examples import Split, remarks
from studio.teaching.fine_tuning_plan import LOG, TRAINED, Trained, epochs_in

#: Models with more parameters than this keep neither fp32 nor their PyTorch weights: only int8.
_SMALL = 50_000_000
#: Answers that are written take their time: so many examples judge at most.
_MOST_WRITTEN = 300

OnStage = Callable[[str, float | None, str], None]


def finish(
    begun: Unfinished,
    trained: Trained,
    examples: Examples,
    parts: Split,
    library: Library,
    pool: CandidatePool,
    on_stage: OnStage,
    control: Control,
) -> Taught:
    """Make the model and put it into the library.

    Raises:
        StoppedError: It was cancelled; the weights stay, so that it can be finished later.
        StudioError: The conversion failed, or its result differs from what was trained.
    """
    began = time.monotonic()
    task = find_task(begun.task)
    source = begun.folder / TRAINED
    small = (read_model(source, begun.name).parameters or 0) <= _SMALL
    request = AddRequest(
        str(source),
        begun.name,
        task.id,
        ("fp32", "int8") if small else ("int8",),
        keep_weights=small,
        replace=begun.replace,
        source_name=begun.base,
        threads=begun.plan.threads,
    )
    plan = make_plan(request, library)
    history = epochs_in(begun.folder)
    with working_folder(library.own) as working:

        def tell(name: str, fraction: float, message: str) -> None:
            on_stage(name, fraction, message)

        if not prepare(plan, working, begun.folder / LOG, tell, control.cancelled.is_set):
            raise StoppedError(_("Stopped. What it has learned is kept, so that it can be finished later."))
        folder = working / "model"
        made = read_model(folder, begun.name)
        precision = preferred_precision(made, "cpu")
        judged = _judged(task, parts.test)
        scores = _scores(task, made, precision, examples, judged, pool, control, on_stage, begun)
        seconds = trained.seconds + time.monotonic() - began
        labels = examples.answers if task.output == "labels" else None
        sizes = len(parts.train), len(parts.validation), len(judged)
        taught = Taught(
            made,
            precision,
            sizes,
            scores[precision],
            remarks(examples.texts, labels),
            None,
            seconds,
            made.labels,
            Split(parts.train, parts.validation, judged),
            history,
            trained.epoch,
            trained.ended,
            begun.base,
            examples,
            begun.plan.seed,
            begun.plan.settings,
        )
        write_about(folder, begun, taught, examples, scores, library)
        place(folder, library.own / begun.name, working)
    return replace(taught, model=read_model(library.own / begun.name, begun.name))


def _judged(task: Task, test: Sequence[int]) -> tuple[int, ...]:
    if task.output != "text" or len(test) <= _MOST_WRITTEN:
        return tuple(test)
    step = len(test) / _MOST_WRITTEN
    return tuple(test[int(number * step)] for number in range(_MOST_WRITTEN))


def _scores(
    task: Task,
    made: Model,
    precision: str,
    examples: Examples,
    judged: Sequence[int],
    pool: CandidatePool,
    control: Control,
    on_stage: OnStage,
    begun: Unfinished,
) -> Mapping[str, Mapping[str, Estimate]]:
    """By precision; answers that are written are judged for the preferred one alone."""
    asked = [files.precision for files in made.precisions] if task.output != "text" else [precision]
    inputs = [task.read_text(examples.texts[place]) for place in judged]
    wanted = [examples.answers[place] for place in judged]
    waiter = Waiter(control.cancelled, None, begun.name)
    found = {}
    for each in asked:

        def tell(stage: str, share: float | None, each: str = each) -> None:
            on_stage(stage, share, _("Judging {precision} on examples it never saw").format(precision=each))

        spec = LoadSpec(task.id, made.folder, each, threads=begun.plan.threads)
        answers = answer_all(inputs, task, spec, pool, waiter, tell, "judging")
        found[each] = scores_of(task, wanted, answers, begun.plan.seed)
    # The model's folder is about to move.
    pool.close_idle(keep=[spec for spec in pool.open if spec.folder != made.folder])
    return found

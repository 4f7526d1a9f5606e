"""Makes a model of one's own from a labelled sheet: a head on the embeddings of a model that is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio.domain.embedding import EmbeddingRecipe
from studio.domain.errors import ConversionError, InputError, ModelFolderError
from studio.domain.i18n import _
from studio.domain.metric import Estimate
from studio.domain.model import Model
from studio.domain.prediction import Findings, Labels, Number, Output
from studio.domain.running import Inputs, LoadSpec
from studio.domain.task import Task
from studio.library.reading import read_model
from studio.library.store import Library
from studio.library.working_folder import place, working_folder
from studio.metrics._numbers import number_in
from studio.services.candidates import resolve
from studio.services.pool import CandidatePool
from studio.services.teaching_examples import Examples
from studio.services.teaching_folder import write_about, write_small_files
from studio.services.teaching_judging import OnProgress, answer_all, scores_of
from studio.services.teaching_name import check_name
from studio.services.waiting import Waiter
from studio.tasks import find_task
from studio.teaching.examples import TEACHABLE, Remark, Split, remarks, split

if TYPE_CHECKING:
    from studio.teaching.curve import Curve
    from studio.teaching.fine_tuning_plan import Epoch, FineTuneSettings
    from studio.teaching.head import Array, Head

#: The embedding model that ships.
BASE = "starter/minilm-embeddings"
#: The folded graph must answer as the parts did; dynamic quantization differs in the last digits between batches.
_SAME = 0.97
_EMBEDDING = "feature-extraction"


@dataclass(frozen=True)
class TeachRequest:
    """What a user asks for.

    Attributes:
        task: ``"text-classification"`` or ``"regression"``.
        name: What to call the model in the library.
        examples: What it is taught with.
        base: An embedding model, with its precision where one is meant.
        seed: Of the split and the solver.
        replace: Whether to take the place of a model of the same name.
    """

    task: Task
    name: str
    examples: Examples
    base: str = BASE
    seed: int = 0
    replace: bool = False


@dataclass(frozen=True)
class Taught:
    """What came of it.

    Attributes:
        model: The new model in the library.
        precision: The precision of its graph, which is the base's.
        sizes: Examples learned from, chosen by, judged on.
        scores: Figures on the judged examples, by metric id, the headline first.
        remarks: What to know about the examples.
        curve: What fewer and more examples bring; None for numbers.
        seconds: How long it took.
        labels: What it answers; empty where that is no label.
        parts: Which examples were learned from, chose, and judged.
        history: Epoch by epoch, where it was fine-tuned.
        kept: Number of the epoch that was kept.
        ended: Why it learned no more, see `studio.teaching.fine_tuning_plan.Trained`.
        base: Id of the base.
        examples: What it was taught with.
        seed: Of the split.
        settings: How it was fine-tuned; None for a head alone.
    """

    model: Model
    precision: str
    sizes: tuple[int, int, int]
    scores: Mapping[str, Estimate]
    remarks: tuple[Remark, ...] = ()
    curve: Curve | None = None
    seconds: float = 0.0
    labels: tuple[str, ...] = ()
    parts: Split | None = None
    history: tuple[Epoch, ...] = ()
    kept: int | None = None
    ended: str = ""
    base: str = ""
    examples: Examples | None = None
    seed: int = 0
    settings: FineTuneSettings | None = None


def ignore_progress(_stage: str, _share: float | None) -> None:
    """An ``on_progress`` for callers that show none."""


def bases(library: Library) -> tuple[Model, ...]:
    """Models that a head can be put on, the one that ships first."""
    found = [model for model in library.all() if model.task == _EMBEDDING and model.state == "ready"]
    return tuple(sorted(found, key=lambda model: (model.id != BASE, not model.shipped, model.size_mb)))


def teach(
    request: TeachRequest,
    library: Library,
    pool: CandidatePool,
    on_progress: OnProgress = ignore_progress,
    stop: threading.Event | None = None,
) -> Taught:
    """Teach a model, and put it into the library; nothing is left behind where that fails or is stopped.

    Args:
        request: What to teach.
        library: Where the base lies, and where the model goes to.
        pool: Opens both.
        on_progress: Hears the stages ``embedding``, ``fitting`` and ``judging``.
        stop: Once set, it ends.

    Raises:
        InputError: The examples or the base can't be used, or the name is taken.
        StoppedError: The user stopped it.
        StudioError: The base can't be run.
    """
    from studio.teaching.curve import learning_curve
    from studio.teaching.graph import fold
    from studio.teaching.head import fit_labels, fit_numbers

    began = time.monotonic()
    task, examples = request.task, request.examples
    if task.id not in TEACHABLE:
        raise InputError(
            _("{task} can't be taught this way.").format(task=task.id),
            _("These can: {names}.").format(names=", ".join(TEACHABLE)),
        )
    check_name(request.name, library, request.replace)
    waiter = Waiter(stop or threading.Event(), None, request.base)
    labels = examples.answers if task.output == "labels" else None
    parts = split(examples.texts, labels, request.seed)
    base, spec = embedding_base(request.base, library)
    vectors = embedded(examples.texts, spec, pool, waiter, on_progress)
    on_progress("fitting", None)
    rows = [list(part) for part in (parts.train, parts.validation, parts.test)]
    curve = None
    if labels is not None:
        own = [[labels[place] for place in part] for part in rows]
        head = fit_labels(vectors[rows[0]], own[0], (vectors[rows[1]], own[1]), request.seed, waiter.stop.is_set)
        waiter.check()
        learned = rows[0] + rows[1]
        curve = learning_curve(
            vectors[learned], own[0] + own[1], (vectors[rows[2]], own[2]), request.seed, waiter.stop.is_set
        )
    else:
        numbers = _numbers(examples.answers)
        head = fit_numbers(vectors[rows[0]], numbers[rows[0]], (vectors[rows[1]], numbers[rows[1]]))
    waiter.check()
    noted = remarks(examples.texts, labels)
    with working_folder(library.own) as working:
        folder = working / "model"
        precision = spec.precision
        write_small_files(base, folder, task, head)
        name = "model.onnx" if precision == "fp32" else f"model_{precision}.onnx"
        files = base.files(precision)
        assert files is not None
        fold(base.folder / files.roles["model"], EmbeddingRecipe.open(base.folder), head, folder / "onnx" / name)
        made = LoadSpec(task.id, folder, precision)
        judged = [examples.texts[place] for place in rows[2]]
        answers = _answered(judged, task, made, pool, waiter, on_progress)
        _check_folded(answers, head, vectors[rows[2]])
        scores = scores_of(task, [examples.answers[place] for place in rows[2]], answers, request.seed)
        if curve is not None:
            curve = replace(curve, room=1 - scores["accuracy"].value)
        seconds = time.monotonic() - began
        taught = Taught(
            base,
            precision,
            _sizes(parts),
            scores,
            noted,
            curve,
            seconds,
            head.labels,
            parts,
            base=base.id,
            examples=examples,
            seed=request.seed,
        )
        write_about(folder, request, base, taught, parts, head)
        pool.close_idle(keep=[spec])
        waiter.check()
        place(folder, library.own / request.name, working)
    return replace(taught, model=read_model(library.own / request.name, request.name))


def embedding_base(name: str, library: Library) -> tuple[Model, LoadSpec]:
    """An embedding model by its name, and how it is opened.

    Raises:
        StudioError: There is none of that name, or it is another kind of model.
    """
    candidate, spec = resolve(find_task(_EMBEDDING), name, library)
    model = library.find(candidate.model)
    if model.task != _EMBEDDING:
        raise ModelFolderError(_("{name} is no embedding model.").format(name=name))
    return model, spec


def embedded(
    texts: Sequence[str], spec: LoadSpec, pool: CandidatePool, waiter: Waiter, on_progress: OnProgress
) -> Array:
    """float32 vectors of all texts, shape ``(texts, dimension)``."""
    import numpy as np

    task = find_task(_EMBEDDING)
    main = task.inputs[0].name

    def inputs(text: str) -> Inputs:
        return {**task.read_text(text), main: text}

    outputs = answer_all([inputs(text) for text in texts], task, spec, pool, waiter, on_progress, "embedding")
    return np.array([output.vector for output in outputs if isinstance(output, Findings)], np.float32)


def _answered(
    texts: Sequence[str], task: Task, spec: LoadSpec, pool: CandidatePool, waiter: Waiter, on_progress: OnProgress
) -> list[Output]:
    return answer_all([task.read_text(text) for text in texts], task, spec, pool, waiter, on_progress, "judging")


def _numbers(answers: Sequence[str]) -> Array:
    import numpy as np

    return np.array([number_in(answer) for answer in answers], np.float64)


def _sizes(parts: Split) -> tuple[int, int, int]:
    return len(parts.train), len(parts.validation), len(parts.test)


def _check_folded(answers: Sequence[Output], head: Head, vectors: Array) -> None:
    """The graph must answer what encoder and head answer one after the other.

    Raises:
        ConversionError: It does not.
    """
    import numpy as np

    if head.labels:
        given = [output.chosen[0] for output in answers if isinstance(output, Labels)]
        same = float(np.mean([one == other for one, other in zip(given, head.answers(vectors), strict=True)]))
    else:
        values = np.array([output.value for output in answers if isinstance(output, Number)])
        expected = head.scores(vectors)[:, 0]
        same = float(np.mean(np.abs(values - expected) <= 0.05 * max(1e-6, float(expected.std()))))
    if same < _SAME:
        raise ConversionError(
            _("The finished model does not answer as it was taught: {share:.0%} of answers agree.").format(share=same),
            _("Try another embedding model as its base."),
        )

"""Makes a model of one's own by fine-tuning a small Transformer: in its own process, paused, stopped and continued."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from studio.domain.errors import InputError, MissingDependencyError, ModelFolderError, OutOfMemory
from studio.domain.i18n import N_, _
from studio.domain.model import Model
from studio.domain.task import Task
from studio.library.store import Library
from studio.services.candidates import preferred_precision, split_name
from studio.services.fine_tuning_finish import finish
from studio.services.fine_tuning_folder import (
    Unfinished,
    begin_folder,
    discard,
    examples_in,
    held,
    read_unfinished,
    trained_in,
    unfinished,
)
from studio.services.fine_tuning_memory import MemoryCheck, Shape, check
from studio.services.fine_tuning_process import Control, train
from studio.services.pool import CandidatePool
from studio.services.teaching import Taught
from studio.services.teaching_examples import Examples
from studio.services.teaching_name import check_name
from studio.teaching.examples import split
from studio.teaching.fine_tuning_plan import (
    FINE_TUNABLE,
    KINDS,
    SETTINGS,
    Epoch,
    FineTuneSettings,
    Kind,
    Paused,
    Stage,
    Step,
    TrainingPlan,
)

__all__ = [
    "FINE_TUNABLE", "SETTINGS", "Control", "Epoch", "FineTuneObserver", "FineTuneRequest", "FineTuneSettings",
    "MemoryCheck", "Quiet", "Step", "Unfinished", "check_memory", "continue_", "discard", "fine_tune", "score_words",
    "thorough_bases", "unfinished",
]  # fmt: skip

#: The tasks whose models can be the base of each kind.
_BASE_TASKS: dict[Kind, tuple[str, ...]] = {
    "labels": ("feature-extraction", "text-classification", "regression"),
    "number": ("feature-extraction", "regression", "text-classification"),
    "seq2seq": ("translation",),
    "causal": ("chat", "text-generation"),
}
#: ``model_type`` of bases that the trainer knows.
_ENCODERS = frozenset(
    [
        "bert",
        "distilbert",
        "roberta",
        "xlm-roberta",
        "camembert",
        "electra",
        "albert",
        "mpnet",
        "deberta-v2",
        "modernbert",
    ]
)
_WRITERS = frozenset(["marian", "t5", "mt5", "bart", "mbart", "m2m_100"])
_DECODERS = frozenset(["llama", "qwen2", "qwen3", "mistral", "phi3", "gemma", "gemma2", "gpt2", "smollm3", "olmo2"])
_KNOWN: dict[Kind, frozenset[str]] = {
    "labels": _ENCODERS,
    "number": _ENCODERS,
    "seq2seq": _WRITERS,
    "causal": _DECODERS,
}
#: The one that ships and suits most, by kind.
_FIRST = {
    "labels": "starter/minilm-embeddings",
    "number": "starter/minilm-embeddings",
    "causal": "starter/assistant-small",
}
_QUALITY = ("fp32", "fp16", "int8", "uint8", "int4")
_SCORES: dict[Kind, str] = {
    "labels": N_("Right answers"),
    "number": N_("Mean distance from the number"),
    "seq2seq": N_("Right next tokens"),
    "causal": N_("Right next tokens"),
}
_NEEDED = ("torch", "transformers", "optimum", "onnx", "sklearn")


@dataclass(frozen=True)
class FineTuneRequest:
    """What a user asks for.

    Attributes:
        task: One of `FINE_TUNABLE`.
        name: What to call the model in the library.
        examples: What it is taught with.
        base: A model of `thorough_bases`, with its precision where one is meant.
        settings: How it is fine-tuned.
        seed: Of the split, the order of the examples and fresh weights.
        replace: Whether to take the place of a model of the same name.
        anyway: Whether to start although there may be too little memory.
        threads: Of the processor; 0 means all physical cores.
    """

    task: Task
    name: str
    examples: Examples
    base: str
    settings: FineTuneSettings = field(default_factory=FineTuneSettings)
    seed: int = 0
    replace: bool = False
    anyway: bool = False
    threads: int = 0


class FineTuneObserver(Protocol):
    """Hears how teaching goes on, on the thread that teaches."""

    def stage(self, name: str, share: float | None, message: str) -> None:
        """Something began.

        Args:
            name: ``reading``, ``proving``, ``training``; then those of `studio.library.add.AddObserver.stage`;
                ``judging``.
            share: How much of the stage is done, 0 to 1; None where unknown.
            message: What happens now, in plain words.
        """
        ...

    def step(self, step: Step) -> None:
        """Some batches were read; a few times a second at most."""
        ...

    def epoch(self, epoch: Epoch) -> None:
        """An epoch is done. Those of before a crash are told again when it is continued."""
        ...

    def paused(self, paused: bool) -> None:
        """It waits now, or goes on."""
        ...


class Quiet:
    """An observer that does nothing."""

    def stage(self, name: str, share: float | None, message: str) -> None:
        """Nothing."""

    def step(self, step: Step) -> None:
        """Nothing."""

    def epoch(self, epoch: Epoch) -> None:
        """Nothing."""

    def paused(self, paused: bool) -> None:
        """Nothing."""


def score_words(task: Task) -> tuple[str, bool, bool]:
    """What `Epoch.score` is called, whether it is a share (0 to 1), and whether more of it is better."""
    kind = KINDS[task.id]
    return _(_SCORES[kind]), kind != "number", kind != "number"


def thorough_bases(task: Task, library: Library) -> tuple[Model, ...]:
    """Models that can be fine-tuned for a task, the one to begin with first."""
    kind = KINDS.get(task.id)
    if kind is None:
        return ()
    wanted = _BASE_TASKS[kind]
    found = [model for model in library.all() if _suits(model, kind)]
    first = _FIRST.get(kind)
    return tuple(
        sorted(found, key=lambda each: (each.id != first, not each.shipped, wanted.index(each.task or ""), each.id))
    )


def _suits(model: Model, kind: Kind) -> bool:
    from studio.services.teaching_folder import taught_quickly

    return (
        model.task in _BASE_TASKS[kind]
        and model.state == "ready"
        and model.architecture in _KNOWN[kind]
        # Behind its embedding stands a head that the architecture does not have.
        and not taught_quickly(model.folder)
    )


def check_memory(request: FineTuneRequest, library: Library) -> MemoryCheck:
    """What the fine-tuning needs against what is free.

    Raises:
        InputError: The request can't be done as asked.
        StudioError: The base can't be read.
    """
    base = _base(request, library)
    return check(_plan(request, base), _shape(base), _longest(request.examples))


def fine_tune(
    request: FineTuneRequest,
    library: Library,
    pool: CandidatePool,
    observer: FineTuneObserver | None = None,
    control: Control | None = None,
) -> Taught:
    """Teach a model, and put it into the library.

    What was begun stays in the library, hidden, until it is finished or discarded: see `unfinished`.

    Raises:
        InputError: The examples, the settings or the base can't be used, or the name is taken.
        OutOfMemory: There is too little memory, and the request does not say to start anyway.
        MissingDependencyError: The libraries for training are not installed.
        StoppedError: It was cancelled; its checkpoint stays.
        StudioError: The base can't be read back, or a step failed.
    """
    _check_installed()
    check_name(request.name, library, request.replace)
    base = _base(request, library)
    labels = request.examples.answers if request.task.output == "labels" else None
    parts = split(request.examples.texts, labels, request.seed)
    plan = _plan(request, base)
    memory = check(plan, _shape(base), _longest(request.examples))
    if not memory.enough and not request.anyway:
        raise OutOfMemory(
            _("There is too little memory to teach this: {sentence}.").format(sentence=memory.sentence),
            _("Choose a smaller base, a smaller batch size or shorter texts, or close other programs."),
        )
    begun = begin_folder(library, request.name, base.id, plan, request.examples, parts, request.replace)
    try:
        return continue_(begun, library, pool, observer, control)
    except BaseException:
        # What never learned anything is nothing to go on with.
        if not read_unfinished(begun.folder).epochs and not (begun.folder / "checkpoint.pt").exists():
            discard(begun)
        raise


def continue_(
    begun: Unfinished,
    library: Library,
    pool: CandidatePool,
    observer: FineTuneObserver | None = None,
    control: Control | None = None,
) -> Taught:
    """Go on with a model that was begun, from its last checkpoint; raises as `fine_tune` does."""
    _check_installed()
    check_name(begun.name, library, begun.replace)
    hears, orders = observer or Quiet(), control or Control()
    for name, where in (("base", begun.plan.base), ("weights", begun.plan.weights)):
        if where and not Path(where).is_dir():
            raise ModelFolderError(
                _("The base that this model is taught from is no longer there: {folder}.").format(folder=where),
                _("Put it back, or discard the unfinished model and teach it again."),
                name,
            )
    with held(begun.folder):
        examples, parts = examples_in(begun.folder)
        trained = trained_in(begun.folder)
        if trained is None:
            trained = train(begun.plan, begun.folder, orders, _told(hears))
        taught = finish(begun, trained, examples, parts, library, pool, hears.stage, orders)
    discard(begun)
    return taught


def _told(observer: FineTuneObserver) -> Callable[[Stage | Step | Epoch | Paused], None]:
    def tell(message: Stage | Step | Epoch | Paused) -> None:
        if isinstance(message, Stage):
            observer.stage(message.name, None, message.message)
        elif isinstance(message, Step):
            observer.step(message)
        elif isinstance(message, Epoch):
            observer.epoch(message)
        else:
            observer.paused(message.paused)

    return tell


def _check_installed() -> None:
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            _("Fine-tuning needs libraries that are not installed: {names}.").format(names=", ".join(missing)),
            _('Install them with: pip install "prototype-studio[prepare]"'),
        )


def _base(request: FineTuneRequest, library: Library) -> Model:
    kind = KINDS.get(request.task.id)
    if kind is None:
        raise InputError(
            _("{task} can't be taught this way.").format(task=request.task.id),
            _("These can: {names}.").format(names=", ".join(FINE_TUNABLE)),
        )
    model = library.find(split_name(request.base)[0])
    if model.state != "ready" and model.weights is None:
        raise ModelFolderError(model.problem, _("`studio models verify {model}` says more.").format(model=model.id))
    if not _suits(model, kind):
        names = ", ".join(each.id for each in thorough_bases(request.task, library)[:6])
        raise InputError(
            _("{name} can't be fine-tuned for {task}.").format(name=model.id, task=request.task.id),
            _("These can: {names}.").format(names=names) if names else _("Get a model for this use case first."),
        )
    return model


def _plan(request: FineTuneRequest, base: Model) -> TrainingPlan:
    from studio.library.safety import json_of

    _name, precision = split_name(request.base)
    offered = [files.precision for files in base.precisions]
    if precision is not None and precision not in offered:
        raise InputError(
            _("{model} has no {precision}.").format(model=base.id, precision=precision),
            _("It has: {names}.").format(names=", ".join(offered)),
        )
    weights = base.weights if precision is None else None
    if weights is None and precision is None:
        precision = min((each for each in offered if each in _QUALITY), key=_QUALITY.index, default=None)
        precision = precision or preferred_precision(base, "cpu")
    kind = KINDS[request.task.id]
    longest = _longest_read(json_of(base.folder, "config.json"), json_of(base.folder, "tokenizer_config.json"))
    settings = request.settings.checked().settled(kind, _shape(base).parameters, longest)
    return TrainingPlan(
        request.task.id,
        kind,
        str(base.folder),
        precision or "",
        str(weights or ""),
        settings,
        request.seed,
        request.threads or _cores(),
    )


def _longest_read(config: dict[str, object], tokenizer: dict[str, object]) -> int | None:
    from studio.domain.classification import longest_text
    from studio.runtime.folder import number

    positions = number(config, "max_position_embeddings", "n_positions", "max_sequence_length")
    return longest_text(config, positions, number(tokenizer, "model_max_length"))


def _cores() -> int:
    """Physical cores, as far as this process may use them."""
    import os

    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or 1, allowed))


def _shape(base: Model) -> Shape:
    from studio.library.safety import json_of
    from studio.runtime.folder import number

    config = json_of(base.folder, "config.json")
    width = number(config, "hidden_size", "d_model", "dim", "n_embd") or 768
    one = number(config, "num_hidden_layers", "n_layers", "n_layer", "num_layers") or 12
    layers = (number(config, "encoder_layers") or one) + (number(config, "decoder_layers") or 0)
    heads = number(config, "num_attention_heads", "n_heads", "n_head", "encoder_attention_heads", "num_heads") or 12
    vocabulary = number(config, "vocab_size") or 30_000
    parameters = base.parameters or 12 * layers * width**2 + vocabulary * width
    writes = base.architecture in _WRITERS | _DECODERS
    return Shape(parameters, width, layers, heads, vocabulary if writes else 0)


def _longest(examples: Examples) -> int:
    """Tokens of the longest text with its answer, about: three bytes are one."""
    pairs = zip(examples.texts, examples.answers, strict=True)
    return max((len(text.encode()) + len(answer.encode()) for text, answer in pairs), default=0) // 3 + 8

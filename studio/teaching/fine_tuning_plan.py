"""What a fine-tuning is asked to do and what it says on the way. Plain data only: torch is never loaded here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.task import Option

#: Task ids that a fine-tuning can teach; each is learned as one of `Kind`.
FINE_TUNABLE = ("text-classification", "regression", "translation", "chat", "text-generation")
#: ``labels``, ``number``: a head on an encoder. ``seq2seq``: an encoder-decoder writes the answer. ``causal``: a
#: decoder goes on with it.
Kind = Literal["labels", "number", "seq2seq", "causal"]
KINDS: Mapping[str, Kind] = {
    "text-classification": "labels",
    "regression": "number",
    "translation": "seq2seq",
    "chat": "causal",
    "text-generation": "causal",
}
#: Models with more parameters than this learn through LoRA where nobody chose.
LORA_FROM = 50_000_000
#: Longest text and answer in tokens where nobody chose; longer ones are cut while learning.
_MOST_TOKENS: Mapping[Kind, int] = {"labels": 128, "number": 128, "seq2seq": 128, "causal": 384}


@dataclass(frozen=True)
class FineTuneSettings:
    """How a model is fine-tuned; None lets the studio choose by the size of the model and the task.

    Attributes:
        epochs: How often every example is read, at most.
        batch_size: Examples that are read before the model changes once.
        learning_rate: How far it changes each time (AdamW, linear warm-up and decay).
        patience: Epochs without a better validation before it stops early; 0 never does.
        max_tokens: Longest text in tokens.
        lora: Whether only small matrices beside the weights are learned (Hu et al. 2021).
    """

    epochs: int = 12
    batch_size: int = 16
    learning_rate: float | None = None
    patience: int = 3
    max_tokens: int | None = None
    lora: bool | None = None

    def checked(self) -> FineTuneSettings:
        """The same, each within its limits.

        Raises:
            InputError: One is not.
        """
        return FineTuneSettings(**{option.name: option.check(getattr(self, option.name)) for option in SETTINGS})

    def settled(self, kind: Kind, parameters: int, longest: int | None) -> FineTuneSettings:
        """The same with nothing left open.

        Args:
            kind: What is learned.
            parameters: Of the base.
            longest: Longest text that the base reads in tokens; None for no limit.
        """
        lora = parameters > LORA_FROM if self.lora is None else self.lora
        tokens = min(self.max_tokens or _MOST_TOKENS[kind], longest or 10**9)
        return FineTuneSettings(
            self.epochs,
            self.batch_size,
            self.learning_rate or _learning_rate(kind, parameters, lora),
            self.patience,
            tokens,
            lora,
        )

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> FineTuneSettings:
        """From `document`; what is unknown is left out.

        Raises:
            InputError: A value is out of its limits.
        """
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in document.items() if name in names}).checked()


def _learning_rate(kind: Kind, parameters: int, lora: bool) -> float:
    """Small models bear larger steps; LoRA wants about ten times those of whole models."""
    if lora:
        return 3e-4
    small = parameters < 30_000_000
    if kind in ("labels", "number"):
        return 5e-5 if small else 2e-5
    return 3e-4 if small else 5e-5


#: The settings as a terminal and a dialog show them.
SETTINGS: tuple[Option, ...] = (
    Option(
        "epochs",
        "int",
        FineTuneSettings.epochs,
        N_("Epochs"),
        N_("How often every example is read, at most. More takes longer; it stops by itself when it gets no better."),
        low=1,
        high=1000,
        advanced=False,
    ),
    Option(
        "batch_size",
        "int",
        FineTuneSettings.batch_size,
        N_("Batch size"),
        N_("Examples that are read before the model changes once. Smaller needs less memory and learns less evenly."),
        low=1,
        high=1024,
    ),
    Option(
        "learning_rate",
        "float",
        None,
        N_("Learning rate"),
        N_("How far it changes each time: too far forgets what it knew. Empty: chosen by the size of the model."),
        low=1e-7,
        high=0.1,
    ),
    Option(
        "patience",
        "int",
        FineTuneSettings.patience,
        N_("Patience"),
        N_("It stops after so many epochs that were no better than the best, and keeps the best. 0 never stops early."),
        low=0,
        high=1000,
    ),
    Option(
        "max_tokens",
        "int",
        None,
        N_("Longest text"),
        N_("Longer texts are cut to so many tokens while learning. Empty: chosen by the use case."),
        low=8,
        high=8192,
    ),
    Option(
        "lora",
        "bool",
        None,
        N_("Small additions only (LoRA)"),
        N_("Learns small matrices beside the weights, which takes far less memory. Empty: only for large models."),
    ),
)


@dataclass(frozen=True)
class Epoch:
    """All examples were read once more.

    Attributes:
        number: 1 for the first; 0 is the model before it learned anything.
        of: How many there will be at most.
        train_loss: Mean loss of the examples that are learned from, while they were read; None for epoch 0.
        validation_loss: Mean loss of the examples that choose; None where there are none.
        score: How good it is on these, see `studio.services.fine_tuning.score_words`; None likewise.
        best: Whether it is the best so far.
        seconds: How long this epoch took.
        seconds_left: Until all epochs are done, at most; it may stop earlier.
    """

    number: int
    of: int
    train_loss: float | None
    validation_loss: float | None
    score: float | None
    best: bool
    seconds: float
    seconds_left: float

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Epoch:
        """From `document`. Raises KeyError, TypeError or ValueError where it is none."""
        loss, validation, score = (
            None if document[name] is None else float(document[name])
            for name in ("train_loss", "validation_loss", "score")
        )
        return cls(
            int(document["number"]),
            int(document["of"]),
            loss,
            validation,
            score,
            bool(document["best"]),
            float(document["seconds"]),
            float(document["seconds_left"]),
        )


@dataclass(frozen=True)
class Step:
    """How far the epoch is.

    Attributes:
        epoch: Its number.
        of: How many epochs there will be at most.
        share: How much of it is done, 0 to 1.
        train_loss: Mean loss of this epoch so far.
        seconds_left: Until all epochs are done, at most.
    """

    epoch: int
    of: int
    share: float
    train_loss: float
    seconds_left: float


@dataclass(frozen=True)
class Stage:
    """Something began that is no epoch; ``name`` as in `studio.services.fine_tuning.FineTuneObserver.stage`."""

    name: str
    message: str


@dataclass(frozen=True)
class Paused:
    """Whether it waits."""

    paused: bool


#: ``all``: every epoch was read. ``early``: it got no better. ``stopped``: the user stopped it.
Ended = Literal["all", "early", "stopped"]


@dataclass(frozen=True)
class Trained:
    """The best weights lie in ``trained`` of the folder.

    Attributes:
        epoch: Number of the epoch that was kept.
        ended: Why it learned no more.
        seconds: How long it learned, pauses and crashes left out.
    """

    epoch: int
    ended: Ended
    seconds: float = 0.0


#: What the parent may say: ``pause``, ``go on``, ``keep`` (stop and keep the best), ``cancel``.
Order = Literal["pause", "go on", "keep", "cancel"]


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that the process which trains has to know; it never changes while a model is being taught.

    Attributes:
        task: Task id.
        kind: What is learned.
        base: Folder of the base model.
        precision: Precision of the graph whose weights are read back; empty where PyTorch weights are used.
        weights: Folder with the PyTorch weights; empty where the graph's are used.
        settings: Settled: nothing is left open.
        seed: Of the order of examples, dropout and fresh weights.
        threads: Of the processor.
        checkpoint_s: Seconds after which a checkpoint is written within an epoch.
    """

    task: str
    kind: Kind
    base: str
    precision: str
    weights: str
    settings: FineTuneSettings
    seed: int
    threads: int
    checkpoint_s: float = 20.0

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> TrainingPlan:
        """From `document`.

        Raises:
            InputError: It is none.
        """
        try:
            task = str(document["task"])
            return cls(
                task,
                KINDS[task],
                str(document["base"]),
                str(document["precision"]),
                str(document["weights"]),
                FineTuneSettings.of(document["settings"]),
                int(document["seed"]),
                int(document["threads"]),
                float(document["checkpoint_s"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                _("The unfinished model can't be read."), _("Discard it and teach it again."), repr(error)
            ) from error


#: Files of a model that is being taught, in its own folder.
EXAMPLES, LOG, EPOCHS, TRAINED = "examples.jsonl", "log.txt", "epochs.jsonl", "trained"


def epochs_in(folder: Path) -> tuple[Epoch, ...]:
    """The epochs that the log beside the checkpoint tells of, each once, in order."""
    import json

    found: dict[int, Epoch] = {}
    try:
        lines = (folder / EPOCHS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    for line in lines:
        try:
            epoch = Epoch.of_document(json.loads(line))
        except (KeyError, TypeError, ValueError):
            # The last line of a process that was killed.
            continue
        found[epoch.number] = epoch
    return tuple(found[number] for number in sorted(found))

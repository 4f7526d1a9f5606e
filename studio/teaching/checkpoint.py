"""What a training can go on from after a crash: written in one step, so that there is always a whole one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.domain.errors import DamagedModelError
from studio.domain.i18n import _
from studio.teaching.fine_tuning_plan import EPOCHS, Ended, Epoch

_CHECKPOINT = "checkpoint.pt"


@dataclass
class State:
    """How far a training is, without the weights.

    Attributes:
        epoch: Number of the epoch that is being read.
        step: Batches of it that were read.
        loss: Sum of their losses, each times its count.
        count: Sum of the counts.
        seconds: What this epoch took so far.
        history: Epochs that are done.
        best: Number of the best of them.
        worse: Epochs since then.
        ended: Why it chose no further; from then on it learns once more from all examples. None before.
        spent: Seconds of all epochs that are done, also of those that learn once more.
    """

    epoch: int = 1
    step: int = 0
    loss: float = 0.0
    count: int = 0
    seconds: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    best: int = 0
    worse: int = 0
    ended: Ended | None = None
    spent: float = 0.0


_PLAIN = ("epoch", "step", "loss", "count", "seconds", "best", "worse", "ended", "spent")


def weights_of(model: Any) -> dict[str, Any]:
    """What learns of a model, copied."""
    return {name: value.detach().cpu().clone() for name, value in model.named_parameters() if value.requires_grad}


def put_weights(model: Any, weights: Mapping[str, Any]) -> None:
    """Give a model what learned of another one like it."""
    import torch

    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.requires_grad:
                value.copy_(weights[name])


def save_checkpoint(folder: Path, state: State, model: Any, optimizer: Any) -> None:
    """Everything that the next step depends on: weights, optimizer, chance, and how far it is."""
    import torch

    document = {
        **{name: getattr(state, name) for name in _PLAIN},
        "history": [epoch.document() for epoch in state.history],
        "weights": weights_of(model),
        "optimizer": optimizer.state_dict(),
        "chance": torch.get_rng_state(),
    }
    _write(folder / _CHECKPOINT, document)
    write_log(folder, state.history)


def load_checkpoint(folder: Path, model: Any, optimizer: Any) -> State | None:
    """Put everything back as it was; None where nothing was written yet.

    Raises:
        DamagedModelError: The checkpoint can't be read, or is of another model.
    """
    import torch

    path = folder / _CHECKPOINT
    if not path.is_file():
        return None
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        put_weights(model, found["weights"])
        optimizer.load_state_dict(found["optimizer"])
        torch.set_rng_state(found["chance"])
        state = State(
            **{name: found[name] for name in _PLAIN},
            history=[Epoch.of_document(each) for each in found["history"]],
        )
    except Exception as error:
        # A damaged file raises anything: of the zip format, of pickle, of missing keys, of shapes.
        raise DamagedModelError(
            _("The checkpoint of the unfinished model can't be read."),
            _("Discard it and teach it again."),
            f"{path}: {error!r}",
        ) from error
    write_log(folder, state.history)
    return state


def save_best(folder: Path, number: int, model: Any) -> None:
    """Keep the weights of an epoch beside the checkpoint, which tells afterwards that they are the best."""
    _write(folder / _best(number), {"weights": weights_of(model)})


def load_best(folder: Path, number: int, model: Any) -> None:
    """Give a model the weights of an epoch that were kept."""
    import torch

    put_weights(model, torch.load(folder / _best(number), map_location="cpu", weights_only=True)["weights"])


def drop_others(folder: Path, number: int) -> None:
    """Delete the kept weights of other epochs."""
    for path in folder.glob("best-*.pt"):
        if path.name != _best(number):
            path.unlink(missing_ok=True)


def write_log(folder: Path, history: Sequence[Epoch]) -> None:
    """The epochs that are done, a line of JSON each, as curves are drawn from."""
    text = "".join(json.dumps(epoch.document()) + "\n" for epoch in history)
    new = folder / f"{EPOCHS}.new"
    new.write_text(text, encoding="utf-8")
    new.replace(folder / EPOCHS)


def _best(number: int) -> str:
    return f"best-{number}.pt"


def _write(path: Path, document: Mapping[str, Any]) -> None:
    import torch

    new = path.with_suffix(".new")
    with new.open("wb") as file:
        torch.save(document, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)

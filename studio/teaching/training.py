"""The loop that teaches: epochs over the examples, early stopping, checkpoints, and orders on the way. Imports torch.

Everything that a step depends on is in the checkpoint, and the order of the examples follows from the seed and the
number of the epoch; so a training that was killed goes on as if nothing had happened.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from studio.domain.i18n import _
from studio.teaching.checkpoint import (
    State,
    drop_others,
    load_best,
    load_checkpoint,
    save_best,
    save_checkpoint,
)
from studio.teaching.fine_tuning_plan import EXAMPLES, Ended, Epoch, Paused, Stage, Step, Trained, TrainingPlan
from studio.teaching.lessons import Judgement, Lesson, Row, open_lesson

_WEIGHT_DECAY = 0.01
#: Share of all steps over which the learning rate grows from zero.
_WARM_UP = 0.1
_LONGEST_GRADIENT = 1.0
_JUDGE_BATCH = 32
#: So many examples are few enough to learn from all of them in the end.
_FEW = 2000
#: Steps whose length tells how long the others take.
_REMEMBERED = 64
#: Seconds between two words about how far it is.
_TELL_S = 0.2


class Cancelled(Exception):
    """The user ended it; the checkpoint is written."""


class Trainer:
    """One training, from its start or from its last checkpoint.

    Args:
        plan: What to do.
        start: Folder with the base's weights.
        folder: Where examples, checkpoints and the log lie.
        connection: Says how far it is, and hears orders.
    """

    def __init__(self, plan: TrainingPlan, start: Path, folder: Path, connection: Connection) -> None:
        import torch

        self._plan, self._start, self._folder, self._connection = plan, start, folder, connection
        # The same seed must give the same weights.
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.manual_seed(plan.seed)
        self._texts = _read_examples(folder)
        learned, chosen = self._texts["train"], self._texts["validation"]
        self._lesson = self._opened()
        self._learned, self._chosen = (self._rows(part) for part in (learned, chosen))
        self._paces: deque[float] = deque(maxlen=_REMEMBERED)
        self._told = 0.0
        self._saved = time.monotonic()
        self._keeps = False

    def run(self, target: Path) -> Trained:
        """Train, and write the best weights as a Hugging Face folder.

        Raises:
            Cancelled: The user ended it.
        """
        self._connection.send(Stage("training", _("Learning from the examples")))
        state = self._begin()
        ended = state.ended or self._choose(state)
        kept = state.best
        if not self._chosen:
            # Nothing could choose: what was learned last counts, also of an epoch that was stopped in the middle.
            kept = state.epoch if state.step else state.epoch - 1
        elif not self._learns_again(ended) or not self._once_more(state, ended):
            load_best(self._folder, state.best, self._lesson.model)
        self._lesson.model.eval()
        self._lesson.save(target)
        return Trained(kept, ended, state.spent + state.seconds)

    def _choose(self, state: State) -> Ended:
        """Read the examples until the last epoch, until it gets no better, or until the user says so."""
        patience = self._plan.settings.patience
        while state.epoch <= self._plan.settings.epochs:
            if not self._epoch(state):
                return "stopped"
            if self._chosen and patience and state.worse >= patience:
                return "early"
        return "all"

    def _learns_again(self, ended: Ended) -> bool:
        """Whether it is worth to learn once more from all examples, those that chose as well: where there are few."""
        few = len(self._learned) + len(self._chosen) <= _FEW
        return self._plan.kind in ("labels", "number") and few and ended != "stopped"

    def _once_more(self, state: State, ended: Ended) -> bool:
        """From the start again to the epoch that was best, with the examples that chose; False where it was stopped."""
        self._connection.send(Stage("again", _("Learning once more, from the examples that chose as well")))
        if state.ended is None:
            self._lesson = self._opened()
            state.ended, state.epoch, state.step, state.loss, state.count, state.seconds = ended, 1, 0, 0.0, 0, 0.0
            self._lesson.begin([*self._learned, *self._chosen], [])
            self._make_optimizer()
            self._save(state)
        while state.epoch <= state.best:
            if not self._epoch(state):
                return False
        return True

    def _opened(self) -> Lesson:
        import torch

        torch.manual_seed(self._plan.seed)
        answers = [answer for part in ("train", "validation") for _text, answer in self._texts[part]]
        return open_lesson(self._plan, self._start, answers)

    def _rows(self, part: Sequence[tuple[str, str]]) -> list[Row]:
        return self._lesson.rows([text for text, _answer in part], [answer for _text, answer in part])

    def _begin(self) -> State:
        if (self._folder / "checkpoint.pt").is_file():
            self._lesson.finish_model()
            self._make_optimizer()
            state = load_checkpoint(self._folder, self._lesson.model, self._optimizer)
            assert state is not None
            for epoch in state.history:
                self._connection.send(epoch)
            return state
        self._lesson.begin(self._learned, self._chosen)
        self._make_optimizer()
        state = State()
        if self._chosen:
            # Before it learns: what comes later must be better than this.
            state.epoch = 0
            self._close_epoch(state, began=time.monotonic())
            state.epoch = 1
        save_checkpoint(self._folder, state, self._lesson.model, self._optimizer)
        for epoch in state.history:
            self._connection.send(epoch)
        return state

    def _make_optimizer(self) -> None:
        import torch

        named = [(name, value) for name, value in self._lesson.model.named_parameters() if value.requires_grad]
        # Biases and scales of normalisation have one dimension; to shrink them helps nothing.
        decays = [value for _name, value in named if value.dim() > 1]
        others = [value for _name, value in named if value.dim() <= 1]
        self._optimizer = torch.optim.AdamW(
            [{"params": decays, "weight_decay": _WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}],
            lr=self._plan.settings.learning_rate or 1e-4,
        )

    def _epoch(self, state: State) -> bool:
        """Read every example once; False where the user said to stop and keep the best."""
        import torch

        settings, model = self._plan.settings, self._lesson.model
        rows = self._learned if state.ended is None else [*self._learned, *self._chosen]
        steps = math.ceil(len(rows) / settings.batch_size)
        chance = torch.Generator().manual_seed(self._plan.seed * 100_003 + state.epoch)
        order = torch.randperm(len(rows), generator=chance).tolist()
        began = time.monotonic() - state.seconds
        model.train()
        while state.step < steps:
            at = time.monotonic()
            picked = order[state.step * settings.batch_size : (state.step + 1) * settings.batch_size]
            self._set_rate((state.epoch - 1) * steps + state.step, steps * settings.epochs)
            loss, count = self._lesson.loss([rows[place] for place in picked])
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), _LONGEST_GRADIENT)
            self._optimizer.step()
            state.step += 1
            state.loss += float(loss.detach()) * count
            state.count += count
            self._paces.append(time.monotonic() - at)
            state.seconds = time.monotonic() - began
            self._tell(state, steps)
            if state.step < steps and time.monotonic() - self._saved > self._plan.checkpoint_s:
                self._save(state)
            waited = self._obey(state)
            began += waited
            if self._keeps:
                return False
        choosing = state.ended is None
        if choosing:
            self._close_epoch(state, began)
        state.spent += time.monotonic() - began
        state.epoch, state.step, state.loss, state.count, state.seconds = state.epoch + 1, 0, 0.0, 0, 0.0
        self._save(state)
        drop_others(self._folder, state.best)
        if choosing:
            # Last: what was told is safe.
            self._connection.send(state.history[-1])
        return True

    def _close_epoch(self, state: State, began: float) -> None:
        """Judge by the examples that choose, and keep the weights where they are the best."""
        found = self._judged()
        validation = found.loss / found.count if found else None
        score = found.right / found.count if found else None
        best = found is not None and self._better(validation, score, state)
        number = state.epoch
        train = state.loss / state.count if state.count else None
        left = self._left(state, max(1, number))
        of = self._plan.settings.epochs
        epoch = Epoch(number, of, train, validation, score, best, time.monotonic() - began, left)
        state.history.append(epoch)
        if best:
            save_best(self._folder, number, self._lesson.model)
            state.best, state.worse = number, 0
        else:
            state.worse += 1

    def _better(self, validation: float | None, score: float | None, state: State) -> bool:
        """Labels: more right answers, then a smaller loss; everything else: a smaller loss."""
        before = next((epoch for epoch in reversed(state.history) if epoch.best), None)
        if before is None or validation is None or before.validation_loss is None:
            return True
        if not math.isfinite(validation):
            return False
        if self._plan.kind == "labels" and score is not None and before.score is not None and score != before.score:
            return score > before.score
        return validation < before.validation_loss

    def _judged(self) -> Judgement | None:
        if not self._chosen:
            return None
        self._lesson.model.eval()
        parts = [
            self._lesson.judge(self._chosen[start : start + _JUDGE_BATCH])
            for start in range(0, len(self._chosen), _JUDGE_BATCH)
        ]
        self._lesson.model.train()
        return Judgement(
            sum(part.loss for part in parts), sum(part.right for part in parts), sum(part.count for part in parts)
        )

    def _set_rate(self, step: int, whole: int) -> None:
        """Linear warm-up, then linear decay to zero at the last step of the last epoch."""
        warm = max(1, round(_WARM_UP * whole))
        share = (step + 1) / warm if step < warm else (whole - step) / max(1, whole - warm)
        for group in self._optimizer.param_groups:
            group["lr"] = (self._plan.settings.learning_rate or 1e-4) * share

    def _save(self, state: State) -> None:
        save_checkpoint(self._folder, state, self._lesson.model, self._optimizer)
        self._saved = time.monotonic()

    def _tell(self, state: State, steps: int) -> None:
        now = time.monotonic()
        if now - self._told < _TELL_S and state.step < steps:
            return
        self._told = now
        of = self._plan.settings.epochs if state.ended is None else state.best
        loss = state.loss / max(1, state.count)
        self._connection.send(Step(state.epoch, of, state.step / steps, loss, self._left(state, state.epoch)))

    def _left(self, state: State, number: int) -> float:
        """Seconds until everything is read, at most; epoch ``number`` is the one that is being read."""
        size = self._plan.settings.batch_size
        steps, all_steps = (math.ceil(n / size) for n in (len(self._learned), len(self._learned) + len(self._chosen)))
        if state.ended is not None:
            left = (state.best - number + 1) * all_steps - state.step
        else:
            epochs = self._plan.settings.epochs
            left = (epochs - number + 1) * steps - state.step
            left += epochs * all_steps if self._chosen and self._learns_again("all") else 0
        # The median: a moment in which other programs work must not double what is left.
        return max(0, left) * (median(self._paces) if self._paces else 0.0)

    def _obey(self, state: State) -> float:
        """Do what the user ordered; returns the seconds that it waited.

        Raises:
            Cancelled: The user ended it.
        """
        began, paused = time.monotonic(), False
        while paused or self._connection.poll():
            order = self._connection.recv()
            if order == "cancel":
                self._save(state)
                raise Cancelled
            if order == "pause" and not paused:
                paused = True
                self._save(state)
                self._connection.send(Paused(True))
            elif order in ("go on", "keep") and paused:
                paused = False
                self._connection.send(Paused(False))
            if order == "keep":
                self._keeps = True
        return time.monotonic() - began


def _read_examples(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Text and answer by part; those that judge are never read."""
    found: dict[str, list[tuple[str, str]]] = {"train": [], "validation": []}
    with (folder / EXAMPLES).open(encoding="utf-8") as file:
        for line in file:
            row: dict[str, Any] = json.loads(line)
            if row["part"] in found:
                found[row["part"]].append((str(row["text"]), str(row["answer"])))
    return found

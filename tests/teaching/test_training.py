"""The trainer itself, without a process around it: interrupted at certain steps, it ends with the same bits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.library.store import Library
from studio.services.fine_tuning_folder import Unfinished, begin_folder
from studio.services.teaching_examples import Examples
from studio.tasks import find_task
from studio.teaching.examples import split
from studio.teaching.fine_tuning_plan import (
    EPOCHS,
    KINDS,
    Epoch,
    FineTuneSettings,
    Paused,
    Trained,
    TrainingPlan,
    epochs_in,
)
from tests.teaching import lessons
from tests.teaching.lessons import Crash, Parent
from tests.tiny import causal
from tests.tiny.cache import TinyCache

pytestmark = pytest.mark.xdist_group("training")


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """What a trainer settles for its process does not stay settled for other tests."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    torch.use_deterministic_algorithms(False)


@dataclass(frozen=True)
class Begun:
    """A training that can begin, or go on."""

    unfinished: Unfinished
    base: Path

    def run(self, parent: Parent) -> Trained:
        """One process's part of it."""
        from studio.teaching.training import Trainer

        self.target.mkdir(exist_ok=True)
        return Trainer(self.unfinished.plan, self.base, self.folder, cast(Any, parent)).run(self.target)

    @property
    def folder(self) -> Path:
        return self.unfinished.folder

    @property
    def target(self) -> Path:
        return self.folder / "made"

    @property
    def weights(self) -> bytes:
        return (self.target / "model.safetensors").read_bytes()

    @property
    def curve(self) -> list[Epoch]:
        """What the log tells, times aside."""
        return [replace(epoch, seconds=0, seconds_left=0) for epoch in epochs_in(self.folder)]


def _begun(
    task: str, base: Path, own: Path, data: Examples, settings: FineTuneSettings, checkpoint_s: float = 1e9
) -> Begun:
    """A model that is about to be taught; checkpoints are written after epochs alone unless told otherwise."""
    settled = settings.settled(KINDS[task], 1_000_000, 96)
    plan = TrainingPlan(task, KINDS[task], str(base), "", str(base), settled, 3, 1, checkpoint_s)
    parts = split(data.texts, data.answers if task == "text-classification" else None, 3)
    return Begun(begin_folder(Library(own, own / "none"), "mine", "base", plan, data, parts, replace=False), base)


@pytest.fixture
def base(tiny: TinyCache) -> Path:
    return tiny.built(lessons.read_back)


def _wishes(base: Path, own: Path, checkpoint_s: float = 1e9, epochs: int = 3) -> Begun:
    settings = FineTuneSettings(epochs=epochs, batch_size=16, learning_rate=1e-3, patience=0)
    return _begun("text-classification", base, own, lessons.examples(), settings, checkpoint_s)


@pytest.fixture(scope="module")
def undisturbed(tiny: TinyCache, tmp_path_factory: pytest.TempPathFactory) -> tuple[Begun, Trained, Parent]:
    """A training that nothing interrupted."""
    begun, parent = _wishes(tiny.built(lessons.read_back), tmp_path_factory.mktemp("own")), Parent()
    return begun, begun.run(parent), parent


def test_curves_match_the_logged_numbers(undisturbed: tuple[Begun, Trained, Parent]) -> None:
    begun, trained, parent = undisturbed
    told = [each for each in parent.heard if isinstance(each, Epoch)]
    lines = [json.loads(line) for line in (begun.folder / EPOCHS).read_text("utf-8").splitlines()]
    assert [Epoch.of_document(line) for line in lines] == told
    assert [epoch.number for epoch in told] == [0, 1, 2, 3]
    assert told[0].train_loss is None
    assert all(epoch.train_loss is not None and epoch.validation_loss is not None for epoch in told[1:])
    assert trained.epoch == [epoch.number for epoch in told if epoch.best][-1]
    assert trained.ended == "all"


# The first step, one in the middle of an epoch, and one of those that learn once more from all examples; with a
# checkpoint after each step, or after epochs alone.
@pytest.mark.parametrize(
    ("step", "cancels", "checkpoint_s"),
    [(1, True, 1e9), (5, False, 0.0), (5, False, 1e9), (-2, True, 1e9), (-2, False, 1e9)],
)
def test_what_was_interrupted_ends_with_the_same_bits(
    undisturbed: tuple[Begun, Trained, Parent],
    base: Path,
    tmp_path: Path,
    step: int,
    cancels: bool,
    checkpoint_s: float,
) -> None:
    from studio.teaching.training import Cancelled

    other, wanted, whole = undisturbed
    # It learned once more at all.
    assert wanted.epoch > 0
    at = step if step > 0 else whole.looks + step
    begun = _wishes(base, tmp_path, checkpoint_s)
    with pytest.raises(Cancelled if cancels else Crash):
        begun.run(Parent({at: ["cancel"]}) if cancels else Parent(dies_at=at))
    again = Parent()
    trained = begun.run(again)
    assert (trained.epoch, trained.ended) == (wanted.epoch, wanted.ended)
    # Where every step was kept, none is done twice.
    if cancels or checkpoint_s == 0.0:
        assert again.looks <= whole.looks - at + 1
    assert [each.number for each in again.heard if isinstance(each, Epoch)] == [0, 1, 2, 3]
    assert begun.curve == other.curve
    assert begun.weights == other.weights


def test_a_pause_changes_nothing_and_keeps_a_checkpoint(
    undisturbed: tuple[Begun, Trained, Parent], base: Path, tmp_path: Path
) -> None:
    begun = _wishes(base, tmp_path)
    parent = Parent({5: ["pause", "pause", "go on"]})
    trained = begun.run(parent)
    other, wanted, _parent = undisturbed
    assert [each for each in parent.heard if isinstance(each, Paused)] == [Paused(True), Paused(False)]
    assert (trained.epoch, trained.ended) == (wanted.epoch, wanted.ended)
    assert (begun.curve, begun.weights) == (other.curve, other.weights)


def test_stop_keeps_the_best_so_far(base: Path, tmp_path: Path) -> None:
    begun = _wishes(base, tmp_path, epochs=100)
    trained = begun.run(Parent({8: ["pause", "keep"]}))
    assert trained.ended == "stopped"
    assert trained.epoch == [epoch.number for epoch in epochs_in(begun.folder) if epoch.best][-1] < 4
    assert begun.target.joinpath("config.json").is_file()


def test_it_stops_by_itself_where_it_gets_no_better(base: Path, tmp_path: Path) -> None:
    # With such steps it can only forget what the head that was fitted first knows.
    settings = FineTuneSettings(epochs=50, batch_size=16, learning_rate=0.1, patience=2)
    begun = _begun("text-classification", base, tmp_path, lessons.examples(), settings)
    trained = begun.run(Parent())
    history = epochs_in(begun.folder)
    assert trained.ended == "early"
    assert len(history) - 1 == trained.epoch + 2 < 50
    assert not any(epoch.best for epoch in history[trained.epoch + 1 :])


def test_numbers_are_learned(base: Path, tmp_path: Path) -> None:
    stars = {"cancel": "1", "track": "3", "newsletter": "5"}
    data = lessons.examples([(text, stars[label]) for text, label in lessons.WISHES])
    settings = FineTuneSettings(epochs=6, batch_size=16, learning_rate=1e-3)
    begun = _begun("regression", base, tmp_path, data, settings)
    trained = begun.run(Parent())
    # Who always answers 3 is 1.3 away.
    assert (epochs_in(begun.folder)[trained.epoch].score or 9) < 0.6


_ASKED = (
    "I want to cancel order 4411",
    "Where is my refund?",
    "One oat latte to go, please",
    "Please call me tomorrow",
    "Two coffees",
    "The quick brown fox",
    "please send me the invoice",
    "later",
)
_ANSWERED = ("One oat latte", "the lazy dog")


@pytest.mark.parametrize("lora", [False, True])
def test_a_chat_model_learns_what_to_answer(tiny: TinyCache, tmp_path: Path, lora: bool) -> None:
    folder, task = tiny.built(causal.exported, "llama"), find_task("chat")
    texts = [f"{text} {number}" for number in range(5) for text in _ASKED]
    data = lessons.examples([(text, _ANSWERED[place % 2]) for place, text in enumerate(texts)])
    settings = FineTuneSettings(epochs=6, batch_size=4, learning_rate=5e-3, patience=0, max_tokens=64, lora=lora)
    begun = _begun("chat", folder, tmp_path, data, settings)
    trained = begun.run(Parent())
    epochs = epochs_in(begun.folder)
    assert epochs[0].validation_loss is not None
    assert epochs[trained.epoch].validation_loss is not None
    assert epochs[trained.epoch].validation_loss < 0.6 * epochs[0].validation_loss
    # Merged: nothing of LoRA is left, and nothing that only the trainer needs.
    assert not list(begun.target.glob("adapter*"))
    runner = task.open(LoadSpec("chat", folder, backend="pytorch", weights=begun.target, threads=1))
    asked = {**task.resolve_options({}), "max_new_tokens": 30}
    output = runner.run(task.read_text("Where is my refund? 2"), asked, ignore_text, never_cancelled).output
    assert output.text.strip() in _ANSWERED

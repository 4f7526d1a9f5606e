"""Fine-tuning in a real process: paused, killed, cancelled, continued, and put into the library."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from studio.domain.errors import ConversionError, InputError, OutOfMemory, StoppedError
from studio.library.store import Library
from studio.library.verify import verify_folder
from studio.services import fine_tuning_memory
from studio.services.candidates import resolve
from studio.services.comparison import compare
from studio.services.fine_tuning import (
    Control,
    Epoch,
    FineTuneRequest,
    FineTuneSettings,
    Quiet,
    check_memory,
    continue_,
    discard,
    fine_tune,
    thorough_bases,
    unfinished,
)
from studio.services.fine_tuning_folder import Unfinished, begin_folder, held
from studio.services.pool import CandidatePool
from studio.services.teaching import Taught
from studio.tasks import find_task
from studio.teaching.examples import split
from studio.teaching.fine_tuning_plan import TrainingPlan
from tests.teaching import lessons

_LABELS = find_task("text-classification")


# One process builds what they share.
pytestmark = pytest.mark.xdist_group("fine-tuning")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    own = tmp_path / "library"
    own.mkdir()
    shutil.copytree(lessons.SHIPPED, own / "base")
    return Library(own, tmp_path / "none")


def _request(**settings: float) -> FineTuneRequest:
    chosen = FineTuneSettings(**{"epochs": 3, "learning_rate": 1e-3, "patience": 0, **settings})  # type: ignore[arg-type]
    return FineTuneRequest(_LABELS, "mine/wishes", lessons.examples(), "base", chosen, threads=1)


def _trainers() -> list[BaseProcess]:
    """Processes that teach; models that earlier tests opened may still be there."""
    return [child for child in multiprocessing.active_children() if child.name == "studio-teach"]


class _Listening(Quiet):
    """Keeps what it hears; a trainer that waits is a trainer that something can be done to."""

    def __init__(self, once_paused: Callable[[], object] = lambda: None) -> None:
        self._once_paused = once_paused
        self.stages: list[str] = []
        self.epochs: list[Epoch] = []

    def stage(self, name: str, share: float | None, message: str) -> None:
        self.stages.append(name)

    def epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)

    def paused(self, paused: bool) -> None:
        if paused:
            self._once_paused()


def _paused() -> Control:
    """Waits after the first step, however fast or slow the machine is."""
    control = Control()
    control.pause()
    return control


def _kill() -> None:
    (child,) = _trainers()
    os.kill(child.pid or 0, signal.SIGKILL)


@dataclass(frozen=True)
class _Case:
    """A model that was killed and cancelled while it was taught, then finished; and what was there in between."""

    library: Library
    killed: Unfinished
    cancelled: Unfinished
    made: Taught
    hears: _Listening


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> _Case:
    """From a graph alone: the base has no PyTorch weights."""
    own = tmp_path_factory.mktemp("taught")
    shutil.copytree(lessons.SHIPPED, own / "base")
    library, hears = Library(own, own / "none"), _Listening()
    with CandidatePool(keep=0) as pool:
        first = _Listening(_kill)
        with pytest.raises(ConversionError, match="kept"):
            fine_tune(_request(), library, pool, first, _paused())
        assert first.stages == ["reading", "proving", "training"]
        (killed,) = unfinished(library)
        control = _paused()
        with pytest.raises(StoppedError, match="kept"):
            continue_(killed, library, pool, _Listening(control.cancel), control)
        (cancelled,) = unfinished(library)
        made = continue_(cancelled, library, pool, hears)
    return _Case(library, killed, cancelled, made, hears)


@pytest.mark.slow
def test_what_was_killed_and_cancelled_goes_on(taught: _Case) -> None:
    assert not _trainers()
    for found in (taught.killed, taught.cancelled):
        assert (found.name, found.base, found.data, found.trained) == ("mine/wishes", "base", "wishes.csv", False)
        assert [epoch.number for epoch in found.epochs] == [0]
    # What was read back and proved once is not read back again.
    assert taught.hears.stages[0] == "training"
    assert [epoch.number for epoch in taught.hears.epochs] == [0, 1, 2, 3]
    assert taught.made.history == tuple(taught.hears.epochs)
    assert taught.made.history[0] == taught.killed.epochs[0]
    assert taught.made.ended == "all"
    assert unfinished(taught.library) == ()


@pytest.mark.slow
def test_what_is_taught_is_a_model_of_the_library(taught: _Case) -> None:
    library, made = taught.library, taught.made
    model = library.find("mine/wishes")
    assert (model.task, model.state, model.labels) == (
        "text-classification",
        "ready",
        ("cancel", "newsletter", "track"),
    )
    assert [files.precision for files in model.precisions] == ["fp32", "int8"]
    assert model.weights == model.folder
    assert model.fidelity["fp32"].max_logit_difference < 1e-3
    assert verify_folder(model.folder).ok
    # Each wish has its own words, which the base tells apart: every answer is right, and one in three by chance.
    assert made.scores["accuracy"].value > 0.75
    assert made.parts is not None
    assert made.scores["accuracy"].n == len(made.parts.test)
    found = compare(_LABELS, [resolve(_LABELS, "mine/wishes", library)], {"text": "cancel the lamp"}, {}).results[0]
    assert found.prediction is not None
    assert found.prediction.output.text in model.labels


@pytest.mark.slow
def test_its_card_tells_how_it_was_taught(taught: _Case) -> None:
    library, made = taught.library, taught.made
    folder = library.find("mine/wishes").folder
    card = (folder / "README.md").read_text("utf-8")
    for said in ("base_model: base", "f" * 64, "Epoch by epoch", "95 % interval", "learning rate 0.001", "seed 0"):
        assert said in card
    document = json.loads((folder / "taught.json").read_text("utf-8"))
    assert document["method"] == "thorough"
    assert [Epoch.of_document(each) for each in document["history"]] == list(made.history)
    # The texts themselves are nobody's business who gets the model.
    assert "shoes" not in card + json.dumps(document)


@pytest.mark.slow
def test_it_can_be_taught_again_and_no_head_alone_can(taught: _Case) -> None:
    library = taught.library
    assert [model.id for model in thorough_bases(_LABELS, library)] == ["base", "mine/wishes"]
    quick = library.own / "mine" / "head"
    shutil.copytree(library.find("mine/wishes").folder, quick)
    (quick / "taught.json").write_text('{"method": "quick"}')
    (quick / "studio.json").unlink()
    assert [model.id for model in thorough_bases(_LABELS, library)] == ["base", "mine/wishes"]


def test_too_little_memory_is_said_before_anything_begins(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fine_tuning_memory, "free_memory_mb", lambda: 300.0)
    request = _request()
    memory = check_memory(request, library)
    assert not memory.enough
    assert memory.sentence.endswith("0.3 GB free")
    with CandidatePool(keep=0) as pool, pytest.raises(OutOfMemory, match=r"needs .* GB, 0\.3 GB free"):
        fine_tune(request, library, pool)
    assert unfinished(library) == ()


def test_larger_batches_and_models_need_more_memory(library: Library) -> None:
    def need(**settings: int) -> float:
        return check_memory(_request(**settings), library).need_mb

    assert need(batch_size=64) > need(batch_size=8)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"epochs": 0}, "epochs"), ({"learning_rate": 9.0}, "learning_rate"), ({"max_tokens": 2}, "max_tokens")],
)
def test_settings_have_limits(library: Library, change: dict[str, float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        check_memory(_request(**change), library)


def test_a_base_of_another_kind_is_refused(library: Library) -> None:
    with CandidatePool(keep=0) as pool, pytest.raises(InputError, match="can't be fine-tuned for translation"):
        fine_tune(replace(_request(), task=find_task("translation")), library, pool)


def _begun(library: Library) -> Unfinished:
    base = library.own / "base"
    settings = FineTuneSettings().settled("labels", 50_000, 48)
    plan = TrainingPlan("text-classification", "labels", str(base), "int8", "", settings, 3, 1)
    examples = lessons.examples()
    parts = split(examples.texts, examples.answers, 3)
    return begin_folder(library, "mine/wishes", "base", plan, examples, parts, replace=False)


def test_what_is_being_taught_is_not_discarded_and_what_is_not_can_be(library: Library) -> None:
    begun = _begun(library)
    with held(begun.folder):
        assert unfinished(library) == ()
        with pytest.raises(InputError, match="right now"):
            discard(begun)
    (found,) = unfinished(library)
    discard(found)
    assert unfinished(library) == ()
    assert [path.name for path in library.own.iterdir()] == ["base"]


def test_folders_that_were_never_whole_are_not_offered(library: Library) -> None:
    begun = _begun(library)
    (begun.folder / "plan.json").write_text("{")
    assert unfinished(library) == ()
    (begun.folder / "plan.json").write_text('{"plan": {"task": "nothing"}}')
    assert unfinished(library) == ()

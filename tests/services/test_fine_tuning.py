"""Fine-tuning with real processes and tiny bases: killed, paused, stopped, continued, and put into the library."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil
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
    Step,
    check_memory,
    continue_,
    discard,
    fine_tune,
    thorough_bases,
    unfinished,
)
from studio.services.fine_tuning_folder import Unfinished, begin_folder, held
from studio.services.fine_tuning_process import train
from studio.services.pool import CandidatePool
from studio.services.teaching import Taught
from studio.services.teaching_examples import Examples
from studio.tasks import find_task
from studio.teaching.examples import split
from studio.teaching.fine_tuning_plan import EPOCHS, TRAINED, Paused, Trained, TrainingPlan, epochs_in
from tests.tiny import embedders
from tests.tiny.cache import TinyCache

_THINGS = ("order", "refund", "invoice", "parcel", "shoes", "jacket", "phone", "lamp", "chair", "table")
_WISHES = {"cancel": "cancel the {}", "track": "where is my {}", "bill": "send me the bill for the {}"}
_ROWS = [
    (text.format(thing) + end, label) for thing in _THINGS for label, text in _WISHES.items() for end in ("", "!!")
]
_LABELS = find_task("text-classification")


# One process builds what they share.
pytestmark = pytest.mark.xdist_group("fine-tuning")


def _examples(rows: list[tuple[str, str]] = _ROWS) -> Examples:
    texts, answers = zip(*rows, strict=True)
    return Examples("wishes.csv", "f" * 64, ("message", "wish"), texts, answers)


@pytest.fixture
def library(tiny: TinyCache, tmp_path: Path) -> Library:
    own = tmp_path / "library"
    own.mkdir()
    shutil.copytree(tiny.built(embedders.exported, "bert"), own / "base")
    return Library(own, tmp_path / "none")


def _begun(library: Library, epochs: int = 4, checkpoint_s: float = 0.0) -> Unfinished:
    """A model that is about to be taught, with a checkpoint after every batch."""
    base = library.own / "base"
    settings = FineTuneSettings(epochs=epochs, batch_size=8, patience=0).settled("labels", 50_000, 48)
    plan = TrainingPlan("text-classification", "labels", str(base), "", str(base), settings, 3, 1, checkpoint_s)
    examples = _examples()
    parts = split(examples.texts, examples.answers, 3)
    return begin_folder(library, "mine/wishes", "base", plan, examples, parts, replace=False)


def _weights(begun: Unfinished) -> bytes:
    return (begun.folder / TRAINED / "model.safetensors").read_bytes()


def _curve(begun: Unfinished) -> list[tuple[object, ...]]:
    """What the log tells, times aside."""
    return [(e.number, e.train_loss, e.validation_loss, e.score, e.best) for e in epochs_in(begun.folder)]


@pytest.fixture(scope="module")
def undisturbed(tiny: TinyCache, tmp_path_factory: pytest.TempPathFactory) -> tuple[Unfinished, Trained, list[Epoch]]:
    """A training that nobody disturbed, and the epochs that it told of."""
    own = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(tiny.built(embedders.exported, "bert"), own / "base")
    begun = _begun(Library(own, own / "none"))
    told: list[Epoch] = []
    trained = train(begun.plan, begun.folder, Control(), lambda m: told.append(m) if isinstance(m, Epoch) else None)
    return begun, trained, told


@pytest.mark.slow
def test_curves_match_the_logged_numbers(undisturbed: tuple[Unfinished, Trained, list[Epoch]]) -> None:
    begun, trained, told = undisturbed
    lines = [json.loads(line) for line in (begun.folder / EPOCHS).read_text("utf-8").splitlines()]
    assert [Epoch.of_document(line) for line in lines] == told
    assert [epoch.number for epoch in told] == [0, 1, 2, 3, 4]
    assert told[0].train_loss is None
    assert all(epoch.train_loss is not None and epoch.validation_loss is not None for epoch in told[1:])
    assert trained.epoch == [epoch.number for epoch in told if epoch.best][-1]
    assert trained.ended == "all"


def _trainers() -> list[BaseProcess]:
    """Processes that teach; models that earlier tests opened may still be there."""
    return [child for child in multiprocessing.active_children() if child.name == "studio-teach"]


@pytest.mark.slow
def test_a_killed_trainer_goes_on_as_if_nothing_had_happened(
    library: Library, undisturbed: tuple[Unfinished, Trained, list[Epoch]]
) -> None:
    begun = _begun(library)

    def kill(message: object) -> None:
        # In the middle of an epoch.
        if isinstance(message, Step) and message.epoch == 2:
            (child,) = _trainers()
            os.kill(child.pid or 0, signal.SIGKILL)

    with pytest.raises(ConversionError, match="kept"):
        train(begun.plan, begun.folder, Control(), kill)
    assert [epoch.number for epoch in epochs_in(begun.folder)] == [0, 1]
    assert unfinished(library)[0].folder == begun.folder
    again: list[int] = []
    trained = train(
        begun.plan, begun.folder, Control(), lambda m: again.append(m.number) if isinstance(m, Epoch) else None
    )
    other, wanted, _told = undisturbed
    assert (trained.epoch, trained.ended) == (wanted.epoch, wanted.ended)
    assert trained.seconds > 0
    assert again == [0, 1, 2, 3, 4]
    assert _weights(begun) == _weights(other)
    assert _curve(begun) == _curve(other)


@pytest.mark.slow
def test_pause_go_on_and_stop_and_keep(library: Library) -> None:
    begun, control = _begun(library, epochs=400), Control()
    heard: list[object] = []

    def hear(message: object) -> None:
        heard.append(message)
        if isinstance(message, Epoch) and message.number == 1:
            assert epochs_in(begun.folder)[-1] == message
            control.pause()
        elif message == Paused(True):
            # What it has learned is safe while it waits.
            assert (begun.folder / "checkpoint.pt").is_file()
            control.go_on()
        elif message == Paused(False):
            control.stop_and_keep()

    trained = train(begun.plan, begun.folder, control, hear)
    assert trained.ended == "stopped"
    best = [epoch.number for epoch in epochs_in(begun.folder) if epoch.best][-1]
    assert trained.epoch == best < 400
    assert [each for each in heard if isinstance(each, Paused)] == [Paused(True), Paused(False)]


@pytest.mark.slow
def test_cancelling_keeps_the_checkpoint_and_discarding_does_not(library: Library) -> None:
    begun, control = _begun(library, epochs=400, checkpoint_s=1e9), Control()

    def hear(message: object) -> None:
        if isinstance(message, Step) and message.epoch == 2:
            control.cancel()

    with pytest.raises(StoppedError, match="kept"):
        train(begun.plan, begun.folder, control, hear)
    assert not _trainers()
    (found,) = unfinished(library)
    assert (found.name, found.base, found.data, found.trained) == ("mine/wishes", "base", "wishes.csv", False)
    assert found.epochs[-1].number >= 1
    with held(found.folder), pytest.raises(InputError, match="right now"):
        discard(found)
    discard(found)
    assert unfinished(library) == ()
    assert [path.name for path in library.own.iterdir()] == ["base"]


class _Listening(Quiet):
    def __init__(self) -> None:
        self.stages: list[str] = []
        self.epochs: list[Epoch] = []

    def stage(self, name: str, share: float | None, message: str) -> None:
        self.stages.append(name)

    def epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)


@pytest.fixture(scope="module")
def taught(tiny: TinyCache, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, Taught, _Listening]]:
    """A model taught from a graph alone: the base has no PyTorch weights."""
    own = tmp_path_factory.mktemp("taught")
    shutil.copytree(tiny.built(embedders.exported, "bert"), own / "base")
    (own / "base" / "model.safetensors").unlink()
    library, hears = Library(own, own / "none"), _Listening()
    settings = FineTuneSettings(epochs=3, batch_size=8, learning_rate=2e-4)
    request = FineTuneRequest(_LABELS, "mine/wishes", _examples(), "base", settings, threads=1)
    with CandidatePool(keep=0) as pool:
        yield library, fine_tune(request, library, pool, hears), hears


@pytest.mark.slow
def test_what_is_taught_is_a_model_of_the_library(taught: tuple[Library, Taught, _Listening]) -> None:
    library, made, hears = taught
    assert hears.stages[:3] == ["reading", "proving", "training"]
    assert made.history == tuple(hears.epochs)
    assert unfinished(library) == ()
    model = library.find("mine/wishes")
    assert (model.task, model.state, model.labels) == ("text-classification", "ready", ("bill", "cancel", "track"))
    assert [files.precision for files in model.precisions] == ["fp32", "int8"]
    assert model.weights == model.folder
    assert model.fidelity["fp32"].max_logit_difference < 1e-3
    assert verify_folder(model.folder).ok
    # A base of random weights, three labels: it learned, if not everything.
    assert made.scores["accuracy"].value > 0.6
    assert made.parts is not None
    assert made.scores["accuracy"].n == len(made.parts.test)
    found = compare(_LABELS, [resolve(_LABELS, "mine/wishes", library)], {"text": "cancel the lamp"}, {}).results[0]
    assert found.prediction is not None
    assert found.prediction.output.text in model.labels


@pytest.mark.slow
def test_its_card_tells_how_it_was_taught(taught: tuple[Library, Taught, _Listening]) -> None:
    library, made, _hears = taught
    folder = library.find("mine/wishes").folder
    card = (folder / "README.md").read_text("utf-8")
    for said in ("base_model: base", "f" * 64, "Epoch by epoch", "95 % interval", "learning rate 0.0002", "seed 0"):
        assert said in card
    document = json.loads((folder / "taught.json").read_text("utf-8"))
    assert document["method"] == "thorough"
    assert [Epoch.of_document(each) for each in document["history"]] == list(made.history)
    # The texts themselves are nobody's business who gets the model.
    assert "jacket" not in card + json.dumps(document)


@pytest.mark.slow
def test_it_can_be_taught_again_and_no_head_alone_can(taught: tuple[Library, Taught, _Listening]) -> None:
    library, _made, _hears = taught
    assert [model.id for model in thorough_bases(_LABELS, library)] == ["base", "mine/wishes"]
    quick = library.own / "mine" / "head"
    shutil.copytree(library.find("mine/wishes").folder, quick)
    (quick / "taught.json").write_text('{"method": "quick"}')
    (quick / "studio.json").unlink()
    assert [model.id for model in thorough_bases(_LABELS, library)] == ["base", "mine/wishes"]


def test_too_little_memory_is_said_before_anything_begins(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fine_tuning_memory, "free_memory_mb", lambda: 300.0)
    request = FineTuneRequest(_LABELS, "mine/wishes", _examples(), "base")
    memory = check_memory(request, library)
    assert not memory.enough
    assert memory.sentence.endswith("0.3 GB free")
    with CandidatePool(keep=0) as pool, pytest.raises(OutOfMemory, match=r"needs .* GB, 0\.3 GB free"):
        fine_tune(request, library, pool)
    assert unfinished(library) == ()


def test_larger_batches_and_models_need_more_memory(library: Library) -> None:
    def need(**settings: int) -> float:
        asked = FineTuneRequest(_LABELS, "x", _examples(), "base", FineTuneSettings(**settings))
        return check_memory(asked, library).need_mb

    assert need(batch_size=64) > need(batch_size=8)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"epochs": 0}, "epochs"), ({"learning_rate": 9.0}, "learning_rate"), ({"max_tokens": 2}, "max_tokens")],
)
def test_settings_have_limits(library: Library, change: dict[str, float], says: str) -> None:
    request = FineTuneRequest(_LABELS, "x", _examples(), "base", FineTuneSettings(**change))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=says):
        check_memory(request, library)


def test_a_base_of_another_kind_is_refused(library: Library) -> None:
    with CandidatePool(keep=0) as pool, pytest.raises(InputError, match="can't be fine-tuned for translation"):
        fine_tune(FineTuneRequest(find_task("translation"), "x", _examples(), "base"), library, pool)


def test_folders_that_were_never_whole_are_not_offered(library: Library) -> None:
    begun = _begun(library)
    (begun.folder / "plan.json").write_text("{")
    assert unfinished(library) == ()
    (begun.folder / "plan.json").write_text('{"plan": {"task": "nothing"}}')
    assert unfinished(library) == ()


@pytest.mark.slow
def test_a_killed_studio_leaves_no_trainer_and_can_continue(library: Library, tmp_path: Path) -> None:
    sheet = tmp_path / "wishes.csv"
    sheet.write_text("message,wish\n" + "".join(f"{text},{label}\n" for text, label in _ROWS), encoding="utf-8")
    command = [sys.executable, "-m", "studio.cli.app", "teach", "text-classification", "--name", "mine/wishes"]
    command += ["--library", str(library.own), "--base", "base", "--method", "thorough", "--epochs", "300"]
    command += ["--patience", "0", "--data", str(sheet)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as studio:
        assert studio.stderr is not None
        for line in studio.stderr:
            if line.strip().startswith("2/300"):
                break
        children = psutil.Process(studio.pid).children(recursive=True)
        studio.kill()
    _gone, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    (found,) = unfinished(library)
    assert found.epochs[-1].number >= 2
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "--continue" in refused.stderr
    control = Control()
    hears = _Listening()
    hears.step = lambda step: control.stop_and_keep()  # type: ignore[method-assign]
    with CandidatePool(keep=0) as pool:
        made = continue_(found, library, pool, hears, control)
    assert made.ended == "stopped"
    assert library.find("mine/wishes").state == "ready"
    assert unfinished(library) == ()

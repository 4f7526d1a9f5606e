"""Thorough teaching in the window: orders, curves, what is left after a stop, and the window free meanwhile."""

from __future__ import annotations

import csv
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from studio.domain.errors import StoppedError
from studio.domain.metric import Estimate
from studio.gui.main_window import MainWindow
from studio.gui.pages.try_page import TryPage
from studio.gui.widgets.teach.dialog import TeachDialog
from studio.services import fine_tuning
from studio.services.fine_tuning import Control, Epoch, FineTuneObserver, FineTuneRequest, MemoryCheck, Step
from studio.services.teaching import Taught
from studio.teaching.examples import Split
from tests.teaching import lessons

LONG_MS = 90_000


def _epoch(number: int) -> Epoch:
    return Epoch(
        number, 4, 1 / number if number else None, 2 / (number + 1), 0.5 + number / 10, True, 1.0, 4.0 - number
    )


class Trainer:
    """Stands for the process that trains: an epoch each time it is let go."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.turns = threading.Semaphore(0)
        self.requests: list[FineTuneRequest] = []
        self.control = Control()

    def __call__(
        self, request: FineTuneRequest, library: object, pool: object, observer: FineTuneObserver, control: Control
    ) -> Taught:
        self.requests.append(request)
        self.control = control
        observer.stage("training", None, "Learning from the examples")
        observer.epoch(_epoch(0))
        history = [_epoch(0)]
        for number in range(1, 5):
            while not self.turns.acquire(timeout=0.02):
                if control.cancelled.is_set():
                    raise StoppedError("Stopped.")
                if control.keeps:
                    break
            if control.keeps:
                break
            observer.step(Step(number, 4, 0.5, 0.9, 3.0))
            observer.epoch(_epoch(number))
            history.append(_epoch(number))
        model = self.window.shell.library.find("starter/support-intents-tiny")
        scores = {"accuracy": Estimate(0.9, 0.8, 0.95, 20, "wilson")}
        return Taught(
            model,
            "int8",
            (2, 1, 2),
            scores,
            labels=("a", "b"),
            parts=Split((0, 1), (2,), (3, 4)),
            history=tuple(history),
            kept=len(history) - 1,
            ended="stopped" if control.keeps else "all",
        )


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> TryPage:
    window.shell.navigation.open_task("text-classification")
    page = window.pages["try"]
    assert isinstance(page, TryPage)
    qtbot.waitUntil(lambda: bool(page.model.columns), timeout=LONG_MS)
    return page


@pytest.fixture
def trainer(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Trainer:
    made = Trainer(window)
    monkeypatch.setattr(fine_tuning, "fine_tune", made)
    return made


@pytest.fixture
def dialog(page: TryPage, trainer: Trainer, qtbot: QtBot) -> TeachDialog:
    made = page.make_own()
    assert isinstance(made, TeachDialog)
    qtbot.waitUntil(lambda: made.model.bases_read, timeout=LONG_MS)
    made.model.choose("sample:support")
    qtbot.waitUntil(lambda: made.model.preview is not None, timeout=LONG_MS)
    made.form.methods.chosen.emit("thorough")
    qtbot.waitUntil(lambda: made.model.memory is not None, timeout=LONG_MS)
    return made


def _started(dialog: TeachDialog, qtbot: QtBot) -> None:
    qtbot.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.model.run is not None and bool(dialog.model.run.epochs), timeout=LONG_MS)


def test_curves_are_the_epochs_and_the_window_stays_free(
    dialog: TeachDialog, trainer: Trainer, page: TryPage, window: MainWindow, qtbot: QtBot
) -> None:
    assert dialog.model.memory is not None
    assert dialog.model.memory.sentence in dialog.form._memory.text()
    dialog.form.fold.click()
    dialog.form.settings.fields["epochs"].field.setText("4")
    dialog.form.settings.fields["epochs"].field.editingFinished.emit()
    _started(dialog, qtbot)
    assert trainer.requests[0].settings.epochs == 4
    assert not dialog.isModal()
    assert window.isEnabled()
    assert [job.title for job in window.shell.jobs.running] == ["Teaching a model"]
    assert not dialog.running.keep_button.isEnabled()
    trainer.turns.release(2)
    run = dialog.model.run
    assert run is not None
    qtbot.waitUntil(lambda: len(run.epochs) == 3, timeout=LONG_MS)
    plot = dialog.running.plot
    assert plot.epochs == (_epoch(0), _epoch(1), _epoch(2))
    assert plot.best == 2
    told = plot.told_at(QPointF(plot.width() * 0.25, plot.height() / 2))
    assert "0.5000" in told
    assert "70.0 %" in told
    assert "Epoch 1" in plot.accessibleDescription()
    assert (run.share, run.left_s) == (0.5, 2.0)
    trainer.turns.release(2)
    qtbot.waitUntil(lambda: dialog.model.taught is not None, timeout=LONG_MS)
    assert dialog.outcome.history.isVisible()
    assert dialog.outcome.history.epochs == tuple(_epoch(number) for number in range(5))
    assert "epoch 4 was the best" in dialog.outcome._more.text()
    assert not window.shell.jobs.running


def test_pause_go_on_stop_and_keep(dialog: TeachDialog, trainer: Trainer, qtbot: QtBot) -> None:
    _started(dialog, qtbot)
    run = dialog.model.run
    assert run is not None
    trainer.turns.release()
    qtbot.waitUntil(lambda: len(run.epochs) == 2, timeout=LONG_MS)
    qtbot.mouseClick(dialog.running.pause_button, Qt.MouseButton.LeftButton)
    assert trainer.control.paused
    assert dialog.running.pause_button.text() == "Go on"
    qtbot.mouseClick(dialog.running.pause_button, Qt.MouseButton.LeftButton)
    assert not trainer.control.paused
    qtbot.mouseClick(dialog.running.keep_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.model.taught is not None, timeout=LONG_MS)
    assert "You stopped it after epoch 1" in dialog.outcome._more.text()


def test_a_closed_dialog_goes_on_in_the_background(
    dialog: TeachDialog, trainer: Trainer, page: TryPage, window: MainWindow, qtbot: QtBot
) -> None:
    _started(dialog, qtbot)
    dialog.close()
    assert not dialog.isVisible()
    assert dialog.model.running
    # The same one comes back, also from another use case.
    window.shell.navigation.open_task("chat")
    assert page.make_own() is dialog
    assert dialog.isVisible()
    dialog.reject()
    assert not dialog.isVisible()
    qtbot.mouseClick(dialog.running.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog.model.running, timeout=LONG_MS)
    assert dialog.model.failure is None
    assert dialog.model.taught is None


def test_too_little_memory_is_said_and_anyway_is_offered(dialog: TeachDialog, trainer: Trainer, qtbot: QtBot) -> None:
    dialog.model.memory = MemoryCheck(9_000.0, 1_000.0)
    dialog.model.changed.emit()
    assert dialog.start_button.text() == "Teach anyway"
    _started(dialog, qtbot)
    assert trainer.requests[0].anyway
    dialog.model.stop()
    qtbot.waitUntil(lambda: not dialog.model.running, timeout=LONG_MS)


def test_closing_the_studio_ends_it_and_asks_nothing(
    dialog: TeachDialog, trainer: Trainer, window: MainWindow, qtbot: QtBot
) -> None:
    _started(dialog, qtbot)
    window.close()
    assert not window.isVisible()
    # Its checkpoint stays, and is offered the next time.
    qtbot.waitUntil(trainer.control.cancelled.is_set, timeout=LONG_MS)


@pytest.mark.slow
def test_cancelled_after_an_epoch_it_is_offered_and_goes_on(
    page: TryPage, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    """With a real trainer. What becomes of a trained model in the end is proved where that is done."""
    shutil.copytree(lessons.SHIPPED, window.shell.library.own / "base")
    sheet = tmp_path / "wishes.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("message", "wanted"), *lessons.WISHES])
    dialog = page.make_own()
    assert isinstance(dialog, TeachDialog)
    model = dialog.model
    qtbot.waitUntil(lambda: model.bases_read, timeout=LONG_MS)
    model.choose(str(sheet))
    qtbot.waitUntil(lambda: model.preview is not None, timeout=LONG_MS)
    model.set(method="thorough")
    model.set(base="base")
    # More than anybody waits for: only an order ends it.
    model.set_settings({"epochs": 900, "patience": 0})
    model.start()
    qtbot.waitUntil(_has_epoch(dialog, 1), timeout=3 * LONG_MS)
    qtbot.mouseClick(dialog.running.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not model.running and bool(model.unfinished), timeout=LONG_MS)
    assert model.failure is None
    (begun,) = model.unfinished
    assert begun.name == "mine/wishes"
    assert begun.epochs[-1].number >= 1
    dialog.close()
    again = page.make_own()
    assert isinstance(again, TeachDialog)
    assert again is not dialog
    qtbot.waitUntil(lambda: bool(again.model.unfinished), timeout=LONG_MS)
    card = again._unfinished.itemAt(0).widget()
    qtbot.mouseClick(card.continue_button, Qt.MouseButton.LeftButton)
    run = again.model.run
    assert run is not None
    # Its curves begin with what was learned before.
    assert again.running.plot.epochs == begun.epochs
    qtbot.waitUntil(_has_epoch(again, begun.epochs[-1].number + 1), timeout=3 * LONG_MS)
    assert run.epochs[: len(begun.epochs)] == begun.epochs
    qtbot.mouseClick(again.running.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not again.model.running and bool(again.model.unfinished), timeout=LONG_MS)
    assert again.model.unfinished[0].epochs[-1].number > begun.epochs[-1].number
    again.close()
    dialog = page.make_own()
    assert isinstance(dialog, TeachDialog)
    qtbot.waitUntil(lambda: bool(dialog.model.unfinished), timeout=LONG_MS)
    card = dialog._unfinished.itemAt(0).widget()
    qtbot.mouseClick(card.discard_button, Qt.MouseButton.LeftButton)
    assert dialog.model.unfinished == ()
    qtbot.waitUntil(lambda: not begun.folder.exists(), timeout=LONG_MS)


def _has_epoch(dialog: TeachDialog, number: int) -> Callable[[], bool]:
    def reached() -> bool:
        assert dialog.model.failure is None
        run = dialog.model.run
        return run is not None and any(epoch.number >= number for epoch in run.epochs)

    return reached

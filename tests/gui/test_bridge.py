"""Work leaves the window's thread, and its results come back to it."""

from __future__ import annotations

import threading
import time

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.domain.errors import Failure, InputError
from studio.gui.bridge import BATCH_S, Background, Stream


def test_results_come_back_on_the_windows_thread(qtbot: QtBot) -> None:
    background = Background()
    seen: list[tuple[int, threading.Thread]] = []
    worked: list[threading.Thread] = []

    def work() -> int:
        worked.append(threading.current_thread())
        return 7

    background.run(work, lambda value: seen.append((value, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(7, threading.main_thread())]
    assert worked[0] is not threading.main_thread()


def test_failures_come_back_as_values(qtbot: QtBot) -> None:
    background = Background()
    failures: list[Failure] = []

    def work() -> None:
        raise InputError("The text is empty.", "Type one.")

    background.run(work, on_failed=failures.append)
    qtbot.waitUntil(lambda: bool(failures))
    assert (failures[0].kind, failures[0].message, failures[0].next_step) == (
        "InputError",
        "The text is empty.",
        "Type one.",
    )
    assert "Traceback" in failures[0].detail


def test_failures_that_nobody_takes_are_signalled(qtbot: QtBot) -> None:
    background = Background()
    with qtbot.waitSignal(background.failed) as blocker:
        background.run(lambda: 1 / 0)
    assert blocker.args[0].kind == "InternalError"


def test_nobody_is_called_once_the_owner_is_gone(qtbot: QtBot) -> None:
    background, owner, called, go = Background(), QObject(), [], threading.Event()
    done: list[int] = []
    background.run(lambda: go.wait(5), called.append, owner=owner)
    owner.deleteLater()
    qtbot.wait(20)
    go.set()
    background.run(lambda: time.sleep(0.1), lambda _none: done.append(1))
    qtbot.waitUntil(lambda: bool(done))
    assert called == []


def test_a_stream_keeps_order_and_comes_in_batches(qtbot: QtBot) -> None:
    background, owner = Background(), QObject()
    batches: list[list[int]] = []
    stream: Stream[int] = Stream(background, lambda batch: batches.append(list(batch)), owner)
    began = time.monotonic()

    def push() -> None:
        for number in range(600):
            stream.push(number)
            time.sleep(0.0005)

    background.run(push)
    qtbot.waitUntil(lambda: sum(map(len, batches)) == 600, timeout=20_000)
    elapsed = time.monotonic() - began
    assert [number for batch in batches for number in batch] == list(range(600))
    assert len(batches) <= elapsed / BATCH_S + 2


def test_a_stream_whose_owner_is_gone_is_silent(qtbot: QtBot) -> None:
    background, owner, batches = Background(), QObject(), []
    stream: Stream[int] = Stream(background, batches.append, owner)
    owner.deleteLater()
    qtbot.wait(20)
    stream.push(1)
    qtbot.wait(80)
    assert batches == []


def test_finish_waits_for_work_under_way_but_not_for_ever(qtbot: QtBot) -> None:
    background, go_on = Background(), threading.Event()
    done: list[bool] = []
    background.run(lambda: go_on.wait(30), done.append)
    assert not background.finish(within_s=0.05)
    go_on.set()
    assert background.finish(within_s=30)
    qtbot.waitUntil(lambda: done == [True])

"""The window's figures: time to first paint, memory without models, longest stall while answers stream.

``python -m tests.bench.window studio|empty|stall TASK`` opens one window, prints one line of JSON and ends; the
functions below ask such processes. Everything runs off screen, so that no display's speed is in the figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median

from tests.bench.line import Line

_IDLE_MS = 1500


def first_paint(rounds: int) -> Line:
    """From starting the process to the first paint, against an empty PySide6 main window."""
    pairs = [(ask("studio")["paint_s"], ask("empty")["paint_s"]) for _ in range(rounds + 1)][1:]
    ours, theirs = (median(side) for side in zip(*pairs, strict=True))
    ratio = median(a / b for a, b in pairs)
    detail = f"{ours * 1000:.0f} / {theirs * 1000:.0f} ms"
    return Line("first paint ÷ an empty PySide6 window", ratio, 2.0, at_most=True, detail=detail)


def idle_memory(_rounds: int) -> Line:
    """The window's peak memory with a project open and no model loaded."""
    ours, theirs = ask("studio")["memory_mb"], ask("empty")["memory_mb"]
    return Line("memory of the window without models, MB", ours, None, detail=f"an empty window: {theirs:.0f} MB")


def longest_stall(_rounds: int) -> Line:
    """The longest time the window did not answer while four columns run at once, from Run to the last answer."""
    found = ask("stall", "chat")
    title = "longest stall of the window while 4 columns answer, ms"
    if not found["columns"]:
        found = ask("stall", "text-classification")
    detail = (
        f"{found['columns']:.0f} columns, {found['seconds']:.1f} s, its own work at most {found['work_ms']:.0f} ms, "
        f"99 of 100 ticks within {found['p99_ms']:.0f} ms"
    )
    return Line(title, found["longest_ms"], 50.0, at_most=True, detail=detail)


def ask(*kind: str, module: str = "tests.bench.window") -> dict[str, float]:
    """The figures that a window in a process of its own prints."""
    with tempfile.TemporaryDirectory() as own:
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "STUDIO_SETTINGS": f"{own}/settings.json",
            "STUDIO_PROJECTS": own,
        }
        began = time.time()
        done = subprocess.run(
            [sys.executable, "-m", module, *kind],
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if "painted_at" in answer:
        answer["paint_s"] = answer.pop("painted_at") - began
    return answer


def _open(kind: str) -> None:
    """Runs in the child: open a window, note when it was painted, and what it needs when all is quiet."""
    if kind == "empty":
        from PySide6.QtWidgets import QApplication, QMainWindow

        application = QApplication([])
        window = QMainWindow()
        window.resize(1280, 800)
    else:
        from studio.gui.app import make_application, make_window

        application = make_application(sys.argv[:1])
        window = make_window(application)
    from PySide6.QtCore import QEvent, QObject, QTimer

    figures: dict[str, float] = {}

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.UpdateRequest and "painted_at" not in figures:
                QTimer.singleShot(0, painted)
            return False

    def painted() -> None:
        figures.setdefault("painted_at", time.time())
        if kind == "studio":
            window.start()
        QTimer.singleShot(_IDLE_MS, done)

    def done() -> None:
        from studio.engine.memory import peak_memory_mb

        figures["memory_mb"] = peak_memory_mb() or float("nan")
        print(json.dumps(figures), flush=True)
        window.close()
        application.quit()

    watch = Watch()
    window.installEventFilter(watch)
    window.show()
    application.exec()


def _stall(task: str) -> None:
    """Runs in the child: four columns at once, with a clock in the window's own loop."""
    from PySide6.QtCore import QTimer

    from studio.domain.comparison import Candidate
    from studio.gui.app import make_application, make_window

    window = make_window(make_application(sys.argv[:1]))
    window.show()
    window.start()
    shell = window.shell
    _until(lambda: shell.project.session is not None)
    shell.navigation.open_task(task)
    model = window.pages["try"].model
    _until(lambda: not model.loading)
    ready = [m for m in shell.library.all() if m.task == task and m.state == "ready"]
    offered = [Candidate(m.id, files.precision) for m in ready for files in m.precisions]
    for number in range(len(model.live_columns), 4 if offered else 0):
        shell.project.session.add_column(task, offered[number % len(offered)])
    _until(lambda: len(model.live_columns) == (4 if offered else 0))
    _wait(500)
    ticks: list[tuple[float, float]] = [(time.perf_counter(), time.thread_time())]
    clock = QTimer(window)
    clock.setInterval(1)
    clock.timeout.connect(lambda: ticks.append((time.perf_counter(), time.thread_time())))
    figures = {
        "columns": float(len(model.live_columns)),
        "seconds": 0.0,
        "longest_ms": 0.0,
        "work_ms": 0.0,
        "p99_ms": 0.0,
    }
    if offered:
        model.set_at_once(True)
        clock.start()
        window.action_set.trigger("run")
        _until(lambda: model.running)
        _until(lambda: not model.running)
        _wait(200)
        gaps = sorted(b[0] - a[0] for a, b in pairwise(ticks))
        figures |= {
            "seconds": ticks[-1][0] - ticks[0][0],
            "work_ms": max(b[1] - a[1] for a, b in pairwise(ticks)) * 1000,
            "longest_ms": gaps[-1] * 1000,
            "p99_ms": gaps[int(len(gaps) * 0.99)] * 1000,
        }
    print(json.dumps(figures), flush=True)
    window.close()


def _until(condition: Callable[[], bool], limit_s: float = 300) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("the window did not get there")
        _wait(5)


def _wait(milliseconds: int) -> None:
    """Let the window's loop run. (QTest.qWait keeps Python's other threads from running.)"""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


if __name__ == "__main__":
    if sys.argv[1] == "stall":
        _stall(sys.argv[2])
    else:
        _open(sys.argv[1])

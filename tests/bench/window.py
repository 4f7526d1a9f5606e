"""The window's figures: time to first paint, memory without models, longest stall while answers stream.

``python -m tests.bench.window studio|empty`` opens one window, prints one line of JSON and ends; the functions below
ask such processes. Everything runs off screen, so that no display's speed is in the figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

from tests.bench.line import Line

_IDLE_MS = 1500


def first_paint(rounds: int) -> Line:
    """From starting the process to the first paint, against an empty PySide6 main window."""
    pairs = [(_ask("studio")["paint_s"], _ask("empty")["paint_s"]) for _ in range(rounds + 1)][1:]
    ours, theirs = (median(side) for side in zip(*pairs, strict=True))
    ratio = median(a / b for a, b in pairs)
    detail = f"{ours * 1000:.0f} / {theirs * 1000:.0f} ms"
    return Line("first paint ÷ an empty PySide6 window", ratio, 2.0, at_most=True, detail=detail)


def idle_memory(_rounds: int) -> Line:
    """The window's peak memory with a project open and no model loaded."""
    ours, theirs = _ask("studio")["memory_mb"], _ask("empty")["memory_mb"]
    return Line("memory of the window without models, MB", ours, None, detail=f"an empty window: {theirs:.0f} MB")


def _ask(kind: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as own:
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "STUDIO_SETTINGS": f"{own}/settings.json",
            "STUDIO_PROJECTS": own,
        }
        began = time.time()
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.window", kind],
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
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


if __name__ == "__main__":
    _open(sys.argv[1])

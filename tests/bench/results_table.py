"""The longest stall of the results' table at 100,000 rows × 3 candidates: scrolling, filtering, sorting, searching.

``python -m tests.bench.results_table ROWS`` opens one window off screen, prints one line of JSON and ends.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from itertools import pairwise

from tests.bench.line import Line
from tests.bench.window import ask

_ROWS = 100_000
_SCROLLS = 120


def results_stall(_rounds: int) -> Line:
    """The longest time the window did not answer while the table was scrolled, filtered, sorted and searched."""
    found = ask(str(_ROWS), module="tests.bench.results_table")
    detail = ", ".join(
        f"{name} {found[f'{name}_ms']:.0f} ms (own work {found[f'{name}_work_ms']:.0f})"
        for name in ("read", "scroll", "filter", "sort", "search")
    )
    longest = max(found[f"{name}_ms"] for name in ("scroll", "filter", "sort", "search"))
    return Line("longest stall of the results' table at 100,000 rows, ms", longest, 100.0, at_most=True, detail=detail)


def _measure(rows: int) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    from studio.gui.app import make_application, make_window
    from studio.gui.pages.evaluate_results import EvaluateResults
    from studio.services.evaluation_rows import RowQuery
    from tests.gui.evaluated import labels_evaluation

    window = make_window(make_application(sys.argv[:1]))
    window.show()
    window.start()

    def wait(milliseconds: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def until(condition: Callable[[], bool], limit_s: float = 300) -> None:
        deadline = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit("the window did not get there")
            wait(5)

    shell = window.shell
    until(lambda: shell.project.session is not None)
    info = labels_evaluation(shell.project.session, rows)
    results = EvaluateResults(shell)
    results.resize(1000, 640)
    results.show()
    ticks: list[tuple[float, float]] = []
    clock = QTimer(window)
    clock.setInterval(1)
    clock.timeout.connect(lambda: ticks.append((time.perf_counter(), time.thread_time())))
    clock.start()
    figures: dict[str, float] = {}

    def noted(name: str, do: Callable[[], object]) -> None:
        wait(300)
        ticks.clear()
        do()
        wait(200)
        figures[f"{name}_ms"] = max(b[0] - a[0] for a, b in pairwise(ticks)) * 1000
        figures[f"{name}_work_ms"] = max(b[1] - a[1] for a, b in pairwise(ticks)) * 1000

    table, model = results.rows.table, results.model.rows

    def read() -> None:
        results.show_evaluation(info.id)
        until(lambda: model.known is not None and "latency" in model.known.orders)

    def scroll() -> None:
        bar = table.verticalScrollBar()
        for step in range(_SCROLLS):
            # Dragged through all of it, then a little at a time as with a wheel.
            bar.setValue(bar.maximum() * step // _SCROLLS if step < _SCROLLS // 2 else bar.value() + 60)
            wait(16)

    def asked(query: RowQuery) -> None:
        found = []
        connection = model.found.connect(lambda: found.append(1))
        model.ask(query)
        until(lambda: bool(found))
        model.found.disconnect(connection)
        wait(100)

    noted("read", read)
    results.open_part("rows")
    noted("scroll", scroll)
    noted("filter", lambda: [asked(RowQuery(kind)) for kind in ("wrong", "different", "errors", "all")])
    noted("sort", lambda: [asked(RowQuery(order="confidence", descending=down)) for down in (False, True)])
    noted("search", lambda: asked(RowQuery(search="order 40400")))
    print(json.dumps(figures), flush=True)
    results.close()
    window.close()


if __name__ == "__main__":
    _measure(int(sys.argv[1]))

"""What is measured: one function for each line of the table, in sections that can be run apart."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench.cluster import one_worker, two_workers
from tests.bench.fit import MEASURES as FIT
from tests.bench.line import Line
from tests.bench.pairs import Engine, EngineError, compare
from tests.bench.results_table import results_stall
from tests.bench.rows import STARTER
from tests.bench.shapes import BERT, MARIAN, SMOLLM, Shape, prepared, weights
from tests.bench.window import first_paint, idle_memory, longest_stall


def _ratio(
    title: str,
    shape: Shape,
    precision: str,
    other: Sequence[str],
    figure: str,
    target: float | None,
    rounds: int,
    on_weights: bool = False,
    at_most: bool = False,
) -> Line:
    folder = str(prepared(shape))
    arguments = [weights(shape).as_posix()] if on_weights else [folder, *other[1:]]
    result = compare(["studio", shape.task, folder, precision], [other[0], *arguments], figure, rounds)
    unit, scale = ("ms", 1000) if figure.endswith("_s") and "tokens" not in figure else ("tok/s", 1)
    detail = f"{result.ours[figure] * scale:.4g} / {result.theirs[figure] * scale:.4g} {unit}"
    spread = f", pairs {min(result.ratios):.2f}–{max(result.ratios):.2f}"
    return Line(title, result.ratio, target, at_most, detail + spread)


def _decode(precision: str, other: Sequence[str], target: float, on_weights: bool, rounds: int) -> Line:
    title = f"decode, SmolLM2-135M shape, {precision} ÷ {other[0]}"
    return _ratio(title, SMOLLM, precision, other, "decode_tokens_per_s", target, rounds, on_weights)


def _translation(precision: str, other: str, target: float | None, rounds: int) -> Line:
    title = f"translation, Marian base shape, {precision} ÷ {other}"
    return _ratio(title, MARIAN, precision, [other], "answer_tokens_per_s", target, rounds, on_weights=True)


def _classification(precision: str, rounds: int) -> Line:
    title = f"classification, BERT-base shape, {precision}, latency ÷ bare session"
    return _ratio(title, BERT, precision, ["bare", precision], "latency_s", 1.10, rounds, at_most=True)


def _memory(shape: Shape, precision: str, _rounds: int) -> Line:
    """Peak memory of a worker after a run, against 1.3 × its files plus 150 MB."""
    folder = prepared(shape)
    engine = Engine("studio", ["studio", shape.task, str(folder), precision])
    try:
        peak = engine.ask()["peak_memory_mb"]
    finally:
        engine.close()
    files = sum(p.stat().st_size for p in (folder / "onnx").iterdir() if f"_{precision}" in p.name) / 1e6
    bound = 1.3 * files + 150
    title = f"peak memory, {shape.id}, {precision} ÷ (1.3 × files + 150 MB)"
    return Line(title, peak / bound, 1.0, at_most=True, detail=f"{peak:.0f} MB, files {files:.0f} MB")


def _ready(rounds: int) -> Line:
    """From starting a worker's process to its first message."""
    from studio.domain.running import LoadSpec
    from studio.engine.jobs import Finished
    from studio.engine.supervisor import Supervisor

    spec = LoadSpec("text-classification", prepared(BERT), "int8")
    times = []
    with Supervisor() as supervisor:
        for _ in range(rounds):
            worker = supervisor.start()
            outcome = worker.load(spec).wait()
            if not isinstance(outcome, Finished):
                raise EngineError(str(outcome))
            times.append(outcome.value.ready_s)
            worker.close()
    return Line("a text worker is ready to load, seconds", median(times), 0.4, at_most=True)


def _command(rounds: int, *arguments: str) -> Line:
    """A studio command as a whole process, against importing typer alone."""
    ours = [str(Path(sys.executable).with_name("studio")), *arguments]
    theirs = [sys.executable, "-c", "import typer"]
    ratios = [_seconds(ours) / _seconds(theirs) for _ in range(rounds + 1)]
    return Line(f"studio {' '.join(arguments)} ÷ python -c 'import typer'", median(ratios[1:]), 2.0, at_most=True)


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _rows(model: str, rounds: int) -> Line:
    """5,000 rows through a starter classifier; a run takes seconds, so fewer pairs do."""
    folder = str(STARTER / model)
    result = compare(["studio rows", folder, "int8"], ["pipeline", folder, "int8"], "rows_per_s", min(rounds, 5))
    detail = f"{result.ours['rows_per_s']:.0f} / {result.theirs['rows_per_s']:.0f} rows/s"
    detail += f", pipeline at batch size {result.theirs['batch_size']:.0f}"
    spread = f", pairs {min(result.ratios):.2f}–{max(result.ratios):.2f}"
    return Line(f"5,000 rows, {model}, int8 ÷ pipeline", result.ratio, 1.5, detail=detail + spread)


def _flat(_rounds: int) -> Line:
    """Peak memory of an evaluation of 100,000 rows, worker and studio together, against one of 1,000."""
    peaks = []
    for count in (1_000, 100_000):
        engine = Engine("studio", ["studio rows", str(STARTER / "support-intents-tiny"), "int8", str(count)])
        try:
            peaks.append(engine.ask()["memory_mb"])
        finally:
            engine.close()
    detail = f"{peaks[1]:.0f} / {peaks[0]:.0f} MB"
    return Line("peak memory, evaluation, 100,000 ÷ 1,000 rows", peaks[1] / peaks[0], 1.25, at_most=True, detail=detail)


SECTIONS: dict[str, list[Callable[[int], Line]]] = {
    "decode": [
        partial(_decode, "int4", ["onnxruntime-genai", "int4"], 1.0, False),
        partial(_decode, "int4", ["llama.cpp"], 0.9, True),
        partial(_decode, "fp32", ["optimum"], 1.8, True),
    ],
    "translation": [
        partial(_translation, "int8", "pytorch", 5.5),
        partial(_translation, "int8", "ctranslate2", 1.7),
        partial(_translation, "int4", "pytorch", None),
    ],
    "classification": [partial(_classification, "fp32"), partial(_classification, "int8")],
    "memory": [partial(_memory, SMOLLM, "int4"), partial(_memory, MARIAN, "int8"), partial(_memory, BERT, "int8")],
    "cluster": [one_worker, two_workers],
    "rows": [
        partial(_rows, "support-intents-small"),
        partial(_rows, "clinc150-minilm"),
        _flat,
    ],
    "fit": [*FIT],
    "start": [
        _ready,
        lambda rounds: _command(rounds, "--version"),
        lambda rounds: _command(rounds, "--help"),
    ],
    "window": [first_paint, idle_memory, longest_stall, results_stall],
}

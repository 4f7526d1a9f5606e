"""Many rows through one classifier: the studio's evaluation, and transformers' pipeline over the same graph."""

from __future__ import annotations

import atexit
import csv
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

Run = Callable[[], dict[str, float]]
ROWS = 5_000
_ROOT = Path(__file__).parents[2]
#: Models that ship.
STARTER = _ROOT / "models" / "starter"
_SAMPLE = _ROOT / "resources" / "samples" / "support.csv"
#: What is tried for the pipeline, on the first rows; it then runs at the quickest.
_BATCH_SIZES = (1, 4, 8, 16, 32, 64, 128)
_TRIAL = 1_000


def texts(count: int) -> Iterator[str]:
    """Customers' messages of one to eight sentences, most of them short; the same ones every time."""
    chosen = random.Random(1)
    with _SAMPLE.open(encoding="utf-8", newline="") as file:
        sentences = [row["message"] for row in csv.DictReader(file)]
    sizes = chosen.choices((1, 2, 3, 5, 8), (60, 22, 10, 5, 3), k=count)
    return (" ".join(chosen.choices(sentences, k=size)) for size in sizes)


class Clock:
    """An observer that takes the time from the first row to the last."""

    def __init__(self) -> None:
        self.began_s = self.took_s = 0.0

    def began(self, info: Any) -> None: ...

    def stage(self, candidate: Any, stage: str) -> None:
        if stage == "answering":
            self.began_s = time.perf_counter()

    def progress(self, candidate: Any, done: int, total: int) -> None: ...

    def finished(self, candidate: Any) -> None:
        self.took_s = time.perf_counter() - self.began_s


def studio_rows(folder: str, precision: str, count: str = str(ROWS)) -> Run:
    """A whole evaluation, answers stored in a project; loading and the rows that are timed apart are left out."""
    from studio.domain.comparison import Candidate
    from studio.domain.dataset import ColumnMapping, FileFormat
    from studio.domain.evaluation import EvaluationSettings
    from studio.domain.running import LoadSpec
    from studio.engine.memory import peak_memory_mb
    from studio.services.evaluating import begin
    from studio.services.pool import CandidatePool
    from studio.services.projects import Projects
    from studio.tasks import find_task

    task, mapping = find_task("text-classification"), ColumnMapping({"text": "text"})
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    session = Projects(home).new()
    rows = ((text,) for text in texts(int(count)))
    data = session.datasets.add(task.id, "bench", "b.csv", FileFormat("csv"), ("text",), rows, (), "0" * 64, mapping)
    spec, pool = LoadSpec(task.id, Path(folder), precision), CandidatePool()

    def run() -> dict[str, float]:
        clock = Clock()
        candidates = [(Candidate(folder, precision), spec)]
        settings = EvaluationSettings(mapping)
        info = begin(session, task, data, candidates, settings, pool, clock, threading.Event())
        (candidate,) = info.candidates
        if candidate.done - candidate.failed != int(count):
            raise SystemExit(str(candidate))
        return {
            "rows_per_s": int(count) / clock.took_s,
            "memory_mb": (candidate.facts.peak_memory_mb or 0.0) + (peak_memory_mb() or 0.0),
        }

    return run


def pipeline_rows(folder: str, precision: str) -> Run:
    """transformers.pipeline over optimum's ORTModelForSequenceClassification, at its best batch size."""
    import onnxruntime
    from optimum.onnxruntime import ORTModelForSequenceClassification
    from transformers import AutoTokenizer, pipeline

    from studio.runtime.cores import available_cores

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = available_cores()
    name = "model.onnx" if precision == "fp32" else f"model_{precision}.onnx"
    model = ORTModelForSequenceClassification.from_pretrained(
        folder, subfolder="onnx", file_name=name, session_options=options
    )
    classify = pipeline("text-classification", model=model, tokenizer=AutoTokenizer.from_pretrained(folder))
    data = list(texts(ROWS))

    def seconds(rows: Sequence[str], size: int) -> float:
        began = time.perf_counter()
        classify(list(rows), batch_size=size, top_k=None, truncation=True)
        return time.perf_counter() - began

    best = min(_BATCH_SIZES, key=lambda size: seconds(data[:_TRIAL], size))

    return lambda: {"rows_per_s": ROWS / seconds(data, best), "batch_size": best}

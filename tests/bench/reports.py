"""All formats of a report on 5,000 rows and 4 candidates: seconds and peak memory of one process."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import sys, tempfile, time
from datetime import date
from pathlib import Path
from studio.services.projects import Projects
from studio.services.reporting import ReportChoices, build, export
from studio.reports import all_formats
from tests.bench.reports import filled

with tempfile.TemporaryDirectory() as folder, Projects(Path(folder)).new() as session:
    evaluation = filled(session)
    began = time.perf_counter()
    report = build(session, evaluation, ReportChoices(rows="all"), date(2026, 1, 1))
    built = time.perf_counter() - began
    export(report, [each.id for each in all_formats()], Path(folder) / "out")
    whole = time.perf_counter() - began
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(built, whole, int(peak.split()[1]) * 1024 / 1e6)
"""
_ROWS = 5_000
_LABELS = 27
_MODELS = tuple(
    f"starter/{name}" for name in ("clinc150-tiny", "clinc150-minilm", "sentiment-tiny", "sentiment-minilm")
)


def filled(session):
    """An evaluation of 5,000 rows with four candidates in a project; its id."""
    import random

    from studio.domain.comparison import Candidate
    from studio.domain.dataset import ColumnMapping, FileFormat
    from studio.domain.decision import Criterion
    from studio.domain.evaluation import Answer, EvaluationSettings, RunFacts
    from studio.domain.prediction import Labels, LabelScore
    from studio.project.evaluations import NewCandidate

    dice = random.Random(1)
    labels = tuple(f"label_{n}" for n in range(_LABELS))
    mapping = ColumnMapping({"text": "message"}, "label", ("group",))
    rows = [(f"message number {n} " + "with some words " * 6, labels[n % _LABELS], "abc"[n % 3]) for n in range(_ROWS)]
    columns = ("message", "label", "group")
    data = session.datasets.add(
        "text-classification", "d", "d.csv", FileFormat("csv"), columns, rows, (), "f" * 64, mapping
    )
    new = [NewCandidate(f"m{n}", f"Model {n}", "model", Candidate(_MODELS[n], "int8"), labels=labels) for n in range(4)]
    info = session.evaluations.start("text-classification", data.id, EvaluationSettings(mapping), _ROWS, new, {})
    for number, candidate in enumerate(info.candidates):
        answers = []
        for position, row in enumerate(rows):
            label = row[1] if dice.random() < 0.8 + 0.04 * number else dice.choice(labels)
            rest = 0.3 / (_LABELS - 1)
            scores = [LabelScore(label, 0.7), *(LabelScore(each, rest) for each in labels if each != label)]
            answers.append(Answer(candidate.id, position, 0, Labels(tuple(scores))))
        session.evaluations.record(answers)
        times = tuple(0.002 * (1 + dice.random()) for _ in range(200))
        facts = RunFacts(0.1, 5.0, 1000.0, 20.0, 90.0, latencies_s=times)
        session.evaluations.set_state(candidate.id, "finished", facts)
    session.decisions.put_criterion("text-classification", Criterion("c", "accuracy", "at least", 0.85))
    return info.id


def main() -> None:
    """Print the medians of three processes, and the targets."""
    found = []
    for _run in range(3):
        ran = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
        found.append(tuple(float(value) for value in ran.stdout.split()))
    built, whole, peak = (sorted(values)[1] for values in zip(*found, strict=True))
    print(f"report, {_ROWS} rows, 4 candidates: built in {built:.1f} s, all formats in {whole:.1f} s (target 10 s)")
    print(f"  peak memory {peak:.0f} MB (target 500 MB)")


if __name__ == "__main__":
    main()

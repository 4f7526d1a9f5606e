"""An explanation as plain JSON values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from studio.domain.explanation import Explanation, Step
from studio.domain.task import Task


def document_of(task: Task, model: str, source: str, found: Explanation) -> dict[str, Any]:
    """What ``studio explain --json`` prints.

    Args:
        task: What the candidate does.
        model: Its name.
        source: What was given: a text, or the path of a picture.
        found: What came of it.
    """
    check = found.faithfulness
    document: dict[str, Any] = {
        "schema_version": 2,
        "task": task.id,
        "model": model,
        "kind": found.kind,
        "method": found.method,
        "input": source,
        "text": found.text,
        "answer": found.answer,
        "score": found.score,
        "parts": [
            {"text": part.text, "start": part.start, "end": part.end, "weight": weight}
            for part, weight in zip(found.parts, found.weights, strict=True)
        ],
        "without": [{"text": found.parts[hint.part].text, "answer": hint.answer} for hint in found.hints],
        "steps": [_step(step) for step in found.steps],
        "grid": None if found.grid is None else {"rows": found.grid.rows, "columns": found.grid.columns},
        "considered": [asdict(each) for each in found.considered],
        "completeness": found.completeness,
        "inside": None if found.inside is None else asdict(found.inside),
        "calibration": None if found.calibration is None else asdict(found.calibration),
        "faithfulness": None
        if check is None
        else {
            "shares": list(check.shares),
            "by_weight": list(check.by_weight),
            "by_chance": list(check.by_chance),
            "advantage": check.advantage,
        },
    }
    return document


def _step(step: Step) -> dict[str, Any]:
    return {
        "text": step.text,
        "start": step.start,
        "end": step.end,
        "probability": step.probability,
        "tokens": [asdict(token) for token in step.tokens],
        "weights": list(step.weights),
    }

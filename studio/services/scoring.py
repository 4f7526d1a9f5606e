"""Scores an evaluation from what the project holds: nothing is run again."""

from __future__ import annotations

import math
import threading
from array import array
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from studio.domain.errors import StoppedError
from studio.domain.evaluation import EvaluatedCandidate, Evaluation, EvaluationInfo
from studio.domain.i18n import _
from studio.domain.metric import Estimate
from studio.domain.prediction import Output
from studio.domain.running import never_cancelled
from studio.evaluation.answered import Answered, Speeds
from studio.evaluation.scoring import Material, conclude, measure_candidate
from studio.metrics import metrics_for
from studio.services.project_session import ProjectSession
from studio.services.row_votes import win_estimates
from studio.tasks import find_task

#: Scoring is the same work for whoever asks, and the screen, Decide and Report ask for the same evaluation.
_TURN = threading.Lock()
_LAST: deque[tuple[tuple[Any, ...], Evaluation]] = deque(maxlen=4)


def score(
    session: ProjectSession,
    evaluation: int,
    on_progress: Callable[[float], object] = lambda _share: None,
    cancelled: Callable[[], bool] = never_cancelled,
    metric_options: Mapping[str, Mapping[str, str]] | None = None,
) -> Evaluation:
    """Everything that the stored answers of an evaluation say.

    Args:
        session: The project.
        evaluation: Its id.
        on_progress: Hears the share that is done, 0 to 1.
        cancelled: Asked between steps.
        metric_options: Options of metrics by metric id, such as the pattern of ``regex``.

    Raises:
        UnknownNameError: There is no such evaluation.
        InputError: An option of a metric can't be used.
        StoppedError: ``cancelled`` said so.
    """
    info = session.evaluations.get(evaluation)
    options = metric_options if metric_options is not None else stored_options(session, info.task)
    votes = session.evaluations.votes(evaluation)
    asked = (session.path, info, options, votes)
    with _TURN:
        for known, result in _LAST:
            if known == asked:
                return result
        result = _score(session, info, options, on_progress, cancelled)
        if info.status != "running":
            _LAST.append((asked, result))
    return result


def stored_options(session: ProjectSession, task: str) -> Mapping[str, Mapping[str, str]]:
    """Options of metrics that the user chose for a task."""
    chosen = session.decisions.choice(task, "metrics", {})
    if not isinstance(chosen, dict):
        return {}
    return {
        name: {key: value for key, value in options.items() if isinstance(value, str)}
        for name, options in chosen.items()
        if isinstance(options, dict)
    }


def _score(
    session: ProjectSession,
    info: EvaluationInfo,
    options: Mapping[str, Mapping[str, str]],
    on_progress: Callable[[float], object],
    cancelled: Callable[[], bool],
) -> Evaluation:
    steps = len(info.candidates) + 1

    def check() -> None:
        if cancelled():
            raise StoppedError(_("Stopped before the evaluation was scored."))

    task = find_task(info.task)
    mapping, data = info.settings.mapping, info.dataset
    references = session.datasets.column(data.id, mapping.reference) if mapping.reference else ("",) * data.rows
    groups = {column: session.datasets.column(data.id, column) for column in mapping.groups}
    metrics = metrics_for(task)
    material = Material(info, references, groups, metrics, options, len(task.metrics))
    measured = []
    for number, candidate in enumerate(info.candidates):
        check()
        on_progress(number / steps)
        if candidate.done:
            measured.append(measure_candidate(material, read_answers(session, candidate, task.judged_whole)))
    on_progress(1 - 1 / steps)
    votes: Mapping[int, Estimate] = win_estimates(session.evaluations.votes(info.id))
    result = conclude(material, measured, votes, check)
    on_progress(1.0)
    return result


def read_answers(session: ProjectSession, candidate: EvaluatedCandidate, whole: bool = False) -> Answered:
    """One candidate's answers as metrics read them, without an object for each unless ``whole`` asks for it."""
    positions = array("q")
    texts: list[str | None] = []
    scores = bytearray()
    width = 4 * len(candidate.labels)
    missing = np.full(len(candidate.labels), np.nan, np.float32).tobytes()
    scored = False
    repeats: dict[int, dict[int, str | None]] = {}
    speeds = Speeds()
    rate = candidate.facts.rows_per_s
    share_s = 1 / rate if rate else math.nan
    seconds = array("d")
    for row in session.evaluations.raw(candidate.id):
        for values, value in (
            (speeds.latency_s, row.latency_s),
            (speeds.ttft_s, row.ttft_s),
            (speeds.decode_tokens_per_s, row.decode_tokens_per_s),
            (speeds.characters_per_s, row.characters_per_s),
        ):
            if value is not None:
                values.append(value)
        if row.repeat:
            repeats.setdefault(row.repeat, {})[row.position] = row.text
            continue
        positions.append(row.position)
        texts.append(row.text)
        seconds.append(share_s if row.latency_s is None else row.latency_s)
        if width:
            there = row.text is not None and row.scores is not None and len(row.scores) == width
            scored |= there
            scores += row.scores if there and row.scores is not None else missing
    table = np.frombuffer(bytes(scores), "<f4").reshape(len(texts), -1) if width and scored else None
    return Answered(
        candidate,
        np.array(positions, np.int64),
        texts,
        table,
        [repeats[number] for number in sorted(repeats)],
        speeds,
        _outputs(session, candidate) if whole else (),
        seconds,
    )


def _outputs(session: ProjectSession, candidate: EvaluatedCandidate) -> list[Output | None]:
    return [answer.output for answer in session.evaluations.answers(candidate.id) if not answer.repeat]

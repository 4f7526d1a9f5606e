"""Reads the index of an evaluation's rows (`studio.services.evaluation_rows`) from the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.domain.errors import StoppedError
from studio.domain.evaluation import EvaluationInfo
from studio.domain.i18n import _
from studio.services.evaluation_rows import CandidateRows, RowIndex
from studio.services.project_session import ProjectSession
from studio.tasks import find_task

if TYPE_CHECKING:
    import numpy as np

    from studio.evaluation.answered import Answered


def read_index(
    session: ProjectSession, info: EvaluationInfo, cancelled: Callable[[], bool] = lambda: False
) -> RowIndex:
    """What finding rows needs and is quick to read; `with_figures` adds the rest.

    Raises:
        StoppedError: It was cancelled.
    """
    import numpy as np

    places = _places(info)
    mapping = info.settings.mapping
    is_labels = find_task(info.task).output == "labels"
    names: dict[str, int] = {}
    references = None
    if is_labels:
        expected = _expected(session, info, places)
        if expected is not None:
            references = np.fromiter((_number(names, each) for each in expected), np.int64, len(expected))
    rows = []
    for candidate in info.candidates:
        _go_on(cancelled)
        texts = session.evaluations.texts(candidate.id)
        label_map = info.settings.label_map if candidate.kind == "recorded" else {}
        rows.append(_candidate_rows(candidate.id, texts, places, names, references, label_map))
    groups = {column: _picked(_column(session, info, column), places) for column in mapping.groups}
    index = RowIndex(
        np.fromiter(places, np.int64, len(places)),
        tuple(rows),
        is_labels,
        references,
        names if is_labels else {},
        groups={column: values for column, values in groups.items() if values is not None},
    )
    return with_marks(session, session.evaluations.get(info.id), index)


def with_marks(session: ProjectSession, info: EvaluationInfo, index: RowIndex) -> RowIndex:
    """The same rows with the stars, ratings, votes and the baseline of now."""
    rated = {position for _candidate, position in session.evaluations.ratings(info.id)}
    rated.update(position for position, _voter, _vote in session.evaluations.votes(info.id))
    return index.marked(info.baseline, session.datasets.critical(info.dataset.id), frozenset(rated))


def with_figures(
    session: ProjectSession,
    info: EvaluationInfo,
    index: RowIndex,
    headline: str,
    cancelled: Callable[[], bool] = lambda: False,
) -> RowIndex:
    """The same rows with confidence, latency and score of each answer. Reads every answer: seconds for many.

    Args:
        session: The project.
        info: The evaluation.
        index: What `read_index` read.
        headline: The metric that scores single answers, where it can.
        cancelled: Asked now and then.

    Raises:
        StoppedError: It was cancelled.
    """
    import numpy as np

    from studio.services.scoring import read_answers

    size = len(index.positions)
    reference = info.settings.mapping.reference
    references = _column(session, info, reference) if reference else None
    whole = find_task(info.task).judged_whole
    binary, found = index.binary, []
    for known, candidate in zip(index.candidates, info.candidates, strict=True):
        _go_on(cancelled)
        answered = read_answers(session, candidate, whole)
        confidence, latency = np.full(size, np.nan, np.float32), np.full(size, np.nan, np.float32)
        # A recorded label has no probability: all that is known is that it was said.
        if answered.scores is not None and candidate.kind != "recorded" and answered.scores.shape[1]:
            _put(confidence, index, answered.positions, answered.scores.max(1))
        _go_on(cancelled)
        timed = [
            (answer.position, answer.latency_s)
            for answer in session.evaluations.raw(candidate.id)
            if answer.latency_s is not None and answer.repeat == 0
        ]
        if timed:
            places, values = zip(*timed, strict=True)
            _put(latency, index, np.array(places, np.int64), np.array(values, np.float32))
        score = known.score
        if references is not None:
            score, shares = _scores(headline, answered, references, index, session, info)
            binary = binary or shares
        found.append(replace(known, confidence=confidence, latency_s=latency, score=score))
    return replace(index, candidates=tuple(found), binary=binary)


def _scores(
    headline: str,
    answered: Answered,
    references: Sequence[str],
    index: RowIndex,
    session: ProjectSession,
    info: EvaluationInfo,
) -> tuple[np.ndarray[Any, Any], bool]:
    """Each row by itself in the headline metric, and whether that is right or wrong only."""
    import numpy as np

    from studio.evaluation.answered import language_of
    from studio.metrics import find_metric
    from studio.metrics._metric import Parts
    from studio.services.scoring import stored_options

    score = np.full(len(index.positions), np.nan, np.float32)
    positions, answers = answered.judged(references, info.settings.label_map, language_of(references))
    if not len(answers):
        return score, False
    parts = find_metric(headline).measure(answers, stored_options(session, info.task).get(headline, {}))
    if not isinstance(parts, Parts):
        return score, False
    table = parts.table.toarray() if hasattr(parts.table, "toarray") else parts.table
    _put(score, index, positions, parts.value(table))
    return score, parts.share


def _put(
    figures: np.ndarray[Any, Any], index: RowIndex, positions: np.ndarray[Any, Any], values: np.ndarray[Any, Any]
) -> None:
    """Write figures of rows, given by their positions, to their places in the index."""
    import numpy as np

    places = np.searchsorted(index.positions, positions)
    places = np.minimum(places, max(len(index.positions) - 1, 0))
    there = index.positions[places] == positions if len(index.positions) else np.zeros(len(positions), bool)
    figures[places[there]] = values[there]


def _places(info: EvaluationInfo) -> Sequence[int]:
    positions = info.settings.positions
    return range(info.dataset.rows) if positions is None else sorted(positions)


def _expected(session: ProjectSession, info: EvaluationInfo, places: Sequence[int]) -> Sequence[str] | None:
    """The expected answers; for labels as the models name them."""
    name = info.settings.mapping.reference
    cells = _picked(_column(session, info, name), places) if name else None
    if cells is None or find_task(info.task).output != "labels":
        return cells
    return [info.settings.label_map.get(cell.strip(), cell.strip()) for cell in cells]


def _go_on(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise StoppedError(_("Reading the rows was stopped."))


def _column(session: ProjectSession, info: EvaluationInfo, name: str) -> Sequence[str] | None:
    return session.datasets.column(info.dataset.id, name) if name in info.dataset.columns else None


def _picked(cells: Sequence[str] | None, places: Sequence[int]) -> Sequence[str] | None:
    return None if cells is None else [cells[place] for place in places]


def _candidate_rows(
    candidate: int,
    texts: Mapping[int, str | None],
    places: Sequence[int],
    names: dict[str, int],
    references: np.ndarray[Any, Any] | None,
    label_map: Mapping[str, str],
) -> CandidateRows:
    import numpy as np

    size = len(places)
    answer, failed = np.full(size, -1, np.int64), np.zeros(size, bool)
    for place, position in enumerate(places):
        if position in texts:
            text = texts[position]
            failed[place] = text is None
            answer[place] = -1 if text is None else _number(names, label_map.get(text.strip(), text.strip()))
    score = np.full(size, np.nan, np.float32)
    if references is not None:
        # Without an answer it counts as wrong, as in every figure.
        done = ((answer >= 0) | failed) & (references != names.get("", -2))
        score[done] = (answer == references)[done]
    unknown = np.full(size, np.nan, np.float32)
    return CandidateRows(candidate, answer, failed, score, unknown, unknown)


def _number(names: dict[str, int], text: str) -> int:
    return names.setdefault(text, len(names))

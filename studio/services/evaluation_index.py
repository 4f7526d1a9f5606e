"""Reads the index of an evaluation's rows (`studio.services.evaluation_rows`) from the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.domain.errors import StoppedError
from studio.domain.evaluation import EvaluationInfo
from studio.domain.i18n import _
from studio.domain.prediction import Labels
from studio.services.evaluation_rows import CandidateRows, RowIndex
from studio.services.project_session import ProjectSession
from studio.tasks import find_task

if TYPE_CHECKING:
    import numpy as np


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
        rows.append(_candidate_rows(candidate.id, session.evaluations.texts(candidate.id), places, names, references))
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
        headline: Metric that scores single written answers, where it can.
        cancelled: Asked now and then.

    Raises:
        StoppedError: It was cancelled.
    """
    import numpy as np

    size = len(index.positions)
    place_of = {int(position): place for place, position in enumerate(index.positions)}
    is_labels = find_task(info.task).output == "labels"
    expected = None if is_labels else _expected(session, info, _places(info))
    binary, found = index.binary, []
    for known, candidate in zip(index.candidates, info.candidates, strict=True):
        confidence, latency = np.full(size, np.nan, np.float32), np.full(size, np.nan, np.float32)
        for number, answer in enumerate(session.evaluations.answers(candidate.id)):
            if number % 512 == 0:
                _go_on(cancelled)
            place = place_of.get(answer.position)
            if place is None or answer.repeat:
                continue
            if answer.latency_s is not None:
                latency[place] = answer.latency_s
            # A recorded label has no probability: all that is known is that it was said.
            if isinstance(answer.output, Labels) and answer.output.scores and candidate.kind != "recorded":
                confidence[place] = answer.output.scores[0].score
        score = known.score
        if expected is not None:
            score, binary = _scores(headline, expected, session.evaluations.texts(candidate.id), index, info)
        found.append(replace(known, confidence=confidence, latency_s=latency, score=score))
    return replace(index, candidates=tuple(found), binary=binary)


def _scores(
    headline: str,
    expected: Sequence[str],
    texts: Mapping[int, str | None],
    index: RowIndex,
    info: EvaluationInfo,
) -> tuple[np.ndarray[Any, Any], bool]:
    """Each row by itself in the headline metric, and whether that is right or wrong only."""
    import numpy as np

    from studio.metrics import find_metric
    from studio.metrics._metric import Answers, Parts

    answered = [place for place, position in enumerate(index.positions) if int(position) in texts]
    score = np.full(len(index.positions), np.nan, np.float32)
    options = {name: str(value) for name, value in info.settings.options.items()}
    parts = find_metric(headline).measure(
        Answers(
            [expected[place] for place in answered],
            [texts[int(index.positions[place])] for place in answered],
        ),
        options,
    )
    if not isinstance(parts, Parts):
        return score, False
    table = parts.table.toarray() if hasattr(parts.table, "toarray") else parts.table
    score[answered] = parts.value(table)
    return score, parts.share


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
) -> CandidateRows:
    import numpy as np

    size = len(places)
    answer, failed = np.full(size, -1, np.int64), np.zeros(size, bool)
    for place, position in enumerate(places):
        if position in texts:
            text = texts[position]
            failed[place] = text is None
            answer[place] = -1 if text is None else _number(names, text.strip())
    score = np.full(size, np.nan, np.float32)
    if references is not None:
        # Without an answer it counts as wrong, as in every figure.
        done = (answer >= 0) | failed
        score[done] = (answer == references)[done]
    unknown = np.full(size, np.nan, np.float32)
    return CandidateRows(candidate, answer, failed, score, unknown, unknown)


def _number(names: dict[str, int], text: str) -> int:
    return names.setdefault(text, len(names))

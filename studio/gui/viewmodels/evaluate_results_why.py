"""From a row of the results to the explanation of one answer to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from studio.domain.errors import StudioError
from studio.gui.bridge import Background
from studio.gui.viewmodels.explain import ExplainModel, keeper
from studio.tasks import find_task

if TYPE_CHECKING:
    from studio.gui.viewmodels.evaluate_results import EvaluateResultsModel
    from studio.library.store import Library
    from studio.services.pool import CandidatePool


def explanation_of(
    results: EvaluateResultsModel,
    position: int,
    candidate: int,
    background: Background,
    library: Callable[[], Library],
    pool: Callable[[], CandidatePool],
) -> tuple[ExplainModel, str] | None:
    """What explains a candidate's answer to a row, and what the candidate is called; None where it can't be asked.

    Args:
        results: What is on show.
        position: The row in the data.
        candidate: Id of the candidate.
        background: Runs it.
        library: Where its model lies.
        pool: Where its model is opened.
    """
    from studio.services.evaluation_plan import RowReader
    from studio.services.field_values import folder_of

    info, session = results.info, results.session
    place = results.rows.place_of(position)
    row = results.rows.at(place) if place >= 0 else None
    asked = next((each for each in info.candidates if each.id == candidate), None) if info else None
    if info is None or session is None or row is None or asked is None or asked.candidate is None:
        return None
    task = find_task(info.task)
    reader = RowReader(task, info.settings.mapping, info.dataset.columns, folder_of(info.dataset))
    try:
        inputs = reader.inputs(row.row.cells)
    except StudioError as error:
        results.say_failed(error)
        return None
    model = ExplainModel(
        task,
        asked.candidate,
        inputs,
        asked.options,
        background,
        library,
        pool,
        keep=keeper(session, task, asked.title, inputs, (info.id, candidate, position)),
        session=lambda: session,
    )
    return model, asked.title

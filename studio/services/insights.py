"""Reads what an evaluation says about why candidates answer as they do: nothing but the grouping of mistakes runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from studio.domain.errors import StoppedError, StudioError
from studio.domain.evaluation import EvaluationInfo
from studio.domain.i18n import _
from studio.domain.insight import Grouping, Insights, RowCount
from studio.domain.languages import find_language
from studio.domain.model import Model
from studio.domain.prediction import Findings, Theme
from studio.domain.task import FILE_KINDS, Message, Task
from studio.library.store import Library
from studio.services.candidates import resolve
from studio.services.evaluation_figures import evaluation_figure
from studio.services.evaluation_index import read_index, with_figures
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.services.scoring import score
from studio.services.teaching import bases
from studio.services.waiting import Waiter
from studio.tasks import find_task

if TYPE_CHECKING:
    from studio.evaluation.insight_groups import Mistakes
    from studio.evaluation.insights import Sheet

_EMBEDDING = "feature-extraction"
#: Wrong rows that are put into groups; of more, so many spread evenly over the sheet.
MOST_GROUPED = 1_000
_SEED = 0


def insights(
    session: ProjectSession,
    evaluation: int,
    library: Library,
    pool: CandidatePool,
    on_progress: Callable[[float], object] = lambda _share: None,
    stop: threading.Event | None = None,
) -> Insights:
    """Words that go with each answer, kinds of mistakes, and what each candidate gets right that another gets wrong.

    Args:
        session: The project.
        evaluation: Its id.
        library: Where the embedding model lies that puts mistakes together; without one, their words do.
        pool: Where that model is opened.
        on_progress: Hears the share that is done.
        stop: Once set, it ends.

    Raises:
        UnknownNameError: There is no such evaluation.
        StoppedError: It was stopped.
    """
    from studio.evaluation.insight_groups import described
    from studio.evaluation.insight_words import Vocabulary
    from studio.evaluation.insights import pairs, words

    stop = stop or threading.Event()
    scored = score(session, evaluation, lambda share: on_progress(0.3 * share), stop.is_set)
    info = scored.info
    sheet = read_sheet(session, info, scored.headline, stop.is_set)
    on_progress(0.5)
    vocabulary = Vocabulary.of(sheet.texts) if any(text.strip() for text in sheet.texts) else None
    by_candidate = words(sheet, vocabulary) if vocabulary is not None and sheet.labels else ()
    _go_on(stop)
    on_progress(0.6)
    mistakes = sheet.mistakes()
    grouping, themes, unread = _grouped(mistakes, library, pool, stop)
    on_progress(0.95)
    counts = zip(sheet.candidates, sheet.wrong.sum(1), strict=True)
    found = Insights(
        info.id,
        scored.headline,
        not sheet.binary,
        len(sheet.positions),
        int(sheet.judged.sum()),
        tuple(RowCount(candidate, int(count)) for candidate, count in counts),
        by_candidate,
        described(mistakes, vocabulary, themes),
        sum(len(theme.places) for theme in themes),
        len(mistakes.places),
        grouping,
        pairs(sheet, vocabulary),
        unread=unread,
    )
    on_progress(1.0)
    return found


def read_sheet(
    session: ProjectSession, info: EvaluationInfo, headline: str, cancelled: Callable[[], bool] = lambda: False
) -> Sheet:
    """The rows of an evaluation with what was answered and how good that is.

    Args:
        session: The project.
        info: The evaluation.
        headline: The metric that scores single answers, where they are no labels.
        cancelled: Asked now and then.

    Raises:
        StoppedError: ``cancelled`` said so.
    """
    import numpy as np

    from studio.evaluation.insights import Sheet

    index = read_index(session, info, cancelled)
    labels: tuple[str, ...] = ()
    answers = expected = np.zeros(0, np.int64)
    size = len(index.positions)
    if index.names:
        labels = tuple(index.names)
        nothing = index.names.get("", -1)
        expected = np.full(size, -1) if index.references is None else index.references
        expected = np.where(expected == nothing, -1, expected)
        answers = np.stack([np.where(each.answer == nothing, -1, each.answer) for each in index.candidates])
    elif headline:
        index = with_figures(session, info, index, headline, cancelled)
    scores = np.stack([each.score for each in index.candidates]).astype(np.float64)
    if headline and not index.binary and not evaluation_figure(headline).high_is_good:
        scores = -scores
    texts = _texts(session, info, [int(each) for each in index.positions])
    candidates = tuple(each.candidate for each in index.candidates)
    return Sheet(index.positions, texts, candidates, labels, expected, answers, scores, index.binary)


def _texts(session: ProjectSession, info: EvaluationInfo, positions: Sequence[int]) -> list[str]:
    """What each row says: its input; of a recording what is said in it, where that is known; of a picture nothing."""
    task, mapping = find_task(info.task), info.settings.mapping
    main = task.inputs[0]
    column = mapping.inputs.get(main.name, "")
    if main.kind in FILE_KINDS:
        column = mapping.reference if task.output == "transcript" else ""
    if column not in info.dataset.columns:
        return [""] * len(positions)
    cells = session.datasets.column(info.dataset.id, column)
    return [_said(task, cells[position]) for position in positions]


def _said(task: Task, cell: str) -> str:
    """A cell as words: of a conversation what the user said last."""
    if task.inputs[0].kind != "messages" or not cell.lstrip().startswith(("[", "{")):
        return cell
    try:
        turns: Any = task.read_text(cell).get(task.inputs[0].name, ())
    except StudioError:
        return cell
    said = [turn.content for turn in turns if isinstance(turn, Message) and turn.role == "user"]
    return said[-1] if said else cell


def _grouped(
    mistakes: Mistakes, library: Library, pool: CandidatePool, stop: threading.Event
) -> tuple[Grouping, Sequence[Theme], str | None]:
    """Wrong rows in groups, by their places; and the language that no model here knows, see `Insights.unread`."""
    from studio.evaluation.insight_groups import LEAST_TEXTS, by_labels, by_words
    from studio.evaluation.insight_language import written_in

    places = [int(place) for place in mistakes.places]
    if len(places) > MOST_GROUPED:
        places = [places[number * len(places) // MOST_GROUPED] for number in range(MOST_GROUPED)]
    by_text: dict[str, list[int]] = {}
    for place in places:
        text = " ".join(mistakes.texts[place].split())
        if text:
            by_text.setdefault(text, []).append(place)
    texts = tuple(by_text)
    if len(texts) < LEAST_TEXTS:
        return "labels", by_labels(mistakes), None
    # The whole sheet tells its language better than the rows that went wrong.
    language = written_in(mistakes.texts)
    base = next((each for each in bases(library) if _reads(each, language)), None)
    found = _by_meaning(texts, base.id, library, pool, stop) if base is not None else None
    grouping: Grouping = "meaning"
    if found is None:
        grouping, found = "words", by_words(texts, _SEED, stop.is_set)
    _go_on(stop)
    rows = [by_text[text] for text in texts]
    themes = [Theme(theme.name, tuple(p for n in theme.places for p in rows[n])) for theme in found]
    return grouping, themes, language if base is None else None


def _reads(model: Model, language: str) -> bool:
    """Whether a model's card names the language."""
    named = (find_language(code) for code in model.languages)
    return any(each is not None and each.code == language for each in named)


def _by_meaning(
    texts: tuple[str, ...], base: str, library: Library, pool: CandidatePool, stop: threading.Event
) -> tuple[Theme, ...] | None:
    """Themes of an embedding model; None where it does not run."""
    task = find_task(_EMBEDDING)
    waiter = Waiter(stop, None, base)
    try:
        spec = resolve(task, base, library)[1]
        with pool.borrow(spec, waiter) as opened:
            options = task.resolve_options({"seed": _SEED})
            output = waiter.result(opened.worker.run({"query": "", "texts": texts}, options)).prediction.output
    except StoppedError:
        raise
    except StudioError:
        # A model that can't be opened is no reason to show nothing: words put mistakes together as well.
        return None
    return output.themes if isinstance(output, Findings) else None


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise StoppedError(_("Stopped before it was known what the rows have in common."))

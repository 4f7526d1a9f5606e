"""Measures what words do to a candidate's answers over many rows: each row is explained, and weights are averaged."""

from __future__ import annotations

import math
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from studio.domain.errors import InputError, StoppedError
from studio.domain.evaluation import EvaluatedCandidate, EvaluationInfo
from studio.domain.explanation import Explanation
from studio.domain.i18n import _
from studio.domain.insight import LabelWeights, Weighed, WordWeight
from studio.library.store import Library
from studio.services.column_runs import spec_of
from studio.services.evaluation_plan import RowReader
from studio.services.explaining import explain
from studio.services.field_values import folder_of
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.tasks import find_task

#: Rows that are offered to be explained.
ROW_CHOICES = (25, 50, 100, 200)
_WORDS = 8
#: Weights smaller than this share of an answer's heaviest are nothing to name, nor are probabilities smaller than ...
_LEAST, _LEAST_SHARE = 0.01, 0.005


def can_measure(info: EvaluationInfo, candidate: EvaluatedCandidate) -> bool:
    """Whether the words of a candidate can be weighed: a model here that gives labels or numbers for a text."""
    asked = candidate.candidate
    here = asked is not None and not asked.remote
    return here and find_task(info.task).weighs_words and candidate.done > candidate.failed


def measure_words(
    session: ProjectSession,
    evaluation: int,
    candidate: int,
    rows: int,
    library: Library,
    pool: CandidatePool,
    on_progress: Callable[[float], object] = lambda _share: None,
    stop: threading.Event | None = None,
    seed: int = 0,
) -> Weighed:
    """What words do to each answer of a candidate, averaged over rows.

    Args:
        session: The project.
        evaluation: Its id.
        candidate: Id of the candidate in it.
        rows: How many rows to explain, spread over its answers.
        library: Where its model lies.
        pool: Where it is opened.
        on_progress: Hears the share that is done.
        stop: Once set, it ends.
        seed: Of the choice of rows.

    Raises:
        InputError: Its answers can't be explained, or no row could be.
        UnknownNameError: There is no such candidate, or its model is no longer here.
        StoppedError: It was stopped.
    """
    info = session.evaluations.get(evaluation)
    found = next((each for each in info.candidates if each.id == candidate), None)
    if found is None or found.candidate is None or not can_measure(info, found):
        raise InputError(
            _("The words of this candidate can't be weighed."),
            _("That works for models that give labels or numbers for a text."),
        )
    task = find_task(info.task)
    spec = spec_of(task, found.candidate, library)[1]
    mapping, data = info.settings.mapping, info.dataset
    reader = RowReader(task, mapping, data.columns, folder_of(data))
    chosen = spread_rows(session.evaluations.texts(candidate), rows, seed)
    stop = stop or threading.Event()
    explained: list[Explanation] = []
    for number, row in enumerate(session.datasets.rows(data.id, chosen)):
        if stop.is_set():
            raise StoppedError(_("Stopped before the words were weighed."))

        def tell(share: float, number: int = number) -> None:
            on_progress((number + share) / len(chosen))

        try:
            explained.append(
                explain(task, spec, reader.inputs(row.cells), found.options, pool, tell, stop, check=False)
            )
        except InputError:
            # A row without words, or one that no model answers, says nothing about words.
            continue
        on_progress((number + 1) / len(chosen))
    if not explained:
        raise InputError(_("None of the rows could be explained."), _("Choose more rows, or another candidate."))
    return Weighed(candidate, len(explained), label_weights(explained, task.output == "labels"))


def spread_rows(answers: Mapping[int, str | None], rows: int, seed: int = 0) -> list[int]:
    """Positions of so many answered rows, taken from each answer in turn, ascending."""
    by_answer: dict[str, list[int]] = defaultdict(list)
    for position, text in sorted(answers.items()):
        if text is not None:
            by_answer[text].append(position)
    for text, positions in by_answer.items():
        random.Random(f"{seed} {text}").shuffle(positions)
    turns = sorted(by_answer.values(), key=lambda positions: (-len(positions), positions[0]))
    chosen: list[int] = []
    for turn in range(max((len(positions) for positions in turns), default=0)):
        chosen += [positions[turn] for positions in turns if turn < len(positions)]
        if len(chosen) >= rows:
            break
    return sorted(chosen[:rows])


def label_weights(explained: Iterable[Explanation], by_answer: bool = True) -> tuple[LabelWeights, ...]:
    """Mean weights of words for each answer, the most frequent answer first.

    A word that stands several times in a row counts there as much as all of these together.

    Args:
        explained: The rows.
        by_answer: Whether answers are labels; numbers are taken together, under an empty label.
    """
    rows: Counter[str] = Counter()
    weights: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for each in explained:
        answer = each.answer if by_answer else ""
        rows[answer] += 1
        once: dict[str, float] = defaultdict(float)
        for part, weight in zip(each.parts, each.weights, strict=True):
            once[" ".join(part.text.lower().split())] += weight
        for word, weight in once.items():
            weights[answer][word].append(weight)
    return tuple(
        LabelWeights(
            answer, count, *_both_ways([_mean(word, found) for word, found in weights[answer].items()], by_answer)
        )
        for answer, count in rows.most_common()
    )


def _both_ways(words: Sequence[WordWeight], shares: bool) -> tuple[tuple[WordWeight, ...], tuple[WordWeight, ...]]:
    """Words for an answer and against it; one that stands in few rows needs a larger weight to come first."""

    def strength(word: WordWeight) -> float:
        return word.weight * word.rows / (word.rows + 1)

    ranked = sorted(words, key=lambda word: (-strength(word), word.text))
    least = max(_LEAST * max((abs(word.weight) for word in words), default=0.0), _LEAST_SHARE if shares else 0.0)
    towards = tuple(word for word in ranked if word.weight > least)[:_WORDS]
    against = tuple(word for word in reversed(ranked) if word.weight < -least)[:_WORDS]
    return towards, against


def _mean(word: str, weights: Sequence[float]) -> WordWeight:
    n = len(weights)
    mean = sum(weights) / n
    if n < 2:
        return WordWeight(word, mean, None, None, n)
    from scipy.stats import t

    deviation = math.sqrt(sum((weight - mean) ** 2 for weight in weights) / (n - 1))
    margin = float(t.ppf(0.975, n - 1)) * deviation / math.sqrt(n)
    return WordWeight(word, mean, mean - margin, mean + margin, n)

"""Did more examples help? Two taught models on the rows that neither of them was taught with."""

from __future__ import annotations

import csv
import threading
from dataclasses import dataclass
from pathlib import Path

from studio.domain.i18n import _, ngettext
from studio.domain.metric import Estimate
from studio.domain.prediction import Output
from studio.domain.spreadsheet import neutral
from studio.domain.task import Task
from studio.library.store import Library
from studio.metrics import find_metric
from studio.services.candidates import resolve
from studio.services.pool import CandidatePool
from studio.services.teaching import Taught, ignore_progress
from studio.services.teaching_examples import Examples
from studio.services.teaching_judging import OnProgress, answer_all, scores_of
from studio.services.waiting import Waiter
from studio.services.whole_file import whole_file
from studio.teaching.examples import plain

#: Fewer rows than this tell nothing.
_LEAST = 5


@dataclass(frozen=True)
class Lesson:
    """A taught model with the examples that it was taught with."""

    taught: Taught
    examples: Examples


@dataclass(frozen=True)
class Gain:
    """Both models on the same rows.

    Attributes:
        metric: Id of the headline metric.
        before: Of the earlier model.
        after: Of the later one.
        rows: How many rows.
        difference: Share of right answers now less that of before, with its 95 % interval (Tango 1998); None for
            numbers.
    """

    metric: str
    before: Estimate
    after: Estimate
    rows: int
    difference: tuple[float, float, float] | None = None

    @property
    def sentence(self) -> str:
        """What it says, in the user's language."""
        shown = [_written(self.metric, each) for each in (self.before, self.after)]
        judged = ngettext(
            "On the {n} row that neither was taught with: {before} before, {after} now.",
            "On the {n} rows that neither was taught with: {before} before, {after} now.",
            self.rows,
        ).format(n=f"{self.rows:,}", before=shown[0], after=shown[1])
        if self.difference is None:
            return judged
        change, low, high = (100 * each for each in self.difference)
        proven = low > 0 or high < 0
        told = _("That is {change:+.1f} points of right answers (95 % interval {low:+.1f} to {high:+.1f}).").format(
            change=change, low=low, high=high
        )
        return f"{judged} {told}" + ("" if proven else " " + _("So few rows do not prove a difference."))


def gain(
    task: Task,
    before: Lesson,
    after: Lesson,
    library: Library,
    pool: CandidatePool,
    on_progress: OnProgress = ignore_progress,
    stop: threading.Event | None = None,
) -> Gain | None:
    """Run both models on the rows that neither was taught with; None where these are too few.

    Rows that a person labelled because the earlier model was unsure of them are no fair ground, so that only rows that
    both were judged on count.

    Raises:
        StoppedError: The user stopped it.
        StudioError: A model can't be run.
    """
    if before.taught.parts is None or after.taught.parts is None:
        return None
    judged = {plain(before.examples.texts[place]) for place in before.taught.parts.test}
    rows = [place for place in after.taught.parts.test if plain(after.examples.texts[place]) in judged]
    if len(rows) < _LEAST:
        return None
    inputs = [task.read_text(after.examples.texts[place]) for place in rows]
    wanted = [after.examples.answers[place] for place in rows]
    answers: list[list[Output]] = []
    for lesson in (before, after):
        _candidate, spec = resolve(task, f"{lesson.taught.model.id}:{lesson.taught.precision}", library)
        waiter = Waiter(stop or threading.Event(), None, lesson.taught.model.id)
        answers.append(answer_all(inputs, task, spec, pool, waiter, on_progress, "judging"))
    scores = [scores_of(task, wanted, given, 0) for given in answers]
    metric = next(iter(scores[1]), "")
    if not metric or metric not in scores[0]:
        return None
    return Gain(metric, scores[0][metric], scores[1][metric], len(rows), _difference(task, wanted, answers))


def write_judged(lesson: Lesson, folder: Path) -> Path:
    """The rows that a model was judged on as a sheet of their own, so that it can be evaluated on them.

    Raises:
        InputError: It can't be written.
    """
    examples, parts = lesson.examples, lesson.taught.parts
    path = folder / (_("{name}, not taught with").format(name=Path(examples.name).stem) + ".csv")
    with whole_file(path, newline="") as file:
        file.write("\ufeff")
        writer = csv.writer(file)
        writer.writerow([neutral(name) for name in examples.columns])
        for place in parts.test if parts else ():
            writer.writerow([neutral(examples.texts[place]), neutral(examples.answers[place])])
    return path


def _difference(task: Task, wanted: list[str], answers: list[list[Output]]) -> tuple[float, float, float] | None:
    if task.output != "labels":
        return None
    from studio.statistics.proportions import paired_difference

    right = [[output.text == answer for output, answer in zip(given, wanted, strict=True)] for given in answers]
    only_before = sum(old and not new for old, new in zip(*right, strict=True))
    only_after = sum(new and not old for old, new in zip(*right, strict=True))
    n = len(wanted)
    return ((only_after - only_before) / n, *paired_difference(only_after, only_before, n))


def _written(metric: str, found: Estimate) -> str:
    percent = find_metric(metric).info.format == "percent"
    values = [value for value in (found.value, found.low, found.high) if value is not None]
    shown = [f"{100 * value:.1f} %" if percent else f"{value:.3g}" for value in values]
    return f"{shown[0]} ({shown[1]} – {shown[2]})" if len(shown) == 3 else shown[0]

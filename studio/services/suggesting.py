"""The rows without an answer that are most worth labelling next, and the sheet with what a person said of them."""

from __future__ import annotations

import csv
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from studio.domain.dataset import BrokenRow, ColumnMapping
from studio.domain.errors import InputError
from studio.domain.i18n import _, ngettext
from studio.domain.prediction import Labels, Output
from studio.domain.spreadsheet import neutral
from studio.domain.task import Task
from studio.evaluation.importing.reading import read_as
from studio.library.store import Library
from studio.metrics._numbers import number_in
from studio.services.candidates import resolve
from studio.services.importing import look
from studio.services.pool import CandidatePool
from studio.services.samples import find_sample, is_sample
from studio.services.teaching import BASE, embedded, embedding_base, ignore_progress
from studio.services.teaching_judging import OnProgress, answer_all
from studio.services.waiting import Waiter
from studio.services.whole_file import whole_file
from studio.teaching.examples import TEACHABLE, plain
from studio.teaching.suggesting import Suggestion, suggest

if TYPE_CHECKING:
    from studio.teaching.suggesting import Array

#: As many as a person labels in one go.
SUGGESTED = 20
#: More rows than this are a random part of the sheet: reading all of a large one would take many minutes.
_MOST_READ = 5_000


@dataclass(frozen=True)
class Sheet:
    """A sheet of which some rows have an answer.

    Attributes:
        path: The file.
        columns: All its columns.
        input_column: The one with the texts.
        label_column: The one with the answers; empty where it has none.
        rows: Every readable row, as it stands in the file.
        aside: How many could not be read.
    """

    path: Path
    columns: tuple[str, ...]
    input_column: str
    label_column: str
    rows: tuple[tuple[str, ...], ...]
    aside: int = 0

    def text(self, row: int) -> str:
        """What stands in a row, counted from 0."""
        return self.rows[row][self.columns.index(self.input_column)].strip()

    def answer(self, row: int) -> str:
        """Its answer; empty for none."""
        return self.rows[row][self.columns.index(self.label_column)].strip() if self.label_column else ""


@dataclass(frozen=True)
class SuggestedRow:
    """A row that is worth labelling.

    Attributes:
        row: Of the sheet, counted from 0.
        text: What is read.
        reason: Why, in the user's language.
        guesses: The likeliest labels and their probability by the model, best first; empty without a model.
        suggestion: The figures behind it.
    """

    row: int
    text: str
    reason: str
    guesses: tuple[tuple[str, float], ...]
    suggestion: Suggestion


@dataclass(frozen=True)
class Suggested:
    """What came of it.

    Attributes:
        sheet: Where the rows come from.
        rows: The best first.
        labels: All labels that are known, of the sheet and of the model, sorted; empty for numbers.
        labelled: How many rows have an answer.
        open: How many different rows have none.
        read: How many of these were looked at.
        model: Whose doubts were asked for; empty for none.
        base: Which embedding model read them.
    """

    sheet: Sheet
    rows: tuple[SuggestedRow, ...]
    labels: tuple[str, ...]
    labelled: int
    open: int
    read: int
    model: str
    base: str


@dataclass(frozen=True)
class SuggestRequest:
    """What a user asks for.

    Attributes:
        task: ``"text-classification"`` or ``"regression"``.
        sheet: With the rows that have no answer.
        labelled: A further sheet whose rows have answers; None where these are in ``sheet``.
        model: A candidate of the task, with its precision where one is meant; empty for none.
        base: An embedding model, likewise.
        n: How many rows, at most.
        seed: Of what is left to chance.
    """

    task: Task
    sheet: Sheet
    labelled: Sheet | None = None
    model: str = ""
    base: str = BASE
    n: int = SUGGESTED
    seed: int = 0


def read_sheet(task: Task, data: str, input_column: str = "", label_column: str = "") -> Sheet:
    """All rows of a file or of sample data, with an answer or without.

    Args:
        task: What is to be taught.
        data: Path of a file that Evaluate reads as well, or ``sample:NAME``.
        input_column: Column of the texts; empty for what the names and cells say.
        label_column: Column of the answers; empty likewise, and for none.

    Raises:
        InputError: There is no such file or column.
    """
    mapping, path = ColumnMapping(), Path(data)
    if is_sample(data):
        sample = find_sample(data)
        path, mapping = sample.path, sample.mapping
    found = look(path, task=task)
    if not mapping.inputs:
        mapping = found.mapping
    texts_in = input_column or mapping.inputs.get(task.inputs[0].name, "")
    answers_in = label_column or mapping.reference
    if not texts_in and len(found.columns) == 1:
        texts_in = found.columns[0]
    _check_column(found.columns, texts_in)
    if answers_in:
        _check_column(found.columns, answers_in)
    if answers_in == texts_in:
        answers_in = ""
    rows: list[tuple[str, ...]] = []
    aside = 0
    with read_as(path, found.format) as table:
        for row in table.rows:
            if isinstance(row, BrokenRow):
                aside += 1
            else:
                rows.append(tuple(row))
    return Sheet(path, tuple(found.columns), texts_in, answers_in, tuple(rows), aside)


def suggest_rows(
    request: SuggestRequest,
    library: Library,
    pool: CandidatePool,
    on_progress: OnProgress = ignore_progress,
    stop: threading.Event | None = None,
) -> Suggested:
    """The rows that are most worth labelling, each with a reason.

    Args:
        request: What is asked for.
        library: Where the models lie.
        pool: Opens them.
        on_progress: Hears ``embedding`` and ``asking``.
        stop: Once set, it ends.

    Raises:
        InputError: Every row has an answer, or there is no row with a text.
        StoppedError: The user stopped it.
        StudioError: A model can't be run.
    """
    task, sheet = request.task, request.sheet
    if task.id not in TEACHABLE:
        raise InputError(
            _("Rows can't be suggested for {task}.").format(task=task.id),
            _("For these they can: {names}.").format(names=", ".join(TEACHABLE)),
        )
    known = _labelled(task, sheet) + (_labelled(task, request.labelled) if request.labelled is not None else [])
    offered = _without_answer(sheet, {plain(text) for text, _answer in known})
    if not offered:
        raise InputError(
            _("Every row of {name} has an answer already.").format(name=sheet.path.name),
            _("Choose a sheet with rows that have none, with the same column of texts."),
        )
    chance = Random(request.seed)
    read = sorted(chance.sample(offered, _MOST_READ)) if len(offered) > _MOST_READ else offered
    near = chance.sample(known, _MOST_READ) if len(known) > _MOST_READ else known
    waiter = Waiter(stop or threading.Event(), None, request.model or request.base)
    base, spec = embedding_base(request.base, library)
    texts = [sheet.text(row) for row in read]
    vectors = embedded([*texts, *(text for text, _answer in near)], spec, pool, waiter, on_progress)
    answers: list[Output] = []
    if request.model and task.output == "labels":
        _candidate, asked = resolve(task, request.model, library)
        answers = answer_all([task.read_text(text) for text in texts], task, asked, pool, waiter, on_progress, "asking")
    scores, names = _scores(answers)
    found = suggest(vectors[: len(texts)], scores, vectors[len(texts) :], request.n, request.seed, waiter.stop.is_set)
    waiter.check()
    rows = tuple(
        SuggestedRow(
            read[each.place],
            texts[each.place],
            reason(each, guesses := _guesses(answers, each.place)),
            guesses,
            each,
        )
        for each in found
    )
    labels = {answer for _text, answer in known} | set(names) if task.output == "labels" else set()
    return Suggested(sheet, rows, tuple(sorted(labels)), len(known), len(offered), len(read), request.model, base.id)


def has_open_rows(sheet: Sheet) -> bool:
    """Whether any row with a text has no answer."""
    known = {plain(sheet.text(row)) for row in range(len(sheet.rows)) if sheet.answer(row)}
    return bool(_without_answer(sheet, known))


def reason(suggestion: Suggestion, guesses: Sequence[tuple[str, float]]) -> str:
    """Why a row is worth labelling, in a few words."""
    alike = ngettext("{n} other row is much like it", "{n} other rows are much like it", suggestion.alike).format(
        n=f"{suggestion.alike:,}"
    )
    if suggestion.kind == "torn":
        return _("Torn between {a} and {b}").format(a=guesses[0][0], b=guesses[1][0])
    if suggestion.kind == "unsure":
        return _("Only {share:.0f} % sure of {label}").format(share=100 * guesses[0][1], label=guesses[0][0])
    if suggestion.kind == "unlike":
        return _("Unlike anything that is labelled")
    if suggestion.kind == "typical":
        return alike
    return _("Adds a little: nothing that is left stands out more")


def save_labelled(target: Path, said: Mapping[int, str], sheet: Sheet, labelled: Sheet | None = None) -> int:
    """A new sheet with all rows that have an answer now; the files that it comes from stay as they are.

    Rows of ``sheet`` keep all their cells. Where the answers were in another sheet, its columns are kept, and the rows
    that a person labelled are added with their text and answer.

    Args:
        target: A CSV file that is not there yet, or may be replaced.
        said: The answer by row of ``sheet``.
        sheet: Where the rows come from.
        labelled: A further sheet whose rows have answers.

    Returns:
        How many rows it has.

    Raises:
        InputError: It would take the place of one of the sheets, or can't be written.
    """
    for each in (sheet, labelled):
        if each is not None and _is_same(target, each.path):
            raise InputError(
                _("{name} is the sheet that the rows come from.").format(name=target.name), _("Choose another name.")
            )
    columns, rows = _joined(said, sheet, labelled)
    with whole_file(target, newline="") as file:
        # The mark tells spreadsheet programs that it is UTF-8.
        file.write("\ufeff")
        writer = csv.writer(file)
        writer.writerows([neutral(cell) for cell in cells] for cells in [columns, *rows])
    return len(rows)


def free_name(beside: Path) -> Path:
    """A name for the labelled copy of a sheet that no file has yet."""
    stem = beside.stem.split(".labelled")[0]
    for number in range(1, 10_000):
        path = beside.with_name(f"{stem}.labelled{'' if number == 1 else f'-{number}'}.csv")
        if not path.exists():
            return path
    return beside.with_name(f"{stem}.labelled.csv")


def _joined(
    said: Mapping[int, str], sheet: Sheet, labelled: Sheet | None
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    if labelled is not None:
        columns = labelled.columns
        at, wanted = columns.index(labelled.input_column), columns.index(labelled.label_column)
        added = []
        for row, answer in sorted(said.items()):
            cells = [""] * len(columns)
            cells[at], cells[wanted] = sheet.text(row), answer
            added.append(tuple(cells))
        return columns, [*labelled.rows, *added]
    columns = sheet.columns
    if not sheet.label_column:
        name = answers_column(sheet)
        return (*columns, name), [(*cells, said.get(row, "")) for row, cells in enumerate(sheet.rows)]
    wanted = columns.index(sheet.label_column)
    return columns, [
        (*cells[:wanted], said[row], *cells[wanted + 1 :]) if row in said else cells
        for row, cells in enumerate(sheet.rows)
    ]


def answers_column(sheet: Sheet | None) -> str:
    """The column of answers in the labelled copy of a sheet: its own, or a new one."""
    if sheet is None or sheet.label_column:
        return sheet.label_column if sheet is not None else ""
    taken = set(sheet.columns)
    return next(name for name in ("label", *(f"label {n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _is_same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _check_column(columns: Sequence[str], name: str) -> None:
    if name not in columns:
        raise InputError(
            _("There is no column {name!r} for the {what}.").format(name=name, what=_("texts"))
            if name
            else _("It is not clear which column holds the {what}.").format(what=_("texts")),
            _("It has: {names}.").format(names=", ".join(columns)),
        )


def _labelled(task: Task, sheet: Sheet) -> list[tuple[str, str]]:
    """Text and answer of each row that has both."""
    pairs = ((sheet.text(row), sheet.answer(row)) for row in range(len(sheet.rows)))
    return [pair for pair in pairs if all(pair) and fits(task, pair[1])]


def fits(task: Task, answer: str) -> bool:
    """Whether something can be an answer: any text is a label, a number must be one."""
    return task.output == "labels" or math.isfinite(number_in(answer))


def _without_answer(sheet: Sheet, known: set[str]) -> list[int]:
    """Rows with a text and no answer, each text once and none that has an answer elsewhere."""
    seen, found = set(known), []
    for row in range(len(sheet.rows)):
        text = sheet.text(row)
        if not text or sheet.answer(row) or plain(text) in seen:
            continue
        seen.add(plain(text))
        found.append(row)
    return found


def _scores(answers: Sequence[Output]) -> tuple[Array | None, tuple[str, ...]]:
    """Probabilities as a table, shape ``(rows, labels)``, and the labels; None where there are none."""
    import numpy as np

    every = [answer for answer in answers if isinstance(answer, Labels)]
    if not every or len(every) != len(answers):
        return None, ()
    names = tuple(sorted({score.label for answer in every for score in answer.scores}))
    at = {name: place for place, name in enumerate(names)}
    table = np.zeros((len(every), len(names)))
    for row, answer in enumerate(every):
        for score in answer.scores:
            table[row, at[score.label]] = score.score
    # A recorded or remote answer may come without a probability: no doubt can be told from it.
    return (table, names) if np.isfinite(table).all() else (None, names)


def _guesses(answers: Sequence[Output], place: int) -> tuple[tuple[str, float], ...]:
    answer = answers[place] if answers else None
    if not isinstance(answer, Labels):
        return ()
    return tuple((score.label, score.score) for score in answer.scores[:3])

"""Reviewer packs: blind questions for colleagues without the studio, and their votes read back in.

A pack is a workbook and a page for the browser with the same questions. Names are not in it: who stands as A follows
from the pack's number, which is worked out again when votes come back, so that nothing has to be remembered.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

from studio.domain.errors import InputError
from studio.domain.evaluation import EvaluationInfo
from studio.domain.i18n import _
from studio.domain.project import VoteChoice
from studio.domain.running import never_cancelled
from studio.domain.spreadsheet import neutral
from studio.services.evaluation_index import read_index
from studio.services.evaluation_pages import ResultRow, read_page
from studio.services.project_session import ProjectSession
from studio.services.reviewing_page import page_of
from studio.services.whole_file import whole_file

#: Questions of a pack: about half an hour of somebody's time.
QUESTIONS = 40
#: A vote file is small; anything larger is something else.
_LARGEST_BYTES = 20_000_000
_HIDDEN, _FIRST_ROW = "pack", 5


@dataclass(frozen=True)
class Question:
    """Two answers to one row.

    Attributes:
        key: What stands in the pack instead of names: the row's position and the number of the pair.
        position: The row.
        a: Id of the candidate that is shown as A.
        b: Id of the candidate that is shown as B.
    """

    key: str
    position: int
    a: int
    b: int


@dataclass(frozen=True)
class Shown:
    """A question as colleagues read it."""

    key: str
    text: str
    expected: str
    a: str
    b: str


@dataclass(frozen=True)
class VotesRead:
    """What came back.

    Attributes:
        voter: Who voted.
        votes: How many votes were taken in.
        skipped: Questions without a vote.
    """

    voter: str
    votes: int
    skipped: int


#: In the order of the numbers 1 to 4.
CHOICES: tuple[VoteChoice, ...] = get_args(VoteChoice)


def choice_words() -> tuple[str, ...]:
    """What a reviewer chooses between, in the order of `CHOICES`."""
    return _("A is better"), _("B is better"), _("Equally good"), _("Both bad")


def write_pack(
    session: ProjectSession,
    evaluation: int,
    folder: Path,
    seed: int = 0,
    most: int = QUESTIONS,
    cancelled: Callable[[], bool] = never_cancelled,
) -> tuple[Path, Path]:
    """Write a pack: rows on which candidates differ, drawn at random.

    Args:
        session: The project.
        evaluation: Its id.
        folder: Where the two files go; earlier ones of the same pack are replaced.
        seed: Another one draws other questions.
        most: Questions at most.
        cancelled: Asked now and then.

    Returns:
        The workbook and the page.

    Raises:
        InputError: The candidates don't differ anywhere, or the files can't be written.
        StoppedError: ``cancelled`` said so.
    """
    info = session.evaluations.get(evaluation)
    questions = _draw(session, info, seed, most, cancelled)
    if not questions:
        raise InputError(
            _("There is nothing to ask: the candidates answer every row alike, or only one has answers."),
            _("Add a candidate, or finish the run first."),
        )
    rows = read_page(session, info, [question.position for question in questions])
    shown = [_shown(info, question, row) for question, row in zip(questions, rows, strict=True)]
    token = _token(info, seed)
    name = f"review-{info.id}-{seed}"
    workbook, page = folder / f"{name}.xlsx", folder / f"{name}.html"
    _write_workbook(workbook, token, shown)
    with whole_file(page) as file:
        file.write(page_of(token, [vars(each) for each in shown], choice_words()))
    return workbook, page


def read_votes(session: ProjectSession, evaluation: int, path: Path) -> VotesRead:
    """Take the votes of a workbook, or of the file that the page saved, into the project (undoable as one edit).

    Raises:
        InputError: It is no such file, was made for another evaluation, or names no voter.
        ProjectError: The project can't be written.
    """
    info = session.evaluations.get(evaluation)
    token, voter, answers = _read(path)
    seed = _seed_of(info, token)
    if not voter.strip():
        raise InputError(
            _("The file does not say who voted."), _("Write the reviewer's name at its top, and read it in again.")
        )
    pairs = _pairs(info)
    votes: list[tuple[int, int, int, VoteChoice]] = []
    skipped = 0
    for key, word in answers:
        choice = _choice(word)
        if choice is None:
            skipped += 1
            continue
        question = _question(key, pairs, seed, info)
        votes.append((question.position, question.a, question.b, choice))
    if votes:
        session.evaluations.put_votes(info.id, votes, voter.strip())
    return VotesRead(voter.strip(), len(votes), skipped)


# -- questions -------------------------------------------------------------------------------------------------------


def _pairs(info: EvaluationInfo) -> list[tuple[int, int]]:
    return list(combinations([candidate.id for candidate in info.candidates], 2))


def _draw(
    session: ProjectSession, info: EvaluationInfo, seed: int, most: int, cancelled: Callable[[], bool]
) -> list[Question]:
    import numpy as np

    index = read_index(session, info, cancelled)
    answers = {each.candidate: each.answer for each in index.candidates}
    chance = np.random.default_rng(seed)
    found: list[Question] = []
    pairs = _pairs(info)
    for number, (a, b) in enumerate(pairs):
        differ = (answers[a] != answers[b]) & (answers[a] >= 0) & (answers[b] >= 0)
        drawn = chance.permutation(index.positions[differ])[:most]
        found += [_question(f"{int(position)}.{number}", pairs, seed, info) for position in drawn]
    return [found[place] for place in chance.permutation(len(found))[:most]]


def _question(key: str, pairs: Sequence[tuple[int, int]], seed: int, info: EvaluationInfo) -> Question:
    place, _dot, number = key.partition(".")
    try:
        position, pair = int(place), pairs[int(number)]
    except (ValueError, IndexError):
        raise _no_pack(key) from None
    if not 0 <= position < info.dataset.rows or int(number) < 0:
        raise _no_pack(key)
    turned = hashlib.sha256(f"{seed} {key}".encode()).digest()[0] & 1
    a, b = reversed(pair) if turned else pair
    return Question(key, position, a, b)


def _shown(info: EvaluationInfo, question: Question, found: ResultRow) -> Shown:
    columns, mapping = info.dataset.columns, info.settings.mapping

    def cell(name: str) -> str:
        return found.row.cells[columns.index(name)] if name in columns else ""

    def answer(candidate: int) -> str:
        given = found.answers.get(candidate, ())
        return given[0].output.text if given and given[0].output is not None else ""

    text = "\n".join(cell(name) for name in mapping.inputs.values())
    return Shown(question.key, text, cell(mapping.reference), answer(question.a), answer(question.b))


def _token(info: EvaluationInfo, seed: int) -> str:
    """Says which evaluation and draw a pack is of, without a name in it."""
    return f"{seed}-{_mark(info)}"


def _mark(info: EvaluationInfo) -> str:
    told = [info.dataset.fingerprint, info.started.isoformat(), *(each.name for each in info.candidates)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:20]


def _seed_of(info: EvaluationInfo, token: str) -> int:
    seed, _dash, mark = token.partition("-")
    if not seed.isdecimal():
        raise _no_pack(token)
    if mark != _mark(info):
        raise InputError(
            _("These votes were given on another evaluation."),
            _("Open the evaluation that the pack was made from, and read them in there."),
        )
    return int(seed)


def _choice(word: str) -> VoteChoice | None:
    """What was chosen: it begins with 1 to 4, whatever language the words behind it are in."""
    said = word.strip()
    if not said:
        return None
    number = said[:1]
    if number not in ("1", "2", "3", "4"):
        raise InputError(
            _("“{word}” is no vote.").format(word=said[:40]), _("Choose one of the four answers of the list.")
        )
    return CHOICES[int(number) - 1]


def _no_pack(detail: str) -> InputError:
    return InputError(
        _("This file holds no votes of a reviewer pack."),
        _("Choose the workbook that came back, or the file that the page saved."),
        detail[:200],
    )


# -- the workbook ----------------------------------------------------------------------------------------------------


def _write_workbook(path: Path, token: str, shown: Sequence[Shown]) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = _("Votes")
    sheet["A1"], sheet["A2"] = _("Your name"), _("For each line, say which answer is better.")
    sheet["A1"].font = Font(bold=True)
    words = [f"{number}: {text}" for number, text in enumerate(choice_words(), 1)]
    head = (_("No."), _("Input"), _("Expected"), "A", "B", _("Which is better?"))
    for column, text in enumerate(head, 1):
        sheet.cell(_FIRST_ROW - 1, column, text).font = Font(bold=True)
    for number, question in enumerate(shown):
        sheet.cell(_FIRST_ROW + number, 1).value = number + 1
        for column, text in enumerate((question.text, question.expected, question.a, question.b), 2):
            cell = sheet.cell(_FIRST_ROW + number, column)
            # Kept as text: what looks like a formula, or holds a control character, must not spoil the file.
            cell.value = _printable(neutral(text))
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    choice = DataValidation(type="list", formula1='"' + ",".join(words) + '"', allow_blank=True)
    sheet.add_data_validation(choice)
    choice.add(f"F{_FIRST_ROW}:F{_FIRST_ROW + len(shown) - 1}")
    for letter, width in zip("ABCDEF", (14, 48, 22, 40, 40, 22), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"A{_FIRST_ROW}"
    hidden = book.create_sheet(_HIDDEN)
    hidden.sheet_state = "hidden"
    hidden["A1"] = token
    for number, question in enumerate(shown, 2):
        hidden.cell(number, 1, question.key)
    with whole_file(path, "wb") as file:
        book.save(file)


def _printable(text: str) -> str:
    return "".join(letter for letter in text[:32_000] if letter in "\n\t" or letter >= " ")


def _read(path: Path) -> tuple[str, str, list[tuple[str, str]]]:
    """Token, voter and (key, choice) of a file that came back."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise _no_pack(f"{path.stat().st_size} bytes")
        if zipfile.is_zipfile(path):
            return _read_workbook(path)
        return _read_json(json.loads(path.read_text(encoding="utf-8-sig")))
    except InputError:
        raise
    except OSError as error:
        raise InputError(_("{path} can't be read.").format(path=path), "", str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, RecursionError) as error:
        raise _no_pack(repr(error)) from error


def _read_workbook(path: Path) -> tuple[str, str, list[tuple[str, str]]]:
    from openpyxl import load_workbook

    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > 10 * _LARGEST_BYTES:
            raise _no_pack("it unpacks to more than a pack can hold")
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        if _HIDDEN not in book.sheetnames:
            raise _no_pack(", ".join(book.sheetnames))
        told = [str(row[0] or "") for row in book[_HIDDEN].iter_rows(max_col=1, values_only=True)]
        sheet = book[next(name for name in book.sheetnames if name != _HIDDEN)]
        rows = list(sheet.iter_rows(max_col=6, max_row=_FIRST_ROW + len(told), values_only=True))
    finally:
        book.close()
    voter = str(rows[0][1] or "")
    numbered = {row[0]: str(row[5] or "") for row in rows[_FIRST_ROW - 1 :] if isinstance(row[0], int | float)}
    # By their number, so that a sorted sheet is read rightly.
    return told[0], voter, [(key, numbered.get(number, "")) for number, key in enumerate(told[1:], 1)]


def _read_json(told: Any) -> tuple[str, str, list[tuple[str, str]]]:
    return (
        str(told["pack"]),
        str(told["voter"])[:100],
        [(str(each["key"]), str(each["choice"] or "")) for each in told["votes"]],
    )

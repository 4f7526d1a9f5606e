"""The evaluations of a project: what was asked, every answer as it comes, and blind votes on rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

from studio.domain.comparison import Candidate
from studio.domain.errors import Failure, UnknownNameError
from studio.domain.evaluation import (
    Answer,
    CandidateKind,
    EvaluatedCandidate,
    EvaluationInfo,
    EvaluationSettings,
    EvaluationStatus,
    RunFacts,
)
from studio.domain.i18n import N_, _
from studio.domain.project import Rating, Thumb, Vote, VoteChoice
from studio.domain.running import Backend, Options, Placement
from studio.project.answer_codec import FIELDS, pack, unpack
from studio.project.codec import decode, decode_mapping, encode
from studio.project.datasets import Datasets, Notify
from studio.project.file import ProjectFile
from studio.project.journal import Journal
from studio.project.values import clean, moment, one_of

#: Answers that are read in one go: the connection is free for the window in between.
_CHUNK = 2_000
#: Positions in one query; SQLite takes no more than about 32,000 values.
_MOST_ASKED = 500
_CANDIDATE = (
    "id, name, title, kind, model, precision, device, backend, options, status, facts, placement, failure, licence, "
    "labels, sends_data, done, failed"
)
_EVALUATION = (
    "evaluations.id, task, evaluations.dataset, started, settings, environment, rows, coalesce(title, ''), baseline "
    "FROM evaluations LEFT JOIN evaluation_marks ON evaluation_marks.evaluation = evaluations.id"
)


@dataclass(frozen=True)
class NewCandidate:
    """A candidate that takes part; see `studio.domain.evaluation.EvaluatedCandidate`."""

    name: str
    title: str
    kind: CandidateKind
    candidate: Candidate | None = None
    options: Options | None = None
    licence: str = ""
    labels: tuple[str, ...] = ()
    sends_data: bool = False


class RawAnswer(NamedTuple):
    """What figures need of an answer.

    Attributes:
        position: The row.
        repeat: Counted from 0.
        text: The answer as text; None for a failure.
        scores: float32 of each of the candidate's labels, in their order; None where it has no such scores.
        latency_s: See `Answer`, as are the others.
    """

    position: int
    repeat: int
    text: str | None
    scores: bytes | None
    latency_s: float | None
    ttft_s: float | None
    decode_tokens_per_s: float | None
    characters_per_s: float | None


class Evaluations:
    """Reads, records and edits the evaluations of one project. Safe to use from any thread."""

    def __init__(self, file: ProjectFile, journal: Journal, notify: Notify, datasets: Datasets) -> None:
        self._file = file
        self._journal = journal
        self._notify = notify
        self._datasets = datasets
        #: Label order of candidates, which every answer is stored by.
        self._labels: dict[int, tuple[str, ...]] = {}

    # -- reading -------------------------------------------------------------------------------------------------

    def all(self, task: str | None = None) -> tuple[EvaluationInfo, ...]:
        """Those of one task or all, the newest first; removed ones and those of removed data sets are left out."""
        with self._file.reading() as connection:
            found = connection.execute(
                f"SELECT {_EVALUATION} JOIN dataset_marks ON dataset_marks.dataset = evaluations.dataset "
                "WHERE coalesce(evaluation_marks.hidden, 0) = 0 AND dataset_marks.hidden = 0 "
                "AND (?1 IS NULL OR task = ?1) ORDER BY evaluations.id DESC",
                (task,),
            ).fetchall()
        return tuple(self._info(row) for row in found)

    def get(self, evaluation: int) -> EvaluationInfo:
        """An evaluation. Raises `UnknownNameError`: there is none."""
        with self._file.reading() as connection:
            found = connection.execute(f"SELECT {_EVALUATION} WHERE evaluations.id = ?", (evaluation,)).fetchone()
        if found is None:
            raise UnknownNameError(_("There is no evaluation {number} in this project.").format(number=evaluation))
        return self._info(found)

    def _info(self, row: tuple[Any, ...]) -> EvaluationInfo:
        evaluation, task, dataset, started, settings, environment, rows, title, baseline = row
        with self._file.reading() as connection:
            candidates = tuple(
                _candidate(found)
                for found in connection.execute(
                    f"SELECT {_CANDIDATE} FROM evaluated WHERE evaluation = ? ORDER BY position, id", (evaluation,)
                ).fetchall()
            )
        return EvaluationInfo(
            evaluation,
            task,
            self._datasets.get(dataset),
            title,
            moment(started),
            decode(EvaluationSettings, settings),
            rows,
            _together([candidate.status for candidate in candidates]),
            candidates,
            baseline,
            decode_mapping(environment),
        )

    def done(self, candidate: int) -> frozenset[tuple[int, int]]:
        """Which (position, repeat) have an answer or a failure: continuing leaves these out."""
        with self._file.reading() as connection:
            return frozenset(
                connection.execute("SELECT position, repeat FROM answers WHERE candidate = ?", (candidate,)).fetchall()
            )

    def answers(self, candidate: int, positions: Sequence[int] | None = None) -> Iterator[Answer]:
        """Answers of one candidate by position and repeat; of some rows (in the order given) or all."""
        labels = self._labels_of(candidate)
        chunks = self._every_row(candidate) if positions is None else self._some_rows(candidate, positions)
        for chunk in chunks:
            for row in chunk:
                yield unpack(row, labels)

    def _every_row(self, candidate: int) -> Iterator[list[tuple[Any, ...]]]:
        last = (-1, -1)
        while True:
            with self._file.reading() as connection:
                found = connection.execute(
                    f"SELECT {FIELDS} FROM answers WHERE candidate = ? AND (position, repeat) > (?, ?) "
                    "ORDER BY position, repeat LIMIT ?",
                    (candidate, *last, _CHUNK),
                ).fetchall()
            if not found:
                return
            yield found
            last = found[-1][1:3]

    def raw(self, candidate: int) -> Iterator[RawAnswer]:
        """Answers of one candidate by position and repeat, without building what each says: for a hundred thousand."""
        for chunk in self._every_row(candidate):
            for row in chunk:
                yield RawAnswer(
                    row[1], row[2], row[3], row[4] if row[5] is None else None, row[7], row[8], row[9], row[10]
                )

    def _some_rows(self, candidate: int, positions: Sequence[int]) -> Iterator[list[tuple[Any, ...]]]:
        for start in range(0, len(positions), _MOST_ASKED):
            asked = positions[start : start + _MOST_ASKED]
            with self._file.reading() as connection:
                found = connection.execute(
                    f"SELECT {FIELDS} FROM answers WHERE candidate = ? AND position IN ({','.join('?' * len(asked))})",
                    (candidate, *asked),
                ).fetchall()
            place = {position: number for number, position in enumerate(asked)}
            yield sorted(found, key=lambda row: (place[row[1]], row[2]))

    def texts(self, candidate: int) -> Mapping[int, str | None]:
        """By position, the first repeat's answer as text (for a classifier its label); None for a failure. Quick."""
        with self._file.reading() as connection:
            return dict(
                connection.execute(
                    "SELECT position, text FROM answers WHERE candidate = ? AND repeat = 0 ORDER BY position",
                    (candidate,),
                ).fetchall()
            )

    def _labels_of(self, candidate: int) -> tuple[str, ...]:
        if candidate not in self._labels:
            with self._file.reading() as connection:
                found = connection.execute("SELECT labels FROM evaluated WHERE id = ?", (candidate,)).fetchone()
            if found is None:
                raise _unknown_candidate(candidate)
            self._labels[candidate] = decode(tuple[str, ...], found[0])
        return self._labels[candidate]

    # -- recording -----------------------------------------------------------------------------------------------

    def start(
        self,
        task: str,
        dataset: int,
        settings: EvaluationSettings,
        rows: int,
        candidates: Sequence[NewCandidate],
        environment: Mapping[str, str | int | float | None],
    ) -> EvaluationInfo:
        """Store that an evaluation begins. Candidates can be added to it later (`add_candidate`)."""
        self._datasets.get(dataset)
        with self._file.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO evaluations (dataset, task, started, settings, environment, rows) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    dataset,
                    task,
                    datetime.now(UTC).isoformat(timespec="milliseconds"),
                    encode(settings),
                    encode(environment),
                    rows,
                ),
            )
            evaluation = int(cursor.lastrowid or 0)
            for position, candidate in enumerate(candidates):
                _insert(connection, evaluation, position, candidate)
        self._notify("evaluation")
        return self.get(evaluation)

    def add_candidate(self, evaluation: int, candidate: NewCandidate) -> int:
        """A further candidate on the same rows; returns its id. Raises `UnknownNameError`: no such evaluation."""
        count = len(self.get(evaluation).candidates)
        with self._file.writing() as connection:
            added = _insert(connection, evaluation, count, candidate)
        self._notify("evaluation")
        return added

    def record(self, answers: Sequence[Answer]) -> None:
        """Store answers, all of them or none; one that is there already is replaced, so none counts twice."""
        order: dict[int, Mapping[str, int]] = {}
        for candidate in {answer.candidate for answer in answers}:
            order[candidate] = {label: place for place, label in enumerate(self._labels_of(candidate))}
        rows = [pack(answer, order[answer.candidate]) for answer in answers]
        with self._file.writing() as connection:
            for candidate in order:
                _count(connection, candidate, [answer for answer in answers if answer.candidate == candidate])
            connection.executemany(
                f"INSERT OR REPLACE INTO answers ({FIELDS}) VALUES ({','.join('?' * 11)})",
                rows,
            )

    def set_state(
        self,
        candidate: int,
        status: EvaluationStatus,
        facts: RunFacts | None = None,
        placement: Placement | None = None,
        failure: Failure | None = None,
        labels: tuple[str, ...] | None = None,
    ) -> None:
        """How far a candidate is; None leaves as it is, but a failure goes once it is no longer ``failed``."""
        with self._file.writing() as connection:
            changed = connection.execute(
                "UPDATE evaluated SET status = ?, facts = coalesce(?, facts), placement = coalesce(?, placement), "
                "failure = ?, labels = coalesce(?, labels) WHERE id = ?",
                (
                    status,
                    encode(facts) if facts else None,
                    encode(placement) if placement else None,
                    encode(failure) if failure else None,
                    None if labels is None else encode(tuple(clean(label) for label in labels)),
                    candidate,
                ),
            ).rowcount
        if not changed:
            raise _unknown_candidate(candidate)
        if labels is not None:
            self._labels.pop(candidate, None)
        self._notify("evaluation")

    # -- what people say -----------------------------------------------------------------------------------------

    def set_title(self, evaluation: int, title: str) -> None:
        """Name it (undoable)."""
        self._mark(N_("Rename evaluation"), evaluation, title=clean(title.strip()))

    def set_baseline(self, evaluation: int, candidate: int | None) -> None:
        """Compare the others with this one (undoable)."""
        if candidate is not None and candidate not in {each.id for each in self.get(evaluation).candidates}:
            raise _unknown_candidate(candidate)
        self._mark(
            N_("Pin baseline") if candidate is not None else N_("Unpin baseline"), evaluation, baseline=candidate
        )

    def remove(self, evaluation: int) -> None:
        """Take it out of the list (undoable)."""
        self._mark(N_("Remove evaluation"), evaluation, hidden=1)

    def _mark(self, words: str, evaluation: int, **changed: str | int | None) -> None:
        self.get(evaluation)
        with self._journal.edit(words, f"evaluation {evaluation} {','.join(changed)}") as edit:
            now = edit.connection.execute(
                "SELECT title, baseline, hidden FROM evaluation_marks WHERE evaluation = ?", (evaluation,)
            ).fetchone() or ("", None, 0)
            row = {"evaluation": evaluation, "title": now[0], "baseline": now[1], "hidden": now[2], **changed}
            edit.put("evaluation_marks", row)
            edited = bool(edit.changes())
        if edited:
            self._notify("evaluation", "undo")

    def vote(self, evaluation: int, position: int, a: int, b: int, choice: VoteChoice, voter: str = "") -> None:
        """Choose between the answers of candidates ``a`` and ``b`` to a row, names hidden (undoable).

        ``voter`` is empty for whoever sits here, else a colleague's name from a reviewer pack.
        """
        self.put_votes(evaluation, [(position, a, b, choice)], voter)

    def put_votes(self, evaluation: int, votes: Iterable[tuple[int, int, int, VoteChoice]], voter: str = "") -> None:
        """Several votes as one edit, each as (position, a, b, choice); see `vote`.

        Raises:
            UnknownNameError: A candidate is not of this evaluation.
        """
        known = {each.id for each in self.get(evaluation).candidates}
        voted = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._journal.edit(N_("Vote")) as edit:
            for position, a, b, choice in votes:
                if not {a, b} <= known:
                    raise _unknown_candidate(b if a in known else a)
                edit.put(
                    "row_votes",
                    {
                        "evaluation": evaluation,
                        "position": position,
                        "a": a,
                        "b": b,
                        "voter": clean(voter),
                        "choice": choice,
                        "voted": voted,
                    },
                )
            edited = bool(edit.changes())
        if edited:
            self._notify("evaluation", "undo")

    def votes(self, evaluation: int) -> tuple[tuple[int, str, Vote], ...]:
        """Every vote as (position, voter, vote); `Vote.run` is the evaluation, ``a`` and ``b`` are candidates."""
        with self._file.reading() as connection:
            found = connection.execute(
                "SELECT position, voter, a, b, choice, voted FROM row_votes WHERE evaluation = ? "
                "ORDER BY voted, position, a, b",
                (evaluation,),
            ).fetchall()
        return tuple(
            (position, voter, Vote(evaluation, a, b, one_of(choice, get_args(VoteChoice)), moment(voted)))
            for position, voter, a, b, choice, voted in found
        )

    def rate(self, candidate: int, position: int, rating: Rating) -> None:
        """Say what one thinks of an answer (undoable); an empty rating takes it back."""
        self._labels_of(candidate)
        row = {"candidate": candidate, "position": position, "thumb": rating.thumb, "note": clean(rating.note)}
        with self._journal.edit(N_("Rate answer"), f"rating {candidate} {position}" if rating.note else "") as edit:
            if rating == Rating():
                edit.remove("answer_ratings", row)
            else:
                edit.put("answer_ratings", row)
            edited = bool(edit.changes())
        if edited:
            self._notify("evaluation", "undo")

    def ratings(self, evaluation: int) -> Mapping[tuple[int, int], Rating]:
        """Ratings by (candidate, position)."""
        with self._file.reading() as connection:
            found = connection.execute(
                "SELECT candidate, answer_ratings.position, thumb, note FROM answer_ratings "
                "JOIN evaluated ON evaluated.id = candidate WHERE evaluation = ?",
                (evaluation,),
            ).fetchall()
        return {
            (candidate, position): Rating(one_of(thumb, get_args(Thumb)) if thumb else None, note)
            for candidate, position, thumb, note in found
        }


def _insert(connection: sqlite3.Connection, evaluation: int, position: int, new: NewCandidate) -> int:
    named = new.candidate
    cursor = connection.execute(
        "INSERT INTO evaluated (evaluation, position, name, title, kind, model, precision, device, backend, options, "
        "status, facts, licence, labels, sends_data, done, failed) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'stopped', ?, ?, ?, ?, 0, 0)",
        (
            evaluation,
            position,
            clean(new.name),
            clean(new.title),
            new.kind,
            clean(named.model) if named else "",
            named.precision if named else "",
            named.device if named else "",
            named.backend if named else "",
            encode(new.options or {}),
            encode(RunFacts()),
            clean(new.licence),
            encode(tuple(clean(label) for label in new.labels)),
            int(new.sends_data),
        ),
    )
    return int(cursor.lastrowid or 0)


def _count(connection: sqlite3.Connection, candidate: int, answers: Sequence[Answer]) -> None:
    """Keep how many answers there are beside the candidate: lists are read often, and counting takes long."""
    new = {(answer.position, answer.repeat): answer.failure is not None for answer in answers}
    positions = sorted({position for position, _repeat in new})
    before: list[bool] = []
    for start in range(0, len(positions), _MOST_ASKED):
        asked = positions[start : start + _MOST_ASKED]
        before += [
            bool(failed)
            for position, repeat, failed in connection.execute(
                "SELECT position, repeat, failure IS NOT NULL FROM answers WHERE candidate = ? "
                f"AND position IN ({','.join('?' * len(asked))})",
                (candidate, *asked),
            )
            if (position, repeat) in new
        ]
    connection.execute(
        "UPDATE evaluated SET done = done + ?, failed = failed + ? WHERE id = ?",
        (len(new) - len(before), sum(new.values()) - sum(before), candidate),
    )


def _candidate(row: tuple[Any, ...]) -> EvaluatedCandidate:
    (number, name, title, kind, model, precision, device, backend, options, status, facts, placement, failure) = row[
        :13
    ]
    licence, labels, sends_data, done, failed = row[13:]
    found_kind = one_of(kind, get_args(CandidateKind))
    named = None
    if found_kind == "model":
        named = Candidate(model, precision, device, one_of(backend, get_args(Backend)))
    return EvaluatedCandidate(
        number,
        name,
        title,
        found_kind,
        named,
        decode_mapping(options),
        one_of(status, get_args(EvaluationStatus)),
        done,
        failed,
        decode(RunFacts, facts),
        decode(Placement, placement) if placement else None,
        decode(Failure, failure) if failure else None,
        licence,
        decode(tuple[str, ...], labels),
        bool(sends_data),
    )


def _together(states: Sequence[EvaluationStatus]) -> EvaluationStatus:
    """The state of an evaluation from those of its candidates: the one that most needs looking at."""
    if not states:
        return "finished"
    for state in ("running", "interrupted", "stopped"):
        if state in states:
            return state
    return "failed" if all(state == "failed" for state in states) else "finished"


def _unknown_candidate(candidate: int) -> UnknownNameError:
    return UnknownNameError(_("There is no candidate {number} in this evaluation.").format(number=candidate))

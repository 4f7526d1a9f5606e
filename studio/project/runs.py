"""Runs and answers, stored while they happen, and what people say about them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from studio.domain.comparison import Candidate, CandidateResult, Measurement
from studio.domain.errors import Failure, UnknownNameError
from studio.domain.i18n import N_, _
from studio.domain.prediction import GeneratedText, Prediction
from studio.domain.project import (
    Column,
    Rating,
    ResultStatus,
    Run,
    RunSummary,
    StoredResult,
    Thumb,
    Vote,
    VoteChoice,
)
from studio.domain.running import Backend, Inputs, Options, Placement
from studio.domain.task import Message
from studio.project.codec import damaged, decode, decode_mapping, encode
from studio.project.file import ProjectFile
from studio.project.journal import Journal
from studio.project.values import clean, moment, one_of

#: More answers than one run can have; a file with more was not written by a studio.
_MOST_RESULTS = 10_000
#: Turns of a conversation that are followed back.
_MOST_TURNS = 10_000
_BEGINNING = 120
_RESULT_FIELDS = (
    "results.id, run, column_id, model, precision, device, backend, options, status, streamed, "
    "prediction, measurement, placement, failure, thumb, note"
)
_RUN_FIELDS = (
    "runs.id, task, started, inputs, options, at_once, blind, environment, follows, "
    "coalesce(title, ''), coalesce(note, '')"
)


class Runs:
    """The runs of one project. Methods that edit tell whether anything changed."""

    def __init__(self, file: ProjectFile, journal: Journal) -> None:
        self._file = file
        self._journal = journal

    # -- recording -----------------------------------------------------------------------------------------------

    def start(
        self,
        task: str,
        inputs: Inputs,
        options: Options,
        columns: tuple[Column, ...],
        at_once: bool,
        blind: bool,
        environment: Mapping[str, str | int | float | None] | None,
        follows: int | None,
    ) -> tuple[int, dict[str, int]]:
        """Store a run that begins; its id, and the ids of its results by id of the column.

        Raises:
            UnknownNameError: The turn it follows is not in the project.
        """
        with self._file.writing() as connection:
            if follows is not None:
                _check_run(connection, follows)
            run = _inserted(
                connection.execute(
                    "INSERT INTO runs "
                    "(task, started, inputs, options, at_once, blind, environment, follows, beginning) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        task,
                        datetime.now(UTC).isoformat(timespec="milliseconds"),
                        encode(inputs),
                        encode(options),
                        int(at_once),
                        int(blind),
                        encode(environment or {}),
                        follows,
                        _beginning(inputs),
                    ),
                )
            )
            return run, {column.id: _insert_result(connection, run, options, column) for column in columns}

    def add_result(self, run: int, column: Column) -> int:
        """Store that a column answers a run once more, or for the first time; the result's id.

        Raises:
            UnknownNameError: There is no such run.
        """
        with self._file.writing() as connection:
            _check_run(connection, run)
            options = connection.execute("SELECT options FROM runs WHERE id = ?", (run,)).fetchone()[0]
            return _insert_result(connection, run, decode_mapping(options), column)

    def append_text(self, result: int, text: str) -> None:
        """A piece of an answer that is still coming."""
        with self._file.writing() as connection:
            connection.execute("UPDATE results SET streamed = streamed || ? WHERE id = ?", (clean(text), result))

    def finish(self, result: int, text: str, outcome: CandidateResult) -> None:
        """How an answer ended; ``text`` is the last piece, kept only where there is no whole answer."""
        prediction = outcome.prediction
        with self._file.writing() as connection:
            connection.execute(
                "UPDATE results SET status = ?, streamed = CASE WHEN ? THEN '' ELSE streamed || ? END, prediction = ?, "
                "measurement = ?, placement = ?, failure = ? WHERE id = ?",
                (
                    status_of(outcome),
                    prediction is not None,
                    clean(text),
                    encode(prediction) if prediction else None,
                    encode(outcome.measurement),
                    encode(outcome.placement) if outcome.placement else None,
                    encode(outcome.failure) if outcome.failure else None,
                    result,
                ),
            )

    def stop(self, result: int) -> None:
        """An answer that will not come to its end."""
        with self._file.writing() as connection:
            connection.execute("UPDATE results SET status = 'cancelled' WHERE id = ? AND status = 'running'", (result,))

    def set_environment(self, run: int, facts: Mapping[str, str | int | float | None]) -> None:
        """What a report needs to reproduce a run."""
        with self._file.writing() as connection:
            connection.execute("UPDATE runs SET environment = ? WHERE id = ?", (encode(facts), run))

    # -- reading -------------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many runs there are, hidden ones included."""
        with self._file.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])

    def history(self, task: str | None, limit: int, before: int | None) -> tuple[RunSummary, ...]:
        """See `ProjectSession.history`."""
        with self._file.reading() as connection:
            found = connection.execute(
                "SELECT runs.id, task, started, coalesce(nullif(title, ''), beginning), follows, "
                "(SELECT count(DISTINCT column_id) FROM results WHERE run = runs.id), "
                "(SELECT group_concat(DISTINCT status) FROM results WHERE run = runs.id) "
                "FROM runs LEFT JOIN run_marks ON run_marks.run = runs.id "
                "WHERE coalesce(hidden, 0) = 0 AND (?1 IS NULL OR task = ?1) AND (?2 IS NULL OR runs.id < ?2) "
                "ORDER BY runs.id DESC LIMIT ?3",
                (task, before, limit),
            ).fetchall()
        return tuple(
            RunSummary(run, its_task, moment(started), title, columns, _worst(statuses or ""), follows)
            for run, its_task, started, title, follows, columns, statuses in found
        )

    def get(self, run: int) -> Run:
        """See `ProjectSession.run`."""
        with self._file.reading() as connection:
            return _read_run(connection, run)

    def conversation(self, run: int) -> tuple[Run, ...]:
        """See `ProjectSession.conversation`."""
        with self._file.reading() as connection:
            turns = [_read_run(connection, run)]
            while turns[-1].follows is not None and len(turns) < _MOST_TURNS:
                # A turn follows an earlier one; a file in which it does not would lead in circles.
                if turns[-1].follows >= turns[-1].id:
                    raise damaged(f"run {turns[-1].id} follows {turns[-1].follows}")
                turns.append(_read_run(connection, turns[-1].follows))
            return tuple(reversed(turns))

    def messages(self, run: int, column_id: str) -> tuple[Message, ...]:
        """See `ProjectSession.messages`."""
        messages: list[Message] = []
        for turn in self.conversation(run):
            answer = next((stored.text for stored in turn.latest if stored.column == column_id), "")
            if answer.strip():
                messages += [message for value in turn.inputs.values() for message in _turns(value)]
                messages.append(Message("assistant", answer))
        return tuple(messages)

    # -- what people say -----------------------------------------------------------------------------------------

    def rate(self, result: int, rating: Rating) -> bool:
        """See `ProjectSession.rate`."""
        with self._journal.edit(N_("Rate answer"), f"rating {result}" if rating.note else "") as edit:
            if edit.connection.execute("SELECT 1 FROM results WHERE id = ?", (result,)).fetchone() is None:
                raise _unknown_result(result)
            row = {"result": result, "thumb": rating.thumb, "note": clean(rating.note)}
            if rating == Rating():
                edit.remove("ratings", row)
            else:
                edit.put("ratings", row)
            return bool(edit.changes())

    def vote(self, run: int, a: int, b: int, choice: VoteChoice) -> bool:
        """See `ProjectSession.vote`."""
        with self._journal.edit(N_("Vote")) as edit:
            for result in (a, b):
                found = edit.connection.execute("SELECT 1 FROM results WHERE id = ? AND run = ?", (result, run))
                if found.fetchone() is None:
                    raise _unknown_result(result)
            voted = datetime.now(UTC).isoformat(timespec="milliseconds")
            edit.put("votes", {"run": run, "a": a, "b": b, "choice": choice, "voted": voted})
            return True

    def votes(self, task: str | None) -> tuple[Vote, ...]:
        """Every blind vote, oldest first, of one task or all; those on removed runs are left out."""
        with self._file.reading() as connection:
            found = connection.execute(
                "SELECT votes.run, a, b, choice, voted FROM votes JOIN runs ON runs.id = votes.run "
                "LEFT JOIN run_marks ON run_marks.run = votes.run "
                "WHERE coalesce(hidden, 0) = 0 AND (?1 IS NULL OR task = ?1) ORDER BY voted",
                (task,),
            ).fetchall()
        return tuple(_vote(row) for row in found)

    def mark(self, title: str, run: int, name: str, value: str | int) -> bool:
        """Set a run's ``title``, ``note`` or ``hidden``."""
        with self._journal.edit(title, f"run {name} {run}" if name == "note" else "") as edit:
            _check_run(edit.connection, run)
            query = "SELECT title, note, hidden FROM run_marks WHERE run = ?"
            old_title, old_note, old_hidden = edit.connection.execute(query, (run,)).fetchone() or ("", "", 0)
            row = {"run": run, "title": old_title, "note": old_note, "hidden": old_hidden}
            edit.put("run_marks", {**row, name: clean(value) if isinstance(value, str) else value})
            return bool(edit.changes())


def status_of(outcome: CandidateResult) -> ResultStatus:
    """How a result ended. One that was stopped says so in its failure, or in why its text ended."""
    if outcome.failure is not None:
        return "cancelled" if outcome.failure.kind == "StoppedError" else "failed"
    output = outcome.prediction.output if outcome.prediction else None
    return "cancelled" if isinstance(output, GeneratedText) and output.finish_reason == "cancelled" else "finished"


def _insert_result(connection: sqlite3.Connection, run: int, shared: Options, column: Column) -> int:
    candidate = column.candidate
    return _inserted(
        connection.execute(
            "INSERT INTO results (run, column_id, model, precision, device, backend, options, status, streamed) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'running', '')",
            (
                run,
                column.id,
                clean(candidate.model),
                candidate.precision,
                candidate.device,
                candidate.backend,
                encode({**shared, **column.options}),
            ),
        )
    )


def _inserted(cursor: sqlite3.Cursor) -> int:
    if cursor.lastrowid is None:
        raise sqlite3.InternalError("no row was inserted")
    return cursor.lastrowid


def _check_run(connection: sqlite3.Connection, run: int) -> None:
    if connection.execute("SELECT 1 FROM runs WHERE id = ?", (run,)).fetchone() is None:
        raise UnknownNameError(_("This run is not in the project."), detail=str(run))


def _unknown_result(result: int) -> UnknownNameError:
    return UnknownNameError(_("This answer is not in the project."), detail=str(result))


def _read_run(connection: sqlite3.Connection, run: int) -> Run:
    row = connection.execute(
        f"SELECT {_RUN_FIELDS} FROM runs LEFT JOIN run_marks ON run_marks.run = runs.id WHERE runs.id = ?", (run,)
    ).fetchone()
    if row is None:
        raise UnknownNameError(_("This run is not in the project."), detail=str(run))
    results = connection.execute(
        f"SELECT {_RESULT_FIELDS} FROM results LEFT JOIN ratings ON ratings.result = results.id "
        "WHERE run = ? ORDER BY results.id LIMIT ?",
        (run, _MOST_RESULTS),
    ).fetchall()
    votes = connection.execute("SELECT run, a, b, choice, voted FROM votes WHERE run = ? ORDER BY voted", (run,))
    run_id, task, started, inputs, options, at_once, blind, environment, follows, title, note = row
    return Run(
        run_id,
        task,
        moment(started),
        decode_mapping(inputs),
        decode_mapping(options),
        bool(at_once),
        bool(blind),
        decode(Mapping[str, str | int | float | None], environment),  # type: ignore[type-abstract]
        follows,
        title,
        note,
        tuple(_result(result) for result in results),
        tuple(_vote(vote) for vote in votes),
    )


def _result(row: tuple[Any, ...]) -> StoredResult:
    result, run, column_id, model, precision, device, backend, options, status, streamed = row[:10]
    prediction, measurement, placement, failure, thumb, note = row[10:]
    candidate = Candidate(model, precision, device, one_of(backend, get_args(Backend)))
    outcome = CandidateResult(
        candidate,
        decode(Prediction, prediction) if prediction else None,
        decode(Measurement, measurement) if measurement else Measurement(),
        decode(Placement, placement) if placement else None,
        decode(Failure, failure) if failure else None,
    )
    thumb = None if thumb is None else one_of(thumb, get_args(Thumb))
    rating = Rating(thumb, note or "")
    known: ResultStatus = one_of(status, get_args(ResultStatus))
    return StoredResult(result, run, column_id, decode_mapping(options), known, outcome, streamed, rating)


def _vote(row: tuple[Any, ...]) -> Vote:
    run, a, b, choice, voted = row
    return Vote(run, a, b, one_of(choice, get_args(VoteChoice)), moment(voted))


def _turns(value: Any) -> tuple[Message, ...]:
    if isinstance(value, tuple):
        return tuple(item for item in value if isinstance(item, Message))
    return (Message("user", value),) if isinstance(value, str) else ()


def _beginning(inputs: Inputs) -> str:
    """How the input begins, for a line of the history: the last turn's text of a conversation, else the text."""
    value = next(iter(inputs.values()), "")
    turns = _turns(value)
    return clean(" ".join((turns[-1].content if turns else "").split())[:_BEGINNING])


def _worst(statuses: str) -> ResultStatus:
    for status in ("running", "interrupted", "failed", "cancelled"):
        if status in statuses.split(","):
            return one_of(status, get_args(ResultStatus))
    return "finished"

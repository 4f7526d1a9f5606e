"""What people keep of why candidates answer as they do: explanations of answers, and insights into a whole sheet."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from studio.domain.errors import InputError, UnknownNameError
from studio.domain.explanation import Explanation
from studio.domain.i18n import N_, _, ngettext
from studio.domain.insight import Insights
from studio.domain.kept import KeptExplanation
from studio.project.codec import damaged, decode, encode
from studio.project.datasets import Notify
from studio.project.file import ProjectFile
from studio.project.journal import Journal
from studio.project.values import clean, moment

_FIELDS = "id, task, evaluation, candidate, position, title, kept, input, body"
#: More of a use case than anyone reads in a report; a file that holds more is no studio's.
MOST = 200
_LONGEST_INPUT = 20_000
#: Rows of each group and pair that are kept: enough to look at, few enough to store with every change.
_MOST_ROWS = 500


class Kept:
    """Reads and edits what one project keeps. Safe to use from any thread."""

    def __init__(self, file: ProjectFile, journal: Journal, notify: Notify) -> None:
        self._file = file
        self._journal = journal
        self._notify = notify

    # -- explanations --------------------------------------------------------------------------------------------

    def explanations(self, task: str) -> tuple[KeptExplanation, ...]:
        """Those of a use case, in the order they were kept."""
        with self._file.reading() as connection:
            found = connection.execute(
                f"SELECT {_FIELDS} FROM explanations WHERE task = ? ORDER BY kept, id LIMIT ?", (task, MOST + 1)
            ).fetchall()
        if len(found) > MOST:
            raise damaged(f"more than {MOST} explanations for {task}")
        return tuple(_explanation(row) for row in found)

    def keep(
        self,
        task: str,
        title: str,
        text: str,
        explanation: Explanation,
        evaluation: int | None = None,
        candidate: int | None = None,
        position: int | None = None,
    ) -> str:
        """Keep an explanation (undoable); one of the same row and candidate, or input and candidate, is replaced.

        Args:
            task: Task id.
            title: What the candidate is called.
            text: What was explained.
            explanation: What came of it.
            evaluation: The evaluation whose row it is about; None for none.
            candidate: Id of the candidate in it.
            position: The row.

        Returns:
            What names it.

        Raises:
            InputError: There are as many as a project takes.
        """
        known = self.explanations(task)
        same = next((each for each in known if _same(each, title, text, evaluation, candidate, position)), None)
        if same is None and len(known) >= MOST:
            raise InputError(
                ngettext("{n} explanation is kept already.", "{n} explanations are kept already.", MOST).format(n=MOST),
                _("Remove some in Evaluate, under Why."),
            )
        name = same.id if same else uuid.uuid4().hex[:12]
        row = {
            "id": name,
            "task": task,
            "evaluation": evaluation,
            "candidate": candidate,
            "position": position,
            "title": clean(title),
            "kept": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "input": clean(text[:_LONGEST_INPUT]),
            "body": encode(explanation),
        }
        with self._journal.edit(N_("Keep explanation")) as edit:
            edit.put("explanations", row)
        self._notify("kept", "undo")
        return name

    def remove(self, name: str) -> None:
        """Take an explanation out (undoable). Raises `UnknownNameError`: there is none."""
        with self._journal.edit(N_("Remove explanation")) as edit:
            found = edit.connection.execute(f"SELECT {_FIELDS} FROM explanations WHERE id = ?", (name,)).fetchone()
            if found is None:
                raise UnknownNameError(_("This explanation is no longer in the project."))
            edit.remove("explanations", dict(zip(_FIELDS.split(", "), found, strict=True)))
        self._notify("kept", "undo")

    # -- insights ------------------------------------------------------------------------------------------------

    def insights(self, evaluation: int) -> Insights | None:
        """What is kept about an evaluation; None where nothing is."""
        with self._file.reading() as connection:
            found = connection.execute("SELECT body FROM insights WHERE evaluation = ?", (evaluation,)).fetchone()
        return decode(Insights, found[0]) if found else None

    def keep_insights(self, insights: Insights) -> None:
        """Keep these for the report (undoable); those kept before of the evaluation are replaced."""
        with self._journal.edit(N_("Keep insights")) as edit:
            edit.put(
                "insights",
                {
                    "evaluation": insights.evaluation,
                    "kept": datetime.now(UTC).isoformat(timespec="seconds"),
                    "body": encode(_short(insights)),
                },
            )
        self._notify("kept", "undo")

    def remove_insights(self, evaluation: int) -> None:
        """Take insights out of the report (undoable); nothing happens where none are kept."""
        with self._journal.edit(N_("Remove insights")) as edit:
            edit.remove("insights", {"evaluation": evaluation})
            edited = bool(edit.changes())
        if edited:
            self._notify("kept", "undo")


def _same(
    kept: KeptExplanation, title: str, text: str, evaluation: int | None, candidate: int | None, position: int | None
) -> bool:
    if evaluation is not None:
        return (kept.evaluation, kept.candidate, kept.position) == (evaluation, candidate, position)
    return kept.evaluation is None and (kept.title, kept.input) == (title, text[:_LONGEST_INPUT])


def _short(insights: Insights) -> Insights:
    groups = tuple(replace(each, positions=each.positions[:_MOST_ROWS]) for each in insights.groups)
    pairs = tuple(
        replace(each, only_a=each.only_a[:_MOST_ROWS], only_b=each.only_b[:_MOST_ROWS]) for each in insights.pairs
    )
    return replace(insights, groups=groups, pairs=pairs)


def _explanation(row: tuple[Any, ...]) -> KeptExplanation:
    name, task, evaluation, candidate, position, title, kept, text, body = row
    explanation = decode(Explanation, body)
    if not _fits(explanation):
        raise damaged(f"explanation {name!r:.40}: weights of other parts than it has")
    return KeptExplanation(name, task, title, text, explanation, moment(kept), evaluation, candidate, position)


def _fits(found: Explanation) -> bool:
    """Whether there is a weight for each part, as all who show it count on."""
    parts = len(found.parts)
    return (
        len(found.weights) == parts
        and all(len(step.weights) == parts for step in found.steps)
        and all(0 <= hint.part < parts for hint in found.hints)
    )

"""What people decide by: criteria, the product brief, and choices such as prices, weights and a report's sections."""

from __future__ import annotations

from typing import Any

from studio.domain.decision import Brief, Criterion, CriterionChange
from studio.project.datasets import Notify
from studio.project.file import ProjectFile
from studio.project.journal import Journal


class Decisions:
    """Reads and edits what one project is decided by. Safe to use from any thread."""

    def __init__(self, file: ProjectFile, journal: Journal, notify: Notify) -> None:
        self._file = file
        self._journal = journal
        self._notify = notify

    def criteria(self, task: str) -> tuple[Criterion, ...]:
        """The criteria of a task, in their order."""
        raise NotImplementedError

    def put_criterion(self, task: str, criterion: Criterion, seen_evaluation: int | None = None) -> None:
        """Add a criterion, or replace the one with its id (undoable).

        Args:
            task: Task id.
            criterion: What is good enough.
            seen_evaluation: The newest evaluation that has answers; the change is then written down for good.
        """
        raise NotImplementedError

    def remove_criterion(self, task: str, criterion: str, seen_evaluation: int | None = None) -> None:
        """Take a criterion away (undoable). Raises `UnknownNameError`: there is none."""
        raise NotImplementedError

    def changes(self, task: str) -> tuple[CriterionChange, ...]:
        """What was changed after results were there, oldest first. Undo adds to it and never takes away."""
        raise NotImplementedError

    def brief(self, task: str) -> Brief:
        """The product brief."""
        raise NotImplementedError

    def set_brief(self, task: str, key: str, value: str, note: bool = False) -> None:
        """Answer one question of the brief, or write the note beside it (undoable, typing merges)."""
        raise NotImplementedError

    def choice(self, task: str, key: str, default: Any = None) -> Any:
        """A plain JSON value: ``sizing``, ``weights``, ``hardware``, ``report`` and so on."""
        raise NotImplementedError

    def set_choice(self, task: str, key: str, value: Any) -> None:
        """Choose (undoable, choices of one key merge while they are made)."""
        raise NotImplementedError

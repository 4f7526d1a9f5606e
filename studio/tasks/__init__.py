"""The open set of tasks: one file each, found by being in this folder. A file declares ``TASK``."""

from __future__ import annotations

from functools import lru_cache

from studio.domain.errors import UnknownNameError
from studio.domain.i18n import _
from studio.domain.open_set import declared
from studio.domain.task import Task


@lru_cache(maxsize=1)
def all_tasks() -> tuple[Task, ...]:
    """Every task, in the order to offer them."""
    return tuple(sorted(declared(__name__, "TASK"), key=lambda task: (task.place, task.id)))


def find_task(task_id: str) -> Task:
    """The task of that id.

    Raises:
        UnknownNameError: There is none.
    """
    for task in all_tasks():
        if task.id == task_id:
            return task
    raise UnknownNameError(
        _("There is no task {name!r}.").format(name=task_id),
        _("Choose one of: {names}.").format(names=", ".join(task.id for task in all_tasks())),
    )

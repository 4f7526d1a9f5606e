"""The open set of tasks: one file each, found by being in this folder. A file declares ``TASK``."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from studio.domain.errors import UnknownNameError
from studio.domain.i18n import _
from studio.domain.task import Task


@lru_cache(maxsize=1)
def all_tasks() -> tuple[Task, ...]:
    """Every task, in the order to offer them.

    Raises:
        RuntimeError: The folder is empty, as it silently is in a packaged app whose modules were not collected.
    """
    found = [
        import_module(f"{__name__}.{module.name}").TASK
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    if not found:
        raise RuntimeError("studio/tasks is empty: its modules were not collected into the package")
    return tuple(sorted(found, key=lambda task: (task.place, task.id)))


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

"""Which models a server offers, and how a request names one."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from studio.domain.errors import InputError, UnknownNameError
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.domain.running import LoadSpec
from studio.domain.task import FILE_KINDS, Task
from studio.library.store import Library
from studio.services.candidates import resolve, split_name
from studio.tasks import all_tasks, find_task

#: A model that was added meanwhile is offered after so many seconds at most; reading the library takes a while.
_KEPT_S = 5.0
#: Names that an error lists.
_MOST_NAMED = 20


def tasks_offered() -> tuple[Task, ...]:
    """Use cases whose inputs are texts. Pictures and recordings are files of this computer, which no request names."""
    return tuple(task for task in all_tasks() if not any(field.kind in FILE_KINDS for field in task.inputs))


def tasks_of(model: Model) -> tuple[str, ...]:
    """Ids of these that a model does."""
    return tuple(task.id for task in tasks_offered() if task.runs(model.task, model.architecture))


class Offered:
    """Models of the library that may be asked for. Safe to use from any thread.

    Args:
        library: Where they lie.
        names: Those that were named, as ``ID`` or ``ID:PRECISION``; empty for all that are ready.
        device: Provider id.
        threads: Threads for one operator; 0 for one each core.
    """

    def __init__(self, library: Library, names: Sequence[str] = (), device: str = "cpu", threads: int = 0) -> None:
        self._library, self._names, self._device, self._threads = library, tuple(names), device, threads
        self._lock = threading.Lock()
        self._known: list[tuple[str, Model]] = []
        self._known_s = -_KEPT_S
        self._specs: dict[tuple[str, str], LoadSpec] = {}

    def models(self) -> list[tuple[str, Model]]:
        """What is offered: the name that a request gives, and the model. May read the library, so it takes a while.

        Raises:
            StudioError: A model that was named is no longer there.
        """
        with self._lock:
            if time.monotonic() - self._known_s >= _KEPT_S:
                self._known, self._known_s = self._read(), time.monotonic()
            return self._known

    def _read(self) -> list[tuple[str, Model]]:
        if self._names:
            return [(name, self._library.find(split_name(name)[0])) for name in self._names]
        ready = [model for model in self._library.all() if model.state == "ready" and model.precisions]
        return [(model.id, model) for model in ready if tasks_of(model)]

    def open(self, task: Task, name: object) -> LoadSpec:
        """How the model that a request names is opened for a task. May take a while, as `models`.

        Raises:
            UnknownNameError: It is not offered.
            InputError: It does another task.
            StudioError: It can't run.
        """
        if not isinstance(name, str) or not name:
            raise InputError(_("The request names no model."))
        if (task.id, name) in self._specs:
            return self._specs[task.id, name]
        # Only what is listed: a name that is a path would open any folder of this computer.
        known = [offered for offered, _model in self.models()]
        bare = None if self._names else split_name(name)[0]
        if name not in known and bare not in known:
            raise UnknownNameError(
                _("The model {name!r:.100} is not offered here.").format(name=name),
                _("There are: {names}.").format(names=", ".join(known[:_MOST_NAMED]) or "–"),
            )
        spec = replace(resolve(task, name, self._library, self._device)[1], threads=self._threads)
        self._specs[task.id, name] = spec
        return spec

    def check(self) -> None:
        """Do nothing, or refuse what nobody could ask for, before a port is opened.

        Raises:
            StudioError: There is no model, none of a name, or one that takes no texts.
        """
        if not self.models():
            raise InputError(_("There is no model to offer."), _("`studio models catalog` shows which to download."))
        for name, model in self.models() if self._names else []:
            able = tasks_of(model)
            if not able:
                raise InputError(_("{name} can't be offered: what it takes is no text.").format(name=name))
            self.open(find_task(able[0]), name)

"""Making a model of one's own: the sheet, its columns, the base, and how far the teaching is."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure, StoppedError
from studio.domain.task import Task
from studio.gui.bridge import Background

if TYPE_CHECKING:
    from studio.library.store import Library
    from studio.services.importing import Preview
    from studio.services.pool import CandidatePool
    from studio.services.teaching import Taught

_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class TeachModel(QObject):
    """One model that is being made.

    Signals:
        changed: What is chosen, or how far it is.
        finished: It is in the library now.
    """

    changed = Signal()
    finished = Signal()

    def __init__(
        self,
        task: Task,
        background: Background,
        library: Callable[[], Library],
        pool: Callable[[], CandidatePool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.task = task
        self._background, self._library, self._pool = background, library, pool
        self._stop: threading.Event | None = None
        #: Path of the sheet, or ``sample:NAME``.
        self.data = ""
        self.preview: Preview | None = None
        self.input_column = self.label_column = ""
        self.name = ""
        self.bases: tuple[str, ...] = ()
        self.base = ""
        self.looking = False
        self.stage = ""
        self.share: float | None = None
        self.failure: Failure | None = None
        self.taught: Taught | None = None
        self._read_bases()

    @property
    def running(self) -> bool:
        """Whether it is being taught."""
        return self._stop is not None

    @property
    def can_start(self) -> bool:
        """Whether everything that is needed is chosen."""
        return bool(
            self.preview
            and self.input_column
            and self.label_column
            and self.input_column != self.label_column
            and self.name
            and self.base
            and not self.running
        )

    def choose(self, data: str) -> None:
        """Look at a sheet: a path, or ``sample:NAME``."""
        from studio.services.importing import look
        from studio.services.samples import find_sample, is_sample

        task = self.task
        self.looking, self.failure, self.taught = True, None, None
        self.changed.emit()

        def work() -> tuple[Preview, str, str]:
            sample = find_sample(data) if is_sample(data) else None
            found = look(sample.path if sample else Path(data), task=task)
            mapping = sample.mapping if sample else found.mapping
            return found, mapping.inputs.get(task.inputs[0].name, ""), mapping.reference

        self._background.run(work, lambda found: self._looked(data, *found), self._not_looked, self)

    def _looked(self, data: str, preview: Preview, input_column: str, label_column: str) -> None:
        self.looking, self.data, self.preview = False, data, preview
        self.input_column, self.label_column = input_column, label_column
        stem = _NAME.sub("-", preview.path.stem).strip("-._") or "model"
        self.name = f"mine/{stem}"
        self.changed.emit()

    def _not_looked(self, failure: Failure) -> None:
        self.looking, self.preview, self.failure = False, None, failure
        self.changed.emit()

    def set(self, **chosen: str) -> None:
        """Choose ``input_column``, ``label_column``, ``name`` or ``base``."""
        for key, value in chosen.items():
            setattr(self, key, value)
        self.failure = None
        self.changed.emit()

    def _read_bases(self) -> None:
        from studio.services.teaching import bases

        self._background.run(lambda: tuple(model.id for model in bases(self._library())), self._have_bases, owner=self)

    def _have_bases(self, found: tuple[str, ...]) -> None:
        self.bases = found
        self.base = self.base or (found[0] if found else "")
        self.changed.emit()

    def start(self) -> None:
        """Teach."""
        from studio.services.teaching import TeachRequest, teach
        from studio.services.teaching_examples import read_examples

        if not self.can_start:
            return
        stop = self._stop = threading.Event()
        self.stage, self.share, self.failure, self.taught = "embedding", None, None, None
        self.changed.emit()
        task, data, columns = self.task, self.data, (self.input_column, self.label_column)
        name, base = self.name, self.base

        def tell(stage: str, share: float | None) -> None:
            self._background.post(lambda: self._progress(stop, stage, share))

        def work() -> Taught:
            examples = read_examples(task, data, *columns)
            return teach(TeachRequest(task, name, examples, base), self._library(), self._pool(), tell, stop)

        self._background.run(work, self._done, self._failed, self)

    def stop(self) -> None:
        """End it; nothing is left behind."""
        if self._stop is not None:
            self._stop.set()

    def _progress(self, stop: threading.Event, stage: str, share: float | None) -> None:
        if self._stop is stop and (stage, share) != (self.stage, self.share):
            self.stage, self.share = stage, share
            self.changed.emit()

    def _done(self, taught: Taught) -> None:
        self._stop, self.taught = None, taught
        self.changed.emit()
        self.finished.emit()

    def _failed(self, failure: Failure) -> None:
        self._stop = None
        self.failure = None if failure.kind == StoppedError.__name__ else failure
        self.changed.emit()

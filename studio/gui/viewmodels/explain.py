"""Why an answer is as it is: one explanation while it is found, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.domain.comparison import Candidate
from studio.domain.errors import Failure, StoppedError
from studio.domain.running import Inputs
from studio.domain.task import Task
from studio.gui.bridge import Background

if TYPE_CHECKING:
    from studio.domain.explanation import Explanation
    from studio.library.store import Library
    from studio.services.pool import CandidatePool


class ExplainModel(QObject):
    """One explanation.

    Signals:
        changed: It went on, ended or failed.
    """

    changed = Signal()

    def __init__(
        self,
        task: Task,
        candidate: Candidate,
        inputs: Inputs,
        options: Mapping[str, Any],
        background: Background,
        library: Callable[[], Library],
        pool: Callable[[], CandidatePool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.task, self.candidate, self.inputs, self._options = task, candidate, inputs, options
        self._background, self._library, self._pool = background, library, pool
        self._stop: threading.Event | None = None
        self.share = 0.0
        self.failure: Failure | None = None
        self.found: Explanation | None = None

    @property
    def running(self) -> bool:
        """Whether the candidate is being asked."""
        return self._stop is not None

    @property
    def text(self) -> str:
        """What is explained."""
        return str(self.inputs[self.task.inputs[0].name])

    def start(self) -> None:
        """Find it."""
        from studio.services.column_runs import spec_of
        from studio.services.explaining import explain

        stop = self._stop = threading.Event()

        def tell(share: float) -> None:
            self._background.post(lambda: self._progress(stop, share))

        def work() -> Explanation:
            spec = spec_of(self.task, self.candidate, self._library())[1]
            return explain(self.task, spec, self.inputs, self._options, self._pool(), tell, stop)

        self._background.run(work, self._done, self._failed, self)

    def stop(self) -> None:
        """End it."""
        if self._stop is not None:
            self._stop.set()

    def _progress(self, stop: threading.Event, share: float) -> None:
        if self._stop is stop:
            self.share = share
            self.changed.emit()

    def _done(self, found: Explanation) -> None:
        self._stop, self.found = None, found
        self.changed.emit()

    def _failed(self, failure: Failure) -> None:
        self._stop = None
        self.failure = None if failure.kind == StoppedError.__name__ else failure
        self.changed.emit()

"""Why an answer is as it is: one explanation while it is found, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.domain.comparison import Candidate
from studio.domain.errors import Failure, StoppedError, StudioError
from studio.domain.running import Inputs
from studio.domain.task import Task
from studio.gui.bridge import Background

if TYPE_CHECKING:
    from studio.domain.explanation import Explanation, Method
    from studio.library.store import Library
    from studio.services.pool import CandidatePool
    from studio.services.project_session import ProjectSession


class ExplainModel(QObject):
    """One explanation.

    Args:
        task: The use case.
        candidate: Who answered.
        inputs: What was asked.
        options: All options that it ran with.
        background: Runs it.
        library: Where models lie.
        pool: Where they are opened.
        keep: Keeps an explanation for the report; None where that can't be.
        session: The project, whose evaluations say how right such confidence was.

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
        keep: Callable[[Explanation], object] | None = None,
        session: Callable[[], ProjectSession | None] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self.task, self.candidate, self.inputs, self._options = task, candidate, inputs, options
        self._background, self._library, self._pool = background, library, pool
        self.keep, self._session = keep, session
        self._stop: threading.Event | None = None
        self._known: dict[Method, Explanation] = {}
        self.method: Method = "occlusion"
        self.methods: tuple[Method, ...] = self._methods()
        self.share = 0.0
        self.failure: Failure | None = None
        self.found: Explanation | None = None
        self.kept = False

    @property
    def running(self) -> bool:
        """Whether the candidate is being asked."""
        return self._stop is not None

    @property
    def text(self) -> str:
        """What is explained, as far as it is known before: nothing for a picture."""
        main = self.task.inputs[0]
        value = self.inputs[main.name]
        if main.kind == "messages":
            return "\n\n".join(message.content for message in value)
        return "" if main.kind == "image" else str(value)

    def choose(self, method: Method) -> None:
        """Explain it in another way."""
        if method == self.method:
            return
        self.stop()
        self.method, self.found, self.failure, self.kept = method, self._known.get(method), None, False
        if self.found is None:
            self.start()
        self.changed.emit()

    def start(self) -> None:
        """Find it."""
        from studio.services.column_runs import spec_of
        from studio.services.explaining import explain
        from studio.services.explaining_calibration import with_calibration

        stop = self._stop = threading.Event()
        self.share = 0.0
        method = self.method

        def tell(share: float) -> None:
            self._background.post(lambda: self._progress(stop, share))

        def work() -> Explanation:
            library = self._library()
            spec = spec_of(self.task, self.candidate, library)[1]
            model = None if self.candidate.remote else library.find(self.candidate.model)
            found = explain(
                self.task, spec, self.inputs, self._options, self._pool(), tell, stop, method=method, model=model
            )
            return with_calibration(found, self._session(), self.task.id, self.candidate)

        self._background.run(
            work,
            lambda found: self._done(stop, found),
            lambda failure: self._failed(stop, failure),
            self,
        )

    def keep_found(self) -> None:
        """Keep it for the report."""
        if self.keep is None or self.found is None or self.kept:
            return
        try:
            self.keep(self.found)
        except StudioError as error:
            self.failure = Failure.of(error)
        else:
            self.kept = True
        self.changed.emit()

    def stop(self) -> None:
        """End it."""
        if self._stop is not None:
            self._stop.set()

    def _progress(self, stop: threading.Event, share: float) -> None:
        if self._stop is stop:
            self.share = share
            self.changed.emit()

    def _done(self, stop: threading.Event, found: Explanation) -> None:
        self._known[found.method] = found
        if self._stop is stop:
            self._stop, self.found = None, found
            self.changed.emit()

    def _failed(self, stop: threading.Event, failure: Failure) -> None:
        if self._stop is stop:
            self._stop = None
            self.failure = None if failure.kind == StoppedError.__name__ else failure
            self.changed.emit()

    def _methods(self) -> tuple[Method, ...]:
        from studio.services.explaining import methods_of

        if self.candidate.remote:
            return methods_of(self.task)
        try:
            return methods_of(self.task, self._library().find(self.candidate.model))
        except StudioError:
            # The model is gone: explaining says so.
            return methods_of(self.task)


def keeper(
    session: ProjectSession | None,
    task: Task,
    title: str,
    inputs: Inputs,
    row: tuple[int, int, int] | None = None,
) -> Callable[[Explanation], object] | None:
    """What keeps an explanation of an answer for the report; None where the project can't be written.

    Args:
        session: The project.
        task: The use case.
        title: What the candidate is called.
        inputs: What was asked.
        row: In Evaluate: the evaluation, the candidate in it, and the position of the row.
    """
    if session is None or session.read_only:
        return None
    value = inputs[task.inputs[0].name]
    if task.inputs[0].kind == "messages":
        value = value[-1].content
    elif task.inputs[0].kind == "image":
        value = Path(value).name
    return lambda found: session.kept.keep(task.id, title, str(value), found, *(row or ()))

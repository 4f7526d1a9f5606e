"""Making a model of one's own: the sheet, its columns, the method and its base, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import Failure
from studio.domain.task import Task
from studio.gui.bridge import Background
from studio.gui.viewmodels.teach_run import TeachRun, was_stopped

if TYPE_CHECKING:
    from studio.gui.jobs import RunningJobs
    from studio.library.store import Library
    from studio.services.fine_tuning import MemoryCheck, Unfinished
    from studio.services.importing import Preview
    from studio.services.pool import CandidatePool
    from studio.services.teaching import Taught
    from studio.services.teaching_examples import Examples
    from studio.services.teaching_gain import Gain, Lesson

_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_NUMBERED = re.compile(r"-(\d+)$")
Method = Literal["quick", "thorough"]


class TeachModel(QObject):
    """One model that is being made, and those that were made before it in the same sitting.

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
        jobs: RunningJobs,
        parent: QObject | None = None,
    ) -> None:
        from studio.services.fine_tuning import FINE_TUNABLE
        from studio.teaching.examples import TEACHABLE

        super().__init__(parent)
        self.task = task
        self._background, self._library, self._pool, self._jobs = background, library, pool, jobs
        kinds: tuple[tuple[Method, tuple[str, ...]], ...] = (("quick", TEACHABLE), ("thorough", FINE_TUNABLE))
        #: The methods that this use case can be taught with.
        self.methods: tuple[Method, ...] = tuple(name for name, tasks in kinds if task.id in tasks)
        self.method: Method = self.methods[0] if self.methods else "quick"
        #: Path of the sheet, or ``sample:NAME``.
        self.data = ""
        self.preview: Preview | None = None
        self.input_column = self.label_column = ""
        self.name = ""
        self._bases: dict[Method, tuple[str, ...]] = {}
        self._chosen_base: dict[Method, str] = {}
        self._taken: frozenset[str] = frozenset()
        self.settings: dict[str, Any] = {}
        self.memory: MemoryCheck | None = None
        self.unfinished: tuple[Unfinished, ...] = ()
        self.looking = False
        self.run: TeachRun | None = None
        self.failure: Failure | None = None
        self.taught: Taught | None = None
        self._examples: Examples | None = None
        #: The one before, and whether more examples helped.
        self._before: Lesson | None = None
        self.gain: Gain | None = None
        #: Whether there were too few rows to tell.
        self.gain_unknown = False
        self._asked_memory = 0
        #: Whether what is needed is being computed.
        self.checking_memory = False
        self._read_library()

    # -- what can be asked -------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether it is being taught."""
        return self.run is not None

    @property
    def bases(self) -> tuple[str, ...]:
        """Models that it can build on, by the method that is chosen; the one to begin with first."""
        return self._bases.get(self.method, ())

    @property
    def bases_read(self) -> bool:
        """Whether the library was read."""
        return bool(self._bases)

    @property
    def base(self) -> str:
        """What it builds on."""
        return self._chosen_base.get(self.method, "")

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

    @property
    def lesson(self) -> Lesson | None:
        """What was taught, with its examples."""
        from studio.services.teaching_gain import Lesson

        if self.taught is None or self._examples is None:
            return None
        return Lesson(self.taught, self._examples)

    # -- choosing ------------------------------------------------------------------------------------------------

    def choose(self, data: str) -> None:
        """Look at a sheet: a path, or ``sample:NAME``."""
        from studio.services.importing import look
        from studio.services.samples import find_sample, is_sample

        task = self.task
        self.looking, self.failure, self.taught, self._before, self.gain = True, None, None, None, None
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
        self.name = self._free_name(f"mine/{stem}")
        self.changed.emit()
        self._check_memory()

    def _not_looked(self, failure: Failure) -> None:
        self.looking, self.preview, self.failure = False, None, failure
        self.changed.emit()

    def set(self, **chosen: str) -> None:
        """Choose ``input_column``, ``label_column``, ``name``, ``base`` or ``method``."""
        base = chosen.pop("base", None)
        for key, value in chosen.items():
            setattr(self, key, value)
        if base is not None:
            self._chosen_base[self.method] = base
        self.failure = None
        self.changed.emit()
        if set(chosen) != {"name"}:
            self._check_memory()

    def set_settings(self, values: Mapping[str, Any]) -> None:
        """Set how it is fine-tuned; what is left out has its default."""
        self.settings = dict(values)
        self._check_memory()

    def _read_library(self) -> None:
        from studio.services.fine_tuning import thorough_bases, unfinished
        from studio.services.teaching import bases

        task, methods = self.task, self.methods

        def work() -> tuple[dict[Method, tuple[str, ...]], tuple[Unfinished, ...], frozenset[str]]:
            library = self._library()
            found: dict[Method, tuple[str, ...]] = {}
            if "quick" in methods:
                found["quick"] = tuple(model.id for model in bases(library))
            if "thorough" in methods:
                found["thorough"] = tuple(model.id for model in thorough_bases(task, library))
            begun = tuple(each for each in unfinished(library) if each.task == task.id)
            return found, begun, frozenset(model.id for model in library.all())

        self._background.run(work, lambda found: self._have_library(*found), owner=self)

    def _have_library(
        self, bases: dict[Method, tuple[str, ...]], unfinished: tuple[Unfinished, ...], taken: frozenset[str]
    ) -> None:
        self._bases, self.unfinished, self._taken = bases, unfinished, taken
        for method, names in bases.items():
            if self._chosen_base.get(method, "") not in names:
                self._chosen_base[method] = names[0] if names else ""
        self.changed.emit()
        self._check_memory()

    def _check_memory(self) -> None:
        """What a thorough teaching would need; read in the background, since the whole sheet counts."""
        from studio.services.fine_tuning import FineTuneRequest, FineTuneSettings, check_memory
        from studio.services.teaching_examples import read_examples

        self._asked_memory += 1
        asked = self._asked_memory
        self.checking_memory = self.method == "thorough" and self.can_start
        if not self.checking_memory:
            self.memory = None
            self.changed.emit()
            return
        self.changed.emit()
        task, data, columns, name, base = self.task, self.data, self._columns, self.name, self.base
        settings = FineTuneSettings(**self.settings)

        def work() -> MemoryCheck:
            examples = read_examples(task, data, *columns)
            return check_memory(FineTuneRequest(task, name, examples, base, settings), self._library())

        def show(found: MemoryCheck | None) -> None:
            if asked == self._asked_memory:
                self.memory, self.checking_memory = found, False
                self.changed.emit()

        # What can't be checked is said when it is started.
        self._background.run(work, show, lambda _failure: show(None), self)

    @property
    def _columns(self) -> tuple[str, str]:
        return self.input_column, self.label_column

    # -- teaching ------------------------------------------------------------------------------------------------

    def start(self, anyway: bool = False) -> None:
        """Teach; ``anyway`` also where memory may not do."""
        from studio.services.fine_tuning import FineTuneRequest, FineTuneSettings, fine_tune
        from studio.services.teaching import TeachRequest, teach
        from studio.services.teaching_examples import read_examples

        if not self.can_start:
            return
        task, data, columns, name, base = self.task, self.data, self._columns, self.name, self.base
        library, pool = self._library, self._pool
        run = self._begin()

        def examples() -> Examples:
            found = self._examples = read_examples(task, data, *columns)
            return found

        if self.method == "quick":
            run.quick(
                lambda tell, stop: teach(TeachRequest(task, name, examples(), base), library(), pool(), tell, stop)
            )
            return
        settings = FineTuneSettings(**self.settings)
        run.thorough_with(
            lambda observer, control: fine_tune(
                FineTuneRequest(task, name, examples(), base, settings, anyway=anyway),
                library(),
                pool(),
                observer,
                control,
            )
        )

    def go_on(self, begun: Unfinished) -> None:
        """Continue one that was begun before a crash, or that was cancelled."""
        from studio.services.fine_tuning import continue_
        from studio.services.fine_tuning_folder import examples_in

        if self.running:
            return
        self.method, self.name = "thorough", begun.name
        self._before = self.gain = None
        self.unfinished = tuple(each for each in self.unfinished if each.folder != begun.folder)
        library, pool = self._library, self._pool
        run = self._begin()
        run.epochs = begun.epochs

        def work(observer: Any, control: Any) -> Taught:
            self._examples = examples_in(begun.folder)[0]
            return continue_(begun, library(), pool(), observer, control)

        run.thorough_with(work)

    def discard(self, begun: Unfinished) -> None:
        """Delete one that was begun."""
        from studio.services.fine_tuning import discard

        self.unfinished = tuple(each for each in self.unfinished if each.folder != begun.folder)
        self.changed.emit()
        self._background.run(lambda: discard(begun), on_failed=self._failed, owner=self)

    def teach_again(self, data: str, input_column: str, label_column: str) -> None:
        """Teach a further model with a sheet that holds more examples, and compare it with the one before."""
        self._before, self.gain = self.lesson, None
        task = self.task
        self.failure, self.looking = None, True
        self.changed.emit()

        def work() -> Preview:
            from studio.services.importing import look

            return look(Path(data), task=task)

        def show(found: Preview) -> None:
            self.looking, self.data, self.preview = False, data, found
            self.name = self._free_name(self.name if self._before is None else next_name(self.name))
            self.input_column, self.label_column = input_column, label_column
            self.start()

        self._background.run(work, show, self._not_looked, self)

    def _free_name(self, name: str) -> str:
        """The name, or the next one that no model has."""
        while name in self._taken:
            name = next_name(name)
        return name

    def stop(self) -> None:
        """End it; of a thorough one the checkpoint stays, of a quick one nothing."""
        if self.run is not None:
            self.run.cancel()

    def _begin(self) -> TeachRun:
        run = self.run = TeachRun(self._background, self._jobs, self)
        self.failure, self.taught, self.gain_unknown = None, None, False
        run.changed.connect(self.changed)
        run.done.connect(self._done)
        run.failed.connect(self._failed)
        self.changed.emit()
        return run

    def _end(self) -> None:
        if self.run is not None:
            self.run.deleteLater()
            self.run = None

    def _done(self, taught: Taught) -> None:
        self._end()
        self.taught = taught
        self.changed.emit()
        self.finished.emit()
        self._read_library()
        self._compare()

    def _failed(self, failure: Failure) -> None:
        self._end()
        self.failure = None if was_stopped(failure) else failure
        self.changed.emit()
        self._read_library()

    def _compare(self) -> None:
        from studio.services.teaching_gain import gain

        before, after, task = self._before, self.lesson, self.task
        if before is None or after is None:
            return

        def show(found: Gain | None) -> None:
            if self.taught is after.taught:
                self.gain, self.gain_unknown = found, found is None
                self.changed.emit()

        self._background.run(lambda: gain(task, before, after, self._library(), self._pool()), show, owner=self)


def next_name(name: str) -> str:
    """The name of the model after this one: ``mine/support`` → ``mine/support-2`` → ``mine/support-3``."""
    found = _NUMBERED.search(name)
    if found is None:
        return f"{name}-2"
    return f"{name[: found.start()]}-{int(found.group(1)) + 1}"

"""What Home shows: the use cases with how many models are ready for each, and the recent projects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.domain.i18n import _
from studio.domain.task import FILE_KINDS, Message, Sample, Task
from studio.gui.bridge import Background
from studio.gui.viewmodels.project import CurrentProject
from studio.tasks import all_tasks

if TYPE_CHECKING:
    from studio.library.store import Library
    from studio.services.projects import RecentProject

_MOST_RECENT = 5


@dataclass(frozen=True)
class UseCase:
    """One card.

    Attributes:
        task: What it is about.
        example: An example of the input; empty where the task has none.
        answer: What a good answer to it looks like; empty where the task says none.
        ready: How many models are ready; None while that is not known yet.
    """

    task: Task
    example: str
    answer: str = ""
    ready: int | None = None


class HomeModel(QObject):
    """State of Home.

    Signals:
        use_cases_changed: Another number of models is ready.
        recent_changed: The list of recent projects was read.
    """

    use_cases_changed = Signal()
    recent_changed = Signal()

    def __init__(
        self,
        background: Background,
        library: Callable[[], Library],
        project: CurrentProject,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._library, self._project = background, library, project
        self._ready: Counter[str] | None = None
        self.recent: tuple[RecentProject, ...] = ()

    @property
    def use_cases(self) -> tuple[UseCase, ...]:
        """One for each task of the studio."""
        return tuple(
            UseCase(
                task,
                example_of(task),
                task.samples[0].answer if task.samples else "",
                None if self._ready is None else self._ready[task.id],
            )
            for task in all_tasks()
        )

    def refresh(self) -> None:
        """Read the library and the recent projects again."""
        self._background.run(self._count, self._counted, owner=self)
        self._background.run(self._read_recent, self._recent_read, owner=self)

    def _count(self) -> Counter[str]:
        models = [model for model in self._library().all() if model.state == "ready"]
        return Counter(task.id for task in all_tasks() for model in models if task.runs(model.task, model.architecture))

    def _counted(self, ready: Counter[str]) -> None:
        if ready != self._ready:
            self._ready = ready
            self.use_cases_changed.emit()

    def _read_recent(self) -> tuple[RecentProject, ...]:
        return tuple(self._project.projects.recent())[:_MOST_RECENT]

    def _recent_read(self, recent: tuple[RecentProject, ...]) -> None:
        if recent != self.recent:
            self.recent = recent
            self.recent_changed.emit()


def example_of(task: Task) -> str:
    """The input of a task's first sample as plain text."""
    if not task.samples:
        return ""
    # A path says little; what is in the file says the title.
    return _(task.samples[0].title) if task.inputs[0].kind in FILE_KINDS else input_text(task.samples[0])


def input_text(sample: Sample) -> str:
    """The main input of a sample as plain text; of a conversation, what the user said last."""
    value = next(iter(sample.inputs.values()), "")
    if isinstance(value, tuple):
        turns = [turn.content for turn in value if isinstance(turn, Message) and turn.role == "user"]
        return turns[-1] if turns else ""
    return str(value)

"""An open project as a front end sees it: read it, edit it, undo, run into it, and hear what changed.

Every edit is stored before the method returns (a few milliseconds), so there is no "save" and nothing to lose. All
methods may be called from any thread. Callbacks run on the thread that made the change, after it was stored; a window
turns them into signals.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from studio.domain.comparison import Candidate
from studio.domain.errors import Failure, StudioError
from studio.domain.i18n import N_, _
from studio.domain.project import (
    Column,
    Composer,
    ProjectInfo,
    Rating,
    Run,
    RunSummary,
    Thumb,
    Vote,
    VoteChoice,
)
from studio.domain.running import Inputs, Options
from studio.domain.task import Message
from studio.project.content import Content
from studio.project.datasets import Datasets
from studio.project.decisions import Decisions
from studio.project.evaluations import Evaluations
from studio.project.file import ProjectFile
from studio.project.journal import Journal
from studio.project.kept import Kept
from studio.project.runs import Runs
from studio.services.recording import RunRecorder

#: What a change was about. ``undo``: what can be undone or redone. ``place``: where the file lies. ``problem``:
#: changes can't be stored, or can be again (`ProjectSession.problem`).
#: ``evaluation``: evaluations, their answers, votes on rows. ``kept``: explanations and insights kept for the report.
Part = Literal[
    "info",
    "columns",
    "composer",
    "history",
    "result",
    "rating",
    "vote",
    "undo",
    "place",
    "problem",
    "data",
    "evaluation",
    "criteria",
    "brief",
    "choices",
    "kept",
]

_PARTS: dict[str, Part] = {
    "info": "info",
    "columns": "columns",
    "composers": "composer",
    "run_marks": "history",
    "ratings": "rating",
    "votes": "vote",
    "dataset_marks": "data",
    "row_marks": "data",
    "evaluation_marks": "evaluation",
    "row_votes": "evaluation",
    "answer_ratings": "evaluation",
    "criteria": "criteria",
    "briefs": "brief",
    "choices": "choices",
    "explanations": "kept",
    "insights": "kept",
}


@dataclass(frozen=True)
class Change:
    """What changed; whoever shows one of these parts reads it again.

    Attributes:
        parts: See `Part`.
        run: The run it was about, where it was about one.
        result: The result it was about, where it was about one.
    """

    parts: frozenset[Part]
    run: int | None = None
    result: int | None = None


class ProjectSession:
    """One open project. Made by `studio.services.projects` (new, open, open a copy), ended by `close`."""

    def __init__(self, file: ProjectFile, drafts: Path) -> None:
        self._file = file
        self._drafts = drafts
        self._journal = Journal(file)
        self._content = Content(file, self._journal)
        self._runs = Runs(file, self._journal)
        #: Data sets, evaluations, decisions, what is kept: each reads, edits and announces its own part of the project.
        self.datasets = Datasets(file, self._journal, self._notify)
        self.evaluations = Evaluations(file, self._journal, self._notify, self.datasets)
        self.decisions = Decisions(file, self._journal, self._notify)
        self.kept = Kept(file, self._journal, self._notify)
        self._callbacks: list[Callable[[Change], None]] = []
        self._problem: Failure | None = None
        self._recorders: weakref.WeakSet[RunRecorder] = weakref.WeakSet()

    # -- where it lies -------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The project's file. A draft's lies among the studio's own data."""
        return self._file.path

    @property
    def is_draft(self) -> bool:
        """Whether it was never saved to a place of the user's choice. It is stored all the same."""
        return self.path.parent == self._drafts

    @property
    def read_only(self) -> bool:
        """Whether it can only be looked at; every edit then raises `ReadOnlyProjectError`."""
        return self._file.read_only

    @property
    def name(self) -> str:
        """What to show as its name: the one given, else the file's, else "Untitled project"."""
        return self.info.name or (_("Untitled project") if self.is_draft else self.path.stem)

    @property
    def problem(self) -> Failure | None:
        """Why an answer could not be stored; None while everything is. It is tried again with the next change."""
        return self._problem

    def save(self, path: Path, overwrite: bool = False) -> None:
        """Give a draft its place: the file moves there and work goes on in it, runs included.

        A project that has a place already is copied instead (`save_copy`): there is nothing else to save.

        Raises:
            InputError: A file is there already, and ``overwrite`` was not given.
            NotAProjectError: The file there is no project, so it is not replaced.
            ProjectInUseError: Another window has the project there open.
            ProjectStorageError: There is no room, or no permission.
        """
        if not self.is_draft or self.read_only:
            self.save_copy(path, overwrite)
            return
        self._file.move_to(path, overwrite)
        self._notify("place", "info")

    def save_copy(self, path: Path, overwrite: bool = False) -> None:
        """Write all of it to another file and go on in this one. Raises as `save`."""
        self._file.copy_to(path, overwrite)

    def close(self) -> None:
        """Close the file: one plain file stays. A draft that holds nothing is deleted. Closing twice is fine.

        Runs that are still recorded count as stopped, with the text that came by now.
        """
        if self._file.closed:
            return
        for recorder in tuple(self._recorders):
            recorder.close()
        empty = self.is_draft and not self.read_only and self._is_empty()
        self._file.close()
        if empty:
            self.path.unlink(missing_ok=True)

    def _is_empty(self) -> bool:
        try:
            return self._journal.is_empty() and self._runs.count() == 0 and self.datasets.count() == 0
        except StudioError:
            return False

    def __enter__(self) -> ProjectSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- hearing of changes --------------------------------------------------------------------------------------

    def on_change(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``callback`` after every change; the function returned ends that."""
        self._callbacks.append(callback)

        def forget() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return forget

    def _notify(self, *parts: Part, run: int | None = None, result: int | None = None) -> None:
        change = Change(frozenset(parts), run, result)
        for callback in tuple(self._callbacks):
            callback(change)

    # -- what it is about ----------------------------------------------------------------------------------------

    @property
    def info(self) -> ProjectInfo:
        return self._content.info()

    def rename(self, name: str) -> None:
        """Call it ``name``; empty means by its file's name."""
        self._edited(self._content.set_info(N_("Rename project"), "name", name.strip()), "info")

    def stamp(self, name: str) -> None:
        """Write down name and time of a project that was just made or copied; no edit."""
        self._content.stamp(name)

    def set_note(self, note: str) -> None:
        """Replace the project's note."""
        self._edited(self._content.set_info(N_("Edit note"), "note", note), "info")

    def recall(self, key: str, default: Any = None) -> Any:
        """What `remember` stored: which task and run are shown, what is unfolded. Plain JSON values."""
        return self._content.recall(key, default)

    def remember(self, key: str, value: Any) -> None:
        """Store how the project is looked at. No edit: not undone, no change is announced; read-only forgets it."""
        if not self.read_only:
            self._content.remember(key, value)

    # -- columns and composer ------------------------------------------------------------------------------------

    def columns(self, task: str) -> tuple[Column, ...]:
        """The columns of a task, in their order."""
        return self._content.columns(task)

    def composer(self, task: str) -> Composer:
        """What stands in a task's composer; empty where nothing was typed yet."""
        return self._content.composer(task)

    def begin(
        self,
        task: str,
        candidates: Iterable[Candidate],
        draft: Mapping[str, str] | None = None,
        options: Options | None = None,
    ) -> None:
        """Fill a task that the project has nothing of: first candidates and an example. No edit, so not undone.

        Does nothing where the task has columns, or where the user removed them.
        """
        if not self.read_only and self._content.begin(task, candidates, draft or {}, options or {}):
            self._notify("columns", "composer")

    def add_column(
        self, task: str, candidate: Candidate, options: Options | None = None, position: int | None = None
    ) -> Column:
        """Add a column, at the end where no position (counted from 0) is given."""
        column = self._content.add_column(task, candidate, options or {}, position)
        self._notify("columns", "undo")
        return column

    def remove_column(self, column_id: str) -> None:
        """Take a column away. Its answers stay in the history. Raises `UnknownNameError`: there is none."""
        self._edited(self._content.remove_column(column_id), "columns")

    def replace_column(self, column_id: str, candidate: Candidate) -> Column:
        """Put a new column with another candidate in a column's place. Raises `UnknownNameError`: there is none."""
        column = self._content.replace_column(column_id, candidate)
        self._notify("columns", "undo")
        return column

    def move_column(self, column_id: str, position: int) -> None:
        """Move a column to a position, counted from 0. Raises `UnknownNameError`: there is none."""
        self._edited(self._content.move_column(column_id, position), "columns")

    def set_column_options(self, column_id: str, options: Options) -> None:
        """Options for this column only; empty means the shared ones. Raises `UnknownNameError`: there is none."""
        self._edited(self._content.set_column_options(column_id, options), "columns")

    def pin_baseline(self, column_id: str, pinned: bool = True) -> None:
        """Compare the others of its task with this column, or stop doing so. Raises `UnknownNameError`."""
        self._edited(self._content.pin_baseline(column_id, pinned), "columns")

    def set_draft(self, task: str, draft: Mapping[str, str]) -> None:
        """What stands in the composer. Call it when typing pauses; edits close to each other are undone as one."""
        self._edited(self._content.set_draft(task, draft), "composer")

    def set_options(self, task: str, options: Options) -> None:
        """Shared options that differ from the defaults, the system prompt among them."""
        self._edited(self._content.set_options(task, options), "composer")

    # -- undo and redo -------------------------------------------------------------------------------------------

    @property
    def undo_title(self) -> str:
        """What `undo` would undo, in the user's language; empty where there is nothing."""
        return _(title) if (title := self._journal.undo_title()) else ""

    @property
    def redo_title(self) -> str:
        """What `redo` would do again, in the user's language; empty where there is nothing."""
        return _(title) if (title := self._journal.redo_title()) else ""

    def undo(self) -> str:
        """Take the last edit back and return its title; empty where there was none. Survives reopening."""
        return self._travel(self._journal.undo)

    def redo(self) -> str:
        """Make the last undone edit again and return its title; empty where there was none."""
        return self._travel(self._journal.redo)

    def _travel(self, journey: Callable[[], tuple[str, frozenset[str]] | None]) -> str:
        before = self.decisions.snapshot()
        step = journey()
        if step is None:
            return ""
        title, tables = step
        if "criteria" in tables:
            self.decisions.note_travel(before)
        self._notify("undo", *(_PARTS[table] for table in tables))
        return _(title)

    def _edited(self, changed: bool, part: Part, run: int | None = None, result: int | None = None) -> None:
        if changed:
            self._notify(part, "undo", run=run, result=result)

    # -- runs ----------------------------------------------------------------------------------------------------

    def start_run(
        self,
        task: str,
        inputs: Inputs,
        options: Options,
        columns: Iterable[Column],
        *,
        at_once: bool = False,
        blind: bool = False,
        environment: Mapping[str, str | int | float | None] | None = None,
        follows: int | None = None,
    ) -> RunRecorder:
        """Store that a run begins, and return what records it (see `RunRecorder`).

        Args:
            task: Task id.
            inputs: Values of the task's input fields; in a conversation only the new turn.
            options: All shared options, defaults included.
            columns: Who answers; the options of each win over the shared ones.
            at_once: Whether they run at the same time.
            blind: Whether names are hidden.
            environment: `studio.engine.environment.environment()`; may be given later to the recorder.
            follows: In a conversation, the run of the turn before.
        """
        run, results = self._runs.start(task, inputs, options, tuple(columns), at_once, blind, environment, follows)
        self._notify("history", run=run)
        return self._recorder(run, results)

    def add_to_run(self, run: int, column: Column) -> RunRecorder:
        """Run one column of a run again ("regenerate"), or one that was added since, with the run's options."""
        result = self._runs.add_result(run, column)
        self._notify("history", "result", run=run, result=result)
        return self._recorder(run, {column.id: result})

    def _recorder(self, run: int, results: Mapping[str, int]) -> RunRecorder:
        recorder = RunRecorder(self._runs, run, results, self._recorded)
        self._recorders.add(recorder)
        return recorder

    def history(self, task: str | None = None, limit: int = 200, before: int | None = None) -> tuple[RunSummary, ...]:
        """Runs, newest first, those of one task or all; ``before`` a run's id, to read on."""
        return self._runs.history(task, limit, before)

    def run(self, run: int) -> Run:
        """A run with all its answers. Raises `UnknownNameError`: there is none."""
        return self._runs.get(run)

    def conversation(self, run: int) -> tuple[Run, ...]:
        """The turns that lead to a run, oldest first, that run last. Raises `UnknownNameError`: there is none."""
        return self._runs.conversation(run)

    def messages(self, run: int | None, column_id: str) -> tuple[Message, ...]:
        """What a column's model has been told and said up to and with a run: the history of the next turn.

        A turn that the column did not answer is left out, so that roles alternate as models expect.

        Args:
            run: The turn before the next one; None where a conversation begins.
            column_id: Whose conversation; each column remembers its own answers.
        """
        return () if run is None else self._runs.messages(run, column_id)

    def rate(self, result: int, thumb: Thumb | None, note: str = "") -> None:
        """Say what one thinks of an answer; None and empty take it back. Raises `UnknownNameError`."""
        self._edited(self._runs.rate(result, Rating(thumb, note.strip())), "rating", result=result)

    def vote(self, run: int, a: int, b: int, choice: VoteChoice) -> None:
        """Choose between two answers whose names were hidden. Raises `UnknownNameError`: not of that run."""
        self._edited(self._runs.vote(run, a, b, choice), "vote", run=run)

    def votes(self, task: str | None = None) -> tuple[Vote, ...]:
        """Every blind vote, oldest first, of one task or all."""
        return self._runs.votes(task)

    def title_run(self, run: int, title: str) -> None:
        """Name a run; empty means by how its input begins. Raises `UnknownNameError`: there is none."""
        self._edited(self._runs.mark(N_("Rename run"), run, "title", title.strip()), "history", run=run)

    def note_run(self, run: int, note: str) -> None:
        """Write a note about a run. Raises `UnknownNameError`: there is none."""
        self._edited(self._runs.mark(N_("Edit note"), run, "note", note), "history", run=run)

    def remove_run(self, run: int) -> None:
        """Take a run out of the history; undo brings it back. Raises `UnknownNameError`: there is none."""
        self._edited(self._runs.mark(N_("Remove run"), run, "hidden", 1), "history", run=run)

    def _recorded(self, run: int, result: int | None, failure: Failure | None) -> None:
        """A recorder stored something, or could not."""
        if failure != self._problem:
            self._problem = failure
            self._notify("problem", run=run)
        if result is not None:
            self._notify("result", "history", run=run, result=result)

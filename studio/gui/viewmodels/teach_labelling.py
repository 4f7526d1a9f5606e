"""Labelling the rows that are most worth it: one after another, undone and skipped, saved as it happens."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QStandardPaths, Signal

from studio.domain.errors import Failure
from studio.domain.task import Task
from studio.gui.bridge import Background
from studio.gui.viewmodels.teach_run import was_stopped

if TYPE_CHECKING:
    from studio.library.store import Library
    from studio.services.pool import CandidatePool
    from studio.services.suggesting import Sheet, Suggested, SuggestedRow

#: ``reading`` rows and models; ``choose``: there is no row to label in this sheet; ``labelling``; ``done`` with all.
State = Literal["reading", "choose", "labelling", "done"]


class LabellingModel(QObject):
    """One sitting of labelling.

    Signals:
        changed: Another row is on show, or how far it is.
    """

    changed = Signal()

    def __init__(
        self,
        task: Task,
        data: str,
        columns: tuple[str, str],
        model: str,
        background: Background,
        library: Callable[[], Library],
        pool: Callable[[], CandidatePool],
        parent: QObject | None = None,
        earlier: int = 0,
    ) -> None:
        """``data`` and ``columns`` are what was taught with; ``model`` is whose doubts count.

        ``earlier``: how many rows of it were labelled here since.
        """
        super().__init__(parent)
        self.task, self._data, self._columns, self._model = task, data, columns, model
        self._background, self._library, self._pool = background, library, pool
        self._stop = threading.Event()
        #: The sheet with the answers, where the rows come from another one.
        self.labelled: Sheet | None = None
        self.suggested: Suggested | None = None
        self.state: State = "reading"
        self.place = 0
        self.said: dict[int, str] = {}
        #: How many rows were labelled before these.
        self.earlier = earlier
        self._skipped: set[int] = set()
        #: Rows in the order they were answered or skipped.
        self._order: list[int] = []
        self._own_labels: list[str] = []
        self.failure: Failure | None = None
        self.target: Path | None = None
        self._saving = False
        #: Counts what was said; the file has what was said up to the second.
        self._version = self._saved_version = 0
        self._forgotten: Path | None = None

    # -- what is shown -----------------------------------------------------------------------------------------------

    @property
    def model_name(self) -> str:
        """Whose doubts count; empty before the first model."""
        return self._model

    @property
    def rows(self) -> tuple[SuggestedRow, ...]:
        """What is to be labelled."""
        return self.suggested.rows if self.suggested else ()

    @property
    def row(self) -> SuggestedRow | None:
        """The one on show."""
        return self.rows[self.place] if self.state == "labelling" and self.place < len(self.rows) else None

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels that are known: those of sheet and model, and those that were typed."""
        known = self.suggested.labels if self.suggested else ()
        return (*known, *(label for label in self._own_labels if label not in known))

    @property
    def skipped(self) -> int:
        """How many rows were left without an answer."""
        return len(self._skipped)

    @property
    def can_undo(self) -> bool:
        """Whether there is a row before this one."""
        return bool(self._order) and self.state in ("labelling", "done")

    @property
    def sheet_name(self) -> str:
        """Name of the sheet that the rows come from."""
        if self.suggested is not None:
            return self.suggested.sheet.path.name
        return self.labelled.path.name if self.labelled is not None else ""

    # -- reading -------------------------------------------------------------------------------------------------

    def begin(self, other: Path | None = None) -> None:
        """Look for rows without an answer in the sheet that was taught with, or in another one."""
        from studio.services.suggesting import has_open_rows, read_sheet

        task, data, columns = self.task, self._data, self._columns
        self.state, self.failure = "reading", None
        self.changed.emit()

        def show(sheet: Sheet) -> None:
            self.labelled = sheet
            if other is not None:
                self.use_sheet(other)
            elif has_open_rows(sheet):
                self._suggest(sheet, None)
            else:
                self.state = "choose"
                self.changed.emit()

        self._background.run(lambda: read_sheet(task, data, *columns), show, self._failed, self)

    def use_sheet(self, path: Path) -> None:
        """Take the rows from another sheet; the answers join those of the one that was taught with."""
        from studio.services.suggesting import read_sheet

        task, labelled, column = self.task, self.labelled, self._columns[0]
        if labelled is None:
            return
        self.state, self.failure = "reading", None
        self.changed.emit()

        def work() -> Sheet:
            from studio.services.importing import look

            same = column in look(path, task=task).columns
            return read_sheet(task, str(path), column if same else "")

        self._background.run(work, lambda sheet: self._suggest(sheet, labelled), self._failed, self)

    def _suggest(self, sheet: Sheet, labelled: Sheet | None) -> None:
        from studio.services.suggesting import SuggestRequest, suggest_rows

        request = SuggestRequest(self.task, sheet, labelled, self._model)
        stop = self._stop = threading.Event()

        def show(found: Suggested) -> None:
            self.suggested, self.state, self.place = found, "labelling", 0
            self.target = self.target or self._free_place()
            self.changed.emit()

        self._background.run(
            lambda: suggest_rows(request, self._library(), self._pool(), stop=stop), show, self._failed, self
        )

    def _free_place(self) -> Path:
        """Beside the sheet that was taught with, or among the user's documents where nothing can be written there."""
        from studio.services.samples import is_sample
        from studio.services.suggesting import free_name

        assert self.labelled is not None
        path = self.labelled.path
        if is_sample(self._data) or not os.access(path.parent, os.W_OK):
            path = documents() / path.name
            path.parent.mkdir(parents=True, exist_ok=True)
        return free_name(path)

    def _failed(self, failure: Failure) -> None:
        if was_stopped(failure):
            return
        self.failure = failure
        self.state = "choose" if self.suggested is None else "labelling"
        self.changed.emit()

    # -- labelling -----------------------------------------------------------------------------------------------

    def answer(self, label: str) -> None:
        """Say what the row on show is, and go on to the next."""
        row = self.row
        label = label.strip()
        if row is None or not label or not self._fits(label):
            return
        if self.task.output == "labels" and label not in self.labels:
            self._own_labels.append(label)
        self.said[row.row] = label
        self._skipped.discard(row.row)
        self._go_on(row.row)
        self._save()

    def _fits(self, label: str) -> bool:
        from studio.services.suggesting import fits

        return fits(self.task, label)

    def skip(self) -> None:
        """Leave the row on show without an answer."""
        row = self.row
        if row is None:
            return
        if self.said.pop(row.row, None) is not None:
            self._save()
        self._skipped.add(row.row)
        self._go_on(row.row)

    def undo(self) -> None:
        """Go back to the row before, and take away what was said of it."""
        if not self.can_undo:
            return
        last = self._order.pop()
        self._skipped.discard(last)
        self.place = next(place for place, each in enumerate(self.rows) if each.row == last)
        self.state = "labelling"
        if self.said.pop(last, None) is not None:
            self._save()
        self.changed.emit()

    def _go_on(self, row: int) -> None:
        self._order.append(row)
        self.place += 1
        if self.place >= len(self.rows):
            self.state = "done"
        self.changed.emit()

    def stop(self) -> None:
        """End what is being read."""
        self._stop.set()

    # -- saving --------------------------------------------------------------------------------------------------

    def save_as(self, path: Path) -> None:
        """Save the labelled copy there from now on."""
        if path != self.target:
            self._forgotten, self.target = self.target, path
            self._save()

    def _save(self) -> None:
        """Write the copy, in the background; what is said meanwhile is written right after."""
        from studio.services.suggesting import save_labelled

        self._version += 1
        target, suggested, version = self.target, self.suggested, self._version
        if self._saving or target is None or suggested is None:
            return
        said, labelled = dict(self.said), self.labelled if suggested.sheet is not self.labelled else None
        self._saving = True
        self._background.run(
            lambda: save_labelled(target, said, suggested.sheet, labelled),
            lambda _rows: self._wrote(version, target),
            self._not_written,
            self,
        )

    def _wrote(self, version: int, target: Path) -> None:
        self._saving, self._saved_version, self.failure = False, version, None
        if self._forgotten is not None and target == self.target:
            self._forgotten.unlink(missing_ok=True)
            self._forgotten = None
        if version != self._version or target != self.target:
            self._save()
        self.changed.emit()

    def _not_written(self, failure: Failure) -> None:
        self._saving, self.failure = False, failure
        if self._forgotten is not None:
            # The place that was chosen will not do: the one before still does.
            self.target, self._forgotten = self._forgotten, None
        self.changed.emit()

    @property
    def is_saved(self) -> bool:
        """Whether everything that was said is in the file."""
        return bool(self.said) and not self._saving and self._saved_version == self._version

    @property
    def lesson(self) -> tuple[str, str, str] | None:
        """The sheet with all that was labelled here, and its columns; None where nothing is, or is saved yet."""
        if self.said:
            return (str(self.target), *self.lesson_columns) if self.is_saved else None
        return (self._data, *self.lesson_columns) if self.earlier else None

    @property
    def rows_from(self) -> Path | None:
        """The sheet that rows to label come from where it is another than the one with the answers."""
        if self.suggested is None or self.suggested.sheet is self.labelled:
            return None
        return self.suggested.sheet.path

    @property
    def lesson_columns(self) -> tuple[str, str]:
        """Columns of texts and answers in the labelled copy."""
        from studio.services.suggesting import answers_column

        return self._columns[0], self._columns[1] or answers_column(self.labelled)

    def more(self) -> None:
        """Suggest further rows, with what was said so far among the answers."""
        if not self.is_saved or self.target is None or self.suggested is None:
            return
        other = self.rows_from
        self._data, self._columns = str(self.target), self.lesson_columns
        self.earlier += len(self.said)
        self.said, self._order, self._skipped, self.target = {}, [], set(), None
        self._version = self._saved_version = 0
        self.suggested = None
        self.begin(other)


def documents() -> Path:
    """Where the system keeps what people write."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation) or Path.home())

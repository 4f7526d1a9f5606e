"""Evaluate with no data yet: a place to drop a file, and the samples."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_, _
from studio.domain.task import FILE_KINDS, Task
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.buttons import Button, Chip
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.layouts import FlowLayout, column, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, plain


class EvaluateStart(Translated, QWidget):
    """The empty state.

    Signals:
        file_wanted: The user wants to choose a file.
        folder_wanted: The user wants to choose a folder of files.
        sample_wanted: The user wants sample data (its id).
    """

    file_wanted = Signal()
    folder_wanted = Signal()
    sample_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task: Task | None = None
        self._first = self._first_title = ""
        self._models: set[str] = set()
        self.area = EmptyState(
            "table",
            self._title_words,
            self._what_words,
            N_("Choose a file …"),
            self.file_wanted.emit,
        )
        self.folder_button = Button(N_("Choose a folder …"), icon_name="folder-open", on_click=self.folder_wanted.emit)
        self.area.add_button(self.folder_button)
        self.sample_button = Button(self._sample_words, icon_name="flask", on_click=self._take_first)
        self.area.add_button(self.sample_button)
        self._others = QWidget()
        self._flow = FlowLayout(self._others, spacing=SPACE_2)
        self._more = Text(N_("Other samples"), role="caption")
        column(self.area, self._more, self._others, spacing=SPACE_3, parent=self).setStretch(0, 1)
        self.setContentsMargins(0, 0, 0, SPACE_4)

    def show_task(self, task: Task, models: set[str]) -> None:
        """Offer the samples of a use case; those that fit the candidates first."""
        self._task = task
        self._models = models
        self.retranslate()

    def retranslate(self) -> None:
        if self._task is None:
            return
        from studio.services.samples import all_samples

        samples = sorted(all_samples(self._task.id), key=lambda sample: not set(sample.models) & self._models)
        self._first = samples[0].id if samples else ""
        self._first_title = samples[0].title if samples else ""
        show_if(self._task.inputs[0].kind in FILE_KINDS, self.folder_button)
        self.area.title.retranslate()
        self.area.sentence.retranslate()
        self.sample_button.retranslate()
        show_if(bool(samples), self.sample_button)
        while (item := self._flow.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for sample in samples[1:]:
            chip = Chip(plain(sample.title), tip=plain(sample.description))
            chip.clicked.connect(lambda _checked=False, sample_id=sample.id: self.sample_wanted.emit(sample_id))
            self._flow.addWidget(chip)
            chip.show()
        for widget in (self._more, self._others):
            show_if(len(samples) > 1, widget)

    def _what_words(self) -> str:
        if self._task is not None and self._task.inputs[0].kind in FILE_KINDS:
            return _(
                "A folder with one folder of files for each label, or a sheet that names files beside it, with the "
                "right answer where you have it. Every candidate answers every file; the studio counts how often each "
                "is right."
            )
        return _(
            "A CSV, Excel or JSONL file with one message a row, and the right answer beside it where you have it. "
            "Every candidate answers every row; the studio counts how often each is right."
        )

    def _title_words(self) -> str:
        if self._task is not None and self._task.inputs[0].kind in FILE_KINDS:
            if not self._first:
                return _("Drop a folder or a spreadsheet here")
            return _("Drop a folder or a spreadsheet here, or use the sample ({sample})").format(
                sample=self._first_title
            )
        if not self._first:
            return _("Drop a spreadsheet here")
        return _("Drop a spreadsheet here, or use the sample ({sample})").format(sample=self._first_title)

    def _sample_words(self) -> str:
        return _("Use the sample")

    def _take_first(self) -> None:
        if self._first:
            self.sample_wanted.emit(self._first)

"""Make your own: a labelled sheet becomes a candidate."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.teach import TeachModel
from studio.gui.widgets.buttons import Button, Chip
from studio.gui.widgets.layouts import FlowLayout, clear, column, row, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.teach.epoch_plot import EpochPlot
from studio.gui.widgets.teach.result import ResultPart
from studio.gui.widgets.teach.running import RunningPart
from studio.gui.widgets.teach.setup import SheetForm
from studio.gui.widgets.teach.unfinished import UnfinishedCard
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import plain

_WIDTH = 660
_FILES = "*.csv *.tsv *.txt *.xlsx *.jsonl"


class TeachDialog(QDialog):
    """Choose a sheet, say what its columns are, watch it learn, and see how good the model is.

    It is no modal dialog: the window stays free while a model is being taught.

    Signals:
        try_wanted: The user wants to see the new model answer (its id and precision).
        compare_wanted: It shall be evaluated on the examples that it was not taught with.
        label_wanted: The user wants to label more rows.
    """

    try_wanted = Signal(str, str)
    compare_wanted = Signal()
    label_wanted = Signal()

    def __init__(self, model: TeachModel, parent: QWidget | None = None) -> None:
        from studio.services.fine_tuning import score_words

        super().__init__(parent)
        self.model = model
        model.setParent(self)
        self.setWindowTitle(_("Make your own"))
        self.setFixedWidth(_WIDTH)
        self.setAcceptDrops(True)
        self._about = Text(
            N_(
                "A sheet with texts and the right answers teaches a model of your own. It becomes a candidate beside "
                "the others. Nothing leaves this computer."
            ),
            role="muted",
            wrap=True,
        )
        self._unfinished = column(spacing=SPACE_2)
        self._unfinished_shown: object = None
        self.choose_button = Button(N_("Choose a file …"), icon_name="folder-open", on_click=self._choose_file)
        self._chosen = ElidedText(role="strong", mode=Qt.TextElideMode.ElideMiddle)
        self._samples = QWidget()
        self._offer_samples()
        self._file = QWidget()
        chosen = row(self.choose_button, self._chosen, spacing=SPACE_3)
        chosen.setStretch(1, 1)
        column(
            chosen,
            self._samples,
            spacing=SPACE_3,
            parent=self._file,
        )
        is_share = score_words(model.task)[1]

        def score() -> str:
            return score_words(model.task)[0]

        self.form = SheetForm(model)
        self._problem = column()
        self._problem_shown: object = None
        #: Whether it was choosing, running, and ready to start, when it was shown last.
        self._stood: tuple[bool, bool, bool] | None = None
        self.running = RunningPart(model, EpochPlot(score, is_share))
        self.outcome = ResultPart(model, score, is_share)
        self.start_button = Button(N_("Teach"), "primary", "student", self._start)
        self.start_button.setDefault(True)
        self.label_button = Button(N_("Label more rows"), icon_name="keyboard", on_click=self.label_wanted.emit)
        self.compare_button = Button(
            N_("Evaluate it"),
            icon_name="chart-bar",
            on_click=self._compare,
            tip=N_("Opens Evaluate with the examples that it was not taught with, its base beside it where it can."),
        )
        self.try_button = Button(N_("Try it"), "primary", "play", self._try)
        self.close_button = Button(N_("Close"), on_click=self.close)
        buttons = row(
            self.label_button,
            self.compare_button,
            None,
            self.close_button,
            self.start_button,
            self.try_button,
            spacing=SPACE_2,
        )
        self._whole = column(
            Text(N_("Make your own"), role="title"),
            self._about,
            self._unfinished,
            self._file,
            self.form,
            self._problem,
            self.running,
            self.outcome,
            None,
            buttons,
            spacing=SPACE_3,
            margins=(SPACE_4,) * 4,
            parent=self,
        )
        model.changed.connect(self._show)
        self._show()

    @property
    def plot(self) -> QWidget:
        """The learning curve of the result."""
        return self.outcome.plot

    # -- choosing ------------------------------------------------------------------------------------------------

    def _offer_samples(self) -> None:
        from studio.services.samples import all_samples

        samples = all_samples(self.model.task.id)
        chips = QWidget()
        flow = FlowLayout(chips)
        for sample in samples:
            choose = partial(self.model.choose, f"sample:{sample.id}")
            flow.addWidget(Chip(plain(sample.title), on_click=choose, tip=plain(sample.description)))
        if samples:
            column(Text(N_("Or begin with a sample:"), role="muted"), chips, spacing=SPACE_2, parent=self._samples)

    def _choose_file(self) -> None:
        path, _filter = QFileDialog.getOpenFileName(
            self,
            _("Choose examples"),
            "",
            _("Spreadsheets and JSONL ({kinds})").format(kinds=_FILES) + ";;" + _("All files (*)"),
        )
        if path:
            self.model.choose(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dropped(event.mimeData().urls()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = self._dropped(event.mimeData().urls())
        if path is not None:
            event.acceptProposedAction()
            self.model.choose(str(path))

    def _dropped(self, urls: list[QUrl]) -> Path | None:
        files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        return files[0] if len(files) == 1 and files[0].is_file() and not self.model.running else None

    # -- showing -------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        model = self.model
        preview, taught, running = model.preview, model.taught, model.running
        choosing = not running and taught is None
        self.choose_button.setEnabled(not model.looking)
        self._chosen.setText(_("Reading …") if model.looking else preview.path.name if preview else "")
        show_if(choosing, self._file)
        show_if(choosing and preview is None, self._samples)
        show_if(choosing, self._about)
        show_if(choosing and preview is not None, self.form)
        self.form.show_sheet()
        self._show_unfinished(choosing and preview is None)
        self._show_problem()
        show_if(running, self.running)
        self.running.show_run()
        show_if(taught is not None, self.outcome)
        self.outcome.show_result()
        show_if(taught is not None, self.try_button)
        show_if(taught is not None and bool(taught.parts) and model.lesson is not None, self.compare_button)
        can_label = not running and "quick" in model.methods and preview is not None and bool(model.input_column)
        show_if(can_label, self.label_button)
        unlabelled = taught is None and not model.label_column
        self.label_button.say(N_("Label rows first") if unlabelled else N_("Label more rows"))
        show_if(choosing, self.start_button)
        short = model.memory is not None and not model.memory.enough
        self.start_button.say(N_("Teach anyway") if short else N_("Teach"))
        self.start_button.setEnabled(model.can_start)
        self._fit()
        stands = (choosing, running, model.can_start)
        if stands != self._stood:
            self._stood = stands
            self._focus_next()

    def _focus_next(self) -> None:
        """Where work goes on: never on the button that closes, and never away from a name that is being typed."""
        ways = (self.start_button, self.try_button, self.label_button, self.choose_button)
        next_one = next((button for button in ways if not button.isHidden() and button.isEnabled()), None)
        if next_one is not None and not self.form.name.hasFocus():
            next_one.setFocus()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            # Something in it became larger or smaller, maybe only now that the layouts have heard of it.
            self._fit()
        return handled

    def _fit(self) -> None:
        """As high as what is in it."""
        self._whole.activate()
        self.resize(_WIDTH, self._whole.totalHeightForWidth(_WIDTH))
        room, taken = self.screen().availableGeometry(), self.frameGeometry()
        if self.isVisible() and taken.bottom() > room.bottom():
            # It grew over the edge of the screen.
            self.move(taken.x(), max(room.top(), room.bottom() - taken.height()))

    def _show_unfinished(self, offered: bool) -> None:
        shown = self.model.unfinished if offered else ()
        if shown == self._unfinished_shown:
            return
        self._unfinished_shown = shown
        clear(self._unfinished)
        for begun in shown[:3]:
            self._unfinished.addWidget(UnfinishedCard(begun, self.model.go_on, self.model.discard))

    def _show_problem(self) -> None:
        model = self.model
        lacks = model.bases_read and not model.bases and model.preview is not None
        shown = (model.failure, lacks, model.method)
        if shown == self._problem_shown:
            return
        self._problem_shown = shown
        clear(self._problem)
        if model.failure is not None:
            self._problem.addWidget(Notice.of(model.failure))
        elif lacks:
            words = N_("There is no embedding model to build on: get one on the Models screen.")
            if model.method == "thorough":
                words = N_("There is no model that could be taught for this: get one on the Models screen.")
            self._problem.addWidget(Notice(words, "warn"))

    # -- doing ---------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self.model.start(anyway=self.model.memory is not None and not self.model.memory.enough)

    def _try(self) -> None:
        taught = self.model.taught
        if taught is not None:
            self.try_wanted.emit(taught.model.id, taught.precision)
            self.accept()

    def _compare(self) -> None:
        self.compare_wanted.emit()
        self.accept()

    def reject(self) -> None:
        """Closing never asks: a model that is being taught goes on, and the bar at the bottom shows how far it is."""
        if self.model.running:
            self.hide()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.model.running:
            event.ignore()
            self.hide()
        else:
            super().closeEvent(event)

"""Make your own: a labelled sheet becomes a candidate."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QGridLayout, QLineEdit, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.domain.metric import MetricInfo
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.teach import TeachModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.metric import Metric
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.teach.curve_plot import CurvePlot
from studio.gui.widgets.text import Text
from studio.gui.words import plain

_WIDTH = 620
_FILES = "*.csv *.tsv *.txt *.xlsx *.jsonl"
_SHOWN = 3
_STAGES = {
    "embedding": N_("Reading the examples with the base"),
    "fitting": N_("Learning"),
    "judging": N_("Judging on examples that it was not taught with"),
}


class TeachDialog(QDialog):
    """Choose a sheet, say what its columns are, and see how good the model is.

    Signals:
        try_wanted: The user wants to see the new model answer (its id and precision).
    """

    try_wanted = Signal(str, str)

    def __init__(self, model: TeachModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        model.setParent(self)
        self.setWindowTitle(_("Make your own"))
        self.setFixedWidth(_WIDTH)
        self.setAcceptDrops(True)
        about = Text(
            N_(
                "A sheet with texts and the right answers teaches a small model in seconds. Eight examples of each "
                "label are a beginning. Nothing leaves this computer."
            ),
            role="muted",
            wrap=True,
        )
        self.choose_button = Button(N_("Choose a file …"), icon_name="folder-open", on_click=self._choose_file)
        self._chosen = Text(role="strong")
        self._samples = row(spacing=SPACE_2)
        self._offer_samples()
        self._sheet = QWidget()
        self._build_sheet()
        self._problem = column()
        self._progress = ProgressRow(N_("Teaching"), model.stop)
        self._result = QWidget()
        self._build_result()
        self.start_button = Button(N_("Teach"), "primary", "student", model.start)
        self.start_button.setDefault(True)
        self.try_button = Button(N_("Try it"), "primary", "play", self._try)
        self.close_button = Button(N_("Close"), on_click=self.reject)
        file_line = row(self.choose_button, self._chosen, None, spacing=SPACE_3)
        buttons = row(None, self.close_button, self.start_button, self.try_button, spacing=SPACE_2)
        column(
            Text(N_("Make your own"), role="title"),
            about,
            file_line,
            self._samples,
            self._sheet,
            self._problem,
            self._progress,
            self._result,
            buttons,
            spacing=SPACE_3,
            margins=(SPACE_4,) * 4,
            parent=self,
        )
        model.changed.connect(self._show)
        self._show()

    # -- building ------------------------------------------------------------------------------------------------

    def _offer_samples(self) -> None:
        from studio.services.samples import all_samples

        for sample in all_samples(self.model.task.id):
            choose = partial(self.model.choose, f"sample:{sample.id}")
            chip = Button(plain(sample.title), "link", on_click=choose)
            chip.setToolTip(sample.description)
            self._samples.addWidget(chip)
        self._samples.addStretch(1)

    def _build_sheet(self) -> None:
        self.input_box, self.label_box, self.base_box = QComboBox(), QComboBox(), QComboBox()
        self.name = QLineEdit()
        self._first = Text(role="caption", wrap=True)
        grid = QGridLayout(self._sheet)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_3)
        grid.setVerticalSpacing(SPACE_2)
        grid.setColumnStretch(1, 1)
        labels = self.model.task.output == "labels"
        fields: list[tuple[str, QWidget]] = [
            (N_("Column with the texts"), self.input_box),
            (N_("Column with the labels") if labels else N_("Column with the numbers"), self.label_box),
            (N_("Name in the library"), self.name),
            (N_("Builds on"), self.base_box),
        ]
        for line, (title, field) in enumerate(fields):
            text = Text(title, role="caption")
            text.setBuddy(field)
            field.setAccessibleName(_(title))
            grid.addWidget(text, line, 0)
            grid.addWidget(field, line, 1)
        grid.addWidget(self._first, len(fields), 0, 1, 2)
        model = self.model
        self.input_box.activated.connect(lambda _i: model.set(input_column=self.input_box.currentText()))
        self.label_box.activated.connect(lambda _i: model.set(label_column=self.label_box.currentText()))
        self.base_box.activated.connect(lambda _i: model.set(base=self.base_box.currentText()))
        self.name.textEdited.connect(lambda text: model.set(name=text.strip()))

    def _build_result(self) -> None:
        self._figures = row(spacing=SPACE_4)
        self._said = Text(role="muted", wrap=True)
        self.plot = CurvePlot()
        self._more = Text(wrap=True)
        column(
            Text(N_("On examples that it was not taught with"), role="heading"),
            self._figures,
            self._said,
            self.plot,
            self._more,
            spacing=SPACE_2,
            parent=self._result,
        )

    # -- choosing ------------------------------------------------------------------------------------------------

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
        preview, taught = model.preview, model.taught
        self.choose_button.setEnabled(not model.running and not model.looking)
        self._chosen.setText(_("Reading …") if model.looking else preview.path.name if preview else "")
        show_if(preview is not None and taught is None, self._sheet)
        for place in range(self._samples.count()):
            item = self._samples.itemAt(place)
            if item is not None and (widget := item.widget()) is not None:
                show_if(preview is None, widget)
        if preview is not None:
            self._show_sheet()
        clear(self._problem)
        if model.failure is not None:
            self._problem.addWidget(Notice.of(model.failure))
        elif not model.bases and preview is not None and not model.base:
            words = N_("There is no embedding model to build on: get one on the Models screen.")
            self._problem.addWidget(Notice(words, "warn"))
        show_if(model.running, self._progress)
        if model.running:
            self._progress.stop_button.setEnabled(True)
            self._progress.show_progress(model.share, _STAGES[model.stage])
        for widget in (self._result, self.try_button):
            show_if(taught is not None, widget)
        show_if(taught is None, self.start_button)
        if taught is not None:
            self._show_result()
        self.start_button.setEnabled(model.can_start)
        self.adjustSize()

    def _show_sheet(self) -> None:
        model, preview = self.model, self.model.preview
        assert preview is not None
        for box, names, chosen in (
            (self.input_box, preview.columns, model.input_column),
            (self.label_box, preview.columns, model.label_column),
            (self.base_box, model.bases, model.base),
        ):
            with QSignalBlocker(box):
                if [box.itemText(place) for place in range(box.count())] != list(names):
                    box.clear()
                    box.addItems(list(names))
                box.setCurrentIndex(box.findText(chosen))
        for widget in (self.input_box, self.label_box, self.base_box, self.name):
            widget.setEnabled(not model.running)
        if self.name.text().strip() != model.name:
            self.name.setText(model.name)
        if model.input_column in preview.columns and model.label_column in preview.columns:
            at, wanted = preview.columns.index(model.input_column), preview.columns.index(model.label_column)
            lines = [f"{' '.join(cells[at].split())[:70]}  →  {cells[wanted][:40]}" for cells in preview.rows[:_SHOWN]]
            self._first.setText("\n".join(lines))

    def _show_result(self) -> None:
        from studio.metrics import find_metric
        from studio.services.teaching_folder import curve_words

        taught = self.model.taught
        assert taught is not None
        clear(self._figures)
        for name, found in list(taught.scores.items())[:3]:
            info = find_metric(name).info
            figure = Metric(info.title, partial(_definition, info))
            figure.show_value(_written(found.value, info.format))
            self._figures.addWidget(figure, 1)
        train, validation, test = taught.sizes
        headline = next(iter(taught.scores.values()), None)
        said = ngettext(
            "Judged on {n} example; learned from {learned}.", "Judged on {n} examples; learned from {learned}.", test
        ).format(n=f"{test:,}", learned=f"{train + validation:,}")
        if headline is not None and headline.low is not None and headline.high is not None:
            kind = find_metric(next(iter(taught.scores))).info.format
            said += " " + _("95 % interval of the first figure: {low} to {high}.").format(
                low=_written(headline.low, kind), high=_written(headline.high, kind)
            )
        self._said.setText(said)
        has_curve = taught.curve is not None and len(taught.curve.points) > 1
        show_if(has_curve, self.plot)
        if taught.curve is not None and has_curve:
            self.plot.show_curve(taught.curve)
        lines = [curve_words(taught.curve), *(remark.sentence for remark in taught.remarks)]
        self._more.setText("\n".join(line for line in lines if line))

    def _try(self) -> None:
        taught = self.model.taught
        if taught is not None:
            self.try_wanted.emit(taught.model.id, taught.precision)
            self.accept()

    def reject(self) -> None:
        self.model.stop()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.model.stop()
        super().closeEvent(event)


def _definition(info: MetricInfo) -> str:
    return f"{_(info.term)}: {_(info.definition)}"


def _written(value: float, kind: str) -> str:
    return f"{100 * value:.1f} %" if kind == "percent" else f"{value:.3g}"

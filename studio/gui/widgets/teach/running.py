"""A teaching that goes on: how far it is, the curves, and what can be ordered."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3
from studio.gui.viewmodels.teach import TeachModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.teach.epoch_plot import EpochPlot
from studio.gui.widgets.text import Text
from studio.gui.words import said


class RunningPart(QWidget):
    """Shown while a model is being taught."""

    def __init__(self, model: TeachModel, plot: EpochPlot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model, self.plot = model, plot
        self._what = Text(self._what_words, role="muted", wrap=True)
        self.progress = ProgressRow(N_("Teaching"), model.stop)
        self.pause_button = Button(N_("Pause"), icon_name="pause", on_click=self._pause)
        self.keep_button = Button(
            N_("Stop and keep the best"),
            icon_name="check-circle",
            on_click=self._keep,
            tip=N_("Learns no more, and makes a model of the best epoch so far."),
        )
        self.cancel_button = Button(
            N_("Cancel"),
            icon_name="x-circle",
            on_click=model.stop,
            tip=N_("Ends it. What it has learned is kept, so that you can continue it later."),
        )
        self._now = Text(self._now_words, role="muted", wrap=True)
        self._orders = QWidget()
        row(self.pause_button, self.keep_button, self.cancel_button, None, spacing=SPACE_2, parent=self._orders)
        column(self._what, self.progress, plot, self._now, self._orders, spacing=SPACE_3, parent=self)

    def _pause(self) -> None:
        if self.model.run is not None:
            self.model.run.pause()

    def _keep(self) -> None:
        if self.model.run is not None:
            self.model.run.stop_and_keep()

    def show_run(self) -> None:
        """Show how far it is."""
        run = self.model.run
        if run is None:
            return
        thorough = run.thorough
        show_if(not thorough, self.progress.stop_button)
        self.progress.stop_button.setEnabled(not run.ending)
        words = N_("Stopping …") if run.ending == "cancel" else run.words
        if run.paused:
            words = N_("Paused")
        shown = None if run.share is None or run.paused else run.left_s
        self.progress.show_progress(run.share, words, shown)
        show_if(thorough and (run.training or bool(run.epochs)), self.plot)
        self.plot.show_epochs(run.epochs)
        for widget in (self._orders, self._now):
            show_if(thorough, widget)
        self._now.retranslate()
        self._what.retranslate()
        self.pause_button.say(N_("Go on") if run.paused else N_("Pause"))
        self.pause_button.set_icon("play" if run.paused else "pause")
        self.pause_button.setEnabled(run.training and not run.ending)
        # Before the first epoch is done there is nothing to keep.
        self.keep_button.setEnabled(run.training and not run.ending and any(each.number > 0 for each in run.epochs))
        self.cancel_button.setEnabled(run.ending != "cancel")

    def _what_words(self) -> str:
        model = self.model
        name = model.preview.path.name if model.preview is not None else ""
        if not name:
            return model.name
        return _("{name}, taught with {data} ({texts} → {answers}) on {base}").format(
            name=model.name, data=name, texts=model.input_column, answers=model.label_column, base=model.base
        )

    def _now_words(self) -> str:
        run = self.model.run
        if run is None or not run.thorough:
            return ""
        if run.ending == "keep":
            return _("It learns no more; the best epoch becomes a model.")
        if run.paused:
            return _("It waits. The studio may be closed: it can be continued later from here.")
        if run.epochs and run.epochs[-1].number:
            return self.plot.said(run.epochs[-1])
        return said(N_("The first epoch takes longest. You can go on working in the window meanwhile."))

"""Evaluate: data in, who answers, the run, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QLocale, QUrl
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMenu, QStackedWidget, QWidget

from studio.domain.errors import Failure
from studio.domain.evaluation import EvaluationInfo
from studio.domain.i18n import N_, _, language, ngettext
from studio.domain.task import FILE_KINDS
from studio.gui.page import Page
from studio.gui.sending import once_agreed
from studio.gui.shell import Shell
from studio.gui.theme.icons import icon
from studio.gui.theme.tokens import SPACE_3
from studio.gui.viewmodels.evaluate_setup import EvaluateSetup
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.candidate_picker import CandidatePicker
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.evaluate_setup.broken_dialog import BrokenDialog
from studio.gui.widgets.evaluate_setup.columns_dialog import ColumnsDialog
from studio.gui.widgets.evaluate_setup.import_view import ImportView
from studio.gui.widgets.evaluate_setup.labels_dialog import LabelsDialog
from studio.gui.widgets.evaluate_setup.run_view import RunView
from studio.gui.widgets.evaluate_setup.setup_view import SetupView
from studio.gui.widgets.evaluate_setup.start import EvaluateStart
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import ElidedText, Text
from studio.tasks import all_tasks, find_task

if TYPE_CHECKING:
    from studio.gui.pages.evaluate_results import EvaluateResults

#: Where Try remembers which use case a project was left in.
_LAST_TASK = "try task"
#: So many former evaluations stand in the menu.
_LISTED = 30
_FILES = "*.csv *.tsv *.txt *.xlsx *.jsonl *.json"


class EvaluatePage(Page):
    """The whole screen; results are `studio.gui.pages.evaluate_results`."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.setup = EvaluateSetup(
            shell.background,
            lambda: shell.library,
            lambda: shell.pool,
            shell.project,
            shell.preferences,
            shell.jobs,
            self,
        )
        self.setAcceptDrops(True)
        self._shown_evaluation: int | None = None
        self._problem: Notice | None = None
        self._build_head()
        self._no_task = EmptyState(
            "squares-four",
            N_("Choose a use case first"),
            N_("Each brings its models and sample data, so that you can evaluate at once."),
            N_("Choose a use case"),
            lambda: shell.navigation.open_screen("home"),
        )
        self.start = EvaluateStart()
        self.importer = ImportView(self.setup.importing)
        self.setup_view = SetupView(self.setup)
        self.run_view = RunView(self.setup.run)
        self._results: EvaluateResults | None = None
        self._nothing = QWidget()
        self._stack = QStackedWidget()
        for view in (self._nothing, self._no_task, self.start, self.importer, self.setup_view, self.run_view):
            self._stack.addWidget(view)
        self._problem_place = column()
        self.body.addWidget(self._head)
        self.body.addLayout(self._problem_place)
        self.body.addWidget(self._stack, 1)
        self._connect()
        self._offer_commands()
        self._take_task(shell.navigation.task)
        self.retranslate()

    # -- building ------------------------------------------------------------------------------------------------

    def _build_head(self) -> None:
        self._title = Text(N_("Evaluate"), role="title")
        self._subtitle = ElidedText(role="muted")
        self.data_button = Button(N_("Data"), icon_name="table", on_click=self._open_data_menu)
        self.past_button = Button(N_("Evaluations"), icon_name="clock-counter-clockwise", on_click=self._open_past_menu)
        self.setup_button = Button(N_("Back to set-up"), icon_name="sliders-horizontal", on_click=self.show_setup)
        self._head = QWidget()
        line = row(
            self._title,
            self._subtitle,
            self.data_button,
            self.past_button,
            self.setup_button,
            spacing=SPACE_3,
            parent=self._head,
        )
        line.setStretch(1, 1)
        self._head.setMinimumHeight(34)

    def _connect(self) -> None:
        setup, shell = self.setup, self._shell
        setup.task_changed.connect(self._on_task_changed)
        setup.data_changed.connect(self._show_all)
        setup.evaluations_changed.connect(self._show_all)
        setup.importing.changed.connect(self._on_import_changed)
        setup.importing.imported.connect(lambda _dataset: self.show_setup())
        setup.importing.refused.connect(self._show_problem)
        setup.candidates.changed.connect(self._show_enabled)
        setup.where.changed.connect(self._show_enabled)
        setup.run.changed.connect(self._show_all)
        setup.run.ended.connect(self._on_ended)
        setup.run.refused.connect(self._show_problem)
        setup.failed.connect(shell.toasts.show_failure)
        self.start.file_wanted.connect(self.choose_file)
        self.start.folder_wanted.connect(self.choose_folder)
        self.start.sample_wanted.connect(setup.importing.use_sample)
        self.importer.cancelled.connect(setup.importing.drop)
        self.setup_view.data.asked.connect(self._on_data_asked)
        self.setup_view.candidates.add_wanted.connect(self._add_candidate)
        self.setup_view.scope.settings_wanted.connect(lambda: shell.navigation.open_screen("try"))
        self.setup_view.run_wanted.connect(self._run)
        self.setup_view.continue_wanted.connect(self._continue)
        shell.navigation.task_opened.connect(self._take_task)
        shell.navigation.place_chosen.connect(self._go_to)

    def _offer_commands(self) -> None:
        setup = self.setup
        self.offer("run", self._run, lambda: setup.can_run and self._on_setup)
        self.offer("stop", self._stop, lambda: setup.run.running or setup.importing.running)
        self.offer("add_candidate", self._add_candidate, lambda: setup.candidates.can_add and self._on_setup)
        self.offer("history", self._open_past_menu, lambda: bool(setup.evaluations))
        self.offer("export", self._export, lambda: self._on_results)

    # -- arriving ------------------------------------------------------------------------------------------------

    def arrive(self) -> None:
        super().arrive()
        if self.setup.task is None:
            self._recall_task()
        else:
            self.setup.candidates.read_again()

    def _go_to(self, place: str) -> None:
        """``data``: another screen set up an evaluation; show it."""
        if place == "data" and self._shell.navigation.screen == "evaluate":
            self.setup.read_again()
            self.show_setup()

    def _recall_task(self) -> None:
        session = self.setup.session
        last = session.recall(_LAST_TASK, "") if session else ""
        if last in {task.id for task in all_tasks()}:
            self._shell.navigation.choose_task(last)

    def _take_task(self, task_id: str) -> None:
        if task_id:
            self.setup.open(find_task(task_id))
        self._show_all()

    def _on_task_changed(self) -> None:
        if self.setup.loading:
            self._shown_evaluation = None
            self._drop_problem()
        elif self.setup.dataset is not None and self._shown_evaluation is None:
            # Reopened: what was found out last is what one wants to see.
            newest = next((e for e in self.setup.evaluations if e.dataset.id == self.setup.dataset.id), None)
            if newest is not None and newest.status == "finished":
                self._shown_evaluation = newest.id
        self._show_all()

    # -- showing -------------------------------------------------------------------------------------------------

    def retranslate(self) -> None:
        self._show_all()

    @property
    def _on_setup(self) -> bool:
        return self._stack.currentWidget() is self.setup_view

    def _show_all(self) -> None:
        setup = self.setup
        if setup.task is None:
            self._show(self._no_task)
        elif setup.loading:
            self._show(self._nothing)
        elif setup.run.running and setup.run.task_id == setup.task.id:
            self._show(self.run_view)
        elif setup.importing.preview is not None:
            self._show(self.importer)
        elif setup.dataset is None:
            models = {each.candidate.model for each in setup.candidates.all if each.candidate is not None}
            self.start.show_task(setup.task, models)
            self._show(self.start)
        elif self._shown_evaluation is not None:
            self._show_results(self._shown_evaluation)
        else:
            self._show(self.setup_view)
        self._show_enabled()

    def _show(self, view: QWidget) -> None:
        if self._stack.currentWidget() is not view:
            self._stack.setCurrentWidget(view)

    def _show_results(self, evaluation: int) -> None:
        if self._results is None:
            from studio.gui.pages.evaluate_results import EvaluateResults

            self._results = EvaluateResults(self._shell)
            self._stack.addWidget(self._results)
        if self._stack.currentWidget() is not self._results:
            self._results.show_evaluation(evaluation)
            self._stack.setCurrentWidget(self._results)

    @property
    def _on_results(self) -> bool:
        return self._results is not None and self._stack.currentWidget() is self._results

    def _export(self) -> None:
        if self._results is not None:
            self._results.export_button.open_menu()

    def _show_enabled(self) -> None:
        setup = self.setup
        dataset = setup.dataset
        self._subtitle.setText(self._subtitle_words())
        running = setup.run.running and setup.task is not None and setup.run.task_id == setup.task.id
        idle = not running and not setup.loading and setup.importing.preview is None
        on_results = self._shown_evaluation is not None and dataset is not None
        show_if(idle and dataset is not None and not on_results, self.data_button)
        show_if(idle and bool(setup.evaluations), self.past_button)
        show_if(idle and on_results, self.setup_button)
        self.setup_view.run_button.setEnabled(setup.can_run)
        busy = _("The evaluation of the other use case has to end first.") if setup.run.running else ""
        if not busy and not setup.where.ready:
            busy = _("Type the address of the Ray cluster first.")
        self.setup_view.run_button.setToolTip(busy)
        self.start.setEnabled(setup.writable and not setup.importing.running and not setup.importing.looking)
        self.commands_changed.emit()

    def _subtitle_words(self) -> str:
        setup = self.setup
        if setup.task is None:
            return ""
        parts = [_(setup.task.title)]
        if setup.dataset is not None and setup.importing.preview is None:
            rows = setup.dataset.rows
            parts.append(setup.dataset.name)
            parts.append(ngettext("{n} row", "{n} rows", rows).format(n=f"{rows:,}"))
        return " · ".join(parts)

    def show_setup(self) -> None:
        """Show the set-up instead of results."""
        self._shown_evaluation = None
        self._show_all()

    def show_evaluation(self, evaluation: int) -> None:
        """Show what an evaluation found out."""
        self._shown_evaluation = evaluation
        if self._results is not None and self._on_results:
            self._results.show_evaluation(evaluation)
        self._show_all()

    def _on_import_changed(self) -> None:
        if self.setup.importing.looking or self.setup.importing.running:
            self._drop_problem()
        self._show_all()

    def _show_problem(self, failure: Failure) -> None:
        self._drop_problem()
        self._problem = Notice.of(failure)
        self._problem_place.addWidget(self._problem)

    def _drop_problem(self) -> None:
        if self._problem is not None:
            self._problem.hide()
            self._problem.deleteLater()
            self._problem = None

    def closeEvent(self, event: QCloseEvent) -> None:
        # What was answered is stored; the studio offers to go on when the project is opened again.
        self.setup.run.stop()
        self.setup.importing.stop()
        super().closeEvent(event)

    # -- data ----------------------------------------------------------------------------------------------------

    def choose_file(self) -> None:
        """Ask for a file, and look at it."""
        path, _filter = QFileDialog.getOpenFileName(
            self,
            _("Choose data"),
            "",
            _("Spreadsheets and JSONL ({kinds})").format(kinds=_FILES) + ";;" + _("All files (*)"),
        )
        if path:
            self.take_file(Path(path))

    def choose_folder(self) -> None:
        """Ask for a folder of pictures or recordings, and look at it."""
        path = QFileDialog.getExistingDirectory(self, _("Choose a folder"))
        if path:
            self.take_file(Path(path))

    def take_file(self, path: Path) -> None:
        """Look at a file before it is imported."""
        self._shown_evaluation = None
        self.setup.importing.look(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dropped(event.mimeData().urls()) is not None:
            self.start.area.show_dropping(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.start.area.show_dropping(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.start.area.show_dropping(False)
        path = self._dropped(event.mimeData().urls())
        if path is not None:
            event.acceptProposedAction()
            self.take_file(path)

    def _dropped(self, urls: list[QUrl]) -> Path | None:
        """The one file that is dropped, where it can be taken now."""
        setup = self.setup
        if setup.task is None or not setup.writable or setup.run.running or setup.importing.running:
            return None
        files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        if len(files) != 1:
            return None
        takes_folders = setup.task.inputs[0].kind in FILE_KINDS
        return files[0] if files[0].is_file() or (takes_folders and files[0].is_dir()) else None

    def _on_data_asked(self, what: str) -> None:
        setup = self.setup
        dataset, task, session = setup.dataset, setup.task, setup.session
        if dataset is None or task is None or session is None:
            return
        if what == "aside":
            BrokenDialog(session.datasets.broken(dataset.id), self).open()
        elif what == "labels" and setup.readiness is not None:
            labels = LabelsDialog(setup.readiness, dict(dataset.label_map), self)
            labels.mapped.connect(setup.map_labels)
            labels.open()
        elif what == "columns":
            rows = [row.cells for row in session.datasets.page(dataset.id, 0, 20)]
            columns = ColumnsDialog(task, dataset, rows, self)
            columns.chosen.connect(setup.set_mapping)
            columns.open()

    def _open_data_menu(self) -> None:
        menu = QMenu(self)
        setup = self.setup
        for dataset in setup.datasets:
            rows = ngettext("{n} row", "{n} rows", dataset.rows).format(n=f"{dataset.rows:,}")
            action = QAction(f"{dataset.name}  ({rows})", menu)
            if dataset == setup.dataset:
                action.setIcon(icon("check", "accent_ink"))
            action.triggered.connect(lambda _checked=False, dataset_id=dataset.id: setup.take_dataset(dataset_id))
            menu.addAction(action)
        menu.addSeparator()
        _add(menu, "folder-open", _("Choose a file …"), self.choose_file, setup.writable)
        if setup.task is not None:
            from studio.services.samples import all_samples

            for sample in all_samples(setup.task.id):
                take = partial(setup.importing.use_sample, sample.id)
                _add(menu, "flask", _("Sample: {title}").format(title=sample.title), take, setup.writable)
        menu.addSeparator()
        _add(menu, "trash", _("Remove this data"), self._remove_data, setup.writable)
        menu.popup(self.data_button.mapToGlobal(self.data_button.rect().bottomLeft()))

    def _remove_data(self) -> None:
        if self.setup.remove_dataset():
            self._shell.offer_undo(N_("Data removed, with its evaluations."))

    # -- candidates and the run ------------------------------------------------------------------------------------

    def _add_candidate(self) -> None:
        candidates = self.setup.candidates
        if not candidates.can_add:
            return
        picker = CandidatePicker(
            candidates,
            lambda: {each.candidate for each in candidates.all if each.candidate is not None},
            str(self._shell.preferences.value("device")),
            parent=self,
        )
        picker.picked.connect(candidates.add)
        picker.endpoints_wanted.connect(lambda: self._shell.navigation.open_place("models", "endpoints"))
        picker.open()

    def _run(self) -> None:
        setup = self.setup
        if setup.can_run:
            asked = [each.candidate for each in setup.candidates.taking_part if each.candidate is not None]
            once_agreed(self._shell, asked, setup.run.start, self, setup.rows_taking_part * setup.repeats)

    def _stop(self) -> None:
        self.setup.importing.stop()
        self.setup.run.stop()

    def _continue(self) -> None:
        left = self.setup.unfinished
        if left is not None:
            self._drop_problem()
            asked = [each.candidate for each in left.candidates if each.candidate is not None]
            once_agreed(self._shell, asked, lambda: self.setup.run.go_on(left), self)

    def _on_ended(self, evaluation: int) -> None:
        info, task = self.setup.run.info, self.setup.task
        if info is None or task is None or info.task != task.id:
            self._shell.toasts.show(N_("The evaluation of the other use case has ended."))
        elif info.status == "finished":
            self.show_evaluation(evaluation)
        else:
            failure = next((each.failure for each in info.candidates if each.failure is not None), None)
            self.show_setup()
            if info.status == "failed" and failure is not None:
                self._show_problem(failure)

    def _open_past_menu(self) -> None:
        menu = QMenu(self)
        for info in self.setup.evaluations[:_LISTED]:
            action = QAction(_past_words(info), menu)
            if info.id == self._shown_evaluation:
                action.setIcon(icon("check", "accent_ink"))
            action.triggered.connect(lambda _checked=False, evaluation=info.id: self.show_evaluation(evaluation))
            menu.addAction(action)
        shown = next((info for info in self.setup.evaluations if info.id == self._shown_evaluation), None)
        if shown is not None:
            menu.addSeparator()
            writable = self.setup.writable
            _add(
                menu, "pencil-simple", _("Rename this evaluation …"), partial(self._rename_evaluation, shown), writable
            )
            _add(menu, "trash", _("Remove this evaluation"), partial(self._remove_evaluation, shown.id), writable)
        menu.popup(self.past_button.mapToGlobal(self.past_button.rect().bottomLeft()))

    def _rename_evaluation(self, info: EvaluationInfo) -> None:
        title, given = QInputDialog.getText(
            self,
            _("Rename this evaluation"),
            _("Name; empty for the name of its data"),
            QLineEdit.EchoMode.Normal,
            info.title,
        )
        if given:
            self.setup.edit(lambda session: session.evaluations.set_title(info.id, title.strip()))

    def _remove_evaluation(self, evaluation: int) -> None:
        if self.setup.edit(lambda session: session.evaluations.remove(evaluation)):
            self.show_setup()
            self._shell.offer_undo(N_("Evaluation removed."))


def _past_words(info: EvaluationInfo) -> str:
    """One evaluation in a list: when, on what, who, how far."""
    when = QLocale(language()).toString(
        QDateTime.fromSecsSinceEpoch(int(info.started.timestamp())), QLocale.FormatType.ShortFormat
    )
    rows = ngettext("{n} row", "{n} rows", info.rows).format(n=f"{info.rows:,}")
    candidates = ngettext("{n} candidate", "{n} candidates", len(info.candidates)).format(n=len(info.candidates))
    name = info.title or info.dataset.name
    state = "" if info.status == "finished" else f" · {_(_STATES[info.status])}"
    return f"{when} · {name} · {rows} × {candidates}{state}"


_STATES = {
    "running": N_("running"),
    "stopped": N_("stopped"),
    "interrupted": N_("cut off"),
    "failed": N_("failed"),
    "finished": N_("finished"),
}


def _add(menu: QMenu, icon_name: str, words: str, do: Callable[[], object], enabled: bool) -> None:
    action = QAction(icon(icon_name, "muted"), words, menu)
    action.setEnabled(enabled)
    action.triggered.connect(lambda _checked=False: do())
    menu.addAction(action)

"""Report: what others decide by, as it will be printed, and the files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QUrl
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QMessageBox, QStackedWidget

from studio.domain.evaluation import EvaluationInfo
from studio.domain.i18n import N_, _, language, ngettext
from studio.gui.page import Page
from studio.gui.shell import Shell
from studio.gui.theme.tokens import SPACE_3, SPACE_4
from studio.gui.viewmodels.report import ReportModel
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.layouts import column, row, scrolled, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.report_options import ReportOptions
from studio.gui.widgets.report_pages import ReportPages
from studio.gui.widgets.text import Text

_PANEL = 280


class ReportPage(Page):
    """The whole screen."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.model = ReportModel(shell.background, shell.project, shell.jobs, self)
        self._title = Text(N_("Report"), role="title")
        self._state = Text(role="muted")
        self.which = QComboBox()
        self.which.setMinimumWidth(240)
        self.which.activated.connect(lambda index: self.model.choose(int(self.which.itemData(index))))
        head = row(self._title, self._state, None, self.which, spacing=SPACE_3)
        self.pages = ReportPages()
        self.options = ReportOptions(self.model)
        self.options.export_wanted.connect(self._ask_folder)
        panel = scrolled(self.options)
        panel.setFixedWidth(_PANEL)
        self._problem_place = column()
        work = row(self.pages, panel, spacing=SPACE_4)
        work.setStretch(0, 1)
        self._work = _holding(work)
        self._empty = EmptyState(
            "file-text",
            N_("A report needs an evaluation"),
            N_("Run your data through the candidates; the report is then made from what was stored, at any time."),
            N_("Go to Evaluate"),
            lambda: shell.navigation.open_screen("evaluate"),
        )
        self._stack = QStackedWidget()
        for view in (self._empty, self._work):
            self._stack.addWidget(view)
        self.body.addLayout(head)
        self.body.addLayout(self._problem_place)
        self.body.addWidget(self._stack, 1)
        self._problem: Notice | None = None
        self.model.changed.connect(self._show)
        self.model.previewed.connect(lambda: self.pages.show_pages(self.model.pages))
        self.model.written.connect(self._on_written)
        self.model.failed.connect(shell.toasts.show_failure)
        self.offer("export", self.options._export, self.options.export_button.isEnabled)
        self.offer("stop", self.model.stop, lambda: self.model.exporting)
        self.retranslate()

    def retranslate(self) -> None:
        self.which.setAccessibleName(_("Evaluation"))
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.show_now(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.model.show_now(False)

    def _show(self) -> None:
        model = self.model
        self._stack.setCurrentWidget(self._work if model.evaluation is not None else self._empty)
        self.which.clear()
        for info in model.evaluations:
            self.which.addItem(_name(info), info.id)
        if model.evaluation is not None:
            self.which.setCurrentIndex(max(0, self.which.findData(model.evaluation.id)))
        show_if(model.evaluation is not None, self.which)
        self._state.setText(self._words())
        self._show_problem()
        self.commands_changed.emit()

    def _words(self) -> str:
        if self.model.making:
            return _("Making the preview …")
        n = self.pages.count if self.model.report is not None else 0
        return ngettext("{n} page", "{n} pages", n).format(n=n) if n else ""

    def _show_problem(self) -> None:
        if self._problem is not None:
            self._problem.setParent(None)
            self._problem.deleteLater()
            self._problem = None
        failure = self.model.failure
        if failure is not None:
            self._problem = Notice.of(failure)
            self._problem_place.addWidget(self._problem)

    # -- files -------------------------------------------------------------------------------------------------------

    def _ask_folder(self, formats: tuple[str, ...], template: Path | None) -> None:
        session = self._shell.project.session
        start = Path.home() if session is None or session.is_draft else session.path.parent
        folder = QFileDialog.getExistingDirectory(self, _("Choose a folder for the report"), str(start))
        if folder and self._may_replace(self.model.earlier(formats, Path(folder))):
            self.model.export(formats, Path(folder), template)

    def _may_replace(self, earlier: tuple[Path, ...]) -> bool:
        if not earlier:
            return True
        names = "\n".join(path.name for path in earlier)
        question = _("The folder has an earlier report, perhaps edited since:\n\n{names}\n\nReplace it?").format(
            names=names
        )
        answer = QMessageBox.question(self, _("Replace the earlier report?"), question)
        return answer == QMessageBox.StandardButton.Yes

    def _on_written(self, paths: tuple[Path, ...]) -> None:
        n = len(paths)
        self._shell.toasts.show(
            lambda: ngettext("{n} file was written.", "{n} files were written.", n).format(n=n),
            "good",
            action=N_("Open the folder"),
            on_action=lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(paths[0].parent))),
        )


def _holding(layout):
    from PySide6.QtWidgets import QWidget

    holder = QWidget()
    holder.setLayout(layout)
    return holder


def _name(info: EvaluationInfo) -> str:
    started = QDateTime.fromSecsSinceEpoch(int(info.started.timestamp()))
    when = QLocale(language()).toString(started, QLocale.FormatType.ShortFormat)
    return f"{info.title or info.dataset.name} · {when}"

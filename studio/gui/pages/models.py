"""Models: what is on this computer, whether it will run, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QComboBox, QLineEdit, QMessageBox, QVBoxLayout, QWidget

from studio.domain.i18n import N_, _
from studio.gui.page import Page
from studio.gui.shell import Shell
from studio.gui.theme.tokens import SPACE_2, SPACE_4
from studio.gui.viewmodels.models_library import ModelsLibrary
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.layouts import clear, column, row, scrolled, show_if
from studio.gui.widgets.models.detail import ModelDetail
from studio.gui.widgets.models.model_row import ModelRow
from studio.gui.widgets.models.words import name_of, size_words
from studio.gui.widgets.section import PageHead
from studio.gui.widgets.text import Text
from studio.tasks import all_tasks


class ModelsPage(Page):
    """The whole screen."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.library = ModelsLibrary(shell.background, lambda: shell.library, self)
        self._chosen = ""
        self.rows: dict[str, ModelRow] = {}
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.task_box = QComboBox()
        self.task_box.addItem("", "")
        for task in all_tasks():
            self.task_box.addItem("", task.id)
        self.detail = ModelDetail()
        content = QWidget()
        self._list: QVBoxLayout = column(spacing=SPACE_2, margins=(0, 0, SPACE_2, 0), parent=content)
        self._nothing = EmptyState("cube", N_("No model matches"), N_("Change the words or the use case above."))
        filters = row(self.search, self.task_box, spacing=SPACE_2)
        filters.setStretch(0, 1)
        left = column(filters, scrolled(content), self._nothing, spacing=SPACE_2)
        sides = row(left, self.detail, spacing=SPACE_4)
        sides.setStretch(0, 5)
        sides.setStretch(1, 6)
        self.body.addWidget(PageHead(N_("Models"), N_("On this computer")))
        self.body.addLayout(sides, 1)
        show_if(False, self.detail)
        show_if(False, self._nothing)
        self._connect()
        self.retranslate()

    def _connect(self) -> None:
        library = self.library
        library.changed.connect(self._show_list)
        library.busy_changed.connect(self._show_busy)
        library.verified.connect(self._on_verified)
        library.failed.connect(self._shell.toasts.show_failure)
        self.search.textChanged.connect(lambda _text: self._show_list())
        self.task_box.currentIndexChanged.connect(lambda _index: self._show_list())
        self.detail.try_wanted.connect(self._try)
        self.detail.verify_wanted.connect(lambda: library.verify(self._chosen))
        self.detail.folder_wanted.connect(self._open_folder)
        self.detail.remove_wanted.connect(self._ask_remove)

    def arrive(self) -> None:
        super().arrive()
        self.library.read_again()

    def retranslate(self) -> None:
        self.search.setPlaceholderText(_("Find a model"))
        self.search.setAccessibleName(_("Find a model"))
        self.task_box.setAccessibleName(_("Use case"))
        self.task_box.setItemText(0, _("All use cases"))
        for index, task in enumerate(all_tasks(), 1):
            self.task_box.setItemText(index, _(task.title))
        self._show_list()

    def _show_list(self) -> None:
        clear(self._list)
        self.rows = {}
        found = self.library.matching(str(self.task_box.currentData() or ""), self.search.text())
        titles = {task.id: task.title for task in all_tasks()}
        for task_id in (*titles, None):
            group = [each for each in found if (each.model.task if each.model.task in titles else None) == task_id]
            if group:
                self._list.addWidget(Text(titles[task_id] if task_id else N_("Other models"), role="note"))
            for each in group:
                made = ModelRow(each)
                made.clicked.connect(lambda _checked=False, name=each.model.id: self.choose(name))
                self.rows[each.model.id] = made
                self._list.addWidget(made)
        self._list.addStretch(1)
        show_if(self.library.read and not found, self._nothing)
        self.choose(self._chosen if self._chosen in self.rows else next(iter(self.rows), ""))

    def choose(self, model_id: str) -> None:
        """Show a model."""
        self._chosen = model_id
        for name, made in self.rows.items():
            made.setChecked(name == model_id)
        listed = self.library.find(model_id)
        if listed is not None:
            self.detail.show_model(listed, model_id in self.library.busy)
        show_if(listed is not None, self.detail)

    def _show_busy(self) -> None:
        self.detail.show_busy(self._chosen in self.library.busy)

    def _on_verified(self, model_id: str, found) -> None:
        if model_id == self._chosen:
            self.detail.show_verification(found)

    def _try(self) -> None:
        listed = self.library.find(self._chosen)
        if listed is not None and listed.model.task:
            self._shell.navigation.open_task(listed.model.task)

    def _open_folder(self) -> None:
        listed = self.library.find(self._chosen)
        if listed is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(listed.model.folder)))

    def _ask_remove(self) -> None:
        listed = self.library.find(self._chosen)
        if listed is None:
            return
        model = listed.model
        question = (
            _("Take {name} off the list? Its files stay where they are.").format(name=name_of(model))
            if model.linked
            else _("Delete {name}? This frees {size} and can't be undone.").format(
                name=name_of(model), size=size_words(model.size_mb)
            )
        )
        if QMessageBox.question(self, _("Remove a model"), question) == QMessageBox.StandardButton.Yes:
            self.library.remove(model.id)

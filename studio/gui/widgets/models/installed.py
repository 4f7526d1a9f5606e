"""The models on this computer: the list by use case, and one of them in full."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QMessageBox, QVBoxLayout, QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_4
from studio.gui.viewmodels.models_library import Listed, ModelsLibrary
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.layouts import clear, column, row, scrolled, show_if
from studio.gui.widgets.models.add_dialog import MorePrecisionsDialog
from studio.gui.widgets.models.detail import ModelDetail
from studio.gui.widgets.models.model_row import ModelRow
from studio.gui.widgets.models.words import name_of, size_words
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import Text
from studio.gui.words import Translated
from studio.library.add import AddRequest
from studio.tasks import all_tasks


class InstalledView(Translated, QWidget):
    """The list on the left, the chosen one on the right.

    Signals:
        try_wanted: A model (its id) shall be tried.
        repair_wanted: The damaged files of a model (its id) shall be fetched again.
        add_wanted: Other precisions of a model shall be made.
    """

    try_wanted = Signal(str)
    repair_wanted = Signal(str)
    add_wanted = Signal(AddRequest)

    def __init__(self, library: ModelsLibrary, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.library = library
        self._chosen = ""
        self.rows: dict[str, ModelRow] = {}
        self._shown: dict[str, Listed] = {}
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
        self._problem = column()
        filters = row(self.search, self.task_box, spacing=SPACE_2)
        filters.setStretch(0, 1)
        left = column(filters, self._problem, scrolled(content), self._nothing, spacing=SPACE_2)
        sides = row(left, self.detail, spacing=SPACE_4, parent=self)
        sides.setStretch(0, 5)
        sides.setStretch(1, 6)
        show_if(False, self.detail)
        show_if(False, self._nothing)
        self._connect()
        self.retranslate()

    def _connect(self) -> None:
        library, detail = self.library, self.detail
        library.changed.connect(self._show_list)
        library.busy_changed.connect(lambda: detail.show_busy(self._chosen in library.busy))
        library.verified.connect(self._on_verified)
        self.search.textChanged.connect(lambda _text: self._show_list())
        self.task_box.currentIndexChanged.connect(lambda _index: self._show_list())
        detail.try_wanted.connect(lambda: self.try_wanted.emit(self._chosen))
        detail.verify_wanted.connect(lambda: library.verify(self._chosen))
        detail.repair_wanted.connect(lambda: self.repair_wanted.emit(self._chosen))
        detail.more_wanted.connect(self._ask_precisions)
        detail.folder_wanted.connect(self._open_folder)
        detail.remove_wanted.connect(self._ask_remove)

    def retranslate(self) -> None:
        self.search.setPlaceholderText(_("Find a model"))
        self.search.setAccessibleName(_("Find a model"))
        self.task_box.setAccessibleName(_("Use case"))
        self.task_box.setItemText(0, _("All use cases"))
        for index, task in enumerate(all_tasks(), 1):
            self.task_box.setItemText(index, _(task.title))
        self._show_list()

    def _show_list(self) -> None:
        clear(self._problem)
        if self.library.failure is not None:
            self._problem.addWidget(Notice.of(self.library.failure, N_("Try again"), self.library.read_again))
        found = self.library.matching(str(self.task_box.currentData() or ""), self.search.text())
        listed = {each.model.id: each for each in found}
        if listed != self._shown:
            self._fill(found)
        self._shown = listed
        show_if(self.library.read and not found, self._nothing)
        self.choose(self._chosen if self._chosen in self.rows else next(iter(self.rows), ""))

    def _fill(self, found: tuple[Listed, ...]) -> None:
        focused = next((name for name, made in self.rows.items() if made.hasFocus()), "")
        clear(self._list)
        self.rows = {}
        titles = {task.id: task.title for task in all_tasks()}
        for task_id in (*titles, None):
            group = [each for each in found if (each.model.task if each.model.task in titles else None) == task_id]
            if group:
                self._list.addWidget(Text(titles[task_id] if task_id else N_("Other models"), role="note"))
            for each in group:
                made = ModelRow(each)
                made.clicked.connect(lambda _checked=False, name=each.model.id: self.choose(name))
                made.installEventFilter(self)
                self.rows[each.model.id] = made
                self._list.addWidget(made)
        self._list.addStretch(1)
        if focused in self.rows:
            self.rows[focused].setFocus()

    def choose(self, model_id: str) -> None:
        """Show a model."""
        self._chosen = model_id
        for name, made in self.rows.items():
            made.setChecked(name == model_id)
        listed = self.library.find(model_id)
        if listed is not None:
            self.detail.show_model(listed, model_id in self.library.busy)
        show_if(listed is not None, self.detail)

    def show_only(self, model_id: str) -> None:
        """Show a model whatever was filtered before."""
        self._chosen = model_id
        self.search.clear()
        self.task_box.setCurrentIndex(0)
        self.choose(model_id)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Qt would move the focus by places on the screen, without choosing.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
            names = list(self.rows)
            if step is not None and self._chosen in names:
                name = names[min(max(names.index(self._chosen) + step, 0), len(names) - 1)]
                self.choose(name)
                self.rows[name].setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return super().eventFilter(watched, event)

    def _on_verified(self, model_id: str, found) -> None:
        if model_id == self._chosen:
            self.detail.show_verification(found)

    def _ask_precisions(self) -> None:
        listed = self.library.find(self._chosen)
        if listed is not None:
            dialog = MorePrecisionsDialog(listed.model, self)
            dialog.wanted.connect(self.add_wanted)
            dialog.open()

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

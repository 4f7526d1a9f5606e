"""Label the rows that are most worth it, with the keyboard; then teach again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QProgressBar, QStackedWidget, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.teach_labelling import LabellingModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.layouts import clear, column, row, scrolled_on_card, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.teach.label_fields import HINTS, KEYED, LabelKeys, LabelSearch, NumberField
from studio.gui.widgets.text import ElidedText, Text

_SIZE = (700, 580)
_FILES = "*.csv *.tsv *.txt *.xlsx *.jsonl"
_TEXT_HEIGHT = 92


class LabelDialog(QDialog):
    """One row after another.

    Signals:
        teach_wanted: Teach again with the labelled copy (its path, its column of texts and of answers).
    """

    teach_wanted = Signal(str, str, str)

    def __init__(self, model: LabellingModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        model.setParent(self)
        self.setWindowTitle(_("Label more rows"))
        self.resize(*_SIZE)
        self.setAcceptDrops(True)
        self._title = Text(N_("Label more rows"), role="title")
        self._count = Text(self._count_words, role="muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._problem = column()
        self._problem_shown: object = None
        self._reading = ProgressRow(N_("Looking for the rows that are most worth labelling"), self._stop)
        waiting = QWidget()
        column(self._reading, None, parent=waiting)
        self._empty = EmptyState(
            "table",
            lambda: _("Every row of {name} has an answer").format(name=model.sheet_name),
            N_(
                "Choose or drop a sheet with texts that have no answer yet. The ones that teach most are picked, and "
                "your answers join the sheet as a new copy."
            ),
            N_("Choose a file …"),
            self._choose_file,
        )
        self._stack = QStackedWidget()
        self._pages = {
            "reading": waiting,
            "choose": self._empty,
            "labelling": self._made_labelling(),
            "done": self._made_done(),
        }
        for page in self._pages.values():
            self._stack.addWidget(page)
        self._saved = ElidedText(self._saved_words, role="caption", mode=Qt.TextElideMode.ElideMiddle)
        self.place_button = Button(N_("Save elsewhere …"), "link", on_click=self._choose_place)
        self.close_button = Button(N_("Close"), on_click=self.close)
        self.teach_button = Button(self._teach_words, "primary", "student", self._teach)
        bottom = row(self._saved, self.place_button, self.close_button, self.teach_button, spacing=SPACE_3)
        bottom.setStretch(0, 1)
        head = row(self._title, None, self._count, spacing=SPACE_3)
        whole = column(
            head,
            self._bar,
            self._problem,
            self._stack,
            bottom,
            spacing=SPACE_3,
            margins=(SPACE_4,) * 4,
            parent=self,
        )
        whole.setStretch(3, 1)
        model.changed.connect(self._show)
        self._shown_row: object = None
        self._show()

    #: Whether a label that has no key is being typed.
    _typing = False

    # -- building ------------------------------------------------------------------------------------------------

    def _made_labelling(self) -> QWidget:
        self.text = Text(role="heading", wrap=True, selectable=True)
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._why = Text(self._why_words, role="muted", wrap=True)
        inner = QWidget()
        column(self.text, None, parent=inner)
        area = scrolled_on_card(inner)
        # Always as high, so that nothing moves from row to row.
        area.setFixedHeight(_TEXT_HEIGHT)
        card = Card(margin=SPACE_4, spacing=SPACE_2)
        card.body.addWidget(area)
        card.body.addWidget(self._why)
        self.keys, self.search, self.number = LabelKeys(), LabelSearch(), NumberField()
        for field in (self.keys, self.search, self.number):
            field.chosen.connect(self.model.answer)
        for field in (self.search, self.number):
            field.moved.connect(lambda by: self.model.undo() if by < 0 else self.model.skip())
        self.back_button = Button(N_("Back"), "ghost", "arrow-left", self.model.undo)
        self.skip_button = Button(N_("Skip"), "ghost", "arrow-right", self.model.skip)
        self.other_button = Button(N_("Another label"), "ghost", "plus", self._type_other)
        self._hint = Text(lambda: _(HINTS[self._way]), role="caption", wrap=True)
        page = QWidget()
        orders = row(self.back_button, self.skip_button, self.other_button, self._hint, spacing=SPACE_2)
        orders.setStretch(3, 1)
        whole = column(card, self.keys, self.search, self.number, orders, spacing=SPACE_3, parent=page)
        whole.setStretch(2, 1)
        whole.insertStretch(4)
        return page

    def _made_done(self) -> QWidget:
        page = QWidget()
        self._done_words = Text(self._summary, role="heading", wrap=True)
        self._next_words = Text(self._next, role="muted", wrap=True)
        self.more_button = Button(N_("Label further rows"), icon_name="plus", on_click=self.model.more)
        self.undo_button = Button(N_("Back to the last row"), "link", on_click=self.model.undo)
        column(
            None,
            self._done_words,
            self._next_words,
            row(self.more_button, self.undo_button, None, spacing=SPACE_3),
            None,
            spacing=SPACE_2,
            parent=page,
        )
        return page

    @property
    def _way(self) -> str:
        """How a label is given: ``keys``, ``search`` or ``number``."""
        if self.model.task.output != "labels":
            return "number"
        # Where labels are still being found, typing a new one must be possible at any time.
        known = self.model.suggested.labels if self.model.suggested else ()
        few = 2 <= len(known) == len(self.model.labels) <= KEYED
        return "keys" if few and not self._typing else "search"

    # -- showing -------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        model = self.model
        self._stack.setCurrentWidget(self._pages[model.state])
        labelling = model.state in ("labelling", "done")
        for widget in (self._bar, self._count):
            show_if(labelling, widget)
        self._bar.setRange(0, max(1, len(model.rows)))
        self._bar.setValue(model.place)
        self._bar.setAccessibleName(self._count_words())
        for text in (self._count, self._saved, self._why, self._done_words):
            text.retranslate()
        self._empty.title.retranslate()
        if model.state == "reading":
            self._reading.show_progress(None, N_("Reading rows, asking the model what it is unsure of"))
        self._show_row()
        self._show_problem()
        show_if(bool(model.said), self.place_button)
        self.back_button.setEnabled(model.can_undo)
        self.teach_button.retranslate()
        show_if(labelling and bool(model.said or model.earlier), self.teach_button)
        self.teach_button.setEnabled(model.lesson is not None)
        self.more_button.setEnabled(model.is_saved)
        self._next_words.retranslate()
        if model.state == "done":
            self.teach_button.setFocus()

    def _show_row(self) -> None:
        model, way = self.model, self._way
        shown = model.row
        key = (shown, way, len(model.labels))
        if shown is None or key == self._shown_row:
            self._shown_row = key
            return
        self._shown_row = key
        show_if(way == "keys", self.other_button)
        self.text.setText(shown.text)
        for name, field in (("keys", self.keys), ("search", self.search), ("number", self.number)):
            show_if(name == way, field)
        said = model.said.get(shown.row, "")
        if way == "keys":
            self.keys.show_labels(model.labels, said)
            self.setFocus()
        elif way == "search":
            self.search.show_labels(model.labels, shown.guesses)
            self.search.setFocus()
        else:
            self.number.show_value(said)
            self.number.setFocus()
        self._hint.retranslate()

    def _show_problem(self) -> None:
        if self.model.failure == self._problem_shown:
            return
        self._problem_shown = self.model.failure
        clear(self._problem)
        if self.model.failure is not None:
            self._problem.addWidget(Notice.of(self.model.failure))

    def _count_words(self) -> str:
        rows = len(self.model.rows)
        return _("{n} of {of}").format(n=min(self.model.place + 1, rows), of=rows) if rows else ""

    def _why_words(self) -> str:
        shown = self.model.row
        if shown is None:
            return ""
        why = _("Why this one? {reason}").format(reason=shown.reason)
        if not shown.guesses or self._way == "search":
            return why
        guesses = ", ".join(f"{label} {100 * share:.0f} %" for label, share in shown.guesses)
        return why + "\n" + _("The model says: {guesses}").format(guesses=guesses)

    def _saved_words(self) -> str:
        model = self.model
        if not model.said or model.target is None:
            return ""
        if not model.is_saved:
            return _("Saving …") if model.failure is None else _("Not saved")
        return _("Saved in {path}").format(path=model.target)

    def _teach_words(self) -> str:
        n = len(self.model.said) + self.model.earlier
        if not self.model.model_name:
            return ngettext("Teach with {n} row", "Teach with {n} rows", n).format(n=n)
        return ngettext("Teach again with {n} more", "Teach again with {n} more", n).format(n=n)

    def _summary(self) -> str:
        n, skipped = len(self.model.said), self.model.skipped
        said = ngettext("{n} row labelled", "{n} rows labelled", n).format(n=n)
        if not skipped:
            return said
        return said + _(", {n} skipped").format(n=skipped)

    def _next(self) -> str:
        if not self.model.model_name:
            return _("Eight rows of each label are a beginning: label further rows, or teach and see.")
        return _(
            "Teach again, and see on the rows that neither model was taught with whether it helped. The earlier "
            "model stays."
        )

    # -- doing ---------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.model.state == "labelling" and self._way == "keys" and self._on_key(event):
            return
        if self.model.state == "done" and event.key() == Qt.Key.Key_Backspace:
            self.model.undo()
            return
        super().keyPressEvent(event)

    def _type_other(self) -> None:
        self._typing = True
        self._show()

    def _on_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_N:
            self._type_other()
            return True
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            return self.keys.press(key - Qt.Key.Key_0)
        if key in (Qt.Key.Key_S, Qt.Key.Key_Right):
            self.model.skip()
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Left):
            self.model.undo()
        else:
            # Enter must not press the button that teaches while rows are left.
            return key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        return True

    def _choose_file(self) -> None:
        kinds = _("Spreadsheets and JSONL ({kinds})").format(kinds=_FILES)
        path, _filter = QFileDialog.getOpenFileName(self, _("Choose rows to label"), "", kinds)
        if path:
            self.model.use_sheet(Path(path))

    def _choose_place(self) -> None:
        start = str(self.model.target or "")
        path, _filter = QFileDialog.getSaveFileName(self, _("Save the labelled copy"), start, "CSV (*.csv)")
        if path:
            self.model.save_as(Path(path if path.lower().endswith(".csv") else f"{path}.csv"))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.model.state == "choose" and _dropped(event.mimeData().urls()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped(event.mimeData().urls())
        if path is not None and self.model.state == "choose":
            event.acceptProposedAction()
            self.model.use_sheet(path)

    def _teach(self) -> None:
        lesson = self.model.lesson
        if lesson is not None:
            self.teach_wanted.emit(*lesson)
            self.accept()

    def _stop(self) -> None:
        self.model.stop()
        self.close()

    def reject(self) -> None:
        self.model.stop()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.model.stop()
        super().closeEvent(event)


def _dropped(urls: list[QUrl]) -> Path | None:
    files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return files[0] if len(files) == 1 and files[0].is_file() else None

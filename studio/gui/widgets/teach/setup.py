"""What a model is taught with: the columns of the sheet, the method, and the model that it builds on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QSizePolicy, QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3
from studio.gui.viewmodels.teach import Method, TeachModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.teach.settings import TeachSettings
from studio.gui.widgets.text import ElidedText, Text, restyle
from studio.gui.words import Words, plain

#: Examples that are shown, and how much of a text, so that its answer is seen as well.
_SHOWN, _BEGINNING = 3, 56
_METHODS: dict[Method, Words] = {"quick": N_("Quick: seconds"), "thorough": N_("Thorough: minutes")}
_ABOUT: dict[tuple[Method, str], str] = {
    ("quick", "labels"): N_(
        "Puts a small layer on a model that understands texts already. Sensible from 8 examples of each label: "
        "begin here."
    ),
    ("quick", "number"): N_(
        "Puts a small layer on a model that understands texts already. Sensible from about 30 examples: begin here."
    ),
    ("thorough", "labels"): N_(
        "Changes the model itself, epoch by epoch. Worth it from about 50 examples of each label, or when quick gets "
        "no better with more examples."
    ),
    ("thorough", "number"): N_(
        "Changes the model itself, epoch by epoch. Worth it from some hundred examples, or when quick gets no better "
        "with more."
    ),
    ("thorough", "text"): N_(
        "Changes the model itself, epoch by epoch, so that it answers like the examples. Some hundred show it the "
        "tone and the form; facts need far more."
    ),
}


class SheetForm(QWidget):
    """Columns, method, base, name; the settings are folded."""

    def __init__(self, model: TeachModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.input_box, self.label_box, self.base_box = QComboBox(), QComboBox(), QComboBox()
        for box in (self.input_box, self.label_box, self.base_box):
            # Long names must never make the form wider than the dialog.
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.name = QLineEdit()
        self.methods = SegmentedControl(
            [(name, _METHODS[name]) for name in model.methods], model.method, N_("How to teach")
        )
        self._about = Text(self._about_words, role="muted", wrap=True)
        self._first = column(spacing=0)
        self._first_shown: list[str] | None = None
        self._memory = Text(self._memory_words, role="caption", wrap=True)
        self.settings = TeachSettings()
        self.fold = Button(N_("More settings"), "link", "caret-right", self._toggle)
        show_if(False, self.settings)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_3)
        grid.setVerticalSpacing(SPACE_2)
        grid.setColumnStretch(1, 1)
        for line, (title, field) in enumerate(self._fields()):
            text = Text(title, role="caption")
            text.setBuddy(field)
            field.setAccessibleName(_(title))
            grid.addWidget(text, line, 0)
            grid.addWidget(field, line, 1)
            if field is self.label_box:
                grid.addLayout(self._first, line + 1, 1)
        column(
            grid,
            row(self.methods, None),
            self._about,
            self._memory,
            row(self.fold, None),
            self.settings,
            spacing=SPACE_2,
            parent=self,
        )
        self.input_box.activated.connect(lambda _i: model.set(input_column=self.input_box.currentText()))
        self.label_box.activated.connect(lambda _i: model.set(label_column=self.label_box.currentText()))
        self.base_box.activated.connect(lambda _i: model.set(base=self.base_box.currentText()))
        self.name.textEdited.connect(lambda text: model.set(name=text.strip()))
        self.methods.chosen.connect(lambda method: model.set(method=method))
        self.settings.changed.connect(model.set_settings)

    def _fields(self) -> list[tuple[str, QWidget]]:
        wanted = {"labels": N_("Column with the labels"), "number": N_("Column with the numbers")}
        gap: tuple[str, QWidget] = ("", QWidget())
        return [
            (N_("Column with the texts"), self.input_box),
            (wanted.get(self.model.task.output, N_("Column with the answers")), self.label_box),
            gap,
            (N_("Name in the library"), self.name),
            (N_("Builds on"), self.base_box),
        ]

    # -- showing -------------------------------------------------------------------------------------------------

    def show_sheet(self) -> None:
        """Show what is chosen."""
        model, preview = self.model, self.model.preview
        if preview is None:
            return
        for box, names, chosen in (
            (self.input_box, preview.columns, model.input_column),
            (self.label_box, preview.columns, model.label_column),
            (self.base_box, model.bases, model.base),
        ):
            _fill(box, names, chosen)
        if self.name.text().strip() != model.name:
            self.name.setText(model.name)
            # The beginning of a long one tells it apart.
            self.name.setCursorPosition(0)
        lines: list[str] = []
        if model.input_column in preview.columns and model.label_column in preview.columns:
            at, wanted = preview.columns.index(model.input_column), preview.columns.index(model.label_column)
            both = [cells for cells in preview.rows if cells[at].strip() and cells[wanted].strip()]
            lines = [f"{_beginning(cells[at])}  →  {cells[wanted]}" for cells in both[:_SHOWN]]
        if not model.label_column and "quick" in model.methods:
            lines = [_("No column of this sheet looks like answers: label some rows first, right here.")]
        self._show_first(lines)
        self.methods.show_value(model.method)
        show_if(len(model.methods) > 1, self.methods)
        self._about.retranslate()
        thorough = model.method == "thorough"
        for widget in (self._memory, self.fold):
            show_if(thorough, widget)
        show_if(thorough and self._unfolded, self.settings)
        short = model.memory is not None and not model.memory.enough
        self._memory.setProperty("role", "note" if short else "caption")
        self._memory.setProperty("tone", "bad" if short else "neutral")
        restyle(self._memory)
        self._memory.retranslate()

    def _show_first(self, lines: list[str]) -> None:
        if lines == self._first_shown:
            return
        self._first_shown = lines
        clear(self._first)
        for line in lines:
            self._first.addWidget(ElidedText(plain(line), role="caption"))

    _unfolded = False

    def _toggle(self) -> None:
        self._unfolded = not self._unfolded
        # What is folded away must not hand the focus on to just anything.
        self.fold.setFocus()
        self.fold.set_icon("caret-down" if self._unfolded else "caret-right")
        show_if(self._unfolded, self.settings)
        self.model.changed.emit()

    def _about_words(self) -> str:
        kind = self.model.task.output if self.model.task.output in ("labels", "number") else "text"
        return _(_ABOUT[(self.model.method, kind)]) if (self.model.method, kind) in _ABOUT else ""

    @property
    def _lacks_column(self) -> bool:
        return not self.model.input_column or not self.model.label_column

    def _memory_words(self) -> str:
        memory = self.model.memory
        if self.model.checking_memory and memory is None:
            return _("Memory: computing …")
        if memory is None:
            return _("The memory that it takes is known once both columns are chosen.") if self._lacks_column else ""
        said = _("Memory: {sentence}.").format(sentence=memory.sentence)
        if memory.enough:
            return said
        return said + " " + _("Choose a smaller base or batch size, or close other programs.")


def _beginning(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _BEGINNING else f"{text[:_BEGINNING].rstrip()} …"


def _fill(box: QComboBox, names: Sequence[str], chosen: str) -> None:
    with QSignalBlocker(box):
        if [box.itemText(place) for place in range(box.count())] != list(names):
            box.clear()
            box.addItems(list(names))
        box.setCurrentIndex(box.findText(chosen))

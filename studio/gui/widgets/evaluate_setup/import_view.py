"""A file before it is taken in: how it is read, what its columns mean, and its first rows."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.evaluation.importing.delimited import DELIMITERS
from studio.evaluation.importing.encoding import OFFERED
from studio.evaluation.importing.preview import Preview
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.evaluate_setup_import import EvaluateImport
from studio.gui.viewmodels.evaluate_setup_rows import TableRows
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.evaluate_setup.broken_dialog import BrokenDialog
from studio.gui.widgets.evaluate_setup.columns_editor import ColumnsEditor
from studio.gui.widgets.evaluate_setup.rows_table import RowsTable
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated

_DELIMITER_WORDS = {
    ",": N_("Comma"),
    "\t": N_("Tab"),
    ";": N_("Semicolon"),
    "|": N_("Vertical bar"),
    "": N_("Nothing: one column"),
}
_ENCODING_WORDS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 (BOM)",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "utf-32": "UTF-32",
    "gb18030": "GBK / GB 18030",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
    "big5": "Big5",
    "cp932": "Shift JIS",
    "cp949": "EUC-KR",
    "cp1251": "Windows-1251",
    "cp1250": "Windows-1250",
}
_EDITOR_WIDTH = 430


class ImportView(Translated, QWidget):
    """The preview with everything that can be changed about it.

    Signals:
        cancelled: Do not import it.
    """

    cancelled = Signal()

    def __init__(self, importing: EvaluateImport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._importing = importing
        self._shown: Preview | None = None
        self._name = ElidedText(role="heading")
        self._facts = Text(role="muted")
        self.sheets, self.encodings, self.delimiters = QComboBox(), QComboBox(), QComboBox()
        self.header = QCheckBox()
        self.sheets.activated.connect(lambda _i: importing.look_again(sheet=self.sheets.currentData()))
        self.encodings.activated.connect(lambda _i: importing.look_again(encoding=self.encodings.currentData()))
        self.delimiters.activated.connect(lambda _i: importing.look_again(delimiter=self.delimiters.currentData()))
        self.header.clicked.connect(lambda checked: importing.look_again(header=checked))
        self._aside = Button(self._aside_words, "link", on_click=self._show_aside)
        how = row(self.sheets, self.encodings, self.delimiters, self.header, None, self._aside, spacing=SPACE_3)
        self.import_button = Button(N_("Import"), "primary", "download-simple", importing.start)
        self.cancel_button = Button(N_("Cancel"), on_click=self.cancelled.emit)
        head = row(self._name, self._facts, self.cancel_button, self.import_button, spacing=SPACE_3)
        head.setStretch(0, 1)
        self.editor = ColumnsEditor()
        self.editor.changed.connect(self._take)
        self._hint = Text(role="note", wrap=True)
        self._hint.set_tone("warn")
        left = Card(
            column(
                Text(N_("What the columns mean"), role="heading"),
                Text(N_("Guessed from names and contents; change what is wrong."), role="muted", wrap=True),
                self._hint,
                spacing=SPACE_1,
                margins=(SPACE_3, SPACE_3, SPACE_3, SPACE_2),
            ),
            Line(),
            self.editor,
            margin=1,
            spacing=0,
        )
        left.body.setStretch(2, 1)
        left.setMaximumWidth(_EDITOR_WIDTH)
        left.setMinimumWidth(360)
        self.rows = TableRows(self)
        self.table = RowsTable(self.rows)
        right = Card(self.table, margin=1)
        self._progress = ProgressRow(N_("Importing data"), importing.stop)
        middle = row(left, right, spacing=SPACE_4)
        middle.setStretch(0, 2)
        middle.setStretch(1, 3)
        whole = column(Card(head, how, self._progress, spacing=SPACE_2), middle, spacing=SPACE_4, parent=self)
        whole.setStretch(1, 1)
        importing.changed.connect(self.show_state)
        importing.progress.connect(self._show_progress)
        self.retranslate()

    def retranslate(self) -> None:
        self.sheets.setAccessibleName(_("Sheet"))
        self.encodings.setAccessibleName(_("Encoding"))
        self.encodings.setToolTip(_("Encoding: choose another one where letters look wrong."))
        self.delimiters.setAccessibleName(_("What separates cells"))
        self.delimiters.setToolTip(self.delimiters.accessibleName())
        self.header.setText(_("The first row names the columns"))
        self._shown = None
        self.show_state()

    def show_state(self) -> None:
        """Show the file that is looked at, and whether it is being imported."""
        importing, preview, task = self._importing, self._importing.preview, self._importing.task
        show_if(importing.running, self._progress)
        busy = importing.running or importing.looking
        for widget in (self.sheets, self.encodings, self.delimiters, self.header, self.editor, self.import_button):
            widget.setEnabled(not busy)
        self.cancel_button.setEnabled(not importing.running)
        if task is None or preview is None or preview is self._shown:
            return
        self._shown = preview
        form = preview.format
        self._name.setText(preview.path.name)
        self._facts.setText(self._facts_words(preview))
        _fill(self.sheets, [(name, name) for name in preview.sheets], form.sheet)
        encodings = dict.fromkeys((*(OFFERED if form.encoding else ()), *((form.encoding,) if form.encoding else ())))
        _fill(self.encodings, [(_ENCODING_WORDS.get(name, name), name) for name in encodings], form.encoding)
        separated = form.kind == "csv"
        words = [(_(_DELIMITER_WORDS[each]), each) for each in (*DELIMITERS, "")] if separated else []
        if separated and form.delimiter not in _DELIMITER_WORDS:
            words.append((form.delimiter, form.delimiter))
        _fill(self.delimiters, words, form.delimiter)
        self.header.setChecked(form.header)
        show_if(len(preview.sheets) > 1, self.sheets)
        show_if(bool(form.encoding), self.encodings)
        show_if(separated, self.delimiters)
        show_if(form.kind in ("csv", "xlsx"), self.header)
        self._aside.retranslate()
        show_if(bool(preview.broken), self._aside)
        self.rows.show_rows(preview.columns, preview.rows)
        self.editor.show_columns(task, preview.columns, preview.rows, importing.mapping)
        self._show_hint()

    def _facts_words(self, preview: Preview) -> str:
        columns = ngettext("{n} column", "{n} columns", len(preview.columns)).format(n=len(preview.columns))
        if preview.more:
            return _("{columns}, the first {n} rows below").format(columns=columns, n=len(preview.rows))
        rows = ngettext("{n} row", "{n} rows", len(preview.rows)).format(n=len(preview.rows))
        return f"{columns}, {rows}"

    def _aside_words(self) -> str:
        n = len(self._shown.broken) if self._shown else 0
        return ngettext("{n} row can't be read", "{n} rows can't be read", n).format(n=n)

    def _show_aside(self) -> None:
        if self._shown is not None:
            BrokenDialog(self._shown.broken, self).open()

    def _take(self, mapping: object) -> None:
        self._importing.set_mapping(mapping)  # type: ignore[arg-type]
        self._show_hint()

    def _show_hint(self) -> None:
        if self._importing.task is None:
            return
        mapping, task = self._importing.mapping, self._importing.task
        missing = task.without_column(mapping.inputs)
        if missing is task.inputs[0]:
            self._hint.say(lambda: _("No column is the input yet: choose the one that holds what is asked."))
        elif missing is not None:
            self._hint.say(
                lambda: (
                    _("No column is chosen for {field}.").format(field=_(missing.title))
                    + " "
                    + _("Choose the column that holds it, or names a file beside the sheet.")
                )
            )
        elif not mapping.reference:
            self._hint.say(lambda: _("No column holds the expected answer: nothing will be scored."))
        self.import_button.setEnabled(missing is None and not self._importing.running)
        show_if(missing is not None or not mapping.reference, self._hint)

    def _show_progress(self, fraction: float | None, rows: int) -> None:
        self._progress.show_progress(
            fraction, lambda: ngettext("{n} row read", "{n} rows read", rows).format(n=f"{rows:,}")
        )


def _fill(box: QComboBox, items: list[tuple[str, str]], chosen: str) -> None:
    box.blockSignals(True)
    box.clear()
    for words, value in items:
        box.addItem(words, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.blockSignals(False)

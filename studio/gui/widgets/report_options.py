"""What goes into a report, and which files are written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QWidget

from studio.domain.i18n import N_, _, languages
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.report import ReportModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated, Words, said

_LANGUAGES = {"en": "English", "zh_CN": "简体中文"}


class ReportOptions(Translated, QWidget):
    """The panel beside the preview.

    Signals:
        export_wanted: Ids of formats, and a template or None.
    """

    export_wanted = Signal(tuple, object)

    def __init__(self, model: ReportModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from studio.reports import all_formats
        from studio.services.report_sections import SECTIONS
        from studio.services.reporting import ROW_CHOICES

        self._model = model
        self._formats = {each.id: _Check(each.title) for each in all_formats()}
        for name in ("html", "pdf"):
            self._formats[name].setChecked(True)
        self._sections = {section.id: _Check(section.title) for section in SECTIONS}
        for box in self._sections.values():
            box.setChecked(True)
        self._rows = dict(ROW_CHOICES)
        self.rows, self.language = QComboBox(), QComboBox()
        self.redact = _Check(N_("Leave out every input and answer"))
        self._template: Path | None = None
        self._template_name = ElidedText(role="caption")
        self.template_button = Button(N_("Company template …"), "link", on_click=self._choose_template)
        self.export_button = Button(N_("Export"), "primary", "export", self._export, hint="Ctrl+E")
        self._build()
        self._connect()
        self.retranslate()

    def _build(self) -> None:
        files = Card(Text(N_("Files"), role="heading"), spacing=SPACE_2, margin=SPACE_3)
        for box in self._formats.values():
            files.body.addWidget(box)
        files.body.addLayout(row(self.template_button, self._template_name))
        files.body.addWidget(self.export_button)
        shown = Card(Text(N_("Sections"), role="heading"), spacing=SPACE_1, margin=SPACE_3)
        for box in self._sections.values():
            shown.body.addWidget(box)
        more = Card(Text(N_("Rows and language"), role="heading"), spacing=SPACE_2, margin=SPACE_3)
        self._rows_name, self._language_name = (
            Text(N_("Rows to list"), role="muted"),
            Text(N_("Language"), role="muted"),
        )
        self._rows_name.setBuddy(self.rows)
        self._language_name.setBuddy(self.language)
        for name, choice in ((self._rows_name, self.rows), (self._language_name, self.language)):
            more.body.addLayout(column(name, choice, spacing=SPACE_1))
        more.body.addWidget(self.redact)
        column(files, shown, more, None, spacing=SPACE_3, parent=self)

    def _connect(self) -> None:
        for name, box in self._sections.items():
            box.clicked.connect(lambda shown, section=name: self._model.with_section(section, shown))
        for box in self._formats.values():
            box.toggled.connect(lambda _on: self.show_state())
        self.rows.activated.connect(lambda _index: self._store())
        self.language.activated.connect(lambda _index: self._store())
        self.redact.clicked.connect(lambda _on: self._store())
        self._model.changed.connect(self.show_state)

    def retranslate(self) -> None:
        self.rows.clear()
        for name, title in self._rows.items():
            self.rows.addItem(_(title), name)
        self.language.clear()
        self.language.addItem(_("As in the window"), "")
        for code in languages():
            self.language.addItem(_LANGUAGES.get(code, code), code)
        self.rows.setAccessibleName(_("Rows to list"))
        self.language.setAccessibleName(_("Language of the report"))
        self.show_state()

    @property
    def chosen(self) -> tuple[str, ...]:
        """Ids of the formats that are ticked."""
        return tuple(name for name, box in self._formats.items() if box.isChecked())

    def show_state(self) -> None:
        """Show what is chosen now."""
        choices, session = self._model.choices, self._model
        if choices is not None:
            for name, box in self._sections.items():
                box.setChecked(name not in choices.left_out)
            self.rows.setCurrentIndex(max(0, self.rows.findData(choices.rows)))
            self.language.setCurrentIndex(max(0, self.language.findData(choices.language)))
            self.redact.setChecked(choices.redact)
        self.rows.setEnabled(choices is not None and not choices.redact)
        self.export_button.setEnabled(session.report is not None and bool(self.chosen) and not session.exporting)
        show_if(self._formats["pptx"].isChecked(), self.template_button)
        show_if(self._formats["pptx"].isChecked() and self._template is not None, self._template_name)

    def _store(self) -> None:
        choices = self._model.choices
        if choices is not None:
            self._model.set_choices(
                replace(
                    choices,
                    rows=str(self.rows.currentData()),
                    language=str(self.language.currentData()),
                    redact=self.redact.isChecked(),
                )
            )

    def _choose_template(self) -> None:
        name, _filter = QFileDialog.getOpenFileName(self, _("Choose a PowerPoint template"), "", "*.pptx *.potx")
        self._template = Path(name) if name else None
        self._template_name.setText(self._template.name if self._template else "")
        self.show_state()

    def _export(self) -> None:
        if self.export_button.isEnabled():
            self.export_wanted.emit(self.chosen, self._template)


class _Check(Translated, QCheckBox):
    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self.retranslate()

    def retranslate(self) -> None:
        self.setText(said(self._words))

"""The Export button: a menu of formats, then where to write the file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from studio.domain.i18n import N_, _
from studio.gui.viewmodels.evaluate_results_export import ResultsExport
from studio.gui.widgets.buttons import Button


class ExportButton(Button):
    """Opens the menu."""

    def __init__(self, export: ResultsExport, parent: QWidget | None = None) -> None:
        super().__init__(N_("Export"), icon_name="export", on_click=self.open_menu, parent=parent)
        self._export = export

    def open_menu(self) -> None:
        """Show the formats."""
        from studio.services.evaluation_export import EXPORTS

        menu = QMenu(self)
        for each in EXPORTS:
            menu.addAction(_(each.title)).triggered.connect(partial(self._ask, each.id, each.suffix))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _ask(self, kind: str, suffix: str, _checked: bool = False) -> None:
        start = Path.home() / f"{self._export.file_name}-{kind}{suffix}"
        name, _filter = QFileDialog.getSaveFileName(
            self, _("Export the evaluation"), str(start), f"{suffix[1:].upper()} (*{suffix})"
        )
        if name:
            path = Path(name)
            self._export.write(kind, path if path.suffix else path.with_name(path.name + suffix))

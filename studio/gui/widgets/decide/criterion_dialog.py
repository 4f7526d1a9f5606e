"""One criterion: which figure, which side of which threshold, and how much it matters."""

from __future__ import annotations

import uuid

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDoubleSpinBox, QSpinBox, QWidget

from studio.domain.decision import Criterion
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_3, SPACE_4
from studio.gui.viewmodels.decide import DecideModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.section import FormRow
from studio.gui.widgets.segmented import SegmentedControl
from studio.services.deciding import TYPED, chosen_hardware, describe, figures_for, high_is_good, sizing_inputs, unit_of

_WIDTH, _FIELD = 620, 280
_MOST_ROWS = 1_000_000
_MOST = 1e9


class CriterionDialog(QDialog):
    """The editor.

    Signals:
        given: The `Criterion` as it shall be.
    """

    given = Signal(object)

    def __init__(self, model: DecideModel, criterion: Criterion | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert model.task is not None
        assert model.session is not None
        self._criterion = criterion
        self.setWindowTitle(_("Add a criterion") if criterion is None else _("Edit the criterion"))
        self.setMinimumWidth(_WIDTH)
        currency = chosen_hardware(model.session, sizing_inputs(model.session, model.task.id)).currency
        self._currency = currency
        self.figure, self.group = QComboBox(), QComboBox()
        keys = list(figures_for(model.task))
        if criterion is not None and criterion.metric not in keys:
            keys.append(criterion.metric)
        for key in keys:
            self.figure.addItem(describe(currency)(key).title, key)
        self.direction = SegmentedControl(
            (("at least", N_("At least")), ("at most", N_("At most"))), "at least", N_("Direction")
        )
        self.threshold, self.rows = QDoubleSpinBox(), QSpinBox()
        self.threshold.setRange(0, _MOST)
        for number in (self.threshold, self.rows):
            number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.weight = SegmentedControl((("must", N_("Must")), ("should", N_("Should"))), "must", N_("Weight"))
        self.group.addItem(_("All rows"), None)
        groups = list(model.groups)
        if criterion is not None and criterion.slice is not None and criterion.slice not in groups:
            groups.append(criterion.slice)
        for group in groups:
            self.group.addItem(_("{column} is {value}").format(column=group.column, value=group.value), group)
        self.rows.setRange(0, _MOST_ROWS)
        self.rows.setGroupSeparatorShown(True)
        self.rows.setSpecialValueText(_("Any number"))
        for field in (self.figure, self.group, self.threshold, self.rows):
            field.setFixedWidth(_FIELD)
        names = ((self.figure, _("Figure")), (self.group, _("Rows")), (self.rows, _("Minimum rows")))
        for box, name in (*names, (self.threshold, _("Threshold"))):
            box.setAccessibleName(name)
        self.figure.currentIndexChanged.connect(lambda _place: self._take_figure())
        self.done_button = Button(N_("Done"), "primary", on_click=self._done)
        self.done_button.setDefault(True)
        form = Card(margin=0, spacing=0)
        lines = (
            FormRow(N_("Figure"), N_("What is measured."), self.figure),
            FormRow(N_("Direction"), N_("Which side of the threshold is good."), self.direction),
            FormRow(N_("Threshold"), N_("The whole 95 % interval has to lie on the good side."), self.threshold),
            FormRow(N_("Weight"), N_("A missed must is a no-go; a missed should is a risk."), self.weight),
            FormRow(N_("Rows"), N_("All, or one group."), self.group),
            FormRow(N_("Minimum rows"), N_("With fewer, it counts as not proven."), self.rows),
        )
        for place, line in enumerate(lines):
            if place:
                form.body.addWidget(Line())
            form.body.addWidget(line)
        column(
            form,
            row(None, Button(N_("Cancel"), on_click=self.reject), self.done_button),
            spacing=SPACE_3,
            margins=(SPACE_4,) * 4,
            parent=self,
        )
        self._take_figure()
        if criterion is not None:
            self._show(criterion)

    @property
    def _key(self) -> str:
        return str(self.figure.currentData())

    def _take_figure(self) -> None:
        unit = unit_of(self._key)
        self.direction.show_value("at least" if high_is_good(self._key) else "at most")
        self.threshold.setDecimals(1 if unit else 3)
        shown = unit or (self._currency if self._key == "cost_per_1000" else "")
        self.threshold.setSuffix(f" {shown}" if shown else "")
        if unit == "%":
            self.threshold.setRange(0, 100)
            self.threshold.setValue(90 if high_is_good(self._key) else 1)
        else:
            self.threshold.setRange(0, _MOST)
            self.threshold.setValue({"ms": 500.0, "MB": 2000.0}.get(unit, 0.0))

    def _show(self, criterion: Criterion) -> None:
        self.figure.setCurrentIndex(self.figure.findData(criterion.metric))
        self._take_figure()
        self.direction.show_value(criterion.direction)
        self.threshold.setValue(criterion.threshold / TYPED[unit_of(criterion.metric)])
        self.weight.show_value(criterion.weight)
        place = next((i for i in range(self.group.count()) if self.group.itemData(i) == criterion.slice), 0)
        self.group.setCurrentIndex(place)
        self.rows.setValue(criterion.minimum_rows)

    def _done(self) -> None:
        typed = round(self.threshold.value() * TYPED[unit_of(self._key)], 9)
        old = self._criterion
        self.accept()
        self.given.emit(
            Criterion(
                old.id if old else uuid.uuid4().hex,
                self._key,
                "at least" if self.direction.value == "at least" else "at most",
                typed,
                "must" if self.weight.value == "must" else "should",
                self.group.currentData(),
                self.rows.value(),
            )
        )

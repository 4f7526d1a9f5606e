"""How much is run: rows, repeats, rows together. Folded, since the defaults suit most."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSpinBox, QWidget

from studio.cluster.address import LOCAL
from studio.domain.i18n import N_, _, ngettext
from studio.domain.task import Task
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.evaluate_setup import EvaluateSetup
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.evaluate_setup.where_field import WhereField
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Text, breakable
from studio.gui.words import Translated, Words

_MOST_REPEATS = 20
_MOST_TOGETHER = 256
_FIELD_WIDTH = 112


class ScopeCard(Translated, Card):
    """What is run, in a sentence, and the settings behind it.

    Signals:
        settings_wanted: The user wants to see the models' own settings, which are those of Try.
    """

    settings_wanted = Signal()

    def __init__(self, setup: EvaluateSetup, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_2, margin=SPACE_3, parent=parent)
        self._setup = setup
        self._sentence = Text(role="muted", wrap=True)
        self.fold = Button(N_("Settings"), "ghost", "caret-down", self._toggle)
        self.limit, self.repeats, self.together = QSpinBox(), QSpinBox(), QSpinBox()
        self.repeats.setRange(1, _MOST_REPEATS)
        self.together.setRange(0, _MOST_TOGETHER)
        for box in (self.limit, self.repeats, self.together):
            box.setFixedWidth(_FIELD_WIDTH)
            box.setAlignment(Qt.AlignmentFlag.AlignRight)
            box.editingFinished.connect(self._store)
        self.where = WhereField(setup.where)
        self._details = QWidget()
        self._repeat_line = _field(
            N_("Repeats of each row"),
            N_("Shows how much sampled answers vary; needs a temperature above 0."),
            self.repeats,
        )
        self._together_line = _field(
            N_("Rows together"), N_("More at once is quicker and takes more memory."), self.together
        )
        column(
            _field(N_("Rows"), N_("Only the first ones, for a quick look."), self.limit),
            self._repeat_line,
            self._together_line,
            self.where,
            Text(
                N_("The models' own settings, such as the system prompt, are those of Try."), role="caption", wrap=True
            ),
            row(Button(N_("Open Try"), "link", on_click=self.settings_wanted.emit), None),
            spacing=SPACE_3,
            parent=self._details,
        )
        head = row(Text(N_("Run"), role="heading"), None, self.fold)
        self.body.addLayout(head)
        self.body.addWidget(self._sentence)
        self.body.addWidget(self._details)
        show_if(False, self._details)
        setup.task_changed.connect(self.show_scope)
        setup.data_changed.connect(self.show_scope)
        setup.candidates.changed.connect(self.show_scope)
        setup.where.changed.connect(self.show_scope)
        self.retranslate()

    def retranslate(self) -> None:
        self.limit.setSpecialValueText(_("All"))
        self.together.setSpecialValueText(_("Automatic"))
        self.limit.setAccessibleName(_("Rows"))
        self.repeats.setAccessibleName(_("Repeats of each row"))
        self.together.setAccessibleName(_("Rows together"))
        self.show_scope()

    def show_scope(self) -> None:
        """Show what would be run."""
        setup = self._setup
        rows = setup.dataset.rows if setup.dataset else 0
        task: Task | None = setup.task
        for box, value in ((self.repeats, setup.repeats), (self.together, setup.batch_size)):
            box.setValue(value)
        self.limit.setRange(0, max(1, rows))
        self.limit.setValue(setup.limit if setup.limit < rows else 0)
        streams = task is not None and task.streams
        show_if(streams, self._repeat_line)
        show_if(not streams, self._together_line)
        n, people = setup.rows_taking_part, len(setup.candidates.taking_part)
        rows_words = ngettext("{n} row", "{n} rows", n).format(n=f"{n:,}")
        candidates = ngettext("{n} candidate", "{n} candidates", people).format(n=people)
        sentence = _("{rows} × {candidates}, one candidate after another so that timings are fair.")
        words = sentence.format(rows=rows_words, candidates=candidates)
        if setup.where.on_cluster:
            # Also where the settings are folded: rows may leave this computer.
            words += " " + self._cluster_words()
        self._sentence.setText(words)
        for box in (self.limit, self.repeats, self.together):
            box.setEnabled(setup.writable)
        self.where.setEnabled(setup.writable)

    def _cluster_words(self) -> str:
        where = self._setup.where
        if not where.address:
            return _("On a Ray cluster, whose address is missing.")
        if where.address == LOCAL:
            return _("On a Ray cluster of this computer.")
        return _("On the Ray cluster {address}: the rows are sent there.").format(address=breakable(where.address))

    def _store(self) -> None:
        wanted = (self.limit.value(), self.repeats.value(), self.together.value())
        if wanted != (self._setup.limit, self._setup.repeats, self._setup.batch_size):
            self._setup.set_scope(*wanted)

    def _toggle(self) -> None:
        self.unfold(self._details.isHidden())

    def unfold(self, shown: bool) -> None:
        """Show the settings, or fold them away."""
        show_if(shown, self._details)
        self.fold.set_icon("caret-up" if shown else "caret-down")


def _field(title: Words, sentence: Words, box: QSpinBox) -> QWidget:
    line = QWidget()
    name = Text(title, role="strong")
    name.setBuddy(box)
    layout = row(
        column(name, Text(sentence, role="caption", wrap=True), spacing=SPACE_1 - 2), box, spacing=SPACE_3, parent=line
    )
    layout.setStretch(0, 1)
    return line

"""Where it runs: this computer, or a Ray cluster with its address and what answers there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLineEdit, QScrollArea, QSpinBox, QWidget

from studio.cluster.address import MOST_WORKERS
from studio.domain.i18n import N_, _, ngettext
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.evaluate_setup_where import EvaluateWhere
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.text import Text, restyle
from studio.gui.words import Translated, plain

if TYPE_CHECKING:
    from studio.services.clusters import ClusterFound, ClusterNode

_HERE, _CLUSTER = "here", "cluster"
#: Nodes that are named; of more, how many there are.
_MOST_NAMED = 6
_FIELD_WIDTH = 112
_SETTLED_MS = 50


class WhereField(Translated, QWidget):
    """The choice, and behind it what a cluster needs."""

    def __init__(self, where: EvaluateWhere, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._where = where
        choices = [(_HERE, N_("This computer")), (_CLUSTER, N_("Ray cluster"))]
        self.choice = SegmentedControl(choices, _HERE, N_("Where it runs"))
        self.choice.chosen.connect(self._choose)
        self.address = QLineEdit()
        self.address.setClearButtonEnabled(True)
        self.address.editingFinished.connect(lambda: where.set_address(self.address.text()))
        self.address.returnPressed.connect(self._connect)
        self.address.textChanged.connect(lambda _text: self._show_button())
        self.connect_button = Button(N_("Connect"), on_click=self._connect)
        self.workers = QSpinBox()
        self.workers.setRange(0, MOST_WORKERS)
        self.workers.setFixedWidth(_FIELD_WIDTH)
        self.workers.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.workers.editingFinished.connect(lambda: where.set_workers(self.workers.value()))
        self.status = Text(role="note", wrap=True, selectable=True)
        self._nodes = column(spacing=SPACE_1)
        workers_name = Text(N_("Models open at once"), role="strong")
        workers_name.setBuddy(self.workers)
        workers = row(
            column(
                workers_name, Text(N_("More are quicker where nodes have cores to spare."), role="caption", wrap=True)
            ),
            self.workers,
            spacing=SPACE_3,
        )
        workers.setStretch(0, 1)
        self._details = QWidget()
        column(
            self.address,
            row(self.connect_button, None),
            self.status,
            self._nodes,
            workers,
            Text(
                N_("The rows go to the nodes, and the models to those that lack them. The figures are as here."),
                role="caption",
                wrap=True,
            ),
            spacing=SPACE_2,
            parent=self._details,
        )
        column(
            Text(N_("Where it runs"), role="strong"),
            row(self.choice, None),
            self._details,
            spacing=SPACE_2,
            parent=self,
        )
        self._told: object = None
        where.changed.connect(self.show_where)
        self.retranslate()

    def retranslate(self) -> None:
        self.address.setAccessibleName(_("Address of the Ray cluster"))
        self.address.setPlaceholderText(_("HOST:PORT or local"))
        self.address.setToolTip(
            _("HOST:PORT where this computer is one of the nodes, ray://HOST:10001 elsewhere, or local.")
        )
        self.workers.setAccessibleName(_("Models open at once"))
        self.workers.setSpecialValueText(_("One per node"))
        self.show_where()

    def show_where(self) -> None:
        """Show what is chosen, and what is known of it."""
        where = self._where
        self.choice.show_value(_CLUSTER if where.on_cluster else _HERE)
        show_if(where.on_cluster, self._details)
        refused = where.failure is not None and not where.connecting
        if not (refused and self.address.text().strip()):
            self.address.setText(where.address)
            # The beginning of a long one tells it apart.
            self.address.setCursorPosition(0)
        self.workers.setValue(where.workers)
        self._show_button()
        self._show_status()
        clear(self._nodes)
        if where.found is not None:
            self._show_nodes(where.found)
        told = where.failure or where.found
        if told is not None and told is not self._told:
            self._reveal()
        self._told = told

    def _show_button(self) -> None:
        connecting = self._where.connecting
        self.connect_button.say(N_("Cancel") if connecting else N_("Connect"))
        self.connect_button.setEnabled(connecting or bool(self.address.text().strip()))

    def _show_status(self) -> None:
        where = self._where
        tone = "neutral"
        if where.connecting:
            words = _("Connecting …")
        elif where.failure is not None:
            words, tone = f"{where.failure.message} {where.failure.next_step}".strip(), "bad"
        elif where.found is not None:
            words, tone = where.found.sentence, "good" if where.found.usable else "bad"
        elif not where.address:
            words = _("Type the address of a cluster, or local for one on this computer.")
        else:
            words = _("Connect shows who is there. A run connects by itself.")
        self.status.setProperty("role", "caption" if tone == "neutral" else "note")
        self.status.setProperty("tone", tone)
        restyle(self.status)
        self.status.setText(words)

    def _show_nodes(self, found: ClusterFound) -> None:
        named = found.nodes[:_MOST_NAMED]
        for node in named:
            line = Text(plain(_node_words(node)), role="note" if node.problem else "caption", wrap=True)
            line.set_tone("warn" if node.problem else "neutral")
            self._nodes.addWidget(line)
        more = len(found.nodes) - len(named)
        if more:
            words = ngettext("and {n} more node", "and {n} more nodes", more).format(n=more)
            self._nodes.addWidget(Text(plain(words), role="caption"))

    def _choose(self, value: str) -> None:
        self._where.choose(value == _CLUSTER)
        if value == _CLUSTER:
            self.address.setFocus()
            self._reveal()

    def _reveal(self) -> None:
        """Scroll to what was just said: it stands far down in a window that is not high."""
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            # What was hidden just now has its place once the layouts have heard of it.
            QTimer.singleShot(_SETTLED_MS, self, lambda: area.ensureWidgetVisible(self._last_said, 0, SPACE_2))

    @property
    def _last_said(self) -> QWidget:
        last = self._nodes.itemAt(self._nodes.count() - 1)
        line = last.widget() if last is not None else None
        return self.status if line is None else line

    def _connect(self) -> None:
        where = self._where
        if where.connecting:
            where.cancel()
            return
        if not self.address.text().strip():
            return
        where.set_address(self.address.text())
        if where.failure is None or self.address.text().strip() == where.address:
            where.connect_now()


def _node_words(node: ClusterNode) -> str:
    if node.problem:
        return node.problem
    return _("{node}: {cpu}, {processors:g} processors, {memory:.0f} GB").format(
        node=node.name, cpu=node.cpu, processors=node.processors, memory=node.memory_mb / 1000
    )

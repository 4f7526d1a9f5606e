"""The metric strip of a column: plain words first, the field's term and definition behind them."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from studio.domain.i18n import N_, _
from studio.domain.task import Task
from studio.gui.theme.tokens import SPACE_2, SPACE_3
from studio.gui.viewmodels.try_column import ColumnState
from studio.gui.widgets.layouts import show_if
from studio.gui.widgets.metric import Metric
from studio.gui.widgets.text import Text
from studio.services.figures import Figure, cost_words, figure

#: Which figures are shown, of output that streams, of what is said in a recording, and of output that comes whole.
_STREAMED = ("ttft_s", "decode_tokens_per_s", "latency_s", "peak_memory_mb")
_HEARD = ("latency_s", "real_time_factor", "peak_memory_mb", "load_s")
_WHOLE = ("latency_s", "peak_memory_mb", "p95_s", "load_s")
#: Of an endpoint, which needs no memory here, and whose network takes its share.
_STREAMED_FROM_AFAR = ("ttft_s", "decode_tokens_per_s", "latency_s", "network_s")
_WHOLE_FROM_AFAR = ("latency_s", "network_s", "p95_s", "load_s")
_COLUMNS = 2


class CandidateFigures(QWidget):
    """Figures of a column's last answer; the best of a row is named in words."""

    def __init__(self, state: ColumnState, task: Task, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        if state.column.candidate.remote:
            keys = _STREAMED_FROM_AFAR if task.streams else _WHOLE_FROM_AFAR
        else:
            keys = _HEARD if task.output == "transcript" else _STREAMED if task.streams else _WHOLE
        self._figures = tuple(figure(key) for key in keys)
        self.metrics = {row.key: Metric(row.title, _definition(row)) for row in self._figures}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_3)
        grid.setVerticalSpacing(SPACE_2)
        for place, metric in enumerate(self.metrics.values()):
            grid.addWidget(metric, place // _COLUMNS, place % _COLUMNS)
        for place in range(_COLUMNS):
            grid.setColumnStretch(place, 1)
        self.shared = Text(N_("Ran beside others: its times can't be compared."), role="caption", wrap=True)
        show_if(False, self.shared)
        grid.addWidget(self.shared, len(self._figures), 0, 1, _COLUMNS)
        self.cost = Text(role="caption", wrap=True)
        show_if(False, self.cost)
        grid.addWidget(self.cost, len(self._figures) + 1, 0, 1, _COLUMNS)
        for signal in (state.turns_changed, state.turn_changed, state.compared, state.described):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the figures of the last answer; none while names are hidden, for they would tell who it is."""
        last = self._state.last
        result = last.result if last and last.result and last.result.failure is None else None
        show_if(result is not None and self._state.beside_others, self.shared)
        priced = result if result and not self._state.hidden and cost_words(result) else None
        if priced is not None:
            self.cost.say(lambda: cost_words(priced))
        show_if(priced is not None, self.cost)
        for row in self._figures:
            value = row.value(result.measurement) if result and not self._state.hidden else None
            leads = row.key in self._state.leads and not self._state.hidden
            self.metrics[row.key].show_value(None if value is None else row.text(value), row.best if leads else "")


def _definition(row: Figure):
    return lambda: f"{_(row.title)} ({_(row.term)}): {_(row.definition)}"

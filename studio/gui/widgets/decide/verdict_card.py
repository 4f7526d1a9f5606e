"""The verdict on one candidate: in a word, why, and every criterion with its interval."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from studio.domain.decision import CandidateVerdict, CriterionVerdict
from studio.domain.i18n import _
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import ICON_SMALL, SPACE_1, SPACE_2, SPACE_3
from studio.gui.widgets.card import Card
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import plain

_TONES = {"GO": "good", "NO-GO": "bad", "NOT PROVEN": "warn"}
_STATES = {"met": ("check-circle", "good"), "missed": ("x-circle", "bad"), "not proven": ("question", "warn")}


class VerdictCard(Card):
    """One candidate."""

    def __init__(self, title: str, verdict: CandidateVerdict, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_3, parent=parent)
        name = ElidedText(role="heading")
        name.setText(title)
        badge = Badge(lambda: _(verdict.overall), _TONES[verdict.overall])
        head = row(badge, name, spacing=SPACE_2)
        head.setStretch(1, 1)
        self.body.addLayout(head)
        self.body.addWidget(Text(plain(verdict.sentence), wrap=True, selectable=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_2)
        grid.setVerticalSpacing(SPACE_2)
        grid.setColumnStretch(3, 1)
        for line, judged in enumerate(verdict.criteria):
            _add_line(grid, line, judged)
        self.body.addLayout(grid)
        if verdict.risks:
            risks = column(spacing=SPACE_1)
            for risk in verdict.risks:
                risks.addLayout(_risk(risk))
            self.body.addLayout(risks)
        said = f"{title}: {_(verdict.overall)}. {verdict.sentence}"
        self.setAccessibleName(said)


def _add_line(grid: QGridLayout, line: int, judged: CriterionVerdict) -> None:
    from studio.services.deciding import describe

    shown = describe()(judged.criterion.metric)
    symbol, tone = _STATES[judged.state]
    grid.addWidget(Icon(symbol, ICON_SMALL, tone), line, 0)
    name = shown.title
    if judged.criterion.slice is not None:
        name = f"{name} ({judged.criterion.slice.column} = {judged.criterion.slice.value})"
    title = Text(plain(name), wrap=True)
    title.setMinimumWidth(150)
    title.setMaximumWidth(230)
    grid.addWidget(title, line, 1)
    state = Text(lambda: f"{_(judged.criterion.weight)} · {_(judged.state)}", role="muted")
    grid.addWidget(state, line, 2)
    bar = ThresholdBar(judged)
    bar.setToolTip(judged.sentence)
    bar.setAccessibleName(judged.sentence)
    grid.addWidget(bar, line, 3)
    value = Text(plain(shown.text(judged.estimate.value) if judged.estimate else "–"), role="figure")
    value.setToolTip(judged.sentence)
    grid.addWidget(value, line, 4, Qt.AlignmentFlag.AlignRight)


def _risk(words: str):
    line = row(Icon("warning", ICON_SMALL, "warn"), Text(plain(words), role="muted", wrap=True), spacing=SPACE_2)
    line.setStretch(1, 1)
    line.setAlignment(line.itemAt(0).widget(), Qt.AlignmentFlag.AlignTop)
    return line


class ThresholdBar(QWidget):
    """The interval of a figure against its threshold; the same is said in words beside it."""

    def __init__(self, judged: CriterionVerdict, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._judged = judged
        self.setFixedHeight(20)
        self.setMinimumWidth(80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, _event: QPaintEvent) -> None:
        estimate, wanted = self._judged.estimate, self._judged.criterion.threshold
        if estimate is None:
            return
        colours = current_colours()
        low = estimate.value if estimate.low is None else estimate.low
        high = estimate.value if estimate.high is None else estimate.high
        left, right = min(low, wanted), max(high, wanted)
        margin = (right - left) * 0.15 or abs(right) * 0.1 or 1.0
        left, right = left - margin, right + margin
        wide = self.width() - 2.0

        def at(value: float) -> float:
            return 1.0 + (value - left) / (right - left) * wide

        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.line_soft))
        painter.drawRoundedRect(QRectF(0, 8, self.width(), 4), 2, 2)
        tone = QColor(getattr(colours, _STATES[self._judged.state][1]))
        painter.setBrush(tone)
        painter.drawRoundedRect(QRectF(at(low), 7, max(3.0, at(high) - at(low)), 6), 3, 3)
        painter.setBrush(QColor(colours.surface))
        painter.setPen(QPen(tone, 2))
        painter.drawEllipse(QPointF(at(estimate.value), 10), 4, 4)
        painter.setPen(QPen(QColor(colours.text), 2))
        painter.drawLine(QPointF(at(wanted), 2), QPointF(at(wanted), 18))

"""Verdicts: one card for each candidate, with why, criterion by criterion, and what remains risky."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.domain.decision import CandidateVerdict, Criterion, CriterionVerdict, Decision
from studio.domain.evaluation import EvaluatedCandidate, Evaluation
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.widgets.candidate_sending import SendingBadge
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.decide.threshold_bar import ThresholdBar
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import clear, column, row
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import plain
from studio.services.deciding import describe

TONES = {"GO": "good", "NO-GO": "bad", "NOT PROVEN": "warn", "met": "good", "missed": "bad", "not proven": "warn"}
ICONS = {
    "GO": "check-circle",
    "NO-GO": "x-circle",
    "NOT PROVEN": "question",
    "met": "check-circle",
    "missed": "x-circle",
    "not proven": "question",
}
#: A card narrower than this cuts its sentences.
_CARD_WIDTH = 300


def criterion_title(criterion: Criterion, currency: str = "") -> str:
    """A criterion in words: "Accuracy at least 90.0 %"."""
    figure = describe(currency)(criterion.metric)
    # The unit stays with its number where the line wraps.
    value = figure.text(criterion.threshold).replace(" ", "\N{NO-BREAK SPACE}")
    words = _("{title} at least {value}") if criterion.direction == "at least" else _("{title} at most {value}")
    text = words.format(title=figure.title, value=value)
    if criterion.slice is not None:
        group = _("{column} is {value}").format(column=criterion.slice.column, value=criterion.slice.value)
        return f"{text} · {group}"
    return text


class VerdictCard(Card):
    """One candidate."""

    def __init__(
        self, candidate: EvaluatedCandidate, verdict: CandidateVerdict, currency: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(spacing=SPACE_2, parent=parent)
        self.verdict = verdict
        title = candidate.title
        tone = TONES[verdict.overall]
        name = ElidedText(plain(title), role="heading")
        self.word = Badge(verdict.overall, tone)
        head = row(name, Icon(ICONS[verdict.overall], 18, tone), self.word, spacing=SPACE_1 + 2)
        head.setStretch(0, 1)
        self.body.addLayout(head)
        if candidate.candidate is not None and candidate.candidate.remote:
            self.body.addLayout(row(SendingBadge(candidate.candidate), None))
        self.body.addWidget(Text(plain(verdict.sentence), role="muted", wrap=True, selectable=True))
        for each in verdict.criteria:
            self.body.addWidget(Line())
            self.body.addLayout(_criterion_lines(each, currency))
        if verdict.risks:
            self.body.addWidget(Line())
            self.body.addWidget(Text(N_("Risks"), role="strong"))
            for risk in verdict.risks:
                symbol = Icon("warning", 14, "warn")
                line = row(symbol, Text(plain(risk), role="muted", wrap=True), spacing=SPACE_1 + 2)
                line.setAlignment(symbol, Qt.AlignmentFlag.AlignTop)
                line.setStretch(1, 1)
                self.body.addLayout(line)
        self.body.addStretch(1)
        self.setAccessibleName(f"{title}: {_(verdict.overall)}. {verdict.sentence}")


def _criterion_lines(verdict: CriterionVerdict, currency: str):
    tone = TONES[verdict.state]
    title = Text(plain(criterion_title(verdict.criterion, currency)), wrap=True)
    symbol, badge = Icon(ICONS[verdict.state], 14, tone), Badge(verdict.state, tone)
    head = row(symbol, title, badge, spacing=SPACE_1 + 2)
    head.setStretch(1, 1)
    head.setAlignment(symbol, Qt.AlignmentFlag.AlignTop)
    head.setAlignment(badge, Qt.AlignmentFlag.AlignTop)
    why = f"{_(verdict.criterion.weight)} · {verdict.sentence}"
    sentence = Text(plain(why), role="caption", wrap=True)
    if verdict.estimate is None:
        return column(head, sentence, spacing=SPACE_1)
    return column(head, ThresholdBar(verdict), sentence, spacing=SPACE_1)


class VerdictCards(QWidget):
    """The cards, as many beside each other as fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE_3)
        self.cards: list[VerdictCard] = []
        self._columns = 0

    def show_decision(self, decision: Decision, evaluation: Evaluation, currency: str) -> None:
        """Show how each candidate stands."""
        clear(self._grid)
        self.cards = [
            VerdictCard(evaluation.candidate(verdict.candidate), verdict, currency) for verdict in decision.verdicts
        ]
        self._columns = 0
        self._place()

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        columns = max(1, min(len(self.cards), 3, (self.width() + SPACE_3) // (_CARD_WIDTH + SPACE_3)))
        if columns == self._columns:
            return
        for place in range(self._columns):
            self._grid.setColumnStretch(place, 0)
        self._columns = columns
        for number, card in enumerate(self.cards):
            self._grid.addWidget(card, number // columns, number % columns)
        for place in range(columns):
            self._grid.setColumnStretch(place, 1)

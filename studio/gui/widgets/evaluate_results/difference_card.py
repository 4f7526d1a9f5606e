"""Is the difference real? Each pair of candidates in a sentence, marked proven or not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.domain.evaluation import Evaluation, PairComparison
from studio.domain.i18n import N_, _, ngettext
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.layouts import clear, column, row, scrolled_on_card
from studio.gui.widgets.text import Badge, Text
from studio.services.evaluation_rows import RowFilter
from studio.services.evaluation_words import pair_words

#: Pairs that are said in sentences; all stand in the table below.
_MOST_PAIRS = 6


class DifferenceCard(Card):
    """The card.

    Signals:
        rows_wanted: Rows of that filter shall be shown.
    """

    rows_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_2, parent=parent)
        self._pairs = QWidget()
        self._list: QVBoxLayout = column(spacing=SPACE_3, margins=(0, 0, SPACE_1, 0), parent=self._pairs)
        area = scrolled_on_card(self._pairs)
        self._links = row(spacing=SPACE_3)
        self.body.addWidget(Text(N_("Is the difference real?"), role="heading"))
        self.body.addWidget(area, 1)
        self.body.addLayout(self._links)

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Say it of another one."""
        clear(self._list)
        pairs = [pair for pair in evaluation.comparisons if pair.metric == evaluation.headline]
        base = evaluation.info.baseline
        # With a baseline, what is compared with it comes first; what is proven before what is not.
        pairs.sort(key=lambda pair: (base is not None and base not in (pair.a, pair.b), pair.winner is None))
        for pair in pairs[:_MOST_PAIRS]:
            self._list.addWidget(_PairLine(evaluation, pair))
        if not pairs:
            self._list.addWidget(Text(partial(_why_none, evaluation), role="muted", wrap=True))
        elif len(pairs) > _MOST_PAIRS:
            rest = len(pairs) - _MOST_PAIRS
            self._list.addWidget(
                Text(
                    lambda: ngettext(
                        "{n} more pair in the table below.", "{n} more pairs in the table below.", rest
                    ).format(n=rest),
                    role="muted",
                    wrap=True,
                )
            )
        self._list.addStretch(1)

    def show_counts(self, counts: dict[RowFilter, int]) -> None:
        """Offer the rows behind it."""
        clear(self._links)
        offers: tuple[tuple[RowFilter, Callable[[int], str]], ...] = (
            ("different", _different_words),
            ("wrong", _wrong_words),
        )
        for kind, words in offers:
            count = counts.get(kind, 0)
            if count:
                self._links.addWidget(
                    Button(partial(words, count), "link", on_click=partial(self.rows_wanted.emit, kind))
                )
        self._links.addStretch(1)


class _PairLine(QWidget):
    def __init__(self, evaluation: Evaluation, pair: PairComparison) -> None:
        super().__init__()
        proven = pair.winner is not None
        badge = Badge(
            N_("proven") if proven else N_("no clear winner"),
            "good" if proven else "warn",
            _tip(pair),
        )
        sentence = Text(lambda: pair_words(evaluation, pair), wrap=True, selectable=True)
        column(sentence, row(badge, None), spacing=SPACE_1, parent=self)


def _tip(pair: PairComparison) -> Callable[[], str]:
    def tip() -> str:
        test = {"mcnemar-exact": _("exact McNemar test"), "paired-bootstrap": _("paired bootstrap")}
        return _("{test} on the same rows, p = {p} after Holm's correction").format(
            test=test.get(pair.test, pair.test), p=p_text(pair.p_adjusted)
        )

    return tip


def p_text(value: float) -> str:
    """A p-value without false zeros."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _why_none(evaluation: Evaluation) -> str:
    if len(evaluation.info.candidates) < 2:
        return _("There is one candidate only: add another to compare it with.")
    if not evaluation.info.settings.mapping.reference:
        return _("The data has no expected answers, so nothing is right or wrong. Vote blind to find the better one.")
    return _("No two candidates have answers to the same rows yet.")


def _different_words(count: int) -> str:
    return ngettext("Look at {n} row that differs", "Look at {n} rows that differ", count).format(n=f"{count:,}")


def _wrong_words(count: int) -> str:
    return ngettext("{n} row with a wrong answer", "{n} rows with a wrong answer", count).format(n=f"{count:,}")

"""Why candidates answer as they do on the whole sheet: words, kinds of mistakes, who gets right what others don't."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.domain.insight import ErrorGroup, Insights, PairInsight
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.evaluate_results_insights import ResultInsights
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.evaluate_results.insights_kept import KeptExplanations
from studio.gui.widgets.evaluate_results.insights_lines import Counts, InsightLine
from studio.gui.widgets.evaluate_results.insights_words import InsightWords
from studio.gui.widgets.layouts import clear, column, row, scrolled, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import Text
from studio.gui.words import Translated
from studio.services.evaluation_rows import Pick, RowQuery
from studio.services.insight_words import group_title, group_words, grouping_words, listed_words, pair_rest_words

#: Pairs of candidates that are shown, and kinds of mistakes before all are asked for.
_MOST_PAIRS, _FEW_GROUPS = 10, 6


class InsightsView(Translated, QWidget):
    """The "Why" part of the results.

    Signals:
        rows_wanted: Rows of a `RowQuery` shall be shown.
        row_wanted: One row (its position) shall be shown in full.
        removed: A kept explanation was taken out; it can be undone.
        reported: The insights were put into the report (True) or taken out of it; it can be undone.
    """

    rows_wanted = Signal(object)
    row_wanted = Signal(int)
    removed = Signal()
    reported = Signal(bool)

    def __init__(self, model: ResultInsights, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._shown: Insights | None = None
        self._all_groups = False
        self._progress = ProgressRow(N_("Looking for what rows have in common"), model.stop)
        self._problem = column()
        self._again = Button(N_("Look for what rows have in common"), "primary", on_click=model.again)
        self._again_line = QWidget()
        row(self._again, None, parent=self._again_line)
        self.report_button = Button(self._report_words, icon_name="file-plus", on_click=self._report)
        self._head = QWidget()
        head = row(
            Text(N_("A click on a line or a word shows its rows."), role="muted", wrap=True),
            self.report_button,
            spacing=SPACE_3,
            parent=self._head,
        )
        head.setStretch(0, 1)
        self.words = InsightWords(model)
        self.words.answer_chosen.connect(self._show_answer)
        self.words.word_chosen.connect(self._show_word)
        self._group_note = Text(role="muted", wrap=True)
        self._group_lines = column(spacing=SPACE_1)
        note = row(self._group_note, Text(N_("Rows answered wrongly"), role="caption"), spacing=SPACE_3)
        note.setStretch(0, 1)
        self.groups = Card(Text(N_("Kinds of mistakes"), role="heading"), note, self._group_lines)
        self._pair_lines = column(spacing=SPACE_2)
        self.pairs = Card(Text(N_("Who gets right what another gets wrong"), role="heading"), self._pair_lines)
        self.kept = KeptExplanations(model)
        self.kept.removed.connect(self.removed)
        self.kept.row_wanted.connect(self.row_wanted)
        self._content = QWidget()
        column(
            self._head,
            self.groups,
            self.pairs,
            self.words,
            self.kept,
            None,
            spacing=SPACE_3,
            margins=(0, 0, SPACE_2, 0),
            parent=self._content,
        )
        self._area = scrolled(self._content)
        layout = column(self._problem, self._progress, self._again_line, self._area, spacing=SPACE_3, parent=self)
        layout.setStretch(3, 1)
        layout.addStretch(0)
        model.changed.connect(self.refresh)
        model.progressed.connect(self._progress.show_progress)
        model.kept_changed.connect(self._show_report)
        self.refresh()

    def retranslate(self) -> None:
        self._shown = None
        self.refresh()

    def refresh(self) -> None:
        """Show what is there, what is under way, or why there is nothing."""
        model = self._model
        finding = model.running and model.measuring is None
        clear(self._problem)
        if model.failure is not None:
            self._problem.addWidget(Notice.of(model.failure, N_("Try again"), model.again))
        show_if(finding, self._progress)
        if finding:
            self._progress.stop_button.setEnabled(True)
            self._progress.show_progress(0.0)
        show_if(model.found is not None, self._area)
        show_if(model.found is None and not finding and model.failure is None, self._again_line)
        found = model.found
        # Measured weights alone change the words only: what stands above stays where it is.
        if found is not None and (self._shown is None or replace(found, weighed=self._shown.weighed) != self._shown):
            self._show_groups(found)
            self._show_pairs(found)
            self.words.show_insights()
            self.kept.refresh()
        else:
            self.words.refresh()
        self._shown = found
        self._show_report()

    # -- mistakes --------------------------------------------------------------------------------------------------

    def _show_groups(self, found: Insights) -> None:
        clear(self._group_lines)
        show_if(found.judged > 0, self.groups)
        self._group_note.say(partial(_note, found))
        most = max((count.rows for group in found.groups for count in group.wrong), default=0)
        shown = found.groups if self._all_groups else found.groups[:_FEW_GROUPS]
        for group in shown:
            counts = [(self._model.name(each.candidate), each.rows) for each in group.wrong]
            self._group_lines.addWidget(
                InsightLine(
                    partial(group_title, group),
                    partial(group_words, group, found.metric),
                    group.examples[0] if group.examples else "",
                    Counts(counts, most),
                    partial(self._show_group, group),
                )
            )
        rest = len(found.groups) - len(shown)
        if rest:
            more = Button(
                lambda: ngettext("Show {n} more kind", "Show {n} more kinds", rest).format(n=rest),
                "link",
                on_click=self._show_all_groups,
            )
            self._group_lines.addLayout(row(more, None))

    def _show_all_groups(self) -> None:
        self._all_groups = True
        if self._model.found is not None:
            self._show_groups(self._model.found)

    def _show_group(self, group: ErrorGroup) -> None:
        self._pick(group_title(group), group.positions)

    # -- pairs -----------------------------------------------------------------------------------------------------

    def _show_pairs(self, found: Insights) -> None:
        clear(self._pair_lines)
        show_if(bool(found.pairs), self.pairs)
        for pair in found.pairs[:_MOST_PAIRS]:
            self._pair_lines.addWidget(
                Text(partial(pair_rest_words, pair, self._model.name, found.by_degree), role="muted", wrap=True)
            )
            most = max(pair.better_a, pair.better_b)
            for of_a, count in ((True, pair.better_a), (False, pair.better_b)):
                if count:
                    self._pair_lines.addWidget(self._side(found, pair, of_a, most))

    def _side(self, found: Insights, pair: PairInsight, of_a: bool, most: int) -> QWidget:
        good, bad = (pair.a, pair.b) if of_a else (pair.b, pair.a)
        words = pair.words_a if of_a else pair.words_b
        positions, count = (pair.only_a, pair.better_a) if of_a else (pair.only_b, pair.better_b)
        template = N_("{good} clearly better than {bad}") if found.by_degree else N_("{good} right, {bad} wrong")

        def title() -> str:
            return _(template).format(good=self._model.name(good), bad=self._model.name(bad))

        return InsightLine(
            title,
            lambda: _("Words that stand out: {words}.").format(words=listed_words(words)) if words else "",
            "",
            Counts([("", count)], most),
            lambda: self._pick(title(), positions),
        )

    # -- rows ------------------------------------------------------------------------------------------------------

    def _pick(self, title: str, positions: tuple[int, ...]) -> None:
        self.rows_wanted.emit(RowQuery(picked=Pick(title, frozenset(positions))))

    def _show_answer(self, candidate: int, label: str) -> None:
        pick = self._model.answered(candidate, label)
        if pick is not None:
            self.rows_wanted.emit(RowQuery(candidate=candidate, picked=pick))

    def _show_word(self, candidate: int, label: str, word: str) -> None:
        pick = self._model.answered(candidate, label)
        if pick is not None:
            self.rows_wanted.emit(RowQuery(candidate=candidate, picked=pick, search=word))

    # -- report ----------------------------------------------------------------------------------------------------

    def _report_words(self) -> str:
        return _("Take out of the report") if self._model.in_report else _("Add to the report")

    def _show_report(self) -> None:
        self.report_button.retranslate()
        self.report_button.setEnabled(self._model.writable and self._model.found is not None)

    def _report(self) -> None:
        there = not self._model.in_report
        self._model.put_in_report(there)
        self.reported.emit(there)


def _note(found: Insights) -> str:
    if not found.mistaken:
        return _("There are no mistakes: every answer is what was expected.")
    if not found.groups:
        return _("The mistakes are too few, or too different, to be put together.")
    return grouping_words(found)

"""The results half of Evaluate: who is better and what it costs, the rows behind it, mistakes, groups, votes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QDialog, QStackedWidget, QWidget

from studio.domain.evaluation import Evaluation, SliceKey
from studio.domain.i18n import N_, _, ngettext
from studio.domain.task import Task
from studio.gui.shell import Shell
from studio.gui.theme.tokens import SPACE_3
from studio.gui.viewmodels.evaluate_results import EvaluateResultsModel
from studio.gui.viewmodels.evaluate_results_export import ResultsExport
from studio.gui.viewmodels.evaluate_results_insights import ResultInsights
from studio.gui.viewmodels.evaluate_results_packs import ReviewerPacks
from studio.gui.widgets.evaluate_results.export_button import ExportButton
from studio.gui.widgets.evaluate_results.groups import Groups, has_groups
from studio.gui.widgets.evaluate_results.insights_view import InsightsView
from studio.gui.widgets.evaluate_results.mistakes import Mistakes, has_labels
from studio.gui.widgets.evaluate_results.overview import Overview
from studio.gui.widgets.evaluate_results.rows_view import RowsView
from studio.gui.widgets.evaluate_results.votes_view import VotesView
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.text import ElidedText
from studio.gui.words import Words
from studio.services.evaluation_figures import evaluation_figure
from studio.services.evaluation_rows import Cell, RowFilter, RowQuery
from studio.services.evaluation_words import winner_words
from studio.services.reviewing import VotesRead
from studio.tasks import find_task

#: Parts of the results, in the order of their tabs.
_PARTS: tuple[tuple[str, Words], ...] = (
    ("overview", N_("Overview")),
    ("rows", N_("Row by row")),
    ("mistakes", N_("Mistakes")),
    ("why", N_("Why")),
    ("groups", N_("Groups")),
    ("votes", N_("Votes")),
)


class EvaluateResults(QWidget):
    """Shows one evaluation of the open project."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shell = shell
        self.model = EvaluateResultsModel(shell.background, shell.project, parent=self)
        self.sentence = ElidedText(self._sentence_words, role="heading")
        self.tabs = SegmentedControl(_PARTS, "overview", N_("What to look at"))
        self.tabs.chosen.connect(self.open_part)
        self.overview = Overview()
        self.rows = RowsView(self.model, self._task)
        self.mistakes = Mistakes()
        self.insights = ResultInsights(
            self.model, shell.background, shell.project, lambda: shell.library, lambda: shell.pool
        )
        self.why = InsightsView(self.insights)
        self.groups = Groups()
        self.packs = ReviewerPacks(self.model, shell.background, shell.jobs)
        self.votes = VotesView(self.model, self.packs, self._task)
        self._parts = {
            "overview": self.overview,
            "rows": self.rows,
            "mistakes": self.mistakes,
            "why": self.why,
            "groups": self.groups,
            "votes": self.votes,
        }
        self._unfilled: set[str] = set()
        self._stack = QStackedWidget()
        for part in self._parts.values():
            self._stack.addWidget(part)
        self._progress = ProgressRow(N_("Reading the results"))
        self._problem_place = column()
        self._problem: Notice | None = None
        self.export = ResultsExport(self.model, shell.background, shell.jobs)
        self.export_button = ExportButton(self.export)
        self._head = row(self.tabs, None, self.export_button, spacing=SPACE_3)
        layout = column(
            self.sentence,
            self._head,
            self._problem_place,
            self._progress,
            self._stack,
            spacing=SPACE_3,
            parent=self,
        )
        layout.setStretch(4, 1)
        # While there is nothing yet, the progress stays on top.
        layout.addStretch(0)
        self._connect()
        self._show()

    def _connect(self) -> None:
        model = self.model
        model.changed.connect(self._show)
        model.marked.connect(self._show_marks)
        model.progressed.connect(self._progress.show_progress)
        model.failed.connect(self._shell.toasts.show_failure)
        self.export.failed.connect(self._shell.toasts.show_failure)
        self.export.written.connect(self._say_written)
        self.packs.failed.connect(self._shell.toasts.show_failure)
        self.packs.written.connect(self._say_pack)
        self.packs.read.connect(self._say_votes)
        model.rows.found.connect(lambda: self.overview.difference.show_counts(model.rows.counts))
        self.overview.pin_wanted.connect(lambda candidate: model.pin(candidate or None))
        self.overview.rows_wanted.connect(self.show_rows)
        self.overview.errors_wanted.connect(lambda candidate: self.show_rows("errors", candidate))
        self.mistakes.cell_chosen.connect(self._show_cell)
        self.groups.group_chosen.connect(self._show_group)
        self.rows.why_wanted.connect(self.explain)
        self.why.rows_wanted.connect(self._show_query)
        self.why.row_wanted.connect(self._show_row)
        self.why.removed.connect(lambda: self._shell.offer_undo(N_("Taken out of the report.")))
        self.why.reported.connect(
            lambda there: self._shell.offer_undo(
                N_("What was found is in the report now.") if there else N_("Taken out of the report.")
            )
        )

    def _task(self) -> Task | None:
        return find_task(self.model.info.task) if self.model.info else None

    # -- what C's page asks for ------------------------------------------------------------------------------------

    def show_evaluation(self, evaluation_id: int) -> None:
        """Show an evaluation of the open project; the one on show is read anew."""
        self.model.show(evaluation_id)

    def open_part(self, part: str) -> None:
        """Show one of the parts."""
        self._fill(part)
        self.tabs.show_value(part)
        self._stack.setCurrentWidget(self._parts[part])
        if part == "votes":
            self.model.votes.open()
            self.votes.setFocus()
        elif part == "why":
            self.insights.open()
        elif part == "rows":
            if not self.rows.table.currentIndex().isValid():
                self.rows.table.go_to(0)
            self.rows.table.setFocus()

    def show_rows(self, kind: RowFilter, candidate: int | None = None) -> None:
        """Show the rows of a filter."""
        self._show_query(RowQuery(kind, candidate))

    def _show_cell(self, cell: Cell) -> None:
        self._show_query(RowQuery(cell=cell, candidate=cell.candidate))

    def _show_group(self, group: SliceKey) -> None:
        self._show_query(RowQuery(group=group))

    def _show_query(self, query: RowQuery) -> None:
        self.model.rows.ask(query)
        self.open_part("rows")

    def _show_row(self, position: int) -> None:
        # The part first: it makes the first row the current one, which an open row follows.
        self.open_part("rows")
        self.rows.open_when_found(position)
        self.model.rows.ask(RowQuery())

    def explain(self, position: int, candidate: int) -> QDialog | None:
        """Show why a candidate (its id) answered the row at that position as it did."""
        from studio.gui.viewmodels.evaluate_results_why import explanation_of
        from studio.gui.widgets.explain.dialog import ExplainDialog

        shell = self._shell
        asked = explanation_of(
            self.model, position, candidate, shell.background, lambda: shell.library, lambda: shell.pool
        )
        if asked is None:
            return None
        dialog = ExplainDialog(*asked, self)
        dialog.open()
        return dialog

    # -- showing ---------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        model = self.model
        evaluation = model.evaluation
        show_if(model.loading and evaluation is None, self._progress)
        if self._problem is not None:
            self._problem_place.removeWidget(self._problem)
            self._problem.deleteLater()
            self._problem = None
        problem = self._problem_of(evaluation)
        if problem is not None:
            self._problem = problem
            self._problem_place.addWidget(problem)
        for widget in (self.sentence, self.tabs, self.export_button, self._stack):
            show_if(evaluation is not None, widget)
        if evaluation is not None:
            self._show_figures(evaluation)

    def _problem_of(self, evaluation: Evaluation | None) -> Notice | None:
        if self.model.failure is not None:
            return Notice.of(self.model.failure, N_("Try again"), self._again)
        if evaluation is not None and evaluation.info.status in ("stopped", "interrupted"):
            return Notice(partial(_partial_words, evaluation), "warn")
        return None

    def _say_written(self, path: Path) -> None:
        self._shell.toasts.show(lambda: _("Exported to {name}.").format(name=path.name), "good")

    def _say_pack(self, workbook: Path, page: Path) -> None:
        self._shell.toasts.show(
            lambda: _("Written: {workbook} and {page}. Send either; both ask the same.").format(
                workbook=workbook.name, page=page.name
            ),
            "good",
        )

    def _say_votes(self, told: VotesRead) -> None:
        def words() -> str:
            votes = ngettext("{n} vote of {voter} read in.", "{n} votes of {voter} read in.", told.votes)
            text = votes.format(n=told.votes, voter=told.voter)
            if not told.skipped:
                return text
            left = ngettext("{n} question has no vote.", "{n} questions have no vote.", told.skipped)
            return f"{text} {left.format(n=told.skipped)}"

        self._shell.offer_undo(words)

    def _again(self) -> None:
        if self.model.asked is not None:
            self.model.show(self.model.asked)

    def _show_figures(self, evaluation: Evaluation) -> None:
        self.sentence.retranslate()
        self.overview.show_evaluation(evaluation, self.model.writable)
        self.overview.difference.show_counts(self.model.rows.counts)
        shown = {"overview", "rows", "why", "votes"}
        if has_labels(evaluation):
            shown.add("mistakes")
        if has_groups(evaluation):
            shown.add("groups")
        self.tabs.show_only(shown)
        self._unfilled = {"mistakes", "groups"} & shown
        if self.tabs.value not in shown:
            self.open_part("overview")
        else:
            self._fill(self.tabs.value)
            if self.tabs.value == "why":
                self.insights.open()

    def _fill(self, part: str) -> None:
        """Fill a part when it is first looked at: heat maps of many labels take their time."""
        evaluation = self.model.evaluation
        if evaluation is not None and part in self._unfilled:
            self._unfilled.discard(part)
            (self.mistakes if part == "mistakes" else self.groups).show_evaluation(evaluation)

    def _show_marks(self) -> None:
        evaluation = self.model.evaluation
        if evaluation is not None:
            self.overview.cards.show_evaluation(evaluation, self.model.writable)
            self.overview.difference.show_evaluation(evaluation)

    def _sentence_words(self) -> str:
        evaluation = self.model.evaluation if hasattr(self, "model") else None
        if evaluation is None:
            return ""
        words = winner_words(evaluation)
        if words:
            return words
        metric = _(evaluation_figure(evaluation.headline).title)
        return _("Nothing to judge by “{metric}”: the data has no expected answers.").format(metric=metric)


def _partial_words(evaluation: Evaluation) -> str:
    info = evaluation.info
    total = info.rows * info.settings.repeats * len(info.candidates)
    done = sum(candidate.done for candidate in info.candidates)
    return ngettext(
        "The run is not finished: {done} of {n} answer is there. Figures are of these rows.",
        "The run is not finished: {done} of {n} answers are there. Figures are of these rows.",
        total,
    ).format(done=f"{done:,}", n=f"{total:,}")

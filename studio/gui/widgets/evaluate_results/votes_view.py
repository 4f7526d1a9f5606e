"""Human rating: blind votes over rows with the keys 1 to 4, what they say, and colleagues without the studio."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QFrame, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.domain.project import VoteChoice
from studio.domain.task import Task
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.evaluate_results import EvaluateResultsModel
from studio.gui.viewmodels.evaluate_results_packs import ReviewerPacks
from studio.gui.viewmodels.evaluate_results_votes import Standing
from studio.gui.widgets.answers import AnswerView, viewer_for
from studio.gui.widgets.answers._view import PlainAnswer
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.candidate_vote import CHOICES
from studio.gui.widgets.card import Card
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.evaluate_results.figure_table import FigureColumn, FigureTable
from studio.gui.widgets.layouts import column, row, scrolled, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, plain
from studio.services.evaluation_figures import joined, percent

_KEYS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4)


class VotesView(Translated, QWidget):
    """The "Votes" part of the results."""

    def __init__(
        self,
        model: EvaluateResultsModel,
        packs: ReviewerPacks,
        task_of: Callable[[], Task | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model, self._votes, self._task_of = model, model.votes, task_of
        self._packs = packs
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.pairs = QComboBox()
        self.pairs.activated.connect(lambda _place: self._votes.choose_pair(self.pairs.currentData()))
        self._progress = Text(self._progress_words, role="muted")
        self._input = Text(role="lead", wrap=True, selectable=True)
        self._reference = Text(role="muted", wrap=True, selectable=True)
        self._sides = tuple(_Side(name) for name in ("A", "B"))
        self._question = Text(self._question_words, role="strong", wrap=True)
        self.buttons = [
            Button(words, on_click=partial(self.vote, choice), hint=str(number))
            for number, (choice, words) in enumerate(CHOICES, 1)
        ]
        self.skip = Button(N_("Skip"), "ghost", on_click=self._votes.next)
        self.next = Button(N_("Next"), "primary", on_click=self._votes.next, hint="Enter")
        self._vote_row = row(*self.buttons, self.skip, self.next, None, spacing=SPACE_2)
        sides = row(*self._sides, spacing=SPACE_3)
        self._asking = Card(self._input, self._reference, sides, self._question, self._vote_row, spacing=SPACE_3)
        self._nothing = EmptyState(
            "check-circle",
            self._nothing_words,
            N_("Votes are asked on rows to which candidates gave different answers."),
        )
        self.rates = FigureTable(N_("Votes won"))
        self._agreement = Text(self._agreement_words, role="muted", wrap=True)
        self._standing = Card(
            Text(N_("What votes say so far"), role="heading"),
            Text(
                N_("A tie, and “both bad”, count half for each. The interval narrows with every vote."),
                role="muted",
                wrap=True,
            ),
            self.rates,
            self._agreement,
        )
        self.write_button = Button(N_("Write a reviewer pack …"), icon_name="users", on_click=self._ask_folder)
        self.read_button = Button(N_("Read votes back in …"), icon_name="download-simple", on_click=self._ask_file)
        packs.busy_changed.connect(self._show_packs)
        self._packs_card = Card(
            Text(N_("Ask colleagues who don't have the studio"), role="heading"),
            Text(
                N_(
                    "A reviewer pack is a spreadsheet and a page for the browser with the same blind questions. Send "
                    "it, and read the votes back in."
                ),
                role="muted",
                wrap=True,
            ),
            row(self.write_button, self.read_button, None, spacing=SPACE_2),
        )
        content = QWidget()
        column(
            row(self._progress, None, self.pairs, spacing=SPACE_2),
            self._asking,
            self._nothing,
            self._standing,
            self._packs_card,
            None,
            spacing=SPACE_3,
            margins=(0, 0, SPACE_2, 0),
            parent=content,
        )
        column(scrolled(content), parent=self)
        self._votes.changed.connect(self.refresh)
        model.changed.connect(self._fill_pairs)
        self._fill_pairs()
        self.refresh()

    # -- what is shown ---------------------------------------------------------------------------------------------

    def retranslate(self) -> None:
        self.pairs.setAccessibleName(_("Whom to compare"))
        self._fill_pairs()

    def _fill_pairs(self) -> None:
        info = self._model.info
        candidates = info.candidates if info else ()
        titles = {each.id: each.title for each in candidates}
        with QSignalBlocker(self.pairs):
            self.pairs.clear()
            self.pairs.addItem(_("Every pair in turn"), None)
            for a, b in combinations(titles, 2):
                self.pairs.addItem(_("{a} and {b}").format(a=titles[a], b=titles[b]), (a, b))
            places = [self.pairs.itemData(place) for place in range(self.pairs.count())]
            self.pairs.setCurrentIndex(places.index(self._votes.pair) if self._votes.pair in places else 0)
        show_if(len(candidates) > 2, self.pairs)

    def refresh(self) -> None:
        """Show the question, or what came of it."""
        votes = self._votes
        asking = votes.question is not None
        show_if(asking, self._asking)
        show_if(not asking, self._nothing)
        self._nothing.title.retranslate()
        voted = votes.choice is not None
        for button in self.buttons:
            show_if(not voted, button)
            button.setEnabled(votes.can_vote)
        show_if(not voted, self.skip)
        self.skip.setEnabled(votes.left > 1)
        show_if(voted, self.next)
        self._question.retranslate()
        self._progress.retranslate()
        self._show_row()
        self._show_packs()
        self._show_standing(votes.standing)
        if voted and any(button.hasFocus() for button in self.buttons):
            self.next.setFocus()

    def _show_row(self) -> None:
        votes, info, task = self._votes, self._model.info, self._task_of()
        if votes.question is None or votes.row is None or info is None:
            return
        mapping = info.settings.mapping
        self._input.setText("\n".join(self._model.rows.cell_of(votes.row, name) for name in mapping.inputs.values()))
        reference = self._model.rows.cell_of(votes.row, mapping.reference) if mapping.reference else ""
        show_if(bool(reference), self._reference)
        self._reference.say(lambda: _("Expected: {text}").format(text=reference))
        titles = {each.id: each.title for each in info.candidates}
        for side, candidate in zip(self._sides, votes.question[1:], strict=True):
            answers = votes.row.answers.get(candidate, ())
            output = answers[0].output if answers else None
            side.show_answer(output, task.output if task else "text", titles[candidate] if votes.choice else "")

    def _progress_words(self) -> str:
        votes = self._votes
        left = ngettext("{n} question left", "{n} questions left", votes.left).format(n=f"{votes.left:,}")
        done = ngettext("{n} vote given now", "{n} votes given now", votes.done).format(n=f"{votes.done:,}")
        return f"{done} · {left}" if votes.done else left

    def _question_words(self) -> str:
        votes, info = self._votes, self._model.info
        if votes.choice is None or votes.question is None or info is None:
            return _("Which answer is better?")
        titles = {each.id: each.title for each in info.candidates}
        return _("Your vote: {vote}. A was {a}, B was {b}.").format(
            vote=_(dict(CHOICES)[votes.choice]), a=titles[votes.question[1]], b=titles[votes.question[2]]
        )

    def _nothing_words(self) -> str:
        if not self._votes.possible:
            return _("A vote needs two candidates")
        if self._model.rows.known is None:
            return _("Reading the rows …")
        if self._votes.done or self._votes.standing.votes:
            return _("You voted on every row that differs")
        return _("The candidates answer every row alike")

    def _show_standing(self, standing: Standing) -> None:
        info = self._model.info
        show_if(bool(standing.votes), self._standing)
        if info is None or not standing.votes:
            return
        titles = {each.id: each.title for each in info.candidates}
        ranked = sorted(standing.rates, key=lambda candidate: -standing.rates[candidate].value)
        columns = [
            FigureColumn(N_("Candidate"), lambda each: titles.get(each, "–"), number=False),
            FigureColumn(
                N_("Votes won"),
                lambda each: percent(standing.rates[each].value),
                lambda each: standing.rates[each].value,
            ),
            FigureColumn(
                N_("95 % interval"),
                lambda each: _bounds(standing.rates[each].low, standing.rates[each].high),
                lambda each: standing.rates[each].low,
            ),
            FigureColumn(N_("Votes"), lambda each: f"{standing.rates[each].n:,}", lambda each: standing.rates[each].n),
        ]
        if standing.strengths:
            columns.append(
                FigureColumn(
                    N_("Strength"),
                    lambda each: _strength(standing, each),
                    lambda each: standing.strengths[each].value if each in standing.strengths else None,
                    N_("Bradley–Terry: how often it would win against a middling candidate, whoever it met"),
                )
            )
        self.rates.show_rows(columns, ranked)
        self._agreement.retranslate()
        show_if(bool(self._agreement_words()), self._agreement)

    def _agreement_words(self) -> str:
        found = self._votes.standing.agreement
        if found is None:
            return ""
        name = _("Cohen's kappa") if found.measure == "cohen" else _("Fleiss' kappa")
        who = ", ".join(voter or _("you") for voter in found.voters)
        shared = ngettext("{n} shared question", "{n} shared questions", found.shared).format(n=f"{found.shared:,}")
        value = "–" if found.kappa is None else f"{found.kappa:.2f}"
        return _("Agreement of {who}: {measure} {value} ({shared}). 1 is full agreement, 0 is chance.").format(
            who=who, measure=name, value=value, shared=shared
        )

    # -- reviewer packs --------------------------------------------------------------------------------------------

    def _show_packs(self) -> None:
        show_if(self._votes.possible, self._packs_card)
        self.write_button.setEnabled(not self._packs.busy)
        self.read_button.setEnabled(not self._packs.busy and self._model.writable)

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, _("Where to write the reviewer pack"), str(Path.home()))
        if folder:
            self._packs.write(Path(folder))

    def _ask_file(self) -> None:
        kinds = _("Votes ({patterns})").format(patterns="*.xlsx *.json")
        name, _filter = QFileDialog.getOpenFileName(self, _("Read votes back in"), str(Path.home()), kinds)
        if name:
            self._packs.take(Path(name))

    # -- input -----------------------------------------------------------------------------------------------------

    def vote(self, choice: VoteChoice) -> None:
        """Say which is better."""
        self._votes.vote(choice)
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain_key = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain_key and event.key() in _KEYS and self._votes.can_vote:
            self.vote(CHOICES[_KEYS.index(Qt.Key(event.key()))][0])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._votes.choice is not None:
            self._votes.next()
        else:
            super().keyPressEvent(event)


class _Side(QFrame):
    """One of the two answers; its name appears after the vote."""

    def __init__(self, alias: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "quote")
        self._alias, self._kind = alias, ""
        self._name = Text(plain(alias), role="strong")
        self._body = column(self._name, spacing=SPACE_2, margins=(SPACE_4, SPACE_3, SPACE_4, SPACE_3), parent=self)
        self._body.addStretch(1)
        self._viewer: AnswerView | None = None

    def show_answer(self, output, kind: str, name: str) -> None:
        """Show an answer; ``name`` is empty while it is hidden."""
        if self._viewer is None or kind != self._kind:
            if self._viewer is not None:
                self._viewer.setParent(None)
                self._viewer.deleteLater()
            # Probabilities would tell a model from a column of the data: of labels only the chosen one is shown.
            viewer: AnswerView = PlainAnswer() if kind == "labels" else viewer_for(kind)
            self._kind, self._viewer = kind, viewer
            self._body.insertWidget(1, viewer)
        self._name.say(plain(f"{self._alias}: {name}" if name else self._alias))
        if output is not None:
            self._viewer.show_output(output)


def _bounds(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "–"
    return joined(percent(low), percent(high))


def _strength(standing: Standing, candidate: int) -> str:
    found = standing.strengths.get(candidate)
    if found is None:
        return "–"
    return f"{percent(found.value)}  ({_bounds(found.low, found.high)})"

"""The words of each answer: those that go with it on the whole sheet, or those measured to pull towards it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.domain.insight import LabelWeights, LabelWords, PullingWord, WordWeight
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.evaluate_results_insights import ResultInsights
from studio.gui.widgets.buttons import Button, Chip
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.layouts import FlowLayout, clear, column, row, show_if
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import Translated, plain
from studio.services.insight_weights import ROW_CHOICES
from studio.services.insight_words import WEIGHTS_METHOD, WORDS_METHOD, readable, weight_words, word_words

#: Answers that are shown at once; the others come on demand.
_MOST_LABELS = 12
_LABEL_WIDTH = 168


class InsightWords(Translated, Card):
    """The card.

    Signals:
        word_chosen: Rows of a candidate (its id) with an answer and a word shall be shown.
        answer_chosen: Rows of a candidate with an answer shall be shown.
    """

    word_chosen = Signal(int, str, str)
    answer_chosen = Signal(int, str)

    def __init__(self, model: ResultInsights, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._model = model
        self._all = False
        self.who = QComboBox()
        self.who.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.who.setMaximumWidth(280)
        self.who.activated.connect(lambda _place: self.refresh())
        self.kind = SegmentedControl(
            (("goes", N_("Go with it")), ("measured", N_("Pull towards it"))), "goes", N_("Which words")
        )
        self.kind.chosen.connect(lambda _kind: self.refresh())
        self._method = Text(self._method_words, role="muted", wrap=True)
        self.rows = QComboBox()
        self.measure_button = Button(N_("Measure"), icon_name="ruler", on_click=self._measure)
        self._measure_line = QWidget()
        measure = row(
            Text(N_("Rows to ask about"), role="muted"),
            self.rows,
            self.measure_button,
            None,
            spacing=SPACE_2,
            parent=self._measure_line,
        )
        measure.setContentsMargins(0, 0, 0, 0)
        self._progress = ProgressRow(N_("Asking with each word left out"), model.stop)
        self._lines = column(spacing=SPACE_2)
        self._more = Button(self._more_words, "link", on_click=self._show_all)
        head = row(Text(N_("Words of each answer"), role="heading"), None, self.kind, self.who, spacing=SPACE_2)
        self.body.addLayout(head)
        self.body.addWidget(self._method)
        self.body.addWidget(self._measure_line)
        self.body.addWidget(self._progress)
        self.body.addLayout(self._lines)
        self.body.addLayout(row(self._more, None))
        model.progressed.connect(self._progress.show_progress)
        self.retranslate()

    @property
    def candidate(self) -> int | None:
        """Id of the candidate on show."""
        return self.who.currentData()

    def retranslate(self) -> None:
        self.who.setAccessibleName(_("Candidate"))
        self.rows.setAccessibleName(_("Rows to ask about"))
        chosen = self.rows.currentData() or ROW_CHOICES[1]
        with QSignalBlocker(self.rows):
            self.rows.clear()
            for count in ROW_CHOICES:
                self.rows.addItem(ngettext("{n} row", "{n} rows", count).format(n=count), count)
            self.rows.setCurrentIndex(self.rows.findData(chosen))
        self.refresh()

    def show_insights(self) -> None:
        """Show what was found of another evaluation."""
        found, known = self._model.found, self.who.currentData()
        told = [each.candidate for each in found.words] if found else []
        told += [each.id for each in self._model.candidates if self._model.measurable(each.id) and each.id not in told]
        with QSignalBlocker(self.who):
            self.who.clear()
            for candidate in told:
                self.who.addItem(self._model.name(candidate), candidate)
            self.who.setCurrentIndex(max(0, self.who.findData(known)))
        if found is not None and not found.words:
            self.kind.show_value("measured")
        show_if(bool(told), self)
        self.refresh()

    def refresh(self) -> None:
        """Show what is there for the candidate that is chosen."""
        found, candidate = self._model.found, self.candidate
        clear(self._lines)
        show_if(False, self._more)
        if found is None or candidate is None:
            return
        self.kind.show_only({"goes", "measured"} if found.words else {"measured"})
        self._method.retranslate()
        measured = self.kind.value == "measured"
        measurable, measuring = self._model.measurable(candidate), self._model.measuring is not None
        show_if(measured and measurable and not measuring, self._measure_line)
        show_if(measured and measuring, self._progress)
        self._progress.stop_button.setEnabled(True)
        if measured:
            weighed = found.weighed_of(candidate)
            if weighed is not None:
                self._fill([self._measured_line(each) for each in weighed.labels])
            elif not measuring:
                words = (
                    N_("Nothing was measured yet. It takes some seconds for each 100 short rows.")
                    if measurable
                    else N_("These answers were recorded elsewhere, so there is no model to ask.")
                )
                self._lines.addWidget(Text(words, role="muted", wrap=True))
        else:
            labels = next((each.labels for each in found.words if each.candidate == candidate), ())
            self._fill([self._line(candidate, each) for each in labels])

    def _fill(self, lines: list[QWidget]) -> None:
        shown = lines if self._all else lines[:_MOST_LABELS]
        for number, line in enumerate(shown):
            if number:
                self._lines.addWidget(Line())
            self._lines.addWidget(line)
        self._hidden = len(lines) - len(shown)
        for line in lines[len(shown) :]:
            line.deleteLater()
        self._more.retranslate()
        show_if(self._hidden > 0, self._more)

    # -- lines -----------------------------------------------------------------------------------------------------

    def _line(self, candidate: int, label: LabelWords) -> QWidget:
        chips = QWidget()
        flow = FlowLayout(chips, spacing=SPACE_1)
        for word in label.words:
            flow.addWidget(
                Chip(
                    plain(f"{word.text}  {word.given}/{word.rows}"),
                    tip=partial(word_words, word),
                    on_click=partial(self._choose, candidate, label.label, word),
                )
            )
        if not label.words:
            flow.addWidget(Text(N_("No word stands out."), role="faint"))
        return self._labelled(candidate, label.label, label.rows, chips)

    def _measured_line(self, label: LabelWeights) -> QWidget:
        badges = QWidget()
        flow = FlowLayout(badges, spacing=SPACE_1)
        for tone, words in (("good", label.towards), ("bad", label.against)):
            for word in words:
                flow.addWidget(_weight(word, tone))
        if not label.towards and not label.against:
            flow.addWidget(Text(N_("No single word counts for much."), role="faint"))
        return self._labelled(self.candidate or 0, label.label, label.rows, badges)

    def _labelled(self, candidate: int, label: str, rows: int, content: QWidget) -> QWidget:
        line = QWidget()
        words = plain(readable(label)) if label else N_("The number")
        name = ElidedText(words, role="strong")
        count = Text(lambda: ngettext("{n} row", "{n} rows", rows).format(n=f"{rows:,}"), role="caption")
        side = QWidget()
        side.setFixedWidth(_LABEL_WIDTH)
        count_row: QWidget = count
        if label and self.kind.value == "goes":
            count_row = Button(
                lambda: ngettext("{n} row", "{n} rows", rows).format(n=f"{rows:,}"),
                "link",
                on_click=partial(self.answer_chosen.emit, candidate, label),
                tip=N_("Show these rows"),
            )
        column(name, row(count_row, None), None, spacing=0, parent=side)
        layout = row(side, content, spacing=SPACE_3, parent=line)
        layout.setStretch(1, 1)
        return line

    def _choose(self, candidate: int, label: str, word: PullingWord) -> None:
        self.word_chosen.emit(candidate, label, word.text)

    def _measure(self) -> None:
        if self.candidate is not None:
            self._model.measure(self.candidate, self.rows.currentData() or ROW_CHOICES[0])

    # -- words -----------------------------------------------------------------------------------------------------

    def _method_words(self) -> str:
        if self.kind.value != "measured":
            return _(WORDS_METHOD)
        found = self._model.found
        weighed = found.weighed_of(self.candidate) if found is not None and self.candidate is not None else None
        if weighed is None:
            return _(WEIGHTS_METHOD)
        measured = ngettext("Measured on {n} row.", "Measured on {n} rows.", weighed.rows)
        return f"{_(WEIGHTS_METHOD)} {measured.format(n=f'{weighed.rows:,}')}"

    def _more_words(self) -> str:
        hidden = getattr(self, "_hidden", 0)
        return ngettext("Show {n} more answer", "Show {n} more answers", hidden).format(n=hidden)

    def _show_all(self) -> None:
        self._all = True
        self.refresh()


def _weight(word: WordWeight, tone: str) -> Badge:
    badge = Badge(plain(f"{word.text}  {word.weight:+.2f}"), tone, partial(weight_words, word))
    badge.setAccessibleName(weight_words(word))
    return badge

"""Why this answer: what each part of the input did, what would change it, and how far to trust that."""

from __future__ import annotations

from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QWidget

from studio.domain.explanation import METHODS, Explanation
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.explain import ExplainModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.explain.considered import ConsideredList
from studio.gui.widgets.explain.figures_table import FiguresTable
from studio.gui.widgets.explain.picture_map import PictureMap
from studio.gui.widgets.explain.shaded_text import ShadedText, stretches_of
from studio.gui.widgets.explain.trust_plot import TrustPlot
from studio.gui.widgets.explain.written_text import WrittenText
from studio.gui.widgets.layouts import clear, column, row, scrolled, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.text import Text
from studio.gui.words import plain
from studio.services.explaining import kind_of
from studio.services.explaining_words import (
    METHOD_HELP,
    METHOD_TITLES,
    leaned_on,
    method_words,
    other_words,
    readable,
    sentences,
    share,
)

_WIDTH = 720
#: Room for a text before it scrolls, and free room around the dialog on the screen.
_TEXT_HEIGHT, _FREE = 150, 60
_LEGENDS = {
    "words": N_("Green speaks for the answer, red against it; the deeper, the more."),
    "search": N_("Green makes the two alike, red unlike; the deeper, the more. Above the query, below the text found."),
    "passages": N_("Words of the question: green leads to this answer, red away from it; the deeper, the more."),
    "picture": N_("Green fields speak for the answer, red ones against it; the deeper, the more."),
    "steps": N_("Yellow words of the answer were unsure. Choose one with the mouse or the arrow keys: below, green "
                "words of the source made it likelier, red ones less likely."),
}  # fmt: skip


class ExplainDialog(QDialog):
    """An explanation of one answer."""

    def __init__(self, model: ExplainModel, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        model.setParent(self)
        self.setWindowTitle(_("Why this answer?"))
        self.setFixedWidth(_WIDTH)
        self._shown: Explanation | None = None
        self._place = -1
        self.methods = SegmentedControl(
            [(method, METHOD_TITLES[method]) for method in METHODS], model.method, N_("How it is explained")
        )
        self.methods.show_only(model.methods)
        self.methods.chosen.connect(model.choose)
        self._method_help = Text(role="caption", wrap=True)
        self._answer = Text(role="heading", wrap=True, selectable=True)
        self.written = WrittenText()
        self.written.chosen.connect(self._look_at)
        self._looked_at = Text(wrap=True, selectable=True)
        self.text = ShadedText()
        self.picture = PictureMap()
        self.picture.chosen.connect(self._look_at)
        self._legend = Text(role="caption", wrap=True)
        self._progress = ProgressRow(N_("Asking with each part left out"), model.stop)
        self._problem = column()
        self.considered = ConsideredList()
        self.figures = FiguresTable()
        self.figures.chosen.connect(self._look_at)
        self._trust = Text(N_("Does it hold?"), role="strong")
        self.trust = TrustPlot()
        self._said = Text(wrap=True, selectable=True)
        self._verdict = Text(wrap=True, selectable=True)
        self._method = Text(role="caption", wrap=True)
        self.keep_button = Button(N_("Keep for the report"), icon_name="push-pin", on_click=model.keep_found)
        self.close_button = Button(N_("Close"), on_click=self.reject)
        self._content = QWidget()
        on_picture = kind_of(model.task) == "picture"
        # Numbers stand beside a picture, and below a text.
        looked = (
            row(self.picture, column(self._looked_at, self.figures, None, spacing=SPACE_3), spacing=SPACE_4)
            if on_picture
            else self._looked_at
        )
        self._body = column(
            self._answer,
            self.written,
            looked,
            self.text,
            self._legend,
            self.considered,
            *([] if on_picture else [self.figures]),
            self._said,
            self._trust,
            self._verdict,
            self.trust,
            self._method,
            None,
            spacing=SPACE_3,
            margins=(SPACE_4, SPACE_1, SPACE_4, SPACE_2),
            parent=self._content,
        )
        self._area = scrolled(self._content)
        head = column(
            Text(N_("Why this answer?"), role="title"),
            Text(plain(title), role="muted"),
            row(self.methods, self._method_help, spacing=SPACE_3),
            self._progress,
            self._problem,
            spacing=SPACE_3,
            margins=(SPACE_4, SPACE_4, SPACE_4, SPACE_2),
        )
        buttons = row(self.keep_button, None, self.close_button, margins=(SPACE_4, SPACE_2, SPACE_4, SPACE_4))
        self._layout = column(head, self._area, buttons, spacing=0, parent=self)
        self._layout.setStretch(1, 1)
        self._head = head
        # What is only read must not look like a field to type into.
        self.close_button.setFocus()
        model.changed.connect(self._show)
        model.start()
        self._show()

    def _show(self) -> None:
        model = self.model
        found = model.found
        show_if(len(model.methods) > 1, self.methods)
        show_if(len(model.methods) > 1, self._method_help)
        self.methods.show_value(model.method)
        self._method_help.say(METHOD_HELP[model.method])
        show_if(model.running, self._progress)
        if model.running:
            self._progress.show_progress(model.share or None)
        clear(self._problem)
        if model.failure is not None:
            self._problem.addWidget(Notice.of(model.failure))
        show_if(model.keep is not None, self.keep_button)
        self.keep_button.setEnabled(found is not None and not model.kept)
        self.keep_button.say(N_("Kept for the report") if model.kept else N_("Keep for the report"))
        if found is None:
            self._show_waiting()
        elif found is not self._shown:
            self._show_found(found)
        self._fit()

    def _show_waiting(self) -> None:
        self._shown = None
        for widget in (
            self._answer, self.written, self._looked_at, self.picture, self._legend, self.considered, self.figures,
            self._said, self._trust, self._verdict, self.trust, self._method,
        ):  # fmt: skip
            show_if(False, widget)
        self.text.show_stretches(self.model.text, ())
        show_if(bool(self.model.text), self.text)
        self.text.fit(_WIDTH - 3 * SPACE_4, _TEXT_HEIGHT)

    def _show_found(self, found: Explanation) -> None:
        self._shown, self._place = found, -1
        steps, picture, check = found.kind == "steps", found.grid is not None, found.faithfulness
        labels = found.kind in {"words", "picture"}
        answer = readable(found.answer) if labels else found.answer or _("no answer")
        self._answer.setText(_score(found) if steps else f"{answer}  ·  {_score(found)}")
        self._legend.say(_LEGENDS[found.kind])
        self.figures.show_figures(found)
        self.considered.show_considered(found.answer, found.considered)
        said = sentences(found)
        # The verdict stands beside its proof.
        self._verdict.setText(said.pop() if check is not None else "")
        self._said.setText("\n".join(said))
        self._method.setText(method_words(found))
        if picture:
            self.picture.show_map(found)
        if check is not None:
            self.trust.show_check(check, found.score)
        for widget, shown in (
            (self._answer, True), (self.written, steps), (self.picture, picture), (self._looked_at, steps or picture),
            (self._legend, True), (self.considered, bool(found.considered)), (self.figures, True),
            (self._said, bool(self._said.text())), (self._trust, check is not None), (self._verdict, check is not None),
            (self.trust, check is not None), (self._method, True), (self.text, not picture),
        ):  # fmt: skip
            show_if(shown, widget)
        if steps and self.close_button.hasFocus():
            # The arrow keys go through the words at once.
            self.written.setFocus()
        self._look_at(-1)

    def _look_at(self, place: int) -> None:
        """Show one word of the answer, or one field of the picture; -1 for the whole."""
        found = self._shown
        if found is None:
            return
        self._place = place
        self.figures.show_place(place)
        if found.grid is not None:
            self.picture.choose(place)
            self._looked_at.setText(self._field(found, place))
        elif found.steps:
            self.written.show_answer(found.answer, found.steps, place)
            self.written.fit(_WIDTH - 3 * SPACE_4, _TEXT_HEIGHT)
            weights = found.steps[place].weights if place >= 0 else found.weights
            self.text.show_stretches(found.text, stretches_of(found.parts, weights))
            self._looked_at.setText(self._word(found, place))
        else:
            self.text.show_explanation(found.text, found)
        self.text.fit(_WIDTH - 3 * SPACE_4, _TEXT_HEIGHT)

    @staticmethod
    def _word(found: Explanation, place: int) -> str:
        if place < 0:
            return _("Below, what the whole answer leaned on. Choose a word above to see its own.")
        step = found.steps[place]
        return _("“{word}” was {share} likely. Could have been: {others}. Leaned on: {words}.").format(
            word=step.text, share=share(step.probability), others=other_words(step), words=leaned_on(found, step) or "–"
        )

    @staticmethod
    def _field(found: Explanation, place: int) -> str:
        if place < 0:
            most = found.parts[found.heaviest[0]].text
            return _("The field that did most is {field}. Letters count from the left, numbers from the top.").format(
                field=most
            )
        weight = found.weights[place]
        words = (
            _("{field}: the score rises by {weight} when it is covered.")
            if weight < 0
            else _("{field}: the score falls by {weight} when it is covered.")
        )
        return words.format(field=found.parts[place].text, weight=f"{abs(weight):.4f}")

    def _fit(self) -> None:
        """As high as the content needs, as far as the screen has room."""
        inner = _WIDTH - SPACE_4
        self._content.ensurePolished()
        self._body.activate()
        self._head.activate()
        wraps = self._head.hasHeightForWidth()
        around = self._head.totalHeightForWidth(_WIDTH) if wraps else self._head.totalSizeHint().height()
        around += self.close_button.sizeHint().height() + SPACE_2 + SPACE_4
        wanted = around + self._body.totalHeightForWidth(inner)
        screen = self.screen()
        most = screen.availableGeometry().height() - _FREE if screen else wanted
        parent = self.parentWidget()
        if parent is not None:
            most = min(most, max(480, parent.window().height() - SPACE_4))
        before = self.frameGeometry()
        self.resize(_WIDTH, min(wanted, most))
        if self.isVisible() and screen is not None:
            # What grows must not grow out of the screen: its buttons are at the end.
            room, frame = screen.availableGeometry(), self.frameGeometry()
            frame.moveCenter(before.center())
            self.move(before.left(), max(room.top(), min(frame.top(), room.bottom() + 1 - frame.height())))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Room for what is said of a word, so that nothing moves from word to word.
        self._looked_at.setMinimumHeight(2 * self._looked_at.fontMetrics().lineSpacing())
        self._fit()

    def reject(self) -> None:
        self.model.stop()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.model.stop()
        super().closeEvent(event)


def _score(found: Explanation) -> str:
    if found.kind == "steps":
        return _("Each of its tokens was {share:.0f} % likely on average").format(share=100 * found.score)
    if found.kind == "search":
        return _("likeness {score:.2f}").format(score=found.score)
    if 0 <= found.score <= 1 and found.answer and not found.answer[0].isdigit():
        return f"{100 * found.score:.0f} %"
    return f"{found.score:.3g}"

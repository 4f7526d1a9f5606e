"""Criteria that were changed after results were there: said openly, since that is how one fools oneself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtWidgets import QFrame, QWidget

from studio.domain.decision import CriterionChange
from studio.domain.i18n import N_, _, language, ngettext
from studio.gui.theme.tokens import ICON_LARGE, SPACE_1, SPACE_2, SPACE_3
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.decide.verdict_cards import criterion_title
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import clear, column, row, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import plain

#: So many of the newest changes are listed.
_LISTED = 20


class ChangesNotice(QFrame):
    """A sentence with the list folded behind it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "notice")
        self.setProperty("tone", "warn")
        self._sentence = Text(wrap=True)
        self.fold = Button(N_("Show the changes"), "link", on_click=self.toggle)
        self._list = QWidget()
        self._lines = column(spacing=SPACE_1, parent=self._list)
        show_if(False, self._list)
        head = row(Icon("warning", ICON_LARGE, "warn"), self._sentence, self.fold, spacing=SPACE_2)
        head.setStretch(1, 1)
        column(head, self._list, spacing=SPACE_2, margins=(SPACE_3, SPACE_2, SPACE_3, SPACE_2), parent=self)

    def show_changes(self, changes: Sequence[CriterionChange], currency: str) -> None:
        """Show these, or nothing where there are none."""
        show_if(bool(changes), self)
        n = len(changes)
        self._sentence.setText(
            ngettext(
                "Criteria were changed after results were there, {n} time. Whoever reads the verdict should know.",
                "Criteria were changed after results were there, {n} times. Whoever reads the verdict should know.",
                n,
            ).format(n=n)
        )
        self.setAccessibleName(self._sentence.text())
        clear(self._lines)
        for change in list(reversed(changes))[:_LISTED]:
            self._lines.addWidget(Text(plain(_words(change, currency)), wrap=True))

    def toggle(self) -> None:
        """Unfold or fold the list."""
        shown = self._list.isHidden()
        show_if(shown, self._list)
        self.fold.say(N_("Hide the changes") if shown else N_("Show the changes"))


def _words(change: CriterionChange, currency: str) -> str:
    when = QLocale(language()).toString(
        QDateTime.fromSecsSinceEpoch(int(change.at.timestamp())), QLocale.FormatType.ShortFormat
    )
    before = criterion_title(change.before, currency) if change.before else ""
    after = criterion_title(change.after, currency) if change.after else ""
    if not before:
        return _("{when}: added: {after}").format(when=when, after=after)
    if not after:
        return _("{when}: removed: {before}").format(when=when, before=before)
    if before == after:
        return _("{when}: weight or minimum rows changed: {after}").format(when=when, after=after)
    return _("{when}: {before} became {after}").format(when=when, before=before, after=after)

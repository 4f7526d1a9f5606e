"""Home: which use case is it about?"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QSize, Qt
from PySide6.QtWidgets import QFrame, QWidget

from studio.domain.i18n import N_, _, language, ngettext
from studio.gui.page import Page
from studio.gui.shell import Shell
from studio.gui.theme.tokens import ICON_LARGE, ICON_SMALL, SPACE_1, SPACE_2, SPACE_3, SPACE_4, SPACE_6
from studio.gui.use_case_icons import icon_of
from studio.gui.viewmodels.home import HomeModel, UseCase
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card, ClickableCard, Line
from studio.gui.widgets.card_grid import CardGrid
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, row, scrolled, show_if
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import Translated, plain
from studio.services.recent import RecentProject


class UseCaseCard(Translated, ClickableCard):
    """One use case: what it does for a product, an example, and how many models are ready."""

    def __init__(self, use_case: UseCase, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_3, margin=SPACE_4 + 2, parent=parent)
        task = use_case.task
        tile = QFrame()
        tile.setProperty("surface", "bubble")
        tile.setFixedSize(QSize(36, 36))
        column(Icon(icon_of(task), ICON_LARGE, "accent_ink"), margins=(8, 8, 8, 8), parent=tile)
        title = Text(task.title, role="heading", wrap=True)
        head = row(tile, title, spacing=SPACE_3)
        head.setStretch(1, 1)
        purpose = Text(task.purpose, role="muted", wrap=True)
        purpose.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(head)
        self.body.addWidget(purpose)
        self.body.addStretch(1)
        if use_case.example:
            self.body.addLayout(
                column(
                    Text(N_("For example"), role="caption"), Example(use_case.example, use_case.answer), spacing=SPACE_1
                )
            )
        self._badge = Badge()
        self.show_ready(use_case.ready)
        go = Text(N_("Try it"), role="note")
        go.setProperty("tone", "accent")
        self.body.addLayout(row(self._badge, None, go, Icon("arrow-right", 14, "accent_ink"), spacing=SPACE_1 + 1))
        self._task = task
        self.retranslate()

    def show_ready(self, ready: int | None) -> None:
        """Show how many models are ready; None while that is not known."""
        show_if(ready is not None, self._badge)
        self._badge.set_tone("good" if ready else "neutral")
        self._badge.say(lambda: _ready_words(ready))

    def retranslate(self) -> None:
        self.setAccessibleName(_(self._task.title))
        self.setAccessibleDescription(_(self._task.purpose))


class RecentRow(ClickableCard):
    """One recent project."""

    def __init__(self, recent: RecentProject, is_open: bool, parent: QWidget | None = None) -> None:
        super().__init__(margin=0, spacing=0, parent=parent)
        self.setProperty("surface", "row")
        self.setEnabled(not recent.missing and not is_open)
        when = QLocale(language()).toString(
            QDateTime.fromSecsSinceEpoch(int(recent.opened.timestamp())), QLocale.FormatType.ShortFormat
        )
        place = N_("kept by the studio") if recent.draft else plain(str(recent.path.parent))
        note = Badge(N_("file not found") if recent.missing else N_("open now"), "warn" if recent.missing else "accent")
        show_if(recent.missing or is_open, note)
        where = ElidedText(place, role="caption", mode=Qt.TextElideMode.ElideMiddle)
        where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = row(
            Icon("file-dotted" if recent.draft else "file", ICON_SMALL),
            Text(plain(recent.name), role="strong"),
            note,
            where,
            Text(plain(when), role="caption"),
            spacing=SPACE_3,
            margins=(SPACE_4, SPACE_2 + 2, SPACE_4, SPACE_2 + 2),
        )
        line.setStretch(3, 1)
        self.body.addLayout(line)
        self.setAccessibleName(recent.name)
        self.setAccessibleDescription(str(recent.path))


class Example(QFrame):
    """What goes in and, below it, what comes out."""

    def __init__(self, text: str, answer: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "quote")
        said = Text(plain(text), wrap=True)
        body = column(said, spacing=SPACE_1, margins=(SPACE_3, SPACE_2, SPACE_3, SPACE_2), parent=self)
        if answer:
            arrow = Icon("arrow-bend-down-right", ICON_SMALL, "accent_ink")
            line = row(arrow, Text(plain(answer), role="strong", wrap=True), spacing=SPACE_2)
            line.setStretch(1, 1)
            line.setAlignment(arrow, Qt.AlignmentFlag.AlignTop)
            body.addLayout(line)


def _ready_words(ready: int | None) -> str:
    if not ready:
        return _("No model yet")
    return ngettext("{n} model ready", "{n} models ready", ready).format(n=ready)


class HomePage(Page):
    """The use cases, and the projects one worked on lately."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._model = HomeModel(shell.background, lambda: shell.library, shell.project, self)
        self._grid = CardGrid(least_width=232, most_columns=3)
        self._recent = Card(margin=0, spacing=0)
        self._recent_head = row(
            Text(N_("Recent projects"), role="heading"),
            None,
            Button(N_("Open a project …"), "ghost", "folder-open", lambda: shell.window_action("project.open")),
        )
        content = QWidget()
        column(
            column(
                Text(N_("What should the feature do?"), role="title"),
                Text(
                    N_("Choose a use case. Models and an example are ready, so the next click compares answers."),
                    role="muted",
                    wrap=True,
                ),
                spacing=SPACE_1,
            ),
            self._grid,
            column(self._recent_head, self._recent, spacing=SPACE_2),
            None,
            spacing=SPACE_6,
            margins=(SPACE_6, SPACE_6, SPACE_6, SPACE_6),
            parent=content,
        )
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(scrolled(content))
        self._cards: dict[str, UseCaseCard] = {}
        for use_case in self._model.use_cases:
            card = self._cards[use_case.task.id] = UseCaseCard(use_case)
            card.clicked.connect(lambda _checked=False, task_id=use_case.task.id: shell.navigation.open_task(task_id))
        self._grid.show_cards(list(self._cards.values()))
        self._model.use_cases_changed.connect(self._show_ready)
        self._model.recent_changed.connect(self._show_recent)
        shell.project.opened.connect(self._on_project)
        self._show_recent()

    def arrive(self) -> None:
        super().arrive()
        self._model.refresh()

    def retranslate(self) -> None:
        self._show_recent()

    def _on_project(self) -> None:
        # Which one is marked as open changes with it.
        self._show_recent()
        self._model.refresh()

    def _show_ready(self) -> None:
        for use_case in self._model.use_cases:
            self._cards[use_case.task.id].show_ready(use_case.ready)

    def _show_recent(self) -> None:
        while (item := self._recent.body.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for number, recent in enumerate(self._model.recent):
            if number:
                self._recent.body.addWidget(Line())
            made = RecentRow(recent, recent.path == self._open_path())
            made.clicked.connect(lambda _checked=False, path=recent.path: self._shell.project.open(path))
            self._recent.body.addWidget(made)
            # At once: a layout shows what it is given only with the next event, which would flicker.
            made.show()
        if not self._model.recent:
            empty = Text(
                N_("Everything you try is kept in a project by itself. Projects you saved or opened appear here."),
                role="muted",
                wrap=True,
            )
            empty.setContentsMargins(SPACE_4, SPACE_3, SPACE_4, SPACE_3)
            self._recent.body.addWidget(empty)
            empty.show()

    def _open_path(self) -> Path | None:
        session = self._shell.project.session
        return session.path if session else None

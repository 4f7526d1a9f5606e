"""Models that other tools have downloaded into the Hugging Face cache: listed here without copying them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from studio.domain.hub import CachedModel
from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_6
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.layouts import clear, column, row, scrolled
from studio.gui.widgets.models.words import size_words
from studio.gui.widgets.progress_row import ProgressRow
from studio.gui.widgets.text import Badge, ElidedText, Text
from studio.gui.words import plain


class CacheDialog(QDialog):
    """The list.

    Signals:
        link_wanted: A model (its id on the Hub) shall be listed in the library.
    """

    link_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("From the Hugging Face cache"))
        self.resize(620, 480)
        self.buttons: dict[str, Button] = {}
        content = QWidget()
        self._list = column(ProgressRow(N_("Looking into the cache")), None, spacing=SPACE_2, parent=content)
        column(
            Text(N_("From the Hugging Face cache"), role="title"),
            Text(
                N_("Models that other tools downloaded on this computer. They are used where they lie, not copied."),
                role="muted",
                wrap=True,
            ),
            scrolled(content),
            row(None, Button(N_("Close"), "primary", on_click=self.accept)),
            spacing=SPACE_3,
            margins=(SPACE_6,) * 4,
            parent=self,
        )

    def show_models(self, models: Sequence[CachedModel]) -> None:
        """Show what the cache has."""
        clear(self._list)
        self.buttons = {}
        for model in models:
            self._list.addWidget(self._line(model))
        if not models:
            self._list.addWidget(
                EmptyState(
                    "cube",
                    N_("The cache has no models"),
                    N_("What transformers and other tools download appears here."),
                )
            )
        self._list.addStretch(1)

    def show_linked(self, hub_id: str) -> None:
        """A model is in the library now."""
        button = self.buttons.get(hub_id)
        if button is not None:
            button.say(N_("Added"))
            button.setEnabled(False)

    def _line(self, model: CachedModel) -> Card:
        facts = " · ".join(part for part in (", ".join(model.precisions), size_words(model.size_mb)) if part)
        words = column(ElidedText(plain(model.hub_id), role="strong"), Text(plain(facts), role="caption"), spacing=2)
        line = row(words, spacing=SPACE_3)
        line.setStretch(0, 1)
        if model.usable:
            button = Button(N_("Added") if model.linked else N_("Add"), icon_name="" if model.linked else "plus")
            button.setEnabled(not model.linked)
            button.clicked.connect(lambda _checked=False: self.link_wanted.emit(model.hub_id))
            self.buttons[model.hub_id] = button
            line.addWidget(button)
        else:
            line.addWidget(Badge(N_("can't run as it is"), "warn", plain(model.problem)))
        card = Card(margin=SPACE_3)
        card.body.addLayout(line)
        if model.problem:
            card.body.addWidget(Text(plain(model.problem), role="caption", wrap=True))
        card.body.setContentsMargins(SPACE_4, SPACE_3, SPACE_4, SPACE_3)
        return card

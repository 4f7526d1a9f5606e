"""A model that was begun and never finished: continue it, or discard it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.gui.theme.tokens import ICON_LARGE, SPACE_1, SPACE_2, SPACE_3
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.text import Text

if TYPE_CHECKING:
    from studio.services.fine_tuning import Unfinished


class UnfinishedCard(QFrame):
    """One of them."""

    def __init__(
        self,
        begun: Unfinished,
        on_continue: Callable[[Unfinished], object],
        on_discard: Callable[[Unfinished], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", "notice")
        self.setProperty("tone", "accent")
        self.continue_button = Button(N_("Continue"), icon_name="play", on_click=partial(on_continue, begun))
        self.discard_button = Button(N_("Discard"), "link", on_click=partial(on_discard, begun))
        words = column(
            Text(lambda: _("{name} is not finished").format(name=begun.name), role="strong"),
            Text(lambda: _how_far(begun), role="muted", wrap=True),
            spacing=SPACE_1,
        )
        line = row(
            Icon("hourglass-medium", ICON_LARGE, "accent"),
            words,
            self.discard_button,
            self.continue_button,
            spacing=SPACE_2,
            margins=(SPACE_3, SPACE_2, SPACE_3, SPACE_2),
            parent=self,
        )
        line.setStretch(1, 1)


def _how_far(begun: Unfinished) -> str:
    done = max((epoch.number for epoch in begun.epochs), default=0)
    if begun.trained:
        far = _("It has learned; only the conversion is missing.")
    else:
        of = begun.plan.settings.epochs
        far = ngettext("{n} of {of} epochs read.", "{n} of {of} epochs read.", done).format(n=done, of=of)
    when = begun.changed.astimezone().strftime("%Y-%m-%d %H:%M")
    return _("From {data} on {base}, last {when}. {far}").format(data=begun.data, base=begun.base, when=when, far=far)

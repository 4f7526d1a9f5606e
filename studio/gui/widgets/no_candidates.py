"""Try without a candidate: add one, get one, or make one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.empty_state import EmptyState
from studio.gui.widgets.layouts import show_if


class NoCandidates(EmptyState):
    """Says what helps: that depends on whether there is a model for the use case."""

    def __init__(
        self,
        on_add: Callable[[], object],
        on_get: Callable[[], object],
        on_make: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("columns", N_("Add a candidate to compare"), " ", N_("Add a candidate"), self._act, parent)
        self._on_add, self._on_get = on_add, on_get
        self._offered = True
        self.make_button = Button(N_("Make your own"), icon_name="graduation-cap", on_click=on_make)
        self.add_button(self.make_button)
        self.show_ways(True, False)

    def show_ways(self, offered: bool, teachable: bool) -> None:
        """Say what can be done.

        Args:
            offered: Whether there is a model for the use case on this computer.
            teachable: Whether a model for it can be taught.
        """
        self._offered = offered
        show_if(teachable and not offered, self.make_button)
        if offered:
            self.title.say(N_("Add a candidate to compare"))
            self.sentence.say(N_("A candidate is a model with its precision and the device it runs on."))
            self.button.say(N_("Add a candidate"))
        else:
            self.title.say(N_("No model for this use case is on this computer yet"))
            self.sentence.say(
                N_("Get one that suits, or make one from your own examples.")
                if teachable
                else N_("Get one that suits; it is checked and converted before it is used.")
            )
            self.button.say(N_("Get models"))

    def _act(self) -> None:
        (self._on_add if self._offered else self._on_get)()

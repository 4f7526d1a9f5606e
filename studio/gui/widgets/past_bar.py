"""Above a run of the past: which it was, and the ways on from it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.domain.i18n import N_, _
from studio.gui.viewmodels.try_loading import typed_in
from studio.gui.viewmodels.try_model import TryModel
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import row, show_if
from studio.gui.widgets.text import Text

_MOST_CHARACTERS = 80


class PastBar(QWidget):
    """Shown while a run of the past is on show."""

    def __init__(self, model: TryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._words = Text(self._said, role="strong", wrap=True)
        self.use_input = Button(N_("Use this input"), icon_name="arrow-bend-up-left", on_click=model.use_past_input)
        self.go_on = Button(N_("Go on from here"), icon_name="chat-circle", on_click=model.go_on)
        self.back = Button(N_("Back to now"), on_click=model.back_to_now)
        line = row(self._words, self.use_input, self.go_on, self.back, parent=self)
        line.setStretch(0, 1)

    def show_place(self) -> None:
        """Show or hide it, by what is on show."""
        show_if(bool(self._model.past), self)
        show_if(self._model.can_go_on, self.go_on)
        self._words.retranslate()

    def _said(self) -> str:
        model = self._model
        if not model.past or model.task is None:
            return ""
        text = next(iter(typed_in(model.task, model.past[-1].inputs).values()), "")
        shown = text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"
        return _("A past run, as it was: {text}").format(text=" ".join(shown.split()))

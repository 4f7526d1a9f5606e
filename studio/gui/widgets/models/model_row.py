"""A model in the list: its name, what it is allowed for, its size, and whether it will run here."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.viewmodels.models_library import Listed
from studio.gui.widgets.big_button import BigButton
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.models.words import LIGHTS, STATES, name_of, size_words, smallest_fit
from studio.gui.widgets.text import Badge, ElidedText
from studio.gui.words import Translated, plain, said
from studio.services.licences import licence_light


class ModelRow(Translated, BigButton):
    """One model; a click shows it."""

    def __init__(self, listed: Listed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.listed = listed
        model = listed.model
        self.setProperty("surface", "card")
        self.setCheckable(True)
        light = licence_light(model.licence)
        words, tone = STATES[model.state]
        self._state = Badge(words, tone)
        show_if(model.state != "ready", self._state)
        self._light = Badge(light.words, LIGHTS[light.light], light.meaning)
        top = row(ElidedText(plain(name_of(model)), role="strong"), self._state, self._light, spacing=SPACE_2)
        top.setStretch(0, 1)
        facts = ElidedText(self._facts, role="caption")
        column(top, facts, spacing=SPACE_1, margins=(SPACE_3, SPACE_2, SPACE_3, SPACE_2), parent=self)
        self.retranslate()

    def _facts(self) -> str:
        model = self.listed.model
        parts = (", ".join(files.precision for files in model.precisions), size_words(model.size_mb))
        return " · ".join(part for part in (*parts, smallest_fit(self.listed)) if part)

    def retranslate(self) -> None:
        model = self.listed.model
        self.setAccessibleName(f"{name_of(model)}, {said(STATES[model.state][0])}")
        self.setAccessibleDescription(self._facts())

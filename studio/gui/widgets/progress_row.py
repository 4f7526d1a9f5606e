"""A job that takes longer than a second: what it does now, how far it is, and Stop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from studio.domain.i18n import N_, _
from studio.gui.theme.tokens import SPACE_3
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated, Words

_STEPS = 1000


class ProgressRow(Translated, QWidget):
    """Progress of one job."""

    def __init__(
        self, title: Words, on_stop: Callable[[], object] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._fraction: float | None = None
        self._left_s: float | None = None
        self._title = ElidedText(title, role="strong")
        self._stage = ElidedText(role="caption")
        self._figure = Text(role="muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 0)
        self.stop_button = Button(N_("Stop"), icon_name="stop-circle", on_click=self._on_stop)
        self._on_stop_wanted = on_stop
        show_if(on_stop is not None, self.stop_button)
        top = row(self._title, self._figure)
        top.setStretch(0, 1)
        left = column(top, self._bar, self._stage, spacing=5)
        line = row(left, self.stop_button, spacing=SPACE_3, parent=self)
        line.setStretch(0, 1)
        self.retranslate()

    def show_progress(self, fraction: float | None, stage: Words = "", left_s: float | None = None) -> None:
        """How far it is: a share from 0 to 1, or None where it can't be known."""
        self._fraction, self._left_s = fraction, left_s
        self._bar.setRange(0, 0 if fraction is None else _STEPS)
        if fraction is not None:
            self._bar.setValue(round(min(max(fraction, 0.0), 1.0) * _STEPS))
        if stage:
            self._stage.say(stage)
        self.retranslate()

    def retranslate(self) -> None:
        self._bar.setAccessibleName(self._title.text())
        share = "" if self._fraction is None else f"{self._fraction * 100:.0f} %"
        left = "" if self._left_s is None else time_left(self._left_s)
        self._figure.setText(" · ".join(part for part in (share, left) if part))

    def _on_stop(self) -> None:
        self.stop_button.setEnabled(False)
        self._stage.say(N_("Stopping …"))
        if self._on_stop_wanted is not None:
            self._on_stop_wanted()


def time_left(seconds: float) -> str:
    """Time left in words."""
    if seconds < 90:
        return _("{n} s left").format(n=max(1, round(seconds)))
    return _("{n} min left").format(n=round(seconds / 60))

"""Which theme is shown: the user's choice, or the system's while the user leaves it to the system."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from studio.gui.theme.tokens import DARK, LIGHT, Choice, Colours

_current: Colours = LIGHT


def current_colours() -> Colours:
    """The colours in use. What paints itself asks for them each time it paints."""
    return _current


class Theme(QObject):
    """Applies a theme to the application and follows the system.

    Signals:
        changed: Another theme is shown.
    """

    changed = Signal()

    def __init__(self, application: QApplication, choice: Choice = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._application = application
        self._choice: Choice = choice
        self._system_dark = application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        self._apply()
        application.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    @property
    def choice(self) -> Choice:
        """What the user chose."""
        return self._choice

    @property
    def dark(self) -> bool:
        """Whether the dark theme is shown."""
        return current_colours() is DARK

    def choose(self, choice: Choice) -> None:
        """Show this theme at once."""
        self._choice = choice
        self._apply()

    def release(self) -> None:
        """Follow the system no more, when the window closes."""
        self._application.styleHints().colorSchemeChanged.disconnect(self._on_system_changed)

    def _on_system_changed(self, scheme: Qt.ColorScheme) -> None:
        self._system_dark = scheme == Qt.ColorScheme.Dark
        if self._choice == "system":
            self._apply()

    def _apply(self) -> None:
        from studio.gui.theme.palette import palette
        from studio.gui.theme.style import style_sheet

        global _current
        _current = DARK if self._choice == "dark" or (self._choice == "system" and self._system_dark) else LIGHT
        self._application.setPalette(palette(_current))
        self._application.setStyleSheet(style_sheet(_current))
        self.changed.emit()

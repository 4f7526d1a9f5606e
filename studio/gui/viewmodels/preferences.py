"""The user's settings, with a signal when one changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QLocale, QObject, Signal

from studio.domain.errors import Failure, StudioError
from studio.domain.i18n import best_language, set_language
from studio.gui.theme.tokens import Choice
from studio.services.settings import Settings


class Preferences(QObject):
    """Settings for the window.

    Signals:
        changed: A setting (its key) has another value.
        refused: A value could not be used or stored; what was in force stays in force.
    """

    changed = Signal(str)
    refused = Signal(str, Failure)

    def __init__(self, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings or Settings()
        self._settings.on_change(self._on_change)
        self._apply()

    @property
    def settings(self) -> Settings:
        """The settings themselves, for services that take them."""
        return self._settings

    @property
    def folder(self) -> Path:
        """Where the window keeps its own state, such as its place on the screen: beside the settings."""
        return self._settings.file.parent

    @property
    def theme(self) -> Choice:
        """``system``, ``light`` or ``dark``."""
        chosen: Choice = self._settings.value("theme")
        return chosen

    @property
    def language(self) -> str:
        """Code of the language to speak: the user's choice, or the one closest to the system's."""
        chosen = str(self._settings.value("language"))
        if chosen != "system":
            return chosen
        wanted = QLocale.system().uiLanguages()
        return best_language(wanted[0]) if wanted else "en"

    @property
    def reduced_motion(self) -> bool:
        """Whether as little as possible shall move. Qt does not tell what the system asks for, so "system" means no."""
        return bool(self._settings.value("motion") == "reduced")

    def value(self, key: str) -> Any:
        """The value of a setting."""
        return self._settings.value(key)

    def set_value(self, key: str, value: Any) -> None:
        """Choose a value; `changed` or `refused` follows."""
        try:
            self._settings.set(key, value)
        except StudioError as error:
            self.refused.emit(key, Failure.of(error))

    def _on_change(self, key: str) -> None:
        self._apply()
        self.changed.emit(key)

    def _apply(self) -> None:
        self._settings.apply()
        # Qt knows the system's language on every platform, the environment only on some.
        set_language(self.language)

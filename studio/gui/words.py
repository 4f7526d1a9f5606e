"""Words on widgets that follow the language while the window is open.

A widget takes *words*: a message marked with ``N_``, or a function that says the sentence (with ``_``, ``ngettext``
and figures). When the language changes, `speak` lets every widget say its words again. Text that is data (a model's
name, an answer) is no words: set it with ``setText`` or wrap it in `plain`.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from studio.domain.i18n import _, set_language

Words = str | Callable[[], str]


def said(words: Words) -> str:
    """The words in the user's language."""
    if callable(words):
        return words()
    return _(words) if words else ""


def plain(text: str) -> Words:
    """Data as words: shown as it is in every language."""
    return lambda: text


def speak(code: str) -> None:
    """Switch the whole window to another language, now."""
    set_language(code)
    for widget in QApplication.allWidgets():
        if isinstance(widget, Translated):
            widget.retranslate()


class Translated:
    """Mixin for widgets with words of their own; it stands before the Qt class.

    `retranslate` sets every text. The widget calls it once at the end of its ``__init__``, and `speak` whenever the
    language changes. (Qt's ``LanguageChange`` event would do the same, but a ``changeEvent`` in Python is called for
    every change of style and font as well: thousands of times when the theme is switched.)
    """

    def retranslate(self) -> None:
        """Say everything in the current language."""

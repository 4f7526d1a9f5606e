"""Keeps a key out of everything that is shown or stored, also where a server sends it back."""

from __future__ import annotations

from typing import Any

_HIDDEN = "•••"
#: Shorter keys are placeholders ("none", "ollama"): hiding them would mangle ordinary words.
_SHORTEST = 8


def hidden(text: str, key: str) -> str:
    """``text`` without the key."""
    return text.replace(key, _HIDDEN) if len(key) >= _SHORTEST else text


class KeyHider:
    """The same for a text that comes in pieces.

    Args:
        key: What must not be seen.
    """

    def __init__(self, key: str) -> None:
        self._key = key if len(key) >= _SHORTEST else ""
        self._held = ""

    def push(self, piece: str) -> str:
        """What may be shown now that ``piece`` has come: what could be the beginning of the key is held back."""
        if not self._key:
            return piece
        text = hidden(self._held + piece, self._key)
        overlap = next(
            (n for n in range(min(len(text), len(self._key) - 1), 0, -1) if self._key.startswith(text[-n:])), 0
        )
        self._held = text[len(text) - overlap :]
        return text[: len(text) - overlap]

    def finish(self) -> str:
        """What was held back and turned out to be no key."""
        held, self._held = self._held, ""
        return held


def plain(value: Any, key: str, most: int = 2000) -> str:
    """Anything a server said as a short text without the key."""
    return hidden(str(value), key)[:most]

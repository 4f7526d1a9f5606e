"""Reads gettext ``.po`` files, so that a translation needs no build step: what is edited is what is used."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_FIELD = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+(".*")$')


@dataclass(frozen=True)
class Entry:
    """One message of a ``.po`` file.

    Attributes:
        message: What stands in the code (for plurals, the singular).
        plural: The plural that stands in the code; empty where there is none.
        translations: One, or one for each plural form of the language; empty strings where not translated.
        fuzzy: Marked as a guess that a translator must look at.
    """

    message: str
    plural: str = ""
    translations: tuple[str, ...] = ()
    fuzzy: bool = False


@dataclass
class _Draft:
    fields: dict[str, str] = field(default_factory=dict)
    last: str = ""
    fuzzy: bool = False

    def entry(self) -> Entry:
        forms = sorted(name for name in self.fields if name.startswith("msgstr"))
        return Entry(
            self.fields["msgid"],
            self.fields.get("msgid_plural", ""),
            tuple(self.fields[name] for name in forms),
            self.fuzzy,
        )


def read_entries(path: Path) -> list[Entry]:
    """All messages of a ``.po`` file in its order; the first usually is the header, whose message is empty.

    Raises:
        ValueError: A line can't be understood; the message names it.
    """
    entries: list[Entry] = []
    draft = _Draft()

    def close() -> None:
        nonlocal draft
        if "msgid" in draft.fields:
            entries.append(draft.entry())
        draft = _Draft()

    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line:
            close()
        elif line.startswith("#"):
            if any(name.startswith("msgstr") for name in draft.fields):
                close()
            draft.fuzzy = draft.fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif match := _FIELD.match(line):
            name = match[1]
            if name in ("msgctxt", "msgid") and "msgid" in draft.fields:
                close()
            draft.fields[name], draft.last = _unquote(match[2]), name
        elif line.startswith('"') and draft.last:
            draft.fields[draft.last] += _unquote(line)
        else:
            raise ValueError(f"{path.name}, line {number}: {raw!r}")
    close()
    return entries


def _unquote(text: str) -> str:
    value = ast.literal_eval(text)
    if not isinstance(value, str):
        raise ValueError(text)
    return value


class Catalogue:
    """The translations of one language.

    Args:
        entries: See `read_entries`. Those that are fuzzy or not translated are left out, so English shows instead.
    """

    def __init__(self, entries: list[Entry]) -> None:
        self._messages = {
            e.message: e.translations for e in entries if e.message and not e.fuzzy and all(e.translations)
        }
        header = next((e.translations[0] for e in entries if not e.message and e.translations), "")
        rule = re.search(r"plural=([^;\n]+);", header)
        # The standard library's parser of plural rules: it accepts C arithmetic only, nothing that could run.
        self._form: Callable[[int], int] = gettext.c2py(rule[1].strip()) if rule else lambda n: int(n != 1)

    def message(self, message: str) -> str:
        """The translation of ``message``, or itself."""
        found = self._messages.get(message)
        return found[0] if found else message

    def plural(self, singular: str, plural: str, count: int) -> str:
        """The form that the language uses for ``count``."""
        found = self._messages.get(singular)
        if not found:
            return singular if count == 1 else plural
        return found[min(self._form(count), len(found) - 1)]

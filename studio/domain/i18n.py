"""Translation of the sentences that people read.

``_("… {x} …").format(x=x)``: the template is looked up first and filled in afterwards, so that translations can
reorder it. The language can change at any time (`set_language`); it is kept in ``STUDIO_LANGUAGE``, which worker
processes inherit. English stands in the code and needs no catalogue; the others are ``resources/locale/*.po``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from studio.domain.places import resources_folder
from studio.domain.po import Catalogue, read_entries

_VARIABLE = "STUDIO_LANGUAGE"
_OTHER: ContextVar[str] = ContextVar("language", default="")


def languages() -> tuple[str, ...]:
    """Codes of the languages the studio speaks, English first."""
    return ("en", *sorted(path.stem for path in (resources_folder() / "locale").glob("*.po")))


def set_language(code: str) -> None:
    """Speak this language from now on, in this process and in those it starts.

    Args:
        code: One of `languages`; anything else means English.
    """
    os.environ[_VARIABLE] = code if code in languages() else "en"


def language() -> str:
    """Code of the language in use."""
    return _OTHER.get() or os.environ.get(_VARIABLE) or "en"


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak another language within the block, on this thread only: for a report in the language of its readers.

    Args:
        code: One of `languages`; empty changes nothing.
    """
    token = _OTHER.set(code)
    try:
        yield
    finally:
        _OTHER.reset(token)


def best_language(wanted: str) -> str:
    """The language of `languages` that comes closest to a locale's name such as ``"zh-Hans-CN"`` or ``"de_DE"``."""
    name = wanted.replace("-", "_").partition(".")[0]
    known = languages()
    if name in known:
        return name
    base = name.partition("_")[0].lower()
    return next((code for code in known if code.partition("_")[0] == base), "en")


def system_language() -> str:
    """The language of the system, as far as its environment tells."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"):
        if os.environ.get(variable):
            return best_language(os.environ[variable].partition(":")[0])
    import locale

    return best_language(locale.getlocale()[0] or "en")


@lru_cache(maxsize=8)
def _catalogue(code: str) -> Catalogue | None:
    path = resources_folder() / "locale" / f"{code}.po"
    return Catalogue(read_entries(path)) if path.is_file() else None


def _(message: str) -> str:
    """``message`` in the user's language."""
    code = language()
    if code == "en":
        return message
    catalogue = _catalogue(code)
    return catalogue.message(message) if catalogue else message


def ngettext(singular: str, plural: str, count: int) -> str:
    """The sentence for ``count`` things in the user's language: ``ngettext("{n} model", "{n} models", n)``."""
    catalogue = _catalogue(language())
    if catalogue is None:
        return singular if count == 1 else plural
    return catalogue.plural(singular, plural, count)


def N_(message: str) -> str:
    """Mark a string of a declaration for translation; it is translated where it is shown, with `_`."""
    return message

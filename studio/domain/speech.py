"""What a speech model makes of the choice of a language; the same whoever computes."""

from __future__ import annotations

from collections.abc import Iterable

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.languages import find_language, listed, match_code
from studio.domain.running import Options


def chosen_language(options: Options, offered: Iterable[str]) -> str | None:
    """The model's code of the language that was asked for; None where it is to be heard, or there is no choice.

    Args:
        options: Values of the task's options.
        offered: The model's codes; empty for a model of one language.

    Raises:
        InputError: The model does not know it.
    """
    wanted, codes = options.get("language"), tuple(offered)
    if not wanted or not codes:
        return None
    code = match_code(wanted, codes)
    if code is None:
        named = [code for code in codes if find_language(code)] or list(codes)
        raise InputError(
            _("The model does not know the language {name!r}.").format(name=wanted),
            _("It knows: {names}.").format(names=listed(sorted(named))),
        )
    return code


def one_language_notice(options: Options) -> tuple[str, ...]:
    """What to say where a language or a translation was asked of a model that knows one language only."""
    if not options.get("language") and not options.get("translate"):
        return ()
    return (_("This model writes down one language only, so the choice of language was left out."),)

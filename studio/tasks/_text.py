"""What tasks that read one text have in common."""

from __future__ import annotations

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.running import Inputs


def check_text(inputs: Inputs) -> None:
    """Refuse a text that has nothing in it.

    Raises:
        InputError: It is no text, empty, or made of spaces and invisible characters only.
    """
    text = inputs.get("text")
    if not isinstance(text, str):
        raise InputError(_("There is no text."), _("Type or paste one."))
    if not any(c.isprintable() and not c.isspace() for c in text):
        raise InputError(_("The text is empty."), _("Type or paste one."))

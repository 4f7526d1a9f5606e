"""What may stand in a text from outside and in no text that a model reads."""

from __future__ import annotations

import re

_REPLACEMENT = "\ufffd"
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """``text`` with lone surrogates, which have no UTF-8 form, replaced by U+FFFD."""
    return _SURROGATE.sub(_REPLACEMENT, text)

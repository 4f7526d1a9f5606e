"""Text on its way into a spreadsheet: a cell that a program would take for a formula is made plain."""

from __future__ import annotations

#: What spreadsheet programs begin a formula with; a tab or a return in front does not stop them.
_STARTS = ("=", "+", "-", "@")


def neutral(text: str) -> str:
    """``text`` with an apostrophe in front where a spreadsheet program could run it; numbers stay numbers."""
    lead = text.lstrip("\t\r\n \u00a0\ufeff")
    if not lead.startswith(_STARTS):
        return text
    try:
        float(lead)
    except ValueError:
        return "'" + text
    return text

"""Text on slides: colours, the Chinese font, and about how wide and how long it is."""

from __future__ import annotations

import unicodedata
from typing import Any

TONES = {"good": "176B3A", "warn": "8A5200", "bad": "B3261E", "muted": "5B6274", "": "1C2030"}
_CHINESE = "Microsoft YaHei"
#: Characters of a text that are measured.
_LOOKED_AT = 320


def east_asian(run: Any) -> None:
    """Name the font for Chinese: without it, PowerPoint may take one with Japanese shapes."""
    from lxml import etree
    from pptx.oxml.ns import qn

    properties = run._r.get_or_add_rPr()
    element = properties.find(qn("a:ea"))
    if element is None:
        element = etree.SubElement(properties, qn("a:ea"))
    element.set("typeface", _CHINESE)


def wide(text: str) -> int:
    """How many half-width characters it takes: a Chinese one counts twice."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text[:_LOOKED_AT])


def cut(text: str, most: int) -> str:
    """At most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"

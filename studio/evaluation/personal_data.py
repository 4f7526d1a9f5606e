"""Hints of personal data: e-mail addresses, telephone numbers, payment cards. A hint, no proof: people decide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["email", "phone", "card"]

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
#: Digits as they stand in a telephone or card number, with what people put between them.
_DIGITS = re.compile(r"(?<![\w.])\+?\(?\d(?:[\d ().\-/]{6,24})\d(?!\w)")
_SEPARATED = re.compile(r"[ ().\-/]")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[./]\d\d?[./]\d{2,4}")


def hints(text: str) -> Iterator[Kind]:
    """What in a text may be personal data, once for each place."""
    if "@" in text:
        for _found in _EMAIL.finditer(text):
            yield "email"
    for found in _DIGITS.finditer(text):
        written = found.group()
        digits = "".join(c for c in written if c.isdigit())
        if 13 <= len(digits) <= 19 and is_card(digits):
            yield "card"
        elif 8 <= len(digits) <= 15 and not _DATE.fullmatch(written.strip()) and _like_phone(written, digits):
            yield "phone"


def is_card(digits: str) -> bool:
    """Whether digits are a payment card's number: its last digit checks the others (Luhn, ISO/IEC 7812-1)."""
    if digits[0] not in "23456" or len(set(digits)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _like_phone(written: str, digits: str) -> bool:
    """Order numbers are plain digits; a telephone number has a plus, a zero in front, or is written in groups.

    Chinese mobile numbers are plain: eleven digits that begin with 13 to 19.
    """
    if written.startswith("+") or (digits.startswith("0") and len(digits) >= 9):
        return True
    if len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789":
        return True
    return len(_SEPARATED.findall(written)) >= 2 and len(digits) >= 9

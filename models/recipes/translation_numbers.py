"""More numbers than the pairs have: number words become digits on both sides, and templates hold dates and prices.

Only one pair in a hundred has digits on both sides, too few to learn that they are carried over as they are.
"""

from __future__ import annotations

import csv
import random
import re
from calendar import month_name
from pathlib import Path

from translation_data import Pair
from translation_names import GROUPS

_WORDS = {
    "two": "两", "three": "三", "four": "四", "five": "五", "six": "六", "seven": "七", "eight": "八", "nine": "九",
    "ten": "十", "twenty": "二十", "thirty": "三十", "fifty": "五十",
}  # fmt: skip
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b(?!-)", re.IGNORECASE)
#: Before or after these a numeral is part of a weekday, a month, an ordinal, an idiom or a larger number.
_NOT_AFTER, _NOT_BEFORE = "期周拜第十百千零一二三四五六七八九几", "十百千万亿月零一二三四五六七八九分来"


def with_digits(pair: Pair, chance: random.Random, rate: float = 0.5) -> Pair:
    """The pair with a number in digits where both sides write the same one in a word.

    Args:
        pair: A sentence pair.
        chance: Where the choices come from.
        rate: How often a pair that can be changed is.
    """
    words = _WORD.findall(pair.en)
    if len(words) != 1 or chance.random() >= rate:
        return pair
    numeral = re.compile(f"(?<![{_NOT_AFTER}]){_WORDS[words[0].lower()]}(?![{_NOT_BEFORE}])")
    if len(numeral.findall(pair.zh)) != 1:
        return pair
    most = 12 if "o'clock" in pair.en else chance.choice((12, 60, 99, 99, 999))
    number = str(chance.randint(2, most))
    return Pair(_WORD.sub(number, pair.en), numeral.sub(number, pair.zh))


class Templates:
    """Sentences of our own with places for numbers, times, dates, prices, names and cities."""

    def __init__(self) -> None:
        with Path(__file__).with_name("translation_templates.tsv").open(encoding="utf-8", newline="") as file:
            self._pairs = [Pair(row["en"], row["zh"]) for row in csv.DictReader(file, delimiter="\t")]

    def __call__(self, chance: random.Random) -> Pair:
        """One of them, filled in by chance."""
        pair = chance.choice(self._pairs)
        english, chinese = self._values(chance)
        return Pair(pair.en.format(**english), pair.zh.format(**chinese))

    @staticmethod
    def _values(chance: random.Random) -> tuple[dict[str, str], dict[str, str]]:
        """Values for every place, in English and in Chinese."""
        month, day = chance.randint(1, 12), chance.randint(1, 31)
        name, name_zh = chance.choice(list({**GROUPS[0], **GROUPS[1]}.items()))
        city, city_zh = chance.choice(list(GROUPS[2].items()))
        same = {
            "n": str(chance.randint(2, 99)),
            "big": str(chance.randint(100, 99999)),
            "hour": str(chance.randint(1, 12)),
            "time": f"{chance.randint(1, 12)}:{chance.randint(0, 59):02}",
            "year": str(chance.randint(1900, 2035)),
            "price": f"{chance.randint(1, 999)}.{chance.randint(0, 99):02}",
            "percent": str(chance.randint(1, 100)),
        }
        english = {**same, "date": f"{month_name[month]} {day}", "name": name, "city": city}
        return english, {**same, "date": f"{month}月{day}日", "name": name_zh, "city": city_zh}

"""Reads the sentence pairs, writes them one way, and shows them with other numbers, names and places.

A model that has seen 21,000 sentences knows few names and fewer numbers. Where the same one stands on both sides,
training replaces it on both sides, so that what is learned is to carry it over.
"""

from __future__ import annotations

import csv
import random
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from card import Data
from translation_names import DAY_PREFIXES, DAYS, GROUPS, MONTHS, SPELLINGS

ABOUT = Data(
    "tatoeba via manythings.org/anki",
    "https://github.com/ekinakyurek/lexical (sentence pairs of tatoeba.org)",
    "CC BY 2.0 FR",
    "Sentences by tatoeba.org contributors, each named in the data; converted to simplified characters with OpenCC's "
    "table (Apache-2.0).",
)
_FOLDER = "translation-en-zh"
_HAN = re.compile(r"[\u3400-\u9fff]")
_WIDE = str.maketrans("?!,;:()", "？！，；：（）")
_PLAIN = str.maketrans("’‘“”，。？！：；（）", "''\"\",.?!:;()")
_NAME = re.compile(r"\b[A-Z][a-z]+\b")
_NUMBER = re.compile(r"(?<![\d.,:])\d+(?![\d.,:]*\d)")


@dataclass(frozen=True)
class Pair:
    """One sentence in both languages."""

    en: str
    zh: str


class Simplifier:
    """Traditional characters to simplified ones, character by character."""

    def __init__(self, table: Path) -> None:
        lines = table.read_text(encoding="utf-8").splitlines()
        pairs = (line.split("\t") for line in lines if line.strip() and not line.startswith("#"))
        self._map = str.maketrans({old: new.split(" ")[0] for old, new in pairs if len(old) == 1})

    def __call__(self, text: str) -> str:
        return text.translate(self._map)


def chinese(text: str, simplify: Simplifier) -> str:
    """Chinese written one way: simplified, full-width marks, no spaces between characters, one spelling of a name."""
    text = simplify(text.replace("\u200b", "").strip())
    text = "".join(chr(ord(c) - 0xFEE0) if "０" <= c <= "９" or "Ａ" <= c <= "ｚ" else c for c in text)
    for old, new in SPELLINGS.items():
        text = text.replace(old, new)
    if _HAN.search(text):
        # Numbers keep their own comma, colon and point: 3:30, 1,000, 2.5.
        text = re.sub(r"(?<!\d)[,:;?!()]|[,:;?!()](?!\d)", lambda match: match[0].translate(_WIDE), text)
        text = re.sub(r"(?<=[\u3400-\u9fff])\.(?=$|[\u3400-\u9fff”」\"])", "。", text)
        text = re.sub(r"(?<=[\u3400-\u9fff，。？！]) +| +(?=[\u3400-\u9fff，。？！])", "", text)
    return text.replace("「", "“").replace("」", "”").replace("‘", "“").replace("’", "”")


def english(text: str) -> str:
    """English with plain quotation marks and single spaces."""
    return re.sub(r"\s+", " ", text.translate(_PLAIN)).strip()


def read_pairs(data: Path, split: str) -> list[Pair]:
    """The pairs of one split, written one way on both sides."""
    folder = data / _FOLDER
    simplify = Simplifier(folder / "traditional-to-simplified.txt")
    with (folder / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        rows = [Pair(english(row["en"]), chinese(row["zh"], simplify)) for row in csv.DictReader(file)]
    return [row for row in rows if row.en and row.zh]


def varied(pair: Pair, chance: random.Random, rate: float = 0.4, read: Literal["en", "zh"] = "en") -> Pair:
    """The pair with other numbers, names, places, days and months, each where both sides hold it.

    Now and then the sentence that is read lacks its full stop, as what people type does.

    Args:
        pair: A sentence pair.
        chance: Where the choices come from.
        rate: How often something that could be replaced is.
        read: The language that the model reads.
    """
    pair = _other_numbers(pair, chance, rate)
    for name in _NAME.findall(pair.en):
        if chance.random() < rate:
            pair = _other_name(pair, name, chance)
    if chance.random() < 0.1:
        pair = replace(pair, en=pair.en.rstrip(". ")) if read == "en" else replace(pair, zh=pair.zh.rstrip("。 "))
    return pair


def _other_numbers(pair: Pair, chance: random.Random, rate: float) -> Pair:
    for number in dict.fromkeys(_NUMBER.findall(pair.en)):
        at = re.compile(rf"(?<!\d){number}(?!\d)")
        if len(at.findall(pair.en)) == len(at.findall(pair.zh)) == 1 and chance.random() < max(rate, 0.7):
            # A year stays a year, a small number stays small enough for hours and ages.
            low, high = (
                (1900, 2030) if 1900 <= int(number) <= 2030 else (10 ** (len(number) - 1), 10 ** len(number) - 1)
            )
            new = str(chance.randint(max(2, low), min(high, 12) if len(number) == 1 else high))
            pair = Pair(at.sub(new, pair.en), at.sub(new, pair.zh))
    return pair


def _other_name(pair: Pair, name: str, chance: random.Random) -> Pair:
    if name in DAYS:
        for prefix in DAY_PREFIXES:
            if pair.zh.count(prefix + DAYS[name]) == 1:
                other = chance.choice(list(DAYS))
                return _swapped(pair, name, prefix + DAYS[name], other, prefix + DAYS[other])
    if name in MONTHS and re.search(rf"(?<!十){MONTHS[name]}", pair.zh):
        other = chance.choice(list(MONTHS))
        return _swapped(pair, name, MONTHS[name], other, MONTHS[other])
    for group in GROUPS:
        if name in group:
            other = chance.choice(list(group))
            for written in (group[name], name):
                if written in pair.zh and other not in pair.en:
                    return _swapped(pair, name, written, other, group[other])
    return pair


def _swapped(pair: Pair, en: str, zh: str, new_en: str, new_zh: str) -> Pair:
    return Pair(re.sub(rf"\b{en}\b", new_en, pair.en), pair.zh.replace(zh, new_zh))

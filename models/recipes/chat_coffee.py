"""Orders at the coffee bar: read from the data set's dialogues or made up, and repeated in the assistant's words."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chat_replies import read

_NUMBERS = ("", "one", "two", "three", "four")
_ICED = {"cold brew", "hot chocolate", "steamer", "espresso"}


@dataclass(frozen=True)
class Order:
    """A drink as it was ordered; what was not said is empty."""

    drink: str
    quantity: int = 1
    size: str = ""
    shots: str = ""
    decaf: bool = False
    iced: bool = False
    milk: str = ""
    sweetener: str = ""
    extra_foam: bool = False
    to_go: bool = False

    def repeated(self) -> str:
        """The order in the assistant's words, always in the same manner."""
        words = [
            _NUMBERS[self.quantity],
            self.size,
            self.shots,
            "decaf" if self.decaf else "",
            "iced" if self.iced else "",
        ]
        text = " ".join([*filter(None, words), _many(self.drink, self.quantity)])
        with_what = [part for part in (self.milk, self.sweetener, "extra foam" if self.extra_foam else "") if part]
        if with_what:
            text += " with " + (", ".join(with_what[:-1]) + " and " if len(with_what) > 1 else "") + with_what[-1]
        return text + (" to go" if self.to_go else "")


def _many(drink: str, quantity: int) -> str:
    return drink if quantity == 1 else drink + ("es" if drink.endswith("s") else "s")


@dataclass(frozen=True)
class Menu:
    """What the bar has, and how customers call it."""

    drinks: tuple[str, ...]
    spellings: Mapping[str, str]
    milks: tuple[str, ...]
    sweeteners: tuple[str, ...]
    sizes: tuple[str, ...]
    shots: tuple[str, ...]
    small_words: frozenset[str]
    talk: Mapping[str, Any] = field(repr=False)

    @classmethod
    def open(cls) -> Menu:
        """The menu in ``chat_replies/coffee.yml``."""
        talk = read("coffee")
        menu = talk["menu"]
        lists = (tuple(menu[name]) for name in ("drinks", "milks", "sweeteners", "sizes", "shots"))
        drinks, milks, sweeteners, sizes, shots = lists
        small_words = frozenset(menu["small_words"].split())
        return cls(drinks, menu["spellings"], milks, sweeteners, sizes, shots, small_words, talk)

    def made_up(self, chance: random.Random) -> Order:
        """An order that some customer might place."""
        drink = chance.choice(self.drinks)
        tea = "tea" in drink
        return Order(
            drink,
            chance.choice((1, 1, 1, 1, 2, 2, 3)),
            chance.choice(("", "", "", *self.sizes)),
            "" if tea else chance.choice(("", "", "", "", "", *self.shots)),
            chance.random() < 0.12,
            drink not in _ICED and chance.random() < 0.15,
            "" if chance.random() < 0.45 else chance.choice(self.milks),
            "" if chance.random() < 0.65 else chance.choice(self.sweeteners),
            not tea and chance.random() < 0.06,
            chance.random() < 0.25,
        )

    def said(self, order: Order, chance: random.Random) -> str:
        """An order in one customer's words."""
        many = order.quantity > 1
        count = (
            chance.choice((str(order.quantity), _NUMBERS[order.quantity]))
            if many
            else chance.choice(("a", "one", "a", ""))
        )
        front = [order.size, order.shots, chance.choice(("decaf", "decaffeinated")) if order.decaf else ""]
        front.append("iced" if order.iced else "")
        behind = []
        if order.milk:
            if chance.random() < 0.45:
                front.append(chance.choice((order.milk, order.milk.removesuffix(" milk"))))
            else:
                behind.append(order.milk)
        if order.sweetener:
            if chance.random() < 0.3:
                front.insert(chance.randrange(len(front) + 1), order.sweetener)
            else:
                behind.append(chance.choice(("", "", "", "some ", "a pump of ")) + order.sweetener)
        if order.extra_foam:
            behind.append("extra foam")
        chance.shuffle(behind)
        drink = order.drink
        other = [spelling for spelling, meant in self.spellings.items() if meant == drink]
        if other and chance.random() < 0.3:
            drink = chance.choice(other)
        text = " ".join(filter(None, [count, *front, _many(drink, order.quantity)]))
        text = re.sub(r"\ba (?=[aeiou])", "an ", text)
        if behind:
            text += " with " + " and ".join(behind)
        return text + (chance.choice((" to go", ", to go", " to go", " for takeaway")) if order.to_go else "")

    def understood(self, message: str) -> Order | None:
        """The order in a customer's message; None where it holds several drinks or words that are on no menu."""
        rest = (
            " "
            + re.sub(
                r"[^a-z0-9' -]", " ", message.lower().replace("sugar free", "sugar-free").replace("nonfat", "non-fat")
            )
            + " "
        )
        names = sorted(
            {**{drink: drink for drink in self.drinks}, **self.spellings}.items(), key=lambda item: -len(item[0])
        )
        found: list[str] = []
        for name, drink in names:
            rest, count = re.subn(rf"\b{re.escape(name)}(es|s)?\b", " ", rest)
            found += [drink] * count
        if len(found) != 1 or "%" in message or re.search(r"\b(one|1)\b.*\b(other|and (one|1|two|2|another))\b", rest):
            return None
        rest, quantity = self._taken_number(rest)
        rest, milk = _taken(
            rest, {**{m: m for m in self.milks}, **{m.removesuffix(" milk"): m for m in self.milks}, "soya": "soy milk"}
        )
        rest, sweetener = _taken(rest, {s: s for s in self.sweeteners})
        rest, size = _taken(rest, {s: s for s in self.sizes})
        rest, shots = _taken(rest, {s: s for s in self.shots})
        rest, decaf = _taken(rest, dict.fromkeys(("decaffeinated", "decaf"), "decaf"))
        rest, iced = _taken(rest, dict.fromkeys(("iced", "over ice", "ice"), "iced"))
        rest, foam = _taken(rest, {"extra foam": "foam"})
        rest, to_go = _taken(rest, dict.fromkeys(("to go", "takeaway", "take away", "to-go"), "go"))
        if set(rest.split()) - self.small_words:
            return None
        return Order(found[0], quantity, size, shots, bool(decaf), bool(iced), milk, sweetener, bool(foam), bool(to_go))

    @staticmethod
    def _taken_number(text: str) -> tuple[str, int]:
        for word, number in (("two", 2), ("2", 2), ("three", 3), ("3", 3), ("four", 4), ("4", 4)):
            text, count = re.subn(rf"\b{word}\b", " ", text, count=1)
            if count:
                return text, number
        return text, 1

    def changed(self, order: Order, chance: random.Random) -> tuple[str, Order]:
        """What a customer says who wants it otherwise, and the order that results."""
        milk, sweetener, size = chance.choice(self.milks), chance.choice(self.sweeteners), chance.choice(self.sizes)
        number = 2 if order.quantity != 2 else 3
        return chance.choice(
            (
                (chance.choice((f"with {milk}", f"make it with {milk}", f"{milk} please")), replace(order, milk=milk)),
                (chance.choice((f"add {sweetener}", f"with {sweetener} please")), replace(order, sweetener=sweetener)),
                (chance.choice((f"make it a {size} one", f"{size} please")), replace(order, size=size)),
                (
                    chance.choice((f"make it {_NUMBERS[number]}", f"{_NUMBERS[number]} of them")),
                    replace(order, quantity=number),
                ),
                (chance.choice(("to go please", "make it to go", "and to go")), replace(order, to_go=True)),
                (chance.choice(("decaf please", "make that decaf")), replace(order, decaf=True)),
            )
        )


def _taken(text: str, words: Mapping[str, str]) -> tuple[str, str]:
    """The first of these that a text holds, and the text without it."""
    for word in sorted(words, key=len, reverse=True):
        text, count = re.subn(rf"\b{re.escape(word)}\b", " ", text, count=1)
        if count:
            return text, words[word]
    return text, ""

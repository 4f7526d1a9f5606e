"""How customers really type: small letters, slips of the finger, missing words, a hello in front."""

from __future__ import annotations

import random
import re

from entities import ACCOUNT, AMOUNT, CITY, COUNTRY, PERSON, new_value

#: Stands for what a message names while the rest of it is changed.
SLOT = "\ue000"
_ACCOUNTS = ("Pro", "Premium", "Gold", "Platinum", "Standard", "Freemium", "free")
_STARTS = (
    "hi, |hello, |hey, |hi |hello |good morning, |hello! |Hi! |please |sorry, |excuse me, |hey there, |so, "
    "|quick question: "
)
_ENDS = " please| thanks|, please|, thanks|, thank you| asap| quickly|!|?|.| now"
_CONSONANTS, _VOWELS = "bcdfghjklmnprstvwz", "aeiou"


def fresh_value(kind: str, old: str, chance: random.Random) -> str:
    """A value that training has rarely shown, so that the model has to copy it; often a name that nobody has."""
    if kind == ACCOUNT:
        return chance.choice(_ACCOUNTS) if chance.random() < 0.7 else old or "Pro"
    if kind in (CITY, COUNTRY, PERSON) and chance.random() < 0.4:
        title = chance.choice(("Mr. ", "Ms. ", "Mrs. ", "")) if kind == PERSON else ""
        return title + _invented(chance)
    if kind == AMOUNT and chance.random() < 0.15:
        return f"{chance.randint(3, 400)}.{chance.randint(0, 99):02d}"
    return new_value(kind, old, chance)


def _invented(chance: random.Random) -> str:
    name = "".join(chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(chance.randint(1, 3)))
    return (name + chance.choice(_CONSONANTS + " ")).strip().capitalize()


def noisy(message: str, chance: random.Random) -> str:
    """A message as another customer might have typed it. `SLOT` stays whole."""
    if chance.random() < 0.10:
        message = chance.choice(_STARTS.split("|")) + message
    if chance.random() < 0.10:
        message = message.rstrip(".?! ") + chance.choice(_ENDS.split("|"))
    if chance.random() < 0.20:
        message = message.rstrip(".?! ")
    if chance.random() < 0.06:
        message = _without_a_word(message, chance)
    for _ in range(chance.choice((0, 0, 0, 0, 0, 1, 1, 2))):
        message = _slip(message, chance)
    dice = chance.random()
    if dice < 0.35:
        return message.lower()
    return message.upper() if dice < 0.365 else message


def _without_a_word(message: str, chance: random.Random) -> str:
    words = message.split(" ")
    if len(words) < 5:
        return message
    at = chance.randrange(len(words))
    return message if SLOT in words[at] else " ".join(words[:at] + words[at + 1 :])


def _slip(message: str, chance: random.Random) -> str:
    """One letter left out, doubled, swapped with the next or mistyped."""
    places = [found.start() for found in re.finditer(r"[A-Za-z](?=[a-z])", message)]
    if len(places) < 6:
        return message
    at = chance.choice(places)
    one, two = message[at], message[at + 1]
    mistyped = chance.choice(("", one + one, two + one, chance.choice("abcdefghijklmnopqrstuvwxyz")))
    return message[:at] + mistyped + message[at + (2 if mistyped == two + one else 1) :]

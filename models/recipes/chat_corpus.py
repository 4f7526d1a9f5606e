"""Conversations for the assistants: customers' messages from the data sets, and the replies written for them.

Every conversation is made up anew, with other numbers, names, slips and follow-ups, so there is no end of them. They
are built of scenes: a support request with what follows from it, a coffee order, or some talk.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chat_coffee import Menu
from chat_noise import SLOT, fresh_value, noisy
from chat_replies import Case, read, read_intents
from chat_smalltalk import read_smalltalk
from data import CLINC150, SUPPORT, Row, read_rows
from entities import ACCOUNT, CITY, INVOICE, ORDER, PERSON

#: How many messages of each intent the check uses; they are the data set's validation rows, filled up from training.
CHECKED = 50
#: CLINC150 labels that are answered like one of the topics of ``talk.yml``.
_TOPICS = {
    "greeting": "greeting",
    "goodbye": "goodbye",
    "thank_you": "thanks",
    "what_can_i_ask_you": "help",
    "are_you_a_bot": "who",
    "what_is_your_name": "who",
    "who_made_you": "who",
    "who_do_you_work_for": "who",
    "how_old_are_you": "feelings",
    "where_are_you_from": "feelings",
    "what_are_your_hobbies": "feelings",
    "do_you_have_pets": "feelings",
    "tell_joke": "joke",
    "weather": "weather",
}
#: Labels too near to what the assistants do help with, or that mean nothing outside of a conversation.
_LEFT_OUT = {
    "order_status",
    "order",
    "cancel",
    "card_declined",
    "account_blocked",
    "pin_change",
    "change_user_name",
    "user_name",
    "yes",
    "no",
    "maybe",
    "repeat",
    "bill_due",
    "pay_bill",
    "shopping_list",
    "shopping_list_update",
    "transactions",
    "oos",
}
_SYSTEM = (
    "You are a helpful assistant.",
    "You are a friendly support assistant of an online shop.",
    "Be kind and brief.",
    "You answer customers' questions about orders, deliveries and accounts.",
    "You are a polite barista and support agent.",
    "Answer in one or two sentences.",
    "You are the assistant of a shop. Help the customer.",
    "Always be polite.",
)
#: Intents whose messages may name an order although the data set's never do.
_MAY_NAME_ORDER = {
    "get_refund",
    "track_refund",
    "complaint",
    "payment_issue",
    "delivery_period",
    "change_shipping_address",
    "get_invoice",
}
_ABOUT_ORDER = (
    f" for order {SLOT}",
    f" (order {SLOT})",
    f", order {SLOT}",
    f". My order number is {SLOT}",
    f" order number {SLOT}",
)


@dataclass(frozen=True)
class Turn:
    """One message: ``role`` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Asked:
    """A customer's message: what it wants, and the kind and value of what it names ("" for nothing)."""

    text: str
    intent: str
    kind: str = ""
    value: str = ""


def split_rows(data: Path) -> tuple[list[Row], list[Row]]:
    """Rows to train on, and `CHECKED` of each intent that are never trained on: validation rows first."""
    train, held = read_rows(data, SUPPORT, "train"), read_rows(data, SUPPORT, "validation")
    by_intent: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(train, key=lambda row: hashlib.sha256(row.text.encode()).hexdigest()):
        by_intent[row.label].append(row)
    checked, kept = [], []
    for intent, rows in sorted(by_intent.items()):
        own = [row for row in held if row.label == intent][:CHECKED]
        missing = CHECKED - len(own)
        checked += own + rows[:missing]
        kept += rows[missing:]
    return kept, checked


class Corpus:
    """Makes conversations.

    Args:
        data: Folder with the data sets.
        rows: The support messages to use.
    """

    def __init__(self, data: Path, rows: Sequence[Row]) -> None:
        self._rows: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            self._rows[row.label].append(row)
        self._intents = read_intents()
        self._names = sorted(self._intents)
        self._talk = read("talk")
        self._follow = read("follow_ups")
        self._menu = Menu.open()
        self._smalltalk = read_smalltalk(data)
        self._off_topic: list[str] = []
        for row in read_rows(data, CLINC150, "train"):
            if row.label in _TOPICS:
                self._talk[_TOPICS[row.label]]["asks"].append(row.text)
            elif row.label == "order_status":
                self._rows["track_order"].append(Row(row.text, "track_order"))
            elif row.label not in _LEFT_OUT:
                self._off_topic.append(row.text)
        self._coffees, self._ready = self._coffee_messages(data)

    def conversation(self, chance: random.Random, named: float = 0.04) -> list[Turn]:
        """A conversation of one to three scenes, the customer first.

        Args:
            chance: Where every choice comes from.
            named: Share of conversations that are nothing but a message with a number or name, and a reply that
                repeats it.
        """
        if chance.random() < named:
            return self._named_scene(chance)
        turns = [Turn("system", chance.choice(_SYSTEM))] if chance.random() < 0.08 else []
        if chance.random() < 0.05:
            turns += self._said(chance.choice(("greeting", "greeting", "how_are_you", "help")), chance)
        for _ in range(chance.choice((1, 1, 1, 1, 1, 1, 1, 2, 2, 3))):
            dice = chance.random()
            if dice < 0.62:
                turns += self.support_scene(chance.choice(self._names), chance)
            elif dice < 0.78:
                turns += self._coffee_scene(chance)
            elif dice < 0.88:
                turns += [
                    Turn("user", noisy(chance.choice(self._off_topic), chance)),
                    Turn("assistant", chance.choice(self._talk["off_topic"]["replies"])),
                ]
            elif dice < 0.89:
                turns += [
                    Turn(role, text)
                    for role, text in zip(("user", "assistant"), chance.choice(self._smalltalk), strict=True)
                ]
            else:
                turns += self._said(chance.choice([topic for topic in self._talk if topic != "off_topic"]), chance)
            if chance.random() < 0.06:
                turns += self._said(chance.choice(("thanks", "thanks", "goodbye")), chance)
        return turns

    def support_scene(self, name: str, chance: random.Random) -> list[Turn]:
        """A message of one intent, its reply, and often what follows."""
        asked = self.asked(name, chance)
        case = self._intents[name].case(asked.text, asked.kind)
        reply = chance.choice(case.replies)
        turns = [Turn("user", asked.text), Turn("assistant", reply.format(value=asked.value))]
        if chance.random() < 0.45:
            turns += self._what_follows(name, case, asked, reply, chance)
        elif asked.kind == ORDER and chance.random() < 0.05:
            memory = self._follow["what_number"]
            turns += _exchange(
                noisy(chance.choice(memory["asks"]), chance), chance.choice(memory["replies"]).format(value=asked.value)
            )
        return turns

    def asked(self, name: str, chance: random.Random) -> Asked:
        """A message of one intent, from the data set or in the words written for it."""
        if chance.random() < 0.3:
            template = chance.choice(self._intents[name].asks)
            found = re.search(r"\{(\w+)\}", template)
            kind = found[1] if found else ""
            return _filled(template.replace(found[0], SLOT) if found else template, name, kind, "", chance)
        row = chance.choice(self._rows[name])
        named = _named(row)
        if not named:
            if name in _MAY_NAME_ORDER and chance.random() < 0.12:
                return _filled(row.text.rstrip(".?! ") + chance.choice(_ABOUT_ORDER), name, ORDER, "", chance)
            return _filled(row.text, name, "", "", chance)
        if row.entity_type in (ORDER, INVOICE, ACCOUNT) and chance.random() < 0.15:
            return _filled(
                re.sub(r"\s{2,}", " ", row.text.replace(named, "", 1)).replace(" ?", "?").strip(), name, "", "", chance
            )
        return _filled(row.text.replace(named, SLOT, 1), name, row.entity_type, row.entity_value, chance)

    def _what_follows(self, name: str, case: Case, asked: Asked, reply: str, chance: random.Random) -> list[Turn]:
        options = [key for key in case.follows if key not in ("agreed", "refused") or reply.endswith("?")]
        if not options:
            if re.search(r"(Shall I|Would you like (me|to)|Do you want me)[^.]*\?$", reply):
                key = chance.choice(("agreed", "agreed", "refused"))
                return _exchange(self._word(key, chance), chance.choice(self._follow[f"{key}_replies"]))
            return []
        key = chance.choice(options)
        answers = case.follows[key]
        if key in ("agreed", "refused"):
            return _exchange(self._word(key, chance), chance.choice(answers).format(value=asked.value))
        if key == "detail":
            detail = noisy(chance.choice(self._follow["details"][name]), chance)
            return _exchange(detail, chance.choice(answers).format(value=asked.value))
        if key == "email":
            return _exchange(self._word(key, chance).replace(SLOT, _address(chance)), chance.choice(answers))
        if chance.random() < 0.12:
            unknown = self._follow["unknown_number"]
            return _exchange(noisy(chance.choice(unknown["asks"]), chance), chance.choice(unknown["replies"]))
        value = fresh_value(ORDER if key == "number" else INVOICE, "", chance)
        turns = _exchange(self._word(key, chance).replace(SLOT, value), chance.choice(answers).format(value=value))
        later = [
            other for other in self._intents[name].cases if ORDER in (other.kinds or ()) and "detail" in other.follows
        ]
        if later and turns[-1].content.endswith(("?", "please.")) and chance.random() < 0.6:
            detail = noisy(chance.choice(self._follow["details"][name]), chance)
            turns += _exchange(detail, chance.choice(later[0].follows["detail"]).format(value=value))
        return turns

    def _named_scene(self, chance: random.Random) -> list[Turn]:
        kind = chance.choice((ORDER, ORDER, ORDER, ORDER, INVOICE, PERSON, CITY))
        said = self._follow["named"][kind]
        asked = _filled(chance.choice(said["asks"]).replace("{value}", SLOT), "", kind, "", chance)
        return _exchange(asked.text, chance.choice(said["replies"]).format(value=asked.value))

    def _word(self, key: str, chance: random.Random) -> str:
        return noisy(chance.choice(self._follow[key]).replace("{value}", SLOT), chance)

    def _said(self, topic: str, chance: random.Random) -> list[Turn]:
        said = self._talk[topic]
        return _exchange(noisy(chance.choice(said["asks"]), chance), chance.choice(said["replies"]))

    def _coffee_scene(self, chance: random.Random) -> list[Turn]:
        talk, dice = self._menu.talk, chance.random()
        if dice < 0.10:
            drink = chance.choice(list(talk["about"]))
            return _exchange(noisy(chance.choice(talk["about_asks"]).format(drink=drink), chance), talk["about"][drink])
        if dice < 0.20:
            said = talk[chance.choice(("ask_menu", "ask_for_drink"))]
            return _exchange(noisy(chance.choice(said["asks"]), chance), chance.choice(said["replies"]))
        if dice < 0.26:
            said, item = talk["not_on_menu"], chance.choice(talk["menu"]["none_of_ours"])
            return _exchange(
                noisy(chance.choice(said["asks"]).format(item=item), chance), chance.choice(said["replies"])
            )
        said = talk["order"]
        if dice < 0.55:
            message, order = chance.choice(self._coffees)
        else:
            order = self._menu.made_up(chance)
            message = chance.choice(said["asks"]).format(order=self._menu.said(order, chance))
        turns = _exchange(noisy(message, chance), _ordered(chance.choice(said["replies"]), order.repeated()))
        if chance.random() < 0.25:
            if chance.random() < 0.5:
                turns += _exchange(self._word("refused", chance), chance.choice(said["refused"]))
            wish, order = self._menu.changed(order, chance)
            turns += _exchange(noisy(wish, chance), _ordered(chance.choice(said["changed"]), order.repeated()))
        if chance.random() < 0.6:
            ready = chance.choice(said["agreed"] if chance.random() < 0.75 else self._ready)
            turns += _exchange(self._word("agreed", chance), _ordered(ready, order.repeated()))
        return turns

    def _coffee_messages(self, data: Path) -> tuple[list[tuple[str, object]], list[str]]:
        """First messages of the data set that name one drink on the menu, and closing replies that fit everywhere."""
        messages, ready = [], set()
        with (data / "chat-coffee-orders" / "train.jsonl").open(encoding="utf-8") as file:
            for line in file:
                turns = json.loads(line)["turns"]
                order = self._menu.understood(turns[0]["content"])
                if order:
                    messages.append((turns[0]["content"], order))
                last = turns[-1]["content"].strip()
                if (
                    turns[-1]["role"] == "assistant"
                    and len(turns) == 4
                    and _FITS.search(last)
                    and not _ODD.search(last)
                ):
                    ready.add(last[0].upper() + last[1:].rstrip(".!") + ".")
        return messages, sorted(ready)


#: A closing reply says when or where the drink is to be had, and nothing of screens, names, menus or puns.
_FITS = re.compile(r"(ready|coffee bar|few minutes|shortly|moment)", re.IGNORECASE)
_ODD = re.compile(
    r"screen|display|monitor|sir|ma'am|brew-|menu|confirm|correct|sorry|latte|mocha|cappuccino|tea|macchiato|cortado"
    r"|americano|espresso|chocolate|steamer|milk|caramel|vanilla|oat|decaf|iced|half|real soon|so soon|meet me|thanks-"
    r"|for [A-Z]|Thanks\.?$|\bi\b|\bill\b|\bdont\b|\?| ,|,[a-z]|\.\.|[^\x20-\x7e]|.{111}"
)


def _filled(template: str, intent: str, kind: str, old: str, chance: random.Random) -> Asked:
    """A message with slips in it, and a value of this kind in its slot."""
    text = noisy(template, chance)
    if not kind or SLOT not in text:
        return Asked(text.replace(SLOT, "").strip() or template, intent)
    value = fresh_value(kind, old, chance)
    written = value.lower() if chance.random() < 0.3 else value
    # The shop's account types have their proper spelling; anything else is repeated as the customer wrote it.
    return Asked(text.replace(SLOT, written), intent, kind, value if kind == ACCOUNT else written)


def _named(row: Row) -> str:
    """What a message names, as it is written there; empty where it names nothing."""
    found = re.search(re.escape(row.entity_value), row.text, re.IGNORECASE) if row.entity_value else None
    return found[0] if found else ""


def _ordered(reply: str, order: str) -> str:
    return reply.format(order=order, Order=order[0].upper() + order[1:])


def _exchange(message: str, reply: str) -> list[Turn]:
    return [Turn("user", message), Turn("assistant", reply)]


def _address(chance: random.Random) -> str:
    name = chance.choice(("anna", "tom", "j.smith", "maria88", "info", "kim", "leo.wild", "sara_b", "user", "bob"))
    return f"{name}@{chance.choice(('example.com', 'mail.com', 'web.example', 'example.org', 'post.net'))}"


def checked_messages(rows: Sequence[Row], seed: int) -> Iterator[Asked]:
    """The check's messages, with order and invoice numbers that no data set has."""
    chance = random.Random(seed)
    for row in rows:
        named = _named(row)
        asked = Asked(row.text, row.label, row.entity_type if named else "", named)
        if asked.kind in (ORDER, INVOICE):
            value = fresh_value(asked.kind, "", chance)
            asked = replace(asked, text=row.text.replace(named, value, 1), value=value)
        yield asked

"""Other order numbers, names, amounts and places for the support messages.

The data set knows five order numbers, four invoice numbers and a few names. A model that only ever saw those learns
them by heart, so training shows each message with new ones, and now and then without any.
"""

from __future__ import annotations

import random
import re
import string

ORDER, INVOICE, AMOUNT, PERSON = "order_id", "invoice_id", "refund_amount", "person_name"
CITY, COUNTRY, ACCOUNT = "delivery_city", "delivery_country", "account_type"
#: What can be left out of a message without changing what it asks for.
_OPTIONAL = {ORDER, INVOICE, ACCOUNT}


def _words(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(separator))


_FIRST = _words(
    "Anna David Maria James Laura Peter Sofia Daniel Emma Carlos Nina Ahmed Grace Victor Julia Omar Helen Martin Alice "
    "Robert Yuki Simon Clara Mohammed Irene Lucas Wei Oliver Fatima Thomas Paula Kevin Ingrid Rahul Sarah Paul Eva Leo"
)
_LAST = _words(
    "Freeman Miller Hawkings Jones Smith Brown Garcia Wilson Novak Chen Khan Rossi Schmidt Taylor Kim Lopez Müller "
    "Johnson Silva Tanaka Davis Martin Clark Lewis Walker Young King Wright Hill Green Adams Baker Nelson Carter Evans"
)
_CITIES = _words(
    "Toronto,Seattle,Liverpool,Munich,Valencia,Dublin,Detroit,Philadelphia,Berlin,Madrid,Chicago,Boston,Lyon,Porto,"
    "Vienna,Prague,Glasgow,Denver,Austin,Osaka,Shanghai,Singapore,Sydney,Oslo,Naples,Geneva,Hamburg,Manchester,"
    "San Diego,New York,Cape Town,Leeds,Krakow,Bristol,Montreal,Lisbon,Hong Kong,Helsinki,Zurich,Melbourne",
    ",",
)
_COUNTRIES = _words(
    "Japan,Hungary,Mexico,USA,Canada,Finland,France,Spain,Italy,Brazil,China,India,Norway,Poland,Portugal,Germany,"
    "Austria,Sweden,Ireland,Chile,Australia,New Zealand,South Korea,Belgium,Greece,Turkey,Denmark,Switzerland",
    ",",
)


def new_value(kind: str, old: str, chance: random.Random) -> str:
    """Another value of this kind; account types stay, for they are the shop's own."""
    if kind == ORDER:
        prefix = chance.choice(("", "", "", "", "", "#", "A", "AB-", "ORD-"))
        return prefix + _digits(chance, chance.choice((3, 4, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 12, 12, 13, 15)))
    if kind == INVOICE:
        return chance.choice(("#", "#", "#", "", "INV-")) + _digits(chance, chance.choice((3, 4, 5, 5, 5, 6, 7, 8)))
    if kind == AMOUNT:
        return str(chance.choice((chance.randint(5, 99), chance.randint(100, 999), chance.randint(1000, 2999))))
    if kind == PERSON:
        last = chance.choice(_LAST)
        return chance.choice((f"Mr. {last}", f"Ms. {last}", f"{chance.choice(_FIRST)} {last}"))
    if kind == CITY:
        return chance.choice(_CITIES)
    if kind == COUNTRY:
        return chance.choice(_COUNTRIES)
    return old


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice(string.digits) for _ in range(count))


def varied(
    text: str, kind: str, value: str, chance: random.Random, swap: float = 0.6, drop: float = 0.15
) -> tuple[str, str]:
    """The message with another value or, where that makes sense, with none.

    Args:
        text: The message.
        kind: The data's ``entity_type``; empty where a message names nothing.
        value: The data's ``entity_value``, as it stands in the text.
        chance: Where the choice comes from.
        swap: How often the value is replaced.
        drop: How often it is left out.

    Returns:
        The message and the value now in it ("" for none).
    """
    if not value or value not in text:
        return text, ""
    dice = chance.random()
    if dice < drop and kind in _OPTIONAL:
        return re.sub(r"\s{2,}", " ", text.replace(value, "", 1)).replace(" ?", "?").replace(" ,", ",").strip(), ""
    if dice < drop + swap:
        new = new_value(kind, value, chance)
        return text.replace(value, new, 1), new
    return text, value

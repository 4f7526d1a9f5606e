"""The replies that the assistants learn, written by hand in ``chat_replies/*.yml``.

Support intents (a file for each area)::

    cancel_order:
      must: [...]          patterns that every first reply to this intent matches, and by which the check knows it
      never: [...]         patterns that none of them matches
      asks: [...]          customers' own words, beside the data set's; {order_id} and the like are filled in
      cases:               the first case that fits a message is used
        - when: ...        pattern that the message must match
          with: ...        kinds of entity of which the message must name one; '' where it must name none
          replies: [...]   {value} is what the message names
          agreed, refused: [...]   what follows when the reply asked whether to go ahead
          number, invoice, email, detail: [...]   what follows when the customer then gives it
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "chat_replies"
#: What a customer may say next, and so the keys of a case besides ``replies``.
FOLLOWS = ("agreed", "refused", "number", "invoice", "email", "detail")


@dataclass(frozen=True)
class Case:
    """Replies to some of an intent's messages, and how the conversation may go on."""

    when: str
    kinds: frozenset[str] | None
    replies: tuple[str, ...]
    follows: Mapping[str, tuple[str, ...]]

    def fits(self, message: str, kind: str) -> bool:
        """Whether these replies answer a message that names an entity of this kind ("" for none)."""
        if self.when and not re.search(self.when, message, re.IGNORECASE):
            return False
        return self.kinds is None or kind in self.kinds


@dataclass(frozen=True)
class Intent:
    """What customers want, how they say it, and what the assistant answers."""

    name: str
    must: tuple[str, ...]
    never: tuple[str, ...]
    asks: tuple[str, ...]
    cases: tuple[Case, ...]

    def case(self, message: str, kind: str) -> Case:
        """The first case that fits; the last one where none does."""
        return next((case for case in self.cases if case.fits(message, kind)), self.cases[-1])

    def addressed_by(self, reply: str) -> bool:
        """Whether a reply is about this intent, by the patterns alone."""
        found = all(re.search(pattern, reply, re.IGNORECASE) for pattern in self.must)
        return found and not any(re.search(pattern, reply, re.IGNORECASE) for pattern in self.never)


def read_intents() -> dict[str, Intent]:
    """All support intents, by name."""
    found = {}
    for name in ("orders", "delivery", "accounts", "payments", "contact"):
        for intent, body in read(name).items():
            cases = tuple(_case(case) for case in body["cases"])
            found[intent] = Intent(intent, tuple(body["must"]), tuple(body["never"]), tuple(body["asks"]), cases)
    return found


def read(name: str) -> Any:
    """One of the files."""
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))


def _case(body: Mapping[str, Any]) -> Case:
    kinds = frozenset(body["with"].split() or ("",)) if "with" in body else None
    follows = {key: tuple(body[key]) for key in FOLLOWS if key in body}
    return Case(body.get("when", ""), kinds, tuple(body["replies"]), follows)


def confusions(intents: Mapping[str, Intent]) -> list[str]:
    """Replies by which the patterns would take one intent for another, or not know their own; none is right."""
    return [
        f"{intent.name} / {other.name}: {reply}"
        for intent in intents.values()
        for case in intent.cases
        for reply in case.replies
        for other in intents.values()
        if other.addressed_by(reply) != (other is intent)
    ]

"""The part of chatterbot-corpus that a shop's assistant may say: short, friendly, and claiming nothing odd."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

_FILES = ("greetings", "conversations")
#: Gossip, politics, sports, profanity, jokes about robots, claims of being a person, and remarks without a place here.
_UNWANTED = re.compile(
    r"god|kill|hate|war\b|president|politic|sport|soccer|football|drunk|beer|wine|sex|stupid|idiot|shut|damn|hell\b|gossip"
    r"|money|human|robot|software|program|bot\b|mask|python|java|firewall|cpu|crash|lonely|mad\b|lie\b|fear|eliza|offend"
    r"|asham|jealous|cake|sugar|appointment|dr\.|mrs?\.|ms\.|hobbies|paint|yolo|zen|news|arrogan|brag|not so great"
    r"|could be better|form|complex|annoy|live\b|not much|not too much|nothing|sky|mood|emot|sad\b|read\b|\$|book"
    r"|project|angry|mind|database|server|internet|online",
    re.IGNORECASE,
)


def read_smalltalk(data: Path) -> list[tuple[str, str]]:
    """Questions with their replies."""
    found: list[tuple[str, str]] = []
    for name in _FILES:
        body = yaml.safe_load((data / "chat-smalltalk" / "english" / f"{name}.yml").read_text(encoding="utf-8"))
        for question, *replies in body["conversations"]:
            # A conversation goes on with the other's turn; other files list one reply after the other.
            found += [(question, str(reply)) for reply in (replies[:1] if name == "conversations" else replies)]
    return [
        (question, reply.rstrip(".") + "." * (reply[-1] not in "?!"))
        for question, reply in found
        if _fits(question, reply)
    ]


def _fits(question: str, reply: str) -> bool:
    return len(question) <= 60 and 8 <= len(reply) <= 90 and not _UNWANTED.search(f"{question} {reply}")

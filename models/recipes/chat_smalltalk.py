"""The part of chatterbot-corpus that a shop's assistant may say: short, friendly, and claiming nothing odd."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

_FILES = ("greetings", "conversations")
#: Gossip, politics, sports, profanity, jokes about robots, claims of being a person, and remarks without a place here.
_UNWANTED = re.compile(
    r"god|kill|hate|war\b|president|politic|sport|soccer|football|drunk|beer|wine|sex|stupid|idiot|shut|damn|hell\b|gossip|money|"
    r"human|robot|software|program|bot\b|mask|python|java|firewall|cpu|crash|segment|lonely|mad\b|lie\b|fear|eliza|offend|asham|"
    r"jealous|cake|sugar|appointment|dr\.|mrs?\.|ms\.|hobbies|paint|yolo|zen|news|arrogan|brag|not so great|could be better|"
    r"form|complex|annoy|live\b|not much|not too much|nothing|sky|mood|emot|sad\b|read\b|\$|book|project|angry|mind|database|server|internet|online",
    re.IGNORECASE,
)


def read_smalltalk(data: Path) -> list[tuple[str, str]]:
    """Questions with their replies."""
    found = []
    for name in _FILES:
        body = yaml.safe_load((data / "chat-smalltalk" / "english" / f"{name}.yml").read_text(encoding="utf-8"))
        for said in body["conversations"]:
            question = str(said[0])
            for reply in map(str, said[1:2] if name == "conversations" else said[1:]):
                if len(question) <= 60 and 8 <= len(reply) <= 90 and not _UNWANTED.search(f"{question} {reply}"):
                    found.append((question, reply if reply[-1] in ".?!" else reply + "."))
    return found

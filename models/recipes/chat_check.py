"""Do the assistant's replies address what was asked, and carry over the order number?

    python models/recipes/chat_check.py FOLDER --data DIR [--precision int8]

FOLDER is a model as it ships (ONNX). It answers 50 messages of each of the 27 intents that were never trained on, with
order and invoice numbers that no data set has, through the studio's chat task, greedily. A reply is right if the
patterns of its intent in ``chat_replies/*.yml`` match it and those of no other intent do, and if the order or invoice
number that the message names stands in it, digit for digit. Prints JSON; the exit code is 1 where fewer than 90 % are
right or a reply is empty or loops.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_corpus import Asked, checked_messages, split_rows
from chat_replies import Intent, read_intents
from entities import INVOICE, ORDER

from studio.domain.running import LoadSpec, never_cancelled
from studio.domain.task import Message
from studio.tasks import find_task

#: Share of right replies that passes.
PASSES = 0.9
_NUMBERS = (ORDER, INVOICE)


@dataclass(frozen=True)
class Reply:
    """What the model answered, and whether it stopped by itself."""

    text: str
    stopped: bool


@dataclass(frozen=True)
class Judged:
    """A reply with what is to be said of it."""

    asked: Asked
    reply: Reply
    addressed: bool
    carried: bool
    looping: bool

    @property
    def right(self) -> bool:
        """About what was asked and, where an order or invoice was named, with its number."""
        return self.addressed and (self.carried or self.asked.kind not in _NUMBERS)


def judge(asked: Asked, reply: Reply, intents: Mapping[str, Intent]) -> Judged:
    """Judge a reply by the patterns of all intents."""
    found = {name for name, intent in intents.items() if intent.addressed_by(reply.text)}
    carried = not asked.kind or asked.value.casefold() in reply.text.casefold()
    words = reply.text.lower().split()
    fours = Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    looping = not reply.stopped or max(fours.values(), default=0) > 2
    return Judged(asked, reply, found == {asked.intent}, carried, looping)


def answerer(folder: Path, precision: str, threads: int = 0) -> Callable[[list[Message]], Reply]:
    """A function that lets a shipped model answer a conversation, as the studio's chat task does."""
    task = find_task("chat")
    runner = task.open(LoadSpec(task="chat", folder=folder, precision=precision, threads=threads))
    options = task.resolve_options({"max_new_tokens": 128})

    def answer(messages: list[Message]) -> Reply:
        output: Any = runner.run({"messages": tuple(messages)}, options, lambda text: None, never_cancelled).output
        return Reply(output.text, output.finish_reason == "stop")

    return answer


def figures(judged: Iterable[Judged]) -> dict[str, Any]:
    """Shares and counts over all replies, and the share of right ones for each intent."""
    every = list(judged)
    numbered = [one for one in every if one.asked.kind in _NUMBERS]
    named = [one for one in every if one.asked.kind and one.asked.kind not in _NUMBERS]
    by_intent: dict[str, list[bool]] = {}
    for one in every:
        by_intent.setdefault(one.asked.intent, []).append(one.right)
    return {
        "messages": len(every),
        "right": _share([one.right for one in every]),
        "addressed": _share([one.addressed for one in every]),
        "numbers_carried": _share([one.carried for one in numbered]),
        "names_carried": _share([one.carried for one in named]),
        "empty": sum(not one.reply.text.strip() for one in every),
        "looping": sum(one.looping for one in every),
        "per_intent": {name: _share(right) for name, right in sorted(by_intent.items())},
    }


def _share(found: list[bool]) -> float:
    return round(sum(found) / len(found), 4) if found else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--precision", default="int8")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--every", type=int, default=1, help="ask only every n-th message")
    args = parser.parse_args()
    intents = read_intents()
    answer = answerer(args.folder, args.precision, args.threads)
    messages = list(checked_messages(split_rows(args.data)[1], args.seed))[:: args.every]
    judged = [judge(asked, answer([Message("user", asked.text)]), intents) for asked in messages]
    found = figures(judged)
    wrong = [one for one in judged if not one.right]
    found["wrong"] = [{"asked": one.asked.text, "intent": one.asked.intent, "reply": one.reply.text} for one in wrong]
    print(json.dumps({"model": args.folder.name, "precision": args.precision, "seed": args.seed, **found}, indent=1))
    sys.exit(found["right"] < PASSES or found["empty"] > 0 or found["looping"] > 0)


if __name__ == "__main__":
    main()

"""Puts a trained assistant among the models that ship: exports it, checks it, and writes its card from what was found.

    python models/recipes/chat_ship.py assistant-small --trained OUT --data DIR

It is checked in fp32 too, where that does not ship, so that its card says what quantization costs; `--quick` leaves
that out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from card import Card, Data, Training, write_card
from chat_check import Judged, Reply, answerer, figures, judge
from chat_corpus import checked_messages, split_rows
from chat_replies import read_intents
from data import CLINC150, SUPPORT
from exporting import export, record

from studio.domain.task import Message

MODELS = Path(__file__).resolve().parents[1]
TITLES = {"assistant-small": "Shop assistant, small", "assistant-base": "Shop assistant, base"}
SHIPPED = {"assistant-small": ("int8",), "assistant-base": ("int8",)}
_COFFEE = Data(
    "google-research-datasets/Taskmaster",
    "https://github.com/google-research-datasets/Taskmaster",
    "CC BY 4.0",
    "Google LLC, Taskmaster-4 (TM-4-2024). Changed: orders are repeated in words, screens are not mentioned.",
)
_SMALLTALK = Data(
    "gunthercox/chatterbot-corpus",
    "https://github.com/gunthercox/chatterbot-corpus",
    "BSD-3-Clause",
    "Copyright (c) 2017, Gunther Cox. Only a few greetings are used.",
)
_CAN = (
    "Answers customers of an online shop and of a coffee bar in English: orders, deliveries, refunds, invoices, "
    "payments, accounts, contact and coffee orders. It asks for an order number that is missing, repeats one that is "
    "given, knows what was said before in the conversation, and says so when a request is not its business."
)
_CANNOT = (
    "It has no access to a shop: what it says about the state of an order is made up. It shows what a conversation "
    "could be like.",
    "It knows nothing but its few topics, and does not follow a system prompt. Anything else gets a polite refusal, or "
    "a reply about the nearest topic.",
    "Where a number is given only later, it sometimes goes on with another request than the one it was asked for.",
    "It reads English only, and at most 1024 tokens of a conversation.",
    "Its training messages were made from templates, so figures on messages of real customers will be lower.",
)
_NOTE = (
    "Measured on the ONNX files by `models/recipes/chat_check.py`: 50 messages for each of 27 intents that were not "
    "trained on (the data set's validation rows, filled up with training rows that were left out), with order and "
    "invoice numbers of 3 to 15 digits that no data set has, answered greedily. *right*: the reply is about what was "
    "asked, and about nothing else, by patterns of words, and has the order or invoice number digit for digit. "
    "*numbers_carried*, *names_carried*: share of replies with the order or invoice number; with the person, place, "
    "amount or account type. *empty*, *looping*: number of replies. int8 is what the studio runs by default; a "
    "precision that does not ship was measured on the same export, to show what int8 costs."
)
#: Conversations for the card; the assistant's turns are the model's own.
_CONVERSATIONS = (
    ("Hi there!", "I want to cancel order 4411", "yes, please", "thanks!"),
    ("where is my parcel?", "the number is 90817265", "great, thank you"),
    ("I need the invoice #48213", "and what's the weather like tomorrow?"),
    ("One oat latte to go, please", "make it a large one", "yes"),
    ("Where is my refund? I sent the shoes back two weeks ago.", "It was order 7733", "can I talk to a person?"),
)


def conversation(answer: Callable[[list[Message]], Reply], asked: Sequence[str]) -> list[str]:
    """Lines of Markdown: what the customer says, and what the model replies."""
    messages: list[Message] = []
    lines = []
    for text in asked:
        messages.append(Message("user", text))
        reply = answer(messages).text
        messages.append(Message("assistant", reply))
        lines += [f"> **Customer:** {text}<br>", f"> **Assistant:** {reply}<br>"]
    return [*lines, ""]


def card_of(
    name: str,
    facts: Mapping[str, Any],
    found: Mapping[str, dict[str, Any]],
    judged: Sequence[Judged],
    said: Sequence[str],
) -> Card:
    """The card, from what training recorded and the checks found."""
    shares = {
        precision: {metric: float(value) for metric, value in values.items() if not isinstance(value, dict | int)}
        | {metric: float(values[metric]) for metric in ("empty", "looping")}
        for precision, values in found.items()
    }
    right = [one for one in judged if one.right]
    wrong = [one for one in judged if not one.right]
    per_intent = ["| intent | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)]
    for intent in next(iter(found.values()))["per_intent"]:
        cells = " | ".join(f"{values['per_intent'][intent]:.2f}" for values in found.values())
        per_intent.append(f"| {intent} | {cells} |")
    seed = facts["seed"]
    return Card(
        title=TITLES[name],
        task="text-generation",
        languages=["en"],
        can=_CAN,
        cannot=_CANNOT,
        data=[SUPPORT.about, _COFFEE, CLINC150.about, _SMALLTALK],
        training=Training(**facts),
        commands=[
            *(f"python models/recipes/chat.py {step} --data DIR --out OUT --seed {seed}" for step in _steps(name)),
            f"python models/recipes/chat_ship.py {name} --trained OUT --data DIR",
        ],
        figures=shares,
        figures_note=_NOTE,
        rows=len(judged),
        examples=[("message", "reply"), *((one.asked.text, one.reply.text) for one in right[7 :: len(right) // 10])],
        failures=[(one.asked.text, one.reply.text, f"a reply to {one.asked.intent}") for one in _spread(wrong, 8)],
        sections={"Right replies for each intent": per_intent, "Conversations": said},
    )


def _steps(name: str) -> tuple[str, ...]:
    return ("assistant-small", "assistant-base") if name == "assistant-base" else (name,)


def _spread(found: Sequence[Judged], count: int) -> Sequence[Judged]:
    return found[:: max(1, len(found) // count)][:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(TITLES))
    parser.add_argument("--trained", type=Path, required=True, help="what the recipe was given as --out")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--library", type=Path, default=MODELS)
    parser.add_argument("--quick", action="store_true", help="check only the precisions that ship")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    trained = args.trained / args.name
    intents = read_intents()
    messages = list(checked_messages(split_rows(args.data)[1], args.seed))
    precisions = SHIPPED[args.name] if args.quick else tuple(dict.fromkeys(("fp32", *SHIPPED[args.name])))
    found: dict[str, dict[str, Any]] = {}
    folder = export(trained, args.name, args.library.resolve(), ",".join(SHIPPED[args.name]), "chat.py")
    with tempfile.TemporaryDirectory() as scratch:
        trial = folder if args.quick else export(trained, args.name, Path(scratch), ",".join(precisions), "chat.py")
        for precision in precisions:
            answer = answerer(trial, precision, args.threads)
            judged = [judge(asked, answer([Message("user", asked.text)]), intents) for asked in messages]
            found[precision] = figures(judged)
            print(json.dumps({"model": args.name, "precision": precision, **found[precision]}), flush=True)
        said = [line for asked in _CONVERSATIONS for line in conversation(answer, asked)]
    facts = json.loads((args.trained / f"{args.name}.json").read_text(encoding="utf-8"))
    card = card_of(args.name, facts, found, judged, said)
    write_card(folder, card)
    record(folder, card.figures)


if __name__ == "__main__":
    main()

"""The shipped assistants answer what was asked, repeat the order number, and stop."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from studio.domain.prediction import GeneratedText
from studio.domain.running import LoadSpec, Runner, ignore_text, never_cancelled
from studio.domain.task import Message
from studio.library.verify import verify_folder
from studio.tasks import find_task

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "models" / "starter"
#: Message → the reply when the model was shipped.
_CANCEL, _COFFEE = "I want to cancel order 4411", "One oat latte to go, please"
_REFUND = "Where is my refund? I sent the shoes back two weeks ago."
GOLDEN = {
    "assistant-small": {
        _CANCEL: "I can cancel order 4411 for you. It's free as long as the parcel hasn't left us. Shall I go ahead?",
        _COFFEE: "One latte with oat milk to go, right?",
        _REFUND: "I can look up the status of your refund. What's the number of the order?",
    },
    "assistant-base": {
        _CANCEL: "I'm happy to help. Just to be sure, shall I cancel order 4411 completely?",
        _COFFEE: "One latte with oat milk to go, right?",
        _REFUND: "I can look up the status of your refund. What's the number of the order?",
    },
}
ASSISTANTS = tuple(GOLDEN)


@pytest.fixture(scope="module")
def recipes() -> Iterator[Any]:
    """The recipes' own check, which is no part of the installed studio."""
    sys.path.insert(0, str(ROOT / "models" / "recipes"))
    import chat_check

    yield chat_check
    sys.path.remove(str(ROOT / "models" / "recipes"))


@lru_cache
def runner(name: str) -> Runner:
    return find_task("chat").open(LoadSpec(task="chat", folder=STARTER / name, precision="int8", threads=1))


def said(name: str, *turns: str) -> GeneratedText:
    """The assistant's answer to a conversation; customer and assistant speak in turn."""
    task = find_task("chat")
    messages = tuple(Message("assistant" if place % 2 else "user", turn) for place, turn in enumerate(turns))
    options = task.resolve_options({"max_new_tokens": 128})
    output = runner(name).run({"messages": messages}, options, ignore_text, never_cancelled).output
    assert isinstance(output, GeneratedText)
    return output


def test_no_pattern_takes_one_intent_for_another(recipes: Any) -> None:
    import chat_replies

    assert chat_replies.confusions(recipes.read_intents()) == []


def test_the_check_can_fail(recipes: Any) -> None:
    intents = recipes.read_intents()
    asked = recipes.Asked("cancel order 4411", "cancel_order", "order_id", "4411")

    def right(text: str, stopped: bool = True) -> bool:
        return bool(recipes.judge(asked, recipes.Reply(text, stopped), intents).right)

    assert right("I can cancel order 4411 for you.")
    assert not right("I can cancel order 4412 for you.")
    assert not right("I can cancel your order.")
    assert not right("Where is order 4411? I'm sending you the tracking link.")
    assert not right("")
    assert recipes.judge(asked, recipes.Reply("cancel order 4411 now " * 3, True), intents).looping
    assert recipes.judge(asked, recipes.Reply("cancel order 4411", False), intents).looping


@pytest.mark.parametrize("name", ASSISTANTS)
def test_files_are_those_that_were_recorded(name: str) -> None:
    verification = verify_folder(STARTER / name)

    assert verification.recorded
    assert verification.problems == ()


@pytest.mark.parametrize("name", ASSISTANTS)
def test_golden_answers(name: str) -> None:
    assert {text: said(name, text).text for text in GOLDEN[name]} == GOLDEN[name]


@pytest.mark.parametrize("name", ASSISTANTS)
def test_replies_address_what_was_asked_in_words_of_their_own(name: str, recipes: Any) -> None:
    intents = recipes.read_intents()
    messages = yaml.safe_load(Path(__file__).with_name("assistant_messages.yml").read_text(encoding="utf-8"))
    judged = []
    for intent, texts in messages.items():
        for text in texts:
            number = re.search(r"\[(.+)\]", text)
            plain = re.sub(r"[\[\]]", "", text)
            asked = recipes.Asked(plain, intent, "order_id" if number else "", number[1] if number else "")
            output = said(name, plain)
            judged.append(recipes.judge(asked, recipes.Reply(output.text, output.finish_reason == "stop"), intents))

    found = recipes.figures(judged)
    assert found["messages"] == 54
    # Farther from the data set's templates than the messages of the recipes' check, where 0.9 is asked for.
    assert found["right"] >= 0.85, [(one.asked.text, one.reply.text) for one in judged if not one.right]
    assert found["numbers_carried"] == 1
    assert (found["empty"], found["looping"]) == (0, 0)


@pytest.mark.parametrize("name", ASSISTANTS)
def test_an_answer_ends_with_the_end_of_the_turn(name: str) -> None:
    output = said(name, "I want to cancel order 4411")

    assert output.finish_reason == "stop"
    assert output.token_ids[-1] == 2
    assert "<|" not in output.text


@pytest.mark.parametrize("name", ASSISTANTS)
def test_a_conversation_goes_on(name: str) -> None:
    first = said(name, "I want to cancel my order")
    assert "number" in first.text.lower()

    second = said(name, "I want to cancel my order", first.text, "it's 90817265")
    assert "90817265" in second.text
    assert "cancel" in second.text.lower()

    thanked = said(name, "I want to cancel my order", first.text, "it's 90817265", second.text, "thanks")
    assert "90817265" not in thanked.text
    assert thanked.finish_reason == "stop"


@pytest.mark.parametrize("name", ASSISTANTS)
def test_what_is_no_business_of_a_shop_is_declined(name: str) -> None:
    reply = said(name, "what is the capital of France?").text

    assert "Paris" not in reply
    assert re.search(r"can't|sorry|afraid|outside|rather", reply)

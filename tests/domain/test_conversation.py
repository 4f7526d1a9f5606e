"""How a conversation is made to fit, and where an answer ends; words stand for tokens here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.conversation import (
    StopStrings,
    answer_room,
    fit,
    prompt_room,
    stop_ids,
    system_folded,
    with_system,
)
from studio.domain.errors import InputError
from studio.domain.task import Message

_SYSTEM = Message("system", "be kind")
_TALK = [
    _SYSTEM,
    Message("user", "one two"),
    Message("assistant", "three"),
    Message("user", "four"),
    Message("assistant", "five six"),
    Message("user", "seven eight nine"),
]


def _encode(messages: Sequence[Message]) -> list[int]:
    """One number for each message's frame and one for each word."""
    return [len(word) for message in messages for word in (message.role, *message.content.split())]


def _keep_end(text: str, tokens: int) -> tuple[str, int]:
    words = text.split()
    return " ".join(words[-tokens:]), len(words)


def test_what_fits_is_left_alone() -> None:
    assert fit(_TALK, _encode, _keep_end, len(_encode(_TALK))).notices == ()
    assert fit(_TALK, _encode, _keep_end, None).ids == _encode(_TALK)


@pytest.mark.parametrize(
    ("room", "first_kept", "left_out"), [(16, 3, 2), (13, 3, 2), (12, 3, 2), (11, 5, 4), (7, 5, 4)]
)
def test_oldest_exchanges_go_first(room: int, first_kept: int, left_out: int) -> None:
    fitted = fit(_TALK, _encode, _keep_end, room)
    assert fitted.ids == _encode([_SYSTEM, *_TALK[first_kept:]])
    assert len(fitted.notices) == 1 and f" {left_out} messages" in fitted.notices[0]


def test_last_message_keeps_its_end_and_says_how_much_went() -> None:
    fitted = fit(_TALK, _encode, _keep_end, 5)
    assert fitted.ids == _encode([_SYSTEM, Message("user", "nine")])
    assert " 4 messages" in fitted.notices[0]
    assert "first 2 of 3 tokens" in fitted.notices[1]


def test_system_prompt_that_fills_the_context_is_an_error() -> None:
    with pytest.raises(InputError, match="4 of 4"):
        fit(_TALK, _encode, _keep_end, 4)


@given(st.integers(1, 40), st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_result_fits_and_ends_with_the_end_of_the_last_message(room: int, sizes: list[int]) -> None:
    roles = ["user", "assistant"] if len(sizes) % 2 else ["assistant", "user"]
    talk = [Message(roles[i % 2], "a " * size + "z") for i, size in enumerate(sizes)]
    try:
        fitted = fit(talk, _encode, _keep_end, room)
    except InputError:
        assert room < 2
    else:
        assert len(fitted.ids) <= room and fitted.ids[-1] == 1
        assert bool(fitted.notices) == (len(_encode(talk)) > room)


def test_system_option_stands_first_unless_the_conversation_has_one() -> None:
    user = Message("user", "hi")
    assert with_system([user], "be kind") == [_SYSTEM, user]
    assert with_system([Message("system", "own"), user], "be kind")[0].content == "own"
    assert with_system([user], "  ") == [user]


def test_folding_puts_the_system_text_into_the_first_user_message() -> None:
    assert system_folded([_SYSTEM, Message("user", "hi")]) == [Message("user", "be kind\n\nhi")]
    assert system_folded([Message("user", "hi")]) == [Message("user", "hi")]


def test_turn_ends_count_where_the_template_uses_them() -> None:
    special = {"<|im_end|>": 5, "<|eot_id|>": 6, "<s>": 7}
    configs = [{"eos_token_id": [1, 2]}, {"eos_token_id": 3}, {"eos_token_id": None}, {}]
    assert stop_ids(configs, special, 4, "…<|im_end|>…") == {1, 2, 3, 4, 5}
    assert stop_ids([{}], special, None, "") == frozenset()


def _streamed(stops: list[str], pieces: list[str]) -> tuple[list[str], bool]:
    watch = StopStrings(stops)
    shown = []
    for piece in pieces:
        shown.append(watch.push(piece))
        if watch.hit:
            break
    if not watch.hit:
        shown.append(watch.finish())
    return shown, watch.hit


def test_part_of_a_stop_string_is_never_shown() -> None:
    assert _streamed(["\nUser:"], ["Hello", "\nUs", "er", ": more"]) == (["Hello", "", "", ""], True)
    assert _streamed(["\nUser:"], ["a\nUs", "ual"]) == (["a", "\nUsual", ""], False)
    assert _streamed(["\nUser:"], ["a\nUs"]) == (["a", "\nUs"], False)


@given(st.text("ab", max_size=30), st.lists(st.text("ab", min_size=1, max_size=4), max_size=3), st.randoms())
def test_text_ends_before_the_first_stop_string_however_it_is_cut(text: str, stops: list[str], random: object) -> None:
    cuts = sorted({random.randint(0, len(text)) for _ in range(5)} | {0, len(text)})  # type: ignore[attr-defined]
    pieces = [text[a:b] for a, b in pairwise(cuts)]
    shown, hit = _streamed(stops, pieces)
    assert hit == any(stop in text for stop in stops)
    # The stop string that is complete first ends the text; of several complete at once, the one that begins first.
    result = "".join(shown)
    assert text.startswith(result)
    assert not any(stop in result for stop in stops)
    if not hit:
        assert result == text


@pytest.mark.parametrize(
    ("context", "asked", "prompt", "answer"), [(None, 9, None, 9), (100, 10, 90, 10), (100, 256, 75, 25), (2, 5, 1, 1)]
)
def test_an_answer_takes_no_more_than_a_quarter_from_the_question(
    context: int | None, asked: int, prompt: int | None, answer: int
) -> None:
    assert prompt_room(context, asked) == prompt
    assert answer_room(context, prompt or 0, asked) == answer

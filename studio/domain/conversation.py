"""What must be true of a conversation whatever runs it: how it is made to fit, where an answer ends.

Pure rules over callables, so that ONNX Runtime and the PyTorch baseline cut, fold and stop in the same way and their
answers stay comparable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.task import Message

#: Tokens that end a turn in the templates of common model families. They count where a model has them as special
#: tokens and its template uses them; some models' configurations name only the end of a document.
TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|end|>", "<|endoftext|>", "<|return|>")


@dataclass(frozen=True)
class Fitted:
    """A conversation that fits into a model's context.

    Attributes:
        ids: The whole prompt as token ids.
        notices: What was left out, in plain sentences.
    """

    ids: list[int]
    notices: tuple[str, ...] = ()


def with_system(messages: Sequence[Message], system: str) -> list[Message]:
    """``messages`` behind a system message; one that they have already wins."""
    if not system.strip() or (messages and messages[0].role == "system"):
        return list(messages)
    return [Message("system", system), *messages]


def system_folded(messages: Sequence[Message]) -> list[Message]:
    """``messages`` with the system text put in front of the first user message, for templates without that role."""
    if not messages or messages[0].role != "system":
        return list(messages)
    system, rest = messages[0].content, list(messages[1:])
    for place, message in enumerate(rest):
        if message.role == "user":
            rest[place] = Message("user", f"{system}\n\n{message.content}")
            break
    return rest


def fit(
    messages: Sequence[Message],
    encode: Callable[[Sequence[Message]], list[int]],
    keep_end: Callable[[str, int], tuple[str, int]],
    room: int | None,
) -> Fitted:
    """The prompt of a conversation, made to fit: oldest exchanges go first, then the start of the last message.

    The system message and the last message always stay.

    Args:
        messages: The conversation; its last message is the one to answer.
        encode: Token ids of the whole prompt for some messages.
        keep_end: Given a text and a number of tokens: the end of the text of so many tokens, and how many tokens
            the whole text has.
        room: Most tokens the prompt may have; None where the model has no limit.

    Raises:
        InputError: Not even the system message fits.
    """
    ids = encode(messages)
    if room is None or len(ids) <= room:
        return Fitted(ids)
    head = [m for m in messages[:1] if m.role == "system"]
    rest = list(messages[len(head) :])
    # Where an exchange begins: only there may the conversation start, since many templates want user first.
    starts = [place for place, message in enumerate(rest) if message.role == "user" and place > 0]
    # Fewest exchanges left out that make it fit, by halving: each try costs a rendering and a tokenization.
    low, high, best = 0, len(starts) - 1, None
    while low <= high:
        middle = (low + high) // 2
        tried = encode([*head, *rest[starts[middle] :]])
        if len(tried) <= room:
            best, high = (starts[middle], tried), middle - 1
        else:
            low = middle + 1
    if best:
        return Fitted(best[1], (_left_out_messages(best[0]),))
    notices = [_left_out_messages(starts[-1])] if starts else []
    last = rest[-1]
    fixed = len(encode([*head, Message(last.role, "")]))
    budget = room - fixed
    while budget > 0:
        text, total = keep_end(last.content, budget)
        tried = encode([*head, Message(last.role, text)])
        if len(tried) <= room:
            notices.append(
                _(
                    "The message is longer than the model reads: its first {left_out} of {total} tokens were left out."
                ).format(left_out=total - budget, total=total)
            )
            return Fitted(tried, tuple(notices))
        # A text in its place can have a few tokens more than alone.
        budget -= max(1, len(tried) - room)
    raise InputError(
        _("The system prompt alone fills the model's context ({tokens} of {room} tokens).").format(
            tokens=fixed, room=room
        ),
        _("Shorten it, or choose a model with a longer context."),
    )


def _left_out_messages(count: int) -> str:
    return _("The conversation is longer than the model's context: its oldest {count} messages were left out.").format(
        count=count
    )


def prompt_room(context: int | None, asked: int) -> int | None:
    """Most tokens of a prompt; None where the model has no limit.

    An answer gets the room it asks for, but no more than a quarter of the context at the cost of the question.

    Args:
        context: Tokens that the model reads and writes together; None where it has no limit.
        asked: Tokens of the longest answer that is wanted.
    """
    return None if context is None else context - max(1, min(asked, context // 4))


def answer_room(context: int | None, prompt: int, asked: int) -> int:
    """Most tokens of an answer behind ``prompt`` tokens; arguments as in `prompt_room`."""
    return asked if context is None else max(1, min(asked, context - prompt))


def folded_notice() -> str:
    """The sentence for a system prompt that the template has no place for."""
    return _("This model has no system role: the system prompt was put in front of the first message.")


def context_full_notice(context: int) -> str:
    """The sentence for an answer that had less room than was asked for."""
    return _("The answer ends where the model's context of {context} tokens was full.").format(context=context)


def stop_ids(
    configs: Iterable[Mapping[str, Any]], special: Mapping[str, int], eos: int | None, template: str
) -> frozenset[int]:
    """Token ids that end an answer.

    Args:
        configs: ``generation_config.json`` and ``config.json``; ``eos_token_id`` is a number or a list.
        special: The tokenizer's special tokens with their ids.
        eos: The tokenizer's own end token.
        template: The chat template; empty where there is none.
    """
    found = set() if eos is None else {eos}
    for config in configs:
        value = config.get("eos_token_id")
        listed = value if isinstance(value, (list, tuple)) else [value]
        found |= {item for item in listed if isinstance(item, int) and not isinstance(item, bool)}
    found |= {special[token] for token in TURN_ENDS if token in special and token in template}
    return frozenset(found)


class StopStrings:
    """Ends a streamed text before the first of some strings, without ever giving out a part of one.

    Args:
        stops: The strings; empty ones count for nothing.
    """

    def __init__(self, stops: Iterable[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.hit = False

    def push(self, piece: str) -> str:
        """What may be shown now that ``piece`` has come; `hit` turns true once a stop string is complete."""
        if not self._stops or self.hit:
            return "" if self.hit else piece
        text = self._held + piece
        places = [place for place in (text.find(stop) for stop in self._stops) if place >= 0]
        if places:
            self.hit, self._held = True, ""
            return text[: min(places)]
        held = max((self._overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def finish(self) -> str:
        """What was held back and turned out to be no stop string."""
        held, self._held = self._held, ""
        return held

    @staticmethod
    def _overlap(text: str, stop: str) -> int:
        """Length of the longest end of ``text`` that begins ``stop``."""
        longest = min(len(text), len(stop) - 1)
        return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)

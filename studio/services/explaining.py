"""Explains an answer by occlusion: the text again and again with a word left out, through the worker, in batches.

Zeiler and Fergus 2014 and Li et al. 2016: a part counts as much as the score falls without it. Works for any model,
since it only asks; what it can't see is words that only count together.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from studio.domain.errors import InputError
from studio.domain.explanation import Explanation, Faithfulness, Hint, Part, parts_of, without
from studio.domain.i18n import N_, _
from studio.domain.prediction import Labels, Number, Output
from studio.domain.running import Inputs, LoadSpec, Options
from studio.domain.task import Task
from studio.services.pool import CandidatePool
from studio.services.waiting import Waiter

#: Parts that are looked at by themselves; longer texts go by groups of words.
MOST_PARTS = 80
#: Orders by chance, and steps, of the check whether the explanation is faithful.
_ORDERS, _STEPS, _LEAST = 5, 10, 4
_BATCH = 32
#: What every explanation says of itself.
METHOD = N_(
    "Each word was left out once and the model asked again (occlusion): a word counts as much as the score falls "
    "without it. Words that only count together, or say the same twice, can look weaker than they are."
)


@dataclass(frozen=True)
class _Asked:
    """Answers the text with some parts left out."""

    ask: Callable[[Sequence[str]], list[Output]]
    text: str


def explain(
    task: Task,
    spec: LoadSpec,
    inputs: Inputs,
    options: Options,
    pool: CandidatePool,
    on_progress: Callable[[float], object] = lambda _share: None,
    stop: threading.Event | None = None,
    seed: int = 0,
) -> Explanation:
    """What each word of a text did to a candidate's answer.

    Args:
        task: What the candidate does.
        spec: How it is opened.
        inputs: What was asked.
        options: All options, as it ran with them.
        pool: Where it is opened.
        on_progress: Hears the share that is done.
        stop: Once set, it ends.
        seed: Of the orders by chance.

    Raises:
        InputError: The answer is not of a kind that can be explained so, or the text has no words.
        StoppedError: It was stopped.
    """
    if not task.explainable:
        raise InputError(
            _("Answers of {task} can't be explained this way.").format(task=task.id),
            _("Labels and numbers from a text can."),
        )
    main = task.inputs[0].name
    text = str(inputs[main])
    task.check(inputs)
    parts = parts_of(text, MOST_PARTS)
    if not parts:
        raise InputError(_("There are no words in the text to leave out."))
    asked = {**options, "top_k": None} if "top_k" in options else dict(options)
    orders = _orders(len(parts), seed)
    steps = _step_sizes(len(parts))
    whole = 1 + len(parts) + (len(steps) * (1 + len(orders)) if steps else 0)
    waiter = Waiter(stop or threading.Event())
    done = 0
    with pool.borrow(spec, waiter) as opened:

        def ask(texts: Sequence[str]) -> list[Output]:
            nonlocal done
            found: list[Output] = []
            for start in range(0, len(texts), _BATCH):
                waiter.check()
                batch = [{**inputs, main: each} for each in texts[start : start + _BATCH]]
                if opened.loaded.batches:
                    found += waiter.result(opened.worker.run_batch(batch, asked)).table.rows()
                else:
                    found += [waiter.result(opened.worker.run(each, asked)).prediction.output for each in batch]
                done += len(batch)
                on_progress(done / whole)
            return found

        first = ask([text])[0]
        answer = first.text
        score = _score_of(first, answer)
        alone = ask([_asked_text(text, (part,)) for part in parts])
        weights = tuple(score - _score_of(output, answer) for output in alone)
        heaviest = sorted(range(len(parts)), key=lambda place: -weights[place])
        hints = [
            Hint(place, alone[place].text)
            for place in heaviest
            if isinstance(first, Labels) and alone[place].text != answer
        ]
        check = _faithfulness(_Asked(ask, text), parts, heaviest, orders, steps, answer) if steps else None
    return Explanation(answer, score, parts, weights, tuple(hints), check)


def _asked_text(text: str, left_out: tuple[Part, ...]) -> str:
    # A model must be asked something: with every word left out, what remains is a full stop.
    rest = without(text, left_out)
    return rest if any(character.isalnum() for character in rest) else "."


def _score_of(output: Output, answer: str) -> float:
    """The score of the answer that is explained: a label's probability, or the number itself."""
    if isinstance(output, Labels):
        return next((each.score for each in output.scores if each.label == answer), 0.0)
    if isinstance(output, Number):
        return output.value
    raise InputError(_("This answer can't be explained."))


def _orders(parts: int, seed: int) -> list[list[int]]:
    found = []
    for number in range(_ORDERS):
        order = list(range(parts))
        random.Random(f"{seed} {number}").shuffle(order)
        found.append(order)
    return found


def _step_sizes(parts: int) -> list[int]:
    if parts < _LEAST:
        return []
    return sorted({max(1, round(parts * step / _STEPS)) for step in range(1, _STEPS)})


def _faithfulness(
    asked: _Asked,
    parts: tuple[Part, ...],
    heaviest: Sequence[int],
    orders: Sequence[Sequence[int]],
    steps: Sequence[int],
    answer: str,
) -> Faithfulness:
    def curve(order: Sequence[int]) -> list[float]:
        texts = [_asked_text(asked.text, tuple(parts[place] for place in order[:size])) for size in steps]
        return [_score_of(output, answer) for output in asked.ask(texts)]

    by_weight = curve(heaviest)
    chance = [curve(order) for order in orders]
    by_chance = [sum(each[place] for each in chance) / len(chance) for place in range(len(steps))]
    advantage = sum(c - w for c, w in zip(by_chance, by_weight, strict=True)) / len(steps)
    shares = tuple(size / len(parts) for size in steps)
    return Faithfulness(shares, tuple(by_weight), tuple(by_chance), advantage)


def document_of(task: Task, model: str, text: str, found: Explanation) -> dict[str, Any]:
    """An explanation as plain JSON values."""
    check = found.faithfulness
    return {
        "schema_version": 1,
        "task": task.id,
        "model": model,
        "method": "occlusion",
        "input": text,
        "answer": found.answer,
        "score": found.score,
        "words": [
            {"text": part.text, "start": part.start, "end": part.end, "weight": weight}
            for part, weight in zip(found.parts, found.weights, strict=True)
        ],
        "without": [{"text": found.parts[hint.part].text, "answer": hint.answer} for hint in found.hints],
        "faithfulness": None
        if check is None
        else {
            "shares": list(check.shares),
            "by_weight": list(check.by_weight),
            "by_chance": list(check.by_chance),
            "advantage": check.advantage,
        },
    }


def sentences(found: Explanation) -> list[str]:
    """What an explanation says in words: what would change the answer, and how far it can be trusted."""
    said = [
        _("Without “{word}” it would say {answer}.").format(
            word=found.parts[hint.part].text, answer=hint.answer.replace("_", " ")
        )
        for hint in found.hints[:3]
    ]
    check = found.faithfulness
    if check is not None:
        if check.advantage > 0.01:
            said.append(
                _(
                    "Taking out the heaviest words first lowers the score by {points:.2f} more than taking out any: "
                    "the explanation holds."
                ).format(points=check.advantage)
            )
        else:
            said.append(
                _("Taking out the heaviest words first lowers the score no more than taking out any: don't rely on it.")
            )
    return said

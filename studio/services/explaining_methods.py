"""How weights of parts are found by leaving parts out, and whether they can be trusted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from studio.domain.explanation import Faithfulness
from studio.services.explaining_asking import Asked, Game

#: Steps of the curve of parts that go one after another, and the fewest parts for which there is one.
_STEPS, _LEAST = 10, 4


@dataclass(frozen=True)
class Weighed:
    """What parts did.

    Attributes:
        weights: By part, how much it adds to the score.
        steps: By word of a written answer and part, how much it adds to the word's probability.
    """

    weights: tuple[float, ...]
    steps: tuple[tuple[float, ...], ...]


def occlusion(whole: Asked, alone: Sequence[Asked]) -> Weighed:
    """A part weighs as much as the score falls without it (Zeiler and Fergus 2014, Li et al. 2016).

    Args:
        whole: With nothing left out.
        alone: For each part, without it.
    """
    return Weighed(
        tuple(whole.score - each.score for each in alone),
        tuple(tuple(step - each.steps[place] for each in alone) for place, step in enumerate(whole.steps)),
    )


def shapley_cost(parts: int, orders: int) -> int:
    """How often `shapley` asks."""
    return 2 * orders * parts


def shapley(game: Game, orders: int, seed: int) -> Weighed:
    """Mean fall of the score when a part goes, over orders in which all parts go (Castro et al. 2009).

    Orders come in pairs, one the other's reverse, which makes the means steadier (Mitchell et al. 2022). Weights add up
    to the difference between the whole input and none of it.

    Args:
        game: What is explained.
        orders: Pairs of orders.
        seed: Of the orders.
    """
    n, width = len(game.parts), len(game.whole.steps)
    totals = [[0.0] * (1 + width) for _part in range(n)]
    for number in range(orders):
        order = list(range(n))
        random.Random(f"{seed} {number}").shuffle(order)
        for one in (order, order[::-1]):
            asked = game.ask([frozenset(one[: size + 1]) for size in range(n)])
            before = game.whole
            for part, after in zip(one, asked, strict=True):
                totals[part][0] += before.score - after.score
                for place in range(width):
                    totals[part][1 + place] += before.steps[place] - after.steps[place]
                before = after
    means = [[value / (2 * orders) for value in total] for total in totals]
    return Weighed(
        tuple(mean[0] for mean in means),
        tuple(tuple(mean[1 + place] for mean in means) for place in range(width)),
    )


def faithfulness_cost(parts: int, orders: int) -> int:
    """How often `faithfulness` asks."""
    return len(_step_sizes(parts)) * (1 + orders)


def faithfulness(game: Game, weights: Sequence[float], orders: int, seed: int) -> Faithfulness | None:
    """What taking the heaviest parts out first does, against taking them out in any order; None for few parts.

    Args:
        game: What is explained.
        weights: By part.
        orders: How many orders by chance.
        seed: Of these.
    """
    steps = _step_sizes(len(game.parts))
    if not steps:
        return None

    def curve(order: Sequence[int]) -> list[float]:
        return [each.score for each in game.ask([frozenset(order[:size]) for size in steps])]

    by_weight = curve(sorted(range(len(weights)), key=lambda place: -weights[place]))
    chance = []
    for number in range(orders):
        order = list(range(len(weights)))
        random.Random(f"{seed} {number}").shuffle(order)
        chance.append(curve(order))
    by_chance = [sum(each[place] for each in chance) / len(chance) for place in range(len(steps))]
    advantage = sum(c - w for c, w in zip(by_chance, by_weight, strict=True)) / len(steps)
    return Faithfulness(tuple(size / len(weights) for size in steps), tuple(by_weight), tuple(by_chance), advantage)


def _step_sizes(parts: int) -> list[int]:
    if parts < _LEAST:
        return []
    return sorted({max(1, round(parts * step / _STEPS)) for step in range(1, _STEPS)})

"""Do people who judge the same things agree? Kappa: agreement beyond what chance would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Agreement of two people on the same things; 1: always, 0: as by chance. None where chance alone would agree.

    Cohen (1960), "A coefficient of agreement for nominal scales".
    """
    n = len(first)
    if n == 0:
        return None
    same = sum(a == b for a, b in zip(first, second, strict=True)) / n
    one, other = Counter(first), Counter(second)
    by_chance = sum(one[word] * other[word] for word in one) / (n * n)
    return None if by_chance >= 1 else (same - by_chance) / (1 - by_chance)


def fleiss_kappa(judged: Sequence[Sequence[str]]) -> float | None:
    """Agreement of several people, each thing judged by the same number of them; None where it is undefined.

    Fleiss (1971), "Measuring nominal scale agreement among many raters".

    Args:
        judged: For each thing, what people chose.
    """
    kept = [Counter(choices) for choices in judged if len(choices) >= 2]
    if not kept or len({sum(counts.values()) for counts in kept}) != 1:
        return None
    people, things = sum(kept[0].values()), len(kept)
    within = sum(sum(k * (k - 1) for k in counts.values()) / (people * (people - 1)) for counts in kept) / things
    totals: Counter[str] = Counter()
    for counts in kept:
        totals.update(counts)
    by_chance = sum((count / (people * things)) ** 2 for count in totals.values())
    return None if by_chance >= 1 else (within - by_chance) / (1 - by_chance)

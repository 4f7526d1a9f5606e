"""Names for themes: words that are frequent in one, rare in the others, and mean what its texts mean.

Frequency by class-based TF-IDF (Grootendorst 2022); meaning by the embedding of the word itself.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

#: Words that say nothing about a theme.
_STOP_WORDS_TEXT = """
a about above after again against ain all also always am an and another any anyone anything are aren't as at be
because been before being below between both but by can can't cannot could couldn't did didn't do does doesn't doing
don don't done down during each either else even ever every few for from further get gets getting give go going gone
got had hadn't has hasn't have haven't having he hello her here hers hey hi him his how i i'd i'll i'm i've if in
into is isn't it it's its itself just know let let's like ll make makes many may maybe me might more most much must
my myself need needs never no none nor not nothing now of off ok okay on once one ones only or other our ours out
over own please put re really said same say see seems shall she should shouldn't since so some someone something
still such take tell than thank thanks that that's the their theirs them then there there's these they they're thing
things think this those though through to too try trying under until up upon us use used using ve very via want
wants was wasn't way we we're well were weren't what what's when where which while who whom whose why will with
within without won't would wouldn't yes yet you you'd you'll you're you've your yours
"""
STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())
#: Chinese characters that are in every sentence; a pair with one of them says nothing.
_STOP_CHARACTERS = frozenset(
    "的了是我你您他她它们在有和就不也都要这那个么吗呢吧啊把被给让对很还可以能会到说什怎为与及或请想一没去"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
_WORDS_IN_NAME = 3
_LONGEST_NAME = 60
#: Words of each theme whose meaning is looked at.
_CANDIDATES = 24
#: Longest ending by which two forms of a word differ.
_ENDING = 6

#: How near each word is to the middle of each theme, -1 to 1: words → a row for each with a number for each theme.
Likeness = Callable[[Sequence[str]], Sequence[Sequence[float]]]


def theme_names(texts: Sequence[str], groups: Sequence[int], likeness: Likeness | None = None) -> list[str]:
    """A name for each group, by its number.

    Args:
        texts: All texts.
        groups: The group of each, numbered from 0 without gaps.
        likeness: See `Likeness`; None where only frequency counts.
    """
    count = max(groups, default=-1) + 1
    words: list[Counter[str]] = [Counter() for _group in range(count)]
    spread: list[Counter[str]] = [Counter() for _group in range(count)]
    pairs: list[Counter[tuple[str, str]]] = [Counter() for _group in range(count)]
    for text, number in zip(texts, groups, strict=True):
        found = _terms(text)
        words[number].update(found)
        spread[number].update(set(found))
        pairs[number].update(set(_neighbours(text)))
    overall: Counter[str] = Counter()
    for counted in words:
        overall.update(counted)
    average = sum(overall.values()) / max(1, count)
    weighed = [_weights(words[number], overall, average) for number in range(count)]
    if likeness is not None:
        weighed = _by_meaning(weighed, likeness)
    names: list[str] = []
    for number in range(count):
        name = _name(weighed[number], spread[number], pairs[number], needs_two=likeness is None)
        name = name or _beginning(text for text, group in zip(texts, groups, strict=True) if group == number)
        # Two themes of one name could not be told apart.
        same = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({same + 1})" if same else name)
    return names


def _weights(words: Counter[str], overall: Counter[str], average: float) -> dict[str, float]:
    """How telling each word of a theme is."""
    total = max(1, sum(words.values()))
    return {word: times / total * math.log(1 + average / overall[word]) for word, times in words.items()}


def _by_meaning(weighed: Sequence[dict[str, float]], likeness: Likeness) -> list[dict[str, float]]:
    """The most telling words of each theme, weighed by how near their own meaning is to it as well."""
    best = [sorted(weights, key=lambda word: (-weights[word], word))[:_CANDIDATES] for weights in weighed]
    asked = sorted({word for words in best for word in words})
    near = dict(zip(asked, likeness(asked), strict=True)) if asked else {}
    found = []
    for number, (words, weights) in enumerate(zip(best, weighed, strict=True)):
        top = max((weights[word] for word in words), default=1.0)
        found.append({word: math.sqrt(weights[word] / top) * max(0.0, near[word][number]) for word in words})
    return found


def _name(weights: dict[str, float], spread: Counter[str], pairs: Counter[tuple[str, str]], needs_two: bool) -> str:
    # Where frequency is all there is, a word that stands in one text only is that text's, unless there is nothing else.
    shared = [word for word in weights if spread[word] > 1 or not needs_two] or list(weights)
    chosen: list[str] = []
    for word in sorted(shared, key=lambda word: (-weights[word], word)):
        if len(chosen) == _WORDS_IN_NAME:
            break
        said = [part for name in chosen for part in name.split()]
        if any(_alike(word, part) for part in said):
            continue
        phrase = _phrase(word, spread, pairs)
        repeats = any(_alike(part, other) for part in phrase.split() for other in said)
        chosen.append(word if repeats else phrase)
    name = ", ".join(chosen)
    return (name[:1].upper() + name[1:])[:_LONGEST_NAME]


def _phrase(word: str, spread: Counter[str], pairs: Counter[tuple[str, str]]) -> str:
    """The word, or the pair that it mostly stands in, such as "credit card"."""
    for (first, second), times in pairs.most_common():
        if word in (first, second) and times >= 2 and times >= 0.5 * spread[word]:
            return f"{first} {second}"
    return word


def _terms(text: str) -> list[str]:
    lowered = text.lower()
    found = [word.replace("’", "'") for word in _WORD.findall(_CJK.sub(" ", lowered))]
    terms = [word for word in found if len(word) > 1 and word not in STOP_WORDS]
    for run in _CJK.findall(lowered):
        terms += [run[i : i + 2] for i in range(len(run) - 1) if not _STOP_CHARACTERS & set(run[i : i + 2])]
    return terms


def _neighbours(text: str) -> list[tuple[str, str]]:
    """Pairs of words that stand side by side and both say something."""
    words = [word.replace("’", "'") for word in _WORD.findall(_CJK.sub(" ", text.lower()))]
    return [
        (first, second)
        for first, second in pairwise(words)
        if first != second and not {first, second} & STOP_WORDS and min(len(first), len(second)) > 1
    ]


def _alike(one: str, other: str) -> bool:
    """Whether two words are forms of one: "cancel" and "cancelled", or Chinese pairs that overlap."""
    if _CJK.match(one):
        return bool(set(one) & set(other))
    short, long = sorted((one, other), key=len)
    stem = short[: max(3, len(short) - 2)] if len(short) > 4 else short
    return long.startswith(stem) and len(long) - len(stem) <= _ENDING


def _beginning(texts: Iterable[str]) -> str:
    """The shortest text that says anything, where no word stands out."""
    said = sorted((" ".join(text.split()) for text in texts), key=len)
    text = next((one for one in said if one), "–")
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"

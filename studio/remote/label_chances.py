"""From the probabilities of tokens to those of labels."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from studio.remote.stream import Chance


def label_chances(chosen: str, labels: Sequence[str], tokens: Sequence[Chance]) -> Mapping[str, float]:
    """How likely the model held each label, from the tokens of its answer and the likeliest ones in their places.

    Where the answer could have gone another way, the labels that begin in that way share its probability; what no
    listed token stands for is shared by the labels that nothing was said about.

    Args:
        chosen: The label that was answered.
        labels: All of them.
        tokens: The tokens of the whole answer.

    Returns:
        Probabilities that sum to 1, the chosen label's the largest; empty where the tokens don't tell that.
    """
    answer = "".join(token.text for token in tokens)
    written = {label: _written(label, answer) for label in labels}
    start = answer.find(written[chosen])
    if start < 0:
        return {}
    found = dict.fromkeys(labels, 0.0)
    so_far, place, reached = 1.0, 0, ""
    for token in tokens:
        end = place + len(token.text)
        if end > start and len(reached) < len(written[chosen]):
            # A token may begin before the label, with a quotation mark or a space.
            lead = token.text[: max(0, start - place)]
            for text, logprob in token.others:
                if text == token.text or not text.startswith(lead):
                    continue
                ways = [label for label in labels if _goes(written[label], reached + text[len(lead) :])]
                for label in ways:
                    found[label] += so_far * math.exp(min(0.0, logprob)) / len(ways)
            so_far *= math.exp(min(0.0, token.logprob))
            reached += token.text[len(lead) :]
        place = end
    found[chosen] += so_far
    silent = [label for label in labels if not found[label]]
    rest = 1 - sum(found.values())
    for label in silent:
        found[label] = max(0.0, rest) / len(silent)
    total = sum(found.values())
    if not total > 0 or found[chosen] < max(found.values()):
        return {}
    return {label: chance / total for label, chance in found.items()}


def _written(label: str, answer: str) -> str:
    """The label as it stands in an answer, which may be JSON."""
    return label if label in answer else json.dumps(label, ensure_ascii=False)[1:-1]


def _goes(label: str, text: str) -> bool:
    """Whether an answer that begins with ``text`` can be, or is, the label; what follows it is a quotation mark."""
    return bool(text) and (label.startswith(text) or (text.startswith(label) and not text[len(label) :].isalnum()))

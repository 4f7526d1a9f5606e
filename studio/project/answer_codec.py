"""One answer of an evaluation as a row of the project, and back: small enough for a hundred thousand of them."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.domain.errors import Failure
from studio.domain.evaluation import Answer
from studio.domain.prediction import (
    Findings,
    FinishReason,
    FoundPassage,
    GeneratedText,
    Labels,
    LabelScore,
    Number,
    Output,
    Transcript,
)
from studio.project.codec import damaged, decode, encode
from studio.project.values import clean

#: Columns of ``answers`` in the order of `pack` and `unpack`.
FIELDS = (
    "candidate, position, repeat, text, numbers, detail, failure, latency_s, ttft_s, decode_tokens_per_s, "
    "characters_per_s"
)


@dataclass(frozen=True)
class _Detail:
    """What an answer is besides its text and numbers; left out where it is as here."""

    kind: str = "labels"
    multi_label: bool = False
    prompt_tokens: int = 0
    finish_reason: FinishReason = "stop"
    notices: tuple[str, ...] = field(default_factory=tuple)
    #: Labels in the order of the scores, where the candidate does not name them all (``top_k``).
    labels: tuple[str, ...] = ()
    #: The whole answer, of kinds that are neither labels nor text.
    output: FoundPassage | Findings | Number | Transcript | None = None


def pack(answer: Answer, labels: Mapping[str, int]) -> tuple[Any, ...]:
    """The values of a row.

    Args:
        answer: What to store.
        labels: Place of each label of the candidate; scores are stored in that order, as float32.
    """
    text, numbers, detail = _pack_output(answer.output, labels, answer.notices)
    return (
        answer.candidate,
        answer.position,
        answer.repeat,
        text,
        numbers,
        detail,
        encode(answer.failure) if answer.failure else None,
        answer.latency_s,
        answer.ttft_s,
        answer.decode_tokens_per_s,
        answer.characters_per_s,
    )


def _pack_output(
    output: Output | None, labels: Mapping[str, int], notices: tuple[str, ...]
) -> tuple[str | None, bytes | None, str | None]:
    if output is None:
        return None, None, None
    if isinstance(output, GeneratedText):
        detail = _Detail("text", False, output.prompt_tokens, output.finish_reason, notices)
        return clean(output.text), _bytes(array("i", output.token_ids)), encode(detail)
    if isinstance(output, Findings) and not output.texts:
        # A vector for each of a hundred thousand rows: as numbers, not as words.
        return "", _bytes(array("f", output.vector)), encode(_Detail("findings", notices=notices))
    if not isinstance(output, Labels):
        return clean(output.text), None, encode(_Detail("other", notices=notices, output=output))
    if len(output.scores) == len(labels) and all(score.label in labels for score in output.scores):
        numbers = array("f", bytes(4 * len(labels)))
        for score in output.scores:
            numbers[labels[score.label]] = score.score
        named: tuple[str, ...] = ()
    else:
        numbers = array("f", [score.score for score in output.scores])
        named = tuple(clean(score.label) for score in output.scores)
    plain = not notices and not named and not output.multi_label
    detail_text = None if plain else encode(_Detail("labels", output.multi_label, notices=notices, labels=named))
    return clean(output.text), _bytes(numbers), detail_text


def unpack(row: tuple[Any, ...], labels: tuple[str, ...]) -> Answer:
    """The answer that a row holds.

    Raises:
        DamagedProjectError: It holds what no studio wrote.
    """
    candidate, position, repeat, text, numbers, detail, failure, latency, ttft, decode_rate, characters = row
    about = decode(_Detail, detail) if detail else _Detail()
    return Answer(
        candidate,
        position,
        repeat,
        None if text is None else _output(text, numbers, about, labels),
        decode(Failure, failure) if failure else None,
        latency,
        ttft,
        decode_rate,
        characters,
        about.notices,
    )


def _output(text: str, numbers: bytes | None, about: _Detail, labels: tuple[str, ...]) -> Output:
    if about.kind == "text":
        return GeneratedText(text, tuple(_array("i", numbers)), about.prompt_tokens, about.finish_reason)
    if about.kind == "findings":
        return Findings(tuple(_array("f", numbers)))
    if about.kind == "other":
        if about.output is None:
            raise damaged("an answer of an unknown kind")
        return about.output
    names = about.labels or labels
    values = _array("f", numbers)
    if len(values) != len(names):
        raise damaged(f"{len(values)} scores for {len(names)} labels")
    # Stable, and by the candidate's own order where equal: as the runner sorts.
    order = sorted(range(len(names)), key=lambda place: -values[place])
    return Labels(tuple(LabelScore(names[place], values[place]) for place in order), about.multi_label)


def _bytes(numbers: array[Any]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _array(kind: str, data: bytes | None) -> array[Any]:
    if not isinstance(data, bytes) or len(data) % 4:
        raise damaged(f"numbers of an answer: {data!r:.80}")
    numbers: array[Any] = array(kind)
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers

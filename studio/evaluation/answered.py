"""What one candidate answered, put so that metrics can read it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.domain.evaluation import EvaluatedCandidate
from studio.domain.prediction import Output
from studio.metrics._metric import Answers

Array = NDArray[Any]

_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_HAN = re.compile("[\u3400-\u9fff]")
#: Texts that are looked at to find their language.
_LOOKED_AT = 200


@dataclass
class Speeds:
    """Raw figures of single rows."""

    latency_s: list[float] = field(default_factory=list)
    ttft_s: list[float] = field(default_factory=list)
    decode_tokens_per_s: list[float] = field(default_factory=list)
    characters_per_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Answered:
    """One candidate's answers.

    Attributes:
        candidate: Who.
        positions: Rows with an answer or a failure, ascending, shape ``(rows,)``.
        texts: The first answer to each of these; None for a failure.
        scores: float32, shape ``(rows, labels of the candidate)``, NaN where a row has none; None where none has.
        repeats: Further answers to the same rows, by repeat.
        speeds: Figures of single rows.
        outputs: The first answers as they are, for kinds of output that are more than labels or text.
        seconds: What each row took, NaN where not known, shape ``(rows,)``.
    """

    candidate: EvaluatedCandidate
    positions: Array
    texts: Sequence[str | None]
    scores: Array | None
    repeats: Sequence[Mapping[int, str | None]] = ()
    speeds: Speeds = field(default_factory=Speeds)
    outputs: Sequence[Output | None] = ()
    seconds: Sequence[float] = ()

    def judged(self, references: Sequence[str], label_map: Mapping[str, str], language: str) -> tuple[Array, Answers]:
        """The rows that have an expected answer, and how they were answered.

        Args:
            references: For every row of the data.
            label_map: Which label of a model a reference label means; a recorded answer is read the same way.
            language: Language of the references.
        """
        kept = [place for place, position in enumerate(self.positions) if references[position].strip()]
        positions = self.positions[kept]
        wanted = [label_map.get(references[p].strip(), references[p].strip()) for p in positions]
        return positions, self._answers(kept, wanted, label_map, language)

    def everything(self, label_map: Mapping[str, str]) -> tuple[Array, Answers]:
        """All rows, for metrics that need no expected answer."""
        kept = range(len(self.positions))
        return self.positions, self._answers(kept, [""] * len(kept), label_map, "")

    def repeated(self, positions: Array, answers: Answers, label_map: Mapping[str, str]) -> list[Answers]:
        """The same rows in each further repeat that answered all of them."""
        found = []
        for texts in self.repeats:
            if all(int(position) in texts for position in positions):
                again = [self._read(texts[int(position)], label_map) for position in positions]
                found.append(Answers(answers.references, again, language=answers.language))
        return found

    def _answers(
        self, kept: Iterable[int], wanted: Sequence[str], label_map: Mapping[str, str], language: str
    ) -> Answers:
        places = list(kept)
        texts = [self._read(self.texts[place], label_map) for place in places]
        scores = None if self.scores is None else self.scores[places].astype(np.float64)
        names = self.candidate.labels if scores is not None else ()
        outputs = [self.outputs[place] for place in places] if self.outputs else ()
        seconds = [self.seconds[place] for place in places] if len(self.seconds) else ()
        return Answers(wanted, texts, names, scores, language, outputs, seconds)

    def _read(self, text: str | None, label_map: Mapping[str, str]) -> str | None:
        if text is None or self.candidate.kind == "model":
            return text
        return label_map.get(text.strip(), text.strip())


def language_of(texts: Iterable[str]) -> str:
    """``"zh"``, ``"ja"`` or ``"ko"`` where most texts are written so; empty for all others."""
    found: Counter[str] = Counter()
    looked_at = 0
    for text in texts:
        if not text.strip():
            continue
        looked_at += 1
        if _KANA.search(text):
            found["ja"] += 1
        elif _HANGUL.search(text):
            found["ko"] += 1
        elif _HAN.search(text):
            found["zh"] += 1
        if looked_at == _LOOKED_AT:
            break
    best = found.most_common(1)
    return best[0][0] if best and best[0][1] > looked_at / 2 else ""

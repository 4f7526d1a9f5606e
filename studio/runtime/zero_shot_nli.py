"""Which of the labels that a person typed suits a text: NLI models such as BART, DeBERTa and MobileBERT on MNLI."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.domain.characters import clean_text
from studio.domain.classification import left_out_notice, longest_text
from studio.domain.entailment import EXAMPLE_TEMPLATE, PROBE_LABELS, Entailment, label_too_long
from studio.domain.errors import StoppedError
from studio.domain.i18n import _
from studio.domain.label_choice import checked_labels, in_sentences
from studio.domain.prediction import LabelTable, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement, never_cancelled
from studio.runtime.folder import files_of, number, read_json
from studio.runtime.padding import padded
from studio.runtime.session import Array, not_numbers, open_session
from studio.runtime.tokenization import Tokenizer
from studio.runtime.zero_shot_scores import entailment_scores, ranked

#: Pairs and tokens (padding included) that go through the graph at once.
_BATCH_PAIRS = 32
_BATCH_TOKENS = 4096


@dataclass(frozen=True)
class _Pair:
    """A text and a sentence as the model reads them; ``left_out`` tokens of the text were cut."""

    ids: list[int]
    type_ids: list[int]
    left_out: int


class EntailmentClassifier:
    """An open NLI model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        folder = spec.folder
        config = read_json(folder, "config.json")
        self._meaning = Entailment.of(config, folder.name)
        self._tokenizer = Tokenizer.open(folder)
        graph = folder / files_of(folder, spec.precision).roles["model"]
        self._session = open_session(graph, spec.provider, spec.threads)
        self._wanted = set(self._session.input_names)
        names = self._session.output_names
        self._output = "logits" if "logits" in names else names[0]
        positions = number(config, "max_position_embeddings", "n_positions")
        self._max_tokens = longest_text(config, positions, self._tokenizer.max_tokens)
        self._pad_id = self._tokenizer.special_id("pad_token") or number(config, "pad_token_id") or 0

    @property
    def placement(self) -> Placement:
        return self._session.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Score every label for one text; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        labels = checked_labels(options["labels"])
        logits, left_out = self._logits([inputs["text"]], labels, options, cancelled)
        scores = entailment_scores(logits, self._meaning, bool(options.get("multi_label")))
        answer = ranked(labels, scores[0], bool(options.get("multi_label")), options.get("top_k"))
        return Prediction(answer, Timing(time.perf_counter() - began), self._notices(left_out[0]))

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> LabelTable:
        """Score every label for several texts, pairs of about one length together."""
        labels = checked_labels(options["labels"])
        multi_label = bool(options.get("multi_label"))
        logits, left_out = self._logits([inputs["text"] for inputs in batch], labels, options)
        scores = entailment_scores(logits, self._meaning, multi_label).astype("<f4")
        notices = {row: self._notices(count) for row, count in enumerate(left_out) if count}
        return LabelTable(labels, scores.tobytes(), multi_label, notices)

    def lengths(self, batch: Sequence[Inputs]) -> tuple[int, ...]:
        """See `studio.domain.running.BatchRunner.lengths`."""
        encoded = self._tokenizer.encode_all([inputs["text"] for inputs in batch], self._max_tokens)
        return tuple(len(one.ids) for one in encoded)

    def logits(self, text: str) -> Array:
        """The raw scores of one text with a fixed set of labels, for checking a conversion."""
        found: Array = self._logits([text], PROBE_LABELS, {})[0][0]
        return found

    def _logits(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        options: Options,
        cancelled: Callable[[], bool] = never_cancelled,
    ) -> tuple[Array, list[int]]:
        """Raw scores, shape ``(texts, labels, outputs)``, and how many tokens of each text were cut."""
        sentences = in_sentences(str(options.get("hypothesis_template") or EXAMPLE_TEMPLATE), labels)
        pairs = self._pairs([(text, sentence) for text in texts for sentence in sentences])
        order = sorted(range(len(pairs)), key=lambda place: len(pairs[place].ids))
        found: list[Array] = [np.empty(0)] * len(pairs)
        done = 0
        while done < len(order):
            if cancelled():
                raise StoppedError(_("Stopped before it answered."))
            longest = len(pairs[order[min(done + _BATCH_PAIRS, len(order)) - 1]].ids)
            count = max(1, min(_BATCH_PAIRS, _BATCH_TOKENS // longest))
            places = order[done : done + count]
            for place, row in zip(places, self._run([pairs[place] for place in places]), strict=True):
                found[place] = row
            done += len(places)
        logits = np.stack(found).reshape(len(texts), len(labels), -1)
        if not np.isfinite(logits).all():
            raise not_numbers()
        left = [pair.left_out for pair in pairs]
        return logits, [max(left[row * len(labels) : (row + 1) * len(labels)]) for row in range(len(texts))]

    def _pairs(self, pairs: Sequence[tuple[str, str]]) -> list[_Pair]:
        cleaned = [(clean_text(text), clean_text(sentence)) for text, sentence in pairs]
        return [_cut(whole, self._max_tokens) for whole in self._tokenizer.inner.encode_batch(cleaned)]

    def _run(self, batch: Sequence[_Pair]) -> Array:
        fed = {name: array for name, array in padded(batch, self._pad_id).items() if name in self._wanted}
        rows: Array = self._session.run(fed, [self._output])[0]
        return rows

    def _notices(self, left_out: int) -> tuple[str, ...]:
        return (left_out_notice(left_out, (self._max_tokens or 0)),) if left_out else ()


def _cut(whole: Any, limit: int | None) -> _Pair:
    """A pair that fits: the end of the text goes, never a part of the label."""
    ids, types = whole.ids, whole.type_ids
    over = 0 if limit is None else len(ids) - limit
    if over <= 0:
        return _Pair(ids, types, 0)
    text = [place for place, part in enumerate(whole.sequence_ids) if part == 0]
    if over >= len(text):
        raise label_too_long(limit or 0)
    gone = set(text[-over:])
    return _Pair(
        [one for place, one in enumerate(ids) if place not in gone],
        [one for place, one in enumerate(types) if place not in gone],
        over,
    )

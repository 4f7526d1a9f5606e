"""Answers from a document by transformers' own ``question-answering`` pipeline in eager mode."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.baseline.loading import open_tokenizer, open_weights, placement, prepare_process, weights_folder
from studio.domain.characters import clean_text
from studio.domain.classification import longest_text
from studio.domain.errors import StoppedError
from studio.domain.extractive import (
    COLLECTED,
    FIDELITY_DOCUMENT,
    MOST_TOKENS,
    Candidate,
    Windows,
    best_answer,
    can_decline,
    in_whole_words,
    reading_notices,
    stretches_to_read,
)
from studio.domain.i18n import _
from studio.domain.prediction import Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement


class EagerReader:
    """An open reader; see `studio.domain.running.Runner`.

    Chooses what is read of a long document as `studio.runtime.extractive` does; everything else is transformers'.
    """

    def __init__(self, spec: LoadSpec) -> None:
        threads = prepare_process(spec.threads)
        from transformers import AutoModelForQuestionAnswering

        folder = weights_folder(spec)
        self._model = open_weights(AutoModelForQuestionAnswering, folder)
        self._tokenizer = open_tokenizer(folder)
        self._pipeline = _pipeline(self._model, self._tokenizer)
        positions = getattr(self._model.config, "max_position_embeddings", None)
        stated = self._tokenizer.model_max_length if self._tokenizer.model_max_length < 1e9 else None
        limit = longest_text(self._model.config.to_dict(), positions, stated)
        self._limit = min(limit or MOST_TOKENS, MOST_TOKENS)
        self._can_decline = can_decline(folder)
        self._placement = placement(threads)

    @property
    def placement(self) -> Placement:
        return self._placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Answer one question from a document; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        question, document = inputs["question"].strip(), inputs["document"]
        read = stretches_to_read(document, question, options["passages"])
        found: list[Candidate] = []
        nothing: list[float] = []
        for stretch in read:
            if cancelled():
                raise StoppedError(_("Stopped before it answered."))
            for each in self._read(question, stretch.of(document), options["max_answer_tokens"]):
                if each["answer"]:
                    start, end = stretch.start + each["start"], stretch.start + each["end"]
                    found.append(Candidate(start, end, each["score"]))
                else:
                    nothing.append(each["score"])
        none = min(nothing, default=0.0) if self._can_decline and not options["always_answer"] else None
        answer = best_answer(document, found, none, options["least_score"])
        return Prediction(answer, Timing(time.perf_counter() - began), reading_notices(document, read))

    def logits(self, question: str) -> npt.NDArray[Any]:
        """The raw scores of a question about a fixed text, start and end, shape ``(2, tokens)``."""
        import torch

        own = len(self._tokenizer(clean_text(question), "")["input_ids"])
        Windows.beside(own, self._limit)
        read = self._tokenizer(
            clean_text(question),
            FIDELITY_DOCUMENT,
            truncation="only_second",
            max_length=self._limit,
            return_tensors="pt",
        )
        with torch.inference_mode():
            scores = self._model(**read)
        return np.concatenate([scores.start_logits.numpy(), scores.end_logits.numpy()]).astype(np.float32)

    def _read(self, question: str, context: str, longest: int) -> list[dict[str, Any]]:
        windows = self._windows(question)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self._pipeline(
                question=clean_text(question),
                context=clean_text(context),
                top_k=COLLECTED,
                max_answer_len=longest,
                max_seq_len=self._limit,
                max_question_len=self._limit,
                doc_stride=windows.size - windows.step,
                handle_impossible_answer=True,
            )
        return found if isinstance(found, list) else [found]

    def _windows(self, question: str) -> Windows:
        own = self._tokenizer(clean_text(question), add_special_tokens=False)["input_ids"]
        return Windows.beside(len(own) + self._tokenizer.num_special_tokens_to_add(pair=True), self._limit)


def _pipeline(model: Any, tokenizer: Any) -> Any:
    from transformers import QuestionAnsweringPipeline

    class Pipeline(QuestionAnsweringPipeline):  # type: ignore[misc]
        """Asks about each answer whether it is widened to whole words; the original asks once for all."""

        context = ""

        def preprocess(self, example: Any, *args: Any, **options: Any) -> Any:
            self.context = example["context"] if isinstance(example, dict) else example.context_text
            return super().preprocess(example, *args, **options)

        def get_indices(self, enc: Any, s: int, e: int, sequence_index: int, align_to_words: bool) -> tuple[int, int]:
            whole = in_whole_words(self.context[enc.offsets[s][0] : enc.offsets[e][1]])
            start, end = super().get_indices(enc, s, e, sequence_index, whole)
            return int(start), int(end)

    return Pipeline(model=model, tokenizer=tokenizer, framework="pt")

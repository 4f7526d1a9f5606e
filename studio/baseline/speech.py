"""Speech recognition by transformers in eager mode, with its own feature extractors, ``generate`` and tokenizers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.baseline.loading import (
    open_config,
    open_feature_extractor,
    open_tokenizer,
    open_weights,
    placement,
    prepare_process,
    weights_folder,
)
from studio.domain.prediction import Prediction, Segment, Timing, Transcript
from studio.domain.running import Inputs, LoadSpec, Options, Placement, Runner
from studio.domain.speech import chosen_language, one_language_notice
from studio.media.audio import Recording, read_audio

#: As in `studio.runtime.ctc`: longer recordings are read in pieces.
_CHUNK_S = 30.0


def open_speech(spec: LoadSpec) -> Runner:
    """A Whisper or a CTC model; errors as in `studio.baseline.eager.open_classification`."""
    threads = prepare_process(spec.threads)
    whisper = open_config(weights_folder(spec)).is_encoder_decoder
    return EagerWhisper(spec, threads) if whisper else EagerCtc(spec, threads)


def _reading(spec: LoadSpec) -> tuple[Any, Any]:
    """The feature extractor and the tokenizer."""
    folder = weights_folder(spec)
    folder = folder if (folder / "preprocessor_config.json").is_file() else spec.folder
    return open_feature_extractor(folder), open_tokenizer(folder)


class EagerCtc:
    """An open CTC model, through transformers' pipeline; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec, threads: int) -> None:
        from transformers import AutoModelForCTC, pipeline

        self._extractor, tokenizer = _reading(spec)
        self._model = open_weights(AutoModelForCTC, weights_folder(spec))
        self._pipeline = pipeline(
            "automatic-speech-recognition",
            model=self._model,
            tokenizer=tokenizer,
            feature_extractor=self._extractor,
            framework="pt",
            device="cpu",
        )
        self.placement: Placement = placement(threads)

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Write down what is said in a recording; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        recording = read_audio(inputs["audio"], self._extractor.sampling_rate, cancelled)
        whole = {"chunk_length_s": _CHUNK_S} if recording.seconds > _CHUNK_S else {}
        found = self._pipeline(recording.samples.copy(), return_timestamps="word", **whole)
        words = tuple(_segment(one["text"], *one["timestamp"]) for one in found["chunks"])
        on_text(found["text"])
        output = Transcript(found["text"], recording.seconds, words if options.get("timestamps", True) else ())
        notices = (*recording.notices, *one_language_notice(options))
        return Prediction(output, Timing(time.perf_counter() - began, streamed=False), notices)

    def logits(self, path: str) -> npt.NDArray[Any]:
        """The raw scores of the first half minute of a recording, shape ``(moments, vocabulary)``."""
        import torch

        rate = self._extractor.sampling_rate
        samples = read_audio(path, rate).samples[: int(_CHUNK_S * rate)]
        read = self._extractor(samples, sampling_rate=rate, return_tensors="pt")
        with torch.inference_mode():
            return np.asarray(self._model(**read).logits[0].numpy())


class EagerWhisper:
    """An open Whisper model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec, threads: int) -> None:
        from transformers import AutoModelForSpeechSeq2Seq

        self._extractor, self._tokenizer = _reading(spec)
        self._model = open_weights(AutoModelForSpeechSeq2Seq, weights_folder(spec))
        self._generation = self._model.generation_config
        self._first_time = int(self._generation.no_timestamps_token_id) + 1
        self.placement: Placement = placement(threads)

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Write down what is said in a recording; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        language = chosen_language(options, self._languages)
        recording = read_audio(inputs["audio"], self._extractor.sampling_rate, cancelled)
        times = bool(options.get("timestamps", True))
        long = len(recording.samples) > self._extractor.n_samples
        segments = self._segments(recording, language, options, times or long, cancelled)
        said = [(one, self._words(one["tokens"])) for one in segments]
        text = "".join(words for _one, words in said).lstrip()
        on_text(text)
        found = tuple(
            _segment(words.strip(), float(one["start"]), min(float(one["end"]), recording.seconds))
            for one, words in said
            if words.strip()
        )
        output = Transcript(text, recording.seconds, found if times else (), language or "")
        notices = (*recording.notices, *(() if self._languages else one_language_notice(options)))
        return Prediction(output, Timing(time.perf_counter() - began, streamed=False), notices)

    def logits(self, path: str) -> npt.NDArray[Any]:
        """See `studio.runtime.whisper.Whisper.logits`."""
        import torch

        rate = self._extractor.sampling_rate
        read = self._extractor(read_audio(path, rate).samples, sampling_rate=rate, return_tensors="pt")
        ids = [int(self._generation.decoder_start_token_id)]
        if self._languages:
            ids += [next(iter(self._languages.values())), int(self._generation.task_to_id["transcribe"])]
        ids.append(self._first_time - 1)
        with torch.inference_mode():
            logits = self._model(read.input_features, decoder_input_ids=torch.tensor([ids])).logits[0]
        return np.asarray(logits.numpy())

    @property
    def _languages(self) -> dict[str, int]:
        found = getattr(self._generation, "lang_to_id", None) or {}
        return {token.strip("<|>"): int(number) for token, number in found.items()}

    def _segments(
        self,
        recording: Recording,
        language: str | None,
        options: Options,
        times: bool,
        cancelled: Callable[[], bool],
    ) -> list[dict[str, Any]]:
        import torch

        long = len(recording.samples) > self._extractor.n_samples
        whole = {"truncation": False, "padding": "longest"} if long else {}
        rate = self._extractor.sampling_rate
        read = self._extractor(recording.samples, sampling_rate=rate, return_tensors="pt", **whole)
        asked: dict[str, Any] = {"return_timestamps": times, "return_segments": True}
        if self._languages:
            asked |= {"task": "translate" if options.get("translate") else "transcribe", "language": language}
        if options.get("num_beams"):
            asked["num_beams"] = options["num_beams"]
        with torch.inference_mode():
            found = self._model.generate(read.input_features, stopping_criteria=[_Stop(cancelled)], **asked)
        segments: list[dict[str, Any]] = found["segments"][0]
        # transformers goes on into the silence that a short recording is filled up with.
        return [one for one in segments if float(one["start"]) < recording.seconds]

    def _words(self, ids: Any) -> str:
        words = [int(token) for token in ids if int(token) < self._first_time]
        return str(self._tokenizer.decode(words, skip_special_tokens=True, clean_up_tokenization_spaces=False))


class _Stop:
    """transformers' stopping criterion: the user stopped it."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._cancelled = cancelled

    def __call__(self, input_ids: Any, scores: Any, **_more: Any) -> Any:
        import torch

        return torch.full((input_ids.shape[0],), self._cancelled(), dtype=torch.bool)


def _segment(text: str, start: float, end: float) -> Segment:
    return Segment(round(float(start), 2), round(float(end), 2), text)

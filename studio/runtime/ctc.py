"""Speech recognition with CTC models: wav2vec2, HuBERT, WavLM and their like, which give a token for each moment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from studio.domain.errors import ModelFolderError, StoppedError
from studio.domain.i18n import _
from studio.domain.prediction import OutputTable, Prediction, Timing, Transcript
from studio.domain.running import Inputs, LoadSpec, Options, Placement, Runner, never_cancelled
from studio.domain.speech import one_language_notice
from studio.media.audio import Recording, audio_seconds, read_audio
from studio.runtime.audio_features import WaveSettings, normalised
from studio.runtime.ctc_vocabulary import CtcVocabulary
from studio.runtime.folder import files_of, read_json
from studio.runtime.session import Array, open_session

#: Longer recordings are read in pieces of so many seconds, which overlap by a sixth on either side: what stands at the
#: edge of one piece lies inside the next. As transformers' pipeline does it.
CHUNK_S = 30.0
_OVERLAP = 6


class CtcTranscriber:
    """An open CTC model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        folder = spec.folder
        config = read_json(folder, "config.json")
        self._settings = WaveSettings.of(read_json(folder, "preprocessor_config.json"))
        self._vocabulary = CtcVocabulary.open(folder)
        self._session = open_session(
            folder / files_of(folder, spec.precision).roles["model"], spec.provider, spec.threads
        )
        if "input_values" not in self._session.input_names:
            raise ModelFolderError(
                _("The model's files are not those of a speech model that the studio can run."),
                _("It can run wav2vec2, HuBERT, WavLM and their like (CTC), and Whisper."),
                f"inputs: {', '.join(self._session.input_names)}",
            )
        self._masked = "attention_mask" in self._session.input_names
        self._ratio, self._least = _convolutions(config)

    @property
    def placement(self) -> Placement:
        return self._session.placement

    @property
    def batches(self) -> bool:
        """Whether recordings of different lengths can share a run: only with a mask for what fills the shorter ones,
        and only where the model was trained with one (those whose features are normalised over time were not).
        """
        return self._masked and self._settings.mask

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Write down what is said in a recording; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        recording = self.read(inputs, cancelled)
        shown, first_s = "", None
        ids = np.zeros(0, np.int64)
        for piece in self._pieces(recording.samples):
            if cancelled():
                break
            ids = np.concatenate((ids, piece()))
            # The last word may go on in the next piece, so it waits for it.
            text = self._vocabulary.text_of(ids)
            settled = text if len(recording.samples) <= self._chunk else text.rpartition(" ")[0]
            if settled.startswith(shown) and len(settled) > len(shown):
                first_s = time.perf_counter() - began if first_s is None else first_s
                on_text(settled[len(shown) :])
                shown = settled
        output = self._transcript(ids, recording, options)
        if cancelled() and not output.text:
            raise StoppedError(_("Stopped."))
        if output.text.startswith(shown) and len(output.text) > len(shown):
            on_text(output.text[len(shown) :])
        notices = (*recording.notices, *one_language_notice(options))
        return Prediction(output, Timing(time.perf_counter() - began, first_s, streamed=False), notices)

    def read(self, inputs: Inputs, cancelled: Callable[[], bool] = never_cancelled) -> Recording:
        """The recording of an input; errors as in `studio.media.audio.read_audio`."""
        return read_audio(inputs["audio"], self._settings.rate, cancelled)

    def transcribe(self, recordings: Sequence[Recording], options: Options) -> list[Transcript]:
        """What is said in several recordings, in one run of the graph where they are not read in pieces."""
        short = [place for place, one in enumerate(recordings) if len(one.samples) <= self._chunk]
        scores = self._run([recordings[place].samples for place in short]) if short else []
        found = {place: row.argmax(-1) for place, row in zip(short, scores, strict=True)}
        transcripts = []
        for place, recording in enumerate(recordings):
            ids = found[place] if place in found else np.concatenate([one() for one in self._pieces(recording.samples)])
            transcripts.append(self._transcript(ids, recording, options))
        return transcripts

    def logits(self, path: str) -> Array:
        """The raw scores of the first half minute of a recording, shape ``(moments, vocabulary)``."""
        samples = read_audio(path, self._settings.rate).samples[: self._chunk]
        row: Array = self._run([samples])[0]
        return row

    def _transcript(self, ids: Array, recording: Recording, options: Options) -> Transcript:
        words = (
            self._vocabulary.words_of(ids, lambda place: place * self._ratio / self._settings.rate)
            if options.get("timestamps", True)
            else ()
        )
        return Transcript(self._vocabulary.text_of(ids), recording.seconds, words)

    @property
    def _chunk(self) -> int:
        """Samples that are read at once."""
        return round(CHUNK_S * self._settings.rate / self._ratio) * self._ratio

    def _pieces(self, samples: Array) -> Iterator[Callable[[], Array]]:
        """What gives the token of each moment, piece by piece; without what pieces see of their neighbours."""
        chunk = self._chunk
        if len(samples) <= chunk:
            yield partial(self._ids, samples)
            return
        overlap = round(CHUNK_S / _OVERLAP * self._settings.rate / self._ratio) * self._ratio
        for start in range(0, len(samples), chunk - 2 * overlap):
            end = min(start + chunk, len(samples))
            last = end == len(samples)
            left, right = overlap if start else 0, 0 if last else overlap
            if end - start > left:
                yield partial(self._inner, samples[start:end], left, right)
            if last:
                return

    def _inner(self, samples: Array, left: int, right: int) -> Array:
        ids = self._ids(samples)
        moments = round(len(samples) / self._ratio)
        return ids[round(left / self._ratio) : moments - round(right / self._ratio)]

    def _ids(self, samples: Array) -> Array:
        ids: Array = self._run([samples])[0].argmax(-1)
        return ids

    def _run(self, batch: Sequence[Array]) -> list[Array]:
        """Scores of each recording, shape ``(moments, vocabulary)`` each, without those of what fills it up."""
        rows = [self._prepared(samples) for samples in batch]
        width = max(map(len, rows))
        values = np.full((len(rows), width), self._settings.padding, np.float32)
        mask = np.zeros((len(rows), width), np.int64)
        for place, row in enumerate(rows):
            values[place, : len(row)] = row
            mask[place, : len(row)] = 1
        feeds: dict[str, Array] = {"input_values": values.astype(self._session.inputs[0].dtype, copy=False)}
        if self._masked:
            feeds["attention_mask"] = mask
        logits = self._session.run(feeds, (self._session.output_names[0],))[0]
        if len(rows) == 1:
            return [logits[0]]
        full = logits.shape[1]
        return [logits[place, : min(full, self._moments(len(row)))] for place, row in enumerate(rows)]

    def _prepared(self, samples: Array) -> Array:
        row = normalised(samples) if self._settings.normalise else samples
        return row if len(row) >= self._least else np.pad(row, (0, self._least - len(row)))

    def _moments(self, samples: int) -> int:
        return max(1, (samples - self._least) // self._ratio + 1)


class BatchCtcTranscriber:
    """One that answers several recordings at once; see `studio.domain.running.BatchRunner`."""

    def __init__(self, one: CtcTranscriber) -> None:
        self._one = one
        self.placement = one.placement
        self.run = one.run
        self.logits = one.logits

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> OutputTable:
        """Transcribe several recordings in one run of the graph; those that are read in pieces run by themselves."""
        recordings = [self._one.read(inputs) for inputs in batch]
        outputs = self._one.transcribe(recordings, options)
        ignored = one_language_notice(options)
        notices = {place: (*one.notices, *ignored) for place, one in enumerate(recordings) if one.notices or ignored}
        return OutputTable(tuple(outputs), notices)

    def lengths(self, batch: Sequence[Inputs]) -> tuple[int, ...]:
        """See `studio.domain.running.BatchRunner.lengths`; by the headers of the files, in tenths of a second."""
        return tuple(round(audio_seconds(inputs["audio"]) * 10) for inputs in batch)


def open_ctc(spec: LoadSpec) -> Runner:
    """A runner for a CTC model, which answers several recordings at once where the model can."""
    one = CtcTranscriber(spec)
    return BatchCtcTranscriber(one) if one.batches else one


def _convolutions(config: dict[str, Any]) -> tuple[int, int]:
    """Samples from one moment to the next, and samples that a moment sees."""
    strides, kernels = config.get("conv_stride"), config.get("conv_kernel")
    try:
        stride_list = [int(value) for value in strides or (5, 2, 2, 2, 2, 2, 2)]
        kernel_list = [int(value) for value in kernels or (10, 3, 3, 3, 3, 2, 2)]
    except (TypeError, ValueError) as error:
        raise ModelFolderError(
            _("The model's config.json is damaged."), _("Add or repair the model."), str(error)
        ) from error
    seen, step = 1, 1
    for kernel, stride in zip(kernel_list, stride_list, strict=False):
        seen += (kernel - 1) * step
        step *= max(1, stride)
    return math.prod(max(1, stride) for stride in stride_list), seen

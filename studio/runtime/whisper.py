"""Speech recognition and translation with Whisper, window by window of thirty seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from studio.domain.errors import StoppedError
from studio.domain.i18n import _
from studio.domain.prediction import Prediction, Segment, Timing, Transcript
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.domain.speech import chosen_language, one_language_notice
from studio.media.audio import SILENCE, Recording, read_audio
from studio.runtime.audio_features import MelSettings, log_mel
from studio.runtime.beam import beam_search
from studio.runtime.encoder_decoder import open_encoder_decoder
from studio.runtime.folder import number, read_json
from studio.runtime.greedy import greedy_search
from studio.runtime.score_rules import GenerationSettings, ids_of, rules_of, settings_of
from studio.runtime.session import Array
from studio.runtime.tokenization import Tokenizer
from studio.runtime.whisper_prompt import Prompt
from studio.runtime.whisper_windows import Stretch, stretches_of, time_rule

#: Longest answer of a model that does not state one, in tokens.
_USUAL_LENGTH = 448


@dataclass(frozen=True)
class _Job:
    """One recording while it is transcribed.

    Attributes:
        recording: What was read.
        features: Its spectrogram, shape ``(bands, frames)``; longer than the recording where that is short.
        times: Whether times are written.
        settings: How to write.
        show: Gets each piece of text.
        cancelled: Asked between steps.
    """

    recording: Recording
    features: Array
    times: bool
    settings: GenerationSettings
    show: Callable[[str], None]
    cancelled: Callable[[], bool]


class Whisper:
    """An open Whisper model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        folder = spec.folder
        self._config = read_json(folder, "config.json")
        self._generation = read_json(folder, "generation_config.json") or self._config
        self._mel = MelSettings.of(read_json(folder, "preprocessor_config.json"))
        self._tokenizer = Tokenizer.open(folder)
        self._model = open_encoder_decoder(spec)
        self._prompt = Prompt.of(self._config, self._generation, self._tokenizer)
        ends = next((ids for s in (self._generation, self._config) if (ids := ids_of(s.get("eos_token_id")))), ())
        self._end = ends[0] if ends else self._tokenizer.id_of("<|endoftext|>") or 0

    @property
    def placement(self) -> Placement:
        return self._model.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Write down what is said in a recording; see `studio.domain.running.Runner.run`.

        A recording longer than a window is transcribed with times, since they say where the next window begins; a
        window in which nothing is to be heard is left out, where Whisper is known to invent words.
        """
        began = time.perf_counter()
        chosen = chosen_language(options, self._prompt.languages)
        recording = read_audio(inputs["audio"], self._mel.rate, cancelled)
        features = log_mel(recording.samples, self._mel, cancelled)
        self._model.hear(self._window(features, 0))
        language = chosen or self._heard_language()
        first_s: list[float] = []

        def show(piece: str) -> None:
            if not first_s:
                first_s.append(time.perf_counter() - began)
            on_text(piece)

        times = bool(options.get("timestamps", True)) or len(recording.samples) > self._mel.samples
        settings = self._settings(options, self._prompt.ids(language, bool(options.get("translate")), times))
        text, segments = self._transcribe(_Job(recording, features, times, settings, show, cancelled))
        if cancelled() and not text:
            raise StoppedError(_("Stopped."))
        output = Transcript(text, recording.seconds, segments if options.get("timestamps", True) else (), language)
        ignored = () if self._prompt.languages else one_language_notice(options)
        notices = (*recording.notices, *ignored)
        timing = Timing(time.perf_counter() - began, first_s[0] if first_s else None, streamed=False)
        return Prediction(output, timing, notices)

    def token_ids(self, path: str, options: Options) -> tuple[int, ...]:
        """The tokens written for the first window of a recording, for checking against the original."""
        self._hear_beginning(path)
        language = chosen_language(options, self._prompt.languages) or self._heard_language()
        times = bool(options.get("timestamps", True))
        settings = self._settings(options, self._prompt.ids(language, bool(options.get("translate")), times))
        return self._written(settings, times, lambda _token: None, lambda: False)

    def logits(self, path: str) -> Array:
        """The raw scores of the first token behind each of a fixed beginning, shape ``(tokens, vocabulary)``."""
        self._hear_beginning(path)
        ids = self._prompt.ids(next(iter(self._prompt.languages), ""), translate=False, times=False)
        rows = [self._model.first(ids[:1])[0]]
        rows += [self._model.step((token,))[0] for token in ids[1:]]
        return np.stack(rows)

    def _hear_beginning(self, path: str) -> None:
        samples = read_audio(path, self._mel.rate).samples[: self._mel.samples]
        self._model.hear(log_mel(samples, self._mel))

    def _transcribe(self, job: _Job) -> tuple[str, tuple[Segment, ...]]:
        whole = min(job.features.shape[1], -(-len(job.recording.samples) // self._mel.hop))
        said = _Said(self._tokenizer, self._prompt.first_time, self._end, job.recording.seconds, job.show)
        at = 0
        while at < whole and not job.cancelled():
            frames = min(self._mel.frames, whole - at)
            sound = job.recording.samples[at * self._mel.hop : (at + frames) * self._mel.hop]
            offset = at * self._mel.hop / self._mel.rate
            if at and np.abs(sound).max(initial=0.0) < SILENCE:
                at += frames
                continue
            if at:
                self._model.hear(self._window(job.features, at))
            said.begin(offset, live=not job.times)
            ids = self._written(job.settings, job.times, said.push, job.cancelled)
            if job.times:
                stretches, step = stretches_of(ids, self._prompt.first_time, frames)
            else:
                stretches, step = [Stretch(0.0, frames * self._mel.hop / self._mel.rate, ids)], frames
            said.settle(stretches)
            at += step
        return said.text, tuple(said.segments)

    def _written(
        self,
        settings: GenerationSettings,
        times: bool,
        push: Callable[[int], None],
        cancelled: Callable[[], bool],
    ) -> tuple[int, ...]:
        """Tokens of the answer to the window that was heard, without the one that ends it."""
        rules = rules_of(settings, ())
        if times:
            latest = self._generation.get("max_initial_timestamp_index")
            begin, first = len(settings.start), self._prompt.first_time
            rules = (*rules, time_rule(first, self._end, begin, latest if isinstance(latest, int) else None))
        if settings.num_beams > 1:
            answer = beam_search(self._model, settings, rules, cancelled)
        else:
            answer = greedy_search(self._model, settings, rules, push, cancelled)
        ids = answer.ids
        return ids[:-1] if ids and ids[-1] in settings.ends else ids

    def _settings(self, options: Options, start: tuple[int, ...]) -> GenerationSettings:
        longest = number(self._generation, "max_length") or _USUAL_LENGTH
        longest = min(longest, number(self._config, "max_target_positions") or longest)
        settings = settings_of(
            self._generation, options, start[0], frozenset({self._end}), max(1, longest - len(start)), None
        )
        return replace(settings, start=start)

    def _heard_language(self) -> str:
        """Code of the language of the window that was heard; empty for a model of one."""
        if not self._prompt.languages:
            return ""
        return self._prompt.heard(self._model.first((self._prompt.start,))[0])

    def _window(self, features: Array, start: int) -> Array:
        """The frames that the model hears at once, filled up with zeros at the end."""
        part = features[:, start : start + self._mel.frames]
        return np.pad(part, ((0, 0), (0, self._mel.frames - part.shape[1])))


class _Said:
    """The text so far. Without times each token shows at once; with times a stretch shows when its end is certain."""

    def __init__(
        self, tokenizer: Tokenizer, first_time: int, end: int, seconds: float, show: Callable[[str], None]
    ) -> None:
        self._tokenizer = tokenizer
        self._first_time = first_time
        self._end = end
        self._seconds = seconds
        self._show = show
        self._live = False
        self._ids: list[int] = []
        self._offset = 0.0
        self._given = ""
        self._before = ""
        self.segments: list[Segment] = []

    @property
    def text(self) -> str:
        return self._given

    def begin(self, offset: float, live: bool) -> None:
        """A window begins, so many seconds into the recording."""
        self._offset, self._live, self._ids, self._before = offset, live, [], self._given

    def push(self, token: int) -> None:
        """A token of the window's answer."""
        if self._live:
            self._ids.append(token)
            self._give(self._words(self._ids).rstrip("\ufffd"))

    def settle(self, stretches: Sequence[Stretch]) -> None:
        """The window's answer is whole."""
        for stretch in stretches:
            begin = self._offset + stretch.start_s
            if begin >= self._seconds:
                # Heard in what a short window is filled up with.
                continue
            words = self._words(stretch.ids)
            if not self._live:
                self._before = self._given
            self._give(words)
            if words.strip():
                # A model may mean a time in what a short recording is filled up with.
                end = min(self._offset + stretch.end_s, self._seconds)
                self.segments.append(Segment(round(begin, 2), round(end, 2), words.strip()))

    def _words(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode([token for token in ids if token < self._first_time and token != self._end])

    def _give(self, words: str) -> None:
        """Show what ``words`` adds behind the text before them."""
        text = self._before + (words if self._before else words.lstrip())
        if len(text) > len(self._given) and text.startswith(self._given):
            piece = text[len(self._given) :]
            self._given = text
            self._show(piece)

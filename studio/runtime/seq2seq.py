"""Translation with encoder-decoders: Marian, BART, mBART, M2M100, NLLB, T5 and their like."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from studio.domain.attribution import Force, Forced, Question, Reply, WriteOut, WrittenOut
from studio.domain.document import Reader, check_prefix, reading_notices, translate_document
from studio.domain.language_route import ModelLanguages, Route, languages_of, with_language
from studio.domain.prediction import GeneratedText, Prediction
from studio.domain.running import Inputs, LoadSpec, Options, Placement, ignore_text
from studio.domain.sequence_limits import RELATIVE_POSITIONS, SequenceLimits
from studio.runtime.beam import beam_search
from studio.runtime.encoder_decoder import EncoderDecoder, open_encoder_decoder
from studio.runtime.explaining import (
    Ruled,
    at_once,
    forced,
    no_reply,
    side_by_side,
    stopped_explaining,
    written_piece,
)
from studio.runtime.folder import number, read_json
from studio.runtime.greedy import greedy_search
from studio.runtime.score_rules import GenerationSettings, ids_of, rules_of, settings_of
from studio.runtime.session import Array
from studio.runtime.tokenization import StreamDecoder, Tokenizer

#: What a tokenizer of the other side's vocabulary is called, where a model has two (`studio.library` writes it).
_TARGET_TOKENIZER = "target_tokenizer.json"
#: No token stands for more characters than this on average, in any text that is one.
_CHARACTERS_PER_TOKEN = 16


class Translator:
    """An open translation model; see `studio.domain.running.Runner`."""

    def __init__(self, spec: LoadSpec) -> None:
        folder = spec.folder
        self._config = read_json(folder, "config.json")
        self._generation = read_json(folder, "generation_config.json") or self._config
        self._tokenizer = Tokenizer.open(folder)
        two = (folder / _TARGET_TOKENIZER).is_file()
        self._writer = Tokenizer.open(folder, _TARGET_TOKENIZER) if two else self._tokenizer
        self._model = open_encoder_decoder(spec)
        self._limits = SequenceLimits.of(self._config, self._generation, self._tokenizer.max_tokens)
        self._ends = self._end_ids()
        self._start = self._start_id()
        self._unknown = self._tokenizer.special_id("unk_token")
        self._vocabulary = number(self._config, "vocab_size") or 1 << 30
        self._languages = self._find_languages((folder.name, str(self._config.get("_name_or_path") or "")))
        self._language_ids = {self._tokenizer.id_of(token) for token in self._languages.tokens}

    @property
    def placement(self) -> Placement:
        return self._model.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Translate one text; see `studio.domain.running.Runner.run`."""
        return self._document(inputs, options, on_text, cancelled, [])

    def _document(
        self,
        inputs: Inputs,
        options: Options,
        on_text: Callable[[str], None],
        cancelled: Callable[[], bool],
        read: list[tuple[str, Sequence[int], GeneratedText]],
    ) -> Prediction:
        """Translate a text; ``read`` gets each sentence as text and as token ids, with its translation."""
        began = time.perf_counter()
        route = self._route(options)
        settings = self._settings(options, route)
        check_prefix(route.prefix, len(self._ids("", route)), self._limits.source)
        unknown = [0, 0]

        def fits(text: str) -> bool:
            return len(self._ids(text, route)) <= self._limits.source

        def translate(sentence: str, show: Callable[[str], None]) -> GeneratedText:
            source = self._ids(sentence, route)
            unknown[0] += source.count(self._unknown) if self._unknown is not None else 0
            unknown[1] += len(source)
            answer = self._translate(source, settings, show, cancelled)
            read.append((sentence, source, answer))
            return answer

        split = bool(options.get("split_sentences", True))
        reader = Reader(fits, _CHARACTERS_PER_TOKEN * self._limits.source, split)
        prediction = translate_document(inputs["text"], reader, translate, on_text, cancelled, began)
        notices = (*route.notices, *prediction.notices, *reading_notices(inputs["text"], route.source, *unknown))
        timing = replace(prediction.timing, streamed=settings.num_beams == 1)
        return replace(prediction, timing=timing, notices=notices)

    def prompt_ids(self, inputs: Inputs, options: Options) -> list[int]:
        """Token ids that the model reads for a text as one sentence, cut where it is too long."""
        return self._ids(inputs["text"], self._route(options), self._limits.source)

    def answer_logits(self, prompt: Sequence[int], answer: Sequence[int]) -> Array:
        """The raw scores from which each token of a given answer is chosen, shape ``(len(answer), vocabulary)``."""
        return np.stack(list(_forced(self._model, prompt, answer, (self._start,))))

    def explain(self, question: Question, cancelled: Callable[[], bool]) -> Reply:
        """See `studio.domain.running.ExplainingRunner`. A text is taken apart as `run` does it."""
        if isinstance(question, WriteOut):
            read: list[tuple[str, Sequence[int], GeneratedText]] = []
            prediction = self._document(question.inputs, question.options, ignore_text, cancelled, read)
            if cancelled():
                raise stopped_explaining()
            settings = self._settings(question.options, self._route(question.options))
            pieces = []
            for sentence, source, answer in read:
                rows = _forced(self._model, source, answer.token_ids, settings.start)
                ruled = _ruled(settings, source)
                pieces.append(written_piece(self._writer, sentence, answer.token_ids, rows, ruled, self._ends))
            return WrittenOut(prediction.output.text, tuple(pieces))
        if isinstance(question, Force):
            route = self._route(question.options)
            settings = self._settings(question.options, route)
            sources = [self._ids(inputs["text"], route, self._limits.source) for inputs in question.sources]

            def ask(model: EncoderDecoder, source: Sequence[int]) -> tuple[float, ...]:
                rows = _forced(model, source, question.ids, settings.start)
                return forced(question.ids, rows, _ruled(settings, source), cancelled)

            model = self._model
            return Forced(side_by_side(sources, model, model.beside, at_once(model.placement), ask))
        raise no_reply()

    def _translate(
        self,
        source: Sequence[int],
        settings: GenerationSettings,
        show: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> GeneratedText:
        """Translate one sentence that fits."""
        self._model.read(source)
        rules = rules_of(settings, source)
        if settings.num_beams > 1:
            answer = beam_search(self._model, settings, rules, cancelled)
            text = self._writer.decode([token for token in answer.ids if token not in self._ends])
            show(text)
        else:
            stream = StreamDecoder(self._writer)
            pieces: list[str] = []

            def write(token: int) -> None:
                piece = stream.push(token)
                if piece:
                    pieces.append(piece)
                    show(piece)

            answer = greedy_search(self._model, settings, rules, write, cancelled)
            rest = stream.finish()
            pieces.append(rest)
            show(rest)
            text = "".join(pieces)
        return GeneratedText(text, answer.ids, len(source), answer.finish_reason)

    def _ids(self, text: str, route: Route, most: int | None = None) -> list[int]:
        """Token ids of a sentence, with the route's prefix and language in it."""
        ids = self._tokenizer.encode(route.prefix + text, most).ids
        if route.source_token:
            ids = with_language(ids, self._tokenizer.id_of(route.source_token), self._language_ids)
        if max(ids, default=0) >= self._vocabulary:
            # Pieces that the tokenizer knows and the model doesn't, see `studio.library.tokenizer_conversion`.
            ids = [token if token < self._vocabulary else self._unknown or 0 for token in ids]
        return ids

    def _route(self, options: Options) -> Route:
        return self._languages.route(
            *(options.get(name) or None for name in ("source_language", "target_language", "prefix"))
        )

    def _settings(self, options: Options, route: Route) -> GenerationSettings:
        start, first = self._start, next(iter(ids_of(self._generation.get("forced_bos_token_id"))), None)
        target = self._writer.id_of(route.target_token) if route.target_token else None
        if target is not None:
            start, first = (target, first) if route.target_starts else (start, target)
        limit = self._limits.new_tokens(options.get("max_new_tokens"))
        return settings_of(self._generation, options, start, self._ends, limit, first)

    def _end_ids(self) -> frozenset[int]:
        for value in (self._generation.get("eos_token_id"), self._config.get("eos_token_id")):
            if ids_of(value):
                return frozenset(ids_of(value))
        token = self._writer.special_id("eos_token")
        return frozenset() if token is None else frozenset({token})

    def _start_id(self) -> int:
        kind = self._config.get("model_type")
        usual = "pad_token" if kind in (*RELATIVE_POSITIONS, "marian") else "eos_token"
        candidates = [
            ids_of(settings.get(name))
            for name in ("decoder_start_token_id", f"{usual}_id", "bos_token_id")
            for settings in (self._generation, self._config)
        ]
        return next((ids[0] for ids in candidates if ids), self._writer.special_id(usual) or 0)

    def _find_languages(self, names: Sequence[str]) -> ModelLanguages:
        inner = self._tokenizer.inner
        if self._config.get("model_type") == "marian":
            tokens = tuple(inner.get_vocab())
        else:
            tokens = tuple(token.content for token in inner.get_added_tokens_decoder().values())
        around = [inner.id_to_token(token) for token in self._tokenizer.encode("").ids]
        forced = ids_of(self._generation.get("forced_bos_token_id"))
        first = [self._writer.inner.id_to_token(token) for token in (*forced, self._start)]
        return languages_of(self._config, self._tokenizer.config, tokens, around, first, names)


def _forced(
    model: EncoderDecoder, source: Sequence[int], answer: Sequence[int], start: Sequence[int]
) -> Iterator[Array]:
    """Scores in front of each token of a given answer."""
    model.read(source)
    yield model.first(start)[0]
    for token in answer[:-1]:
        yield model.step((token,))[0]


def _ruled(settings: GenerationSettings, source: Sequence[int]) -> Ruled:
    rules = rules_of(settings, source)

    def ruled(scores: Array, written: Sequence[int]) -> Array:
        row = scores.copy()
        for rule in rules:
            rule(row, [*settings.start, *written])
        return row

    return ruled

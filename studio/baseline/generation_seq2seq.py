"""Translation by transformers in eager mode, with its own generation loop and beam search."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.baseline.loading import open_tokenizer, open_weights, placement, prepare_process, weights_folder
from studio.domain.characters import clean_text
from studio.domain.document import Reader, check_prefix, reading_notices, translate_document
from studio.domain.language_route import ModelLanguages, Route, languages_of, with_language
from studio.domain.prediction import FinishReason, GeneratedText, Prediction
from studio.domain.running import Inputs, LoadSpec, Options, Placement
from studio.domain.sequence_limits import SequenceLimits

_CHARACTERS_PER_TOKEN = 16
#: Options that replace the model's own generation configuration where the user set them.
_OPTIONS = ("num_beams", "length_penalty", "repetition_penalty", "no_repeat_ngram_size")


class EagerTranslation:
    """An open translation model; see `studio.domain.running.Runner`.

    Cuts texts and chooses languages as `studio.runtime.seq2seq` does; everything else is transformers'.
    """

    def __init__(self, spec: LoadSpec) -> None:
        threads = prepare_process(spec.threads)
        from transformers import AutoModelForSeq2SeqLM

        folder = weights_folder(spec)
        self._model = open_weights(AutoModelForSeq2SeqLM, folder)
        self._tokenizer = open_tokenizer(folder if (folder / "tokenizer_config.json").is_file() else spec.folder)
        # Only what the file states: transformers itself counts to 20 where it states nothing.
        generation = self._model.generation_config.to_diff_dict()
        longest = self._tokenizer.model_max_length
        self._limits = SequenceLimits.of(
            self._model.config.to_dict(), generation, int(longest) if longest < 1e9 else None
        )
        self._start = int(
            self._model.generation_config.decoder_start_token_id or self._model.config.decoder_start_token_id
        )
        self._languages = self._find_languages((spec.folder.name, str(self._model.config._name_or_path or "")))
        self._language_ids = set(self._tokenizer.convert_tokens_to_ids(list(self._languages.tokens)))
        self._placement = placement(threads)

    @property
    def placement(self) -> Placement:
        return self._placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Translate one text; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        route = self._route(options)
        generation = self._generation(options, route)
        check_prefix(route.prefix, len(self._ids("", route)), self._limits.source)
        unknown = [0, 0]

        def fits(text: str) -> bool:
            return len(self._ids(text, route)) <= self._limits.source

        def translate(sentence: str, show: Callable[[str], None]) -> GeneratedText:
            source = self._ids(sentence, route)
            unknown[0] += source.count(self._tokenizer.unk_token_id)
            unknown[1] += len(source)
            return self._translate(source, generation, show, cancelled)

        split = bool(options.get("split_sentences", True))
        reader = Reader(fits, _CHARACTERS_PER_TOKEN * self._limits.source, split)
        prediction = translate_document(inputs["text"], reader, translate, on_text, cancelled, began)
        notices = (*route.notices, *prediction.notices, *reading_notices(inputs["text"], route.source, *unknown))
        timing = replace(prediction.timing, streamed=generation.num_beams == 1)
        return replace(prediction, timing=timing, notices=notices)

    def prompt_ids(self, inputs: Inputs, options: Options) -> list[int]:
        """Token ids that the model reads for a text as one sentence, cut where it is too long."""
        return self._ids(inputs["text"], self._route(options), self._limits.source)

    def answer_logits(self, prompt: Sequence[int], answer: Sequence[int]) -> npt.NDArray[Any]:
        """The raw scores from which each token of a given answer is chosen, shape ``(len(answer), vocabulary)``."""
        import torch

        with torch.inference_mode():
            written = torch.tensor([[self._start, *answer[:-1]]])
            logits = self._model(input_ids=torch.tensor([prompt]), decoder_input_ids=written).logits[0]
        return np.asarray(logits.float().numpy())

    def _translate(
        self, source: Sequence[int], generation: Any, show: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> GeneratedText:
        """Translate one sentence that fits."""
        import torch
        from transformers import StoppingCriteriaList

        answer = _Answer(self._decode, show)
        stop = _Stop(cancelled)
        with torch.inference_mode():
            ids = torch.tensor([source])
            written = self._model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                generation_config=generation,
                use_model_defaults=False,
                streamer=answer if generation.num_beams == 1 else None,
                stopping_criteria=StoppingCriteriaList([stop]),
            )[0].tolist()[1:]
        answer.finish(written)
        ends = _ids(generation.eos_token_id)
        limit = generation.max_new_tokens
        forced = generation.forced_eos_token_id is not None
        reason: FinishReason = "length"
        if stop.stopped:
            reason = "cancelled"
        elif written and written[-1] in ends and not (forced and len(written) >= limit):
            reason = "stop"
        return GeneratedText(answer.text, tuple(written), len(source), reason)

    def _generation(self, options: Options, route: Route) -> Any:
        generation = copy.deepcopy(self._model.generation_config)
        for name in _OPTIONS:
            if options.get(name) is not None:
                setattr(generation, name, options[name])
        generation.do_sample = False
        generation.max_new_tokens = self._limits.new_tokens(options.get("max_new_tokens"))
        if route.target_token:
            name = "decoder_start_token_id" if route.target_starts else "forced_bos_token_id"
            setattr(generation, name, self._tokenizer.convert_tokens_to_ids(route.target_token))
        return generation

    def _ids(self, text: str, route: Route, most: int | None = None) -> list[int]:
        text = clean_text(route.prefix + text)
        ids = list(self._tokenizer(text, truncation=most is not None, max_length=most)["input_ids"])
        if route.source_token:
            ids = with_language(ids, self._tokenizer.convert_tokens_to_ids(route.source_token), self._language_ids)
        return ids

    def _decode(self, ids: Sequence[int]) -> str:
        words = [token for token in ids if token not in self._language_ids]
        return str(self._tokenizer.decode(words, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _route(self, options: Options) -> Route:
        return self._languages.route(
            *(options.get(name) or None for name in ("source_language", "target_language", "prefix"))
        )

    def _find_languages(self, names: Sequence[str]) -> ModelLanguages:
        tokenizer, config = self._tokenizer, self._model.config
        tokens = [token.content for token in tokenizer.added_tokens_decoder.values()]
        tokens += tokenizer.get_vocab() if config.model_type == "marian" else tokenizer.all_special_tokens
        # M2M100's tokenizer does not count its languages among the special tokens.
        tokens += getattr(tokenizer, "lang_token_to_id", ())
        forced = _ids(self._model.generation_config.forced_bos_token_id)
        around = tokenizer.convert_ids_to_tokens(tokenizer("")["input_ids"])
        first = tokenizer.convert_ids_to_tokens([*forced, self._start])
        stated = {**tokenizer.init_kwargs, "tokenizer_class": type(tokenizer).__name__}
        return languages_of(config.to_dict(), stated, dict.fromkeys(tokens), around, first, names)


class _Answer:
    """Hears the tokens as transformers writes them: its streamer. With beams, all come at the end."""

    def __init__(self, decode: Callable[[Sequence[int]], str], show: Callable[[str], None]) -> None:
        self._decode = decode
        self._show = show
        self._ids: list[int] | None = None
        self.text = ""

    def put(self, value: Any) -> None:
        """The decoder's start first, then each token."""
        if self._ids is None:
            self._ids = []
            return
        self._ids += [int(token) for token in value.flatten()]
        self._give(self._decode(self._ids))

    def end(self) -> None:
        """Called by transformers after the last token."""

    def finish(self, ids: list[int]) -> None:
        """Give out what was held back of the whole answer."""
        self._give(self._decode(ids), whole=True)

    def _give(self, text: str, whole: bool = False) -> None:
        if len(text) > len(self.text) and (whole or not text.endswith("\ufffd")):
            piece = text[len(self.text) :]
            self.text = text
            self._show(piece)


class _Stop:
    """transformers' stopping criterion: the user stopped it."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._cancelled = cancelled
        self.stopped = False

    def __call__(self, input_ids: Any, scores: Any, **_more: Any) -> Any:
        import torch

        self.stopped = self.stopped or self._cancelled()
        return torch.full((input_ids.shape[0],), self.stopped, dtype=torch.bool)


def _ids(value: Any) -> list[int]:
    return [] if value is None else list(value) if isinstance(value, list) else [int(value)]

"""The graphs of an encoder-decoder, one sentence at a time: Marian, BART, mBART, M2M100, NLLB, T5, Whisper.

The encoder runs once. Its keys and values for cross-attention come out of the decoder's first step and are handed to
every later one as they are; later steps ask for the grown self-attention cache and the scores, and for nothing else.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from studio.domain.errors import ModelFolderError
from studio.domain.i18n import _
from studio.domain.layout import Role
from studio.domain.running import LoadSpec, Placement
from studio.runtime.folder import files_of, number, read_json
from studio.runtime.session import Array, Port, Session, merge_placements, open_session

_PAST = "past_key_values"
#: What the studio can give a decoder, besides the cache.
_KNOWN = frozenset(
    {"input_ids", "encoder_hidden_states", "encoder_attention_mask", "decoder_attention_mask", "use_cache_branch"}
)


class EncoderDecoder(ABC):
    """An open encoder-decoder with the state of one sentence.

    The sentence can be continued in several rows at once (the beams of a search), which `reorder` picks.
    """

    def __init__(self, encoder: Session, decoders: Sequence[Session]) -> None:
        self.placement: Placement = merge_placements([encoder.placement, *(d.placement for d in decoders)])
        self._encoder = encoder
        taken = (port.dtype for port in decoders[0].inputs if port.name == "encoder_hidden_states")
        self._hidden_dtype: Any = next(taken, np.float32)
        self._hidden: Array = np.zeros(0)
        self._mask: Array = np.zeros(0)

    def read(self, ids: Sequence[int]) -> None:
        """Encode a sentence, in place of the one before.

        Args:
            ids: Token ids, special tokens included.
        """
        tokens = np.asarray([ids], np.int64)
        self._mask = np.ones_like(tokens)
        self._encode({"input_ids": tokens, "attention_mask": self._mask})

    def hear(self, features: Array) -> None:
        """Encode a stretch of sound, in place of what was read before.

        Args:
            features: Log-mel spectrogram, shape ``(bands, frames)``.
        """
        batch = np.ascontiguousarray(features[None], self._encoder.inputs[0].dtype)
        self._encode({"input_features": batch})
        self._mask = np.ones(self._hidden.shape[:2], np.int64)

    def _encode(self, feeds: Mapping[str, Array]) -> None:
        wanted = {name: value for name, value in feeds.items() if name in self._encoder.input_names}
        hidden = self._encoder.run(wanted, (self._encoder.output_names[0],))[0]
        self._hidden = hidden.astype(self._hidden_dtype, copy=False)

    def beside(self) -> Self:
        """The same graphs for another sentence at the same time: no step changes a state, each puts another there."""
        return copy.copy(self)

    @abstractmethod
    def first(self, ids: Sequence[int]) -> Array:
        """Begin to answer.

        Args:
            ids: What the answer begins with, at least the decoder's start token.

        Returns:
            Scores of the token that follows, shape ``(1, vocabulary)``, owned by the caller.
        """

    @abstractmethod
    def step(self, tokens: Sequence[int]) -> Array:
        """Append one token to each row.

        Args:
            tokens: A token id for each row.

        Returns:
            Scores of the tokens that follow, shape ``(rows, vocabulary)``, owned by the caller.
        """

    @abstractmethod
    def reorder(self, rows: Array) -> None:
        """Go on with these rows, in this order; one may come several times, and there may be more than before."""

    def _read_feeds(self, session: Session, tokens: Array, rows: int) -> dict[str, Array]:
        """Feeds of every input but the cache, of those that ``session`` has."""
        feeds = {
            "input_ids": tokens,
            "encoder_hidden_states": _widened(self._hidden, rows),
            "encoder_attention_mask": _widened(self._mask, rows),
            "decoder_attention_mask": np.ones_like(tokens),
        }
        return {name: value for name, value in feeds.items() if name in session.input_names}


class CachedDecoder(EncoderDecoder):
    """A decoder with a cache: one merged graph, or one for the first step and one for those that follow.

    Args:
        encoder: The encoder.
        first: The graph of the first step.
        later: The graph of the later ones; the same where it is a merged one.
        config: ``config.json``, for sizes that a graph leaves open.
    """

    def __init__(self, encoder: Session, first: Session, later: Session, config: Mapping[str, Any]) -> None:
        super().__init__(encoder, [first] if first is later else [first, later])
        self._first, self._later = first, later
        self._merged = "use_cache_branch" in later.input_names
        past = [port for port in later.inputs if port.name.startswith(_PAST)]
        offered = set(first.output_names)
        if first is later and not self._merged:
            raise _unknown_graph("a cache, but no way to begin without one")
        if not past or any(_present(port.name) not in offered for port in past):
            raise _unknown_graph("the first step does not return what later ones take")
        self._cache_names = tuple(port.name for port in past)
        #: The part of the cache that grows.
        self._own_names = tuple(name for name in self._cache_names if ".encoder." not in name)
        self._logits_name = "logits" if "logits" in later.output_names else later.output_names[0]
        self._first_outputs = (self._logits_name, *map(_present, self._cache_names))
        self._later_outputs = (self._logits_name, *map(_present, self._own_names))
        # The branch of a merged graph that reads no cache still has inputs for it.
        self._no_cache = {port.name: _empty_cache(port, config) for port in past} if first is later else {}
        self._feeds: dict[str, Array] = {}
        self._tokens = np.zeros((1, 1), np.int64)
        self._rows = 1

    def first(self, ids: Sequence[int]) -> Array:
        """See `EncoderDecoder.first`."""
        tokens = np.asarray([ids], np.int64)
        feeds = self._read_feeds(self._first, tokens, 1) | self._no_cache
        if self._merged:
            feeds["use_cache_branch"] = np.array([False])
        logits, *cache = self._first.run(feeds, self._first_outputs)
        self._rows = 1
        self._tokens = np.zeros((1, 1), np.int64)
        self._feeds = self._read_feeds(self._later, self._tokens, 1)
        self._feeds |= zip(self._cache_names, cache, strict=True)
        if self._merged:
            self._feeds["use_cache_branch"] = np.array([True])
        if "decoder_attention_mask" in self._feeds:
            self._feeds["decoder_attention_mask"] = np.ones((1, len(ids) + 1), np.int64)
        return _last(logits)

    def step(self, tokens: Sequence[int]) -> Array:
        """See `EncoderDecoder.step`."""
        self._tokens[:, 0] = tokens
        logits, *cache = self._later.run(self._feeds, self._later_outputs)
        self._feeds.update(zip(self._own_names, cache, strict=True))
        mask = self._feeds.get("decoder_attention_mask")
        if mask is not None:
            self._feeds["decoder_attention_mask"] = np.ones((len(mask), mask.shape[1] + 1), np.int64)
        return _last(logits)

    def reorder(self, rows: Array) -> None:
        """See `EncoderDecoder.reorder`."""
        if len(rows) != self._rows:
            self._widen(len(rows))
        elif np.array_equal(rows, np.arange(self._rows)):
            return
        for name in self._own_names:
            self._feeds[name] = self._feeds[name][rows]

    def _widen(self, rows: int) -> None:
        """More rows of the same sentence: what comes from the encoder is the same in each."""
        self._rows = rows
        self._tokens = np.zeros((rows, 1), np.int64)
        self._feeds["input_ids"] = self._tokens
        for name, value in self._feeds.items():
            if name not in self._own_names and name not in ("input_ids", "use_cache_branch"):
                self._feeds[name] = _widened(value[:1], rows)


class PlainDecoder(EncoderDecoder):
    """A decoder without a cache: every step reads the whole answer again."""

    def __init__(self, encoder: Session, decoder: Session) -> None:
        super().__init__(encoder, [decoder])
        self._decoder = decoder
        self._logits_name = "logits" if "logits" in decoder.output_names else decoder.output_names[0]
        self._written = np.zeros((1, 0), np.int64)

    def first(self, ids: Sequence[int]) -> Array:
        """See `EncoderDecoder.first`."""
        self._written = np.asarray([ids], np.int64)
        return self._run()

    def step(self, tokens: Sequence[int]) -> Array:
        """See `EncoderDecoder.step`."""
        self._written = np.concatenate((self._written, np.asarray(tokens, np.int64)[:, None]), axis=1)
        return self._run()

    def reorder(self, rows: Array) -> None:
        """See `EncoderDecoder.reorder`."""
        self._written = self._written[rows]

    def _run(self) -> Array:
        feeds = self._read_feeds(self._decoder, self._written, len(self._written))
        return _last(self._decoder.run(feeds, (self._logits_name,))[0])


def open_encoder_decoder(spec: LoadSpec) -> EncoderDecoder:
    """Open an encoder-decoder's folder in one precision, whichever tool exported it.

    Raises:
        ModelFolderError: The folder has no such precision, or its graphs are not those of an encoder-decoder.
        DamagedModelError, DeviceError, OutOfMemory: See `studio.runtime.session.open_session`.
    """
    files = files_of(spec.folder, spec.precision)

    def opened(role: Role) -> Session:
        session = open_session(spec.folder / files.roles[role], spec.provider, spec.threads)
        unknown = {name for name in session.input_names if not name.startswith(_PAST)} - _KNOWN
        if role != "encoder" and unknown:
            raise _unknown_graph(f"{files.roles[role]} asks for {', '.join(sorted(unknown))}")
        return session

    if "encoder" in files.roles:
        config = read_json(spec.folder, "config.json")
        if "decoder_merged" in files.roles:
            encoder, decoder = opened("encoder"), opened("decoder_merged")
            return CachedDecoder(encoder, decoder, decoder, config)
        if "decoder" in files.roles and "decoder_with_past" in files.roles:
            return CachedDecoder(opened("encoder"), opened("decoder"), opened("decoder_with_past"), config)
        if "decoder" in files.roles:
            return PlainDecoder(opened("encoder"), opened("decoder"))
    raise _unknown_graph(f"parts: {', '.join(files.roles)}")


def _unknown_graph(detail: str) -> ModelFolderError:
    return ModelFolderError(
        _("The model's files are not those of an encoder and a decoder that the studio can run."),
        _("Needed are encoder_model.onnx and decoder_model_merged.onnx, or decoder_model.onnx in place of the latter."),
        detail,
    )


def _present(past: str) -> str:
    return "present" + past.removeprefix(_PAST)


def _empty_cache(port: Port, config: Mapping[str, Any]) -> Array:
    """One row of zeros, shape ``(1, heads, 1, size)``: the runtime wants a tensor even where nothing reads it."""
    heads = number(config, "decoder_attention_heads", "num_heads", "num_attention_heads") or 1
    width = number(config, "d_model", "hidden_size") or heads
    stated = (1, heads, 1, number(config, "d_kv") or width // heads)
    shape = [1, *(size if isinstance(size, int) else stated[i] for i, size in enumerate(port.shape) if i)]
    return np.zeros(shape, port.dtype)


def _widened(value: Array, rows: int) -> Array:
    return value if len(value) == rows else np.repeat(value, rows, axis=0)


def _last(logits: Array) -> Array:
    scores: Array = logits[:, -1]
    return scores if scores.dtype == np.float32 else scores.astype(np.float32)

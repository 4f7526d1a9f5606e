"""Decoders with a key-value cache, one token after another: Llama, Qwen, SmolLM, Phi-3, Gemma, GPT-2 and their like.

Two kinds of graph. In one, attention writes new keys and values into one buffer that is input and output at once
(GroupQueryAttention, as onnxruntime-genai's builder makes it): nothing is copied from step to step. In the other, as
optimum and transformers.js export it, a step returns the cache grown by its tokens; the values are handed on as they
are. Both run through IO binding, so that a cache on a GPU stays there.
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from onnxruntime.capi import onnxruntime_pybind11_state as ort_native

from studio.domain.errors import ModelFolderError, StudioError
from studio.domain.i18n import _
from studio.domain.layout import Role
from studio.domain.running import LoadSpec, Placement, never_cancelled
from studio.runtime.folder import files_of, number, read_json
from studio.runtime.session import Array, Port, Session, merge_placements, open_session, run_error

#: Tokens of a prompt read in one run of the graph. Enough for full speed on a CPU, few enough to stop soon and to
#: keep the memory of a long prompt small.
_CHUNK = 128
#: Where the graph scores every token of a chunk, its scores may take so many bytes.
_SCORE_BYTES = 32_000_000
#: The buffer of a shared cache grows in steps of so many tokens.
_BUFFER_STEP = 64
_CUDA = ("CUDAExecutionProvider", "TensorrtExecutionProvider")
#: Operators whose results for a token depend on the other tokens of the same run (one scale for all of them).
_BATCH_DEPENDENT = {"DynamicQuantizeLinear", "DynamicQuantizeMatMul", "MatMulIntegerToFloat", "DynamicQuantizeLSTM"}


@dataclass(frozen=True)
class _CacheEntry:
    """One tensor of the cache: of shape ``(1, heads, tokens, size)``, unless ``axis`` of the tokens is another."""

    past: str
    present: str
    shape: tuple[int, ...]
    axis: int
    dtype: Any

    def sized(self, tokens: int) -> list[int]:
        return [tokens if place == self.axis else size for place, size in enumerate(self.shape)]


class Decoder(ABC):
    """An open decoder and its cache. One sequence at a time.

    Attributes:
        length: How many tokens the cache holds.
        resumes: Whether going on from a cached beginning gives what reading everything again gives. Not so where
            activations are quantized with one scale for all tokens of a run.
    """

    def __init__(self, sessions: Sequence[Session], config: Mapping[str, Any], resumes: bool, whole: bool) -> None:
        last = sessions[-1]
        self.placement: Placement = merge_placements([session.placement for session in sessions])
        self.length = 0
        self.resumes = resumes
        self._entries = _cache_entries(last, config)
        self._cpu = _device("cpu")
        self._cache_device = _device("cuda" if self.placement.providers[0] in _CUDA else "cpu")
        self._logits_port = next((port for port in last.outputs if port.name == "logits"), last.outputs[0])
        self._vocabulary = self._logits_port.shape[-1]
        keeps_last = "num_logits_to_keep" in last.input_names
        self._last_only = keeps_last or self._logits_port.shape[1] == 1
        self._chunk = _chunk(self._last_only, self._vocabulary, whole)
        self._token = np.zeros((1, 1), np.int64)
        self._ones = np.ones((1, _BUFFER_STEP), np.int64)
        #: Arrays whose memory is bound: the runtime reads them but does not hold them.
        self._alive: list[Any] = []
        self._cache_memory: list[Any] = []

    def beside(self) -> Self:
        """The same graphs with a cache of their own, for another sequence at the same time."""
        other = copy.copy(self)
        other.length = 0
        other._token = np.zeros((1, 1), np.int64)
        other._alive, other._cache_memory = [], []
        other._clear()
        return other

    def cache_bytes(self, tokens: int) -> int:
        """What the cache of a sequence of so many tokens takes."""
        return sum(math.prod(entry.sized(tokens)) * np.dtype(entry.dtype).itemsize for entry in self._entries)

    @abstractmethod
    def _clear(self) -> None:
        """Begin with no cache, and with bindings that nobody else has."""

    @abstractmethod
    def start(self, keep: int, capacity: int) -> None:
        """Begin a sequence: keep the first ``keep`` tokens of the cache and make room for ``capacity``."""

    def read(self, ids: Sequence[int], cancelled: Callable[[], bool] = never_cancelled) -> Array | None:
        """Append tokens to the sequence.

        Args:
            ids: At least one token.
            cancelled: Asked between chunks of a long prompt.

        Returns:
            Scores of the token that follows, shape ``(vocabulary,)``, float32, valid until the next call; None
            where it was cancelled.

        Raises:
            OutOfMemory: There was not enough memory.
            StudioError: The graph could not be run.
        """
        scores = None
        for begin in range(0, len(ids), self._chunk):
            if begin and cancelled():
                return None
            scores = self._step(ids[begin : begin + self._chunk])
        return scores

    def _step(self, ids: Sequence[int]) -> Array:
        count = len(ids)
        if count == 1:
            self._token[0, 0] = ids[0]
            tokens = self._token
        else:
            tokens = np.asarray([ids], np.int64)
        try:
            scores = self._run(tokens, count)
        except StudioError:
            raise
        except Exception as error:  # see Session.run
            raise run_error(error) from error
        self.length += count
        last: Array = scores[0, -1]
        return last if last.dtype == np.float32 else last.astype(np.float32)

    @abstractmethod
    def _run(self, tokens: Array, count: int) -> Array:
        """Scores of a run over ``tokens`` behind the cached ones, shape ``(1, count or 1, vocabulary)``."""

    def _bind_tokens(self, session: Session, binding: Any, tokens: Array, count: int) -> None:
        """Bind what every decoder reads besides its cache."""
        total = self.length + count
        if self._ones.shape[1] < total:
            self._ones = np.ones((1, total + _BUFFER_STEP * 4), np.int64)
        self._alive = [tokens]
        binding.bind_input("input_ids", self._cpu, np.int64, [1, count], tokens.ctypes.data)
        for port in session.inputs:
            if port.name == "attention_mask":
                mask = self._ones if port.dtype == np.int64 else np.ones((1, total), port.dtype)
                self._alive.append(mask)
                binding.bind_input(port.name, self._cpu, port.dtype, [1, total], mask.ctypes.data)
            elif port.name == "position_ids":
                self._bind_small(binding, port, np.arange(self.length, total, dtype=port.dtype)[None])
            elif port.name == "num_logits_to_keep":
                self._bind_small(binding, port, np.ones([1] * len(port.shape), port.dtype))
            elif port.name == "use_cache_branch":
                self._bind_small(binding, port, np.array([self.length > 0]))

    def _bind_small(self, binding: Any, port: Port, value: Array) -> None:
        self._alive.append(value)
        binding.bind_input(port.name, self._cpu, port.dtype, list(value.shape), value.ctypes.data)

    def _bind_logits(self, binding: Any, count: int) -> Array | None:
        """A buffer for the scores, bound; None where the graph does not say how large its vocabulary is."""
        if not isinstance(self._vocabulary, int):
            binding.bind_output(self._logits_port.name, self._cpu)
            return None
        rows = 1 if self._last_only else count
        scores = np.empty((1, rows, self._vocabulary), self._logits_port.dtype)
        binding.bind_output(
            self._logits_port.name, self._cpu, self._logits_port.dtype, list(scores.shape), scores.ctypes.data
        )
        return scores


class SharedCacheDecoder(Decoder):
    """A graph whose attention appends to one buffer, bound as past and as present."""

    def __init__(self, session: Session, config: Mapping[str, Any], resumes: bool) -> None:
        super().__init__([session], config, resumes, whole=False)
        self._session = session
        self._clear()

    def _clear(self) -> None:
        self._binding = ort_native.SessionIOBinding(self._session.ort._sess)
        self._buffers: list[Any] = []
        self._capacity = 0
        self._step_scores: Array | None = None

    def start(self, keep: int, capacity: int) -> None:
        """See `Decoder.start`. The buffer is as long as this sequence needs, not as the model's whole context."""
        if capacity > self._capacity:
            self._grow(keep, -(-capacity // _BUFFER_STEP) * _BUFFER_STEP)
        self.length = keep

    def _grow(self, keep: int, capacity: int) -> None:
        old, self._buffers = self._buffers, []
        old_memory, self._cache_memory = self._cache_memory, []
        for place, entry in enumerate(self._entries):
            # Pages of zeros take no memory until they are written.
            values = np.zeros(entry.sized(capacity), entry.dtype)
            if keep:
                kept = (slice(None),) * entry.axis + (slice(keep),)
                values[kept] = old[place].numpy()[kept]
                old[place] = old_memory[place] = None
            buffer = ort_native.OrtValue.ortvalue_from_numpy(values, self._cache_device)
            self._buffers.append(buffer)
            self._cache_memory.append(values)
            self._binding.bind_ortvalue_input(entry.past, buffer)
            self._binding.bind_ortvalue_output(entry.present, buffer)
        self._capacity = capacity
        self._step_scores = None

    def _run(self, tokens: Array, count: int) -> Array:
        if self.length + count > self._capacity:
            self._grow(self.length, -(-(self.length + count) // _BUFFER_STEP) * _BUFFER_STEP)
        self._bind_tokens(self._session, self._binding, tokens, count)
        if count == 1 and self._step_scores is not None:
            scores: Array | None = self._step_scores
        else:
            scores = self._bind_logits(self._binding, count)
            self._step_scores = scores if count == 1 else None
        self._session.ort._sess.run_with_iobinding(self._binding, None)
        if scores is None:
            names = self._binding.get_outputs()
            return np.asarray(names[len(self._entries)].numpy())
        return scores


class GrowingCacheDecoder(Decoder):
    """A graph, or two, that return the whole cache, grown by the tokens of the run.

    Args:
        later: The graph of all steps, or of all but the first.
        config: ``config.json``.
        resumes: See `Decoder`.
        first: The graph of the first step, where it is another one.
        merged: Whether the graph has a branch of its own for the first step.
    """

    def __init__(
        self,
        later: Session,
        config: Mapping[str, Any],
        resumes: bool,
        first: Session | None = None,
        merged: bool = False,
    ) -> None:
        # A later step of such exports takes one token: the whole prompt goes through the first.
        whole = merged or first is not None
        super().__init__([first, later] if first else [later], config, resumes and not whole, whole)
        self._later, self._first = later, first
        self._clear()

    def _clear(self) -> None:
        opened = (self._later, self._first)
        self._bindings = {id(each): ort_native.SessionIOBinding(each.ort._sess) for each in opened if each}
        self._cache: list[Any] = []

    def start(self, keep: int, capacity: int) -> None:
        """See `Decoder.start`; the cache grows by itself."""
        if keep and keep < self.length:
            kept = [
                np.ascontiguousarray(value.numpy()[(slice(None),) * entry.axis + (slice(keep),)])
                for value, entry in zip(self._cache, self._entries, strict=True)
            ]
            self._set_cache(kept)
        elif not keep:
            self._set_cache([np.zeros(entry.sized(0), entry.dtype) for entry in self._entries])
        self.length = keep

    def _set_cache(self, values: list[Array]) -> None:
        self._cache = [ort_native.OrtValue.ortvalue_from_numpy(value, self._cache_device) for value in values]
        self._cache_memory = values

    def _run(self, tokens: Array, count: int) -> Array:
        session = self._first if self._first and not self.length else self._later
        binding = self._bindings[id(session)]
        self._bind_tokens(session, binding, tokens, count)
        takes_past = session is self._later
        for value, entry in zip(self._cache, self._entries, strict=True):
            if takes_past:
                binding.bind_ortvalue_input(entry.past, value)
            # Bound anew each time: otherwise the runtime would write into the buffer of the last step.
            binding.bind_output(entry.present, self._cache_device)
        scores = self._bind_logits(binding, count)
        session.ort._sess.run_with_iobinding(binding, None)
        outputs = binding.get_outputs()
        self._cache = [outputs[place] for place in range(len(self._entries))]
        return np.asarray(outputs[len(self._entries)].numpy()) if scores is None else scores


def open_decoder(spec: LoadSpec) -> Decoder:
    """Open the decoder of a model's folder in one precision, whichever tool exported it.

    Raises:
        ModelFolderError: The folder has no such precision, or its graph has no cache that the studio knows.
        DamagedModelError, DeviceError, OutOfMemory: See `studio.runtime.session.open_session`.
    """
    files = files_of(spec.folder, spec.precision)
    config = read_json(spec.folder, "config.json")

    def opened(role: Role) -> Session:
        return open_session(spec.folder / files.roles[role], spec.provider, spec.threads)

    if "decoder_merged" in files.roles or "model" in files.roles:
        role: Role = "model" if "model" in files.roles else "decoder_merged"
        session = opened(role)
        operators = _operators(session, spec.folder / files.roles[role])
        resumes = not operators & _BATCH_DEPENDENT
        if "GroupQueryAttention" in operators:
            return SharedCacheDecoder(session, config, resumes)
        return GrowingCacheDecoder(session, config, resumes, merged="use_cache_branch" in session.input_names)
    if "decoder" in files.roles and "decoder_with_past" in files.roles:
        return GrowingCacheDecoder(opened("decoder_with_past"), config, False, first=opened("decoder"))
    raise ModelFolderError(
        _("The {precision} files of {folder} are not those of a decoder.").format(
            precision=spec.precision, folder=spec.folder.name
        ),
        _("Needed are model.onnx, decoder_model_merged.onnx, or decoder_model.onnx with decoder_with_past_model.onnx."),
        f"parts: {', '.join(files.roles)}",
    )


def _cache_entries(session: Session, config: Mapping[str, Any]) -> list[_CacheEntry]:
    outputs = set(session.output_names)
    entries = []
    for port in session.inputs:
        if not port.name.startswith("past"):
            continue
        index = port.name.split(".", 1)[-1]
        present = next((p for p in (f"present.{index}", f"present_key_values.{index}") if p in outputs), None)
        if present is None or len(port.shape) != 4:
            raise _unknown_cache(f"{port.name} {port.shape}")
        axis = next((i for i in (2, 1, 3) if not isinstance(port.shape[i], int)), 2)
        entries.append(_CacheEntry(port.name, present, _cache_shape(port, axis, config), axis, port.dtype))
    if not entries:
        raise _unknown_cache("no input whose name begins with 'past'")
    return entries


def _cache_shape(port: Port, axis: int, config: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape for one sequence and no tokens; sizes that the graph leaves open come from the configuration."""
    heads = number(config, "num_attention_heads", "n_head")
    hidden = number(config, "hidden_size", "n_embd")
    size = number(config, "head_dim") or (hidden // heads if hidden and heads else None)
    stated = [1, number(config, "num_key_value_heads") or heads, None, size] if axis == 2 else [1, None, None, None]
    shape = []
    for place, given in enumerate(port.shape):
        value = 0 if place == axis else 1 if place == 0 else given if isinstance(given, int) else stated[place]
        if value is None:
            raise _unknown_cache(f"{port.name} {port.shape}")
        shape.append(value)
    return tuple(shape)


def _unknown_cache(detail: str) -> ModelFolderError:
    return ModelFolderError(
        _("The model's graph keeps no cache of earlier tokens that the studio can use."),
        _("Add the model from its original weights, or look for an export with past key values."),
        detail,
    )


def _chunk(last_only: bool, vocabulary: int | str | None, whole: bool) -> int:
    if whole:
        return 1 << 31
    if last_only or not isinstance(vocabulary, int):
        return _CHUNK
    return max(16, min(_CHUNK, _SCORE_BYTES // (4 * vocabulary)))


def _operators(session: Session, path: Path) -> set[str]:
    """Operators of an open graph, as far as they matter here."""
    try:
        assigned = session.ort.get_provider_graph_assignment_info()
        return {node.op_type for part in assigned for node in part.get_nodes()}
    except (AttributeError, RuntimeError):
        # An ONNX Runtime before 1.24, or a provider that doesn't record: names stand in the file as they are.
        raw = path.read_bytes()
        return {name for name in (*_BATCH_DEPENDENT, "GroupQueryAttention") if name.encode() in raw}


def _device(kind: str) -> Any:
    types = ort_native.OrtDevice
    return types(types.cuda() if kind == "cuda" else types.cpu(), types.default_memory(), 0)

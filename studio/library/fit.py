"""How much memory a model needs, told before it is downloaded or opened. One rule for everyone who asks.

    needed = files x factor of the precision + cache of earlier tokens at the chosen length + what runs it

The factors were fitted to measured peaks (`VmHWM` of the worker) of the starter models and of models of real sizes;
``python -m tests.bench fit`` prints predicted ÷ measured. What a model took when it ran replaces what is computed here
(`studio.services.fit`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from studio.domain.errors import StudioError
from studio.domain.layout import PrecisionFiles, precisions_in
from studio.library.manifest import read_manifest
from studio.library.reading import weight_files
from studio.library.safety import files_in, inside, json_of
from studio.runtime.folder import number

#: ``shared``: one buffer is past and present at once. ``growing``: both exist while a token is made.
CacheKind = Literal["shared", "growing"]
#: Tokens that a conversation is taken to have where nobody chose: a long question and a long answer.
CONVERSATION = 2048
#: Tokens of a text to label or to translate.
TEXT = 512

_MB = 1e6
#: Memory while a graph of that precision is opened and run, as a multiple of its file. Opening holds the weights as
#: they lie in the file and as they are rearranged for the processor; half precision is widened there as well.
_FACTORS = {"fp32": 1.6, "fp16": 3.4, "int8": 2.3, "uint8": 2.3, "int4": 1.7, "q4f16": 2.5, "bnb4": 1.7}
#: The same where the weights lie in files of their own, which are read in place.
_BESIDE_FACTORS = {"fp32": 1.25, "fp16": 2.7, "int8": 1.5, "uint8": 1.5, "int4": 1.2, "q4f16": 1.9, "bnb4": 1.2}
_UNKNOWN_FACTOR = 2.3
#: PyTorch holds the weights once; reading them from the file costs pages that count as the process's own.
_PYTORCH_FACTOR = 1.3
#: The process with ONNX Runtime, numpy and the tokenizers library; each graph with its threads and arenas.
_PROCESS_MB, _GRAPH_MB = 58.0, 12.0
_PYTORCH_MB = 800.0
#: Scores of a chunk of the prompt take at most this (`studio.runtime.causal`).
_MOST_SCORES_MB = 32.0
#: A process that uses CUDA: its libraries in the computer's memory, its context on the GPU.
_CUDA_PROCESS_MB, _CUDA_CONTEXT_MB = 1200.0, 450.0
#: On the GPU weights lie once, and a little more for what is computed with them.
_GPU_FACTOR = 1.2
#: Devices with memory of their own, where the weights lie.
_OWN_MEMORY = ("cuda", "tensorrt", "directml")


@dataclass(frozen=True)
class Need:
    """What a candidate needs once it is open and answers.

    Attributes:
        memory_mb: Of the computer's memory, 10^6 bytes.
        device_mb: Of the GPU's own memory; 0 where the model lies in the computer's.
        measured: Whether it was measured here, not computed.
    """

    memory_mb: float
    device_mb: float = 0.0
    measured: bool = False


@dataclass(frozen=True)
class Sizing:
    """What the rule has to know of one precision of a model; files need not be here yet.

    Attributes:
        precision: Precision of the files.
        graphs_mb: Size of each graph with its external data, 10^6 bytes.
        cache_values: Numbers that the cache keeps for one token; 0 without a cache.
        cache: See `CacheKind`.
        heads: Attention heads: each keeps a score for each pair of tokens of a text that is read at once.
        vocabulary: Tokens that a decoder scores at each step; 0 where it scores none.
        whole_prompt: Whether the graph scores every token of the prompt in one run.
        most_tokens: Longest text that the model takes; None where not known.
        tokens: How long a text is where nobody chose.
        beside: Whether the weights lie in files beside the graphs.
        pytorch: Whether it is the PyTorch original; ``graphs_mb`` are its weights then.
    """

    precision: str
    graphs_mb: tuple[float, ...]
    cache_values: int = 0
    cache: CacheKind = "growing"
    heads: int = 0
    vocabulary: int = 0
    whole_prompt: bool = False
    most_tokens: int | None = None
    tokens: int = TEXT
    beside: bool = False
    pytorch: bool = False

    @property
    def files_mb(self) -> float:
        """Size of all its files."""
        return sum(self.graphs_mb)

    def cache_mb(self, tokens: int | None = None) -> float:
        """The cache of a text of so many tokens, 10^6 bytes."""
        copies = 1 if self.cache == "shared" else 2
        width = 2 if self.precision in {"fp16", "q4f16"} else 4
        return self.cache_values * self._length(tokens) * copies * width / _MB

    def _length(self, tokens: int | None) -> int:
        return min(tokens or self.tokens, self.most_tokens or tokens or self.tokens)

    def work_mb(self, tokens: int | None) -> float:
        """What is computed on the way: attention of a text that is read at once, scores of a prompt."""
        length = self._length(tokens)
        if not self.cache_values:
            return 2 * self.heads * length**2 * 4 / _MB
        scores_mb = self.vocabulary * length * 4 / _MB
        return scores_mb if self.whole_prompt else min(scores_mb, _MOST_SCORES_MB)


def expected(sizing: Sizing, device: str = "cpu", tokens: int | None = None) -> Need:
    """What a candidate will need.

    Args:
        sizing: What is known of its files.
        device: Provider id.
        tokens: Length of the text, prompt and answer together; what is usual for the use case where None.
    """
    if sizing.pytorch:
        return Need(sizing.files_mb * _PYTORCH_FACTOR + _PYTORCH_MB)
    moving_mb = sizing.cache_mb(tokens) + sizing.work_mb(tokens)
    process_mb = _PROCESS_MB + _GRAPH_MB * max(1, len(sizing.graphs_mb))
    if device in _OWN_MEMORY:
        return Need(
            # The weights pass through the computer's memory while they are loaded.
            _CUDA_PROCESS_MB + sizing.files_mb,
            sizing.files_mb * _GPU_FACTOR + moving_mb + _CUDA_CONTEXT_MB,
        )
    factor = (_BESIDE_FACTORS if sizing.beside else _FACTORS).get(sizing.precision, _UNKNOWN_FACTOR)
    return Need(sizing.files_mb * factor + moving_mb + process_mb)


def longer(need: Need, sizing: Sizing, tokens: int | None) -> Need:
    """A measured need, with what a longer text adds to it. (What a shorter one saves nobody has measured.)"""
    usual, asked = (sizing.cache_mb(length) + sizing.work_mb(length) for length in (None, tokens))
    more_mb = max(0.0, asked - usual)
    if need.device_mb:
        return replace(need, device_mb=need.device_mb + more_mb)
    return replace(need, memory_mb=need.memory_mb + more_mb)


def sizing_of(
    task: str | None, files: PrecisionFiles, sizes: Mapping[str, float], config: Mapping[str, Any], cache: str = ""
) -> Sizing:
    """What the rule has to know, from a list of files and ``config.json``, on this computer or on the Hub.

    Args:
        task: Task id.
        files: The files of one precision.
        sizes: Bytes by file name.
        config: ``config.json``; may be empty where it is not known yet.
        cache: `CacheKind` where ``studio.json`` states it.
    """
    roles = dict(files.roles)
    if "decoder_merged" in roles:
        # It serves the first step and the later ones; the two that it was merged from are not opened.
        roles = {role: name for role, name in roles.items() if role in {"encoder", "decoder_merged"}}
    graphs = tuple(
        sum(sizes.get(other, 0.0) for other in (name, *(o for o in files.external if o.startswith(name)))) / _MB
        for name in roles.values()
    )
    writes = task in {"chat", "translation"} or any(role.startswith("decoder") for role in roles)
    heads = number(config, "num_attention_heads", "n_head", "encoder_attention_heads", "num_heads") or 0
    return Sizing(
        precision=files.precision,
        graphs_mb=graphs,
        cache_values=_cache_values(config, "encoder" in roles) if writes else 0,
        cache="shared" if cache == "shared" else "growing",
        heads=heads,
        # A translator scores one token at a time, and never those of the sentence it reads.
        vocabulary=(number(config, "vocab_size") or 0) if writes and "encoder" not in roles else 0,
        whole_prompt="decoder_merged" in roles and "encoder" not in roles,
        most_tokens=number(config, "max_position_embeddings", "n_positions", "max_sequence_length"),
        tokens=CONVERSATION if task == "chat" else TEXT,
        beside=bool(files.external),
    )


def sizing_in(folder: Path, task: str | None, precision: str, weights: Path | None = None) -> Sizing:
    """The same of a folder on this computer. What can't be read counts as nothing: advice must never fail.

    Args:
        folder: The model's folder.
        task: Task id.
        precision: Precision of the files.
        weights: Folder of the PyTorch original, where that is what would run.
    """
    try:
        if weights is not None:
            names = weight_files([path.name for path in weights.iterdir()])
            return Sizing("fp32", tuple((weights / name).stat().st_size / _MB for name in names), pytorch=True)
        names = files_in(folder)
        files = next((found for found in precisions_in(names) if found.precision == precision), None)
        if files is None:
            return Sizing(precision, ())
        sizes = {name: float(inside(folder, name).stat().st_size) for name in files.all_files}
        config = json_of(folder, "config.json")
        manifest = read_manifest(folder)
    except (OSError, StudioError):
        return Sizing(precision, (), pytorch=weights is not None)
    record = manifest.precisions.get(precision) if manifest else None
    return sizing_of(task, files, sizes, config, record.kv_cache if record else "")


def _cache_values(config: Mapping[str, Any], with_encoder: bool) -> int:
    """Numbers that are kept for one token: a key and a value in each layer."""
    layers = number(config, "decoder_layers", "num_decoder_layers", "num_hidden_layers", "n_layer", "num_layers") or 0
    heads = number(config, "decoder_attention_heads", "num_attention_heads", "n_head", "num_heads") or 0
    hidden = number(config, "d_model", "hidden_size", "n_embd") or 0
    size = number(config, "head_dim", "d_kv") or (hidden // heads if heads else 0)
    kept = number(config, "num_key_value_heads") or heads
    # A translator keeps its own tokens and those of the sentence it translates.
    return 2 * layers * kept * size * (2 if with_encoder else 1)

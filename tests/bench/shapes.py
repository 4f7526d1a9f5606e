"""Models of real sizes with random weights, made by the studio's own ``models add`` and kept in the user's cache.

Random weights answer nonsense, but cost what trained ones cost: the arithmetic does not depend on the values.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from studio.library.store import Library
from studio.services import models

#: Raised when a shape or its tokenizer changes, so that an older one in the cache is not used.
_EDITION = 1


@dataclass(frozen=True)
class Shape:
    """A model to measure: its id in the bench's own library and how its PyTorch folder is made."""

    id: str
    task: str
    precisions: tuple[str, ...]
    make: Callable[[Path], None]


def cache() -> Path:
    """Where the bench keeps its models."""
    return user_cache_path("prototype-studio") / f"bench-{_EDITION}"


def library() -> Library:
    """The bench's own library."""
    return Library.open(cache() / "library")


def weights(shape: Shape) -> Path:
    """The PyTorch folder of a shape, made where it is not there yet."""
    folder = cache() / "weights" / shape.id
    if not (folder / "config.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        shape.make(folder)
    return folder


def prepared(shape: Shape) -> Path:
    """The ONNX folder of a shape, exported where it is not there yet."""
    shelf = library()
    target = shelf.own / shape.id
    if not target.is_dir():
        print(f"preparing {shape.id} ({', '.join(shape.precisions)}), once", flush=True)
        models.add(
            shelf,
            models.AddRequest(str(weights(shape)), id=shape.id, task=shape.task, precisions=shape.precisions),
        )
    return target


def _byte_tokenizer(vocabulary: int, special: list[str], ends_with: str | None, last: str | None = None) -> Any:
    """A byte-level tokenizer of any size: one token a byte, and words that only a model can write.

    The special tokens come first, but for one that may be ``last``.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = [*special, *alphabet]
    names += [f"Ġw{number}" for number in range(vocabulary - len(names))]
    if last:
        names[-1] = last
        special = [*special, last]
    tokenizer = Tokenizer(models.BPE(vocab={name: i for i, name in enumerate(names)}, merges=[], unk_token=None))
    tokenizer.add_special_tokens(special)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if ends_with:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"$A {ends_with}", special_tokens=[(ends_with, tokenizer.token_to_id(ends_with))]
        )
    return tokenizer


def _save(folder: Path, model: Any, tokenizer: Any, roles: dict[str, str], length: int) -> None:
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=length, **roles).save_pretrained(folder)
    model.save_pretrained(folder, safe_serialization=True)


def _smollm(folder: Path) -> None:
    """SmolLM2-135M: https://huggingface.co/HuggingFaceTB/SmolLM2-135M/blob/main/config.json."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=8192,
        rope_theta=100000,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
    )
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    roles = {"bos_token": special[1], "eos_token": special[2], "pad_token": special[0]}
    _save(folder, LlamaForCausalLM(config), _byte_tokenizer(49152, special, None), roles, 8192)


def _marian(folder: Path) -> None:
    """opus-mt, "transformer-align" base: https://huggingface.co/Helsinki-NLP/opus-mt-en-de/blob/main/config.json."""
    import torch
    from transformers import GenerationConfig, MarianConfig, MarianMTModel

    torch.manual_seed(1)
    size = 58101
    # As in every Marian on the Hub the padding is the last token, and the decoder starts with it.
    pad = size - 1
    config = MarianConfig(
        vocab_size=size,
        d_model=512,
        encoder_layers=6,
        decoder_layers=6,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=2048,
        decoder_ffn_dim=2048,
        max_position_embeddings=512,
        activation_function="swish",
        scale_embedding=True,
        static_position_embeddings=True,
        share_encoder_decoder_embeddings=True,
        pad_token_id=pad,
        eos_token_id=0,
        decoder_start_token_id=pad,
        forced_eos_token_id=None,
    )
    model = MarianMTModel(config)
    model.generation_config = GenerationConfig(
        decoder_start_token_id=pad, eos_token_id=0, pad_token_id=pad, bad_words_ids=[[pad]], max_length=512, num_beams=1
    )
    roles = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    _save(folder, model, _byte_tokenizer(size, ["</s>", "<unk>"], "</s>", last="<pad>"), roles, 512)


def _bert(folder: Path) -> None:
    """bert-base-uncased: https://huggingface.co/google-bert/bert-base-uncased/blob/main/config.json."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(1)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    names = [*special, *(f"w{number}" for number in range(30522 - len(special)))]
    tokenizer = Tokenizer(models.WordPiece({name: i for i, name in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    roles = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    model = BertForSequenceClassification(BertConfig(vocab_size=30522, num_labels=3))
    _save(folder, model, tokenizer, roles, 512)


SMOLLM = Shape("smollm2-135m-shape", "chat", ("fp32", "int4"), _smollm)
MARIAN = Shape("opus-mt-base-shape", "translation", ("fp32", "int8", "int4"), _marian)
BERT = Shape("bert-base-shape", "text-classification", ("fp32", "int8"), _bert)

#: 128 tokens for the byte-level tokenizers, and for BERT with [CLS] and [SEP].
PROMPT = ("the quick brown fox jumps over the lazy dog and runs away " * 3)[:128]
SENTENCE = "where is the parcel that i ordered"
BERT_TEXT = " ".join(f"w{number}" for number in range(126))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

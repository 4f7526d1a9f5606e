"""Tiny classifiers with random weights: BERT, DistilBERT, RoBERTa, DeBERTa-v2 and XLM-R.

Each has a tokenizer of its family's kind (WordPiece, byte-level BPE, Unigram), trained on a few sentences, and the
files that such a folder has on the Hub. torch, transformers and optimum are imported inside functions only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

FAMILIES = ("bert", "distilbert", "roberta", "deberta-v2", "xlm-roberta")
LABELS = ("cancel_order", "track_refund", "get_invoice")
#: Positions of each model: small, so that a test reaches the limit with a short text.
MAX_TOKENS = 48

_TEXTS = (
    "I want to cancel order 4411",
    "Where is my refund? I sent the shoes back two weeks ago.",
    "could you please send me the invoice from last month",
    "The quick brown fox jumps over the lazy dog, doesn't it?",
    "我想取消订单。退款在哪里？",
    "Où est mon remboursement ? ¿Dónde está mi factura?",
)
_SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}


def weights(folder: Path, family: str, kind: str = "single") -> None:
    """A PyTorch folder: ``config.json``, ``model.safetensors``, ``tokenizer.json`` and ``tokenizer_config.json``.

    Args:
        folder: An empty folder.
        family: One of `FAMILIES`.
        kind: ``"single"`` for softmax over labels, ``"multi"`` for a sigmoid of each, ``"number"`` for one output.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    tokenizer, special = small_tokenizer(family)
    config = _config(family, tokenizer, special, kind)
    torch.manual_seed(7)
    model = AutoModelForSequenceClassification.from_config(config).eval()
    widen(model)
    model.save_pretrained(folder, safe_serialization=True)
    save_tokenizer(folder, family, tokenizer, special)


def widen(model: Any) -> None:
    """Fresh weights give nearly equal answers whatever the text; wider ones let a test tell them apart."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.3)


def small_tokenizer(family: str) -> tuple[tokenizers.Tokenizer, dict[str, str]]:
    """A tokenizer of the family's kind, and its special tokens by role."""
    if family in ("bert", "distilbert"):
        return _wordpiece()
    if family in ("roberta", "mpnet", "bart"):
        return _byte_level()
    return _unigram(family)


def exported(folder: Path, family: str, kind: str = "single") -> None:
    """`weights`, and ``onnx/model.onnx`` beside them, as optimum exports it."""
    from optimum.exporters.onnx import main_export

    weights(folder, family, kind)
    main_export(
        str(folder),
        output=folder / "onnx",
        task="text-classification",
        opset=18,
        do_validation=False,
        local_files_only=True,
    )
    for extra in (folder / "onnx").iterdir():
        if extra.suffix != ".onnx":
            extra.unlink()


def _config(family: str, tokenizer: tokenizers.Tokenizer, special: dict[str, str], kind: str) -> Any:
    from transformers import AutoConfig

    offset = 2 if family in ("roberta", "xlm-roberta") else 0
    own: dict[str, Any] = {**_SIZES, "max_position_embeddings": MAX_TOKENS + offset}
    if family == "distilbert":
        own = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": MAX_TOKENS}
    if family == "deberta-v2":
        own |= {
            "relative_attention": True,
            "pos_att_type": ["p2c", "c2p"],
            "position_buckets": 16,
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "position_biased_input": False,
            "type_vocab_size": 0,
        }
    if offset:
        own |= {"type_vocab_size": 1, "bos_token_id": 0, "eos_token_id": 2}
    labels = ("LABEL_0",) if kind == "number" else LABELS
    problems = {"multi": "multi_label_classification", "number": "regression"}
    return AutoConfig.for_model(
        family,
        vocab_size=tokenizer.get_vocab_size(),
        pad_token_id=tokenizer.token_to_id(special["pad_token"]),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        problem_type=problems.get(kind, "single_label_classification"),
        **own,
    )


def save_tokenizer(folder: Path, family: str, tokenizer: tokenizers.Tokenizer, special: dict[str, str]) -> None:
    """``tokenizer.json`` and the small files beside it."""
    # Without the slow tokenizer's own files, transformers opens the others by their tokenizer.json alone.
    classes = {"bert": "BertTokenizer", "distilbert": "DistilBertTokenizer"}
    tokenizer.save(str(folder / "tokenizer.json"))
    config: dict[str, Any] = {**special, "model_max_length": MAX_TOKENS}
    config["tokenizer_class"] = classes.get(family, "PreTrainedTokenizerFast")
    if family != "bert":
        config["model_input_names"] = ["input_ids", "attention_mask"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2))
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2))


def _wordpiece() -> tuple[tokenizers.Tokenizer, dict[str, str]]:
    special = _bert_tokens()
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=list(special.values()), show_progress=False)
    tokenizer.train_from_iterator(_TEXTS, trainer)
    tokenizer.post_processor = _around(tokenizer, "[CLS]", "[SEP]")
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer, special


def _byte_level() -> tuple[tokenizers.Tokenizer, dict[str, str]]:
    special = _roberta_tokens()
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(special.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXTS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(sep=("</s>", 2), cls=("<s>", 0), add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, special


def _unigram(family: str) -> tuple[tokenizers.Tokenizer, dict[str, str]]:
    special = _bert_tokens() if family == "deberta-v2" else _roberta_tokens()
    tokenizer = tokenizers.Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=150,
        special_tokens=list(special.values()),
        unk_token=special["unk_token"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXTS * 4, trainer)
    tokenizer.post_processor = _around(tokenizer, special["cls_token"], special["sep_token"])
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer, special


def _around(tokenizer: tokenizers.Tokenizer, first: str, last: str) -> Any:
    return processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} $B:1 {last}:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (first, last)],
    )


def _bert_tokens() -> dict[str, str]:
    return {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }


def _roberta_tokens() -> dict[str, str]:
    return {
        "cls_token": "<s>",
        "pad_token": "<pad>",
        "sep_token": "</s>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
    }

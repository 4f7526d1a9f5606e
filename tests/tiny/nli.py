"""Tiny NLI models with random weights: BERT, DeBERTa-v2 and BART, as optimum exports them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.tiny.encoders import MAX_TOKENS, save_tokenizer, small_tokenizer, widen

FAMILIES = ("bert", "deberta-v2", "bart")
LABELS = ("contradiction", "neutral", "entailment")


def exported(folder: Path, family: str, order: str = "usual") -> None:
    """A folder with weights and ``onnx/model.onnx``.

    Args:
        folder: An empty folder.
        family: One of `FAMILIES`.
        order: ``"usual"`` for entailment last; ``"reversed"`` for entailment first.
    """
    import torch
    from optimum.exporters.onnx import main_export
    from transformers import AutoConfig, AutoModelForSequenceClassification

    tokenizer, special = small_tokenizer(family)
    labels = LABELS if order == "usual" else LABELS[::-1]
    config = AutoConfig.for_model(
        family,
        vocab_size=tokenizer.get_vocab_size(),
        pad_token_id=tokenizer.token_to_id(special["pad_token"]),
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
        **_sizes(family),
    )
    torch.manual_seed(13)
    model = AutoModelForSequenceClassification.from_config(config).eval()
    widen(model)
    model.save_pretrained(folder, safe_serialization=True)
    save_tokenizer(folder, family, tokenizer, special)
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


def _sizes(family: str) -> dict[str, Any]:
    if family == "bart":
        return {
            "d_model": 32,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 64,
            "decoder_ffn_dim": 64,
            "max_position_embeddings": MAX_TOKENS,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "decoder_start_token_id": 2,
            "forced_eos_token_id": 2,
        }
    own: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    own |= {"intermediate_size": 64, "max_position_embeddings": MAX_TOKENS}
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
    return own

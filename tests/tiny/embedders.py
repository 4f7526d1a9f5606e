"""Tiny embedding models with random weights, laid out as sentence-transformers' and optimum's exports are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.tiny.encoders import MAX_TOKENS, save_tokenizer, small_tokenizer, widen

FAMILIES = ("bert", "distilbert", "roberta", "mpnet", "xlm-roberta")
#: Longest text that ``sentence_bert_config.json`` names: shorter than the positions allow.
MAX_SEQ_LENGTH = 40


def weights(folder: Path, family: str, pooling: str = "mean", normalised: str = "yes") -> None:
    """A PyTorch folder with ``modules.json`` and what belongs to it.

    Args:
        folder: An empty folder.
        family: One of `FAMILIES`.
        pooling: Keys of ``1_Pooling/config.json`` without ``pooling_mode_``, joined by ``+``: ``"mean_tokens"``.
        normalised: ``"yes"`` for a ``2_Normalize`` module.
    """
    import torch
    from transformers import AutoConfig, AutoModel

    tokenizer, special = small_tokenizer(family)
    offset = 0 if family in ("bert", "distilbert") else 2
    sizes: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    sizes |= {"intermediate_size": 64, "max_position_embeddings": MAX_TOKENS + offset}
    if family == "distilbert":
        sizes = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": MAX_TOKENS}
    config = AutoConfig.for_model(
        family,
        vocab_size=tokenizer.get_vocab_size(),
        pad_token_id=tokenizer.token_to_id(special["pad_token"]),
        **sizes,
    )
    torch.manual_seed(11)
    model = AutoModel.from_config(config).eval()
    widen(model)
    model.save_pretrained(folder, safe_serialization=True)
    save_tokenizer(folder, family, tokenizer, special)
    modules = ["Transformer", "Pooling", "Normalize"] if normalised == "yes" else ["Transformer", "Pooling"]
    listed = [
        {
            "idx": place,
            "name": str(place),
            "path": f"{place}_{kind}" if place else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for place, kind in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(listed))
    (folder / "1_Pooling").mkdir()
    wanted = {f"pooling_mode_{one}": True for one in pooling.split("+")}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 32, **wanted}))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": MAX_SEQ_LENGTH}))


def exported(folder: Path, family: str, pooling: str = "mean_tokens", normalised: str = "yes") -> None:
    """`weights`, and ``onnx/model.onnx`` with ``last_hidden_state``, as optimum exports it."""
    from optimum.exporters.onnx import main_export

    weights(folder, family, pooling, normalised)
    main_export(
        str(folder),
        output=folder / "onnx",
        task="feature-extraction",
        library_name="transformers",
        opset=18,
        do_validation=False,
        local_files_only=True,
    )
    for extra in (folder / "onnx").iterdir():
        if extra.suffix != ".onnx":
            extra.unlink()


def exported_whole(folder: Path, family: str) -> None:
    """`weights`, and ``onnx/model.onnx`` with ``token_embeddings`` and ``sentence_embedding``.

    So optimum exports a folder of sentence-transformers where that library is installed.
    """
    import torch
    from transformers import AutoModel

    weights(folder, family, "mean_tokens")

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = AutoModel.from_pretrained(str(folder), attn_implementation="eager").eval()

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            tokens = self.inner(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask[:, :, None].float()
            mean = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return tokens, torch.nn.functional.normalize(mean, dim=1)

    (folder / "onnx").mkdir()
    example = (torch.ones((2, 6), dtype=torch.int64), torch.ones((2, 6), dtype=torch.int64))
    axes = {0: "batch_size", 1: "sequence_length"}
    torch.onnx.export(
        Whole(),
        example,
        str(folder / "onnx" / "model.onnx"),
        input_names=["input_ids", "attention_mask"],
        output_names=["token_embeddings", "sentence_embedding"],
        dynamic_axes={
            "input_ids": axes,
            "attention_mask": axes,
            "token_embeddings": axes,
            "sentence_embedding": {0: "batch_size"},
        },
        opset_version=18,
        dynamo=False,
    )

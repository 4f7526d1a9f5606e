"""Tiny speech models with random weights: wav2vec2, HuBERT and WavLM with CTC, exported by optimum.

torch, transformers and optimum are imported inside functions only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CTC_FAMILIES = ("wav2vec2", "hubert", "wavlm")
#: The kind with ``layer`` is normalised over channels, so that recordings of a batch can be filled up.
NORMS = ("group", "layer")
RATE = 16_000
LETTERS = "ETAONIHSRDLUMWCFGYPBVK'XJQZ"


def ctc_weights(folder: Path, family: str, norm: str = "group") -> None:
    """A PyTorch folder: configuration, ``model.safetensors``, ``vocab.json`` and ``preprocessor_config.json``."""
    import torch
    from transformers import AutoConfig, AutoModelForCTC, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor

    tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", *LETTERS]
    (folder / "vocab.json").write_text(json.dumps({token: place for place, token in enumerate(tokens)}))
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), do_lower_case=True, clean_up_tokenization_spaces=True)
    tokenizer.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(sampling_rate=RATE, return_attention_mask=norm == "layer").save_pretrained(folder)
    config = AutoConfig.for_model(
        family,
        vocab_size=len(tokens),
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(12, 12, 12),
        conv_stride=(5, 8, 8),
        conv_kernel=(10, 8, 8),
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
        feat_extract_norm=norm,
        do_stable_layer_norm=norm == "layer",
        pad_token_id=0,
    )
    torch.manual_seed(5)
    model = AutoModelForCTC.from_config(config).eval()
    with torch.no_grad():
        # Fresh weights give one token at every moment; wider ones let a test tell answers apart.
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and "pos_conv" not in name:
                parameter.normal_(std=0.4)
        # Words end, the same letter comes twice, and special tokens never come.
        model.lm_head.bias[tokens.index("|")] = model.lm_head.bias[0] = 4.0
        model.lm_head.bias[1:4] = -1000.0
    model.save_pretrained(folder, safe_serialization=True)


def ctc_exported(folder: Path, family: str, norm: str = "group") -> None:
    """`ctc_weights`, and ``onnx/model.onnx`` beside them, as optimum exports it: without a mask."""
    from optimum.exporters.onnx import main_export

    ctc_weights(folder, family, norm)
    main_export(
        str(folder),
        output=folder / "onnx",
        task="automatic-speech-recognition",
        opset=18,
        do_validation=False,
        local_files_only=True,
        library_name="transformers",
    )
    for extra in (folder / "onnx").iterdir():
        if extra.suffix != ".onnx":
            extra.unlink()


def ctc_masked(folder: Path, family: str) -> None:
    """`ctc_weights` of the kind that takes a mask, with a graph that has one."""
    import torch
    from transformers import AutoModelForCTC

    ctc_weights(folder, family, "layer")
    model = AutoModelForCTC.from_pretrained(folder, attn_implementation="eager").eval()

    class Masked(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_values: Any, attention_mask: Any) -> Any:
            return self.inner(input_values=input_values, attention_mask=attention_mask).logits

    (folder / "onnx").mkdir()
    mask = torch.ones(2, 16_000, dtype=torch.long)
    mask[1, 9000:] = 0
    torch.onnx.export(
        Masked(),
        (torch.randn(2, 16_000), mask),
        str(folder / "onnx" / "model.onnx"),
        input_names=["input_values", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={
            "input_values": {0: "batch", 1: "samples"},
            "attention_mask": {0: "batch", 1: "samples"},
            "logits": {0: "batch", 1: "moments"},
        },
        opset_version=18,
        dynamo=False,
    )

"""Tiny models of images and texts with random weights: CLIP and SigLIP. torch is imported inside functions only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

FAMILIES = ("clip", "siglip")
#: Tokens of a text: few, so that a test reaches the limit with a short one.
MAX_TOKENS = 32
SIDE = 32

_TEXTS = (
    "This is a photo of a dress.",
    "a picture of a dog on green grass, with a red ball",
    "two cats and a pair of old shoes",
    "a map of the city; text on paper",
    "eine Hose, un chapeau, 一件衬衫",
)
_SMALL: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}


def weights(folder: Path, family: str) -> None:
    """A PyTorch folder with a tokenizer and ``preprocessor_config.json``."""
    import torch
    from transformers import AutoConfig, AutoModelForZeroShotImageClassification

    tokenizer, special = _clip_tokenizer() if family == "clip" else _siglip_tokenizer()
    text: dict[str, Any] = {
        **_SMALL,
        "vocab_size": tokenizer.get_vocab_size(),
        "max_position_embeddings": MAX_TOKENS,
        "bos_token_id": tokenizer.token_to_id(special.get("bos_token", special["eos_token"])),
        "eos_token_id": tokenizer.token_to_id(special["eos_token"]),
        "pad_token_id": tokenizer.token_to_id(special["pad_token"]),
    }
    own: dict[str, Any] = {"projection_dim": 32} if family == "clip" else {}
    vision = {**_SMALL, "image_size": SIDE, "patch_size": 8}
    torch.manual_seed(7)
    config = AutoConfig.for_model(family, text_config=text, vision_config=vision, **own)
    model = AutoModelForZeroShotImageClassification.from_config(config).eval()
    with torch.no_grad():
        # Fresh weights find every text alike; wider ones let a test tell answers apart.
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=2.0 / (parameter.numel() / len(parameter)) ** 0.5)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    about: dict[str, Any] = {**special, "model_max_length": MAX_TOKENS, "tokenizer_class": "PreTrainedTokenizerFast"}
    about["model_input_names"] = ["input_ids", "attention_mask"] if family == "clip" else ["input_ids"]
    (folder / "tokenizer_config.json").write_text(json.dumps(about, indent=2))
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2))
    kind = "CLIPImageProcessor" if family == "clip" else "SiglipImageProcessor"
    size: dict[str, Any] = {"size": {"height": SIDE, "width": SIDE}}
    if family == "clip":
        size = {"size": {"shortest_edge": SIDE}, "crop_size": SIDE}
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_processor_type": kind, **size}, indent=2))


def exported(folder: Path, family: str) -> None:
    """`weights`, and beside them ``onnx/model.onnx``, as optimum exports it, and ``onnx/model_int8.onnx``."""
    from optimum.exporters.onnx import main_export

    from studio.runtime.image_quantization import quantize_picture_int8

    weights(folder, family)
    main_export(
        str(folder),
        output=folder / "onnx",
        task="zero-shot-image-classification",
        opset=18,
        do_validation=False,
        local_files_only=True,
    )
    for extra in (folder / "onnx").iterdir():
        if extra.suffix != ".onnx":
            extra.unlink()
    quantize_picture_int8(folder / "onnx" / "model.onnx", folder / "onnx" / "model_int8.onnx", folder)


def _clip_tokenizer() -> tuple[tokenizers.Tokenizer, dict[str, str]]:
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    names = ["<|startoftext|>", "<|endoftext|>"]
    tokenizer = tokenizers.Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=names,
        end_of_word_suffix="</w>",
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXTS, trainer)
    first, last = ((name, tokenizer.token_to_id(name)) for name in names)
    tokenizer.post_processor = processors.RobertaProcessing(sep=last, cls=first, add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special["unk_token"] = "<|endoftext|>"
    return tokenizer, special


def _siglip_tokenizer() -> tuple[tokenizers.Tokenizer, dict[str, str]]:
    special = {"eos_token": "</s>", "pad_token": "</s>", "unk_token": "<unk>"}
    tokenizer = tokenizers.Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=["<unk>", "</s>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(_TEXTS * 4, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))]
    )
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer, special

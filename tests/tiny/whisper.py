"""A tiny Whisper with random weights, as ``merged``, ``split`` and ``plain`` (no cache) ONNX folders.

It hears two seconds at once instead of thirty. torch, transformers and optimum are imported inside functions only.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

LAYOUTS = ("merged", "split", "plain")
#: ``multilingual`` knows three languages, ``english`` has no token for any.
KINDS = ("multilingual", "english")
SECONDS = 2
RATE = 16_000
TEXTS = ("Where is my refund?", "Please call me tomorrow at 10:30.", "Zwei Kaffee kosten 7,50.", "今天天气很好。")
LANGUAGES = ("en", "de", "zh")


def exported(folder: Path, kind: str) -> None:
    """``weights`` (PyTorch) and a folder for each layout."""
    from optimum.exporters.onnx import main_export
    from optimum.onnx import merge_decoders

    source = folder / "weights"
    source.mkdir()
    _weights(source, kind)
    split = folder / "split"
    main_export(
        str(source),
        output=split / "onnx",
        task="automatic-speech-recognition-with-past",
        opset=18,
        do_validation=False,
        no_post_process=True,
        nb_max_frames=SECONDS * 100,
        local_files_only=True,
    )
    for layout in LAYOUTS:
        (folder / layout / "onnx").mkdir(parents=True, exist_ok=True)
        for file in source.iterdir():
            if file.suffix != ".safetensors":
                shutil.copyfile(file, folder / layout / file.name)
    for extra in (split / "onnx").iterdir():
        if extra.suffix != ".onnx":
            extra.unlink()
    for layout, names in (("merged", ["encoder_model"]), ("plain", ["encoder_model", "decoder_model"])):
        for name in names:
            shutil.copyfile(split / "onnx" / f"{name}.onnx", folder / layout / "onnx" / f"{name}.onnx")
    merge_decoders(
        split / "onnx" / "decoder_model.onnx",
        split / "onnx" / "decoder_with_past_model.onnx",
        save_path=folder / "merged" / "onnx" / "decoder_model_merged.onnx",
        strict=False,
    )


def _weights(folder: Path, kind: str) -> None:
    import torch
    from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

    ids = _tokenizer(folder, kind)
    WhisperFeatureExtractor(chunk_length=SECONDS).save_pretrained(folder)
    config = WhisperConfig(
        vocab_size=len(ids),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        max_source_positions=SECONDS * 50,
        max_target_positions=48,
        decoder_start_token_id=ids["<|startoftranscript|>"],
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"],
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    torch.manual_seed(11)
    model = WhisperForConditionalGeneration(config).eval()
    with torch.no_grad():
        # Fresh weights give nearly equal scores whatever is heard; wider ones let a test tell answers apart.
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and "embed_positions" not in name:
                parameter.normal_(std=0.4)
    settings: dict[str, Any] = {
        "decoder_start_token_id": ids["<|startoftranscript|>"],
        "bos_token_id": ids["<|endoftext|>"],
        "eos_token_id": ids["<|endoftext|>"],
        "pad_token_id": ids["<|endoftext|>"],
        "no_timestamps_token_id": ids["<|notimestamps|>"],
        "max_initial_timestamp_index": 50,
        "is_multilingual": kind == "multilingual",
        "return_timestamps": False,
        "suppress_tokens": [ids["!"], ids["#"], ids["<|startoftranscript|>"]],
        "begin_suppress_tokens": [ids["Ġ"], ids["<|endoftext|>"]],
        "max_length": 40,
    }
    if kind == "multilingual":
        settings["lang_to_id"] = {f"<|{code}|>": ids[f"<|{code}|>"] for code in LANGUAGES}
        settings["task_to_id"] = {name: ids[f"<|{name}|>"] for name in ("transcribe", "translate")}
    model.generation_config = GenerationConfig(**settings)
    model.save_pretrained(folder, safe_serialization=True)


def _tokenizer(folder: Path, kind: str) -> dict[str, int]:
    import tokenizers
    from tokenizers import AddedToken, decoders, models, pre_tokenizers, trainers

    inner = tokenizers.Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=280, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    inner.train_from_iterator(TEXTS, trainer)
    languages = [f"<|{code}|>" for code in LANGUAGES] if kind == "multilingual" else []
    special = ["<|endoftext|>", "<|startoftranscript|>", *languages, "<|translate|>", "<|transcribe|>"]
    special += ["<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    inner.add_special_tokens([AddedToken(token, special=True) for token in special])
    # As on the Hub, times are added but not special.
    inner.add_tokens([AddedToken(f"<|{place * 0.02:.2f}|>", special=False) for place in range(SECONDS * 50 + 1)])
    inner.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "WhisperTokenizer", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return dict(inner.get_vocab())

"""Tiny encoder-decoders with random weights: Marian, BART, T5, M2M100 and mBART, each with its family's tokenizer.

One folder a family: ``weights`` (PyTorch), and the same model as ``merged``, ``split`` and ``plain`` (no cache) ONNX
folders. torch, transformers, optimum and sentencepiece are imported inside functions only.
"""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

FAMILIES = ("marian", "bart", "t5", "m2m100", "mbart")
LAYOUTS = ("merged", "split", "plain")
#: Longest sentence of each model but T5's, in tokens.
MAX_TOKENS = 64

ENGLISH = (
    "I want to cancel order 4411",
    "Where is my refund? I sent the shoes back two weeks ago.",
    "could you please send me the invoice from last month",
    "The quick brown fox jumps over the lazy dog, doesn't it?",
    "Please call me tomorrow at 10:30 (or later).",
    "Two coffees cost 7.50 euros, three cost 9.25.",
)
CHINESE = (
    "我想取消订单。退款在哪里？",
    "请把上个月的发票寄给我。",
    "今天天气很好，我们去公园吧。",
    "明天十点半给我打电话。",
    "两杯咖啡多少钱？",
)
_SIZES = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": MAX_TOKENS,
}


def exported(folder: Path, family: str) -> None:
    """A family's folders; see the module."""
    from optimum.exporters.onnx import main_export
    from optimum.onnx import merge_decoders

    from studio.library.tokenizer_conversion import convert_tokenizer
    from studio.runtime.graph_shapes import settle_shapes

    source = folder / "weights"
    source.mkdir()
    _weights(source, family)
    split = folder / "split"
    main_export(
        str(source),
        output=split / "onnx",
        task="text2text-generation-with-past",
        opset=18,
        do_validation=False,
        no_post_process=True,
        local_files_only=True,
    )
    for layout in LAYOUTS:
        (folder / layout / "onnx").mkdir(parents=True, exist_ok=True)
        for file in source.iterdir():
            if file.suffix != ".safetensors":
                shutil.copyfile(file, folder / layout / file.name)
        if not (source / "tokenizer.json").is_file():
            convert_tokenizer(source, folder / layout)
    for extra in (split / "onnx").iterdir():
        if extra.suffix != ".onnx":
            extra.unlink()
    for name in ("encoder_model", "decoder_model", "decoder_with_past_model"):
        # As the studio's own export does.
        assert settle_shapes(split / "onnx" / f"{name}.onnx")
    for layout, names in (("merged", ["encoder_model"]), ("plain", ["encoder_model", "decoder_model"])):
        for name in names:
            shutil.copyfile(split / "onnx" / f"{name}.onnx", folder / layout / "onnx" / f"{name}.onnx")
    merge_decoders(
        split / "onnx" / "decoder_model.onnx",
        split / "onnx" / "decoder_with_past_model.onnx",
        save_path=folder / "merged" / "onnx" / "decoder_model_merged.onnx",
        strict=False,
    )


def tokenizer_only(folder: Path, family: str) -> None:
    """The slow tokenizer of a family, as its models on the Hub have it: ``marian``, ``m2m100``, ``mbart``, ``nllb``,
    ``t5`` or ``gpt2``.
    """
    {"marian": _marian_tokenizer, "m2m100": _m2m100_tokenizer, "gpt2": _gpt2_tokenizer}.get(
        family, lambda where: _sentencepiece_tokenizer(where, family)
    )(folder)


def _weights(folder: Path, family: str) -> None:
    import torch
    from transformers import AutoModelForSeq2SeqLM, GenerationConfig

    if family == "bart":
        _byte_level_tokenizer(folder)
    else:
        tokenizer_only(folder, family)
    tokenizer = _loaded_tokenizer(folder)
    config, generation = _config(family, tokenizer)
    torch.manual_seed(11)
    model = AutoModelForSeq2SeqLM.from_config(config).eval()
    with torch.no_grad():
        # Fresh weights give nearly equal scores whatever the text; wider ones let a test tell answers apart.
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and "embed_positions" not in name:
                parameter.normal_(std=0.35)
        if hasattr(model, "final_logits_bias"):
            # Ends now and then, so that searches meet answers of different lengths.
            model.final_logits_bias[0, tokenizer.eos_token_id] = 4.0
    model.generation_config = GenerationConfig(**generation)
    model.save_pretrained(folder, safe_serialization=True)


def _config(family: str, tokenizer: Any) -> tuple[Any, dict[str, Any]]:
    from transformers import AutoConfig

    pad, end = tokenizer.pad_token_id, tokenizer.eos_token_id
    size = len(tokenizer)
    if family == "m2m100":
        size = max(tokenizer.lang_token_to_id.values()) + 1 + tokenizer.num_madeup_words
    generation: dict[str, Any] = {"pad_token_id": pad, "eos_token_id": end, "decoder_start_token_id": end}
    own: dict[str, Any] = {**_SIZES, "vocab_size": size, "pad_token_id": pad, "eos_token_id": end}
    if family == "marian":
        own |= {"decoder_start_token_id": pad, "scale_embedding": True, "activation_function": "swish"}
        own |= {"forced_eos_token_id": end}
        generation |= {"decoder_start_token_id": pad, "bad_words_ids": [[pad]], "forced_eos_token_id": end}
        generation |= {"max_length": MAX_TOKENS, "num_beams": 4}
    elif family == "bart":
        own |= {"decoder_start_token_id": end, "forced_eos_token_id": end, "bos_token_id": tokenizer.bos_token_id}
        generation |= {"forced_bos_token_id": tokenizer.bos_token_id, "forced_eos_token_id": end}
        generation |= {"bos_token_id": tokenizer.bos_token_id, "no_repeat_ngram_size": 3, "max_length": MAX_TOKENS}
    elif family == "t5":
        own = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "vocab_size": size}
        own |= {"pad_token_id": pad, "eos_token_id": end, "decoder_start_token_id": pad}
        prefix = "translate English to German: "
        own |= {"task_specific_params": {"translation_en_to_de": {"prefix": prefix, "max_length": 300}}}
        generation |= {"decoder_start_token_id": pad}
    else:
        own |= {"decoder_start_token_id": end, "scale_embedding": True}
        generation |= {"max_length": MAX_TOKENS, "num_beams": 5}
    kind = "m2m_100" if family == "m2m100" else family
    return AutoConfig.for_model(kind, **own), generation


def _loaded_tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)


def sentencepiece_model(file: Path, texts: tuple[str, ...], size: int, kind: str = "unigram") -> list[str]:
    """Train a SentencePiece model; returns its pieces."""
    import sentencepiece

    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts * 4),
        model_writer=out,
        vocab_size=size,
        model_type=kind,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    file.write_bytes(out.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    return [model.id_to_piece(number) for number in range(model.get_piece_size())]


def _marian_tokenizer(folder: Path) -> None:
    source = sentencepiece_model(folder / "source.spm", ENGLISH, 120)
    target = sentencepiece_model(folder / "target.spm", CHINESE, 110)
    # As on the Hub: pieces of both sides mixed, a few left out, codes of the target, and the padding last.
    shared = sorted({*source[3:], *target[3:]} - {source[-1]})
    vocabulary = ["</s>", "<unk>", *shared, ">>cmn_Hans<<", ">>fra<<", "<pad>"]
    _write(folder, "vocab.json", {token: number for number, token in enumerate(vocabulary)})
    _write(folder, "tokenizer_config.json", {"tokenizer_class": "MarianTokenizer", "model_max_length": MAX_TOKENS})
    _write(folder, "config.json", {"model_type": "marian", "vocab_size": len(vocabulary)})


def _m2m100_tokenizer(folder: Path) -> None:
    pieces = sentencepiece_model(folder / "sentencepiece.bpe.model", ENGLISH + CHINESE, 220)
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *pieces[3:]]
    _write(folder, "vocab.json", {token: number for number, token in enumerate(vocabulary)})
    _write(folder, "tokenizer_config.json", {"tokenizer_class": "M2M100Tokenizer", "model_max_length": MAX_TOKENS})
    _write(folder, "config.json", {"model_type": "m2m_100", "vocab_size": len(vocabulary) + 108})


def _sentencepiece_tokenizer(folder: Path, family: str) -> None:
    classes = {"mbart": "MBartTokenizer", "nllb": "NllbTokenizer", "t5": "T5Tokenizer"}
    file = "spiece.model" if family == "t5" else "sentencepiece.bpe.model"
    # NLLB's pieces are byte-pair merges, the others' are not.
    kind = "bpe" if family == "nllb" else "unigram"
    sentencepiece_model(folder / file, ENGLISH + CHINESE, 220, kind)
    _write(folder, "tokenizer_config.json", {"tokenizer_class": classes[family], "model_max_length": MAX_TOKENS})
    _write(folder, "config.json", {"model_type": {"nllb": "m2m_100"}.get(family, family)})


def _gpt2_tokenizer(folder: Path) -> None:
    _byte_level().model.save(str(folder))
    _write(folder, "tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer"})
    _write(folder, "config.json", {"model_type": "gpt2"})


def _byte_level_tokenizer(folder: Path) -> None:
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast

    inner = _byte_level()
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(token, inner.token_to_id(token)) for token in ("<s>", "</s>")]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=inner,
        model_max_length=MAX_TOKENS,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        clean_up_tokenization_spaces=False,
    ).save_pretrained(folder)


def _byte_level() -> Any:
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers, trainers

    inner = tokenizers.Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=360,
        special_tokens=["<s>", "<pad>", "</s>", "<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(ENGLISH + CHINESE, trainer)
    return inner


def _write(folder: Path, name: str, value: Any) -> None:
    (folder / name).write_text(json.dumps(value, indent=2, ensure_ascii=False), encoding="utf-8")

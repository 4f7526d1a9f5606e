"""The translators: an encoder that starts from MiniLM, and small ones that start from nothing.

English → Chinese, base: a BART whose encoder is MiniLM's lower layers (BART and BERT compute the same encoder), so it
knows many more English words than the sentence pairs teach; its decoder writes Chinese character by character.
Chinese → English, base, is that network turned around: its decoder has learned to read Chinese, its encoder English.
The small ones are Marians from nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from minilm import SPECIAL, cut_tokenizer, pretrained_folder, used_pieces
from safetensors.torch import load_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from training import kept_tokenizer
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GenerationConfig,
    MarianConfig,
    MarianMTModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

#: Longest sentence, in tokens.
MAX_TOKENS = 128
#: Written for a space in Chinese text, between two Latin words.
_SPACE = "▁"
#: Keeps the encoder's own word pieces from ever being written; training never scores them.
_NEVER = -100.0


@dataclass(frozen=True)
class Size:
    """A model's shape.

    Attributes:
        vocabulary: Pieces in the vocabulary; with ``pretrained``, how many of the commonest English words are kept
            whether the sentences have them or not.
        at_least: How often a piece must occur in the sentences, with ``pretrained``.
        pretrained: Whether the encoder starts from MiniLM.
        turned_from: Name of a trained translator of the other direction: its decoder, which knows the language that is
            read now, becomes the encoder, and its encoder the decoder.
    """

    width: int
    encoder_layers: int
    decoder_layers: int
    heads: int
    feed_forward: int
    vocabulary: int = 0
    at_least: int = 2
    pretrained: bool = False
    turned_from: str = ""
    dropout: float = 0.2


@dataclass(frozen=True)
class Translator:
    """A model with its tokenizer.

    Attributes:
        model: The network.
        tokenizer: Encodes what is read, decodes what is written.
        encode_target: Sentences to learn → their token ids, ending with the end mark.
        written: How many of the vocabulary's first tokens the model may write.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    encode_target: Callable[[list[str]], list[list[int]]]
    written: int


def make_translator(size: Size, sources: list[str], targets: list[str], kept: Path) -> Translator:
    """A new translator.

    Args:
        size: Its shape.
        sources: What its vocabulary is made from, on the side it reads.
        targets: The same on the side it writes.
        kept: Where its tokenizer is kept for a training that goes on later.
    """
    translator = (
        _from_minilm(size, sources, targets) if size.pretrained else _from_nothing(size, sources, targets, kept)
    )
    config = translator.model.config
    translator.model.generation_config = GenerationConfig(
        decoder_start_token_id=config.decoder_start_token_id,
        eos_token_id=config.eos_token_id,
        pad_token_id=config.pad_token_id,
        bos_token_id=config.bos_token_id,
        max_length=MAX_TOKENS,
        num_beams=4,
        length_penalty=1.0,
        early_stopping=True,
    )
    return translator


def _from_minilm(size: Size, sources: list[str], targets: list[str]) -> Translator:
    """English read in MiniLM's word pieces, Chinese written in characters."""
    counts = Counter(character for text in targets for character in text if not character.isspace())
    characters = {character for character, count in counts.items() if count > 1 or character.isascii()}
    characters |= {chr(code) for code in range(33, 127)}
    written = [_SPACE, *sorted(characters)]
    pieces = used_pieces(sources, at_least=size.at_least, most_common=size.vocabulary)
    whole = cut_tokenizer(pieces, first=written)
    whole["pre_tokenizer"] = {
        "type": "Sequence",
        "pretokenizers": [whole["pre_tokenizer"], {"type": "Digits", "individual_digits": True}],
    }
    replace = {"type": "Replace", "pattern": {"String": _SPACE}, "content": " "}
    whole["decoder"] = {"type": "Sequence", "decoders": [replace, {"type": "Fuse"}]}
    ids: dict[str, int] = whole["model"]["vocab"]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(whole)),
        model_max_length=MAX_TOKENS,
        unk_token="[UNK]",
        pad_token="[PAD]",
        bos_token="[CLS]",
        eos_token="[SEP]",
        clean_up_tokenization_spaces=False,
    )
    config = BartConfig(
        vocab_size=len(ids),
        d_model=size.width,
        encoder_layers=size.encoder_layers,
        decoder_layers=size.decoder_layers,
        encoder_attention_heads=size.heads,
        decoder_attention_heads=size.heads,
        encoder_ffn_dim=4 * size.width,
        decoder_ffn_dim=size.feed_forward,
        activation_function="gelu",
        dropout=size.dropout,
        attention_dropout=0.0,
        activation_dropout=0.0,
        max_position_embeddings=MAX_TOKENS,
        pad_token_id=ids["[PAD]"],
        bos_token_id=ids["[CLS]"],
        eos_token_id=ids["[SEP]"],
        decoder_start_token_id=ids["[CLS]"],
        forced_eos_token_id=None,
        init_std=0.03,
    )
    # On a CPU, plain attention is the fastest for sentences this short.
    config._attn_implementation = "eager"
    model = BartForConditionalGeneration(config)
    _copy_encoder(model, ids, pieces)
    count = len(SPECIAL) + len(written)
    model.final_logits_bias[:, count:] = _NEVER
    unknown, end = ids["[UNK]"], ids["[SEP]"]

    def encode(texts: list[str]) -> list[list[int]]:
        return [[*(ids.get(_SPACE if c == " " else c, unknown) for c in text[: MAX_TOKENS - 1]), end] for text in texts]

    return Translator(model, tokenizer, encode, count)


def _copy_encoder(model: BartForConditionalGeneration, ids: dict[str, int], pieces: dict[str, int]) -> None:
    """MiniLM's embeddings and lower layers, where BART keeps the same things."""
    old = load_file(pretrained_folder() / "model.safetensors")
    encoder = model.model.encoder
    with torch.no_grad():
        for piece, number in pieces.items():
            model.model.shared.weight[ids[piece]] = old["embeddings.word_embeddings.weight"][number]
        # BART's positions begin at 2; the single token type is folded into them.
        places = (
            old["embeddings.position_embeddings.weight"][:MAX_TOKENS]
            + old["embeddings.token_type_embeddings.weight"][0]
        )
        encoder.embed_positions.weight[2:] = places
        names = {"layernorm_embedding": "embeddings.LayerNorm"}
        for number in range(len(encoder.layers)):
            here, there = f"layers.{number}", f"encoder.layer.{number}"
            names |= {
                f"{here}.self_attn.{a}_proj": f"{there}.attention.self.{b}"
                for a, b in zip("qkv", ("query", "key", "value"), strict=True)
            }
            names |= {
                f"{here}.self_attn.out_proj": f"{there}.attention.output.dense",
                f"{here}.self_attn_layer_norm": f"{there}.attention.output.LayerNorm",
                f"{here}.fc1": f"{there}.intermediate.dense",
                f"{here}.fc2": f"{there}.output.dense",
                f"{here}.final_layer_norm": f"{there}.output.LayerNorm",
            }
        for new_name, old_name in names.items():
            for part in ("weight", "bias"):
                encoder.get_parameter(f"{new_name}.{part}").copy_(old[f"{old_name}.{part}"])


def turn(translator: Translator, other: Path) -> None:
    """Start from a trained translator of the other direction, with its encoder and decoder changing places.

    Args:
        translator: The new one, changed in place.
        other: Folder of the trained one.
    """
    theirs = BartForConditionalGeneration.from_pretrained(other).state_dict()
    reader = PreTrainedTokenizerFast.from_pretrained(other)
    places = {"model.encoder.": "model.decoder.", "model.decoder.": "model.encoder."}
    ours = translator.model.state_dict()
    for name in ours:
        side = name[: len("model.encoder.")]
        # Only a decoder attends to the other side.
        source = name if "encoder_attn" in name else places.get(side, side) + name[len(side) :]
        if "embed_tokens" not in name and source in theirs and theirs[source].shape == ours[name].shape:
            ours[name] = theirs[source]
    rows = theirs["model.shared.weight"]
    for token, number in translator.tokenizer.get_vocab().items():
        known = reader(token.replace(_SPACE, " "), add_special_tokens=False)["input_ids"]
        if known:
            ours["model.shared.weight"][number] = rows[known].mean(0)
    translator.model.load_state_dict(ours)
    translator.model.tie_weights()


def _from_nothing(size: Size, sources: list[str], targets: list[str], kept: Path) -> Translator:
    """A Marian, or to start from another translator a BART, whose vocabulary is shared by both sides."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=kept_tokenizer(kept, lambda: _shared_tokenizer([*sources, *targets], size.vocabulary)),
        model_max_length=MAX_TOKENS,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        clean_up_tokenization_spaces=False,
    )
    pad, end = tokenizer.pad_token_id, tokenizer.eos_token_id
    shared: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "d_model": size.width,
        "encoder_layers": size.encoder_layers,
        "decoder_layers": size.decoder_layers,
        "encoder_attention_heads": size.heads,
        "decoder_attention_heads": size.heads,
        "encoder_ffn_dim": size.feed_forward,
        "decoder_ffn_dim": size.feed_forward,
        "activation_function": "gelu",
        "dropout": size.dropout,
        "max_position_embeddings": MAX_TOKENS,
        "pad_token_id": pad,
        "eos_token_id": end,
        "bos_token_id": end,
        "decoder_start_token_id": pad,
        "forced_eos_token_id": None,
        "attn_implementation": "eager",
    }
    model: PreTrainedModel
    if size.turned_from:
        model = BartForConditionalGeneration(BartConfig(**shared, init_std=0.03))
    else:
        config = MarianConfig(
            **shared, decoder_vocab_size=len(tokenizer), scale_embedding=True, init_std=size.width**-0.5
        )
        model = MarianMTModel(config)
        for module in model.modules():
            if isinstance(module, torch.nn.Linear) and module is not model.lm_head:
                torch.nn.init.xavier_uniform_(module.weight)

    def encode(texts: list[str]) -> list[list[int]]:
        ids: list[list[int]] = tokenizer(texts, truncation=True)["input_ids"]
        return ids

    return Translator(model, tokenizer, encode, len(tokenizer))


def _shared_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """Single Chinese characters, single digits, and English in byte-pair pieces with capitals; ends with ``</s>``."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFC()
    alone = r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef“”0-9.,?!]"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(prepend_scheme="always"), pre_tokenizers.Split(Regex(alone), "isolated")]
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    special = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, min_frequency=2)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))]
    )
    return tokenizer

"""New text classifiers with their tokenizers: a small BERT from nothing, or MiniLM with a new head."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from classifier_presets import Preset, Shape
from minilm import cut_tokenizer, pretrained_folder, used_pieces
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from training import kept_tokenizer
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def make_classifier(
    preset: Preset, labels: Sequence[str], texts: Sequence[str], kept: Path
) -> tuple[BertForSequenceClassification, PreTrainedTokenizerFast]:
    """A new classifier.

    Args:
        preset: Its size and what it starts from.
        labels: The answers, in the order of the model's outputs.
        texts: What its vocabulary is made from.
        kept: Where its tokenizer is kept for a training that goes on later.
    """
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    if isinstance(preset.start, Shape):
        shape = preset.start
        tokenizer = _fast(kept_tokenizer(kept, lambda: _new_tokenizer(texts, shape.vocabulary)), preset.max_tokens)
        config = BertConfig(
            vocab_size=len(tokenizer), hidden_size=shape.width, num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads, intermediate_size=shape.width * 4,
            max_position_embeddings=preset.max_tokens, type_vocab_size=2, pad_token_id=tokenizer.pad_token_id,
            hidden_dropout_prob=preset.dropout, **names,
        )  # fmt: skip
        # On a CPU, plain attention is the fastest for sentences this short.
        config._attn_implementation = "eager"
        return BertForSequenceClassification(config), tokenizer
    pieces = used_pieces(texts, preset.start.at_least, preset.start.most_common)
    tokenizer = _fast(Tokenizer.from_str(json.dumps(cut_tokenizer(pieces))), preset.max_tokens)
    model = BertForSequenceClassification.from_pretrained(
        pretrained_folder(), hidden_dropout_prob=preset.dropout, attn_implementation="eager", **names
    )
    ids = tokenizer.get_vocab()
    order = torch.tensor([pieces[piece] for piece in sorted(pieces, key=ids.__getitem__)])
    embeddings = model.bert.embeddings
    embeddings.word_embeddings = torch.nn.Embedding.from_pretrained(
        embeddings.word_embeddings.weight.detach()[order].clone(), freeze=False, padding_idx=tokenizer.pad_token_id
    )
    places = embeddings.position_embeddings.weight.detach()[: preset.max_tokens].clone()
    embeddings.position_embeddings = torch.nn.Embedding.from_pretrained(places, freeze=False)
    embeddings.position_ids = embeddings.position_ids[:, : preset.max_tokens]
    embeddings.token_type_ids = embeddings.token_type_ids[:, : preset.max_tokens]
    model.config.vocab_size = len(ids)
    model.config.max_position_embeddings = preset.max_tokens
    return model, tokenizer


def _new_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """A lower-casing WordPiece tokenizer that splits digits, so that order numbers share their pieces."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(individual_digits=True)]
    )
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=_SPECIAL, min_frequency=2)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _fast(tokenizer: Tokenizer, max_tokens: int) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=max_tokens, unk_token="[UNK]", pad_token="[PAD]",
        cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
    )  # fmt: skip

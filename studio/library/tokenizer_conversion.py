"""Slow tokenizers to ``tokenizer.json``, when a model is added: running it then needs neither transformers nor torch.

transformers converts most of them. Marian and M2M100, which it can't, keep SentencePiece's pieces and the model's
token ids in two files; here they become one tokenizer that gives the same ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.domain.errors import ConversionError
from studio.domain.i18n import _
from studio.library.safety import json_of

#: Stands before tokens that no text may be cut into (the target's own); no text holds it, for it is no character.
_MARK = "\ufdd0"
_SPACE = "▁"
#: A character that no piece and no token has.
_UNKNOWN = "\ufdd1"
#: SentencePiece's kinds of pieces and of models.
_NORMAL, _USER_DEFINED = 1, 4
_UNIGRAM, _BPE = 1, 2
#: Texts on which a conversion is compared with the original before it is accepted.
_CHECKS = (
    "please send me the order",
    "  The parcel that I ordered on 3 May hasn't arrived (order no. 4411)!  ",
    "Où est mon colis ? ¿Dónde está? Größe: 10 µm",
    "我想取消订单。 ｶﾀｶﾅ ＡＢＣ",
    "Где мой заказ? أين طلبي؟",
    "tabs\tand\u00a0spaces … 😀",
    "",
)


def convert_tokenizer(source: Path, target: Path) -> None:
    """Write ``tokenizer.json`` for a model that has a slow tokenizer only.

    ``tokenizer_config.json`` is completed with the special tokens and the longest input, which older models leave to
    their tokenizer's class. A model with separate vocabularies also gets ``target_tokenizer.json``.

    Args:
        source: The model's folder, with the slow tokenizer's own files.
        target: The folder to write into; may be the same.

    Raises:
        ConversionError: The tokenizer can't be converted, or the result does not give the original's ids.
    """
    from transformers import AutoTokenizer

    slow = AutoTokenizer.from_pretrained(str(source), trust_remote_code=False, local_files_only=True)
    name = type(slow).__name__
    if name == "MarianTokenizer":
        size = int(json_of(source, "config.json").get("vocab_size") or 0)
        built = _marian(slow, size)
        if slow.separate_vocabs:
            _marian_target(slow).save(str(target / "target_tokenizer.json"))
    elif name == "M2M100Tokenizer":
        built = _m2m100(slow)
    elif slow.is_fast:
        built = slow.backend_tokenizer
    else:
        raise ConversionError(
            _("The tokenizer of this model ({name}) can't be converted to a fast one.").format(name=name),
            _("Look for a version of the model that has a tokenizer.json."),
        )
    if not slow.is_fast:
        _compare(slow, built)
    built.save(str(target / "tokenizer.json"))
    _complete_config(slow, target)


def _marian(slow: Any, size: int) -> Any:
    from tokenizers import AddedToken, processors

    built = _from_pieces(slow.spm_files[0], slow.encoder, slow.unk_token, size)
    built.add_special_tokens([AddedToken(token, normalized=False) for token in _specials(slow, slow.encoder)])
    # Codes such as >>fra<< in front of a text say which language to write.
    built.add_tokens([AddedToken(code, normalized=False) for code in slow.supported_language_codes])
    built.post_processor = processors.TemplateProcessing(
        single=f"$A {slow.eos_token}", special_tokens=[(slow.eos_token, slow.encoder[slow.eos_token])]
    )
    return built


def _marian_target(slow: Any) -> Any:
    from tokenizers import AddedToken

    vocabulary = slow.target_encoder
    built = _from_pieces(slow.spm_files[1], vocabulary, slow.unk_token, len(vocabulary))
    built.add_special_tokens([AddedToken(token, normalized=False) for token in _specials(slow, vocabulary)])
    return built


def _m2m100(slow: Any) -> Any:
    from tokenizers import AddedToken, processors

    vocabulary = {**slow.encoder, **slow.lang_token_to_id}
    built = _from_pieces(slow.spm_file, vocabulary, slow.unk_token, len(vocabulary) + slow.num_madeup_words)
    special = [*_specials(slow, vocabulary), *slow.lang_token_to_id]
    built.add_special_tokens([AddedToken(token, normalized=False) for token in dict.fromkeys(special)])
    language, end = slow.get_lang_token(slow.src_lang), slow.eos_token
    built.post_processor = processors.TemplateProcessing(
        single=f"{language} $A {end}", special_tokens=[(token, vocabulary[token]) for token in (language, end)]
    )
    return built


def _specials(slow: Any, vocabulary: Mapping[str, int]) -> list[str]:
    return [token for token in slow.all_special_tokens if token in vocabulary]


def _from_pieces(file: str, vocabulary: Mapping[str, int], unknown: str, size: int) -> Any:
    """A tokenizer that cuts as a SentencePiece model does and numbers as a vocabulary does.

    Tokens that are no piece of the model get a mark in front, so that no text is cut into them; the decoder takes it
    off again. Pieces that the vocabulary lacks get ids from ``size`` on, which whoever runs the model reads as
    unknown; SentencePiece must know them, or it would cut their neighbours otherwise.

    A character that SentencePiece does not know comes out of it as it was written, and transformers looks that up
    too: such foreign ones (of the target language, say) stay without a mark.
    """
    from tokenizers import AddedToken, Tokenizer

    proto = _proto(file)
    pieces = {p.piece: p.score for p in proto.pieces if p.type in (_NORMAL, _USER_DEFINED)}
    lowest = min(p.score for p in proto.pieces if p.type == _NORMAL)
    letters = frozenset("".join(pieces)) | {_SPACE, " "}
    names = {number: token for token, number in vocabulary.items()}
    kept = max(size, *(number + 1 for number in names))
    table: list[tuple[str, float]] = []
    for number in range(kept):
        token = names.get(number, f"{_MARK}{number}")
        foreign = len(token) == 1 and token not in letters
        stays = token in pieces or foreign or _is_special(token, unknown)
        # The lowest score decides how SentencePiece weighs unknown characters, so no other may be lower.
        table.append((token if stays else _MARK + token, pieces.get(token, lowest)))
    table += [(piece, score) for piece, score in pieces.items() if piece not in vocabulary]
    tokenizer = Tokenizer(_model(proto, table, vocabulary[unknown], unknown))
    tokenizer.normalizer = _normalizer(proto, letters)
    tokenizer.pre_tokenizer, tokenizer.decoder = _spaces(proto)
    tokenizer.add_tokens([AddedToken(p.piece, normalized=False) for p in proto.pieces if p.type == _USER_DEFINED])
    return tokenizer


def _is_special(token: str, unknown: str) -> bool:
    """Tokens that are matched as a whole before a text is cut: they must keep their names."""
    marked = token.startswith((">>", "__")) and token.endswith(("<<", "__"))
    return token in (unknown, "<s>", "</s>", "<pad>", "<mask>") or marked


def _proto(file: str) -> Any:
    from transformers.convert_slow_tokenizer import import_protobuf

    proto = import_protobuf().ModelProto()
    proto.ParseFromString(Path(file).read_bytes())
    return proto


def _model(proto: Any, table: Sequence[tuple[str, float]], unknown_id: int, unknown: str) -> Any:
    from tokenizers import models

    if proto.trainer_spec.model_type == _UNIGRAM:
        return models.Unigram(list(table), unk_id=unknown_id, byte_fallback=False)
    if proto.trainer_spec.model_type == _BPE:
        from transformers.convert_slow_tokenizer import generate_merges

        vocabulary = {token: number for number, (token, _score) in enumerate(table)}
        pieces = {token for token, _score in table if not token.startswith(_MARK)}
        scores = {p.piece: p.score for p in proto.pieces if p.piece in pieces}
        merges = generate_merges(vocabulary, scores)
        return models.BPE(vocabulary, merges, unk_token=unknown, fuse_unk=True)
    raise ConversionError(
        _("The tokenizer of this model is of a kind that can't be converted."),
        _("Look for a version of the model that has a tokenizer.json."),
        f"SentencePiece model type {proto.trainer_spec.model_type}",
    )


def _normalizer(proto: Any, letters: frozenset[str]) -> Any:
    from tokenizers import Regex, normalizers

    steps = []
    if proto.normalizer_spec.precompiled_charsmap:
        steps.append(normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap))
    steps.append(normalizers.Replace(_MARK, _UNKNOWN))
    if proto.normalizer_spec.remove_extra_whitespaces:
        steps += [normalizers.Replace(Regex("^ +| +$"), ""), normalizers.Replace(Regex(" {2,}"), " ")]
    # SentencePiece makes one token of unknown characters side by side, which hardly ever is in the vocabulary.
    steps.append(normalizers.Replace(Regex(f"[^{''.join(map(_escaped, sorted(letters)))}]{{2,}}"), _UNKNOWN))
    return normalizers.Sequence(steps)


def _escaped(letter: str) -> str:
    return "\\" + letter if letter in "[]^-&\\" else letter


def _spaces(proto: Any) -> tuple[Any, Any]:
    from tokenizers import decoders, pre_tokenizers

    scheme = "always" if proto.normalizer_spec.add_dummy_prefix else "never"
    decoder = decoders.Sequence([decoders.Replace(_MARK, ""), decoders.Metaspace(_SPACE, scheme)])
    return pre_tokenizers.Metaspace(_SPACE, prepend_scheme=scheme, split=False), decoder


def _compare(slow: Any, built: Any, texts: Iterable[str] = _CHECKS) -> None:
    # M2M100's tokenizer does not count its languages.
    size = max(len(slow), *(number + 1 for number in getattr(slow, "lang_token_to_id", {"": 0}).values()))
    for text in texts:
        expected = slow(text)["input_ids"]
        found = [number if number < size else slow.unk_token_id for number in built.encode(text).ids]
        # Characters that SentencePiece does not know are the one thing that may differ, where several stand together.
        if found != expected and slow.unk_token_id not in found:
            raise ConversionError(
                _("The converted tokenizer does not give the same tokens as the original."),
                _("Look for a version of the model that has a tokenizer.json."),
                f"{text!r}: {expected} became {found}",
            )


def _complete_config(slow: Any, target: Path) -> None:
    config = json_of(target, "tokenizer_config.json")
    stated = {name: str(token) for name, token in slow.special_tokens_map.items() if isinstance(token, str)}
    if slow.model_max_length < 1e9:
        stated["model_max_length"] = slow.model_max_length
    stated["tokenizer_class"] = type(slow).__name__
    (target / "tokenizer_config.json").write_text(
        json.dumps({**stated, **config}, indent=2, ensure_ascii=False), encoding="utf-8"
    )

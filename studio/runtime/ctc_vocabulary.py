"""From the numbers that a CTC model gives for each moment to text, as transformers' tokenizer does it.

Connectionist temporal classification (Graves et al. 2006): the same number several times in a row is one token, and a
blank between two of them tells that they are two.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.domain.errors import DamagedModelError, ModelFolderError
from studio.domain.i18n import _
from studio.domain.prediction import Segment
from studio.runtime.folder import read_json

Array = npt.NDArray[Any]

#: What tidying a text up takes away, in order (transformers' ``clean_up_tokenization``).
_TIDY = (
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
)


@dataclass(frozen=True)
class CtcVocabulary:
    """What a model's numbers stand for.

    Attributes:
        tokens: Token of each number.
        blank: The token that stands for nothing (the padding token).
        delimiter: The token between words; empty where there is none.
        between: What is written for it.
        lower: Whether text is written in small letters.
        tidy: Whether spaces before punctuation are taken away.
        silent: Tokens that are never written: beginning, end and unknown.
    """

    tokens: Mapping[int, str]
    blank: str = "<pad>"
    delimiter: str = "|"
    between: str = " "
    lower: bool = False
    tidy: bool = False
    silent: frozenset[str] = frozenset()

    @classmethod
    def open(cls, folder: Path) -> CtcVocabulary:
        """The vocabulary of a model's folder: ``vocab.json``, or ``tokenizer.json`` where there is none.

        Raises:
            ModelFolderError: The folder has neither.
            DamagedModelError: A file can't be used.
        """
        settings = read_json(folder, "tokenizer_config.json")
        special = read_json(folder, "special_tokens_map.json")

        def token(name: str, usual: str) -> str:
            for source in (settings, special):
                value = source.get(name)
                value = value.get("content") if isinstance(value, dict) else value
                if isinstance(value, str):
                    return value
            return usual

        tokens = _tokens(folder, settings)
        blank = token("pad_token", "<pad>")
        if blank not in tokens.values():
            raise _damaged(f"no blank token {blank!r} in the vocabulary")
        silent = {token(f"{name}_token", usual) for name, usual in (("bos", "<s>"), ("eos", "</s>"), ("unk", "<unk>"))}
        return cls(
            tokens,
            blank,
            token("word_delimiter_token", "|"),
            token("replace_word_delimiter_char", " "),
            settings.get("do_lower_case") is True,
            settings.get("clean_up_tokenization_spaces") is True,
            frozenset(silent - {blank}),
        )

    def text_of(self, ids: Sequence[int] | Array) -> str:
        """The text of a number for each moment."""
        written = "".join(self._written(token) for token, _start, _end in self._groups(ids)).strip()
        return self._finished(written)

    def words_of(self, ids: Sequence[int] | Array, seconds: Callable[[int], float]) -> tuple[Segment, ...]:
        """The words of a number for each moment, with their times.

        Args:
            ids: See `text_of`.
            seconds: When a moment begins, by its place in ``ids``.
        """
        words: list[Segment] = []
        word, begin, end = "", 0, 0
        for token, start, stop in [*self._groups(ids), (self.delimiter, 0, 0)]:
            if token == self.delimiter:
                if word:
                    words.append(Segment(seconds(begin), seconds(end), self._finished(word)))
                word = ""
                continue
            if not word:
                begin = start
            word, end = word + token, stop
        return tuple(words)

    def _groups(self, ids: Sequence[int] | Array) -> list[tuple[str, int, int]]:
        """Tokens that are written, each with the places where it begins and ends."""
        row = np.asarray(ids, np.int64)
        if not len(row):
            return []
        starts = np.flatnonzero(np.concatenate(([True], row[1:] != row[:-1])))
        ends = np.append(starts[1:], len(row))
        found = []
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            token = self.tokens.get(int(row[start]), self.blank)
            if token != self.blank and token not in self.silent:
                found.append((token, start, end))
        return found

    def _written(self, token: str) -> str:
        return self.between if token == self.delimiter else token

    def _finished(self, text: str) -> str:
        text = text.lower() if self.lower else text
        if self.tidy:
            for before, after in _TIDY:
                text = text.replace(before, after)
        return text


def _tokens(folder: Path, settings: Mapping[str, Any]) -> dict[int, str]:
    numbers: Any = read_json(folder, "vocab.json")
    if numbers and all(isinstance(value, dict) for value in numbers.values()):
        # Models of many languages (MMS) have a vocabulary for each; the configuration names the one that it is set to.
        chosen = settings.get("target_lang")
        numbers = numbers.get(chosen) if isinstance(chosen, str) and chosen in numbers else next(iter(numbers.values()))
    if not numbers:
        numbers = _of_fast_tokenizer(folder)
    added = read_json(folder, "added_tokens.json")
    try:
        return {int(number): str(token) for token, number in {**numbers, **added}.items()}
    except (TypeError, ValueError) as error:
        raise _damaged(str(error)) from error


def _of_fast_tokenizer(folder: Path) -> dict[str, int]:
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ModelFolderError(
            _("The model in {folder} has no vocabulary (vocab.json).").format(folder=folder.name),
            _("Add or repair the model."),
        )
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        numbers = dict(whole["model"]["vocab"])
        numbers.update({entry["content"]: entry["id"] for entry in whole.get("added_tokens") or ()})
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(f"tokenizer.json: {error}") from error
    return numbers


def _damaged(detail: str) -> DamagedModelError:
    return DamagedModelError(_("The vocabulary of the model is damaged."), _("Add or repair the model."), detail)

"""What Whisper's answer begins with: the language, whether to translate, and whether times are wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.domain.errors import ModelFolderError
from studio.domain.i18n import _
from studio.runtime.folder import number
from studio.runtime.score_rules import ids_of
from studio.runtime.tokenization import Tokenizer

_LANGUAGE = re.compile(r"<\|([a-z]{2,3})\|>")
#: Size of the vocabulary of the models that know English only.
_ENGLISH_ONLY = 51_864


@dataclass(frozen=True)
class Prompt:
    """What an answer begins with, in the model's tokens.

    Attributes:
        start: The token that starts every answer.
        languages: Code → token; empty for a model of one language.
        transcribe: The token that asks for the words as they were said; None where the model has none.
        translate: The token that asks for English.
        no_times: The token that says that no times are wanted; the one behind it is the time 0.
    """

    start: int
    languages: Mapping[str, int]
    transcribe: int | None
    translate: int | None
    no_times: int

    @classmethod
    def of(cls, config: Mapping[str, Any], generation: Mapping[str, Any], tokenizer: Tokenizer) -> Prompt:
        """That of a model's configurations.

        Raises:
            ModelFolderError: They are not those of a Whisper.
        """
        start = next((ids[0] for s in (generation, config) if (ids := ids_of(s.get("decoder_start_token_id")))), None)
        no_times = number(generation, "no_timestamps_token_id") or tokenizer.id_of("<|notimestamps|>")
        sot = start if start is not None else tokenizer.id_of("<|startoftranscript|>")
        if no_times is None or sot is None:
            raise ModelFolderError(
                _("The model's files are not those of a speech model that the studio can run."),
                _("It can run wav2vec2, HuBERT, WavLM and their like (CTC), and Whisper."),
                "no token that starts an answer, or none that says that no times are wanted",
            )
        tasks = generation.get("task_to_id")
        tasks = tasks if isinstance(tasks, dict) else {}

        def task(name: str) -> int | None:
            found = ids_of(tasks.get(name))
            return found[0] if found else tokenizer.id_of(f"<|{name}|>")

        languages = _languages(config, generation, tokenizer)
        return cls(
            sot,
            languages,
            task("transcribe") if languages else None,
            task("translate") if languages else None,
            no_times,
        )

    @property
    def first_time(self) -> int:
        return self.no_times + 1

    def heard(self, scores: Any) -> str:
        """Code of the language that the scores behind the start token speak for."""
        codes = list(self.languages)
        return codes[int(scores[[self.languages[code] for code in codes]].argmax())]

    def ids(self, language: str, translate: bool, times: bool) -> tuple[int, ...]:
        """The tokens that the answer begins with."""
        found = [self.start]
        if self.languages:
            found.append(self.languages[language])
            task = self.translate if translate else self.transcribe
            found += [] if task is None else [task]
        return tuple(found if times else [*found, self.no_times])


def _languages(config: Mapping[str, Any], generation: Mapping[str, Any], tokenizer: Tokenizer) -> dict[str, int]:
    stated = generation.get("lang_to_id")
    if isinstance(stated, dict):
        pairs: Sequence[tuple[str, Any]] = list(stated.items())
    elif generation.get("is_multilingual") is False or number(config, "vocab_size") == _ENGLISH_ONLY:
        return {}
    else:
        # Configurations of the first models name none; their tokenizers do.
        added = tokenizer.inner.get_added_tokens_decoder()
        pairs = [(token.content, number) for number, token in added.items()]
    found = {}
    for token, place in pairs:
        match = _LANGUAGE.fullmatch(str(token))
        if match and isinstance(place, int):
            found[match[1]] = place
    return found

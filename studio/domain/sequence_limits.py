"""How long a sentence and its translation may be for an encoder-decoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Longest sentence and translation where a model states none: what T5 was trained with.
_USUAL = 512
#: Models whose positions are relative: ``n_positions`` is no limit, only what they were trained with.
RELATIVE_POSITIONS = ("t5", "mt5", "umt5", "longt5")


@dataclass(frozen=True)
class SequenceLimits:
    """Lengths in tokens.

    Attributes:
        source: Longest sentence, special tokens included.
        target: Longest translation that is possible, start token included; None where there is no such limit.
        usual: Longest translation where the user names none.
    """

    source: int
    target: int | None
    usual: int

    @classmethod
    def of(
        cls, config: Mapping[str, Any], generation: Mapping[str, Any], tokenizer_limit: int | None
    ) -> SequenceLimits:
        """Limits out of ``config.json``, ``generation_config.json`` and the tokenizer's own."""
        relative = config.get("model_type") in RELATIVE_POSITIONS
        positions = None if relative else _whole(config.get("max_position_embeddings"))
        stated = [limit for limit in (positions, tokenizer_limit) if limit]
        # The stated length counts the start token.
        usual = (_whole(generation.get("max_length")) or _USUAL + 1) - 1
        return cls(min(stated, default=_USUAL), positions, max(1, usual))

    def new_tokens(self, asked: int | None) -> int:
        """Most tokens of a translation, where the user asked for ``asked``."""
        wanted = asked or self.usual
        return wanted if self.target is None else min(wanted, self.target)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1e9 else None

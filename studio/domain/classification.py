"""What a classifier's configuration means, whoever runs it, so that ONNX Runtime and the PyTorch baseline agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.domain.i18n import _

#: Architectures whose positions start behind the padding id, so that two fewer tokens fit than the configuration says.
_OFFSET_POSITIONS = ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "mpnet", "longformer")
#: Architectures that count relative positions: their configuration's number is no limit, the tokenizer's is.
_RELATIVE_POSITIONS = ("deberta", "deberta-v2")


def is_multi_label(config: Mapping[str, Any], labels: int) -> bool:
    """Whether labels are independent: as the configuration says, and as transformers does for a single label."""
    return config.get("problem_type") == "multi_label_classification" or labels == 1


def longest_text(config: Mapping[str, Any], positions: int | None, tokenizer_limit: int | None) -> int | None:
    """Most tokens that are read at once, special tokens included; None where there is no limit.

    Args:
        config: ``config.json``.
        positions: The number of positions that it states; None for none.
        tokenizer_limit: What the tokenizer's configuration allows; None where it states nothing.
    """
    kind = config.get("model_type")
    if positions and kind in _OFFSET_POSITIONS:
        positions -= 2
    if tokenizer_limit and kind in _RELATIVE_POSITIONS:
        positions = None
    return min((limit for limit in (positions, tokenizer_limit) if limit), default=None)


def left_out_notice(left_out: int, kept: int) -> str:
    """The sentence for a text of which the end was not read, in tokens."""
    return _("The text is longer than the model reads: the last {left_out} of {total} tokens were left out.").format(
        left_out=left_out, total=left_out + kept
    )

"""Several encoded texts as the arrays that one run of a graph takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np


class HasTokens(Protocol):
    """What was encoded: token ids, and which of two texts each belongs to."""

    @property
    def ids(self) -> Sequence[int]: ...

    @property
    def type_ids(self) -> Sequence[int]: ...


def padded(batch: Sequence[HasTokens], pad_id: int, width: int = 0) -> dict[str, np.ndarray[Any, Any]]:
    """``input_ids``, ``attention_mask`` and ``token_type_ids``, padded at the end to the longest of the batch.

    Args:
        batch: At least one encoded text.
        pad_id: Id of the padding token.
        width: Length to pad to, for graphs with a fixed one; 0 for that of the longest.

    Returns:
        int64 arrays of shape ``(batch, width)``; a graph takes those of them that it has inputs for.
    """
    shape = (len(batch), width or max(len(one.ids) for one in batch))
    ids = np.full(shape, pad_id, np.int64)
    mask, types = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, one in enumerate(batch):
        length = len(one.ids)
        ids[row, :length] = one.ids
        mask[row, :length] = 1
        types[row, :length] = one.type_ids
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}

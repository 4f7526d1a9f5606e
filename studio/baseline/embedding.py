"""Embeddings by transformers in eager mode, pooled as sentence-transformers does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.baseline.loading import open_tokenizer, open_weights, placement, prepare_process, weights_folder
from studio.domain.characters import clean_text
from studio.domain.classification import longest_text
from studio.domain.embedding import EmbeddingRecipe, Role
from studio.domain.errors import StoppedError
from studio.domain.i18n import _
from studio.domain.running import LoadSpec, Placement, never_cancelled


class EagerEmbedder:
    """An open embedding model; what `studio.runtime.embedding_search.TextEmbedder` asks for.

    Attributes:
        max_tokens: Longest text that is read, special tokens included; None for no limit.
    """

    def __init__(self, spec: LoadSpec) -> None:
        threads = prepare_process(spec.threads)
        from transformers import AutoModel

        folder = weights_folder(spec)
        self._recipe = EmbeddingRecipe.open(folder)
        if self._recipe.further:
            raise self._recipe.needs_whole_graph("model.safetensors")
        self._model = open_weights(AutoModel, folder)
        self._tokenizer = open_tokenizer(folder)
        config = self._model.config
        positions = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
        stated = self._tokenizer.model_max_length if self._tokenizer.model_max_length < 1e9 else None
        limits = (longest_text(config.to_dict(), positions, stated), self._recipe.max_tokens)
        self.max_tokens = min((limit for limit in limits if limit), default=None)
        self._placement = placement(threads)

    @property
    def placement(self) -> Placement:
        return self._placement

    def embed(
        self, texts: Sequence[str], cancelled: Callable[[], bool] = never_cancelled, role: Role = ""
    ) -> npt.NDArray[Any]:
        """One vector for each text, float32, shape ``(texts, dimension)``; texts go one by one, without padding.

        Raises:
            StoppedError: ``cancelled`` became true.
        """
        rows = []
        for text in self._prompted(texts, role):
            if cancelled():
                raise StoppedError(_("Stopped before it answered."))
            rows.append(self._one(text, role))
        return np.stack(rows) if rows else np.zeros((0, self._model.config.hidden_size), np.float32)

    def sizes(self, texts: Sequence[str], role: Role = "") -> list[tuple[int, int]]:
        """Of each text, how many tokens are read and how many are left out because it is too long."""
        whole = [len(self._tokenizer(text)["input_ids"]) for text in self._prompted(texts, role)]
        limit = self.max_tokens
        return [(count if limit is None else min(count, limit), max(0, count - (limit or count))) for count in whole]

    def _prompted(self, texts: Sequence[str], role: Role) -> list[str]:
        prompt = self._recipe.prompt(role)
        return [prompt + clean_text(text.lower() if self._recipe.lower_case else text) for text in texts]

    def _one(self, text: str, role: Role) -> npt.NDArray[Any]:
        import torch

        limit = {} if self.max_tokens is None else {"truncation": True, "max_length": self.max_tokens}
        read = self._tokenizer(text, return_tensors="pt", **limit)
        with torch.inference_mode():
            tokens = self._model(**read).last_hidden_state[0]
        first = tokens[0]
        prompt = self._recipe.prompt(role)
        if prompt and not self._recipe.pools_prompt:
            tokens = tokens[len(self._tokenizer(prompt)["input_ids"]) - 1 :]
        count = len(tokens)
        place = torch.arange(1, count + 1, dtype=tokens.dtype)[:, None]
        ways = {
            "cls": lambda: first,
            "max": lambda: tokens.max(0).values,
            "mean": lambda: tokens.mean(0),
            "mean_sqrt_len": lambda: tokens.sum(0) / count**0.5,
            "weightedmean": lambda: (tokens * place).sum(0) / place.sum(),
            "lasttoken": lambda: tokens[-1],
        }
        vector = torch.cat([ways[how]() for how in self._recipe.poolings])
        if self._recipe.normalised:
            vector = torch.nn.functional.normalize(vector, dim=0)
        result: npt.NDArray[Any] = vector.float().numpy()
        return result

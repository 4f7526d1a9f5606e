"""Texts to vectors with encoder models: sentence-transformers' MiniLM, MPNet, E5, BGE and their like.

Reimers and Gurevych 2019, Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from studio.domain.classification import longest_text
from studio.domain.embedding import EmbeddingRecipe, Pooling, Role
from studio.domain.errors import ModelFolderError, StoppedError
from studio.domain.i18n import _
from studio.domain.running import LoadSpec, Placement, never_cancelled
from studio.runtime.embedding_vectors import unit
from studio.runtime.folder import files_of, number, read_json
from studio.runtime.padding import padded
from studio.runtime.session import Array, not_numbers, open_session
from studio.runtime.tokenization import Encoded, Tokenizer

#: Output of a graph that pools by itself, and outputs with a vector for each token, as exporters name them.
_POOLED = "sentence_embedding"
_BY_TOKEN = ("token_embeddings", "last_hidden_state")
#: Texts and tokens (padding included) that go through the graph at once: more is no faster and takes memory.
_BATCH_TEXTS = 32
_BATCH_TOKENS = 4096


class Embedder:
    """An open embedding model.

    Attributes:
        recipe: What happens around the encoder.
        max_tokens: Longest text that is read, special tokens included; None for no limit.
    """

    def __init__(self, spec: LoadSpec) -> None:
        folder = spec.folder
        config = read_json(folder, "config.json")
        self.recipe = EmbeddingRecipe.open(folder)
        self._tokenizer = Tokenizer.open(folder)
        graph = folder / files_of(folder, spec.precision).roles["model"]
        self._session = open_session(graph, spec.provider, spec.threads)
        self._wanted = set(self._session.input_names)
        self._output = self._chosen_output(graph.name)
        positions = number(config, "max_position_embeddings", "n_positions")
        limits = (longest_text(config, positions, self._tokenizer.max_tokens), self.recipe.max_tokens)
        self.max_tokens = min((limit for limit in limits if limit), default=None)
        self._pad_id = self._tokenizer.special_id("pad_token") or number(config, "pad_token_id") or 0
        self._dimension = 0

    @property
    def placement(self) -> Placement:
        return self._session.placement

    def embed(
        self,
        texts: Sequence[str],
        cancelled: Callable[[], bool] = never_cancelled,
        role: Role = "",
        on_done: Callable[[int], None] | None = None,
    ) -> Array:
        """One vector for each text.

        Args:
            texts: Any texts; what is longer than `max_tokens` is cut.
            cancelled: Asked between batches.
            role: What the texts are in a search; chooses the prompt of models that have some.
            on_done: Called after each batch with how many texts are done.

        Returns:
            float32, shape ``(texts, dimension)``, of length 1 where the recipe says so.

        Raises:
            StoppedError: ``cancelled`` became true.
            StudioError: The graph can't be run, or gives values that are no numbers.
        """
        return self.embed_encoded(self.encode(texts, role), cancelled, role, on_done)

    def sizes(self, texts: Sequence[str], role: Role = "") -> list[tuple[int, int]]:
        """Of each text, how many tokens are read and how many are left out because it is too long."""
        return [(len(one.ids), one.left_out) for one in self.encode(texts, role)]

    def encode(self, texts: Sequence[str], role: Role = "") -> list[Encoded]:
        """The tokens that are read of each text, its prompt included."""
        prompt = self.recipe.prompt(role)
        read = [prompt + (text.lower() if self.recipe.lower_case else text) for text in texts]
        return self._tokenizer.encode_all(read, self.max_tokens)

    def embed_encoded(
        self,
        encoded: Sequence[Encoded],
        cancelled: Callable[[], bool] = never_cancelled,
        role: Role = "",
        on_done: Callable[[int], None] | None = None,
    ) -> Array:
        """`embed` of texts that went through `encode` with the same role."""
        skipped = self._prompt_tokens(role)
        # Texts of about one length go together: little is padded, and what is padded costs as much as what is read.
        order = sorted(range(len(encoded)), key=lambda place: len(encoded[place].ids))
        vectors = np.zeros((len(encoded), self._dimension), np.float32)
        done = 0
        while done < len(order):
            if cancelled():
                raise StoppedError(_("Stopped before it answered."))
            places = _next_batch(order, done, encoded)
            found = self._run([encoded[place] for place in places], skipped)
            if vectors.shape[1] != found.shape[1]:
                self._dimension = found.shape[1]
                vectors = np.zeros((len(encoded), self._dimension), np.float32)
            vectors[places] = found
            done += len(places)
            if on_done is not None:
                on_done(done)
        return vectors

    def _run(self, batch: Sequence[Encoded], skipped: int) -> Array:
        feeds = padded(batch, self._pad_id)
        mask = feeds["attention_mask"]
        if "position_ids" in self._wanted:
            feeds["position_ids"] = np.broadcast_to(np.arange(mask.shape[1], dtype=np.int64), mask.shape).copy()
        fed = {name: array for name, array in feeds.items() if name in self._wanted}
        found = self._session.run(fed, [self._output])[0].astype(np.float32)
        if found.ndim == 3:
            pooled = mask.copy()
            if not self.recipe.pools_prompt:
                pooled[:, :skipped] = 0
            found = np.concatenate([_pool(found, pooled, one) for one in self.recipe.poolings], axis=1)
        if not np.isfinite(found).all():
            raise not_numbers()
        return unit(found) if self.recipe.normalised else found

    def _prompt_tokens(self, role: Role) -> int:
        """Tokens of the prompt with the special ones before it, where they take no part in pooling."""
        prompt = self.recipe.prompt(role)
        if not prompt or self.recipe.pools_prompt:
            return 0
        whole = self._tokenizer.encode(prompt).ids
        bare = self._tokenizer.encode(prompt, add_special_tokens=False).ids
        # What stands behind a text (a closing token) stands behind its prompt only where there is no text.
        return len(whole) - (1 if len(whole) > len(bare) and whole[-1:] != bare[-1:] else 0)

    def _chosen_output(self, graph: str) -> str:
        names = self._session.output_names
        if _POOLED in names:
            return _POOLED
        if self.recipe.further:
            raise self.recipe.needs_whole_graph(graph)
        for name in _BY_TOKEN:
            if name in names:
                return name
        ranks = {port.name: len(port.shape) for port in self._session.outputs}
        found = next((name for name, rank in ranks.items() if rank == 3), None) or (
            names[0] if ranks == {names[0]: 2} else None
        )
        if found is None:
            raise ModelFolderError(
                _("{name} gives no embeddings.").format(name=graph),
                _("It may be made for another use case."),
                f"outputs: {', '.join(names)}",
            )
        return found


def _next_batch(order: Sequence[int], done: int, encoded: Sequence[Encoded]) -> list[int]:
    """Places of the texts that go next, in order of length."""
    taken: list[int] = []
    for place in order[done : done + _BATCH_TEXTS]:
        if taken and (len(taken) + 1) * len(encoded[place].ids) > _BATCH_TOKENS:
            break
        taken.append(place)
    return taken


def _pool(tokens: Array, mask: Array, how: Pooling) -> Array:
    """One vector for each row of ``tokens``, shape ``(rows, tokens, width)``, as sentence-transformers defines it."""
    weights = mask[:, :, None].astype(np.float32)
    if how == "cls":
        result: Array = tokens[:, 0]
    elif how == "max":
        result = np.where(weights > 0, tokens, np.float32(-1e9)).max(1)
    elif how == "lasttoken":
        result = tokens[np.arange(len(mask)), mask.shape[1] - 1 - mask[:, ::-1].argmax(1)]
    else:
        if how == "weightedmean":
            weights = weights * np.arange(1, mask.shape[1] + 1, dtype=np.float32)[None, :, None]
        total = np.maximum(weights.sum(1), 1e-9)
        result = (tokens * weights).sum(1) / (np.sqrt(total) if how == "mean_sqrt_len" else total)
    return result.astype(np.float32)

"""Search by meaning and themes over a collection of texts, on the embeddings of whoever computes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from studio.domain.classification import left_out_notice
from studio.domain.embedding import Role
from studio.domain.errors import InputError
from studio.domain.i18n import _, ngettext
from studio.domain.prediction import Findings, Hit, OutputTable, Prediction, Theme, Timing
from studio.domain.running import Inputs, Options, Placement
from studio.runtime.embedding_map import plane
from studio.runtime.embedding_themes import LEAST_TEXTS, group
from studio.runtime.embedding_vectors import Array, unit
from studio.runtime.embedding_words import Likeness, theme_names

#: Numbers of embeddings that are kept for the next query: 200 MB.
_KEPT_NUMBERS = 50_000_000
#: Texts that are embedded before the cache takes them: what a stopped run need not do again.
_PIECE = 512
#: Themes, and the points of the map.
_Groups = tuple[tuple[Theme, ...], tuple[tuple[float, float], ...]]


class TextEmbedder(Protocol):
    """What turns texts into vectors: `studio.runtime.embedding.Embedder`, or the PyTorch baseline."""

    max_tokens: int | None

    @property
    def placement(self) -> Placement: ...

    def embed(self, texts: Sequence[str], cancelled: Callable[[], bool] = ..., role: Role = ...) -> Array:
        """One vector for each text, float32, shape ``(texts, dimension)``."""
        ...

    def sizes(self, texts: Sequence[str], role: Role = ...) -> list[tuple[int, int]]:
        """Of each text, how many tokens are read and how many are left out."""
        ...


class SemanticSearch:
    """An open embedding model; see `studio.domain.running.Runner`."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Array] = {}
        self._cut: dict[str, int] = {}
        #: The last collection, and the seconds that it took to read and group it.
        self._prepared: tuple[tuple[str, ...], float] | None = None
        self._grouped: tuple[tuple[tuple[str, ...], int | None, int], _Groups] | None = None

    @property
    def placement(self) -> Placement:
        return self._embedder.placement

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        """Search and group a collection, or embed one text; see `studio.domain.running.Runner.run`."""
        began = time.perf_counter()
        query = str(inputs.get("query") or "").strip()
        texts = tuple(inputs.get("texts") or ())
        if not texts:
            vector = self._embedder.embed([query], cancelled)[0]
            notices = _own_notice(self._embedder.sizes([query])[0][1], self._embedder.max_tokens)
            return Prediction(Findings(_numbers(vector)), Timing(time.perf_counter() - began), notices)
        grouped = bool(options.get("themes", True)) and len(texts) >= LEAST_TEXTS
        if not query and not grouped:
            raise InputError(_("There is nothing to look for."), _("Type what to search for, or turn on themes."))
        before = self._prepared if self._prepared is not None and self._prepared[0] == texts else None
        vectors = self._collection(texts, cancelled)
        prepared_s = time.perf_counter() - began
        found: tuple[float, ...] = ()
        hits: tuple[Hit, ...] = ()
        if query:
            vector = self._embedder.embed([query], cancelled, "query")[0]
            found, hits = _numbers(vector), _hits(unit(vector), vectors, options.get("top_k") or 10)
        grouping = time.perf_counter()
        themes, points = self._groups(texts, vectors, options, cancelled) if grouped else ((), ())
        prepared_s += time.perf_counter() - grouping
        self._prepared = before or (texts, prepared_s)
        output = Findings(found, hits, themes, points, texts)
        notices = self._notices(texts, query)
        if before is not None:
            notices += (_ready_notice(len(texts), before[1]),)
        return Prediction(output, Timing(time.perf_counter() - began), notices)

    def run_batch(self, batch: Sequence[Inputs], options: Options) -> OutputTable:
        """The vectors of several texts in one run of the graph; see `studio.domain.running.BatchRunner`."""
        texts = [_only_text(inputs) for inputs in batch]
        vectors = self._embedder.embed(texts)
        notices = {
            row: _own_notice(left_out, self._embedder.max_tokens)
            for row, (_read, left_out) in enumerate(self._embedder.sizes(texts))
            if left_out
        }
        return OutputTable(tuple(Findings(_numbers(vector)) for vector in vectors), notices)

    def lengths(self, batch: Sequence[Inputs]) -> tuple[int, ...]:
        """See `studio.domain.running.BatchRunner.lengths`."""
        return tuple(read for read, _left_out in self._embedder.sizes([_only_text(inputs) for inputs in batch]))

    def logits(self, text: str) -> Array:
        """The embedding of one text, shape ``(dimension,)``, for checking a conversion."""
        row: Array = self._embedder.embed([text])[0]
        return row

    def _groups(
        self, texts: tuple[str, ...], vectors: Array, options: Options, cancelled: Callable[[], bool]
    ) -> _Groups:
        """Themes and the map; the last ones are kept, for another query changes neither."""
        count, seed = options.get("theme_count"), int(options.get("seed") or 0)
        asked = (texts, count, seed)
        if self._grouped is None or self._grouped[0] != asked:
            groups, typical = group(vectors, count, seed, cancelled)
            points = tuple(plane(vectors, groups, seed, cancelled))
            names = theme_names(texts, groups.tolist(), self._likeness(vectors, groups, cancelled))
            self._grouped = (asked, (_themes(names, groups, typical), points))
        return self._grouped[1]

    def _likeness(self, vectors: Array, groups: Array, cancelled: Callable[[], bool]) -> Likeness:
        """How near words are to the middle of each theme, both without what all texts share."""
        shared = vectors.mean(0)
        own = unit(vectors - shared)
        middles = unit(np.stack([own[groups == number].mean(0) for number in range(int(groups.max()) + 1)]))

        def near(words: Sequence[str]) -> list[list[float]]:
            found = unit(unit(self._embedder.embed(words, cancelled, "document")) - shared) @ middles.T
            return found.tolist()  # type: ignore[no-any-return]

        return near

    def _collection(self, texts: Sequence[str], cancelled: Callable[[], bool]) -> Array:
        """Embeddings of length 1; those of texts that were seen before are kept."""
        wanted = dict.fromkeys(texts)
        # What is not asked for now goes first when there is no more room.
        self._known = {text: vector for text, vector in self._known.items() if text in wanted} | self._rest(wanted)
        missing = sorted((text for text in wanted if text not in self._known), key=len)
        for start in range(0, len(missing), _PIECE):
            piece = missing[start : start + _PIECE]
            vectors = unit(self._embedder.embed(piece, cancelled, "document"))
            self._known.update(zip(piece, vectors, strict=True))
            sizes = self._embedder.sizes(piece, "document")
            self._cut.update({text: left for text, (_read, left) in zip(piece, sizes, strict=True) if left})
        return np.stack([self._known[text] for text in texts])

    def _rest(self, wanted: Mapping[str, None]) -> dict[str, Array]:
        """Kept embeddings of other collections, as long as there is room."""
        width = len(next(iter(self._known.values()))) if self._known else 1
        room = max(0, _KEPT_NUMBERS // width - len(wanted))
        others = [text for text in self._known if text not in wanted][:room]
        self._cut = {text: left for text, left in self._cut.items() if text in wanted}
        return {text: self._known[text] for text in others}

    def _notices(self, texts: Sequence[str], query: str) -> tuple[str, ...]:
        notices = []
        cut = sum(text in self._cut for text in texts)
        if cut:
            sentence = ngettext(
                "{count} of the texts is longer than the model reads: its end was left out.",
                "{count} of the texts are longer than the model reads: their ends were left out.",
                cut,
            )
            notices.append(sentence.format(count=cut))
        if query:
            notices += _own_notice(self._embedder.sizes([query], "query")[0][1], self._embedder.max_tokens)
        return tuple(notices)


def _only_text(inputs: Inputs) -> str:
    if inputs.get("texts"):
        raise InputError(_("A collection can't be part of a batch."), _("Ask one by one."))
    return str(inputs.get("query") or "")


def _own_notice(left_out: int, kept: int | None) -> tuple[str, ...]:
    return (left_out_notice(left_out, kept or 0),) if left_out else ()


def _ready_notice(texts: int, seconds: float) -> str:
    """So that nobody takes the time of a search for that of reading the collection."""
    spent = f"{seconds:.1f} s" if seconds >= 1 else f"{max(1, round(seconds * 1000))} ms"
    return ngettext(
        "The {n} text was read before, in {time}; the time below is that of searching it.",
        "The {n} texts were read before, in {time}; the time below is that of searching them.",
        texts,
    ).format(n=f"{texts:,}", time=spent)


def _numbers(vector: Array) -> tuple[float, ...]:
    return tuple(vector.tolist())


def _hits(query: Array, vectors: Array, limit: int) -> tuple[Hit, ...]:
    scores = vectors @ query
    order = np.argsort(-scores, kind="stable")[:limit]
    return tuple(Hit(int(place), float(np.clip(scores[place], -1, 1))) for place in order)


def _themes(names: Sequence[str], groups: Array, typical: Array) -> tuple[Theme, ...]:
    found = []
    for number, name in enumerate(names):
        members = np.flatnonzero(groups == number)
        order = members[np.argsort(-typical[members], kind="stable")]
        found.append(Theme(name, tuple(int(place) for place in order)))
    return tuple(sorted(found, key=lambda theme: -len(theme.places)))

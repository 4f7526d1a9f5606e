"""Search by meaning and themes, through the task's own declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from studio.domain.errors import InputError, StoppedError
from studio.domain.prediction import Findings
from studio.domain.running import LoadSpec, Placement, ignore_text, never_cancelled
from studio.runtime.embedding_map import plane
from studio.runtime.embedding_search import SemanticSearch
from studio.runtime.embedding_themes import best_count, group, silhouettes
from studio.runtime.embedding_vectors import unit
from studio.runtime.embedding_words import theme_names
from studio.tasks import find_task
from tests.tiny import embedders
from tests.tiny.cache import TinyCache

TASK = find_task("feature-extraction")
REFUNDS = ("I want my money back", "when does the refund arrive", "refund the second charge", "no refund came")
PARCELS = ("the parcel is late", "where is my parcel", "the parcel was left outside", "send the parcel again")
PASSWORDS = ("reset my password", "the password is wrong", "forgot the password", "change my password please")
TEXTS = REFUNDS + PARCELS + PASSWORDS


class _ByWord:
    """Vectors that tell three topics apart, so that what comes of them is known; counts what it is asked for."""

    max_tokens: int | None = 6
    placement = Placement("CPUExecutionProvider", ("CPUExecutionProvider",))

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], cancelled: Any = never_cancelled, role: str = "") -> Any:
        if cancelled():
            raise StoppedError("stopped")
        self.asked += texts
        topics = [any(w in t for w in words) for t in texts for words in (("refund", "money"), ("parcel",), ("passw",))]
        found = np.array(topics, np.float32).reshape(len(texts), 3) * 10
        lengths = np.array([[len(text) / 100, len(text) % 7 / 10] for text in texts], np.float32).reshape(-1, 2)
        return np.concatenate([found, lengths], 1)

    def sizes(self, texts: Sequence[str], role: str = "") -> list[tuple[int, int]]:
        return [(min(6, len(t.split())), max(0, len(t.split()) - 6)) for t in texts]


def _run(runner: Any, query: str, texts: Sequence[str], **options: Any) -> Findings:
    inputs = {"query": query, "texts": tuple(texts)}
    TASK.check(inputs)
    output = runner.run(inputs, TASK.resolve_options(options), ignore_text, never_cancelled).output
    assert isinstance(output, Findings)
    return output


def test_hits_are_the_alike_texts_best_first() -> None:
    output = _run(SemanticSearch(_ByWord()), "money please", TEXTS, top_k=4)
    assert {output.texts[hit.place] for hit in output.hits} == set(REFUNDS)
    scores = [hit.score for hit in output.hits]
    assert scores == sorted(scores, reverse=True) and scores[0] <= 1
    assert output.text == output.texts[output.hits[0].place]


def test_themes_hold_every_text_once_and_are_named_by_their_words() -> None:
    output = _run(SemanticSearch(_ByWord()), "", TEXTS)
    assert {frozenset(theme.places) for theme in output.themes} == {
        frozenset(range(4)),
        frozenset(range(4, 8)),
        frozenset(range(8, 12)),
    }
    assert {theme.name.split(",")[0] for theme in output.themes} == {"Refund", "Parcel", "Password"}
    assert not output.hits and output.vector == ()
    assert len(output.points) == len(TEXTS)
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in output.points)


def test_a_number_of_themes_can_be_asked_for_and_the_seed_decides() -> None:
    search = SemanticSearch(_ByWord())
    assert len(_run(search, "", TEXTS, theme_count=2).themes) == 2
    assert _run(search, "", TEXTS, theme_count=5, seed=3) == _run(search, "", TEXTS, theme_count=5, seed=3)


def test_a_second_query_embeds_nothing_but_itself() -> None:
    embedder = _ByWord()
    search = SemanticSearch(embedder)
    _run(search, "money", (*TEXTS, TEXTS[0]))
    # The words that could name a theme are looked at as well, once.
    assert set(embedder.asked) > {*TEXTS, "money"} and embedder.asked.count(TEXTS[0]) == 1
    embedder.asked.clear()
    _run(search, "parcel", (*TEXTS, TEXTS[0]))
    assert embedder.asked == ["parcel"]
    embedder.asked.clear()
    _run(search, "parcel", (*TEXTS[2:], "one more text"), themes=False)
    assert embedder.asked == ["one more text", "parcel"]


def test_another_query_keeps_the_themes_and_another_seed_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def counted(vectors: Any, count: Any, seed: int, cancelled: Any) -> Any:
        seeds.append(seed)
        return group(vectors, count, seed, cancelled)

    monkeypatch.setattr("studio.runtime.embedding_search.group", counted)
    search = SemanticSearch(_ByWord())
    first = _run(search, "money", TEXTS)
    assert _run(search, "parcel", TEXTS).themes == first.themes and seeds == [0]
    _run(search, "parcel", TEXTS, seed=1)
    _run(search, "parcel", TEXTS[1:], seed=1)
    assert seeds == [0, 1, 1]


def test_stopping_keeps_what_was_done() -> None:
    embedder = _ByWord()
    search = SemanticSearch(embedder)
    many = tuple(f"the parcel {number} is late" for number in range(1200))
    asked = iter([False, True])
    inputs = {"query": "", "texts": many}
    with pytest.raises(StoppedError):
        search.run(inputs, TASK.resolve_options({}), ignore_text, lambda: next(asked))
    done = len(embedder.asked)
    assert 0 < done < 1200
    _run(search, "parcel", many, themes=False)
    assert len(embedder.asked) == 1200 + 1


def test_long_texts_are_told() -> None:
    search = SemanticSearch(_ByWord())
    long = "the parcel that I sent back last week did not arrive"
    inputs = {"query": long, "texts": (*TEXTS, long)}
    notices = search.run(inputs, TASK.resolve_options({}), ignore_text, never_cancelled).notices
    assert any(notice.startswith("1 of the texts is longer") for notice in notices)
    assert any("the last 5 of 11 tokens" in notice for notice in notices)


def test_a_search_in_texts_that_were_read_before_says_so() -> None:
    search = SemanticSearch(_ByWord())

    def notices(*texts: str) -> tuple[str, ...]:
        inputs = {"query": "money", "texts": texts}
        return search.run(inputs, TASK.resolve_options({}), ignore_text, never_cancelled).notices

    assert notices(*TEXTS) == ()
    again = notices(*TEXTS)
    assert len(again) == 1 and again[0].startswith("The 12 texts were read before, in ")
    assert notices(*TEXTS) == again
    assert notices(*TEXTS, "one more") == ()


def test_inputs_that_give_nothing_are_refused() -> None:
    for inputs, words in (
        ({"query": " ", "texts": ()}, "nothing to look for"),
        ({"query": "", "texts": TEXTS[:3]}, "3 texts are too few"),
        ({"query": "money", "texts": ("a", " ")}, "is empty"),
        ({"query": "money", "texts": ("a",) * 100_001}, "too many"),
    ):
        with pytest.raises(InputError, match=words):
            TASK.check(inputs)
    TASK.check({"query": "money", "texts": ()})
    TASK.check({"query": "money", "texts": ("one",)})
    with pytest.raises(InputError, match="turn on themes"):
        _run(SemanticSearch(_ByWord()), "", TEXTS, themes=False)


def test_a_batch_gives_the_vectors_of_single_texts(tiny: TinyCache) -> None:
    spec = LoadSpec("feature-extraction", tiny.built(embedders.exported, "bert"))
    runner: Any = TASK.open(spec)
    batch = [{"query": text, "texts": ()} for text in ("a refund", "my order 4411 please", "word " * 60)]
    table = runner.run_batch(batch, TASK.resolve_options({}))
    for place, inputs in enumerate(batch):
        alone = runner.run(inputs, TASK.resolve_options({}), ignore_text, never_cancelled)
        assert table.outputs[place].vector == pytest.approx(alone.output.vector, abs=1e-5)
        assert table.notices.get(place, ()) == alone.notices
        assert runner.logits(inputs["query"]) == pytest.approx(alone.output.vector, abs=1e-5)
    assert runner.lengths(batch)[2] == embedders.MAX_SEQ_LENGTH


def test_the_pytorch_baseline_finds_the_same(tiny: TinyCache) -> None:
    folder = tiny.built(embedders.exported, "bert", "cls_token+mean_tokens", "yes")
    ours: Any = TASK.open(LoadSpec("feature-extraction", folder))
    original: Any = TASK.open(LoadSpec("feature-extraction", folder, backend="pytorch"))
    texts = [*TEXTS, "long " * 50]
    one, other = (_run(runner, "refund", texts, theme_count=3) for runner in (ours, original))
    np.testing.assert_allclose(one.vector, other.vector, atol=1e-4)
    assert [hit.place for hit in one.hits] == [hit.place for hit in other.hits]
    assert one.themes == other.themes
    assert ours.lengths([{"query": "long " * 50}]) == original.lengths([{"query": "long " * 50}])


def test_grouping_finds_what_lies_together() -> None:
    chance = np.random.default_rng(1)
    centres = unit(chance.normal(size=(5, 16)))
    expected = np.repeat(np.arange(5), 40)
    vectors = unit(centres[expected] + chance.normal(size=(200, 16)) * 0.05)
    assert best_count(vectors) == 5
    groups, typical = group(vectors)
    assert len({(a, b) for a, b in zip(groups.tolist(), expected.tolist(), strict=True)}) == 5
    assert typical.min() > 0.8
    from sklearn.metrics import silhouette_score

    assert silhouettes(vectors, groups).mean() == pytest.approx(
        silhouette_score(vectors, groups, metric="cosine"), abs=1e-4
    )
    points = np.array(plane(vectors, groups))
    inside = [np.linalg.norm(points[groups == n] - points[groups == n].mean(0), axis=1).mean() for n in range(5)]
    apart = np.linalg.norm(points.mean(0) - np.array([points[groups == n].mean(0) for n in range(5)]), axis=1)
    assert max(inside) < min(apart)


def test_texts_that_are_all_the_same_are_no_trouble() -> None:
    vectors = unit(np.ones((12, 4), np.float32))
    groups, _typical = group(vectors, 3)
    assert groups.min() == 0 and set(groups.tolist()) == set(range(int(groups.max()) + 1))
    points = np.array(plane(vectors, groups))
    assert np.isfinite(points).all()


def test_more_texts_than_landmarks_are_all_on_the_map() -> None:
    chance = np.random.default_rng(2)
    centres = unit(chance.normal(size=(3, 8)))
    groups = np.repeat(np.arange(3), [900, 90, 10])
    vectors = unit(centres[groups] + chance.normal(size=(1000, 8)) * 0.05)
    points = np.array(plane(vectors, groups))
    assert points.shape == (1000, 2)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (groups[apart.argmin(1)] == groups).mean() > 0.98


def test_chinese_themes_are_named_by_pairs_of_characters() -> None:
    texts = ["我的退款还没有到账", "什么时候可以退款", "申请退款", "快递到哪里了", "快递还没送到", "修改快递地址"]
    names = theme_names(texts, [0, 0, 0, 1, 1, 1])
    assert names[0].startswith("退款") and names[1].startswith("快递")


def test_names_are_words_that_mean_what_the_theme_means() -> None:
    texts = ["my refund, again please", "a repayment, again please", "parcel late, again please", "parcel lost, early"]
    means = {"refund": (1, 0), "repayment": (0.9, 0), "again": (0.1, 0.1), "parcel": (0, 1), "late": (0, 0.5)}
    names = theme_names(texts, [0, 0, 1, 1], lambda words: [means.get(word, (-0.2, -0.2)) for word in words])
    assert names[0].lower().split(", ")[:2] == ["refund", "repayment"]
    assert names[1].lower().startswith("parcel, late")


def test_forms_of_one_word_stand_in_a_name_once() -> None:
    texts = ["cancel the order", "cancelling my order today", "the days of the order", "one day for the order"]
    for name in theme_names(texts, [0, 0, 1, 1], lambda words: [(1, 1)] * len(words)):
        parts = set(name.lower().split(", "))
        assert parts & {"cancel", "cancelling", "day", "days"}
        assert not ({"cancel", "cancelling"} <= parts or {"day", "days"} <= parts)


def test_names_are_never_the_same_and_never_empty() -> None:
    names = theme_names(["refund refund", "refund", "?!", "", "the of and"], [0, 1, 2, 2, 3])
    assert len(set(names)) == 4 and all(names)

"""Heads and the learning curve, and the graph that they are folded into."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.domain.embedding import EmbeddingRecipe
from studio.domain.errors import InputError
from studio.domain.running import LoadSpec, ProviderSetup
from studio.runtime.embedding import Embedder
from studio.runtime.session import open_session
from studio.services.teaching_folder import curve_words
from studio.teaching.curve import Curve, Point, learning_curve
from studio.teaching.graph import fold
from studio.teaching.head import Head, fit_labels, fit_numbers
from tests.tiny import embedders
from tests.tiny.cache import TinyCache


@pytest.fixture
def embedder(tiny: TinyCache) -> Path:
    return tiny.built(embedders.exported, "bert")


def _clusters(rows: int, spread: float = 1.0, kinds: int = 4) -> tuple[np.ndarray, list[str]]:
    chance = np.random.default_rng(2)
    centres = chance.normal(size=(kinds, 16))
    labels = [f"kind {n % kinds}" for n in range(rows)]
    vectors = np.array([centres[n % kinds] + spread * chance.normal(size=16) for n in range(rows)], np.float32)
    return vectors, labels


@pytest.mark.parametrize("kinds", [2, 4])
def test_labels_are_told_apart(kinds: int) -> None:
    vectors, labels = _clusters(200, kinds=kinds)
    head = fit_labels(vectors[:120], labels[:120], (vectors[120:160], labels[120:160]))
    assert head.labels == tuple(f"kind {n}" for n in range(kinds))
    right = np.mean([a == b for a, b in zip(head.answers(vectors[160:]), labels[160:], strict=True)])
    assert right > 0.85


def test_scores_of_two_labels_are_those_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    vectors, labels = _clusters(80, spread=3.0, kinds=2)
    head = fit_labels(vectors, labels, (vectors[:0], []))
    model = LogisticRegression(C=head.strength, max_iter=400, class_weight="balanced").fit(vectors, labels)
    raw = head.scores(vectors)
    shares = np.exp(raw) / np.exp(raw).sum(1, keepdims=True)
    assert np.abs(shares - model.predict_proba(vectors)).max() < 1e-4


def test_numbers_are_predicted() -> None:
    vectors, _labels = _clusters(200)
    numbers = vectors @ np.arange(16) + 3.0
    head = fit_numbers(vectors[:120], numbers[:120], (vectors[120:160], numbers[120:160]))
    assert np.abs(head.scores(vectors[160:])[:, 0] - numbers[160:]).mean() < 0.2 * numbers.std()


def test_more_examples_are_expected_to_help_where_they_did() -> None:
    vectors, labels = _clusters(600, spread=2.5)
    curve = learning_curve(vectors[:400], labels[:400], (vectors[400:], labels[400:]))
    sizes = [point.examples for point in curve.points]
    assert sizes == sorted(sizes)
    assert sizes[-1] == 400
    assert curve.points[-1].accuracy > curve.points[0].accuracy
    assert curve.doubled is not None
    assert curve.margin is not None
    assert curve.doubled > -0.02
    assert learning_curve(vectors[:10], labels[:10], (vectors[:5], labels[:5])).points == ()


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("normalised", [True, False])
def test_the_folded_graph_answers_as_its_parts(embedder: Path, tmp_path: Path, pooling: str, normalised: bool) -> None:
    open_embedder = Embedder(LoadSpec("feature-extraction", embedder))
    recipe = EmbeddingRecipe((pooling,), normalised)  # type: ignore[arg-type]
    open_embedder.recipe = recipe
    texts = ["I want to cancel order 4411", "Where is my refund?", "hi"]
    vectors = open_embedder.embed(texts)
    chance = np.random.default_rng(0)
    weights = chance.normal(size=(vectors.shape[1], 3)).astype(np.float32)
    head = Head(weights, np.zeros(3, np.float32), ("a", "b", "c"), 1)
    fold(next((embedder / "onnx").glob("model.onnx")), recipe, head, tmp_path / "model.onnx")
    session = open_session(tmp_path / "model.onnx", ProviderSetup())
    encoded = open_embedder.encode(texts)
    width = max(len(one.ids) for one in encoded)
    ids, mask = np.zeros((3, width), np.int64), np.zeros((3, width), np.int64)
    for row, one in enumerate(encoded):
        ids[row, : len(one.ids)] = one.ids
        mask[row, : len(one.ids)] = 1
    feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    logits = session.run({name: feeds[name] for name in session.input_names})[0]
    assert np.abs(logits - head.scores(vectors)).max() < 1e-4


def test_a_pooling_that_can_not_be_folded_is_refused(embedder: Path, tmp_path: Path) -> None:
    head = Head(np.zeros((32, 2), np.float32), np.zeros(2, np.float32), ("a", "b"), 1)
    with pytest.raises(InputError, match="max"):
        fold(embedder / "onnx" / "model.onnx", EmbeddingRecipe(("max",)), head, tmp_path / "m.onnx")


def test_only_what_the_interval_bears_is_expected() -> None:
    points = (Point(20, 0.6, 0.1), Point(40, 0.8, 0.05))
    sure = curve_words(Curve(points, doubled=0.03, margin=0.01, room=0.2))
    assert "expect about +3.0 points" in sure
    assert "(+2.0 to +4.0)" in sure
    # No more can be gained than is wrong.
    assert "+1.0 points of right answers (+1.0 to +1.0)" in curve_words(Curve(points, 0.03, 0.01, room=0.01))
    assert "Every judged example is right" in curve_words(Curve(points, 0.03, 0.01, room=0.0))
    unsure = curve_words(Curve(points, doubled=-0.014, margin=0.082, room=0.2))
    assert "expect" not in unsure
    assert "−9.6 to +6.8 points" in unsure
    assert curve_words(Curve(points)) == ""

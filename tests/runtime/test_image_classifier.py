"""Image classifiers answer as their PyTorch originals do, alone and together, and refuse what is no picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.baseline.image_classification import EagerImageClassifier
from studio.domain.errors import InputError
from studio.domain.prediction import Labels, Prediction
from studio.domain.running import BatchRunner, LoadSpec, ignore_text, never_cancelled
from studio.runtime.image_classifier import ImageClassifier
from tests.tiny import images
from tests.tiny.cache import TinyCache

OPTIONS = {"top_k": None}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return images.pictures(tmp_path_factory.mktemp("pictures"), 11)


def spec(tiny: TinyCache, family: str, kind: str = "single", precision: str = "fp32") -> LoadSpec:
    return LoadSpec("image-classification", tiny.built(images.exported, family, kind), precision, threads=2)


def scores(prediction: Prediction) -> dict[str, float]:
    assert isinstance(prediction.output, Labels)
    return {score.label: score.score for score in prediction.output.scores}


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("family", images.FAMILIES)
def test_scores_equal_those_of_pytorch(tiny: TinyCache, pictures: list[str], family: str) -> None:
    ours, original = ImageClassifier(spec(tiny, family)), EagerImageClassifier(spec(tiny, family))
    found = np.stack([ours.logits(path) for path in pictures])
    expected = np.stack([original.logits(path) for path in pictures])
    size = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, atol=1e-4 * size)
    # Otherwise equal scores would say nothing.
    assert expected.std(0).max() > 0.05 * size
    for path in pictures[:2]:
        answer = ours.run({"image": path}, OPTIONS, ignore_text, never_cancelled)
        reference = original.run({"image": path}, OPTIONS, ignore_text, never_cancelled)
        assert scores(answer) == pytest.approx(scores(reference), abs=1e-4)
        assert list(scores(answer)) == list(scores(reference))
        assert set(scores(answer)) == set(images.LABELS)


@pytest.mark.parametrize("family", ["vit", "swin", "resnet", "convnext"])
def test_int8_points_where_pytorch_points(tiny: TinyCache, pictures: list[str], family: str) -> None:
    ours, original = ImageClassifier(spec(tiny, family, precision="int8")), EagerImageClassifier(spec(tiny, family))
    # Random weights are no trained ones: only the direction is asked for.
    assert all(cosine(ours.logits(path), original.logits(path)) > 0.9 for path in pictures)


def test_labels_that_are_independent_are_scored_each_by_itself(tiny: TinyCache, pictures: list[str]) -> None:
    ours, original = ImageClassifier(spec(tiny, "vit", "multi")), EagerImageClassifier(spec(tiny, "vit", "multi"))
    answer = ours.run({"image": pictures[0]}, OPTIONS, ignore_text, never_cancelled)
    reference = original.run({"image": pictures[0]}, OPTIONS, ignore_text, never_cancelled)
    assert isinstance(answer.output, Labels)
    assert answer.output.multi_label
    assert scores(answer) == pytest.approx(scores(reference), abs=1e-4)
    assert sum(scores(answer).values()) != pytest.approx(1)


@pytest.mark.parametrize("family", ["vit", "mobilevit", "resnet"])
def test_a_batch_answers_as_single_pictures_do(tiny: TinyCache, pictures: list[str], family: str) -> None:
    classifier = ImageClassifier(spec(tiny, family))
    assert isinstance(classifier, BatchRunner)
    batch = [{"image": path} for path in pictures]
    assert classifier.lengths(batch) == (1,) * len(batch)
    together = classifier.run_batch(batch, OPTIONS).rows()
    assert len(together) == len(pictures) > 8  # more than go into one run of the graph
    for path, answer in zip(pictures, together, strict=True):
        alone = classifier.run({"image": path}, OPTIONS, ignore_text, never_cancelled)
        assert {score.label: score.score for score in answer.scores} == pytest.approx(scores(alone), abs=1e-4)


def test_a_batch_with_a_broken_picture_is_refused_and_the_next_one_runs(
    tiny: TinyCache, pictures: list[str], tmp_path: Path
) -> None:
    classifier = ImageClassifier(spec(tiny, "resnet"))
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(Path(pictures[0]).read_bytes()[:300])
    with pytest.raises(InputError, match=r"broken\.jpg is damaged"):
        classifier.run_batch([{"image": path} for path in (*pictures, str(broken), *pictures)], OPTIONS)
    assert len(classifier.run_batch([{"image": path} for path in pictures], OPTIONS).rows()) == len(pictures)


def test_only_so_many_labels_are_shown(tiny: TinyCache, pictures: list[str]) -> None:
    classifier = ImageClassifier(spec(tiny, "resnet"))
    whole = classifier.run({"image": pictures[0]}, OPTIONS, ignore_text, never_cancelled).output
    some = classifier.run({"image": pictures[0]}, {"top_k": 3}, ignore_text, never_cancelled).output
    assert isinstance(whole, Labels)
    assert isinstance(some, Labels)
    assert some.scores == whole.scores[:3]
    assert [score.score for score in whole.scores] == sorted((s.score for s in whole.scores), reverse=True)


def test_placement_tells_where_it_runs(tiny: TinyCache) -> None:
    placement = ImageClassifier(spec(tiny, "resnet")).placement
    assert placement.provider == "CPUExecutionProvider"
    assert placement.threads == 2

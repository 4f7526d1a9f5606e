"""Models of images and texts answer as their PyTorch originals do, for any labels, alone and together."""

from __future__ import annotations

import numpy as np
import pytest

from studio.baseline.image_text import EagerImageTextMatcher
from studio.domain.errors import InputError
from studio.domain.prediction import Labels, Prediction
from studio.domain.running import BatchRunner, LoadSpec, ignore_text, never_cancelled
from studio.runtime.clip import ImageTextMatcher
from studio.tasks import find_task
from tests.tiny import image_text, images
from tests.tiny.cache import TinyCache

TASK = find_task("zero-shot-image-classification")
LABELS = ("a dress", "a dog on green grass", "old shoes", "一件衬衫")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return images.pictures(tmp_path_factory.mktemp("pictures"), 10)


def spec(tiny: TinyCache, family: str, precision: str = "fp32") -> LoadSpec:
    return LoadSpec(TASK.id, tiny.built(image_text.exported, family), precision, threads=2)


def ask(runner: ImageTextMatcher | EagerImageTextMatcher, path: str, **options: object) -> Prediction:
    return runner.run({"image": path}, TASK.resolve_options(options), ignore_text, never_cancelled)


def scores(prediction: Prediction) -> dict[str, float]:
    assert isinstance(prediction.output, Labels)
    return {score.label: score.score for score in prediction.output.scores}


@pytest.mark.parametrize("family", image_text.FAMILIES)
def test_scores_equal_those_of_pytorch(tiny: TinyCache, pictures: list[str], family: str) -> None:
    ours, original = ImageTextMatcher(spec(tiny, family)), EagerImageTextMatcher(spec(tiny, family))
    found = np.stack([ours.logits(path) for path in pictures])
    expected = np.stack([original.logits(path) for path in pictures])
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    # Both the picture and the text count.
    assert expected.std(0).max() > 0.05
    assert expected.std(1).max() > 0.05
    for template in ("This is a photo of {}.", "{}", "a very, very long sentence about {} that is cut at its end" * 2):
        answer = ask(ours, pictures[0], labels=LABELS, hypothesis_template=template)
        reference = ask(original, pictures[0], labels=LABELS, hypothesis_template=template)
        assert scores(answer) == pytest.approx(scores(reference), abs=1e-4)
        assert answer.notices == reference.notices
        assert bool(answer.notices) == (len(template) > 60)
        assert sum(scores(answer).values()) == pytest.approx(1)


@pytest.mark.parametrize("family", image_text.FAMILIES)
def test_labels_are_ordered_as_the_pipeline_orders_them(tiny: TinyCache, pictures: list[str], family: str) -> None:
    from transformers import pipeline

    folder = spec(tiny, family).folder
    # SigLIP's pipeline fills every text up to 64 tokens, whatever the model's length.
    own = {"max_length": image_text.MAX_TOKENS, "truncation": True}
    asked = pipeline(TASK.id, str(folder), use_fast=False, tokenizer_kwargs=own)
    from PIL import Image

    ours = ImageTextMatcher(spec(tiny, family))
    for path in pictures[:4]:
        expected = asked(Image.open(path).convert("RGB"), candidate_labels=list(LABELS))
        assert list(scores(ask(ours, path, labels=LABELS))) == [each["label"] for each in expected]


@pytest.mark.parametrize("family", image_text.FAMILIES)
def test_a_batch_answers_as_single_pictures_do(tiny: TinyCache, pictures: list[str], family: str) -> None:
    runner = ImageTextMatcher(spec(tiny, family))
    assert isinstance(runner, BatchRunner)
    options = TASK.resolve_options({"labels": LABELS})
    table = runner.run_batch([{"image": path} for path in pictures], options)
    assert table.labels == LABELS
    assert len(table.rows()) == len(pictures)
    for path, answer in zip(pictures, table.rows(), strict=True):
        alone = scores(ask(runner, path, labels=LABELS))
        assert {score.label: score.score for score in answer.scores} == pytest.approx(alone, abs=1e-4)


def test_other_labels_are_other_answers(tiny: TinyCache, pictures: list[str]) -> None:
    runner = ImageTextMatcher(spec(tiny, "clip"))
    first = scores(ask(runner, pictures[0], labels=LABELS))
    assert set(scores(ask(runner, pictures[0], labels=("a map", "two cats")))) == {"a map", "two cats"}
    assert scores(ask(runner, pictures[0], labels=LABELS)) == first
    assert scores(ask(runner, pictures[0], labels=LABELS, hypothesis_template="a map of {}")) != first


def test_int8_points_where_pytorch_points(tiny: TinyCache, pictures: list[str]) -> None:
    ours, original = ImageTextMatcher(spec(tiny, "clip", "int8")), EagerImageTextMatcher(spec(tiny, "clip"))
    for path in pictures:
        one, other = ours.logits(path), original.logits(path)
        assert float(one @ other / np.linalg.norm(one) / np.linalg.norm(other)) > 0.9


@pytest.mark.parametrize(
    ("labels", "template", "sentence"),
    [
        ((), "{}", "There are no labels"),
        (("", " "), "{}", "There are no labels"),
        (("a dog", " "), "{}", "One of the labels is empty"),
        (("a dog",), "{}", "There is only one label"),
        (("a dog", "a cat", " A  Dog"), "{}", "The label A Dog is given twice"),
        (("a dog", "a cat"), "a photo", "has no place for the label"),
        (tuple(str(number) for number in range(1001)), "{}", "1001 labels are too many"),
    ],
)
def test_labels_that_make_no_sense_are_refused(
    tiny: TinyCache, pictures: list[str], labels: tuple[str, ...], template: str, sentence: str
) -> None:
    for runner in (ImageTextMatcher(spec(tiny, "clip")), EagerImageTextMatcher(spec(tiny, "clip"))):
        with pytest.raises(InputError, match=sentence) as refused:
            ask(runner, pictures[0], labels=labels, hypothesis_template=template)
        assert refused.value.next_step


def test_braces_in_a_label_are_letters(tiny: TinyCache, pictures: list[str]) -> None:
    runner = ImageTextMatcher(spec(tiny, "clip"))
    assert set(scores(ask(runner, pictures[0], labels=("{x}", "{0}", "100 %")))) == {"{x}", "{0}", "100 %"}

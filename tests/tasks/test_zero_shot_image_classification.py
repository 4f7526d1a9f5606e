"""Image and text as a task: which models do it, its samples, and labels that are named by a person."""

from __future__ import annotations

import pytest

from studio.domain.label_choice import checked_labels, in_sentences
from studio.library.reading import task_of
from studio.tasks import find_task

TASK = find_task("zero-shot-image-classification")


@pytest.mark.parametrize("architecture", ["CLIPModel", "SiglipModel", "ChineseCLIPModel"])
def test_its_models_are_known_by_their_configuration(architecture: str) -> None:
    assert task_of({"architectures": [architecture]}) == TASK
    assert task_of({"architectures": [architecture]}, "zero-shot-image-classification") == TASK


def test_every_sample_has_labels_with_the_right_one_among_them() -> None:
    for sample in TASK.samples:
        TASK.check(sample.inputs)
        options = TASK.resolve_options(sample.options)
        labels = checked_labels(options["labels"])
        assert sample.answer in labels
        assert in_sentences(options["hypothesis_template"], labels)[0] == f"This is a photo of {labels[0]}."


def test_labels_are_asked_for_in_the_open() -> None:
    assert TASK.takes_labels
    assert not TASK.option("labels").advanced

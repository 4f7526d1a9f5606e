"""Image recognition as a task: its samples, what it refuses beforehand, what its models are compared on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.domain.errors import InputError
from studio.library.reading import task_of
from studio.media.picture import open_picture
from studio.tasks import find_task

TASK = find_task("image-classification")


def test_every_sample_is_a_picture_that_ships() -> None:
    assert TASK.samples
    for sample in TASK.samples:
        TASK.check(sample.inputs)
        assert min(open_picture(sample.inputs["image"]).size) == 160


def test_what_no_model_could_answer_is_refused_beforehand(tmp_path: Path) -> None:
    (tmp_path / "words.jpg").write_text("not a picture")
    for path in ("", "  ", str(tmp_path), str(tmp_path / "words.jpg"), str(tmp_path / "missing.jpg")):
        with pytest.raises(InputError) as refused:
            TASK.check(TASK.read_text(path))
        assert refused.value.next_step
    with pytest.raises(InputError):
        TASK.check({})


@pytest.mark.parametrize(
    "architecture",
    [
        "ViTForImageClassification",
        "DeiTForImageClassificationWithTeacher",
        "SwinForImageClassification",
        "MobileViTForImageClassification",
        "ResNetForImageClassification",
        "ConvNextForImageClassification",
    ],
)
def test_its_models_are_known_by_their_configuration(architecture: str) -> None:
    assert task_of({"architectures": [architecture]}) == TASK


def test_conversions_are_compared_on_pictures_that_are_always_the_same(tmp_path: Path) -> None:
    assert TASK.probes is not None
    found = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        probes = TASK.probes(tmp_path / name)
        assert len(probes) >= 12
        for inputs in probes:
            TASK.check(inputs)
        found.append([np.asarray(open_picture(inputs["image"])) for inputs in probes])
    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))

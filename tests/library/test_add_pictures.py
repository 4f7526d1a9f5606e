"""Real conversions of tiny models that read pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from studio.domain.errors import StudioError
from studio.domain.model import Model
from studio.library.add import AddRequest, Silent, add_model
from studio.library.manifest import read_manifest
from studio.library.store import Library
from studio.library.verify import verify_folder
from studio.runtime.quantization import operators
from tests.tiny import image_text, images
from tests.tiny.cache import TinyCache

pytestmark = [pytest.mark.xdist_group("library-add"), pytest.mark.slow]


def add(source: Path, root: Path, *precisions: str) -> Model:
    library = Library(root / "library", root / "shipped")
    made = add_model(AddRequest(str(source), id="my/model", precisions=precisions), library, Silent())
    assert made
    assert made.state == "ready"
    assert verify_folder(made.folder).ok
    return made


def test_a_classifier_is_added_in_every_precision_and_compared_on_pictures(tiny: TinyCache, tmp_path: Path) -> None:
    model = add(tiny.built(images.weights, "resnet"), tmp_path, "fp32", "fp16", "int8")
    assert model.task == "image-classification"
    assert model.labels == images.LABELS
    manifest = read_manifest(model.folder)
    assert manifest
    for precision, most in (("fp32", 1e-4), ("fp16", 0.5)):
        fidelity = manifest.precisions[precision].fidelity
        assert fidelity
        assert fidelity.inputs == 16
        assert fidelity.max_logit_difference < most
    assert manifest.precisions["int8"].fidelity
    assert "from 40 pictures" in manifest.precisions["int8"].method
    assert "ConvInteger" not in operators(model.folder / "onnx" / "model_int8.onnx")


def test_a_model_of_images_and_texts_is_added(tiny: TinyCache, tmp_path: Path) -> None:
    model = add(tiny.built(image_text.weights, "siglip"), tmp_path, "fp32")
    assert model.task == "zero-shot-image-classification"
    assert model.fidelity["fp32"].max_logit_difference < 1e-3
    assert model.fidelity["fp32"].same_outputs == 1


def test_without_a_word_on_how_pictures_are_prepared_nothing_is_added(tiny: TinyCache, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(tiny.built(images.weights, "vit"), source)
    (source / "preprocessor_config.json").unlink()
    with pytest.raises(StudioError, match=r"preprocessor_config\.json") as refused:
        add(source, tmp_path, "fp32")
    assert refused.value.next_step
    assert not list((tmp_path / "library").glob("my/*"))

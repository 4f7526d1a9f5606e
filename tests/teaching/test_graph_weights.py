"""Weights read back from graphs of every family: exporters and quantizers undone, exactly where nothing was lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studio.baseline.graph_weights import weights_in
from studio.baseline.rebuilding import rebuilt
from studio.domain.errors import ConversionError, ModelFolderError, UnsafeModelError
from studio.domain.places import shipped_models_folder
from studio.domain.running import LoadSpec
from studio.library.reading import read_model
from studio.runtime.quantization import quantize_int4, quantize_int8
from studio.services.fine_tuning_proof import prove
from studio.tasks import find_task
from tests.tiny import causal, embedders, encoders, seq2seq
from tests.tiny.cache import TinyCache

_EXPORTED = [
    *((embedders.exported, family) for family in embedders.FAMILIES),
    *((encoders.exported, family) for family in encoders.FAMILIES),
    *((causal.exported, family) for family in ("llama", "qwen2", "qwen3", "phi3", "gpt2")),
    *((causal.fused, family) for family in ("llama", "qwen2", "qwen3", "phi3", "gemma")),
]


def _read_back(folder: Path, precision: str = "fp32", graphs: Path | None = None) -> dict[str, np.ndarray]:
    files = read_model(folder, "").files(precision)
    assert files is not None
    where = {role: (graphs or folder) / name for role, name in files.roles.items()}
    found = weights_in(where, json.loads((folder / "config.json").read_text()))
    model = rebuilt(folder, found)
    return {name: value.numpy() for name, value in model.state_dict().items()}


def _original(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    # A graph has no pooler where its task reads none.
    return {name: value for name, value in load_file(folder / "model.safetensors").items() if "pooler" not in name}


@pytest.mark.parametrize(("build", "family"), _EXPORTED)
def test_an_exported_graph_gives_back_every_weight(tiny: TinyCache, build: Callable[..., None], family: str) -> None:
    arguments = (family, "fp32") if build is causal.fused else (family,)
    folder = tiny.built(build, *arguments)
    found, wanted = _read_back(folder), _original(folder)
    assert set(wanted) <= set(found)
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize(("quantize", "step"), [(quantize_int8, 1 / 127), (quantize_int4, 1 / 7)])
def test_quantized_weights_come_back_within_one_step(
    tiny: TinyCache, tmp_path: Path, quantize: Callable[[Path, Path], str], step: float
) -> None:
    folder = tiny.built(encoders.exported, "bert")
    name = "model_int8.onnx" if quantize is quantize_int8 else "model_int4.onnx"
    quantize(folder / "onnx" / "model.onnx", tmp_path / name)
    found = weights_in({"model": tmp_path / name}, json.loads((folder / "config.json").read_text()))
    for key, value in _original(folder).items():
        if value.ndim == 2:
            most = np.abs(value).max() * step
            assert np.abs(found[key] - value).max() <= most + 1e-6, key
            assert np.abs(found[key] - value).max() > 0, key


@pytest.mark.parametrize(
    ("name", "precision"),
    [("support-intents-tiny", "int8"), ("minilm-embeddings", "int4"), ("assistant-small", "int8")],
)
def test_what_ships_is_read_back_and_proved(tmp_path: Path, name: str, precision: str) -> None:
    folder = shipped_models_folder() / "starter" / name
    task = find_task(read_model(folder, "").task or "")
    model = rebuilt(folder, weights_in({"model": folder / "onnx" / f"model_{precision}.onnx"}, _config(folder)))
    made = tmp_path / "made"
    model.save_pretrained(made, safe_serialization=True)
    for file in folder.glob("**/*.json"):
        if file.name not in ("studio.json", "config.json"):
            (made / file.relative_to(folder)).parent.mkdir(exist_ok=True)
            (made / file.relative_to(folder)).write_bytes(file.read_bytes())
    weights = LoadSpec(task.id, folder, backend="pytorch", weights=made, threads=1)
    graph = LoadSpec(task.id, folder, precision, threads=1)
    assert prove(task, weights, graph, tmp_path / "probes") >= 0.9


def _config(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "config.json").read_text())
    return found


@pytest.mark.parametrize("family", ["marian", "bart"])
def test_an_encoder_decoder_is_put_together_from_its_graphs(tiny: TinyCache, family: str) -> None:
    folder = tiny.built(seq2seq.exported, family)
    found = _read_back(folder / "merged")
    for name, value in _original(folder / "weights").items():
        np.testing.assert_allclose(found[name], value, atol=1e-6, err_msg=name)


def test_weights_of_another_model_prove_nothing(tiny: TinyCache, tmp_path: Path) -> None:
    folder, task = tiny.built(encoders.exported, "bert"), find_task("text-classification")
    from safetensors.numpy import load_file, save_file

    other = tmp_path / "other"
    shutil.copytree(folder, other)
    weights = load_file(other / "model.safetensors")
    for name in ("classifier.weight", "classifier.bias"):
        # Every label is another one's.
        weights[name] = np.ascontiguousarray(np.roll(weights[name], 1, axis=0))
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    spec = LoadSpec(task.id, folder, backend="pytorch", weights=other, threads=1)
    with pytest.raises(ConversionError, match="can't be read back"):
        prove(task, spec, LoadSpec(task.id, folder, "fp32", threads=1), tmp_path / "probes")


def test_a_graph_without_the_weights_and_a_damaged_one_are_said(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tiny.built(encoders.exported, "bert")
    with pytest.raises(ConversionError, match="not found there"):
        rebuilt(folder, {})
    broken = tmp_path / "model.onnx"
    broken.write_bytes(b"\x08\xff\xff\xff")
    with pytest.raises(ModelFolderError, match="can't be read"):
        weights_in({"model": broken}, {})
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "config.json").write_text('{"model_type": "bert", "architectures": ["os"]}')
    with pytest.raises(UnsafeModelError):
        rebuilt(strange, {})

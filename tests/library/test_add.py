"""Real conversions of a tiny BERT, in the process that a user's command starts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from studio.domain.errors import ConversionError, DamagedModelError, UnsafeModelError
from studio.domain.model import Model
from studio.domain.running import LoadSpec
from studio.library.add import AddRequest, Silent, add_model
from studio.library.manifest import read_manifest
from studio.library.store import Library
from studio.library.verify import verify_folder
from studio.runtime.encoder import TextClassifier
from tests.tiny import encoders
from tests.tiny.cache import TinyCache

pytestmark = pytest.mark.xdist_group("library-add")


class _Heard:
    def __init__(self) -> None:
        self.stages: list[tuple[str, float]] = []

    def stage(self, name: str, fraction: float, message: str) -> None:
        assert message
        self.stages.append((name, fraction))


def _left(library: Library) -> list[str]:
    return sorted(path.name for path in library.own.iterdir()) if library.own.is_dir() else []


@pytest.fixture(scope="module")
def added(tiny: TinyCache, tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Library, _Heard]:
    """A tiny BERT, added once from its weights with every precision a classifier can have."""
    root = tmp_path_factory.mktemp("added")
    library = Library(root / "library", root / "shipped")
    heard = _Heard()
    request = AddRequest(str(tiny.built(encoders.weights, "bert")), id="my/bert", precisions=("fp32", "fp16", "int8"))
    model = add_model(request, library, heard)
    assert model
    return model, library, heard


def test_the_model_is_complete(added: tuple[Model, Library, _Heard]) -> None:
    model, library, _heard = added
    assert model.state == "ready"
    assert model.id == "my/bert"
    assert [files.precision for files in model.precisions] == ["fp32", "fp16", "int8"]
    assert library.find("my/bert") == model
    assert _left(library) == ["my"]
    assert verify_folder(model.folder).ok


def test_every_step_is_told_in_order(added: tuple[Model, Library, _Heard]) -> None:
    names = [name for name, _fraction in added[2].stages]
    assert list(dict.fromkeys(names)) == ["check", "tokenizer", "export", "quantize", "fidelity", "finish"]
    fractions = [fraction for _name, fraction in added[2].stages]
    assert fractions == sorted(fractions)
    assert fractions[-1] < 1


def test_studio_json_says_what_was_done(added: tuple[Model, Library, _Heard], tiny: TinyCache) -> None:
    model = added[0]
    manifest = read_manifest(model.folder)
    assert manifest
    assert manifest.task == "text-classification"
    assert set(manifest.precisions) == {"fp32", "fp16", "int8"}
    assert manifest.created_with["torch"].startswith("2.")
    assert manifest.source.path == str(tiny.built(encoders.weights, "bert"))
    assert len(manifest.source.weights["model.safetensors"]) == 64
    files = {path.relative_to(model.folder).as_posix() for path in model.folder.rglob("*") if path.is_file()}
    assert set(manifest.files) == files - {"studio.json"}
    assert model.parameters == manifest.parameters


def test_fidelity_is_measured_and_small(added: tuple[Model, Library, _Heard]) -> None:
    fidelity = added[0].fidelity
    assert fidelity["fp32"].max_logit_difference < 1e-4
    assert fidelity["fp32"].same_outputs == 1.0
    assert fidelity["fp32"].inputs > 20
    assert fidelity["fp32"].max_logit_difference < fidelity["fp16"].max_logit_difference < 0.05
    assert fidelity["fp16"].max_logit_difference < fidelity["int8"].max_logit_difference
    assert fidelity["int8"].same_outputs > 0.8


def test_int8_is_made_per_channel(added: tuple[Model, Library, _Heard]) -> None:
    import onnx

    graph = onnx.load(str(added[0].folder / "onnx" / "model_int8.onnx")).graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    assert any(node.op_type == "MatMulInteger" for node in graph.node) or "DynamicQuantizeMatMul" in str(graph)
    scales = [tensor for name, tensor in weights.items() if name.endswith("_scale")]
    assert any(tensor.dims and tensor.dims[0] > 1 for tensor in scales)


def test_without_a_card_no_licence_is_claimed(added: tuple[Model, Library, _Heard]) -> None:
    assert added[0].licence == ""
    assert "nothing is known" in (added[0].folder / "README.md").read_text()


def test_each_precision_runs(added: tuple[Model, Library, _Heard]) -> None:
    model = added[0]
    scores = [
        TextClassifier(LoadSpec("text-classification", model.folder, files.precision)).logits("Where is my refund?")
        for files in model.precisions
    ]
    assert np.allclose(scores[0], scores[1], atol=0.05)
    assert scores[0].shape == (3,)


def test_onnx_files_are_enough(onnx_folder: Path, library: Library) -> None:
    """int8 from a folder's fp32 graph in the root, with external data; fp32 itself is not asked for."""
    import onnx

    (onnx_folder / "model.safetensors").unlink()
    graph = onnx.load(str(onnx_folder / "onnx" / "model.onnx"))
    onnx.save_model(graph, str(onnx_folder / "model.onnx"), save_as_external_data=True, location="weights.bin")
    shutil.rmtree(onnx_folder / "onnx")
    model = add_model(AddRequest(str(onnx_folder), id="m", precisions=("int8",)), library, Silent())
    assert model
    assert [files.precision for files in model.precisions] == ["int8"]
    manifest = read_manifest(model.folder)
    assert manifest
    assert manifest.precisions["int8"].reference == "onnx-fp32"
    assert model.fidelity["int8"].same_outputs > 0.8
    assert manifest.source.path == ""

    both = add_model(AddRequest(str(onnx_folder), id="n", precisions=("fp32", "int8")), library, Silent())
    assert both
    assert both.fidelity["fp32"].max_logit_difference == 0
    assert (both.folder / "onnx" / "weights.bin").is_file()
    assert verify_folder(both.folder).ok


def test_a_wrong_fp32_fails_loudly_and_leaves_nothing(onnx_folder: Path, library: Library) -> None:
    """Graphs that do not belong to the weights beside them."""
    import torch
    from safetensors.torch import load_file, save_file

    path = onnx_folder / "model.safetensors"
    weights = load_file(path)
    weights["classifier.bias"] += torch.tensor([0.0, 0.01, 0.0])
    save_file(weights, path, {"format": "pt"})
    with pytest.raises(ConversionError, match="does not compute what the original does"):
        add_model(AddRequest(str(onnx_folder), id="m"), library, Silent())
    assert _left(library) == []
    assert library.all() == ()


def test_allowed_pickles_become_safetensors(weights_folder: Path, library: Library) -> None:
    import torch
    from safetensors.torch import load_file

    state = load_file(weights_folder / "model.safetensors")
    (weights_folder / "model.safetensors").unlink()
    torch.save(state, weights_folder / "pytorch_model.bin")
    request = AddRequest(
        str(weights_folder),
        id="m",
        precisions=("fp32",),
        allow_pickle=True,
        keep_weights=True,
        source_name="a trusted one",
    )
    model = add_model(request, library, Silent())
    assert model
    assert model.weights == model.folder
    assert not list(model.folder.glob("*.bin"))
    assert model.source == "a trusted one"
    assert str(weights_folder) not in (model.folder / "studio.json").read_text()


def test_a_pickle_that_runs_code_does_not(weights_folder: Path, library: Library, tmp_path: Path) -> None:
    import pickle

    class _Evil:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "ran",)

    (weights_folder / "model.safetensors").unlink()
    (weights_folder / "pytorch_model.bin").write_bytes(pickle.dumps(_Evil()))
    with pytest.raises(ConversionError):
        add_model(AddRequest(str(weights_folder), id="m", allow_pickle=True), library, Silent())
    assert not (tmp_path / "ran").exists()
    assert _left(library) == []


def test_code_of_the_models_own_is_refused(weights_folder: Path, library: Library, tmp_path: Path) -> None:
    config = json.loads((weights_folder / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}}
    (weights_folder / "config.json").write_text(json.dumps(config))
    (weights_folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(UnsafeModelError, match="code of its own"):
        add_model(AddRequest(str(weights_folder), id="m"), library, Silent())
    assert not (tmp_path / "ran").exists()
    assert _left(library) == []


def test_cancelling_leaves_nothing(weights_folder: Path, library: Library) -> None:
    heard = _Heard()
    before = _below(os.getpid())
    request = AddRequest(str(weights_folder), id="m")
    assert add_model(request, library, heard, lambda: len(heard.stages) > 1) is None
    assert _left(library) == []
    assert set(_below(os.getpid())) <= set(before)


def test_a_failed_replacement_keeps_the_old_model(
    onnx_folder: Path, library: Library, put: Callable[..., Path]
) -> None:
    folder = put("m")
    (onnx_folder / "model.safetensors").unlink()
    (onnx_folder / "tokenizer.json").write_text("{}")
    with pytest.raises(DamagedModelError, match=r"tokenizer\.json"):
        add_model(AddRequest(str(onnx_folder), id="m", replace=True), library, Silent())
    assert verify_folder(folder).ok
    assert _left(library) == ["m"]


def test_a_killed_command_leaves_what_the_next_one_clears(
    weights_folder: Path, onnx_folder: Path, library: Library
) -> None:
    command = [sys.executable, "-m", "studio.cli.app", "models", "add", str(weights_folder)]
    process = subprocess.Popen(
        [*command, "--id", "m", "--library", str(library.own)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    # The second step comes from the preparing process: it is up.
    while "Loading the libraries" not in process.stderr.readline():
        assert process.poll() is None
    (stale,) = _left(library)
    assert stale.startswith(".adding-")
    children = _below(process.pid)
    assert children
    process.kill()
    process.wait()
    _gone(children)
    assert library.all() == ()

    (onnx_folder / "model.safetensors").unlink()
    assert add_model(AddRequest(str(onnx_folder), id="n"), library, Silent())
    assert _left(library) == ["n"]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is another thing there")
def test_ctrl_c_leaves_nothing(weights_folder: Path, library: Library) -> None:
    process = _command(weights_folder, library)
    assert process.stderr
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait() == 130
    assert rest.strip().endswith("Stopped.")
    assert "Traceback" not in rest
    assert _left(library) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_an_interrupt_of_the_terminal_does_not_reach_the_preparing_process(
    weights_folder: Path, library: Library
) -> None:
    process = _command(weights_folder, library)
    try:
        (pid,) = [p.pid for p in psutil.Process(process.pid).children() if "spawn_main" in " ".join(p.cmdline())]
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        blocked = next(line.split()[1] for line in status if line.startswith("SigBlk:"))
        assert int(blocked, 16) & 1 << signal.SIGINT - 1
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_crash_of_the_preparing_process_is_told(weights_folder: Path, library: Library) -> None:
    before = set(_below(os.getpid()))

    class _Kill(_Heard):
        def stage(self, name: str, fraction: float, message: str) -> None:
            super().stage(name, fraction, message)
            for pid in set(_below(os.getpid())) - before:
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(ConversionError, match="without an answer"):
        add_model(AddRequest(str(weights_folder), id="m"), library, _Kill())
    assert _left(library) == []


def _command(source: Path, library: Library) -> subprocess.Popen[str]:
    """``studio models add`` in a process of its own, whose preparing process is up."""
    command = [sys.executable, "-m", "studio.cli.app", "models", "add", str(source), "--id", "m"]
    process = subprocess.Popen([*command, "--library", str(library.own)], stderr=subprocess.PIPE, text=True)
    assert process.stderr
    # The second step is told by the preparing process.
    while "Loading the libraries" not in process.stderr.readline():
        assert process.poll() is None
    return process


def _below(pid: int) -> list[int]:
    """Processes below one; multiprocessing's tracker, which stays until its program ends, is none of ours."""
    children = psutil.Process(pid).children(recursive=True)
    return [child.pid for child in children if "resource_tracker" not in " ".join(child.cmdline())]


def _gone(pids: list[int]) -> None:
    for _attempt in range(100):
        if not any(psutil.pid_exists(pid) for pid in pids):
            return
        time.sleep(0.1)
    raise AssertionError(f"still there: {pids}")

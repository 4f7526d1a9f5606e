"""Real conversions of tiny models that write text, each with the precisions that such a model can have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from studio.domain.model import Model
from studio.domain.prediction import GeneratedText
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.library.add import AddRequest, Silent, add_model
from studio.library.manifest import PrecisionRecord, read_manifest
from studio.library.store import Library
from studio.library.verify import verify_folder
from studio.runtime.quantization import operators
from studio.tasks import find_task
from tests.tiny import causal, seq2seq
from tests.tiny.cache import TinyCache

pytestmark = pytest.mark.xdist_group("library-add")


def _added(source: Path, library: Library, *precisions: str) -> tuple[Model, dict[str, PrecisionRecord]]:
    model = add_model(AddRequest(str(source), id="m", precisions=precisions), library, Silent())
    assert model
    assert model.state == "ready"
    assert [files.precision for files in model.precisions] == list(precisions)
    assert verify_folder(model.folder).ok
    manifest = read_manifest(model.folder)
    assert manifest
    for precision, record in manifest.precisions.items():
        assert record.reference == "pytorch", precision
        assert record.fidelity
        assert record.fidelity.inputs > 5
    # Random weights say nothing about how much smaller precisions lose; that fp32 loses nothing holds for any.
    assert model.fidelity["fp32"].max_logit_difference < 1e-3
    assert model.fidelity["fp32"].same_outputs == 1.0
    return model, dict(manifest.precisions)


def _answer(model: Model, precision: str, **options: str) -> GeneratedText:
    task = find_task(model.task or "")
    resolved = task.resolve_options({"max_new_tokens": 8, **options})
    runner = task.open(LoadSpec(task.id, model.folder, precision))
    output = runner.run(task.read_text("Where is my refund?"), resolved, ignore_text, never_cancelled).output
    assert isinstance(output, GeneratedText)
    return output


def test_a_chat_model_with_fused_attention(tiny: TinyCache, library: Library) -> None:
    model, made = _added(tiny.built(causal.weights, "llama"), library, "fp32", "int8", "int4")
    assert {record.kv_cache for record in made.values()} == {"shared"}
    for precision in made:
        graph = operators(model.folder / model.files(precision).roles["model"])  # type: ignore[union-attr]
        assert "GroupQueryAttention" in graph
        assert ("MatMulNBits" in graph) == (precision == "int4")
        assert ("MatMulInteger" in graph or "DynamicQuantizeMatMul" in graph) == (precision == "int8")
        assert _answer(model, precision).output_tokens


def test_a_chat_model_that_the_builder_does_not_know(tiny: TinyCache, library: Library) -> None:
    model, made = _added(tiny.built(causal.weights, "gpt2"), library, "fp32", "fp16", "int4")
    assert {record.kv_cache for record in made.values()} == {"growing"}
    assert "MatMulNBits" in operators(model.folder / "onnx" / "model_int4.onnx")
    sizes = {path.name: path.stat().st_size for path in (model.folder / "onnx").iterdir()}
    assert sizes["model_fp16.onnx"] < sizes["model.onnx"] * 0.7
    assert sizes["model_int4.onnx"] < sizes["model.onnx"] * 0.6
    for precision in made:
        assert _answer(model, precision).output_tokens


def test_a_translator_with_a_slow_tokenizer(tiny: TinyCache, library: Library) -> None:
    source = tiny.built(seq2seq.exported, "marian") / "weights"
    model, made = _added(source, library, "fp32", "fp16", "int8", "int4")
    assert (model.folder / "tokenizer.json").is_file()
    merged, halves = {"encoder", "decoder_merged"}, {"encoder", "decoder", "decoder_with_past"}
    roles = {files.precision: set(files.roles) for files in model.precisions}
    assert roles == {"fp32": merged, "fp16": halves, "int8": merged, "int4": merged}
    assert "MatMulInteger" in operators(model.folder / "onnx" / "decoder_model_merged_int8.onnx")
    assert "MatMulNBits" in operators(model.folder / "onnx" / "decoder_model_merged_int4.onnx")
    for precision in made:
        assert _answer(model, precision, target_language="fr").output_tokens


def test_a_translators_onnx_files_in_every_layout(tiny: TinyCache, library: Library, tmp_path: Path) -> None:
    """Split decoders stay split; where a merged one lies beside them, only that is made smaller."""
    built = tiny.built(seq2seq.exported, "marian")
    shutil.copytree(built / "split", tmp_path / "split")
    shutil.copytree(built / "split", tmp_path / "both")
    shutil.copytree(built / "merged", tmp_path / "both", dirs_exist_ok=True)
    expected = {
        "split": {"encoder", "decoder", "decoder_with_past"},
        "both": {"encoder", "decoder_merged"},
    }
    for name, roles in expected.items():
        request = AddRequest(str(tmp_path / name), id=name, precisions=("int8",))
        model = add_model(request, library, Silent())
        assert model
        assert set(model.precisions[0].roles) == roles
        assert model.fidelity["int8"].inputs > 5
        assert _answer(model, "int8", target_language="fr").output_tokens

"""Names of files in the layouts of optimum and transformers.js, and what they mean."""

from __future__ import annotations

import pytest

from studio.domain.layout import PRECISIONS, precisions_in


def _found(*names: str) -> dict[str, dict[str, str]]:
    return {files.precision: dict(files.roles) for files in precisions_in(names)}


def test_optimum_keeps_graphs_in_the_root() -> None:
    assert _found("config.json", "model.onnx", "model_quantized.onnx") == {
        "fp32": {"model": "model.onnx"},
        "int8": {"model": "model_quantized.onnx"},
    }


def test_transformers_js_keeps_them_in_a_subfolder() -> None:
    names = [
        "onnx/encoder_model.onnx",
        "onnx/decoder_model_merged.onnx",
        "onnx/encoder_model_q4.onnx",
        "onnx/decoder_model_merged_q4.onnx",
    ]
    assert _found(*names) == {
        "fp32": {"encoder": names[0], "decoder_merged": names[1]},
        "int4": {"encoder": names[2], "decoder_merged": names[3]},
    }


@pytest.mark.parametrize(
    ("suffix", "precision"),
    [
        ("", "fp32"),
        ("_fp32", "fp32"),
        ("_fp16", "fp16"),
        ("_int8", "int8"),
        ("_quantized", "int8"),
        ("_uint8", "uint8"),
        ("_int4", "int4"),
        ("_q4", "int4"),
        ("_q4f16", "q4f16"),
        ("_bnb4", "bnb4"),
    ],
)
def test_suffixes(suffix: str, precision: str) -> None:
    assert _found(f"onnx/model{suffix}.onnx") == {precision: {"model": f"onnx/model{suffix}.onnx"}}


def test_split_decoders() -> None:
    names = ("encoder_model.onnx", "decoder_model.onnx", "decoder_with_past_model.onnx")
    assert _found(*names)["fp32"] == {"encoder": names[0], "decoder": names[1], "decoder_with_past": names[2]}


def test_precisions_come_best_quality_first() -> None:
    found = precisions_in(f"onnx/model{suffix}.onnx" for suffix in ("_bnb4", "_q4", "_quantized", "_fp16", ""))
    ranks = [PRECISIONS.index(files.precision) for files in found]
    assert ranks == sorted(ranks)
    assert len(ranks) == 5


def test_the_subfolder_wins_over_the_root_and_the_plain_name_over_others() -> None:
    assert _found("model.onnx", "onnx/model.onnx")["fp32"] == {"model": "onnx/model.onnx"}
    assert _found("onnx/model_quantized.onnx", "onnx/model_int8.onnx")["int8"] == {"model": "onnx/model_int8.onnx"}


def test_external_data_belongs_to_its_graph() -> None:
    names = (
        "onnx/model.onnx",
        "onnx/model.onnx_data",
        "onnx/model.onnx_data_1",
        "onnx/model_q4.onnx",
        "onnx/model_q4.onnx.data",
    )
    fp32, int4 = precisions_in(names)
    assert fp32.external == names[1:3]
    assert int4.external == names[4:]
    assert int4.all_files == names[3:]


@pytest.mark.parametrize(
    "name", ["model_int3.onnx", "vision_model.onnx", "deep/er/model.onnx", "model.onnx.json", "MODEL.ONNX"]
)
def test_other_files_are_none(name: str) -> None:
    assert precisions_in([name]) == ()

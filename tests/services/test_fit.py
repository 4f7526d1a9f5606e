"""Fit advice: what is said before a download and a run, checked against what models really take."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from studio.domain.layout import precisions_in
from studio.domain.places import shipped_models_folder
from studio.domain.running import LoadSpec
from studio.library.fit import Need, Sizing, expected, sizing_in, sizing_of
from studio.library.store import Library
from studio.services import fit
from studio.services.candidates import resolve
from studio.services.fit import Room, fits_before, judge, need_of
from studio.services.pool import CandidatePool
from studio.services.waiting import Waiter
from studio.tasks import find_task

ROOM = Room(free_mb=8000, total_mb=16000)
SMOLLM = {
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "hidden_size": 576,
    "vocab_size": 49152,
    "max_position_embeddings": 8192,
}


@pytest.fixture
def measured_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where measured peaks are kept in this test alone."""
    monkeypatch.setattr(fit, "settings_file", lambda: tmp_path / "settings.json")
    return tmp_path / "measured.json"


@pytest.mark.parametrize(
    ("model", "task"),
    [
        ("starter/support-intents-tiny", "text-classification"),
        ("starter/sentiment-minilm", "text-classification"),
        ("starter/translate-zh-en-base", "translation"),
        ("starter/assistant-base", "chat"),
    ],
)
def test_predicted_memory_is_near_what_a_worker_takes_and_gives_way_to_it(
    model: str, task: str, measured_file: Path
) -> None:
    made = find_task(task)
    _candidate, spec = resolve(made, model, Library.open())
    predicted = need_of(spec)
    assert not predicted.measured
    sample = made.samples[0]
    with CandidatePool() as pool, pool.borrow(spec, Waiter(threading.Event(), 60)) as candidate:
        ran = Waiter(threading.Event(), 60).result(
            candidate.worker.run(sample.inputs, made.resolve_options(sample.options))
        )
        candidate.warm = True
    assert ran.peak_memory_mb
    # Never far too little; the cache of a long conversation makes it more than a short question takes.
    assert 0.9 < predicted.memory_mb / ran.peak_memory_mb < 1.6
    after = need_of(spec)
    assert after.measured
    assert after.memory_mb == pytest.approx(ran.peak_memory_mb, rel=0.1)
    # Kept on disk for the next start, and only for these files.
    fit._Peaks._all.clear()
    assert need_of(spec) == after


def test_a_damaged_file_of_peaks_counts_as_none(measured_file: Path) -> None:
    measured_file.write_text('{"a": [1e99, "x"], "b"', encoding="utf-8")
    folder = shipped_models_folder() / "starter" / "clinc150-tiny"
    assert not need_of(LoadSpec("text-classification", folder, "int8")).measured


def test_the_cache_grows_with_the_text_up_to_what_the_model_takes() -> None:
    files = precisions_in(["onnx/model_q4.onnx"])[0]
    sizing = sizing_of("chat", files, {"onnx/model_q4.onnx": 200e6}, SMOLLM)
    # Keys and values of 30 layers, 3 heads of 64, 4 bytes, past and present: 46080 bytes a token, twice.
    assert sizing.cache_mb(1000) == pytest.approx(46.08 * 2)
    assert sizing.cache_mb(100_000) == sizing.cache_mb(8192)
    needs = [expected(sizing, tokens=tokens).memory_mb for tokens in (512, 2048, 8192)]
    assert needs == sorted(needs) and needs[0] < needs[-1]
    assert expected(sizing) == expected(sizing, tokens=2048)


def test_weights_beside_the_graph_take_less() -> None:
    inside = sizing_of("chat", precisions_in(["model.onnx"])[0], {"model.onnx": 5e8}, {})
    names = {"model.onnx": 1e5, "model.onnx_data": 5e8}
    beside = sizing_of("chat", precisions_in(names)[0], names, {})
    assert beside.beside and not inside.beside
    assert beside.files_mb == pytest.approx(500.1)
    assert expected(beside).memory_mb < expected(inside).memory_mb


def test_a_graph_that_was_merged_from_two_is_counted_once() -> None:
    names = {
        "onnx/encoder_model.onnx": 50e6,
        "onnx/decoder_model.onnx": 60e6,
        "onnx/decoder_with_past_model.onnx": 58e6,
        "onnx/decoder_model_merged.onnx": 61e6,
    }
    assert sizing_of("translation", precisions_in(names)[0], names, {}).files_mb == pytest.approx(111)


def test_a_gpu_holds_the_weights_itself() -> None:
    need = expected(Sizing("fp16", (1000.0,)), "cuda")
    assert need.device_mb > 1000
    assert judge(need, Room(64_000, 64_000, gpu_free_mb=8000, gpu_total_mb=8000)).verdict == "fits"
    short = judge(need, Room(64_000, 64_000, gpu_free_mb=500, gpu_total_mb=8000))
    assert short.verdict == "tight"
    assert "GPU" in short.words
    assert judge(need, Room(64_000, 64_000, gpu_free_mb=500, gpu_total_mb=1000)).verdict == "too large"


def test_the_words() -> None:
    assert judge(Need(600), Room(21_000, 24_000)).words == "needs 0.6 GB, 21 GB free: fits"
    assert judge(Need(7900), ROOM).words == "needs 7.9 GB, 8.0 GB free; tight: close other programs"
    assert judge(Need(640, measured=True), ROOM).words == "took 0.6 GB when it ran, 8.0 GB free: fits"
    large = judge(Need(40_000), ROOM, [("fp16", Need(30_000)), ("int4", Need(400))])
    assert large.short == "too large: try int4 (0.4 GB)"
    assert judge(Need(40_000), ROOM).short == "too large for this computer"


def test_advice_before_a_download_names_the_precision_that_fits() -> None:
    names = {"onnx/model.onnx": 20e9, "onnx/model_q4.onnx": 2e9}
    found = fits_before("chat", precisions_in(names), names, ROOM, SMOLLM)
    assert found["fp32"].verdict == "too large"
    assert found["fp32"].instead and found["fp32"].instead[0] == "int4"
    assert found["int4"].verdict == "fits"


def test_the_pytorch_original_needs_pytorch_as_well(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"x" * 1000)
    assert need_of(LoadSpec("chat", tmp_path, "fp32", backend="pytorch", weights=tmp_path)).memory_mb > 800


def test_what_can_not_be_read_counts_as_nothing(tmp_path: Path) -> None:
    assert sizing_in(tmp_path / "missing", "chat", "int8").files_mb == 0
    (tmp_path / "config.json").write_text("{ not json", encoding="utf-8")
    (tmp_path / "model_int8.onnx").write_bytes(b"x")
    assert need_of(LoadSpec("chat", tmp_path, "int8")).memory_mb > 0


def test_a_container_limits_what_is_free(tmp_path: Path) -> None:
    assert fit._container_bytes(tmp_path) == (0.0, 0.0)
    (tmp_path / "memory.max").write_text("2000000000\n")
    (tmp_path / "memory.current").write_text("900000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 400000000\n")
    assert fit._container_bytes(tmp_path) == (2e9, 5e8)
    (tmp_path / "memory.max").write_text("max\n")
    assert fit._container_bytes(tmp_path) == (0.0, 0.0)

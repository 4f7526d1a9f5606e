"""int8 of speech models: smaller, nearly the same scores, and convolutions that are computed in fp32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from studio.domain.running import LoadSpec
from studio.runtime.audio_quantization import quantize_speech_int8
from studio.runtime.ctc import CtcTranscriber
from tests.runtime.test_ctc import recorded
from tests.tiny import speech
from tests.tiny.cache import TinyCache

pytestmark = pytest.mark.xdist_group("tiny-speech")


@pytest.mark.slow
def test_int8_of_a_ctc_model(tiny: TinyCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The tiny model's convolutions are smaller than what is worth it.
    monkeypatch.setattr("studio.runtime.audio_quantization._LEAST", 100)
    source = tiny.built(speech.ctc_exported, "wav2vec2", "layer")
    folder = tmp_path / "model"
    (folder / "onnx").mkdir(parents=True)
    for name in ("config.json", "vocab.json", "tokenizer_config.json", "preprocessor_config.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    method = quantize_speech_int8(source / "onnx" / "model.onnx", folder / "onnx" / "model_int8.onnx")
    assert "int8" in method
    graph = onnx.load(str(folder / "onnx" / "model_int8.onnx")).graph
    operators = [node.op_type for node in graph.node]
    assert "ConvInteger" not in operators
    assert "MatMulInteger" in operators
    assert operators.count("DequantizeLinear") == 3
    path, _samples = recorded(tmp_path, 2.0)
    exact = CtcTranscriber(LoadSpec("automatic-speech-recognition", source, threads=1)).logits(path)
    small = CtcTranscriber(LoadSpec("automatic-speech-recognition", folder, precision="int8", threads=1)).logits(path)
    assert 0 < np.abs(small - exact).mean() < 0.1 * exact.std()

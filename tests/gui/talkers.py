"""Candidates for tests of Try that say what a test wants, opened in real worker processes; and folders for them."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from studio.domain.errors import OutOfMemory
from studio.domain.prediction import GeneratedText, Prediction, Timing
from studio.domain.running import Inputs, LoadSpec, Options, Placement

#: Enough words that a test can press Stop in the middle, and a pause that makes them take a while.
_MANY, _PAUSE_S = 400, 0.02


class Talker:
    """Answers with its name and how many messages it read; some words in the last message make it misbehave."""

    def __init__(self, spec: LoadSpec) -> None:
        self._name = spec.folder.name
        fell_back = spec.device != "cpu"
        notice = "It runs on the CPU instead." if fell_back else ""
        self.placement = Placement("CPUExecutionProvider", ("CPUExecutionProvider",), threads=1, notice=notice)

    def run(
        self, inputs: Inputs, options: Options, on_text: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Prediction:
        began = time.perf_counter()
        messages = inputs.get("messages", ())
        text = messages[-1].content if messages else inputs["text"]
        if f"kill {self._name}" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if f"fill {self._name}" in text:
            raise OutOfMemory("It needed more memory than there is.", "Try a smaller precision.", "bad_alloc")
        words = text.split() if "text" in inputs else [self._name, f"read {len(messages)}", str(options.get("system"))]
        if self._name == "polite" and "text" in inputs:
            words = ["Please:", *words]
        if "long" in text:
            words = [f"word{number}" for number in range(_MANY)]
        written, count, first_s = "", 0, None
        for word in words:
            if cancelled():
                break
            written += f"{word} "
            count += 1
            on_text(f"{word} ")
            first_s = first_s or time.perf_counter() - began
            if "long" in text:
                time.sleep(_PAUSE_S)
        reason = "cancelled" if cancelled() else "stop"
        output = GeneratedText(written.strip(), tuple(range(count)), len(messages), reason)
        return Prediction(output, Timing(time.perf_counter() - began, first_s))


def open_talker(spec: LoadSpec) -> Talker:
    """Opens one."""
    return Talker(spec)


def write_folder(folder: Path, architecture: str = "LlamaForCausalLM", licence: str = "apache-2.0") -> Path:
    """A folder that the library lists as a model; nothing in it can be run for real."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"architectures": [architecture], "model_type": "llama"}))
    (folder / "tokenizer.json").write_text("{}")
    for name in ("model.onnx", "model_int8.onnx"):
        (folder / "onnx" / name).write_bytes(b"x" * 1000)
    (folder / "README.md").write_text(f"---\nlicense: {licence}\n---\n")
    return folder


def write_translator(folder: Path) -> Path:
    """A folder that the library lists as a translator."""
    write_folder(folder, "MarianMTModel")
    for part in ("encoder_model.onnx", "decoder_model_merged.onnx"):
        (folder / "onnx" / part).write_bytes(b"x" * 1000)
    return folder

"""Against llama.cpp's own server, where some Python on this computer has it: ``llama-cpp-python[server]`` and gguf.

``STUDIO_LLAMA_PYTHON`` names that Python where it is not this one.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.domain.errors import EndpointError
from studio.domain.prediction import GeneratedText, Labels
from studio.domain.running import LoadSpec, RemoteSetup, Runner, ignore_text, never_cancelled
from studio.domain.task import Message
from studio.remote.client import look
from studio.tasks import find_task

_PYTHON = os.environ.get("STUDIO_LLAMA_PYTHON", sys.executable)


def _has_llama() -> bool:
    asked = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ('llama_cpp', 'fastapi', 'gguf'))))"
    return subprocess.run([_PYTHON, "-c", asked], capture_output=True, check=False).returncode == 0


pytestmark = [pytest.mark.slow, pytest.mark.skipif(not _has_llama(), reason="llama.cpp's server is not here")]


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteSetup]:
    model = tmp_path_factory.mktemp("llama") / "tiny.gguf"
    subprocess.run([_PYTHON, str(Path(__file__).with_name("tiny_gguf.py")), str(model)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [_PYTHON, "-m", "llama_cpp.server", "--model", str(model), "--model_alias", "tiny", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--n_ctx", "1024", "--n_threads", "1", "--chat_format", "chatml", "--api_key", "sk-of-the-test"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = RemoteSetup(f"http://127.0.0.1:{port}/v1", "tiny", "sk-of-the-test", timeout_s=60.0, at_once=2)
    try:
        for _try in range(200):
            try:
                look(found)
                break
            except EndpointError:
                assert process.poll() is None
                time.sleep(0.2)
        yield found
    finally:
        process.kill()
        process.wait()


def _open(setup: RemoteSetup, task: str) -> Runner:
    return find_task(task).open_remote(LoadSpec(task, Path(), backend="openai", remote=setup))


def _run(setup: RemoteSetup, task: str, inputs: dict[str, Any], **given: Any) -> Any:
    options = find_task(task).resolve_options(given)
    return _open(setup, task).run(inputs, options, ignore_text, never_cancelled)


def test_it_lists_its_model_and_the_way_is_measured(setup: RemoteSetup) -> None:
    models, network_s = look(setup)
    assert models == ("tiny",) and network_s is not None and network_s > 0


def test_a_wrong_key_is_refused(setup: RemoteSetup) -> None:
    with pytest.raises(EndpointError, match="does not accept the key"):
        _open(RemoteSetup(setup.base_url, "tiny", "sk-something-else"), "chat")


def test_it_chats_as_long_as_it_may(setup: RemoteSetup) -> None:
    found = _run(setup, "chat", {"messages": (Message("user", "Hello"),)}, max_new_tokens=8)
    assert isinstance(found.output, GeneratedText) and found.output.finish_reason in ("length", "stop")
    assert found.timing.first_text_s is None or found.timing.first_text_s <= found.timing.end_s


@pytest.mark.parametrize("task", ["text-classification", "zero-shot-classification"])
def test_it_answers_with_a_label_because_it_can_answer_nothing_else(setup: RemoteSetup, task: str) -> None:
    # Its weights are random: only the schema keeps it to the labels.
    labels = {"choices" if task == "text-classification" else "labels": ("refund", "delivery", "invoice")}
    found = _run(setup, task, {"text": "my parcel is late"}, **labels)
    assert isinstance(found.output, Labels) and found.output.chosen[0] in ("refund", "delivery", "invoice")

"""``studio doctor`` and the start of the program."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import studio.cli.doctor
from studio import __version__
from studio.cli.app import app
from studio.domain.errors import Failure
from studio.services.devices import Advice, Diagnosis


def _diagnosis(failure: Failure | None = None) -> Diagnosis:
    facts = {
        "studio": __version__,
        "python": "3.12.1",
        "os": "Debian",
        "cpu": "AMD Ryzen 7",
        "physical_cores": 8,
        "logical_cores": 16,
        "usable_cores": 16,
        "memory_mb": 32_000.0,
    }
    command = f"{'/a/long/path' * 12}/python -m pip install onnxruntime-gpu"
    advice = (Advice("The GPU is not used.", command),)
    return Diagnosis(facts, 20_000.0, (), None, failure, (), {"torch": None}, advice)


def test_the_terminal_shows_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    diagnosis = _diagnosis()
    monkeypatch.setattr(studio.cli.doctor, "diagnose", lambda: diagnosis)
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0
    for expected in ("AMD Ryzen 7", "8 cores, 16 threads", "32.0 GB, 20.0 GB free", "not installed"):
        assert expected in result.stdout
    # A command must come in one piece, to be copied.
    assert diagnosis.advice[0].command in result.stdout


def test_the_json_is_one_document() -> None:
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["schema_version"] == 1
    assert document["environment"]["studio"] == __version__
    assert document["free_memory_mb"] > 0
    assert "CPUExecutionProvider" in document["runtime"]["providers"]
    providers = {provider["id"]: provider for provider in document["providers"]}
    assert providers["cpu"]["installed"]
    assert {"cuda", "tensorrt", "directml", "coreml", "openvino"} <= set(providers)
    assert document["test"] is None


def test_a_broken_runtime_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.cli.doctor, "diagnose", lambda: _diagnosis(Failure("WorkerCrashed", "It crashed.")))
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 1


def test_an_unknown_device_is_bad_input() -> None:
    result = CliRunner().invoke(app, ["doctor", "--test", "abacus"])
    assert result.exit_code == 2
    assert "abacus" in result.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["models", "--help"]])
def test_starting_imports_next_to_nothing(arguments: list[str]) -> None:
    """What takes time must wait until a command needs it: `--help` answers about as fast as Typer is imported."""
    program = (
        "import sys\n"
        "from studio.cli.app import app\n"
        "try:\n"
        f"    app({arguments!r})\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    modules = set(done.stderr.split())
    assert done.returncode == 0, done.stderr
    assert __version__ in done.stdout or "Usage" in done.stdout
    heavy = {"rich", "numpy", "onnxruntime", "tokenizers", "torch", "transformers", "psutil", "jinja2", "yaml"}
    assert not heavy & modules
    assert not {"PySide6", "sqlite3", "multiprocessing", "studio.services.comparison", "studio.tasks"} & modules

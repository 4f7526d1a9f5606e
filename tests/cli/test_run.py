"""``studio run``: what is printed, what other programs may rely on, and which exit code says what."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner, Result

from studio.cli.app import app
from studio.domain.comparison import Candidate, CandidateResult, Comparison
from studio.domain.errors import Failure
from tests.tiny import encoders
from tests.tiny.cache import TinyCache

TEXT = "Where is my refund?"


@pytest.fixture
def bert(tiny: TinyCache) -> str:
    return str(tiny.built(encoders.exported, "bert"))


@pytest.fixture
def distilbert(tiny: TinyCache) -> str:
    return str(tiny.built(encoders.exported, "distilbert"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """``studio run`` in this process, with an empty library of the user's own."""
    monkeypatch.setenv("STUDIO_LIBRARY", str(tmp_path))

    def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, ["run", *arguments], input=stdin)

    return invoke


def _document(result: Result) -> dict[str, Any]:
    """What was printed, which must be one JSON document and nothing else."""
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


def test_the_json_is_a_contract(run: Callable[..., Result], bert: str, distilbert: str) -> None:
    result = run("text-classification", "--model", bert, "--model", f"{distilbert}:fp32", "--input", TEXT, "--json")
    assert result.exit_code == 0, result.stderr
    document = _document(result)
    assert document["schema_version"] == 1
    assert document["task"] == "text-classification"
    assert document["input"] == TEXT
    assert [candidate["model"] for candidate in document["candidates"]] == [bert, distilbert]
    for candidate in document["candidates"]:
        assert candidate["precision"] == "fp32"
        assert candidate["device"] == "cpu"
        assert candidate["provider"] == "CPUExecutionProvider"
        assert candidate["error"] is None
        assert candidate["output"]["label"] in encoders.LABELS
        assert candidate["output"]["score"] == candidate["output"]["scores"][0]["score"]
        metrics = candidate["metrics"]
        assert metrics["load_s"] > 0
        assert metrics["latency_s"] > 0
        assert metrics["runs"] == len(metrics["latencies_s"]) >= 10
        assert metrics["peak_memory_mb"] >= metrics["idle_memory_mb"] > 10
        assert {"ttft_s", "tpot_s", "decode_tokens_per_s"} <= set(metrics)
    assert document["environment"]["onnxruntime"]


def test_the_table_shows_answers_then_figures(run: Callable[..., Result], bert: str, distilbert: str) -> None:
    result = run("text-classification", "-m", bert, "-m", distilbert, "-i", TEXT, "--runs", "3", "--top-k", "1")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.index("Answer") < result.stdout.index("Answer in (latency)")
    assert "CPU" in result.stdout
    assert "%" in result.stdout


def test_options_of_the_task_are_flags(run: Callable[..., Result], bert: str) -> None:
    arguments = ("text-classification", "-m", bert, "-i", TEXT, "--runs", "1", "--json")
    scores = _document(run(*arguments, "--top-k", "1"))["candidates"][0]["output"]["scores"]
    assert len(scores) == 1
    assert len(_document(run(*arguments))["candidates"][0]["output"]["scores"]) == len(encoders.LABELS)


@pytest.mark.parametrize("source", ["file", "stdin", "pipe", "--input", "--input-file"])
def test_the_input_can_come_from_elsewhere(run: Callable[..., Result], bert: str, tmp_path: Path, source: str) -> None:
    arguments = ["text-classification", "-m", bert, "--runs", "1", "--json"]
    if source == "file":
        file = tmp_path / "text.txt"
        file.write_bytes(b"\xef\xbb\xbf" + f"{TEXT} 退款\n".encode())
        result = run(*arguments, "--input-file", str(file))
    else:
        given = {"stdin": ["-"], "pipe": []}.get(source, [source, "-"])
        result = run(*arguments, *given, stdin=f"{TEXT} 退款\n")
    assert result.exit_code == 0, result.stderr
    # A byte order mark and the last line's end belong to the file, not to the input.
    assert _document(result)["input"] == f"{TEXT} 退款"


@pytest.mark.parametrize(
    "text",
    ["🙂" * 50, "\x00\x07\x1b[2J", "שלום עולם, איפה ההחזר שלי?", "ok \ud83d", "word " * 40_000],
    ids=["emoji", "control characters", "right to left", "half a character", "very long"],
)
def test_strange_text_gets_a_sensible_answer(run: Callable[..., Result], bert: str, tmp_path: Path, text: str) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(text.encode("utf-8", errors="replace"))
    result = run("text-classification", "-m", bert, "--input-file", str(file), "--runs", "1", "--json")
    assert result.exit_code == 0, result.stderr
    candidate = _document(result)["candidates"][0]
    assert candidate["output"]["label"] in encoders.LABELS
    if len(text) > 1000:
        (notice,) = candidate["notices"]
        assert "left out" in notice


def test_bad_input_is_one_sentence_and_exit_code_2(run: Callable[..., Result], bert: str, tmp_path: Path) -> None:
    binary = tmp_path / "picture.png"
    binary.write_bytes(b"\x89PNG\r\n\xff\xfe")
    known = ("text-classification", "-m", bert, "-i", TEXT)
    cases: dict[tuple[str, ...], str] = {
        ("poetry", "-m", bert, "-i", TEXT): "no task 'poetry'",
        ("text-classification", "-m", "starter/nothing", "-i", TEXT): "starter/nothing",
        ("text-classification", "-m", f"{bert}:int3", "-i", TEXT): "int3",
        ("text-classification", "-m", f"{bert}:int8", "-i", TEXT): "no int8",
        ("text-classification", "-i", TEXT): "at least one model",
        ("text-classification", "-m", bert, "-i", ""): "empty",
        ("text-classification", "-m", bert, "-i", " \n\t\u200b"): "empty",
        ("text-classification", "-m", bert, "--input-file", str(tmp_path / "none.txt")): "can't be read",
        ("text-classification", "-m", bert, "--input-file", str(tmp_path)): "can't be read",
        ("text-classification", "-m", bert, "--input-file", str(binary)): "not UTF-8",
        ("text-classification", "-m", bert, "-i", TEXT, "--input-file", str(binary)): "once",
        ("text-classification", "-m", bert, "hello"): "too many",
        (*known, "-m", bert): "named twice",
        (*known, "--device", "abacus"): "abacus",
        (*known, "--baseline", "tensorflow"): "tensorflow",
        (*known, "--top-k", "0"): "top_k",
    }
    for arguments, says in cases.items():
        result = run(*arguments)
        assert result.exit_code == 2, (arguments, result.output)
        assert says in result.stderr, arguments
        assert result.stdout == "", arguments
        assert "Traceback" not in result.stderr
        assert len(result.stderr.splitlines()) == 1, result.stderr


def _refused(model: str, kind: str) -> CandidateResult:
    return CandidateResult(Candidate(model, "fp32"), failure=Failure(kind, "No such pair.", "Choose en-zh."))


@pytest.mark.parametrize("as_json", [False, True])
def test_what_every_candidate_refuses_is_bad_input(
    run: Callable[..., Result], bert: str, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    """Such as a language pair that only the opened model can judge."""
    refused = Comparison("text-classification", {"text": TEXT}, {}, (_refused("a", "InputError"),), {})
    monkeypatch.setattr("studio.cli.run_task.compare", lambda *_a, **_k: refused)
    result = run("text-classification", "-m", bert, "-i", TEXT, *(["--json"] if as_json else []))
    assert result.exit_code == 2
    assert result.stderr == "Error: No such pair. Choose en-zh.\n"
    if as_json:
        assert _document(result)["candidates"][0]["error"]["kind"] == "InputError"
    else:
        assert result.stdout == ""


def test_what_one_candidate_refuses_is_its_own_failure(
    run: Callable[..., Result], bert: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = (_refused("a", "InputError"), _refused("b", "WorkerCrashed"))
    mixed = Comparison("text-classification", {"text": TEXT}, {}, results, {})
    monkeypatch.setattr("studio.cli.run_task.compare", lambda *_a, **_k: mixed)
    result = run("text-classification", "-m", bert, "-i", TEXT)
    assert result.exit_code == 1
    assert "No such pair." in result.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="command lines are text there")
@pytest.mark.parametrize("source", ["file", "stdin"])
def test_an_input_that_is_too_large_is_refused_and_not_cut(
    run: Callable[..., Result], bert: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setattr("studio.cli.run_task._MAX_INPUT_BYTES", len(TEXT))
    file = tmp_path / "text.txt"
    file.write_text(TEXT + "!")
    given = ["--input-file", str(file)] if source == "file" else ["-"]
    result = run("text-classification", "-m", bert, *given, stdin=None if source == "file" else TEXT + "!")
    assert result.exit_code == 2
    assert "too large" in result.stderr


def test_bytes_that_are_no_text(program: Callable[..., subprocess.Popen[str]], bert: str) -> None:
    running = program("-m", bert, "--runs", "1", "--json", "--input", os.fsdecode(b"caf\xe9 refund"))
    out, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    assert json.loads(out)["input"] == "caf? refund"


def test_a_device_that_is_not_installed_fails_that_candidate(run: Callable[..., Result], bert: str) -> None:
    result = run("text-classification", "-m", bert, "-i", TEXT, "--device", "directml", "--json")
    assert result.exit_code == 1
    error = _document(result)["candidates"][0]["error"]
    assert error["kind"] == "DeviceError"
    assert "studio doctor" in error["next_step"]


def test_one_candidate_that_fails_leaves_the_others(
    run: Callable[..., Result], bert: str, distilbert: str, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    subprocess.run(["cp", "-r", bert, str(damaged)], check=True)
    graph = damaged / "onnx" / "model.onnx"
    graph.write_bytes(graph.read_bytes()[: graph.stat().st_size // 2])
    result = run("text-classification", "-m", str(damaged), "-m", distilbert, "-i", TEXT, "--runs", "1", "--json")
    assert result.exit_code == 1
    bad, good = _document(result)["candidates"]
    assert bad["error"]["kind"] == "DamagedModelError"
    assert bad["output"] is None
    assert bad["metrics"]["latency_s"] is None
    assert good["error"] is None
    assert good["output"]["label"]


def test_the_baseline_answers_the_same(run: Callable[..., Result], bert: str) -> None:
    result = run("text-classification", "-m", bert, "-i", TEXT, "--baseline", "pytorch", "--runs", "1", "--json")
    assert result.exit_code == 0, result.stderr
    onnx, pytorch = _document(result)["candidates"]
    assert (onnx["backend"], pytorch["backend"]) == ("onnx", "pytorch")
    assert pytorch["provider"] == "PyTorch"
    assert pytorch["output"]["label"] == onnx["output"]["label"]
    assert pytorch["output"]["score"] == pytest.approx(onnx["output"]["score"], abs=1e-4)


def test_help_shows_what_the_task_can_be_told(run: Callable[..., Result]) -> None:
    result = run("text-classification", "--help")
    assert result.exit_code == 0
    for flag in ("--model", "--input-file", "--device", "--json", "--top-k"):
        assert flag in result.stdout
    assert "text-classification" in run("--help").stdout


# ── a program of its own, for signals ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    begun: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "studio.cli.app", "run", "text-classification", *arguments],
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "STUDIO_LIBRARY": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        # A test that failed leaves nothing running.
        process.kill()


def _workers(program: subprocess.Popen[str]) -> list[psutil.Process]:
    """The program's worker processes, once there is one."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and program.poll() is None:
        children = psutil.Process(program.pid).children()
        found = [child for child in children if "spawn_main" in " ".join(_command(child))]
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("no worker was started")


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
def test_ctrl_c_ends_everything_with_one_line(program: Callable[..., subprocess.Popen[str]], bert: str) -> None:
    running = program("-m", bert, "-i", TEXT, "--runs", "10000000", "--json")
    workers = _workers(running)
    time.sleep(0.5)
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert running.returncode == 130
    assert out == ""
    assert err.split("\n") == ["", "Stopped.", ""]
    _gone, alive = psutil.wait_procs(workers, timeout=120)
    assert alive == []


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
def test_a_crash_of_one_leaves_the_others(
    program: Callable[..., subprocess.Popen[str]], bert: str, distilbert: str
) -> None:
    running = program("-m", bert, "-m", distilbert, "-i", TEXT, "--runs", "1", "--json")
    _workers(running)[0].send_signal(signal.SIGSEGV)
    out, _err = running.communicate(timeout=120)
    assert running.returncode == 1
    crashed, answered = json.loads(out)["candidates"]
    assert crashed["error"]["kind"] == "WorkerCrashed"
    assert "SIGSEGV" in crashed["error"]["message"]
    assert answered["error"] is None
    assert answered["output"]["label"] in encoders.LABELS

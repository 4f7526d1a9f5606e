"""``studio evaluate`` as a program: real models, sample data, files that are written, and being killed."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

# One process builds what they share.
pytestmark = pytest.mark.xdist_group("cli-evaluate")

_TINY = "starter/support-intents-tiny"
_SMALL = "starter/support-intents-small"


def _studio(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "studio.cli.app", "evaluate", *arguments],
        capture_output=True, text=True, cwd=cwd, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


def _file(path: Path, rows: int) -> Path:
    texts = [("cancel my order", "cancel_order"), ("where is my refund?", "track_refund"), ("talk to a person", "x")]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["message", "intent", "vendor"])
        for n in range(rows):
            text, label = texts[n % 3]
            writer.writerow([f"{text} {n}", label, "=cmd|calc"])
    return path


@pytest.fixture(scope="module")
def support(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("support")
    ran = _studio(
        "text-classification", "--data", "sample:support", "-m", _TINY, "-m", _SMALL, "--project", "p.studio",
        "--json", "out.json", "--csv", "out.csv", "--lm-eval", "lm.json", "--llm-comparator", "cmp.json", cwd=folder,
    )  # fmt: skip
    return folder, ran


def test_a_sample_through_two_models(support: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, ran = support
    assert ran.returncode == 0, ran.stderr
    assert "accuracy" in ran.stdout
    assert "95 % interval" in ran.stdout
    document = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert document["schema_version"] == 1
    assert [candidate["kind"] for candidate in document["candidates"]] == ["model", "model", "recorded"]
    first = document["candidates"][0]
    assert (first["model"], first["precision"]) == (_TINY, "int8")
    assert set(first["metrics"]["accuracy"]) == {"value", "low", "high", "n", "method"}
    right = sum(row["prediction"] == row["reference"] for row in first["rows"])
    assert first["metrics"]["accuracy"]["value"] == pytest.approx(right / len(first["rows"]))
    assert {"a", "b", "metric", "difference", "low", "high", "p_value", "test"} <= set(document["comparisons"][0])
    assert document["environment"]["onnxruntime"]


def test_the_other_formats(support: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ran = support
    with (folder / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 200
    assert lines[0][f"{_TINY}:int8: right"] in ("yes", "no")
    harness = json.loads((folder / "lm.json").read_text())
    assert 0 < harness["results"][f"{_TINY}:int8"]["accuracy,none"] <= 1
    comparator = json.loads((folder / "cmp.json").read_text())
    assert len(comparator["models"]) == 2
    assert {"input_text", "output_text_a", "output_text_b", "score"} <= set(comparator["examples"][0])


def test_the_same_command_again_runs_nothing_again(support: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, first = support
    again = _studio(
        "text-classification",
        "--data",
        "sample:support",
        "-m",
        _TINY,
        "-m",
        _SMALL,
        "--project",
        "p.studio",
        cwd=folder,
    )
    assert again.returncode == 0
    assert again.stdout == first.stdout
    assert "nothing runs again" in again.stderr


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_with_the_rest(tmp_path: Path) -> None:
    data = _file(tmp_path / "d.csv", 2000)
    command = [
        "text-classification",
        "--data",
        str(data),
        "-m",
        _TINY,
        "--input-column",
        "message",
        "--batch-size",
        "4",
    ]
    whole = _studio(*command, "--project", "whole.studio", "--json", "whole.json", cwd=tmp_path)
    assert whole.returncode == 0, whole.stderr
    process = subprocess.Popen(
        [sys.executable, "-m", "studio.cli.app", "evaluate", *command, "--project", "cut.studio"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    _wait_for_answers(tmp_path / "cut.studio", process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = _count(tmp_path / "cut.studio")
    assert 0 < kept < 2000
    rest = _studio(*command, "--project", "cut.studio", "--json", "cut.json", cwd=tmp_path)
    assert rest.returncode == 0, rest.stderr
    assert "goes on with the rest" in rest.stderr
    one, other = (json.loads((tmp_path / name).read_text())["candidates"][0] for name in ("whole.json", "cut.json"))
    assert one["metrics"] == other["metrics"]
    assert [_answer(row) for row in one["rows"]] == [_answer(row) for row in other["rows"]]
    assert len(other["rows"]) == 2000


@pytest.mark.slow
def test_an_interrupt_keeps_what_is_done_and_says_how_to_go_on(tmp_path: Path) -> None:
    data = _file(tmp_path / "d.csv", 3000)
    command = ["text-classification", "--data", str(data), "-m", _TINY, "--batch-size", "4", "--project", "p.studio"]
    process = subprocess.Popen(
        [sys.executable, "-m", "studio.cli.app", "evaluate", *command],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    _wait_for_answers(tmp_path / "p.studio", process)
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "The same command goes on" in err
    assert "Traceback" not in err
    assert 0 < _count(tmp_path / "p.studio") < 3000


@pytest.mark.slow
def test_a_project_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    data = _file(tmp_path / "d.csv", 3)
    arguments = ["text-classification", "--data", str(data), "-m", _TINY, "--project", "p.studio"]
    assert _studio(*arguments, cwd=tmp_path).returncode == 0
    (tmp_path / "p.studio").chmod(0o444)
    before = (tmp_path / "p.studio").read_bytes()
    ran = _studio(*arguments, cwd=tmp_path)
    assert ran.returncode == 1
    assert "read-only" in ran.stderr
    assert (tmp_path / "p.studio").read_bytes() == before


@pytest.mark.slow
def test_repeats_show_their_spread(tmp_path: Path) -> None:
    ran = _studio(
        "chat", "--data", "sample:shop-chat", "-m", "starter/assistant-small", "--limit", "3", "--repeats", "2",
        "--temperature", "0.8", cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "between repeats" in ran.stdout


def _answer(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["id"], row["prediction"], row["scores"]


def _count(project: Path) -> int:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{project}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])
    except sqlite3.Error:
        return 0


def _wait_for_answers(project: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while _count(project) < 200:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_recorded_only_and_formulas_are_neutralised(tmp_path: Path) -> None:
    data = _file(tmp_path / "d.csv", 6)
    ran = _studio(
        "text-classification", "--data", str(data), "--recorded", "Vendor=vendor", "--input-column", "message",
        "--reference-column", "intent", "--csv", "out.csv", cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "'=cmd|calc" in text
    assert ",=cmd" not in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "none.csv", "-m", _TINY], "none.csv"),
        (["--data", "d.csv", "-m", _TINY, "--input-column", "nothing"], "nothing"),
        (["--data", "d.csv"], "no candidate"),
        (["--data", "d.csv", "-m", "starter/nobody"], "nobody"),
        (["--data", "d.csv", "-m", _TINY, "--json", "no/such/folder.json"], "folder"),
        (["--data", "d.csv", "--recorded", "Vendor"], "NAME=VALUE"),
        (["--data", "sample:nothing", "-m", _TINY], "sample:support"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arguments: list[str], says: str) -> None:
    _file(tmp_path / "d.csv", 3)
    ran = _studio("text-classification", *arguments, cwd=tmp_path)
    assert ran.returncode == 2
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr

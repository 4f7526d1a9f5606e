"""``studio teach`` in a terminal: what it refuses, and a model that is killed, continued and stopped."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner, Result

from studio.cli.app import app
from studio.cli.teach_thorough import Progress, ordering
from studio.services.fine_tuning import Control, Epoch, Step
from studio.tasks import find_task
from tests.teaching import lessons

_NAMED = ("--name", "mine/wishes")


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """The program in this process, with an empty library of the user's own."""
    monkeypatch.setenv("STUDIO_LIBRARY", str(tmp_path / "library"))

    def invoke(*arguments: str) -> Result:
        named = () if "--name" in arguments else _NAMED
        return CliRunner().invoke(app, ["teach", *arguments, *named])

    return invoke


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("text-classification",), "--data"),
        (("text-classification", "--continue"), "no unfinished model mine/wishes"),
        (("text-classification", "--data", "sample:support", "--epochs", "3"), "--method thorough"),
        (("text-classification", "--data", "sample:support", "--threads", "1"), "--threads belongs to the thorough"),
        (("text-classification", "--data", "sample:support", "--method", "slow"), "quick, thorough"),
        (("translation", "--data", "sample:en-zh"), "--method thorough"),
        (
            ("regression", "--data", "sample:support", "--input-column", "message", "--label-column", "message"),
            "the same column: message",
        ),
        (("image-classification", "--data", "sample:clothes", "--method", "thorough"), "can't be taught"),
        (("chat", "--data", "sample:shop-chat", "--method", "thorough", "--epochs", "0"), "epochs"),
        (
            ("chat", "--data", "sample:shop-chat", "--method", "thorough", "--base", "starter/minilm-embeddings"),
            "can't be fine-tuned for chat",
        ),
    ],
)
def test_what_can_not_be_done_as_asked_is_said(
    studio: Callable[..., Result], arguments: tuple[str, ...], says: str
) -> None:
    result = studio(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("method", ["quick", "thorough"])
def test_a_model_that_ships_is_never_hidden_by_one_of_its_name(studio: Callable[..., Result], method: str) -> None:
    named = ("--name", "starter/support-intents-tiny", "--replace", "--method", method)
    result = studio("text-classification", "--data", "sample:support", *named)
    assert result.exit_code == 2
    assert "comes with the studio" in result.stderr
    assert "mine/support-intents-tiny" in result.stderr


def test_ctrl_c_keeps_then_cancels_then_ends(capsys: pytest.CaptureFixture[str]) -> None:
    control = Control()
    before = signal.getsignal(signal.SIGINT)
    with Progress(find_task("text-classification"), quiet=False) as progress, ordering(control, progress):
        signal.raise_signal(signal.SIGINT)
        assert control.keeps
        assert not control.cancelled.is_set()
        signal.raise_signal(signal.SIGINT)
        assert control.cancelled.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert "--continue" in capsys.readouterr().err


def test_each_epoch_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(find_task("text-classification"), quiet=False) as progress:
        progress.epoch(Epoch(0, 4, None, 0.9, 0.5, True, 0.1, 4.0))
        progress.epoch(Epoch(1, 4, 0.7, 0.8123, 0.625, True, 0.1, 3.0))
        progress.epoch(Epoch(2, 4, 0.6, 0.85, 0.6, False, 0.1, 2.0))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[1].split() == ["0/4", "–", "0.9000", "50.0", "%", "*"]
    assert lines[2].split() == ["1/4", "0.7000", "0.8123", "62.5", "%", "*"]
    assert not lines[3].endswith("*")


def test_what_is_learned_once_more_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(find_task("text-classification"), quiet=False) as progress:
        progress.step(Step(1, 4, 1.0, 0.9, 4.0))
        progress.stage("again", None, "Learning once more")
        progress.step(Step(1, 2, 0.5, 0.8, 3.0))
        progress.step(Step(1, 2, 1.0, 0.7, 2.0))
        progress.step(Step(2, 2, 1.0, 0.6, 0.0))
    lines = [line.split() for line in capsys.readouterr().err.splitlines()]
    assert lines[1:] == [["1/2", "0.7000", "–", "–"], ["2/2", "0.6000", "–", "–"]]


def _teaching(arguments: list[str], until: str) -> subprocess.Popen[str]:
    """A program of its own that teaches, once it has said a line that begins so."""
    command = [sys.executable, "-m", "studio.cli.app", "teach", "text-classification", *_NAMED, *arguments]
    studio = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert studio.stderr is not None
    for line in studio.stderr:
        if line.strip().startswith(until):
            break
    return studio


@pytest.mark.slow
def test_a_killed_studio_is_continued_and_ctrl_c_keeps_the_best_so_far(
    studio: Callable[..., Result], tmp_path: Path
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    shutil.copytree(lessons.SHIPPED, library / "base")
    sheet = tmp_path / "wishes.csv"
    sheet.write_text("message,wish\n" + "".join(f"{text},{label}\n" for text, label in lessons.WISHES), "utf-8")
    arguments = ["--library", str(library), "--data", str(sheet), "--base", "base"]
    arguments += ["--method", "thorough", "--epochs", "900", "--patience", "0", "--threads", "1"]
    with _teaching(arguments, until="1/900") as running:
        children = psutil.Process(running.pid).children(recursive=True)
        running.kill()
    # No trainer outlives its studio.
    assert children
    _gone, alive = psutil.wait_procs(children, timeout=120)
    assert not alive
    refused = studio("text-classification", *arguments)
    assert refused.exit_code == 2
    assert "--continue" in refused.stderr
    with _teaching(["--library", str(library), "--continue"], until="2/900") as running:
        running.send_signal(signal.SIGINT)
        said, _progress = running.communicate(timeout=300)
    assert running.returncode == 0
    assert "kept" in said
    # It can stand beside its base at once.
    assert "--input-column message --label-column wish -m mine/wishes -m base" in said
    document = json.loads((library / "mine" / "wishes" / "taught.json").read_text("utf-8"))
    assert document["ended"] == "stopped"
    assert 2 <= len(document["history"]) < 900
    assert not list(library.glob(".teaching-*"))

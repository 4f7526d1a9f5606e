"""``studio evaluate … --cluster`` as a program: a cluster of this computer, and what can't be used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from studio.cli.app import app

_ROOT = Path(__file__).parents[2]
_COMMON = ("text-classification", "--data", "sample:support", "-m", "starter/support-intents-tiny")


def _studio(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "studio.cli.app", "evaluate", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        (("--workers", "2"), 2, "--workers is for --cluster."),
        (("--cluster", "http://head:6379"), 2, "'http://head:6379' is no address of a Ray cluster."),
        (("--cluster", "127.0.0.1:1"), 1, "There is no Ray cluster at 127.0.0.1:1"),
    ],
)
def test_what_can_not_be_used_is_said(given: tuple[str, ...], code: int, says: str) -> None:
    pytest.importorskip("ray")
    ran = CliRunner().invoke(app, ("evaluate", *_COMMON, *given))
    assert ran.exit_code == code
    assert says in " ".join(ran.stderr.split())
    assert "Traceback" not in ran.stderr


def test_without_ray_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    # What an interpreter without Ray does when it is imported.
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "__init__.py").write_text("raise ImportError('No module named ray')", encoding="utf-8")
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from studio.cli.app import app; app()"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), "evaluate", *_COMMON, "--cluster", "local"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(_ROOT)])},
    )
    assert ran.returncode == 1
    assert "needs Ray, which is not installed" in ran.stderr
    assert "prototype-studio[cluster]" in ran.stderr


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_a_cluster_of_this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    home = tmp_path / "home"
    home.mkdir()
    own = ("--limit", "64", "--project", "p.studio", "--json", "out.json")
    monkeypatch.setenv("HOME", str(home))
    ran = _studio(*_COMMON, *own, "--cluster", "local", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "On a Ray cluster of this computer: 64 rows in" in ran.stderr
    # Ray itself says nothing in the user's terminal, and leaves no token in the home folder.
    assert "ray" not in ran.stderr.replace("Ray cluster", "")
    assert not (home / ".ray").exists()
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    (model,) = [each for each in document["candidates"] if each["kind"] == "model"]
    assert model["cluster"]["rows"] == 64
    assert document["environment"]["cluster"] == "local"
    # Everything is answered, so the same command joins no cluster.
    again = _studio(*_COMMON, *own, "--cluster", "127.0.0.1:1", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "nothing runs again" in again.stderr

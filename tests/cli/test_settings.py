"""``studio settings`` shows and changes settings, with exit codes that scripts can rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from studio.cli.app import app
from studio.services.settings import SETTINGS


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "settings.json"
    monkeypatch.setenv("STUDIO_SETTINGS", str(path))
    # `apply` writes these; monkeypatch puts them back.
    for variable in ("STUDIO_LANGUAGE", "STUDIO_LIBRARY", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    return path


def studio(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["settings", *arguments])


def test_all_are_shown(file: Path) -> None:
    result = studio()
    assert result.exit_code == 0
    assert all(setting.key in result.stdout for setting in SETTINGS)
    rows = json.loads(studio("--json").stdout)
    assert [row["key"] for row in rows] == [setting.key for setting in SETTINGS]
    assert rows[1] | {"title": "", "help": ""} == {
        "key": "theme",
        "value": "system",
        "default": "system",
        "source": "default",
        "choices": ["system", "light", "dark"],
        "title": "",
        "help": "",
    }


def test_one_is_changed_and_reset(file: Path) -> None:
    assert studio("theme", "dark").stdout == "dark\n"
    assert json.loads(file.read_text()) == {"theme": "dark"}
    assert studio("theme").stdout == "dark\n"
    assert studio("offline", "on").stdout == "yes\n"
    assert studio("theme", "--reset").stdout == "system\n"
    assert json.loads(file.read_text()) == {"offline": True}


@pytest.mark.parametrize(
    "arguments", [("theme", "blue"), ("colour",), ("colour", "red"), ("--reset",), ("theme", "dark", "--reset")]
)
def test_what_cannot_be_exits_with_2(file: Path, arguments: tuple[str, ...]) -> None:
    result = studio(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert not file.exists()


def test_a_damaged_file_is_said_and_no_obstacle(file: Path) -> None:
    file.write_text("{")
    result = studio("theme", "dark")
    assert result.exit_code == 0
    assert "damaged" in result.stderr
    assert json.loads(file.read_text()) == {"theme": "dark"}

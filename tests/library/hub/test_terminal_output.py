"""What ``studio models catalog | search | download | downloads | repair | import-cache`` print, in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from studio.cli.app import app
from studio.library.store import Library
from studio.services.fit import Room
from tests.library.hub.server import FakeHub, Repository


@pytest.fixture
def studio(library: Library, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs ``studio models …`` with an empty library."""
    monkeypatch.setenv("STUDIO_LIBRARY", str(library.own))
    monkeypatch.setenv("COLUMNS", "160")

    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["models", *words])
        assert result.exit_code == code, result.output
        return result

    return run


def test_catalog(studio: Any) -> None:
    rows = json.loads(studio("catalog", "translation", "--json").stdout)
    assert {"id", "task", "purpose", "languages", "licence", "parameters", "in_library"} <= set(rows[0])
    assert {row["task"] for row in rows} == {"translation"}
    text = studio("catalog").stdout
    assert "Xenova/opus-mt-en-zh  en, zh, apache-2.0" in text
    assert "very many languages" in text
    assert "no task" in studio("catalog", "cooking", code=2).stderr


def test_search(studio: Any, model: Repository, hub: FakeHub) -> None:
    (row,) = json.loads(studio("search", "text-classification", "intents", "--json").stdout)
    assert (row["id"], row["usual_precision"], row["licence"]) == ("acme/intents", "int8", "apache-2.0")
    assert row["precisions"] == {"int8": pytest.approx(1.12, abs=0.01)}
    assert row["fit"]["int8"]["verdict"] == "fits"
    assert "int8 1 MB, fits" in studio("search", "text-classification").stdout
    assert "no such model" in studio("search", "translation").stdout
    hub.add(Repository("acme/weights", {"config.json": b"{}", "model.safetensors": b"x" * 2_000_000}, tags=()))
    assert "to be converted, 2 MB" in studio("search", "text-classification", "weights", "--weights").stdout


def test_what_will_not_run_is_said_before_a_download(
    studio: Any, model: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("studio.cli.models_find.room", lambda: Room(60, 100))
        assert "int8 1 MB, too large" in studio("search", "text-classification").stdout
    assert "int8: 1.1 MB to download; needs 0." in studio("download", "acme/intents", "--id", "x").stderr


def test_download_and_what_the_library_says_of_it(studio: Any, model: Repository) -> None:
    assert studio("downloads").stdout == "No download is unfinished.\n"
    said = studio("download", "acme/intents").stdout
    assert "Precisions: int8" in said
    assert "Licence: apache-2.0 (free to use)" in said
    assert "studio run text-classification --model acme/intents" in said
    assert f"acme/intents, version {model.sha[:12]}" in studio("info", "acme/intents").stdout
    assert json.loads(studio("info", "acme/intents", "--json").stdout)["revision"] == model.sha
    assert "in your library" not in studio("catalog").stdout
    assert "nothing had to be fetched" in studio("repair", "acme/intents").stdout
    assert "that frees 1.1 MB" in studio("remove", "acme/intents", "--yes").stdout


def test_the_catalog_says_what_is_here(studio: Any, model: Repository, hub: FakeHub) -> None:
    hub.add(Repository("Xenova/toxic-bert", dict(model.files)))
    studio("download", "Xenova/toxic-bert", "--id", "toxic")
    rows = json.loads(studio("catalog", "text-classification", "--json").stdout)
    assert {row["id"]: row["in_library"] for row in rows}["Xenova/toxic-bert"] == ["toxic"]
    assert "in your library" in studio("catalog").stdout


def test_downloads_that_failed_are_listed_and_given_up(studio: Any, model: Repository) -> None:
    model.files["README.md"] = b"---\nlicense: cc-by-nc-4.0\n---\n"
    assert "cc-by-nc-4.0" in studio("download", "acme/intents", code=2).stderr
    (row,) = json.loads(studio("downloads", "--json").stdout)
    assert (row["id"], row["stage"]) == ("acme/intents", "failed")
    assert "cc-by-nc-4.0" in row["problem"]
    assert "has conditions" in studio("downloads", "--resume", "all", code=2).stderr
    assert "was given up" in studio("downloads", "--cancel", "acme/intents").stdout
    assert studio("downloads").stdout == "No download is unfinished.\n"


@pytest.mark.usefixtures("snapshot")
def test_import_cache(studio: Any) -> None:
    (row,) = json.loads(studio("import-cache", "--json").stdout)
    assert (row["hub_id"], row["usable"], row["linked"]) == ("acme/intents", True, False)
    assert "can be used" in studio("import-cache").stdout
    assert "its files stay in" in studio("import-cache", "acme/intents").stdout
    assert "in your library" in studio("import-cache").stdout
    assert "its files are still in" in studio("remove", "acme/intents", "--yes").stdout

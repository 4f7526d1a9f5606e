"""``studio models …``: what other programs rely on, and what people read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from studio.cli.app import app
from studio.domain.model import Fidelity
from studio.library import store
from studio.library.manifest import Manifest, PrecisionRecord, Source, record_files, write_manifest
from studio.services import settings
from tests.tiny import encoders
from tests.tiny.cache import TinyCache


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user who runs the tests: no settings, no models; ``own`` is the library."""
    monkeypatch.setattr(store, "shipped_models_folder", lambda: tmp_path / "shipped")
    given = {"STUDIO_LIBRARY": str(tmp_path / "own"), "STUDIO_LANGUAGE": "en"}
    for name, value in {**given, "STUDIO_SETTINGS": str(tmp_path / "settings.json"), "HF_HUB_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, value)
    # What a process was started with is read once.
    monkeypatch.setattr(settings, "_GIVEN", given)


@pytest.fixture
def shipped(tiny: TinyCache, tmp_path: Path) -> Path:
    """A shipped model, ``starter/tiny``; the user's own library is empty."""
    return _put(tiny, tmp_path / "shipped" / "starter" / "tiny")


@pytest.fixture
def own(shipped: Path, tiny: TinyCache, tmp_path: Path) -> Path:
    """A user's model, ``my/model``."""
    return _put(tiny, tmp_path / "own" / "my" / "model")


def _put(tiny: TinyCache, folder: Path) -> Path:
    shutil.copytree(tiny.built(encoders.exported, "bert"), folder)
    (folder / "model.safetensors").unlink()
    (folder / "README.md").write_text(
        "---\nlicense: apache-2.0\nlanguage: [en]\nmodel-index:\n- results:\n"
        "  - metrics: [{type: accuracy, value: 0.9}]\n---\n"
    )
    records = {"fp32": PrecisionRecord("by hand")}
    write_manifest(folder, Manifest("text-classification", Source("tiny"), {}, record_files(folder), records, 26_000))
    return folder


def _studio(*arguments: str | Path, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)], input=answer)


def _json(*arguments: str | Path) -> Any:
    result = _studio(*arguments, "--json")
    assert result.stderr == ""
    return json.loads(result.stdout)


def test_list_is_a_contract(own: Path, shipped: Path) -> None:
    rows = _json("list")
    assert [row["id"] for row in rows] == ["my/model", "starter/tiny"]
    assert rows[1] == {
        "id": "starter/tiny",
        "task": "text-classification",
        "precisions": ["fp32"],
        "licence": "apache-2.0",
        "languages": ["en"],
        "size_mb": pytest.approx(sum(p.stat().st_size for p in shipped.rglob("*") if p.is_file()) / 1e6, abs=0.001),
        "path": str(shipped),
        "state": "ready",
    }


def test_list_of_nothing() -> None:
    assert _json("list") == []
    assert "studio models add" in _studio("list").stdout


def test_list_for_people(own: Path) -> None:
    (own / "tokenizer.json").unlink()
    shown = _studio("list").stdout
    assert "starter/tiny" in shown
    assert "apache-2.0" in shown
    assert "tokenizer.json" in shown


def test_list_by_task(shipped: Path) -> None:
    assert len(_json("list", "--task", "text-classification")) == 1
    result = _studio("list", "--task", "telepathy")
    assert result.exit_code == 2
    assert "text-classification" in result.stderr


def test_a_damaged_model_is_listed_as_such(own: Path) -> None:
    (own / "onnx" / "model.onnx").write_bytes(b"x")
    assert [row["state"] for row in _json("list")] == ["damaged", "ready"]


def test_info(shipped: Path) -> None:
    shown = _studio("info", "starter/tiny").stdout
    for word in ("apache-2.0", "bert", "26,000", "cancel_order", "by hand", "accuracy 0.9"):
        assert word in shown
    row = _json("info", "starter/tiny")
    assert row["shipped"] is True
    assert row["labels"] == ["cancel_order", "track_refund", "get_invoice"]
    assert row["methods"] == {"fp32": "by hand"}
    assert row["card_metrics"][0]["value"] == 0.9


@pytest.mark.parametrize(("reference", "shown"), [("pytorch", "PyTorch"), ("onnx-fp32", "ONNX fp32")])
def test_info_says_what_a_precision_was_compared_with(shipped: Path, reference: str, shown: str) -> None:
    record = PrecisionRecord("by hand", fidelity=Fidelity(0.25, 0.5, 4), reference=reference)
    write_manifest(
        shipped, Manifest("text-classification", Source("tiny"), {}, record_files(shipped), {"fp32": record}, 26_000)
    )
    (line,) = [line for line in _studio("info", "starter/tiny").stdout.splitlines() if "by hand" in line]
    assert "50.0% of 4 inputs" in line
    assert [cell.strip() for cell in line.split("│")[5:6]] == [shown]


def test_info_on_a_folder(shipped: Path, tiny: TinyCache) -> None:
    folder = tiny.built(encoders.exported, "bert")
    assert _json("info", folder)["id"] == str(folder)


@pytest.mark.parametrize("command", ["info", "verify"])
def test_unknown_models_are_bad_input(shipped: Path, command: str) -> None:
    result = _studio(command, "starter/tinny")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Did you mean starter/tiny?" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_that_is_no_model_says_what_it_lacks(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = _studio("verify", tmp_path / "empty")
    assert result.exit_code == 1
    assert "config.json" in result.stderr


def test_verify_a_model_in_order(shipped: Path) -> None:
    result = _studio("verify", "starter/tiny")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "in order" in result.stdout
    assert _json("verify", shipped)["ok"] is True


def test_verify_names_each_damaged_file(own: Path) -> None:
    graph = own / "onnx" / "model.onnx"
    content = bytearray(graph.read_bytes())
    content[500] ^= 0x40
    graph.write_bytes(content)
    (own / "tokenizer.json").unlink()
    for name in ("my/model", str(own)):
        result = _studio("verify", name)
        assert result.exit_code == 1
        assert result.stdout == ""
        lines = result.stderr.splitlines()
        assert len(lines) == 2
        assert "onnx/model.onnx" in lines[0]
        assert "tokenizer.json" in lines[1]
        assert all("add it again" in line for line in lines)


def test_verify_as_json(own: Path) -> None:
    (own / "tokenizer.json").unlink()
    result = _studio("verify", "my/model", "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["ok"] is False
    assert [(problem["file"], problem["kind"]) for problem in document["problems"]] == [("tokenizer.json", "missing")]


def test_remove(own: Path) -> None:
    assert _studio("remove", "my/model", answer="n\n").exit_code == 1
    assert own.is_dir()
    result = _studio("remove", "my/model", answer="y\n")
    assert result.exit_code == 0
    assert "frees" in result.stdout
    assert not own.exists()


def test_remove_leaves_what_ships(shipped: Path) -> None:
    result = _studio("remove", "starter/tiny", "--yes")
    assert result.exit_code == 2
    assert "ships with the studio" in result.stderr
    assert shipped.is_dir()


def test_another_library(shipped: Path, own: Path, tmp_path: Path) -> None:
    rows = _json("list", "--library", tmp_path / "elsewhere")
    assert [row["id"] for row in rows] == ["starter/tiny"]
    result = _studio("list", "--library", own / "config.json")
    assert result.exit_code == 2
    assert "is a file" in result.stderr


def test_add_takes_over_onnx_files(shipped: Path, tiny: TinyCache, tmp_path: Path) -> None:
    source = shutil.copytree(tiny.built(encoders.exported, "bert"), tmp_path / "source")
    (source / "model.safetensors").unlink()
    result = _studio("add", source, "--id", "new", "--log", tmp_path / "log.txt")
    assert result.exit_code == 0, result.stderr
    assert "Added new" in result.stdout
    assert "fp32" in result.stdout
    assert "studio run text-classification --model new" in result.stdout
    assert "Checking the folder" in result.stderr
    assert (tmp_path / "log.txt").is_file()
    assert [row["id"] for row in _json("list")] == ["new", "starter/tiny"]
    assert _studio("verify", "new").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["gone"], 2, "no folder"),
        (["org/name"], 2, "studio models download org/name"),
        (["{shipped}", "--id", "../x"], 2, "can't be a model's name"),
        (["{shipped}", "--id", "starter/tiny"], 2, "--replace"),
        (["{shipped}", "--id", "x", "--precision", "int3"], 2, "fp32, fp16, int8, int4"),
        (["{shipped}/onnx"], 1, "config.json"),
    ],
)
def test_add_says_in_one_line_why_not(shipped: Path, arguments: list[str], code: int, says: str) -> None:
    result = _studio("add", *(argument.replace("{shipped}", str(shipped)) for argument in arguments))
    assert result.exit_code == code
    assert result.stdout == ""
    assert says in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", ["list", "info", "verify", "remove", "add"])
def test_help(command: str) -> None:
    result = _studio(command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_tasks_count_models(shipped: Path) -> None:
    result = CliRunner().invoke(app, ["tasks", "--json"])
    rows = {row["id"]: row for row in json.loads(result.stdout)}
    assert rows["text-classification"]["models"] == ["starter/tiny"]
    assert "text-classification" in CliRunner().invoke(app, ["tasks"]).stdout

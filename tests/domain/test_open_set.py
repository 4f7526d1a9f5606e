"""A file in the folder is all that adds one to an open set."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from studio.domain.open_set import declared


def _package(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, **modules: str) -> str:
    (folder / name).mkdir()
    for module, text in {"__init__": "", **modules}.items():
        (folder / name / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    for known in [each for each in sys.modules if each.split(".")[0] == name]:
        monkeypatch.delitem(sys.modules, known)
    return name


def test_every_file_but_the_private_ones_is_in_the_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = _package(tmp_path, "colours", monkeypatch, red="COLOUR = 1", green="COLOUR = 2", _grey="COLOUR = 3")
    assert declared(package, "COLOUR") == [2, 1]


def test_a_set_that_was_not_collected_is_no_empty_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = _package(tmp_path, "shapes", monkeypatch, _square="SHAPE = 4")
    with pytest.raises(RuntimeError, match="shapes is empty"):
        declared(package, "SHAPE")

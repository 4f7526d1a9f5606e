"""A project with something of everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.project.content import Content
from studio.project.file import ProjectFile
from studio.project.journal import Journal
from studio.project.runs import Runs
from tests.project.filled import fill


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "support #1, 100% ü.studio"


@pytest.fixture
def file(path: Path) -> Iterator[ProjectFile]:
    opened = ProjectFile.create(path)
    yield opened
    opened.close()


@pytest.fixture
def journal(file: ProjectFile) -> Journal:
    return Journal(file)


@pytest.fixture
def content(file: ProjectFile, journal: Journal) -> Content:
    return Content(file, journal)


@pytest.fixture
def runs(file: ProjectFile, journal: Journal) -> Runs:
    return Runs(file, journal)


@pytest.fixture
def filled(path: Path) -> Path:
    """A closed project file with columns, a finished run, a rating and an undo history."""
    file = ProjectFile.create(path)
    fill(file)
    file.close()
    return path

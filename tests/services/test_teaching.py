"""Teaching from a sheet to a model of the library, with real workers and a tiny base."""

from __future__ import annotations

import csv
import json
import shutil
import threading
from pathlib import Path

import pytest

from studio.domain.errors import InputError, StoppedError
from studio.domain.evaluation import EvaluationSettings
from studio.domain.prediction import Number
from studio.library.store import Library
from studio.library.verify import verify_folder
from studio.services.candidates import resolve
from studio.services.comparison import compare
from studio.services.evaluating import begin
from studio.services.importing import import_file, look
from studio.services.pool import CandidatePool
from studio.services.projects import Projects
from studio.services.readiness import check
from studio.services.scoring import score
from studio.services.teaching import Taught, TeachRequest, teach
from studio.services.teaching_examples import read_examples
from studio.tasks import find_task
from tests.tiny import embedders
from tests.tiny.cache import TinyCache

# One process builds what they share.
pytestmark = pytest.mark.xdist_group("teaching")

_THINGS = ("order", "refund", "invoice", "parcel", "shoes", "jacket", "phone", "lamp", "chair", "table")
_WISHES = {"cancel": "cancel {} please", "track": "where is my {}", "invoice": "send me the bill for the {}"}


def _sheet(path: Path, numbers: bool = False) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["message", "wanted"])
        for thing in _THINGS:
            for place, (label, text) in enumerate(_WISHES.items()):
                for extra in ("", " now"):
                    writer.writerow([text.format(thing) + extra, str(place + 0.5) if numbers else label])
        writer.writerow(["", "cancel"])
        writer.writerow(["no answer to this", ""])
    return path


@pytest.fixture(scope="module")
def library(tiny: TinyCache, tmp_path_factory: pytest.TempPathFactory) -> Library:
    own = tmp_path_factory.mktemp("library")
    shutil.copytree(tiny.built(embedders.exported, "bert"), own / "base")
    return Library(own, own / "none")


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _sheet(tmp_path_factory.mktemp("sheet") / "wishes.csv")


@pytest.fixture(scope="module")
def wishes(library: Library, sheet: Path) -> Taught:
    """Taught once for all."""
    return _teach(library, sheet)


def _teach(
    library: Library, data: Path, task_id: str = "text-classification", name: str = "mine/wishes", **more: object
) -> Taught:
    task = find_task(task_id)
    with CandidatePool(keep=1) as pool:
        request = TeachRequest(task, name, read_examples(task, str(data)), "base", **more)  # type: ignore[arg-type]
        return teach(request, library, pool)


def test_a_sheet_becomes_a_model_that_answers(library: Library, sheet: Path, wishes: Taught) -> None:
    assert wishes.labels == ("cancel", "invoice", "track")
    assert sum(wishes.sizes) == 60
    assert wishes.scores["accuracy"].value > 0.6
    assert wishes.scores["accuracy"].n == wishes.sizes[2]
    model = library.find("mine/wishes")
    assert (model.task, model.state, model.labels) == ("text-classification", "ready", wishes.labels)
    assert verify_folder(model.folder).ok
    task = find_task("text-classification")
    result = compare(task, [resolve(task, "mine/wishes", library)], {"text": "cancel lamp please"}, {}).results[0]
    assert result.prediction is not None
    assert result.prediction.output.text == "cancel"
    card = (model.folder / "README.md").read_text("utf-8")
    assert "base_model: base" in card
    assert read_examples(task, str(sheet)).fingerprint in card
    assert "cancel lamp" not in card + (model.folder / "taught.json").read_text("utf-8")


def test_the_same_seed_gives_the_same_model(library: Library, sheet: Path, wishes: Taught) -> None:
    before = json.loads((wishes.model.folder / "studio.json").read_text())["measured"]
    with pytest.raises(InputError, match="already"):
        _teach(library, sheet)
    again = _teach(library, sheet, replace=True)
    assert json.loads((again.model.folder / "studio.json").read_text())["measured"] == before


def test_numbers_are_taught_as_well(library: Library, tmp_path: Path) -> None:
    taught = _teach(library, _sheet(tmp_path / "stars.csv", numbers=True), "regression", "mine/stars")
    assert taught.scores["mae"].value < 0.7
    task = find_task("regression")
    result = compare(task, [resolve(task, "mine/stars", library)], {"text": "cancel lamp please"}, {}).results[0]
    assert result.prediction is not None
    assert isinstance(result.prediction.output, Number)


def test_data_that_it_was_taught_with_is_found_out(
    library: Library, sheet: Path, wishes: Taught, tmp_path: Path
) -> None:
    task = find_task("text-classification")
    with Projects(tmp_path / "projects").new() as session, CandidatePool(keep=0) as pool:
        found = look(sheet, task=task)
        data = import_file(session, task, sheet, found.format, found.mapping)
        candidate = resolve(task, "mine/wishes", library)
        ready = check(session, data, task, [candidate[0]], library)
        leak = next(note for note in ready.notes if note.kind == "taught with")
        assert leak.figures["n"] == wishes.sizes[0] + wishes.sizes[1]
        assert leak.severity == "warning"
        info = begin(session, task, data, [candidate], EvaluationSettings(data.mapping), pool, library=library)
        assert score(session, info.id).scores[0].metrics["accuracy"].value > 0.6


@pytest.mark.parametrize(("columns", "says"), [(("nothing", ""), "no column"), (("", "nothing"), "no column")])
def test_a_column_that_is_not_there_is_named(sheet: Path, columns: tuple[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_examples(find_task("text-classification"), str(sheet), *columns)


def test_a_task_that_can_not_be_taught(library: Library, sheet: Path) -> None:
    with pytest.raises(InputError, match="translation"), CandidatePool(keep=0) as pool:
        examples = read_examples(find_task("text-classification"), str(sheet))
        teach(TeachRequest(find_task("translation"), "x", examples, "base"), library, pool)


def test_stopping_leaves_nothing(library: Library, sheet: Path) -> None:
    before = [model.id for model in library.all()]
    task = find_task("text-classification")
    stop = threading.Event()
    with CandidatePool(keep=1) as pool, pytest.raises(StoppedError):
        request = TeachRequest(task, "mine/other", read_examples(task, str(sheet)), "base")
        teach(request, library, pool, lambda stage, _share: stop.set() if stage == "fitting" else None, stop)
    assert [model.id for model in library.all()] == before
    assert not list(library.own.glob(".adding-*"))

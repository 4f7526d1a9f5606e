"""The starter for pictures in a real worker process: what it imports, answers, refuses, and how it is evaluated."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.domain.places import resources_folder, shipped_models_folder
from studio.domain.prediction import Labels, LabelTable
from studio.domain.running import LoadSpec
from studio.engine.jobs import Failed, Finished
from studio.engine.supervisor import Supervisor
from studio.tasks import find_task
from tests.engine.fakes import open_spying

# One process builds what they share.
pytestmark = pytest.mark.xdist_group("image-workers")

TASK = find_task("image-classification")
SPEC = LoadSpec(TASK.id, shipped_models_folder() / "starter" / "clothes-small", "int8", threads=2)
PICTURES = resources_folder() / "samples" / "clothes"
OPTIONS = TASK.resolve_options({})


def test_a_picture_worker_needs_neither_torch_nor_transformers() -> None:
    with Supervisor(open_spying) as supervisor:
        worker = supervisor.start()
        assert isinstance(worker.load(SPEC).wait(60), Finished)
        outcome = worker.run({"image": str(PICTURES / "hat-1.jpg")}, OPTIONS).wait(60)
    assert isinstance(outcome, Finished), outcome
    modules = set(outcome.value.prediction.output.text.split())
    assert {"onnxruntime", "PIL", "numpy"} <= modules
    assert not {"torch", "transformers", "optimum", "torchvision", "cv2", "scipy", "PySide6", "typer"} & modules


def test_the_starter_answers_one_picture_and_many_and_refuses_a_broken_one(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes((PICTURES / "hat-1.jpg").read_bytes()[:2_000])
    names = ("dress-1", "hat-1", "shoes-3", "t-shirt-2")
    batch = [{"image": str(PICTURES / f"{name}.jpg")} for name in names] * 3
    with Supervisor() as supervisor:
        worker = supervisor.start()
        loaded = worker.load(SPEC).wait(60)
        assert isinstance(loaded, Finished)
        assert loaded.value.batches
        one = worker.run(batch[0], OPTIONS).wait(60)
        many = worker.run_batch(batch, OPTIONS).wait(60)
        refused = worker.run_batch([*batch, {"image": str(broken)}], OPTIONS).wait(60)
        again = worker.run(batch[0], OPTIONS).wait(60)
    assert isinstance(one, Finished)
    assert isinstance(one.value.prediction.output, Labels)
    assert one.value.prediction.output.text == "dress"
    assert isinstance(many, Finished)
    assert isinstance(many.value.table, LabelTable)
    assert [answer.text for answer in many.value.table.rows()] == ["dress", "hat", "shoes", "t-shirt"] * 3
    assert isinstance(refused, Failed)
    assert refused.failure.kind == "InputError"
    assert "broken.jpg is damaged" in refused.failure.message
    assert isinstance(again, Finished)
    assert again.value.prediction.output == one.value.prediction.output


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A sheet of ten pictures beside it, of which one is broken and one is missing, through the terminal."""
    folder = tmp_path_factory.mktemp("sheet")
    rows = []
    for kind in ("dress", "hat", "shoes", "shorts"):
        for number in (1, 3):
            name = f"{kind}-{number}.jpg"
            (folder / name).write_bytes((PICTURES / name).read_bytes())
            rows.append((name, kind))
    (folder / "broken.jpg").write_bytes((PICTURES / "hat-1.jpg").read_bytes()[:2_000])
    rows += [("broken.jpg", "hat"), ("missing.jpg", "hat")]
    with (folder / "sheet.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "kind"), *rows])
    command = ["evaluate", TASK.id, "--data", "sheet.csv", "-m", "starter/clothes-small", "--json", "out.json"]
    ran = subprocess.run(
        [sys.executable, "-m", "studio.cli.app", *command, "--csv", "out.csv"],
        capture_output=True, text=True, cwd=folder, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert (folder / "out.json").is_file(), ran.stderr
    document: dict[str, object] = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    document["csv"] = (folder / "out.csv").read_text(encoding="utf-8-sig")
    return document


def test_a_sheet_of_pictures_is_evaluated_and_broken_ones_cost_their_rows_only(evaluated: dict[str, object]) -> None:
    candidate = evaluated["candidates"][0]  # type: ignore[index]
    assert candidate["metrics"]["accuracy"]["value"] == 0.8
    assert candidate["metrics"]["accuracy"]["n"] == 10
    text = str(evaluated["csv"])
    assert "broken.jpg is damaged or cut short" in text
    assert "There is no picture missing.jpg" in text

"""Did more examples help? Only rows that neither model was taught with may tell."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from studio.domain.metric import Estimate
from studio.library.store import Library
from studio.services.pool import CandidatePool
from studio.services.teaching import TeachRequest, teach
from studio.services.teaching_examples import read_examples
from studio.services.teaching_gain import Gain, Lesson, gain, write_judged
from studio.tasks import find_task
from studio.teaching.examples import plain
from tests.tiny import embedders
from tests.tiny.cache import TinyCache

# One process builds what they share.
pytestmark = pytest.mark.xdist_group("teaching-gain")

TASK = find_task("text-classification")
_THINGS = ("order", "refund", "invoice", "parcel", "shoes", "jacket", "phone", "lamp", "chair", "table")
_WISHES = {"cancel": "cancel {} please", "track": "where is my {}", "invoice": "send me the bill for the {}"}


def _sheet(path: Path, endings: tuple[str, ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["message", "wanted"])
        for label, text in _WISHES.items():
            writer.writerows([text.format(thing) + end, label] for thing in _THINGS for end in endings)
    return path


@pytest.fixture(scope="module")
def lessons(tiny: TinyCache, tmp_path_factory: pytest.TempPathFactory) -> tuple[Library, Lesson, Lesson]:
    own, sheets = (tmp_path_factory.mktemp(name) for name in ("library", "sheets"))
    shutil.copytree(tiny.built(embedders.exported, "bert"), own / "base")
    library = Library(own, own / "none")
    made = []
    with CandidatePool(keep=1) as pool:
        for number, endings in enumerate([("", " now"), ("", " now", " today")]):
            examples = read_examples(TASK, str(_sheet(sheets / f"{number}.csv", endings)))
            taught = teach(TeachRequest(TASK, f"mine/wishes-{number}", examples, "base"), library, pool)
            made.append(Lesson(taught, examples))
    return library, made[0], made[1]


def test_both_are_judged_on_rows_that_neither_knows(lessons: tuple[Library, Lesson, Lesson]) -> None:
    library, before, after = lessons
    with CandidatePool(keep=2) as pool:
        found, same = (gain(TASK, before, other, library, pool) for other in (after, before))
    assert found is not None
    assert before.taught.parts is not None
    assert after.taught.parts is not None
    judged = {plain(before.examples.texts[place]) for place in before.taught.parts.test}
    shared = judged & {plain(after.examples.texts[place]) for place in after.taught.parts.test}
    assert found.rows == len(shared) == found.before.n == found.after.n
    assert found.metric == "accuracy"
    assert found.difference is not None
    change, low, high = found.difference
    assert change == pytest.approx(found.after.value - found.before.value)
    assert low <= change <= high
    assert same is not None
    assert same.difference is not None
    assert same.difference[0] == 0


def test_the_judged_rows_become_a_sheet(lessons: tuple[Library, Lesson, Lesson], tmp_path: Path) -> None:
    _library, before, _after = lessons
    assert before.taught.parts is not None
    path = write_judged(before, tmp_path)
    found = read_examples(TASK, str(path))
    assert found.columns == ("message", "wanted")
    assert found.texts == tuple(before.examples.texts[place] for place in before.taught.parts.test)
    assert found.answers == tuple(before.examples.answers[place] for place in before.taught.parts.test)


def test_what_is_not_proven_is_said() -> None:
    before, after = Estimate(0.7, 0.5, 0.85, 20, "wilson"), Estimate(0.8, 0.6, 0.92, 20, "wilson")
    unproven = Gain("accuracy", before, after, 20, (0.1, -0.1, 0.3)).sentence
    proven = Gain("accuracy", before, after, 20, (0.1, 0.02, 0.3)).sentence
    assert "70.0 % (50.0 % – 85.0 %) before, 80.0 % (60.0 % – 92.0 %) now" in proven
    assert "+10.0 points" in proven
    assert "do not prove" in unproven
    assert "do not prove" not in proven

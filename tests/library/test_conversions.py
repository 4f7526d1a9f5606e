"""The queue of conversions that a window follows, with real conversions of a tiny BERT."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio.domain.errors import InputError
from studio.domain.model import Fidelity
from studio.library.add import AddRequest
from studio.library.plan import MAKEABLE
from studio.library.store import Library
from studio.services.conversions import GAINS, Conversion, Conversions, fidelity_words, makeable, more_precisions
from studio.services.unfinished_conversions import UnfinishedConversions

pytestmark = pytest.mark.xdist_group("library-add")


@pytest.fixture
def queue(library: Library) -> Iterator[Conversions]:
    made = Conversions(library)
    yield made
    made.close()


@pytest.mark.slow
def test_one_after_the_other_and_a_failure_does_not_stop_the_next(
    queue: Conversions, onnx_folder: Path, tmp_path: Path, library: Library
) -> None:
    heard: list[Conversion] = []
    queue.on_change(heard.append)
    broken = queue.enqueue(AddRequest(str(tmp_path / "nothing"), id="my/none"))
    whole = queue.enqueue(AddRequest(str(onnx_folder), id="my/bert", precisions=("fp32", "int8")))
    failed, done = queue.wait(broken, 60), queue.wait(whole, 120)
    assert failed.stage == "failed"
    assert failed.failure
    assert failed.failure.next_step
    assert done.stage == "done"
    assert done.model
    assert {files.precision for files in done.model.precisions} == {"fp32", "int8"}
    assert [model.id for model in library.all()] == ["my/bert"]
    told = [each for each in heard if each.id == whole]
    assert told[0].stage == "waiting"
    assert [each.fraction for each in told] == sorted(each.fraction for each in told)
    assert any("int8" in each.doing for each in told)
    assert queue.log(whole)
    queue.dismiss(broken)
    assert [each.id for each in queue.jobs()] == [whole]


def test_stop_leaves_nothing_behind(queue: Conversions, onnx_folder: Path, library: Library) -> None:
    first = queue.enqueue(AddRequest(str(onnx_folder), id="my/one", precisions=("fp32", "int8")))
    second = queue.enqueue(AddRequest(str(onnx_folder), id="my/two", precisions=("fp32",)))
    queue.cancel(second)
    queue.cancel(first)
    assert queue.wait(first, 60).stage == "cancelled"
    assert queue.wait(second, 60).stage == "cancelled"
    assert library.all() == ()


def test_what_can_be_made_of_a_model(queue: Conversions, put, library: Library) -> None:
    put("my/bert")
    model = library.find("my/bert")
    assert makeable(model) == ("fp16", "int8")
    assert more_precisions(model, ("int8",), "my/bert-int8").precisions == ("int8",)
    with pytest.raises(InputError, match="can't be made"):
        more_precisions(model, ("int4",), "my/bert-int4")
    assert makeable(replace(model, precisions=(), weights=None)) == ()


def test_every_precision_says_what_it_costs_and_gains() -> None:
    assert set(GAINS) == set(MAKEABLE)
    assert fidelity_words(Fidelity(0.1, 0.99, 100)) == "same answer on 99 of 100 samples as the original"


@pytest.mark.slow
def test_what_the_end_of_the_studio_ended_is_begun_again(library: Library, onnx_folder: Path) -> None:
    began = threading.Event()
    first = Conversions(library)
    first.on_change(lambda each: began.set() if each.stage == "working" else None)
    first.enqueue(AddRequest(str(onnx_folder), id="my/one", precisions=("fp32", "int8")))
    first.enqueue(AddRequest(str(onnx_folder), id="my/two", precisions=("fp32",)))
    given_up = first.enqueue(AddRequest(str(onnx_folder), id="my/three"))
    assert began.wait(60)
    first.cancel(given_up)
    # Another window of the same studio leaves alone what goes on here.
    assert Conversions(library).jobs() == ()
    first.close()
    assert library.all() == ()
    _as_if_of_another_process(library)
    queue = Conversions(library)
    try:
        left = queue.jobs()
        assert [(each.request.id, each.stage) for each in left] == [("my/one", "failed"), ("my/two", "failed")]
        assert left[0].request.precisions == ("fp32", "int8")
        assert left[0].failure is not None and "closed" in left[0].failure.message
        queue.dismiss(left[0].id)
        queue.again(left[1].id)
        (again,) = queue.jobs()
        assert queue.wait(again.id, 120).stage == "done"
    finally:
        queue.close()
    assert [model.id for model in library.all()] == ["my/two"]
    assert not (library.own / ".unfinished").exists()


def _as_if_of_another_process(library: Library) -> None:
    for note in (library.own / ".unfinished").iterdir():
        note.write_text(json.dumps({**json.loads(note.read_text()), "started": 1.0}))


@pytest.mark.parametrize(
    "change",
    [{"source": 5}, {"id": ["a"]}, {"precisions": 7}, {"precisions": [1]}, {"replace": "yes"}, {"pid": "x"}, None],
)
def test_a_note_that_is_none_is_thrown_away(library: Library, tmp_path: Path, change: dict[str, Any] | None) -> None:
    notes = UnfinishedConversions(library.own)
    note = notes.note(AddRequest(str(tmp_path), id="my/one", allow_pickle=True))
    _as_if_of_another_process(library)
    stored = json.loads(note.read_text())
    assert "allow_pickle" not in stored
    note.write_text("[" if change is None else json.dumps(stored | change))
    assert list(notes.left()) == []
    assert not note.exists()

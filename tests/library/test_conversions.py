"""The queue of conversions that a window follows, with real conversions of a tiny BERT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.errors import InputError
from studio.domain.model import Fidelity
from studio.library.add import AddRequest
from studio.library.plan import MAKEABLE
from studio.library.store import Library
from studio.services.conversions import GAINS, Conversion, Conversions, fidelity_words, makeable, more_precisions

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

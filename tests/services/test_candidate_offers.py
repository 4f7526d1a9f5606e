"""Which candidates there are to choose from, and which a use case begins with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.layout import PrecisionFiles
from studio.domain.model import Model
from studio.services.candidate_offers import first_candidates, offers_of, title_of
from studio.tasks import find_task

TASK = find_task("text-classification")


_BOTH = ("fp32", "int8")


def _model(model_id: str, size_mb: float = 1.0, precisions: tuple[str, ...] = _BOTH, **more: object) -> Model:
    files = tuple(PrecisionFiles(name, {"model": f"onnx/model_{name}.onnx"}) for name in precisions)
    made = Model(model_id, Path("nowhere"), TASK.id, "bert", files, size_mb=size_mb, shipped=True)
    return replace(made, **more)  # type: ignore[arg-type]


def _names(*models: Model) -> list[str]:
    return [candidate.name for candidate in first_candidates(models, TASK, "cpu")]


def test_a_small_and_a_larger_model_that_an_example_was_written_for() -> None:
    models = (
        _model("starter/clinc150-tiny"),
        _model("starter/clinc150-minilm", 20),
        _model("starter/support-intents-small", 10),
        _model("starter/support-intents-tiny", 2),
    )
    assert _names(*models) == ["starter/support-intents-tiny:int8", "starter/support-intents-small:int8"]


def test_a_family_before_strangers() -> None:
    models = (_model("a/sentiment-tiny", 1), _model("a/topics-tiny", 2), _model("a/topics-large", 30))
    assert _names(*models) == ["a/topics-tiny:int8", "a/topics-large:int8"]


def test_a_model_of_an_example_is_not_put_beside_a_stranger() -> None:
    only = {"precisions": ("int8",)}
    assert _names(_model("starter/sentiment-tiny", **only), _model("starter/support-intents-tiny", 2, **only)) == [
        "starter/support-intents-tiny:int8"
    ]


def test_two_precisions_of_the_only_model() -> None:
    assert _names(_model("mine")) == ["mine:int8", "mine:fp32"]
    assert _names(_model("mine", precisions=("fp32",))) == ["mine:fp32"]


def test_models_that_are_not_ready_or_do_something_else_are_left_out() -> None:
    assert _names(_model("broken", state="damaged"), _model("other", task="chat")) == []
    assert offers_of(_model("broken", state="damaged"), "cpu") == ()


def test_an_offer_says_whether_it_fits(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model_int8.onnx").write_bytes(b"x" * 2_000_000)
    offer = offers_of(_model("mine", precisions=("int8",), folder=tmp_path), "cpu")[0]
    assert offer.size_mb == pytest.approx(2.0)
    assert offer.fits(1000) and offer.fit_words(21_000).endswith("fits")
    assert not offer.fits(50) and "close other programs" in offer.fit_words(50)
    assert not offer.measured


def test_measured_memory_beats_the_guess() -> None:
    offer = offers_of(_model("mine", precisions=("int8",)), "cpu", {"mine:int8": 640.0})[0]
    assert (offer.need_mb, offer.measured) == (640.0, True)


def test_the_pytorch_original_is_offered_where_its_weights_are(tmp_path: Path) -> None:
    found = offers_of(_model("mine", weights=tmp_path), "cuda")
    assert [offer.candidate.name for offer in found] == ["mine:fp32@cuda", "mine:int8@cuda", "mine:pytorch"]


def test_titles() -> None:
    assert (
        title_of(_model("starter/support-intents-tiny", title="Support intents, tiny"), "x") == "Support intents, tiny"
    )
    assert title_of(None, "starter/support-intents-tiny") == "support-intents-tiny"
    assert title_of(None, r"C:\models\mine") == "mine"

"""The JSON that other programs read."""

from __future__ import annotations

import json

from studio.domain.comparison import Candidate, CandidateResult, Comparison
from studio.domain.errors import Failure
from studio.domain.prediction import GeneratedText, Labels, LabelScore, Prediction, Timing
from studio.domain.running import Placement
from studio.domain.task import Message
from studio.services.documents import comparison_document


def _comparison(*results: CandidateResult) -> Comparison:
    inputs = {"messages": (Message("user", "Hello"),)}
    return Comparison("chat", inputs, {"stop": ("END",), "temperature": 0.0}, results, {"studio": "1"})


def test_inputs_and_options_are_plain_values() -> None:
    document = json.loads(json.dumps(comparison_document(_comparison())))
    assert document["input"] == [{"role": "user", "content": "Hello"}]
    assert document["options"] == {"stop": ["END"], "temperature": 0.0}


def test_text_with_all_that_must_be_said_about_it() -> None:
    prediction = Prediction(GeneratedText("Hi", (1, 2), 5, "length"), Timing(1.0, 0.5), ("2 turns were left out.",))
    placement = Placement("CPUExecutionProvider", ("CPUExecutionProvider",), {}, 2, "CUDA could not be used.")
    result = CandidateResult(Candidate("m", "int4"), prediction, placement=placement, options={"seed": 7})
    (candidate,) = comparison_document(_comparison(result))["candidates"]
    assert candidate["output"] == "Hi"
    assert candidate["finish_reason"] == "length"
    assert candidate["notices"] == ["CUDA could not be used.", "2 turns were left out."]
    assert candidate["options"] == {"seed": 7}
    assert candidate["error"] is None


def test_a_failure_has_no_output() -> None:
    failure = Failure("OutOfMemory", "Not enough memory.", "Close programs.", "bad_alloc")
    (candidate,) = comparison_document(_comparison(CandidateResult(Candidate("m", "fp32"), failure=failure)))[
        "candidates"
    ]
    assert (candidate["output"], candidate["provider"]) == (None, None)
    assert candidate["error"] == {
        "kind": "OutOfMemory",
        "message": "Not enough memory.",
        "next_step": "Close programs.",
        "detail": "bad_alloc",
    }


def test_numbers_that_json_can_not_say_become_null() -> None:
    labels = Labels((LabelScore("a", float("nan")), LabelScore("b", float("inf"))))
    result = CandidateResult(Candidate("m", "fp16"), Prediction(labels, Timing(0.1)))
    text = json.dumps(comparison_document(_comparison(result)), allow_nan=False)
    assert [score["score"] for score in json.loads(text)["candidates"][0]["output"]["scores"]] == [None, None]

"""What is stored comes back equal; what no studio wrote is refused with a sentence, whatever it is."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.comparison import Measurement
from studio.domain.errors import DamagedProjectError, Failure, ProjectError
from studio.domain.prediction import GeneratedText, Labels, LabelScore, Prediction, Timing
from studio.domain.running import Placement
from studio.domain.task import Message
from studio.project import codec
from studio.project.codec import decode, decode_mapping, encode

VALUES = [
    Prediction(GeneratedText("Grüße 你好 \x00\ud800", (1, 2), 3, "length"), Timing(0.5, 0.1), ("cut",)),
    Prediction(Labels((LabelScore("a", 0.75), LabelScore("b", 0.25)), multi_label=True), Timing(1)),
    Measurement(load_s=0.1, latencies_s=(0.1, 0.2), prompt_tokens=3),
    Placement("CPUExecutionProvider", ("CPUExecutionProvider",), {"CPUExecutionProvider": 12}, 2, "fell back"),
    Failure("OutOfMemory", "There was not enough memory.", "Close programs.", "trace"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_dataclasses_come_back_equal(value: object) -> None:
    assert decode(type(value), encode(value)) == value


def test_numbers_that_json_has_no_word_for_come_back() -> None:
    scores = Labels((LabelScore("a", math.nan), LabelScore("b", math.inf)))
    back = decode(Prediction, encode(Prediction(scores, Timing(0.0)))).output
    assert isinstance(back, Labels)
    assert math.isnan(back.scores[0].score)
    assert back.scores[1].score == math.inf


def test_options_and_inputs_keep_their_types() -> None:
    values = {"n": 1, "t": 1.0, "on": True, "none": None, "stop": ("a", "b"), "inf": -math.inf}
    back = decode_mapping(encode(values))
    assert back == values
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in values.items()}
    turns = {"messages": (Message("user", "hi"), Message("assistant", "hello"))}
    assert decode_mapping(encode(turns)) == turns


def test_environment_tells_whole_numbers_from_others() -> None:
    facts = {"threads": 2, "version": "1.2", "load": 0.5, "seed": None}
    back = decode(Mapping[str, str | int | float | None], encode(facts))  # type: ignore[type-abstract]
    assert back == facts
    assert isinstance(back["threads"], int)


GOOD = json.loads(encode(VALUES[0]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "3",
        '"text"',
        "NaN",
        "9" * 5000,
        "[" * 100_000,
        json.dumps({**GOOD, "more": 1}),
        json.dumps({key: value for key, value in GOOD.items() if key != "timing"}),
        json.dumps({**GOOD, "notices": "cut"}),
        json.dumps({**GOOD, "notices": [1]}),
        json.dumps({**GOOD, "timing": {"end_s": "fast"}}),
        json.dumps({**GOOD, "timing": {"end_s": True}}),
        json.dumps({**GOOD, "timing": {"end_s": 10**400}}),
        json.dumps({**GOOD, "output": {**GOOD["output"], "kind": "image"}}),
        json.dumps({**GOOD, "output": {**GOOD["output"], "kind": "message"}}),
        json.dumps({**GOOD, "output": {**GOOD["output"], "kind": ["text"]}}),
        json.dumps({**GOOD, "output": {**GOOD["output"], "finish_reason": "bored"}}),
        json.dumps({**GOOD, "output": {**GOOD["output"], "finish_reason": ["stop"]}}),
        json.dumps({**GOOD, "output": {**GOOD["output"], "token_ids": [1.5]}}),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_prediction_is_refused(text: str) -> None:
    with pytest.raises(DamagedProjectError) as caught:
        decode(Prediction, text)
    assert caught.value.detail


_JSON = st.recursive(
    # A model opened in this process by an earlier test makes the processor treat subnormal numbers as zero.
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_subnormal=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON, st.sampled_from([Prediction, Measurement, Placement, Failure]))
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_or_refused(value: object, kind: type) -> None:
    with contextlib.suppress(DamagedProjectError):
        assert isinstance(decode(kind, json.dumps(value)), kind)
    with contextlib.suppress(DamagedProjectError):
        decode_mapping(json.dumps(value))


def test_absurd_sizes_are_refused_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "LONGEST", 100)
    with pytest.raises(ProjectError, match="too long"):
        encode({"text": "x" * 101})
    with pytest.raises(DamagedProjectError):
        decode_mapping(json.dumps({"text": "x" * 101}))

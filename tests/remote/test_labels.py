"""Labels from a model that only writes."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.errors import EndpointAnswerError, InputError
from studio.domain.prediction import Labels
from studio.domain.running import ignore_text, never_cancelled
from studio.remote.label_chances import label_chances
from studio.remote.labels import read_labels
from studio.remote.stream import Chance
from studio.tasks import find_task
from tests.remote.conftest import Opener
from tests.remote.fault_server import FaultServer

_LABELS = ("refund", "cancel order", "track_order")


def _ask(opened: Opener, model: str, task: str = "text-classification", **given: Any) -> Labels:
    options = find_task(task).resolve_options(given)
    found = opened(model, task).run({"text": "money back please"}, options, ignore_text, never_cancelled).output
    assert isinstance(found, Labels)
    return found


def test_a_label_is_asked_for_by_a_schema(opened: Opener, server: FaultServer) -> None:
    server.answers["good"] = '{"label": "refund"}'
    found = _ask(opened, "good", choices=_LABELS)
    assert found.chosen == ("refund",) and math.isnan(found.scores[0].score)
    schema = server.asked[-1]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["label"]["enum"] == list(_LABELS)
    assert "money back please" in server.asked[-1]["messages"][-1]["content"]


def test_a_server_without_schemas_is_asked_in_words(opened: Opener) -> None:
    assert _ask(opened, "picky", choices=_LABELS).chosen == ("refund",)


def test_probabilities_come_from_the_tokens_where_they_are_told(opened: Opener) -> None:
    found = _ask(opened, "sure", choices=("refund", "cancel", "invoice"))
    scores = {each.label: each.score for each in found.scores}
    assert found.chosen == ("refund",) and sum(scores.values()) == pytest.approx(1)
    assert scores["refund"] == pytest.approx(0.8 * 0.99, abs=0.01) and scores["cancel"] == pytest.approx(0.17, abs=0.01)


def test_an_answer_that_is_no_label_is_a_failure_with_the_text(opened: Opener, server: FaultServer) -> None:
    server.answers["good"] = "I would say refund, most likely"
    with pytest.raises(EndpointAnswerError, match="none of the labels: “I would say refund"):
        _ask(opened, "good", choices=_LABELS)


def test_no_labels_is_said_before_anything_is_sent(opened: Opener, server: FaultServer) -> None:
    with pytest.raises(InputError, match="knows no labels"):
        _ask(opened, "good")
    assert not server.asked


def test_several_labels_may_fit_or_none(opened: Opener, server: FaultServer) -> None:
    server.answers["good"] = '{"labels": ["refund", "track_order"]}'
    own = {"task": "zero-shot-classification", "labels": _LABELS, "multi_label": True}
    assert _ask(opened, "good", **own).chosen == ("refund", "track_order")
    server.answers["good"] = '{"labels": []}'
    assert _ask(opened, "good", **own).chosen == ()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("refund", "refund"),
        ("“Refund.”", "refund"),
        ('```json\n{"label": "track order"}\n```', "track_order"),
        ("<think>could be refund</think>\n\ncancel order", "cancel order"),
        ('"CANCEL  ORDER"', "cancel order"),
        ("refund or cancel order", None),
        ('{"label": "something else"}', None),
        ('{"label": ["refund", "cancel order"]}', None),
        ("5", None),
        ("[" * 100_000, None),
        ("", None),
    ],
)
def test_reading_a_label_is_strict(text: str, label: str | None) -> None:
    assert read_labels(text, _LABELS, several=False) == (None if label is None else (label,))


@settings(max_examples=60)
@given(st.data())
def test_chances_sum_to_one_and_the_answer_is_the_likeliest(data: st.DataObject) -> None:
    labels = data.draw(st.lists(st.text("abc", min_size=1, max_size=4), min_size=2, max_size=5, unique=True))
    chosen = data.draw(st.sampled_from(labels))
    logprob = st.floats(-8, 0)
    tokens = [Chance('{"label": "', 0.0)]
    for letter in chosen:
        others = data.draw(st.lists(st.tuples(st.sampled_from(["a", "b", "c", "ab", '"']), logprob), max_size=3))
        tokens.append(Chance(letter, data.draw(logprob), tuple(others)))
    found = label_chances(chosen, labels, [*tokens, Chance('"}', 0.0)])
    if found:
        assert sum(found.values()) == pytest.approx(1) and set(found) == set(labels)
        assert all(chance >= 0 for chance in found.values())
        assert found[chosen] == max(found.values())


def test_tokens_that_do_not_spell_the_label_tell_nothing() -> None:
    assert label_chances("refund", ("refund", "cancel"), [Chance("something else", -0.1)]) == {}
    assert label_chances("refund", ("refund", "cancel"), []) == {}

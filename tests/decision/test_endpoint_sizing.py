"""What asking an endpoint takes, against a calculation by hand."""

from __future__ import annotations

import math

import pytest

from studio.decision.endpoint_sizing import Asked, size_endpoint
from studio.domain.decision import Quantity, SizingInputs
from studio.domain.endpoint import Price


def _asked(**changes) -> Asked:
    known = {
        "host": "api.example.com",
        "p50_s": Quantity(0.8, 0.7, 0.9, "measured", "s"),
        "p95_s": Quantity(1.5, 1.5, 1.5, "measured", "s"),
        "network_s": 0.04,
        "prompt_tokens": 500.0,
        "output_tokens": 100.0,
        "price": Price(2.0, 10.0, "USD"),
    }
    return Asked(**{**known, **changes})


def test_it_takes_no_machine_and_costs_its_tokens() -> None:
    sizing = size_endpoint(3, _asked(), SizingInputs(requests_per_day=86_400, peak_factor=2))
    assert (sizing.candidate, sizing.instances, sizing.machines, sizing.currency) == (3, 0, False, "USD")
    # 500 tokens read at 2 and 100 written at 10 for a million: 0.002 a request.
    assert sizing.cost_per_1000.value == pytest.approx(2.0)
    assert sizing.cost_per_1000.origin == "measured"
    assert sizing.p95_s.value == 1.5
    # One request a second on average, two at the peak.
    assert "120 requests a minute" in sizing.sentence
    assert "slower" not in sizing.sentence
    assert sizing.inputs["price_written"].value == 10.0
    assert sizing.inputs["price_written"].origin == "assumed"
    assert sizing.inputs["tokens_read"].origin == "measured"


def test_a_target_that_is_missed_is_said() -> None:
    assert "slower than you ask for (1 s)" in size_endpoint(1, _asked(), SizingInputs(latency_target_s=1.0)).sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"price": None}, "type its price"), ({"prompt_tokens": None, "output_tokens": None}, "does not say how many")],
)
def test_a_cost_that_is_not_known_is_none_and_says_what_is_missing(changes: dict[str, None], words: str) -> None:
    sizing = size_endpoint(1, _asked(**changes), SizingInputs())
    assert math.isnan(sizing.cost_per_1000.value)
    assert words in sizing.sentence


def test_currencies_are_not_mixed_in_silence() -> None:
    assert "not compared" in size_endpoint(1, _asked(), SizingInputs(), "EUR").sentence
    assert "not compared" not in size_endpoint(1, _asked(), SizingInputs(), "USD").sentence

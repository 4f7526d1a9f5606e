"""Queueing against a simulation of every single request, and costs against a calculation by hand."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
import pytest

from studio.decision.queueing import Queue, servers_needed
from studio.decision.sizing import hardware_from, hourly, size, times_of
from studio.domain.decision import HardwareProfile, SizingInputs


def _simulate(per_s: float, service: Sequence[float], servers: int, requests: int = 60_000) -> np.ndarray:
    """Times of all requests, waiting included: each goes to the machine that is free first."""
    chance = np.random.default_rng(3)
    arrivals = np.cumsum(chance.exponential(1 / per_s, requests))
    taken = chance.choice(np.asarray(service), requests)
    free = [0.0] * servers
    found = np.empty(requests)
    for number in range(requests):
        begins = max(arrivals[number], heapq.heappop(free))
        ends = begins + taken[number]
        heapq.heappush(free, ends)
        found[number] = ends - arrivals[number]
    return found[requests // 10 :]


@pytest.mark.parametrize(("servers", "load", "spread"), [(1, 0.5, 0.3), (1, 0.8, 0.6), (3, 0.7, 0.5), (8, 0.85, 0.4)])
def test_the_queue_agrees_with_a_simulation(servers: int, load: float, spread: float) -> None:
    service = np.exp(spread * np.random.default_rng(1).standard_normal(400)) * 0.2
    per_s = load * servers / float(service.mean())
    queue = Queue(per_s, service.tolist(), servers)
    simulated = _simulate(per_s, service.tolist(), servers)
    assert queue.utilisation == pytest.approx(load)
    wait = float(simulated.mean() - service.mean())
    assert queue.mean_wait_s() == pytest.approx(wait, rel=0.25, abs=0.004)
    assert queue.percentile_s() == pytest.approx(float(np.quantile(simulated, 0.95)), rel=0.15)


def test_erlang_c_of_a_textbook() -> None:
    # Two agents, load of one Erlang: one in three waits.
    assert Queue(1.0, [1.0], 2).chance_to_wait() == pytest.approx(1 / 3)
    assert Queue(5.0, [1.0], 2).mean_wait_s() == float("inf")


def test_the_fewest_machines_that_keep_the_target() -> None:
    service = [0.2] * 100
    servers = servers_needed(20.0, service, 0.5)
    assert servers is not None
    assert Queue(20.0, service, servers).percentile_s() <= 0.5
    fewer = Queue(20.0, service, servers - 1)
    assert fewer.utilisation > 0.95 or fewer.percentile_s() > 0.5
    assert servers_needed(0.001, service, 0.5) == 1
    assert servers_needed(1.0, service, 0.1) is None


def test_no_machine_too_many_of_hundreds() -> None:
    times = np.random.default_rng(1).exponential(1, 200).tolist()
    target = float(np.quantile(times, 0.95)) * 1.01
    servers = servers_needed(2000, times, target)
    assert servers is not None
    assert Queue(2000, times, servers).percentile_s() <= target
    assert Queue(2000, times, servers - 1).percentile_s() > target


def test_costs_by_hand() -> None:
    machine = HardwareProfile("m", "M", price=3506.4, life_years=4.0, power_w=200.0, currency="EUR")
    inputs = SizingInputs(requests_per_day=24_000, peak_factor=1.0, latency_target_s=1.0, electricity_per_kwh=0.5)
    # 3506.4 over 4 years of 8766 h is 0.10 an hour; 200 W at 0.50 are another 0.10.
    assert hourly(machine, inputs) == pytest.approx(0.2)
    times = times_of([0.1] * 50, (0.1, 0.09, 0.12), None)
    assert times is not None
    found = size(7, times, inputs, machine)
    assert found.instances == 1
    assert found.cost_per_1000.value == pytest.approx(24 * 0.2 / 24)
    assert found.p95_s.low <= found.p95_s.value <= found.p95_s.high
    assert found.inputs["service_s"].origin == "measured"
    assert found.inputs["requests_per_day"].origin == "assumed"
    assert found.break_even_per_day is None


def test_break_even_with_an_api() -> None:
    machine = HardwareProfile("m", "M", rent_per_hour=1.0, currency="EUR")
    inputs = SizingInputs(
        api_price_per_million_tokens=10.0, tokens_per_request=1000, latency_target_s=1.0, peak_factor=1.0
    )
    times = times_of([0.1] * 50, (0.1, 0.1, 0.1), None)
    assert times is not None
    found = size(1, times, inputs, machine)
    # One machine is 24 a day, a request at the API 0.01: from 2,400 a day on.
    assert found.break_even_per_day == pytest.approx(2400, rel=0.13)


def test_a_candidate_that_is_too_slow() -> None:
    times = times_of((), (3.0, 2.9, 3.1), 4.0)
    assert times is not None
    found = size(1, times, SizingInputs(latency_target_s=1.0), HardwareProfile("m", "M"))
    assert found.instances == 0
    assert "Too slow" in found.sentence


def test_percentiles_give_a_distribution_through_them() -> None:
    times = times_of((), (0.2, 0.19, 0.21), 0.5)
    assert times is not None
    assert np.median(times.service_s) == pytest.approx(0.2)
    assert np.quantile(times.service_s, 0.95) == pytest.approx(0.5, rel=0.03)
    assert times_of((), None, None) is None


def test_a_stored_profile_is_not_trusted() -> None:
    assert hardware_from({"id": "a", "name": "A", "price": "much", "power_w": -5, "speed": 2}) == HardwareProfile(
        "a", "A", speed=2.0
    )
    assert hardware_from({"name": "A"}) is None

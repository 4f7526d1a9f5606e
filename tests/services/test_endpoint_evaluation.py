"""Models of endpoints in comparisons and evaluations, through real worker processes and a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.dataset import ColumnMapping, Dataset, FileFormat
from studio.domain.endpoint import Endpoint, Price
from studio.domain.evaluation import EvaluatedCandidate, EvaluationInfo, EvaluationSettings
from studio.domain.task import Message
from studio.library.store import Library
from studio.services.candidates import resolve
from studio.services.comparison import Plan, compare
from studio.services.endpoints import ENDPOINTS
from studio.services.evaluating import Silent, begin, resume
from studio.services.fit import need_of
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.scoring import score
from studio.tasks import find_task
from tests.remote.fault_server import BROKEN, KEY, FaultServer, fault_server
from tests.services.endpoint_home import endpoint_home

TASK = find_task("text-classification")
_LABELS = ("refund", "delivery")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FaultServer]:
    (tmp_path / "home").mkdir()
    with endpoint_home(tmp_path / "home"), fault_server(KEY) as running:
        prices = {"good": Price(1.0, 2.0, "EUR")}
        ENDPOINTS.add(Endpoint("here", running.url, ("good",), retries=2, at_once=3, prices=prices), KEY)

        def sort(body: dict[str, object]) -> str:
            text = str(body["messages"][-1]["content"])  # type: ignore[index]
            if "sick" in text:
                return BROKEN
            return "nonsense" if "odd" in text else "delivery" if "parcel" in text else "refund"

        running.answers["good"] = sort
        yield running


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as made:
        yield made


@pytest.fixture
def pool() -> Iterator[CandidatePool]:
    with CandidatePool(keep=1) as made:
        yield made


def _library() -> Library:
    return Library.open()


def _data(session: ProjectSession, rows: int = 20, others: Mapping[int, str] | None = None) -> Dataset:
    cells = [("my parcel" if n % 2 else "money back", _LABELS[n % 2]) for n in range(rows)]
    for row, text in {3: "an odd parcel", **(others or {})}.items():
        cells[row] = (text, "delivery")
    mapping = ColumnMapping(inputs={"text": "message"}, reference="label")
    return session.datasets.add(
        TASK.id, "d", "d.csv", FileFormat("csv"), ("message", "label"), cells, (), "f" * 64, mapping
    )


def _run(session: ProjectSession, data: Dataset, pool: CandidatePool, model: str = "good") -> EvaluationInfo:
    named = [resolve(TASK, f"endpoint:here/{model}", _library())]
    return begin(session, TASK, data, named, EvaluationSettings(data.mapping), pool, library=_library())


def test_rows_are_answered_priced_and_scored(server: FaultServer, session: ProjectSession, pool: CandidatePool) -> None:
    info = _run(session, _data(session), pool)
    (candidate,) = info.candidates
    assert candidate.status == "finished" and (candidate.done, candidate.failed) == (20, 1)
    assert candidate.name == "endpoint:here/good" and not candidate.sends_data
    assert set(candidate.labels) == set(_LABELS) and set(candidate.options["choices"]) == set(_LABELS)
    # One request for each row, and one that warms up what may open its model with the first question.
    assert len(server.asked) == 21 and server.most_at_once <= 3
    facts = candidate.facts
    assert (facts.counted, facts.prompt_tokens, facts.output_tokens) == (19, 19 * 11, 19)
    assert candidate.price == Price(1.0, 2.0, "EUR")
    assert candidate.cost_per_1000 == pytest.approx(1000 * (11 * 1 + 1 * 2) / 1e6)
    assert facts.peak_memory_mb is None and facts.idle_memory_mb is None
    assert candidate.placement is not None and candidate.placement.remote is not None
    assert candidate.placement.remote.network_s is not None
    answers = [answer for answer in session.evaluations.answers(candidate.id) if answer.failure is None]
    assert len(answers) == 19 and all(answer.latency_s and answer.latency_s > 0 for answer in answers)
    found = score(session, info.id)
    scores = found.of(candidate.id)
    assert scores is not None and scores.metrics["accuracy"].value == pytest.approx(19 / 20)
    assert scores.errors == 1 and "latency_p50_s" in scores.speed


def test_an_answer_that_is_no_label_is_its_rows_failure(
    server: FaultServer, session: ProjectSession, pool: CandidatePool
) -> None:
    info = _run(session, _data(session), pool)
    failed = [each for each in session.evaluations.answers(info.candidates[0].id) if each.failure]
    assert [each.position for each in failed] == [3] and failed[0].failure is not None
    assert "none of the labels: “nonsense”" in failed[0].failure.message


def test_stop_keeps_what_is_paid_for_and_asks_for_the_rest_only(
    server: FaultServer, session: ProjectSession, pool: CandidatePool
) -> None:
    stop = threading.Event()

    class StopSoon(Silent):
        def progress(self, candidate: EvaluatedCandidate, done: int, total: int) -> None:
            if done >= 6:
                stop.set()

    server.answers["good"] = "refund"
    data = _data(session, 400)
    named = [resolve(TASK, "endpoint:here/good", _library())]
    info = begin(session, TASK, data, named, EvaluationSettings(data.mapping), pool, StopSoon(), stop, _library())
    assert info.status == "stopped"
    done = info.candidates[0].done
    assert 6 <= done < 400
    info = resume(session, info.id, _library(), pool)
    assert info.status == "finished" and info.candidates[0].done == 400
    # None twice, but those that were under way when it was stopped.
    assert 400 <= len(server.asked) <= 400 + 3 + 1
    assert info.candidates[0].facts.counted == 400


def test_a_key_that_is_refused_ends_the_candidate_and_not_every_row(
    server: FaultServer, session: ProjectSession, pool: CandidatePool
) -> None:
    info = _run(session, _data(session, 200), pool, "forbidden")
    (candidate,) = info.candidates
    assert candidate.status == "failed" and candidate.failure is not None
    assert "does not allow this" in candidate.failure.message and len(server.asked) <= 13


def test_a_server_that_dies_costs_no_row_its_answer(
    server: FaultServer, session: ProjectSession, pool: CandidatePool
) -> None:
    ENDPOINTS.change("here", replace(ENDPOINTS.find("here"), retries=1))
    server.dies_after = 25
    info = _run(session, _data(session, 200), pool)
    (candidate,) = info.candidates
    assert candidate.status == "failed" and candidate.failure is not None
    assert "can't be reached" in candidate.failure.message
    # What did not get through is open, not wrong; and nobody went on asking for long.
    assert (candidate.done, candidate.failed) == (24, 1)
    assert len(server.asked) <= 25 + 3 * 2 * 2
    assert info.can_go_on
    server.dies_after = None
    info = resume(session, info.id, _library(), pool)
    (candidate,) = info.candidates
    assert (candidate.status, candidate.done, candidate.failed, candidate.failure) == ("finished", 200, 1, None)
    assert not info.can_go_on


def test_a_server_that_breaks_at_one_row_fails_at_that_row(
    server: FaultServer, session: ProjectSession, pool: CandidatePool
) -> None:
    ENDPOINTS.change("here", replace(ENDPOINTS.find("here"), retries=0))
    info = _run(session, _data(session, 20, {7: "a sick parcel"}), pool)
    (candidate,) = info.candidates
    assert (candidate.status, candidate.done, candidate.failed) == ("finished", 20, 2)
    broken = [each.failure.message for each in session.evaluations.answers(candidate.id) if each.failure]
    assert any("error 500" in message for message in broken)


def test_rows_that_break_a_server_keep_no_other_from_being_asked(
    server: FaultServer, session: ProjectSession, pool: CandidatePool
) -> None:
    ENDPOINTS.change("here", replace(ENDPOINTS.find("here"), retries=0))
    info = _run(session, _data(session, 40, dict.fromkeys((4, 5, 6), "a sick parcel")), pool)
    (candidate,) = info.candidates
    # Whether it is the rows or the server, nobody here knows: they are open.
    assert (candidate.status, candidate.done, candidate.failed) == ("failed", 37, 1)
    assert info.can_go_on


def test_a_key_that_is_used_up_in_the_middle_ends_the_candidate(
    server: FaultServer, session: ProjectSession, pool: CandidatePool
) -> None:
    class UsedUp(Silent):
        def progress(self, candidate: EvaluatedCandidate, done: int, total: int) -> None:
            if done >= 6:
                server.key = "sk-another"

    data = _data(session, 200)
    named = [resolve(TASK, "endpoint:here/good", _library())]
    info = begin(session, TASK, data, named, EvaluationSettings(data.mapping), pool, UsedUp(), library=_library())
    (candidate,) = info.candidates
    assert candidate.status == "failed" and candidate.failure is not None
    assert "does not accept the key" in candidate.failure.message
    assert 6 <= candidate.done < 100 and candidate.failed == 1
    server.key = KEY
    (candidate,) = resume(session, info.id, _library(), pool).candidates
    assert (candidate.status, candidate.done, candidate.failed) == ("finished", 200, 1)


def test_repeats_have_seeds_of_their_own(server: FaultServer, session: ProjectSession, pool: CandidatePool) -> None:
    task = find_task("chat")
    server.answers["good"] = "Sure."
    mapping = ColumnMapping(inputs={"messages": "message"})
    rows = [("hi",), ("ho",)]
    data = session.datasets.add(task.id, "d", "d.csv", FileFormat("csv"), ("message",), rows, (), "f" * 64, mapping)
    named = [resolve(task, "endpoint:here/good", _library())]
    settings = EvaluationSettings(mapping, repeats=3, options={"temperature": 1.0, "seed": 7})
    info = begin(session, task, data, named, settings, pool, library=_library())
    assert info.candidates[0].done == 6
    seeds = [asked["seed"] for asked in server.asked if asked["max_tokens"] > 2]
    assert sorted(seeds) == [7, 7, 8, 8, 9, 9]


def test_a_comparison_asks_once_and_measures_at_the_client(server: FaultServer, pool: CandidatePool) -> None:
    server.answers["good"] = "At your service, always."
    task = find_task("chat")
    named = [resolve(task, "endpoint:here/good", _library())]
    (result,) = compare(task, named, {"messages": (Message("user", "hi"),)}, {}, pool=pool).results
    figures = result.measurement
    assert result.failure is None and len(figures.latencies_s) == 1
    assert [asked["max_tokens"] for asked in server.asked] == [2, 256]
    assert figures.ttft_s is not None and figures.decode_tokens_per_s is not None and figures.network_s is not None
    assert (figures.prompt_tokens, figures.output_tokens) == (11, 4)
    assert figures.cost == pytest.approx((11 + 8) / 1e6) and figures.peak_memory_mb is None


def test_memory_is_nobodys_figure(server: FaultServer, pool: CandidatePool, tmp_path: Path) -> None:
    task = find_task("chat")
    server.answers["good"] = "Yes."
    candidate, spec = resolve(task, "endpoint:here/good", _library())
    assert 0 < need_of(spec).memory_mb < 500
    compare(task, [(candidate, spec)], {"messages": (Message("user", "hi"),)}, {}, pool=pool)
    # It stays open for the next question, and what its process took is not remembered as a model's need.
    assert [each.remote for each in pool.open] == [spec.remote]
    assert not (tmp_path / "home" / "measured.json").exists()


def test_waiting_for_a_busy_server_is_no_latency(server: FaultServer, pool: CandidatePool) -> None:
    task = find_task("chat")
    server.answers["good"], server.refusals["good"] = "Yes.", 8
    ENDPOINTS.change("here", replace(ENDPOINTS.find("here"), retries=8))
    named = [resolve(task, "endpoint:here/good", _library())]
    plan = Plan(warm_up=False)
    (result,) = compare(task, named, {"messages": (Message("user", "hi"),)}, {}, plan, pool=pool).results
    assert result.prediction is not None and result.measurement.latency_s is not None
    # Eight times 0.2 s, beside which an answer over loopback is short on any computer.
    assert result.prediction.timing.waited_s >= 1.6 > result.measurement.latency_s


def test_an_evaluation_of_an_endpoint_that_moved_fails_plainly(
    server: FaultServer, session: ProjectSession, pool: CandidatePool
) -> None:
    stop = threading.Event()
    stop.set()
    data = _data(session)
    named = [resolve(TASK, "endpoint:here/good", _library())]
    info = begin(session, TASK, data, named, EvaluationSettings(data.mapping), pool, None, stop, _library())
    here = ENDPOINTS.find("here")
    ENDPOINTS.change("here", replace(here, base_url="http://127.0.0.1:9/v1"))
    info = resume(session, info.id, _library(), pool)
    assert info.candidates[0].status == "failed" and info.candidates[0].failure is not None
    assert "is 127.0.0.1:9 today" in info.candidates[0].failure.message and not server.asked

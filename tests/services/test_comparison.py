"""One input through several candidates: each fares on its own, and what is measured is what the words mean."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from studio.domain.comparison import Candidate, CandidateResult
from studio.domain.errors import InputError
from studio.domain.prediction import GeneratedText, Labels, Prediction
from studio.domain.running import LoadSpec
from studio.engine.supervisor import Supervisor
from studio.services.comparison import STEADY_RUNS, Plan, compare, run_candidate
from studio.services.pool import CandidatePool
from tests.engine.fakes import STREAMED, WHOLE, open_fake, spec

ONCE = Plan(runs=1, warm_up=False)


def fake(name: str = "well", streams: bool = False) -> tuple[Candidate, LoadSpec]:
    """A candidate; its name says how loading goes."""
    return Candidate(name, "fp32"), spec(name, "fake-text" if streams else "fake")


class Notes:
    """An observer that writes down what it hears."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, str]] = []
        self.text_of: dict[str, str] = {}
        self.results: list[CandidateResult] = []
        self.answers: dict[str, Prediction] = {}
        self.heard = threading.Event()

    def stage(self, candidate: Candidate, stage: str) -> None:
        self.stages.append((candidate.model, stage))

    def text(self, candidate: Candidate, piece: str) -> None:
        self.text_of[candidate.model] = self.text_of.get(candidate.model, "") + piece
        self.heard.set()

    def answered(self, candidate: Candidate, prediction: Prediction) -> None:
        assert candidate.model not in [result.candidate.model for result in self.results]
        self.answers[candidate.model] = prediction

    def finished(self, result: CandidateResult) -> None:
        self.results.append(result)


@pytest.fixture
def pool() -> Iterator[CandidatePool]:
    with CandidatePool(Supervisor(open_fake)) as pool:
        yield pool


def _kinds(results: tuple[CandidateResult, ...]) -> list[str | None]:
    return [result.failure.kind if result.failure else None for result in results]


@pytest.mark.parametrize("at_once", [False, True])
def test_the_others_go_on_when_one_crashes(pool: CandidatePool, at_once: bool) -> None:
    notes = Notes()
    entries = [fake("a"), fake("segfault"), fake("out of memory"), fake("b")]
    comparison = compare(WHOLE, entries, {"text": "hi"}, {}, replace(ONCE, at_once=at_once), notes, pool=pool)
    assert _kinds(comparison.results) == [None, "WorkerCrashed", "OutOfMemory", None]
    assert [result.candidate.model for result in comparison.results] == ["a", "segfault", "out of memory", "b"]
    assert sorted(result.candidate.model for result in notes.results) == sorted(c.model for c, _spec in entries)
    for result in comparison.results:
        assert (result.prediction is None) == (result.failure is not None)


def test_an_input_that_a_model_refuses_fails_that_candidate_only(pool: CandidatePool) -> None:
    comparison = compare(WHOLE, [fake("a")], {"text": "refuse"}, {}, ONCE, pool=pool)
    (result,) = comparison.results
    assert result.failure is not None
    assert result.failure.message == "This text can't be answered."
    # It could be opened, so where it would have run is known.
    assert result.placement is not None


def test_an_input_that_no_model_could_answer_opens_none() -> None:
    notes = Notes()
    with pytest.raises(InputError, match="empty"):
        compare(WHOLE, [fake("a")], {"text": ""}, {}, observer=notes)
    with pytest.raises(InputError, match="pieces"):
        compare(WHOLE, [fake("a")], {"text": "hi"}, {"pieces": "many"}, observer=notes)
    with pytest.raises(InputError, match="no candidate"):
        compare(WHOLE, [], {"text": "hi"}, {}, observer=notes)
    assert notes.stages == []


def test_the_stages_of_a_run(pool: CandidatePool) -> None:
    notes = Notes()
    compare(WHOLE, [fake("a")], {"text": "hi"}, {}, Plan(runs=3), notes, pool=pool)
    # The answer is told before it is measured, so that nobody waits for figures to read it.
    assert notes.answers["a"] == notes.results[0].prediction
    assert [stage for _model, stage in notes.stages] == ["loading", "warming up", "answering", "measuring"]


def test_a_second_run_needs_neither_load_nor_warm_up(pool: CandidatePool) -> None:
    candidate, load_spec = fake("a")
    first = run_candidate(WHOLE, candidate, load_spec, {"text": "pid"}, {}, pool, Plan(runs=1))
    notes = Notes()
    second = run_candidate(WHOLE, candidate, load_spec, {"text": "pid"}, {}, pool, Plan(runs=1), notes)
    assert [stage for _model, stage in notes.stages] == ["answering"]
    assert first.prediction is not None
    assert second.prediction is not None
    assert first.prediction.output == second.prediction.output
    assert second.measurement.load_s == first.measurement.load_s is not None


def test_without_a_pool_each_is_closed_after_its_answer() -> None:
    # The default opener knows no fake task: that is a failure of the candidate, not of the comparison.
    (result,) = compare(WHOLE, [fake("a")], {"text": "hi"}, {}, ONCE).results
    assert result.failure is not None
    assert result.failure.kind == "UnknownNameError"


def test_each_candidate_can_have_options_of_its_own(pool: CandidatePool) -> None:
    entries = [fake("a", streams=True), fake("a", streams=True)]
    own: list[dict[str, Any]] = [{"pieces": 2}, {}]
    comparison = compare(STREAMED, entries, {"text": "x"}, {"pieces": 1}, ONCE, pool=pool, own_options=own)
    outputs = [result.prediction.output for result in comparison.results if result.prediction]
    assert [output.text for output in outputs if isinstance(output, GeneratedText)] == ["x 0;x 1;", "x 0;"]
    assert [result.options["pieces"] for result in comparison.results] == [2, 1]


def test_streamed_text_is_that_of_the_measured_answer(pool: CandidatePool) -> None:
    notes = Notes()
    comparison = compare(STREAMED, [fake("a", streams=True)], {"text": "x"}, {}, Plan(runs=2), notes, pool=pool)
    (result,) = comparison.results
    assert result.prediction is not None
    assert isinstance(result.prediction.output, GeneratedText)
    assert notes.text_of["a"] == result.prediction.output.text
    assert len(result.measurement.latencies_s) == 2


def test_measured_until_steady(pool: CandidatePool) -> None:
    (result,) = compare(WHOLE, [fake("a")], {"text": "hi"}, {}, pool=pool).results
    figures = result.measurement
    assert len(figures.latencies_s) >= STEADY_RUNS
    assert figures.latency_s == pytest.approx(sorted(figures.latencies_s)[len(figures.latencies_s) // 2], rel=0.5)
    assert figures.ttft_s is None
    assert figures.decode_tokens_per_s is None


def test_stop_while_streaming_keeps_what_is_done(pool: CandidatePool) -> None:
    stop, notes = threading.Event(), Notes()
    threading.Thread(target=lambda: notes.heard.wait(60) and stop.set(), daemon=True).start()
    options = {"pieces": 100_000, "step_s": 0.01}
    entries = [fake("a", streams=True), fake("b", streams=True)]
    comparison = compare(STREAMED, entries, {"text": "x"}, options, ONCE, notes, stop, pool)
    running, waiting = comparison.results
    assert running.failure is None
    assert running.prediction is not None
    assert isinstance(running.prediction.output, GeneratedText)
    assert running.prediction.output.finish_reason == "cancelled"
    assert running.prediction.output.text.startswith("x 0;")
    assert waiting.failure is not None
    assert waiting.failure.kind == "StoppedError"
    assert ("b", "loading") not in notes.stages


def test_stop_while_loading(pool: CandidatePool) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    comparison = compare(WHOLE, [fake("sleep")], {"text": "hi"}, {}, ONCE, stop=stop, pool=pool)
    assert _kinds(comparison.results) == ["StoppedError"]
    assert pool.open == ()


def test_stop_while_measuring_keeps_the_answer(pool: CandidatePool) -> None:
    stop = threading.Event()

    class StopLater(Notes):
        def stage(self, candidate: Candidate, stage: str) -> None:
            if stage == "measuring":
                stop.set()

    (result,) = compare(WHOLE, [fake("a")], {"text": "hi"}, {}, Plan(runs=10_000), StopLater(), stop, pool).results
    assert result.failure is None
    assert result.prediction is not None
    assert isinstance(result.prediction.output, Labels)
    assert 1 <= len(result.measurement.latencies_s) < 10_000


def test_a_time_limit_ends_a_candidate_that_takes_longer(pool: CandidatePool) -> None:
    limited = replace(ONCE, timeout_s=0.5)
    (result,) = compare(WHOLE, [fake("sleep")], {"text": "hi"}, {}, limited, pool=pool).results
    assert result.failure is not None
    assert result.failure.kind == "WorkerHung"
    assert "0.5 s" in result.failure.message
    assert _kinds(compare(WHOLE, [fake("a")], {"text": "hi"}, {}, ONCE, pool=pool).results) == [None]


def test_an_interrupt_ends_what_runs() -> None:
    """Ctrl+C while all candidates run at once: their threads must not keep the program."""
    supervisor = Supervisor(open_fake)

    class Interrupted(Notes):
        def stage(self, candidate: Candidate, stage: str) -> None:
            if candidate.model == "a":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), CandidatePool(supervisor) as pool:
        entries = [fake("a"), fake("sleep")]
        compare(WHOLE, entries, {"text": "hi"}, {}, replace(ONCE, at_once=True), Interrupted(), pool=pool)


def test_the_environment_tells_how_it_was_run(pool: CandidatePool) -> None:
    facts = compare(WHOLE, [fake("a")], {"text": "hi"}, {}, ONCE, pool=pool).environment
    assert facts["schedule"] == "one after another"
    for name in ("studio", "python", "os", "cpu", "logical_cores", "memory_mb", "onnxruntime", "tokenizers"):
        assert facts[name], name

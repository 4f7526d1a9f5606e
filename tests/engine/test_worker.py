"""What a worker does, and that whatever goes wrong in one is one clear failure."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from studio.domain.errors import WorkerError
from studio.domain.prediction import GeneratedText, Labels
from studio.engine.jobs import Cancelled, Failed, Finished
from studio.engine.protocol import Loaded, Pong, Ran
from studio.engine.supervisor import Supervisor
from studio.engine.worker import Patience, Worker
from tests.engine.fakes import open_fake, spec


def _text(outcome: object) -> str:
    assert isinstance(outcome, Finished), outcome
    output = outcome.value.prediction.output
    assert isinstance(output, (Labels, GeneratedText))
    return output.text


def test_loads_and_answers(supervisor: Supervisor) -> None:
    worker = supervisor.start()
    loaded = worker.load(spec()).wait(60)
    assert isinstance(loaded, Finished)
    assert isinstance(loaded.value, Loaded)
    assert loaded.value.ready_s > 0
    ran = worker.run({"text": "hello"}, {}).wait(60)
    assert _text(ran) == "hello"
    assert isinstance(ran, Finished)
    assert isinstance(ran.value, Ran)
    assert ran.value.latency_s >= ran.value.prediction.timing.end_s


def test_measures_memory_of_the_worker_itself(worker: Worker) -> None:
    ballast = bytearray(150_000_000)
    ran = worker.run({"text": "hello"}, {}).wait(60)
    assert isinstance(ran, Finished)
    # A spawned process inherits its parent's ru_maxrss; this figure must not be that one.
    assert ran.value.peak_memory_mb is not None
    assert 5 < ran.value.peak_memory_mb < len(ballast) / 1e6


def test_imports_nothing_it_does_not_need(worker: Worker) -> None:
    modules = set(_text(worker.run({"text": "modules"}, {}).wait(60)).split())
    assert "onnxruntime" in modules
    heavy = {"torch", "transformers", "optimum", "PySide6", "typer", "click", "rich", "pytest", "psutil", "asyncio"}
    assert not heavy & modules


def test_what_a_model_prints_stays_out_of_our_output(worker: Worker, capfd: pytest.CaptureFixture[str]) -> None:
    assert _text(worker.run({"text": "print"}, {}).wait(60)) == "print"
    out, err = capfd.readouterr()
    assert "printed" not in out + err


def test_streams_text_in_order_and_before_the_answer(supervisor: Supervisor) -> None:
    worker = supervisor.start()
    worker.load(spec(task="fake-text")).wait(60)
    heard: list[str] = []
    job = worker.run({"text": "a"}, {"pieces": 500, "step_s": 0.0}, on_text=heard.append)
    assert _text(job.wait(60)) == "".join(heard) == "".join(f"a {n};" for n in range(500))


def test_a_failing_listener_harms_nobody(supervisor: Supervisor) -> None:
    worker = supervisor.start()
    worker.load(spec(task="fake-text")).wait(60)

    def fail(_piece: str) -> None:
        raise RuntimeError("a bug in a listener")

    assert _text(worker.run({"text": "a"}, {"pieces": 2}, on_text=fail).wait(60)) == "a 0;a 1;"
    assert _text(worker.run({"text": "b"}, {"pieces": 1}).wait(60)) == "b 0;"


@pytest.mark.parametrize(
    ("what", "kind", "says"),
    [
        ("segfault", "WorkerCrashed", "SIGSEGV"),
        ("abort", "WorkerCrashed", "SIGABRT"),
        ("exit", "WorkerCrashed", "exit code 3"),
        ("kill", "WorkerCrashed", "memory"),
        ("out of memory", "OutOfMemory", "memory"),
        ("bad_alloc", "OutOfMemory", "memory"),
        ("native bad_alloc", "OutOfMemory", "memory"),
        ("bug", "InternalError", "ZeroDivisionError"),
        ("unreadable", "InternalError", "ValueError"),
        ("refuse", "InputError", "can't be answered"),
    ],
)
def test_every_way_to_fail_is_one_clear_failure(worker: Worker, what: str, kind: str, says: str) -> None:
    outcomes: list[object] = []
    job = worker.run({"text": what}, {})
    job.when_done(outcomes.append)
    outcome = job.wait(60)
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind == kind
    assert says in outcome.failure.message
    assert outcome.failure.next_step
    assert outcomes == [outcome]


@pytest.mark.parametrize("what", ["segfault", "kill", "exit", "out of memory", "bug", "refuse"])
def test_a_failure_while_loading_is_as_clear(supervisor: Supervisor, what: str) -> None:
    outcome = supervisor.start().load(spec(what)).wait(60)
    assert isinstance(outcome, Failed)
    assert outcome.failure.message


def test_a_crash_leaves_the_others_alone(supervisor: Supervisor) -> None:
    good, bad = supervisor.start(), supervisor.start()
    good.load(spec()).wait(60)
    bad.load(spec()).wait(60)
    assert isinstance(bad.run({"text": "segfault"}, {}).wait(60), Failed)
    assert _text(good.run({"text": "still here"}, {}).wait(60)) == "still here"


def test_after_a_crash_every_job_says_why(worker: Worker) -> None:
    first = worker.run({"text": "segfault"}, {}).wait(60)
    assert worker.join(60)
    second = worker.run({"text": "hello"}, {}).wait(60)
    assert isinstance(first, Failed)
    assert second == first
    assert worker.failure == first.failure


def test_after_an_error_of_the_model_it_goes_on(worker: Worker) -> None:
    assert isinstance(worker.run({"text": "bug"}, {}).wait(60), Failed)
    assert _text(worker.run({"text": "hello"}, {}).wait(60)) == "hello"


def test_a_cancelled_answer_keeps_what_there_is(supervisor: Supervisor) -> None:
    worker = supervisor.start()
    worker.load(spec(task="fake-text")).wait(60)
    begun = threading.Event()
    job = worker.run({"text": "a"}, {"pieces": 10_000, "step_s": 0.01}, on_text=lambda _piece: begun.set())
    assert begun.wait(60)
    job.cancel()
    outcome = job.wait(60)
    assert isinstance(outcome, Finished)
    assert outcome.value.prediction.output.finish_reason == "cancelled"
    assert outcome.value.prediction.output.text.startswith("a 0;")
    # It stopped by itself, so it can go on with the next.
    assert _text(worker.run({"text": "b"}, {"pieces": 1}).wait(60)) == "b 0;"


@pytest.mark.parametrize("phase", ["start", "load", "run"])
def test_cancel_works_in_every_phase(supervisor: Supervisor, phase: str) -> None:
    worker = supervisor.start()
    if phase == "run":
        worker.load(spec()).wait(60)
        job = worker.run({"text": "sleep"}, {})
        time.sleep(0.1)
    else:
        job = worker.load(spec("sleep"))
        time.sleep(0.0 if phase == "start" else 0.7)
    job.cancel()
    assert job.wait(60) == Cancelled()
    assert worker.join(60)
    assert not Path(f"/proc/{worker.pid}").exists()


def test_cancelling_a_job_that_ended_does_nothing(worker: Worker) -> None:
    job = worker.run({"text": "hello"}, {})
    outcome = job.wait(60)
    job.cancel()
    assert job.outcome is outcome
    assert _text(worker.run({"text": "again"}, {}).wait(60)) == "again"


def test_closing_ends_the_process_and_its_job(worker: Worker) -> None:
    job = worker.run({"text": "sleep"}, {})
    worker.close()
    assert job.wait(60) == Cancelled()
    assert worker.join(60)
    assert isinstance(worker.run({"text": "hello"}, {}).wait(60), Failed)


@pytest.mark.parametrize("large", [False, True])
def test_a_process_that_does_not_answer_is_ended(large: bool) -> None:
    with Supervisor(open_fake, Patience(ping_every_s=0.1, pong_s=0.4)) as supervisor:
        worker = supervisor.start()
        worker.load(spec()).wait(60)
        job = worker.run({"text": "freeze"}, {})
        if large:
            # Nobody reads it at the other end: sending it must not block for ever, either.
            assert isinstance(job.wait(60), Failed)
            worker = supervisor.start()
            worker.load(spec()).wait(60)
            import os
            import signal

            os.kill(worker.pid or 0, signal.SIGSTOP)
            job = worker.run({"text": "x" * 20_000_000}, {})
        outcome = job.wait(60)
        assert isinstance(outcome, Failed)
        assert outcome.failure.kind == "WorkerHung"
        assert worker.join(60)


def test_a_busy_worker_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    # How soon it stops is another matter, and a busy computer's.
    with Supervisor(open_fake, Patience(ping_every_s=0.05, cancel_s=60)) as supervisor:
        worker = supervisor.start()
        worker.load(spec(task="fake-text")).wait(60)
        alive = threading.Event()
        take = worker._take
        monkeypatch.setattr(
            worker, "_take", lambda message: (alive.set() if message == Pong() else None, take(message))
        )
        job = worker.run({"text": "a"}, {"pieces": 1_000_000, "step_s": 0.01})
        assert alive.wait(60)
        job.cancel()
        assert isinstance(job.wait(60), Finished)


def test_one_job_at_a_time(worker: Worker) -> None:
    worker.run({"text": "sleep"}, {})
    with pytest.raises(RuntimeError):
        worker.run({"text": "hello"}, {})


def test_a_supervisor_can_be_used_again(supervisor: Supervisor) -> None:
    first = supervisor.start()
    supervisor.close()
    assert first.join(60)
    second = supervisor.start()
    assert isinstance(second.load(spec()).wait(60), Finished)


def test_probing_tells_the_installed_runtime(supervisor: Supervisor) -> None:
    outcome = supervisor.start().probe().wait(60)
    assert isinstance(outcome, Finished)
    assert "CPUExecutionProvider" in outcome.value.providers
    assert outcome.value.version[0].isdigit()


def test_a_system_that_can_not_start_a_process_says_so(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_process: object) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr("studio.engine.supervisor._start_bare", refuse)
    with pytest.raises(WorkerError, match="could not start"):
        supervisor.start()

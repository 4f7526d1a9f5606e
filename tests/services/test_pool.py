"""Candidates stay open between runs, one user at a time, as long as there is memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from studio.domain.errors import InputError, OutOfMemory, StoppedError, StudioError, WorkerCrashed
from studio.domain.running import LoadSpec
from studio.engine.supervisor import Supervisor
from studio.services.fit import need_of
from studio.services.pool import CandidatePool, OpenCandidate
from studio.services.waiting import Waiter
from tests.engine.fakes import open_fake, spec

#: Fake candidates that differ, so that each is opened on its own. None of these names is a misbehaviour.
FIRST, SECOND, THIRD = (spec(name) for name in ("first", "second", "third"))


@pytest.fixture
def waiter() -> Waiter:
    return Waiter(threading.Event(), 60)


@pytest.fixture
def pool() -> Iterator[CandidatePool]:
    with CandidatePool(Supervisor(open_fake)) as pool:
        yield pool


def _pid(pool: CandidatePool, wanted: LoadSpec, waiter: Waiter) -> int | None:
    with pool.borrow(wanted, waiter) as candidate:
        return candidate.worker.pid


def test_a_candidate_is_loaded_once(pool: CandidatePool, waiter: Waiter) -> None:
    loads: list[str] = []
    with pool.borrow(FIRST, waiter, lambda: loads.append("load")) as candidate:
        before = candidate
    with pool.borrow(FIRST, waiter, lambda: loads.append("load")) as candidate:
        assert candidate is before
    assert loads == ["load"]


def test_different_settings_are_different_candidates(pool: CandidatePool, waiter: Waiter) -> None:
    assert _pid(pool, FIRST, waiter) != _pid(pool, SECOND, waiter)
    assert pool.open == (FIRST, SECOND)


def test_one_that_died_is_opened_again(pool: CandidatePool, waiter: Waiter) -> None:
    with pool.borrow(FIRST, waiter) as candidate:
        candidate.worker.close()
        assert candidate.worker.join(60)
    assert pool.open == ()
    with pool.borrow(FIRST, waiter) as again:
        assert again is not candidate
    again.worker.close()
    assert again.worker.join(60)
    # It died while nobody used it: that shows when it is asked for.
    with pool.borrow(FIRST, waiter) as once_more:
        assert once_more.worker.failure is None


def test_one_that_ran_out_of_memory_is_closed(pool: CandidatePool, waiter: Waiter) -> None:
    with pytest.raises(OutOfMemory), pool.borrow(FIRST, waiter) as candidate:
        waiter.result(candidate.worker.run({"text": "out of memory"}, {}))
    assert candidate.worker.join(60)
    assert pool.open == ()


def test_one_that_refused_an_input_stays_open(pool: CandidatePool, waiter: Waiter) -> None:
    with pytest.raises(StudioError), pool.borrow(FIRST, waiter) as candidate:
        waiter.result(candidate.worker.run({"text": "refuse"}, {}))
    assert pool.open == (FIRST,)


def test_one_whose_user_was_interrupted_is_closed(pool: CandidatePool, waiter: Waiter) -> None:
    """Ctrl+C may come between a question and its answer: the next user must not get that answer."""
    with pytest.raises(KeyboardInterrupt), pool.borrow(FIRST, waiter) as candidate:
        candidate.worker.run({"text": "sleep"}, {})
        raise KeyboardInterrupt
    assert candidate.worker.join(60)
    assert pool.open == ()


def test_failing_to_load_leaves_nothing_open(pool: CandidatePool, waiter: Waiter) -> None:
    with pytest.raises(WorkerCrashed), pool.borrow(spec("segfault"), waiter):
        pass
    assert pool.open == ()


def test_two_users_of_one_candidate_take_turns(pool: CandidatePool, waiter: Waiter) -> None:
    inside: list[str] = []
    first_is_in, first_may_leave = threading.Event(), threading.Event()

    def first() -> None:
        with pool.borrow(FIRST, waiter):
            first_is_in.set()
            first_may_leave.wait(60)
            inside.append("first")

    def second() -> None:
        with pool.borrow(FIRST, waiter):
            inside.append("second")

    one, other = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    assert first_is_in.wait(60)
    other.start()
    first_may_leave.set()
    one.join(60)
    other.join(60)
    assert inside == ["first", "second"]


def test_waiting_for_a_turn_can_be_stopped(pool: CandidatePool, waiter: Waiter) -> None:
    stop = threading.Event()
    with pool.borrow(FIRST, waiter):
        threading.Timer(0.1, stop.set).start()
        with pytest.raises(StoppedError), pool.borrow(FIRST, Waiter(stop)):
            pass
    assert pool.open == (FIRST,)


def _alive(candidate: OpenCandidate) -> bool:
    return not candidate.worker.join(0)


def test_the_least_recently_used_makes_room(waiter: Waiter) -> None:
    opened: dict[str, OpenCandidate] = {}

    def free_mb() -> float:
        # Room for two of them beside the reserve: each is expected to need 150 MB.
        return 500 + 2 * 150 - 150 * sum(_alive(candidate) for candidate in opened.values())

    with CandidatePool(Supervisor(open_fake), free_mb=free_mb) as pool:
        for wanted in (FIRST, SECOND):
            with pool.borrow(wanted, waiter) as candidate:
                opened[str(wanted.folder)] = candidate
        with pool.borrow(FIRST, waiter):
            pass  # now the second is the one that nobody used for longest
        with pool.borrow(THIRD, waiter) as candidate:
            opened["third"] = candidate
        assert set(map(str, (found.folder for found in pool.open))) == {"first", "third"}
        assert not _alive(opened["second"])


def test_one_in_use_is_not_closed_to_make_room(waiter: Waiter) -> None:
    with CandidatePool(Supervisor(open_fake), free_mb=lambda: 0.0) as pool, pool.borrow(FIRST, waiter) as first:
        with pool.borrow(SECOND, waiter):
            pass
        assert _alive(first)


def test_a_budget_counts_what_is_open(waiter: Waiter) -> None:
    with CandidatePool(Supervisor(open_fake), budget_mb=need_of(SECOND).memory_mb + 10, free_mb=lambda: 1e6) as pool:
        with pool.borrow(FIRST, waiter) as first:
            pass
        with pool.borrow(SECOND, waiter):
            pass
        assert pool.open == (SECOND,)
        assert not _alive(first)


def test_keeping_none_closes_each_after_use(waiter: Waiter) -> None:
    with CandidatePool(Supervisor(open_fake), keep=0) as pool:
        with pool.borrow(FIRST, waiter) as first:
            assert _alive(first)
        assert not _alive(first)
        assert pool.open == ()


def test_closing_idle_ones_keeps_those_in_use(pool: CandidatePool, waiter: Waiter) -> None:
    with pool.borrow(FIRST, waiter) as first:
        with pool.borrow(SECOND, waiter) as second:
            pass
        pool.close_idle()
        assert _alive(first)
        assert not _alive(second)


def test_the_candidates_of_a_folder_are_closed_unless_one_is_at_work(pool: CandidatePool, waiter: Waiter) -> None:
    with pool.borrow(FIRST, waiter) as first:
        with pytest.raises(InputError, match="at work"):
            pool.release(FIRST.folder)
        with pool.borrow(SECOND, waiter) as second:
            pass
        pool.release(SECOND.folder)
        assert not _alive(second)
        assert _alive(first)
    pool.release(FIRST.folder)
    assert pool.open == ()


def test_nothing_can_be_borrowed_from_a_closed_pool(pool: CandidatePool, waiter: Waiter) -> None:
    pool.close()
    with pytest.raises(StoppedError), pool.borrow(FIRST, waiter):
        pass

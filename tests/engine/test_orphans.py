"""No process outlives the program, however the program ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]
_PROGRAM = """
import os, pathlib, sys, tempfile, time
from studio.engine.supervisor import Supervisor
from tests.engine.fakes import open_fake, spec

ending = sys.argv[1]
supervisor = Supervisor(open_fake)
workers = [supervisor.start() for _ in range(3)]
workers[0].load(spec()).wait()
workers[0].run({"text": "sleep"}, {})
workers[1].load(spec("sleep"))
# Each removes its own log once it is up; this ends only if they do.
while list(pathlib.Path(tempfile.gettempdir()).glob("studio-worker-*")):
    time.sleep(0.01)
print(*(worker.pid for worker in workers), flush=True)
if ending == "exit":
    sys.exit(0)
if ending == "exception":
    raise RuntimeError
if ending == "abrupt":
    os._exit(1)
while True:
    time.sleep(1)
"""


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _wait_for_end(pids: list[int]) -> list[int]:
    deadline = time.monotonic() + 120
    while (left := [pid for pid in pids if _alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("ending", ["exit", "exception", "abrupt", "SIGKILL", "SIGTERM", "SIGINT"])
def test_workers_end_with_the_program(ending: str, tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, ending],
        cwd=_REPOSITORY,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert program.stdout is not None
    pids = [int(word) for word in program.stdout.readline().split()]
    try:
        assert len(pids) == 3
        if ending.startswith("SIG"):
            assert all(_alive(pid) for pid in pids)
            program.send_signal(getattr(signal, ending))
        program.wait(30)
        assert _wait_for_end(pids) == []
        assert list(tmp_path.glob("studio-worker-*")) == []
    finally:
        program.kill()
        program.wait()
        program.stdout.close()
        for pid in pids:
            if _alive(pid):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes are POSIX's")
def test_an_interrupt_of_the_terminal_does_not_reach_workers(tmp_path: Path) -> None:
    """Ctrl+C goes to every process of the group: workers must leave the decision to the program."""
    program = subprocess.Popen(
        [
            sys.executable,
            "-c",
            _PROGRAM.replace(
                "while True:",
                "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('armed', flush=True)\nwhile True:",
            ),
            "wait",
        ],
        cwd=_REPOSITORY,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout is not None
    pids = [int(word) for word in program.stdout.readline().split()]
    try:
        assert program.stdout.readline() == "armed\n"
        os.killpg(program.pid, signal.SIGINT)
        time.sleep(0.3)
        assert all(_alive(pid) for pid in pids)
    finally:
        program.kill()
        _out, err = program.communicate()
    assert "KeyboardInterrupt" not in err
    assert _wait_for_end(pids) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_an_interrupt_does_not_reach_a_worker_that_is_still_starting() -> None:
    """Also the first worker of a program, with which multiprocessing starts a process of its own."""
    program = """
from pathlib import Path
from studio.engine.supervisor import Supervisor
from tests.engine.fakes import open_fake

with Supervisor(open_fake) as supervisor:
    print(Path(f"/proc/{supervisor.start().pid}/status").read_text())
"""
    status = subprocess.run(
        [sys.executable, "-c", program], cwd=_REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
    blocked = next(line.split()[1] for line in status.splitlines() if line.startswith("SigBlk:"))
    assert int(blocked, 16) & 1 << signal.SIGINT - 1

"""A real Ray cluster of several nodes on this computer, whose nodes can be lost like computers."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from studio.domain.running import LoadSpec, Runner
from studio.engine.child import open_candidate
from tests.services.fickle import open_fickle

#: Of each node, bytes: about the least that Ray takes.
_STORE = 80_000_000
#: On a computer that runs other tests as well, each of Ray's processes may take long to begin.
_START_S = 240.0
_TRIES = 3
_END_S = 10.0
_LOOK_S = 0.1
#: In the environment of every process of a node, so that all of them are found, whoever started them.
_MARK = "STUDIO_TEST_NODE"
#: Below those that a system gives out by itself, which any of Ray's own processes may get in the meantime, and beside
#: those that Ray takes for its clients (23000 to 23999).
_PORTS = range(24_000, 32_000)


class Nodes:
    """Leaving it as a context manager ends every process of it.

    Attributes:
        address: For computers that are nodes.
        client: For others.
        names: Of the nodes, in the order they were asked for.
        token: Environment variables with which it can be joined.
    """

    def __init__(self) -> None:
        # Sockets lie in it, whose paths must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="ray-t", dir="/tmp"))
        self.address = self.client = ""
        # Ray would else put one into the home folder of whoever runs the tests.
        self.token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        self.names: list[str] = []
        self._count = 0

    def start(self, environments: Sequence[Mapping[str, str]]) -> None:
        """Start nodes of one processor each, the first one with the cluster's head, and wait until all are up.

        Args:
            environments: For each node, what its processes have in theirs besides this one's.
        """
        # One after another: Ray gives a node half a minute to come up, whatever else the computer does.
        for environment in environments:
            for attempt in range(_TRIES):
                try:
                    self._start_one(environment)
                    break
                except RuntimeError:
                    self.kill(self.names.pop())
                    if attempt == _TRIES - 1:
                        raise
                    if not self.names:
                        self.address = ""
        # A process of its own, which begins to listen when the head is long called ready.
        _wait_for(int(self.client.rpartition(":")[2]))

    def _start_one(self, environment: Mapping[str, str]) -> None:
        where = [f"--address={self.address}"]
        if not self.address:
            port, client = random.sample([each for each in _PORTS if each % 7 == 0 and _is_free(each)], 2)
            self.address, self.client = f"127.0.0.1:{port}", f"ray://127.0.0.1:{client}"
            where = ["--head", f"--port={port}", f"--ray-client-server-port={client}", "--include-dashboard=false"]
            where.append("--no-monitor")
        self._count += 1
        self.names.append(f"{self.folder.name}-{self._count}-")
        started = self._start(self.names[-1], where, environment)
        try:
            said, _nothing = started.communicate(timeout=_START_S)
        finally:
            started.kill()
        if started.returncode:
            raise RuntimeError(said)

    def _start(self, name: str, where: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
        command = [str(Path(sys.executable).parent / "ray"), "start", *where, "--num-cpus=1"]
        command += [f"--object-store-memory={_STORE}", "--disable-usage-stats"]
        # Any free ports: its own range may be another cluster's.
        command += ["--min-worker-port=0", "--max-worker-port=0"]
        own = {"RAY_TMPDIR": str(self.folder), "PYTHONPATH": str(Path(__file__).parents[2]), _MARK: name}
        # Ray's processes are else the last to get a core, on a computer that runs other tests as well.
        own["RAY_worker_niceness"] = "0"
        # How long the head gives the process that it starts for each client.
        own |= dict.fromkeys(("RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S", "TIMEOUT_FOR_SPECIFIC_SERVER_S"), "240")
        return subprocess.Popen(
            command,
            env={**os.environ, **own, **self.token, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def kill(self, name: str) -> None:
        """Lose a node: all of its processes end at once, as if somebody pulled the plug."""
        for process in _marked(name):
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)

    def workers(self) -> int:
        """How many worker processes of the studio there are on all nodes."""
        found = 0
        for process in _marked(self.folder.name):
            with contextlib.suppress(psutil.Error):
                found += any("spawn_main" in argument for argument in process.cmdline())
        return found

    def client_log(self) -> str:
        """What the head says of computers that come in from outside."""
        found = sorted((self.folder / "ray").glob("session_2*/logs/ray_client_server*"))
        return "\n".join(f"{each.name}: {each.read_text(errors='replace')[-3000:]}" for each in found)

    def close(self) -> None:
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> None:
        until_s = time.monotonic() + _END_S
        while (left := _marked(self.folder.name)) and time.monotonic() < until_s:
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)
            time.sleep(0.1)

    def __enter__(self) -> Nodes:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def open_any(spec: LoadSpec) -> Runner:
    """Opened inside a worker of a node."""
    return open_fickle(spec) if spec.folder.name == "fickle" else open_candidate(spec)


def _marked(mark: str) -> list[psutil.Process]:
    """The running processes whose mark begins so, and all that they started (Ray's Python processes hide theirs)."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(_MARK, "").startswith(mark):
                for each in (process, *process.children(recursive=True)):
                    found[each.pid] = each
    return list(found.values())


def _is_free(port: int) -> bool:
    with socket.socket() as opened:
        try:
            opened.bind(("0.0.0.0", port))
        except OSError:
            return False
        return True


def _wait_for(port: int) -> None:
    until_s = time.monotonic() + _START_S
    while time.monotonic() < until_s:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(_LOOK_S)
    raise RuntimeError(f"nobody listens at port {port}")

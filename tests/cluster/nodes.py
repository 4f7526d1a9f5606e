"""A real Ray cluster of several nodes on this computer, whose nodes can be lost like computers."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

#: Of each node, bytes: about the least that Ray takes.
_STORE = 80_000_000
_START_S = 90.0
_END_S = 10.0
#: In the environment of every process of a node, so that all of them are found, whoever started them.
_MARK = "STUDIO_TEST_NODE"


class Nodes:
    """Leaving it as a context manager ends every process of it.

    Attributes:
        address: For computers that are nodes.
        client: For others.
        names: Of the nodes so far, in the order they were started.
        token: Environment variables with which it can be joined.
    """

    def __init__(self) -> None:
        # Sockets lie in it, whose paths must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="ray-t", dir="/tmp"))
        self.address = self.client = ""
        # Ray would else put one into the home folder of whoever runs the tests.
        self.token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        self.names: list[str] = []

    def start(self, processors: int = 1, environment: Mapping[str, str] | None = None) -> str:
        """A further node, the first one with the cluster's head; returns its name."""
        name = f"{self.folder.name}-{len(self.names)}"
        if self.address:
            where = [f"--address={self.address}"]
        else:
            port, client = _free_port(), _free_port()
            where = ["--head", f"--port={port}", f"--ray-client-server-port={client}", "--include-dashboard=false"]
            self.address, self.client = f"127.0.0.1:{port}", f"ray://127.0.0.1:{client}"
        command = [str(Path(sys.executable).parent / "ray"), "start", *where, f"--num-cpus={processors}"]
        command += [f"--object-store-memory={_STORE}", "--disable-usage-stats"]
        # Any free ports: its own range may be another cluster's.
        command += ["--min-worker-port=0", "--max-worker-port=0"]
        own = {"RAY_TMPDIR": str(self.folder), "PYTHONPATH": str(Path(__file__).parents[2]), _MARK: name}
        # Ray's processes are else the last to get a core, on a computer that runs other tests as well.
        own["RAY_worker_niceness"] = "0"
        ran = subprocess.run(
            command,
            env={**os.environ, **own, **self.token, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=_START_S,
            check=False,
        )
        if ran.returncode:
            raise RuntimeError(f"{ran.stdout}\n{ran.stderr}")
        self.names.append(name)
        return name

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

    def close(self) -> None:
        until_s = time.monotonic() + _END_S
        while (left := _marked(self.folder.name)) and time.monotonic() < until_s:
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)
            time.sleep(0.1)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Nodes:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _marked(mark: str) -> list[psutil.Process]:
    """The running processes whose mark begins so, and all that they started (Ray's Python processes hide theirs)."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(_MARK, "").startswith(mark):
                for each in (process, *process.children(recursive=True)):
                    found[each.pid] = each
    return list(found.values())


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])

"""The process that talks to Ray on behalf of the studio.

A process of its own: Ray ends whoever is connected to a cluster that is gone, and puts threads, signal handlers and
about 90 MB into it. Here it may.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from studio.cluster.address import LOCAL, full_address
from studio.cluster.failures import NO_SERVER, failure_of, lost, no_ray, not_joined
from studio.cluster.host import Host as HostActor
from studio.cluster.knock import knock
from studio.cluster.messages import Call, Connect, Drop, Host, Leave, Place, Reply, Request, Sent, Survey, SurveyedNode
from studio.cluster.package import Package
from studio.domain.errors import ClusterError, Failure, StudioError
from studio.domain.i18n import _

#: How long a node may take to say what it is and to start a process, in seconds.
_LOOK_S, _START_S = 60.0, 90.0
#: Longest wait for Ray to end what it started, once the studio is gone.
_LEAVE_S = 15.0
#: Pieces of folders: two of them are in the object store at once.
_PIECE_BYTES = 16 * 1024 * 1024
#: The object store of a cluster that is started here: nothing large goes through it.
_STORE_BYTES = 100 * 1024 * 1024
#: What this process prints goes into this file of its folder.
LOG = "studio.log"
_LOG_TAIL_CHARACTERS = 4000
#: Calls that are waited for at once.
_MOST_LANES = 256
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_LOG_TO_STDERR": "0",
    # How often the head is asked, once a second, before it is said that it refuses.
    "RAY_NUM_REDIS_GET_RETRIES": "4",
    # How long it is looked for a node of the cluster on this computer, in seconds.
    "RAY_gcs_server_request_timeout_seconds": "15",
}


def main(connection: Connection, log: Path) -> None:
    """Serve the studio at the other end of ``connection`` until it goes away. Entry point of the process.

    Args:
        connection: To the studio.
        log: Takes everything that Ray prints; its folder goes with this process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setsid"):
        # A whole group may be told to end; this one goes when the studio has gone, in good order.
        os.setsid()
    with log.open("a", encoding="utf-8", errors="replace", buffering=1) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    os.environ |= _SETTINGS
    _Driver(connection).serve()
    # Also where the studio was killed, and nobody else can.
    shutil.rmtree(log.parent, ignore_errors=True)
    # Ray's own threads may still wait for something.
    os._exit(0)


def _die_with_parent() -> None:
    """The connection ends with the studio, and then Ray is left in good order; but not for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        time.sleep(_LEAVE_S)
        os._exit(1)


class _Driver:
    """Every job has a thread that waits for Ray; Ray itself may be asked from any thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._lanes: dict[int, Any] = {}
        self._threads = ThreadPoolExecutor(_MOST_LANES, thread_name_prefix="cluster")

    def serve(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                message = Leave()
            if isinstance(message, Leave):
                self._leave()
                return
            if isinstance(message, Drop):
                self._threads.submit(self._drop, message.lane)
            else:
                self._threads.submit(self._answer, message)

    def _answer(self, message: Request) -> None:
        try:
            self._send(Reply(message.job, self._do(message)))
        except StudioError as error:
            self._send(Reply(message.job, failure=Failure.of(error)))
        except Exception as error:  # noqa: BLE001 - the process's edge: whatever it is becomes a value
            self._send(Reply(message.job, failure=failure_of(error)))

    def _send(self, message: Reply | Sent) -> None:
        with self._sending, suppress(OSError):
            self._connection.send(message)

    def _do(self, message: Request) -> Any:
        match message:
            case Connect(address=address, folder=folder):
                return _connect(address, folder)
            case Survey():
                return _survey(message)
            case Host():
                return self._host(message)
            case Place():
                return self._place(message)
            case Call(lane=lane, method=method, arguments=arguments):
                import ray

                return ray.get(self._lane(lane).call.remote(method, arguments))

    def _host(self, message: Host) -> None:
        import ray

        strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(message.node, soft=False)
        actor = ray.remote(HostActor).options(
            num_cpus=message.processors,
            num_gpus=message.gpus,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy=strategy,
        )
        self._lanes[message.lane] = held = actor.remote(message.make)
        try:
            ray.get(held.ready.remote(), timeout=_START_S)
        except ray.exceptions.GetTimeoutError as error:
            self._drop(message.lane)
            raise ClusterError(
                _("A node of the cluster has no room for a worker: others use its processors."),
                _("Try again later, or use fewer workers."),
                str(error),
            ) from error

    def _place(self, message: Place) -> None:
        import pickle

        package = message.package
        arguments = pickle.dumps((package,))
        asked = {lane: self._lane(lane).call.remote("lacks", arguments) for lane in message.lanes}
        lacking = [self._lane(lane) for lane, ref in asked.items() if pickle.loads(_got(ref))]
        if not lacking:
            return
        self._transfer(message.job, package, lacking)
        for ref in [held.call.remote("complete", arguments) for held in lacking]:
            _got(ref)

    def _transfer(self, job: int, package: Package, lacking: list[Any]) -> None:
        import ray

        done = 0
        before: list[Any] = []
        for file in package.files:
            with (package.folder / file.name).open("rb") as opened:
                offset = 0
                while piece := opened.read(_PIECE_BYTES):
                    ref = ray.put(piece)
                    now = [held.take.remote(package.fingerprint, file.name, offset, ref) for held in lacking]
                    # The next piece is read while this one travels. They arrive one after another all the same.
                    for earlier in before:
                        _got(earlier)
                    before = now
                    offset += len(piece)
                    done += len(piece)
                    self._send(Sent(job, done, package.size))
        for earlier in before:
            _got(earlier)

    def _lane(self, lane: int) -> Any:
        held = self._lanes.get(lane)
        if held is None:
            raise lost(f"lane {lane} is closed")
        return held

    def _drop(self, lane: int) -> None:
        import ray

        held = self._lanes.pop(lane, None)
        if held is not None:
            with suppress(Exception):
                ray.kill(held)

    def _leave(self) -> None:
        """Ray ends what was started for this connection."""
        if "ray" in sys.modules:
            import ray

            with suppress(Exception):
                ray.shutdown()


def _got(ref: Any) -> Any:
    import ray

    return ray.get(ref)


def _connect(address: str, folder: Path) -> None:
    try:
        if address == LOCAL:
            # Before the import, which reads it. Ray does not make the second one by itself.
            os.environ["RAY_TMPDIR"] = str(folder)
            (folder / "ray").mkdir(exist_ok=True)
            os.environ |= {
                # A token of its own, which Ray would else put into the user's home folder.
                "RAY_AUTH_MODE": "token",
                "RAY_AUTH_TOKEN": secrets.token_hex(32),
                # Ray's processes are else the last to get a core, and so would be the models that are timed.
                "RAY_worker_niceness": "0",
            }
        else:
            # Before the import as well: what it finds decides what Ray shows there.
            knock(full_address(address))
        import ray
    except ImportError as error:
        raise no_ray(error) from error
    try:
        if address == LOCAL:
            ray.init(
                num_cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
                include_dashboard=False,
                object_store_memory=_STORE_BYTES,
                log_to_driver=False,
                # Nothing of it can be reached from other computers.
                _node_ip_address="127.0.0.1",
            )
            return
        _init(full_address(address))
    except StudioError:
        raise
    except Exception as error:  # Ray raises many kinds for the same few reasons, and prints some of them only.
        why = "".join(traceback.format_exception(error))
        raise not_joined(address, f"{why}\n{_printed(folder)}") from error


def _init(address: str) -> None:
    import ray

    try:
        ray.init(address=address, log_to_driver=False)
    except Exception as error:
        # On a busy head the process that it starts for each client can be too late; the next one mostly is not.
        if not any(mark in str(error) for mark in NO_SERVER):
            raise
        ray.init(address=address, log_to_driver=False)


def _printed(folder: Path) -> str:
    try:
        return (folder / LOG).read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARACTERS:]
    except OSError:
        return ""


def _survey(message: Survey) -> tuple[SurveyedNode, ...]:
    import ray

    module, name = message.look.__module__, message.look.__qualname__

    def look(version: str) -> tuple[str, Any]:
        # Travels by value, so that it runs also where there is no studio.
        import importlib

        try:
            import studio

            if studio.__version__ != version:
                return "version", studio.__version__
            return "", getattr(importlib.import_module(module), name)()
        except ImportError as error:
            return "missing", str(error)

    affinity = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    task = ray.remote(num_cpus=0, max_retries=0)(look)
    alive = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) > 0]
    asked = [
        task.options(scheduling_strategy=affinity(node["NodeID"], soft=False)).remote(message.version) for node in alive
    ]
    ray.wait(asked, num_returns=len(asked), timeout=_LOOK_S) if asked else None
    return tuple(_surveyed(node, ref) for node, ref in zip(alive, asked, strict=True))


def _surveyed(node: dict[str, Any], ref: Any) -> SurveyedNode:
    import ray

    def made(**more: Any) -> SurveyedNode:
        resources = node["Resources"]
        name = str(node.get("NodeManagerHostname") or node.get("NodeManagerAddress"))
        return SurveyedNode(node["NodeID"], name, float(resources["CPU"]), float(resources.get("GPU", 0)), **more)

    try:
        trouble, found = ray.get(ref, timeout=0.1)
    except Exception as error:  # noqa: BLE001 - whatever a foreign node did, the others can be used
        return made(trouble="failed", detail=str(error))
    return made(found=found) if not trouble else made(trouble=trouble, detail=str(found))

"""A small Hub in a thread: the part of the Hugging Face Hub's API that the studio uses, with faults on demand.

The real huggingface_hub talks to it through ``HF_ENDPOINT``. Large files are redirected to another host name, as the
real Hub does, so that a token that follows along would show.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

#: Files of these endings are kept in LFS, and so come with a SHA-256.
LARGE = (".onnx", ".onnx_data", ".safetensors", ".bin", ".spm")
GOOD_TOKEN = "hf_goodtoken"


@dataclass
class Fault:
    """What goes wrong, for requests of files whose name ends with ``name``.

    Attributes:
        name: End of the file's name; empty for every file.
        status: Answer with this status instead.
        cut_after: Close the connection after so many bytes of the body.
        flip: Change one byte of what is sent.
        slow_s: Wait so long between pieces of 64 KiB.
        no_ranges: Answer requests for a part with the whole.
        more: Send so many bytes more than there are, and say so.
        headers: Further headers of the answer.
        times: How often; -1 for always.
    """

    name: str = ""
    status: int = 0
    cut_after: int = -1
    flip: bool = False
    slow_s: float = 0.0
    no_ranges: bool = False
    more: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = -1


@dataclass
class Repository:
    """A model on the fake Hub; `files` may be changed by a test, which makes a new commit of it."""

    id: str
    files: dict[str, bytes]
    pipeline_tag: str = "text-classification"
    tags: tuple[str, ...] = ("onnx",)
    gated: str = ""
    private: bool = False
    downloads: int = 10
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, hub_id: str, folder: Path, **more: Any) -> Repository:
        """A model with the files of a folder, but for ``studio.json``."""
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != "studio.json"
        }
        return cls(hub_id, files, **more)

    @property
    def sha(self) -> str:
        listed = "".join(f"{name}{hashlib.sha1(data).hexdigest()}" for name, data in sorted(self.files.items()))
        return hashlib.sha1(listed.encode()).hexdigest()

    def info(self, with_sizes: bool) -> dict[str, Any]:
        card = self._card()
        licence = card.get("license")
        config = json.loads(self.files.get("config.json", b"{}"))
        return {
            "_id": "1",
            "id": self.id,
            "modelId": self.id,
            "sha": self.sha,
            "lastModified": "2025-03-01T12:00:00.000Z",
            "private": self.private,
            "gated": self.gated or False,
            "disabled": False,
            "downloads": self.downloads,
            "likes": 1,
            "tags": [*self.tags, *([f"license:{licence}"] if licence else []), self.pipeline_tag],
            "pipeline_tag": self.pipeline_tag,
            "config": {key: config[key] for key in ("architectures", "model_type") if key in config},
            "cardData": card,
            "siblings": [self._sibling(name, with_sizes) for name in self.files],
        }

    def _card(self) -> dict[str, Any]:
        front = re.match(rb"\A---\n(.*?)\n---\n", self.files.get("README.md", b""), re.DOTALL)
        return yaml.safe_load(front[1]) if front else {}

    def _sibling(self, name: str, with_sizes: bool) -> dict[str, Any]:
        row: dict[str, Any] = {"rfilename": self.names.get(name, name)}
        if with_sizes:
            data = self.files[name]
            row |= {"size": len(data), "blobId": blob_of(data)}
            if name.endswith(LARGE):
                row["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
        return row


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    method: str
    path: str
    range: str
    token: str


def blob_of(data: bytes) -> str:
    """Git's name of a blob."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class FakeHub:
    """The server; a context manager."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def storage(self) -> str:
        """Where large files lie: the same machine under another name."""
        return f"http://localhost:{self._server.server_port}/storage"

    def add(self, repository: Repository) -> Repository:
        self.repositories[repository.id] = repository
        return repository

    def fetched(self, name: str = "") -> list[Asked]:
        """Requests for the contents of files whose name ends with ``name``, redirected ones counted once."""
        return [
            asked
            for asked in self.asked
            if asked.method == "GET"
            and asked.path.endswith(name)
            and ("/storage/" in asked.path or ("/resolve/" in asked.path and not asked.path.endswith(LARGE)))
        ]

    def fault_for(self, name: str) -> Fault | None:
        for fault in self.faults:
            if name.endswith(fault.name) and fault.times != 0:
                fault.times -= 1
                return fault
        return None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(hub: FakeHub) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def do_HEAD(self) -> None:
            self._answer(False)

        def do_GET(self) -> None:
            self._answer(True)

        def _answer(self, with_body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            hub.asked.append(Asked(self.command, path, self.headers.get("Range", ""), token))
            try:
                self._route(path, token, with_body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _route(self, path: str, token: str, with_body: bool) -> None:
            if path == "/api/whoami-v2":
                known = token == GOOD_TOKEN
                self._json({"name": "tester", "type": "user"} if known else {"error": "no"}, 200 if known else 401)
            elif path == "/api/models":
                self._json(self._search(parse_qs(urlsplit(self.path).query)))
            elif path.startswith("/api/models/"):
                self._info(path.removeprefix("/api/models/"), token)
            elif path.startswith("/storage/"):
                _start, hub_id, name = path.split("//", 2)
                self._file(hub.repositories[hub_id].files[name], name, with_body)
            elif "/resolve/" in path:
                self._resolve(path, token, with_body)
            else:
                self._refuse(404, "EntryNotFound")

        def _search(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
            words = query.get("search", [""])[0].lower()
            filters = set(query.get("filter", [])) | set(query.get("pipeline_tag", []))
            found = [
                repository.info(False)
                for repository in hub.repositories.values()
                if words in repository.id.lower() and not repository.private
            ]
            fits = [i for i in found if filters <= {*i["tags"], *_languages(i["cardData"])}]
            return sorted(fits, key=lambda info: -info["downloads"])[: int(query.get("limit", ["100"])[0])]

        def _info(self, rest: str, token: str) -> None:
            hub_id, _mark, revision = rest.partition("/revision/")
            fault = hub.fault_for(f"api/{hub_id}")
            repository = hub.repositories.get(hub_id)
            if fault and fault.status:
                self._refuse(fault.status, headers=fault.headers)
            elif repository is None or (repository.private and token != GOOD_TOKEN):
                # The real one says 401 to strangers, so that nobody learns what private models there are.
                self._refuse(404 if token else 401, "RepoNotFound")
            elif revision not in ("", "main", repository.sha):
                self._refuse(404, "RevisionNotFound")
            else:
                self._json(repository.info("blobs=True" in self.path or "blobs=true" in self.path))

        def _resolve(self, path: str, token: str, with_body: bool) -> None:
            hub_id, _mark, rest = path.lstrip("/").partition("/resolve/")
            revision, _slash, name = rest.partition("/")
            repository = hub.repositories.get(hub_id)
            if repository is None:
                self._refuse(404, "RepoNotFound")
            elif revision not in ("main", repository.sha):
                self._refuse(404, "RevisionNotFound")
            elif name not in repository.files:
                self._refuse(404, "EntryNotFound")
            elif repository.gated and token != GOOD_TOKEN:
                self._refuse(403 if token else 401, "GatedRepo")
            elif name.endswith(LARGE):
                self.send_response(302)
                self.send_header("Location", f"{hub.storage}//{hub_id}//{name}")
                self.send_header("X-Repo-Commit", repository.sha)
                self.send_header("X-Linked-Etag", f'"{hashlib.sha256(repository.files[name]).hexdigest()}"')
                self.send_header("X-Linked-Size", str(len(repository.files[name])))
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._file(repository.files[name], name, with_body)

        def _file(self, data: bytes, name: str, with_body: bool) -> None:
            fault = hub.fault_for(name) or Fault()
            if fault.status:
                self._refuse(fault.status, headers=fault.headers)
                return
            start = 0
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            if asked and not fault.no_ranges:
                start = int(asked[1])
                if start >= len(data):
                    self._refuse(416)
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            else:
                self.send_response(200)
            body = data[start:]
            body += b"x" * fault.more
            if fault.flip:
                body = bytes([body[0] ^ 1]) + body[1:]
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", f'"{blob_of(data)}"')
            self.end_headers()
            if with_body:
                self._send(body, fault)

        def _send(self, body: bytes, fault: Fault) -> None:
            sent = body if fault.cut_after < 0 else body[: fault.cut_after]
            for start in range(0, len(sent), 65536):
                self.wfile.write(sent[start : start + 65536])
                if fault.slow_s:
                    self.wfile.flush()
                    time.sleep(fault.slow_s)
            if len(sent) < len(body):
                self.close_connection = True
                self.connection.shutdown(2)

        def _json(self, value: Any, status: int = 200) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _refuse(self, status: int, code: str = "", headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            if code:
                self.send_header("X-Error-Code", code)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler


def _languages(card: dict[str, Any]) -> list[str]:
    given = card.get("language") or []
    return [given] if isinstance(given, str) else [str(code) for code in given]

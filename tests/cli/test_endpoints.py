"""``studio endpoints``, endpoints as candidates and ``studio serve``, in real processes; and that no key ever shows."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from openai import OpenAI
from typer.testing import CliRunner, Result

from studio.cli.app import app
from studio.cli.serve import _from_elsewhere
from studio.reports import all_formats
from tests.insides import insides
from tests.remote.fault_server import KEY, FaultServer, fault_server
from tests.services.endpoint_home import endpoint_home

_STUDIO = (sys.executable, "-m", "studio")
Studio = Callable[..., Result]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server(KEY) as running:
        running.answers["good"] = "refund"
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    folder.mkdir()
    with endpoint_home(folder):
        yield folder


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A command of the terminal, in this process; its workers are processes of their own."""
    monkeypatch.setenv("STUDIO_DEBUG", "1")
    monkeypatch.setenv("OPENAI_LOG", "debug")

    def run(*arguments: str, given: str = "", ok: bool | None = True) -> Result:
        done = CliRunner().invoke(app, arguments, input=given)
        assert ok is None or (done.exit_code == 0) is ok, done.output
        return done

    return run


def test_an_endpoint_from_adding_to_removing(studio: Studio, server: FaultServer) -> None:
    assert "no endpoints, so nothing is sent" in studio("endpoints", "list").stdout
    added = studio("endpoints", "add", "here", "--url", server.url, "--key-stdin", "-m", "good", given=KEY + "\n")
    assert "a server on this computer" in added.stdout
    assert "offers 2 models" in studio("endpoints", "test", "here").stdout
    assert studio("endpoints", "models", "here").stdout.splitlines() == [
        "endpoint:here/good  (offered)",
        "endpoint:here/other",
    ]
    studio("endpoints", "price", "here", "good", "--input", "1", "--output", "4", "--currency", "EUR")
    (row,) = json.loads(studio("endpoints", "list", "--json").stdout)
    assert row["key"] == "keyring" and row["prices"]["good"]["currency"] == "EUR" and not row["leaves_this_computer"]
    far = studio("endpoints", "add", "far", "--url", "https://api.example.com/v1").stdout
    assert "leaves this computer and goes to api.example.com" in far
    # Asked for where nobody can type, it is what comes in.
    piped = studio("endpoints", "add", "piped", "--url", server.url, "--key", given=KEY + "\n")
    assert "Warning" not in piped.output and "offers 2 models" in studio("endpoints", "test", "piped").stdout
    for name in ("piped", "far", "here"):
        studio("endpoints", "remove", name)
    assert json.loads(studio("endpoints", "list", "--json").stdout) == []
    assert "There is no endpoint" in studio("endpoints", "test", "here", ok=False).stderr


@pytest.mark.slow
def test_no_key_ever_shows_nor_stays(studio: Studio, server: FaultServer, home: Path) -> None:
    studio("endpoints", "add", "here", "--url", server.url, "--retries", "0", "--key-stdin", given=KEY)
    models = [f"endpoint:here/{name}" for name in ("good", "parrot", "failing", "down")]
    named = [part for model in models for part in ("-m", model)]
    printed = []
    for given in ((*named[2:6], "--at-once"), (*named[6:], "--json")):
        done = studio("run", "chat", "-i", "hello", *given, ok=None)
        printed += [done.stdout, done.stderr]
    rows = "message,label\n" + "\n".join(f"text {n},{'refund' if n % 2 else 'delivery'}" for n in range(4))
    (home / "rows.csv").write_text(rows)
    project = str(home / "p.studio")
    command = ("text-classification", "--data", str(home / "rows.csv"), *named, "--project", project)
    done = studio("evaluate", *command, ok=None)
    printed += [done.stdout, done.stderr]
    formats = [each.id for each in all_formats()]
    done = studio("report", project, "--format", ",".join(formats), "--rows", "all", "--out", str(home / "report"))
    printed += [done.stdout, done.stderr, studio("endpoints", "list", "--json").stdout]
    assert "endpoint:here/good" in "".join(printed)
    assert not [text for text in printed if KEY in text]
    kept = {path.name: list(insides(path)) for path in home.rglob("*") if path.is_file()}
    assert {"p.studio", "endpoints.json"} <= set(kept)
    # What must be in them is found, so what must not be would be.
    found = {name for name, parts in kept.items() if any(b"parrot" in part for part in parts)}
    written = {Path(name).suffix.removeprefix(".") for name in found}
    assert written >= {*formats, "studio"} - {"csv"}
    # As it is, as Windows' libraries write it, and in pieces.
    forms = (KEY.encode(), KEY.encode("utf-16-le"), KEY[5:].encode())
    assert not [name for name, parts in kept.items() if any(form in part for part in parts for form in forms)]


def test_the_key_is_in_no_list_of_processes(studio: Studio, server: FaultServer, home: Path) -> None:
    studio("endpoints", "add", "here", "--url", server.url, "--key-stdin", given=KEY)
    command = [*_STUDIO, "run", "chat", "-m", "endpoint:here/slow", "-i", "hello"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path.cwd())
    seen: list[str] = []
    while process.poll() is None:
        for each in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
            try:
                seen.append(" ".join([*each.cmdline(), *each.environ().values()]))
            except psutil.Error:
                continue
        if server.asked:
            break
    process.communicate()
    assert seen and server.asked and not [line for line in seen if KEY in line]


def test_figures_of_an_endpoint_are_in_the_document(studio: Studio, server: FaultServer) -> None:
    studio("endpoints", "add", "here", "--url", server.url, "--key-stdin", given=KEY)
    studio("endpoints", "price", "here", "good", "--input", "1", "--output", "4", "--currency", "EUR")
    document = json.loads(studio("run", "chat", "-m", "endpoint:here/good", "-i", "hello", "--json").stdout)
    (candidate,) = document["candidates"]
    assert candidate["backend"] == "openai" and candidate["sends_data_to"] is None
    figures = candidate["metrics"]
    assert figures["network_s"] > 0 and figures["currency"] == "EUR" and figures["cost"] == pytest.approx(15e-6)


def test_serving_ends_with_ctrl_c(home: Path) -> None:
    command = [*_STUDIO, "serve", "--model", "starter/assistant-small", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    asked = OpenAI(base_url=url, api_key="x", max_retries=0).chat.completions.create(
        model="starter/assistant-small", messages=[{"role": "user", "content": "Hello"}]
    )
    assert asked.choices[0].message.content
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=30)
    assert process.returncode == 0 and "has ended" in out
    assert "POST /v1/chat/completions 200" in error and "Hello" not in error


def test_other_computers_are_told_an_address_that_they_have() -> None:
    assert _from_elsewhere("0.0.0.0", "http://127.0.0.1:8124/v1") == f"http://{socket.gethostname()}:8124/v1"
    assert _from_elsewhere("::", "http://[::1]:8124/v1") == f"http://{socket.gethostname()}:8124/v1"
    assert _from_elsewhere("10.0.0.5", "http://10.0.0.5:8124/v1") == "http://10.0.0.5:8124/v1"


def test_another_host_needs_a_key_from_the_environment(studio: Studio) -> None:
    assert "a key is needed" in studio("serve", "--host", "0.0.0.0", "--port", "0", ok=False).stderr
    refused = studio("serve", "--host", "0.0.0.0", "--key-env", "NO_SUCH_KEY", ok=False).stderr
    assert "NO_SUCH_KEY is not set" in refused

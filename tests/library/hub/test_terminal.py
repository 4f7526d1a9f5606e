"""``studio models …`` with a Hub, as a user runs it: real processes, killed and interrupted ones among them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.library.store import Library
from studio.library.verify import verify_folder
from tests.library.hub.server import GOOD_TOKEN, FakeHub, Fault, Repository

GRAPH = "onnx/model_int8.onnx"
ROOT = Path(__file__).parents[3]


def started(library: Library, *words: str) -> subprocess.Popen[str]:
    """``studio models …`` in a process of its own."""
    command = [sys.executable, "-m", "studio", "models", *words, "--library", str(library.own)]
    # In a process group of its own, so that a Ctrl+C reaches all of it and nothing else.
    return subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def run(library: Library, *words: str) -> tuple[int, str, str]:
    """Exit code, output and messages of a command that is waited for."""
    process = started(library, *words)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def wait_for_bytes(library: Library, least: int) -> int:
    """Wait until a download has written so much, and return how much it was."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        parts = list((library.own / ".downloads").glob("*/parts/*"))
        size = max((part.stat().st_size for part in parts if part.exists()), default=0)
        if size >= least:
            return size
        time.sleep(0.02)
    raise AssertionError("nothing arrived")


def test_download_prints_where_it_is(model: Repository, library: Library) -> None:
    code, out, _err = run(library, "download", "acme/intents", "--json")
    assert code == 0
    row = json.loads(out)
    assert row["state"] == "ready"
    assert row["precisions"] == ["int8"]
    assert Path(row["path"]) == (library.own / "acme" / "intents").resolve()
    assert row["source"] == "acme/intents"


def test_a_killed_download_goes_on_at_the_right_byte(model: Repository, hub: FakeHub, library: Library) -> None:
    hub.faults.append(Fault(GRAPH, slow_s=0.1, times=1))
    process = started(library, "download", "acme/intents")
    wait_for_bytes(library, 200_000)
    process.kill()
    process.communicate(timeout=120)
    # The helper process ends by itself when its parent is gone; its last bytes are not lost.
    assert library.all() == ()

    code, out, _err = run(library, "downloads", "--json")
    assert code == 0
    (job,) = json.loads(out)
    assert (job["id"], job["stage"], job["elsewhere"]) == ("acme/intents", "paused", False)
    assert 200_000 < job["bytes_done"] < job["bytes_total"]
    assert "1 download is not finished" in run(library, "list")[1]

    code, _out, err = run(library, "downloads", "--resume", "all")
    assert (code, err.count("Error")) == (0, 0)
    first, second = hub.fetched(GRAPH)
    assert first.range == ""
    assert int(second.range.removeprefix("bytes=").removesuffix("-")) >= 200_000
    found = library.find("acme/intents")
    assert verify_folder(found.folder).ok


@pytest.mark.skipif(os.name == "nt", reason="Windows has no way to send Ctrl+C to one process group alone")
def test_ctrl_c_keeps_what_has_arrived_and_says_how_to_go_on(model: Repository, hub: FakeHub, library: Library) -> None:
    hub.faults.append(Fault(GRAPH, slow_s=0.1, times=1))
    process = started(library, "download", "acme/intents")
    wait_for_bytes(library, 200_000)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out == ""
    assert "studio models downloads --resume acme/intents" in err
    assert "Traceback" not in err
    assert run(library, "download", "acme/intents")[0] == 0
    assert hub.fetched(GRAPH)[-1].range.startswith("bytes=")


def test_a_licence_with_conditions_is_shown_and_not_taken_for_granted(
    model: Repository, hub: FakeHub, library: Library
) -> None:
    model.files["README.md"] = b"---\nlicense: llama3.2\nlicense_link: https://example.com/terms\n---\n"
    code, out, err = run(library, "download", "acme/intents")
    assert (code, out) == (2, "")
    assert "llama3.2" in err
    assert "https://example.com/terms" in err
    assert run(library, "download", "acme/intents", "--accept-licence")[0] == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 1)])
def test_at_a_terminal_the_licence_is_asked_about(
    answer: bytes, code: int, model: Repository, library: Library
) -> None:
    import pty

    model.files["README.md"] = b"---\nlicense: cc-by-sa-4.0\n---\n"
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "studio", "models", "download", "acme/intents", "--library", str(library.own)]
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    os.write(ours, answer)
    out, err = process.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    assert "its licence is cc-by-sa-4.0" in err
    assert "Do you accept it?" in err
    assert process.returncode == code
    assert len(library.all()) == (1 if code == 0 else 0), out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("download", "acme/nothing"), "There is no model acme/nothing on 127.0.0.1"),
        (("download", "../../etc"), "can't be a model on the Hub"),
        (("download", "acme/intents", "--precision", "fp32"), "has no precision 'fp32'"),
        (("download", "acme/intents", "--convert"), "has no weights in the safe format"),
        (("downloads", "--resume", "acme/other"), "There is no download 'acme/other'"),
        (("repair", "acme/other"), "There is no model and no folder 'acme/other'"),
    ],
)
def test_what_can_t_be_done_is_said(words: tuple[str, ...], sentence: str, model: Repository, library: Library) -> None:
    code, out, err = run(library, *words)
    assert code in (1, 2)
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err


def test_offline_nothing_opens_a_connection(
    model: Repository, hub: FakeHub, library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Sockets refuse and write down who asked, in every process, through ``sitecustomize``."""
    noted = tmp_path / "connections.txt"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import socket, traceback\n"
        "def refuse(*a, **k):\n"
        f"    open({str(noted)!r}, 'a').write(''.join(traceback.format_stack()))\n"
        "    raise OSError('no connection in this test')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse\n"
        "socket.getaddrinfo = socket.create_connection = socket.gethostbyname = refuse\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'site'}{os.pathsep}{ROOT}")
    # The trap works: online, somebody is caught.
    assert run(library, "download", "acme/intents")[0] == 1
    assert "http" in noted.read_text()
    noted.unlink()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, _out, err = run(library, "download", "acme/intents")
    assert code == 1
    assert "network is switched off" in err
    for words in (("catalog",), ("import-cache",)):
        assert run(library, *words)[0] == 0
    assert not noted.exists()
    assert hub.asked == []


def test_the_token_is_kept_in_the_keyring_and_never_shown(
    model: Repository, hub: FakeHub, library: Library, tmp_path: Path
) -> None:
    def token(*words: str, given: str = "") -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "studio", "models", "token", *words],
            cwd=ROOT, input=given, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    model.gated = "manual"
    assert run(library, "download", "acme/intents", "--accept-licence")[0] == 1
    code, said = token("set", given="hf_unknown\n")
    assert code == 2
    assert "does not know this token" in said
    code, said = token("set", given=f"{GOOD_TOKEN}\n")
    assert code == 0
    assert "tester" in said
    assert GOOD_TOKEN not in said
    assert "keyring" in token("show")[1]
    assert run(library, "download", "acme/intents", "--accept-licence")[0] == 0
    assert not [path for path in library.own.rglob("*.json") if GOOD_TOKEN in path.read_text()]
    assert token("remove")[1] == "The token is forgotten.\n"

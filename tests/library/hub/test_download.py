"""Downloads with the real huggingface_hub, in the process that the window and the terminal start, from a fake Hub."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.errors import InputError, OfflineError
from studio.domain.hub import DownloadProgress, DownloadRequest
from studio.domain.places import shipped_models_folder
from studio.domain.running import LoadSpec
from studio.library.manifest import read_manifest
from studio.library.store import Library
from studio.library.verify import verify_folder
from studio.runtime.encoder import TextClassifier
from studio.services.downloads import Downloads
from tests.library.hub.server import GOOD_TOKEN, FakeHub, Fault, Repository
from tests.tiny.cache import TinyCache

GRAPH = "onnx/model_int8.onnx"
ASKED = DownloadRequest("acme/intents")


def done(queue: Downloads, request: DownloadRequest = ASKED) -> DownloadProgress:
    """The job after it came to rest."""
    return queue.wait(queue.enqueue(request), 60)


def failed(queue: Downloads, request: DownloadRequest = ASKED) -> str:
    """The kind of failure and its sentence."""
    progress = done(queue, request)
    assert progress.stage == "failed"
    assert progress.failure
    assert progress.failure.next_step
    return f"{progress.failure.kind}: {progress.failure.message}"


def test_a_download_becomes_an_ordinary_model(model: Repository, downloads: Downloads, library: Library) -> None:
    assert done(downloads).stage == "done"
    found = library.find("acme/intents")
    assert found.state == "ready"
    assert found.source == "acme/intents"
    assert [files.precision for files in found.precisions] == ["int8"]
    assert verify_folder(found.folder).ok
    manifest = read_manifest(found.folder)
    assert manifest
    assert manifest.source.revision == model.sha
    assert manifest.files[GRAPH].etag == manifest.files[GRAPH].sha256
    assert len(manifest.files["config.json"].etag) == 40
    logits = TextClassifier(LoadSpec("text-classification", found.folder, "int8")).logits("what is my balance")
    assert logits.shape == (len(found.labels),)
    # Nothing of the download is left, not even its hidden folder.
    assert sorted(path.name for path in library.own.iterdir()) == ["acme"]


def test_progress_is_told_in_order(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    hub.faults.append(Fault(GRAPH, slow_s=0.05))
    heard: list[DownloadProgress] = []
    downloads.on_change(heard.append)
    done(downloads)
    stages = list(dict.fromkeys(progress.stage for progress in heard))
    assert stages == ["queued", "asking", "downloading", "checking", "finishing", "done"]
    moving = [progress for progress in heard if progress.stage == "downloading" and progress.bytes_per_s]
    assert moving
    assert all(p.seconds_left is not None and p.bytes_done <= p.bytes_total for p in moving)
    assert [p.bytes_done for p in moving] == sorted(p.bytes_done for p in moving)
    assert heard[-1].bytes_done == heard[-1].bytes_total == sum(map(len, model.files.values()))


def test_only_the_chosen_precision_comes(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    model.files |= {"onnx/model.onnx": b"x" * 9999, "onnx/model_fp16.onnx": b"y" * 999, "model.safetensors": b"z" * 99}
    model.files |= {"images/logo.png": b"png", "training_args.bin": b"pickle"}
    assert done(downloads, DownloadRequest("acme/intents", ("int8",))).stage == "done"
    fetched = {asked.path.rpartition("/")[2] for asked in hub.fetched()}
    assert "model_int8.onnx" in fetched
    assert not fetched & {"model.onnx", "model_fp16.onnx", "model.safetensors", "logo.png", "training_args.bin"}


def test_after_a_cut_it_goes_on_at_the_right_byte(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    hub.faults.append(Fault(GRAPH, cut_after=300_000, times=1))
    assert done(downloads).stage == "done"
    first, second = hub.fetched(GRAPH)
    assert first.range == ""
    start = int(second.range.removeprefix("bytes=").removesuffix("-"))
    # Whole pieces of what arrived before the cut were kept.
    assert 200_000 < start <= 300_000


def test_a_server_without_ranges_starts_over(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    hub.faults += [Fault(GRAPH, cut_after=300_000, times=1), Fault(GRAPH, no_ranges=True)]
    assert done(downloads).stage == "done"


def test_wrong_bytes_are_fetched_once_more(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    hub.faults.append(Fault(GRAPH, flip=True, times=1))
    assert done(downloads).stage == "done"
    assert [asked.range for asked in hub.fetched(GRAPH)] == ["", ""]
    assert len(hub.fetched("/config.json")) == 1


@pytest.mark.parametrize("name", [GRAPH, "tokenizer.json"])
def test_bytes_that_stay_wrong_make_no_model(
    name: str, model: Repository, hub: FakeHub, downloads: Downloads, library: Library
) -> None:
    """Large files are checked by SHA-256, small ones by Git's hash."""
    hub.faults.append(Fault(name, flip=True))
    assert failed(downloads) == f"DamagedModelError: {name} arrived damaged twice: it is not what the Hub says it is."
    assert library.all() == ()


def test_a_server_that_sends_without_end_is_cut_off(
    model: Repository, hub: FakeHub, downloads: Downloads, library: Library
) -> None:
    hub.faults.append(Fault(GRAPH, more=5_000_000))
    assert failed(downloads).endswith("is larger on its way than the Hub says it is.")
    parts = (library.own / ".downloads" / "acme@intents" / "parts").iterdir()
    assert sum(part.stat().st_size for part in parts) < len(model.files[GRAPH]) + 100_000
    hub.faults.clear()
    assert done(downloads).stage == "done"


def test_busy_answers_are_waited_for(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    hub.faults += [
        Fault(GRAPH, status=429, headers={"Retry-After": "0"}, times=1),
        Fault(GRAPH, status=503, times=1),
    ]
    assert done(downloads).stage == "done"


@pytest.mark.parametrize("seed", range(3))
def test_whatever_goes_wrong_no_half_model_is_listed(
    seed: int, model: Repository, hub: FakeHub, downloads: Downloads, library: Library
) -> None:
    chance = random.Random(seed)
    kinds: list[Callable[[str], Fault]] = [
        lambda name: Fault(name, cut_after=chance.randrange(1, 60_000), times=1),
        lambda name: Fault(name, flip=True, times=1),
        lambda name: Fault(name, no_ranges=True, times=1),
        lambda name: Fault(name, status=429, headers={"Retry-After": "0"}, times=1),
        lambda name: Fault(name, status=404, headers={"X-Error-Code": "EntryNotFound"}, times=1),
        lambda name: Fault(name, more=chance.randrange(1, 1_000_000), times=1),
    ]
    names = (GRAPH, "tokenizer.json", "config.json", "README.md")
    hub.faults += [chance.choice(kinds)(chance.choice(names)) for _ in range(8)]
    listed: list[str] = []
    downloads.on_change(lambda _job: listed.extend(found.state for found in library.all()))
    progress = done(downloads)
    for _again in range(10):
        if progress.stage == "done":
            break
        downloads.resume("acme/intents")
        progress = downloads.wait("acme/intents", 60)
    assert progress.stage == "done"
    assert set(listed) <= {"ready"}
    found = library.find("acme/intents")
    assert verify_folder(found.folder).ok
    assert {name: (found.folder / name).read_bytes() for name in model.files} == model.files


def test_a_file_that_is_gone_is_said_and_the_rest_kept(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    hub.faults.append(Fault(GRAPH, status=404, headers={"X-Error-Code": "EntryNotFound"}, times=1))
    assert "not on 127.0.0.1" in failed(downloads)
    progress = downloads.job("acme/intents")
    assert 0 < progress.bytes_done < progress.bytes_total
    downloads.resume("acme/intents")
    assert downloads.wait("acme/intents", 60).stage == "done"
    assert len(hub.fetched("/config.json")) == 1


def test_a_full_disk_is_refused_before_the_first_byte(model: Repository, hub: FakeHub, library: Library) -> None:
    queue = Downloads(library, free_bytes=lambda _folder: 100_500_000)
    assert failed(queue).startswith("InputError: The disk of the library has too little space: 100 MB free, about 101")
    assert hub.fetched() == []
    queue.close()


def test_a_library_that_can_t_be_written_to(model: Repository, hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    queue = Downloads(Library(tmp_path / "file" / "library", tmp_path / "shipped"))
    with pytest.raises(InputError, match="can't be written to"):
        queue.enqueue(ASKED)
    assert queue.jobs() == ()


def test_two_downloads_of_one_model_are_one(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    hub.faults.append(Fault(GRAPH, slow_s=0.05))
    assert downloads.enqueue(ASKED) == downloads.enqueue(ASKED)
    with pytest.raises(InputError, match="is being downloaded already"):
        downloads.enqueue(DownloadRequest("acme/intents", ("fp32",)))
    assert downloads.wait("acme/intents", 60).stage == "done"
    assert len(hub.fetched(GRAPH)) == 1


def test_another_window_is_told_to_wait(
    model: Repository, hub: FakeHub, downloads: Downloads, library: Library
) -> None:
    hub.faults.append(Fault(GRAPH, slow_s=0.1))
    until(downloads, "downloading")
    other = Downloads(library)
    (seen,) = other.jobs()
    assert seen.elsewhere
    with pytest.raises(Exception, match="Another window or terminal"):
        other.enqueue(ASKED)
    other.cancel("acme/intents")
    assert downloads.wait("acme/intents", 60).stage == "done"
    assert other.jobs() == ()
    other.close()


def until(queue: Downloads, stage: str, request: DownloadRequest = ASKED) -> None:
    """Begin a download and wait until it reached a stage and moves."""
    from threading import Event

    reached = Event()
    forget = queue.on_change(lambda p: reached.set() if p.stage == stage and p.bytes_done > 100_000 else None)
    queue.enqueue(request)
    assert reached.wait(60)
    forget()


def test_pause_keeps_the_bytes_and_resume_goes_on(
    model: Repository, hub: FakeHub, downloads: Downloads, library: Library
) -> None:
    hub.faults.append(Fault(GRAPH, slow_s=0.1, times=1))
    until(downloads, "downloading")
    downloads.pause("acme/intents")
    paused = downloads.wait("acme/intents", 60)
    assert paused.stage == "paused"
    assert library.all() == ()
    # As after a restart: another queue on the same library.
    again = Downloads(library)
    (found,) = again.jobs()
    assert (found.stage, found.bytes_done) == ("paused", paused.bytes_done)
    again.resume(found.id)
    assert again.wait(found.id, 60).stage == "done"
    assert hub.fetched(GRAPH)[-1].range.startswith("bytes=")
    again.close()


def test_resume_right_after_pause_goes_on(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    hub.faults.append(Fault(GRAPH, slow_s=0.05))
    until(downloads, "downloading")
    downloads.pause("acme/intents")
    downloads.resume("acme/intents")
    assert downloads.wait("acme/intents", 60).stage == "done"


def test_cancel_leaves_nothing(model: Repository, hub: FakeHub, downloads: Downloads, library: Library) -> None:
    hub.faults.append(Fault(GRAPH, slow_s=0.1))
    until(downloads, "downloading")
    downloads.cancel("acme/intents")
    assert downloads.wait("acme/intents", 60).stage == "cancelled"
    assert list(library.own.rglob("*")) == []


def test_asking_again_right_after_cancelling_starts_anew(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    hub.faults.append(Fault(GRAPH, slow_s=0.05))
    until(downloads, "downloading")
    downloads.cancel("acme/intents")
    assert done(downloads).stage == "done"
    assert [asked.range for asked in hub.fetched(GRAPH)] == ["", ""]


def test_the_queue_goes_on_after_one_that_waits(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    hub.add(Repository("acme/second", dict(model.files)))
    hub.faults.append(Fault(GRAPH, slow_s=0.05))
    first, second = downloads.enqueue(ASKED), downloads.enqueue(DownloadRequest("acme/second"))
    assert [job.id for job in downloads.jobs()] == [first, second]
    downloads.pause(second)
    assert downloads.wait(first, 60).stage == "done"
    assert downloads.job(second).stage == "paused"
    downloads.resume(second)
    assert downloads.wait(second, 60).stage == "done"
    downloads.dismiss(second)
    assert [job.id for job in downloads.jobs()] == [first]


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "C:/evil.json", "..\\evil.json", "onnx/../../evil.json"]
)
def test_a_name_that_leads_out_downloads_nothing(
    name: str, model: Repository, hub: FakeHub, downloads: Downloads, library: Library, tmp_path: Path
) -> None:
    model.files["evil.json"] = b"{}"
    model.names = {"evil.json": name}
    assert failed(downloads).startswith("HubError: acme/intents lists a file outside its folder")
    assert hub.fetched() == []
    assert list(tmp_path.rglob("*evil*")) == []


def test_a_graph_that_names_data_outside_makes_no_model(
    model: Repository, tiny: TinyCache, downloads: Downloads, library: Library
) -> None:
    model.files[GRAPH] = _with_external(model.files[GRAPH], "../../outside.bin")
    assert failed(downloads).startswith("UnsafeModelError")
    assert library.all() == ()


def _with_external(graph: bytes, location: str) -> bytes:
    import onnx

    loaded = onnx.load_from_string(graph)
    tensor = loaded.graph.initializer[0]
    del tensor.external_data[:]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    tensor.ClearField("raw_data")
    return loaded.SerializeToString()


def test_data_that_only_the_graph_names_comes_too(
    hub: FakeHub, tiny: TinyCache, downloads: Downloads, library: Library, tmp_path: Path
) -> None:
    import onnx

    from tests.tiny import encoders

    folder = shutil.copytree(tiny.built(encoders.exported, "bert"), tmp_path / "bert")
    (folder / "model.safetensors").unlink()
    graph = onnx.load(str(folder / "onnx" / "model.onnx"))
    onnx.save_model(graph, str(folder / "onnx" / "model.onnx"), save_as_external_data=True, location="weights.bin")
    hub.add(Repository.of("acme/bert", folder))
    assert done(downloads, DownloadRequest("acme/bert", accept_licence=True)).stage == "done"
    found = library.find("acme/bert")
    assert (found.folder / "onnx" / "weights.bin").is_file()
    assert verify_folder(found.folder).ok


def test_a_merged_decoder_comes_without_the_two_it_replaces(
    hub: FakeHub, downloads: Downloads, library: Library
) -> None:
    translator = shipped_models_folder() / "starter" / "translate-zh-en-small"
    repository = hub.add(Repository.of("acme/marian", translator, pipeline_tag="translation"))
    repository.files |= {"onnx/decoder_model_int8.onnx": b"large", "onnx/decoder_with_past_model_int8.onnx": b"large"}
    assert done(downloads, DownloadRequest("acme/marian", accept_licence=True)).stage == "done"
    assert len(hub.fetched("decoder_model_merged_int8.onnx")) == 1
    assert hub.fetched("/decoder_model_int8.onnx") == hub.fetched("decoder_with_past_model_int8.onnx") == []
    assert library.find("acme/marian").task == "translation"


def test_a_second_precision_joins_the_first(
    model: Repository, hub: FakeHub, downloads: Downloads, library: Library
) -> None:
    model.files["onnx/model_fp16.onnx"] = model.files[GRAPH]
    done(downloads)
    # The Hub moved on: what is added belongs to the version that is here.
    version, model.files = dict(model.files), {**model.files, "config.json": b"{}"}
    model.files = version
    before = len(hub.fetched())
    assert done(downloads, DownloadRequest("acme/intents", ("fp16",))).stage == "done"
    assert [asked.path.rpartition("/")[2] for asked in hub.fetched()[before:]] == ["model_fp16.onnx"]
    found = library.find("acme/intents")
    assert [files.precision for files in found.precisions] == ["fp16", "int8"]
    assert verify_folder(found.folder).ok


def test_what_a_paused_download_adds_to_may_be_removed_meanwhile(
    model: Repository, hub: FakeHub, downloads: Downloads, library: Library
) -> None:
    model.files["onnx/model_fp16.onnx"] = model.files[GRAPH]
    done(downloads)
    hub.faults.append(Fault("fp16.onnx", slow_s=0.1))
    until(downloads, "downloading", DownloadRequest("acme/intents", ("fp16",)))
    downloads.pause("acme/intents")
    downloads.wait("acme/intents", 60)
    library.remove("acme/intents")
    downloads.resume("acme/intents")
    assert downloads.wait("acme/intents", 60).stage == "done"
    found = library.find("acme/intents")
    assert (found.state, [files.precision for files in found.precisions]) == ("ready", ["fp16"])


def test_a_name_that_is_taken_is_refused(
    model: Repository, downloads: Downloads, put: Callable[[str], Path], library: Library
) -> None:
    put("acme/intents")
    with pytest.raises(InputError, match="already a model"):
        downloads.enqueue(ASKED)
    assert done(downloads, DownloadRequest("acme/intents", model_id="mine")).stage == "done"
    assert {found.id for found in library.all()} == {"acme/intents", "mine"}


def test_conditions_have_to_be_accepted(model: Repository, hub: FakeHub, downloads: Downloads) -> None:
    model.files["README.md"] = b"---\nlicense: cc-by-nc-4.0\n---\n"
    assert failed(downloads) == "LicenceError: acme/intents has conditions: its licence is cc-by-nc-4.0."
    assert hub.fetched() == []
    assert done(downloads, DownloadRequest("acme/intents", accept_licence=True)).stage == "done"


def test_the_licence_of_the_original_counts_where_the_card_is_silent(
    model: Repository, hub: FakeHub, downloads: Downloads, library: Library
) -> None:
    hub.add(Repository("acme/original", {"README.md": b"---\nlicense: cc-by-sa-4.0\nlanguage: fr\n---\n"}))
    model.files["README.md"] = b"---\nbase_model: acme/original\n---\n"
    assert "its licence is cc-by-sa-4.0" in failed(downloads)
    done(downloads, DownloadRequest("acme/intents", accept_licence=True))
    found = library.find("acme/intents")
    assert (found.licence, found.languages) == ("cc-by-sa-4.0", ("fr",))


def test_a_gated_model_wants_a_token(
    model: Repository, hub: FakeHub, downloads: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.gated = "auto"
    request = DownloadRequest("acme/intents", accept_licence=True)
    assert failed(downloads, request).startswith("HubAccessError: acme/intents is only given to people who accepted")
    monkeypatch.setenv("HF_TOKEN", GOOD_TOKEN)
    assert done(downloads, request).stage == "done"
    # The token goes to the Hub, and not on to where large files lie.
    assert {asked.token for asked in hub.asked if "/storage/" in asked.path} == {""}
    assert GOOD_TOKEN in {asked.token for asked in hub.asked if "/resolve/" in asked.path}


def test_everything_goes_through_the_proxy(
    model: Repository, hub: FakeHub, downloads: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fake Hub is a proxy as well; the Hub's own name leads nowhere."""
    monkeypatch.setenv("HTTP_PROXY", hub.endpoint)
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    assert done(downloads).stage == "done"
    assert len(hub.fetched(GRAPH)) == 1


def test_offline_refuses_and_asks_nobody(
    model: Repository, hub: FakeHub, downloads: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(OfflineError):
        downloads.enqueue(ASKED)
    assert hub.asked == []


def test_offline_pauses_what_runs(
    model: Repository, hub: FakeHub, downloads: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.faults.append(Fault(GRAPH, slow_s=0.1))
    until(downloads, "downloading")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert downloads.wait("acme/intents", 60).stage == "paused"


def test_damaged_notes_of_a_download_can_be_thrown_away(
    model: Repository, hub: FakeHub, downloads: Downloads, library: Library
) -> None:
    hub.faults.append(Fault(GRAPH, status=404, times=1))
    failed(downloads)
    notes = library.own / ".downloads" / "acme@intents" / "job.json"
    data = json.loads(notes.read_text())
    data["plan"]["files"][0]["name"] = "../../evil"
    notes.write_text(json.dumps(data))
    again = Downloads(library)
    (found,) = again.jobs()
    assert found.stage == "failed"
    assert found.failure
    assert "damaged" in found.failure.message
    again.dismiss(found.id)
    assert again.jobs() == ()
    assert not os.path.lexists(notes)
    again.close()

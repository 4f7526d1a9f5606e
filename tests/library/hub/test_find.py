"""The catalog, questions to the Hub, the search, and what is said when the Hub or the way to it fails."""

from __future__ import annotations

import errno
import re
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.errors import HubAccessError, HubError, InputError, StudioError
from studio.domain.hub import HubFile, HubModel, HubQuery
from studio.domain.layout import precisions_in
from studio.domain.places import resources_folder
from studio.library import hub_choice
from studio.library.hub_client import is_safe_name
from studio.library.hub_errors import explain
from studio.library.reading import complete_precisions
from studio.services import catalog, hub_access
from studio.services.licences import licence_light
from studio.tasks import all_tasks
from tests.library.hub.server import FakeHub, Fault, Repository

GRAPH = "onnx/model_int8.onnx"


def test_every_use_case_has_recommended_models() -> None:
    for task in all_tasks():
        if task.id == "regression":
            # Nobody publishes such models with ONNX files; people make their own.
            continue
        entries = catalog.catalog(task.id)
        assert len(entries) >= 3, task.id
        own = [e.parameters_m for e in entries if e.task == task.id]
        assert own == sorted(own)


def test_the_catalog_is_complete_in_every_language() -> None:
    entries = catalog._entries()
    assert len({entry.repo for entry in entries}) == len(entries)
    for entry in entries:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", entry.repo)
        for code in ("en", "zh_CN"):
            assert entry.purpose_in(code).endswith((".", "。")), entry.repo
        assert entry.purpose_in("en") != entry.purpose_in("zh_CN")
        assert entry.purpose_in("fr") == entry.purpose_in("en")
        assert licence_light(entry.licence).words != "no licence stated"
        assert entry.licence_link.startswith("https://") or licence_light(entry.licence).light == "free"
    # What only the Hub knows is not in it: it would be wrong some day.
    text = "".join(path.read_text(encoding="utf-8") for path in (resources_folder() / "catalog").iterdir())
    assert not re.search(r"sha256|\bMB\b|\bGB\b|[0-9a-f]{40}", text)


def test_the_hub_is_asked_for_sizes_and_hashes(model: Repository) -> None:
    found = catalog.ask("acme/intents")
    assert found.task == "text-classification"
    assert found.licence == "apache-2.0"
    assert found.revision == model.sha
    assert {file.name: file.size for file in found.files} == {n: len(data) for n, data in model.files.items()}
    graph = found.file(GRAPH)
    assert graph
    assert len(graph.sha256) == 64
    assert catalog.precisions(found) == ("int8",)
    assert catalog.download_mb(found, "int8") == pytest.approx(sum(map(len, model.files.values())) / 1e6)
    assert catalog.asks_for_acceptance(found.licence, False) is False


def test_the_configuration_can_be_looked_at_before_a_download(model: Repository, hub: FakeHub) -> None:
    found = catalog.ask("acme/intents")
    assert catalog.configuration(found)["model_type"] == "bert"
    model.files["config.json"] = b"[1]"
    with pytest.raises(HubError, match="does not have that version any more"):
        catalog.configuration(found)
    assert catalog.configuration(catalog.ask("acme/intents")) == {}


def test_a_card_can_t_drive_a_terminal(model: Repository) -> None:
    model.files["README.md"] = (
        b'---\nlicense: "\\e[2Jmit\\n\\aevil"\nlicense_link: "javascript:x"\nlanguage: ["\\e]0;"]\n---\n'
    )
    found = catalog.ask("acme/intents")
    assert found.licence == "[2Jmitevil"
    assert found.licence_link == ""
    assert all(code.isprintable() for code in found.languages)


@pytest.mark.parametrize(
    ("task", "names", "expected"),
    [
        ("chat", ("model.onnx", "model_q4.onnx", "model_quantized.onnx"), "int4"),
        ("text-classification", ("model.onnx", "model_q4.onnx", "model_quantized.onnx"), "int8"),
        ("text-classification", ("model.onnx", "model_fp16.onnx"), "fp16"),
        # Half a translator is none.
        ("translation", ("encoder_model.onnx", "decoder_model_merged.onnx", "encoder_model_int8.onnx"), "fp32"),
        ("translation", ("encoder_model.onnx",), ""),
    ],
)
def test_the_usual_precision_is_small_and_good(task: str, names: tuple[str, ...], expected: str, hub: FakeHub) -> None:
    hub.add(Repository("acme/some", {f"onnx/{name}": b"x" for name in names} | {"config.json": b"{}"}))
    assert catalog.usual_precision(catalog.ask("acme/some"), task) == expected


@pytest.fixture
def several(hub: FakeHub, model: Repository) -> FakeHub:
    """Four classifiers that differ in what can be asked for."""
    others: list[tuple[str, str, str, int, dict[str, bytes]]] = [
        ("acme/popular", "apache-2.0", "de", 900, {}),
        ("acme/bound", "cc-by-nc-4.0", "en", 500, {}),
        ("acme/large", "mit", "en", 300, {GRAPH: b"x" * 3_000_000}),
    ]
    for hub_id, licence, language, count, more in others:
        card = f"---\nlicense: {licence}\nlanguage: {language}\n---\n".encode()
        hub.add(Repository(hub_id, {**model.files, "README.md": card, **more}, downloads=count))
    hub.add(Repository("acme/weights", {"config.json": b"{}", "model.safetensors": b"x"}, tags=(), downloads=1))
    return hub


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (HubQuery("text-classification"), ["acme/popular", "acme/bound", "acme/large", "acme/intents"]),
        (HubQuery("text-classification", text="larg"), ["acme/large"]),
        (HubQuery("text-classification", licence="free"), ["acme/popular", "acme/large", "acme/intents"]),
        (HubQuery("text-classification", licence="mit"), ["acme/large"]),
        (HubQuery("text-classification", language="de"), ["acme/popular"]),
        (HubQuery("text-classification", max_mb=2), ["acme/popular", "acme/bound", "acme/intents"]),
        (HubQuery("text-classification", limit=1), ["acme/popular"]),
        (HubQuery("text-classification", text="weights"), []),
        (HubQuery("text-classification", text="weights", only_onnx=False), ["acme/weights"]),
        (HubQuery("translation"), []),
    ],
)
def test_search_filters(query: HubQuery, expected: list[str], several: FakeHub) -> None:
    heard: list[HubModel] = []
    found = catalog.search(query, heard.append)
    assert [model.id for model in found] == expected
    assert heard == list(found)


def test_a_model_that_can_t_be_read_does_not_hide_the_others(several: FakeHub) -> None:
    several.faults.append(Fault("api/acme/popular", status=403))
    assert [m.id for m in catalog.search(HubQuery("text-classification", limit=2))] == ["acme/bound", "acme/large"]


def test_a_search_can_be_stopped(several: FakeHub) -> None:
    assert catalog.search(HubQuery("text-classification"), cancelled=lambda: True) == ()


@pytest.mark.parametrize(
    ("status", "kind", "sentence"),
    [
        (403, HubAccessError, "does not allow this account or network"),
        (429, HubError, "was asked too often"),
        (500, HubError, "has a problem of its own (error 500)"),
        (503, HubError, "has a problem of its own (error 503)"),
        (418, HubError, "refused the request (error 418)"),
    ],
)
def test_answers_that_are_none(
    status: int, kind: type[StudioError], sentence: str, model: Repository, hub: FakeHub
) -> None:
    hub.faults.append(Fault("api/acme/intents", status=status))
    with pytest.raises(kind, match=re.escape(sentence)) as caught:
        catalog.ask("acme/intents")
    assert caught.value.next_step
    assert caught.value.detail


def test_private_and_missing_models_look_the_same(
    model: Repository, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.private = True
    with pytest.raises(HubError, match="or it is a private one"):
        catalog.ask("acme/intents")
    monkeypatch.setenv("HF_TOKEN", "hf_goodtoken")
    assert catalog.ask("acme/intents").id == "acme/intents"


def test_a_version_that_is_gone(model: Repository) -> None:
    with pytest.raises(HubError, match="does not have that version any more"):
        catalog.ask("acme/intents", "0" * 40)


def _unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("variable", "value", "kind", "sentence"),
    [
        ("HF_ENDPOINT", "http://127.0.0.1:{port}", HubError, "can't be reached"),
        ("HTTP_PROXY", "http://127.0.0.1:{port}", HubError, "The proxy on the way"),
        ("HF_ENDPOINT", "ftp://mirror", InputError, "is no address of a Hub"),
    ],
)
def test_a_way_that_leads_nowhere(
    variable: str,
    value: str,
    kind: type[StudioError],
    sentence: str,
    model: Repository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, value.format(port=_unused_port()))
    with pytest.raises(kind, match=sentence):
        catalog.ask("acme/intents")


def test_a_disk_that_fills_up_on_the_way() -> None:
    error = explain(OSError(errno.ENOSPC, "No space left on device"), "acme/intents", "https://hub.example")
    assert isinstance(error, InputError)
    assert error.message == "The disk of the library is full."
    assert "what has arrived is kept" in error.next_step


def test_something_that_is_no_hub(hub: FakeHub, model: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network's sign-in page answers everything with a page of its own."""
    model.info = lambda with_sizes: "please sign in"  # type: ignore[assignment,method-assign,return-value]
    with pytest.raises(HubError, match="something that no Hub answers"):
        catalog.ask("acme/intents")


@pytest.mark.parametrize(
    "name", ["", "a/b/c", "../x", "a b", "https://huggingface.co/acme/intents/tree", "-x/y", "a--b"]
)
def test_names_that_no_model_can_have(name: str) -> None:
    with pytest.raises(InputError, match="can't be a model on the Hub"):
        catalog.ask(name)


def test_the_address_of_a_model_s_page_will_do(model: Repository, hub: FakeHub) -> None:
    assert catalog.ask(f"{hub.endpoint}/acme/intents").id == "acme/intents"


def test_a_token_is_kept_for_one_hub_only(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    from tests.library.hub.keyring_file import FileKeyring

    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    try:
        assert hub_access.set_token("hf_goodtoken") == "tester"
        assert hub_access.token_source() == "keyring"
        monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
        assert hub_access.token_source() == "none"
        assert hub_access.remove_token() is False
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        with pytest.raises(InputError, match="does not know this token"):
            hub_access.set_token("hf_other")
        with pytest.raises(InputError, match="That is no token"):
            hub_access.set_token("two words")
        assert hub_access.remove_token() is True
    finally:
        keyring.set_keyring(before)


def test_without_a_keyring_downloads_go_on_and_keeping_is_refused(
    model: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keyring
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        assert catalog.ask("acme/intents").id == "acme/intents"
        with pytest.raises(HubError, match="no keyring"):
            hub_access.set_token("hf_goodtoken")
    finally:
        keyring.set_keyring(before)


_STEMS = ("model", "encoder_model", "decoder_model", "decoder_with_past_model", "decoder_model_merged")
_GRAPHS = [
    f"{folder}{stem}{suffix}.onnx{data}"
    for folder in ("", "onnx/")
    for stem in _STEMS
    for suffix in ("", "_fp16", "_quantized", "_q4", "_O3")
    for data in ("", "_data")
]


@given(st.sets(st.sampled_from(_GRAPHS), max_size=12))
@settings(max_examples=150, deadline=None)
def test_one_precision_is_whole_and_brings_no_other(names: set[str]) -> None:
    files = tuple(HubFile(name, 1) for name in sorted({*names, "config.json", "tokenizer.json"}))
    model = HubModel("acme/some", "0" * 40, None, files)
    for precision in catalog.precisions(model):
        chosen = hub_choice.choose(model, (precision,), convert=False)
        found = precisions_in(file.name for file in chosen)
        assert [part.precision for part in complete_precisions(found)] == [precision]
        assert len(found) == 1
        assert {file.name for file in chosen} - set(found[0].all_files) == {"config.json", "tokenizer.json"}
    usual = catalog.usual_precision(model)
    assert (usual in catalog.precisions(model)) if catalog.precisions(model) else usual == ""


_PARTS = st.sampled_from(["..", ".", "", "a", "C:", "con", "\\", "/", "~", "b.json", " ", "x\0y", "onnx", "a\\..\\b"])


@given(st.lists(_PARTS, min_size=1, max_size=4).map("/".join))
@settings(max_examples=200, deadline=None)
def test_a_safe_name_stays_below_where_it_is_put(name: str) -> None:
    root = Path("/library/.downloads/job")
    if is_safe_name(name):
        import os.path
        from pathlib import PureWindowsPath

        assert os.path.normpath(root / name).startswith(f"{root}/")
        windows = PureWindowsPath("C:/job") / name
        assert ".." not in windows.parts
        assert windows.is_relative_to("C:/job")


def test_names_that_some_systems_take_for_one(hub: FakeHub, model: Repository) -> None:
    model.files["readme.md"] = b"another"
    names = [file.name for file in hub_choice.choose(catalog.ask("acme/intents"), (), convert=False)]
    assert "README.md" in names
    assert "readme.md" not in names


@pytest.mark.parametrize("name", ["con", "onnx/NUL.onnx", "com1.json", "a.", "b ", "onnx/ /x", "x" * 500])
def test_names_that_some_systems_can_t_have(name: str) -> None:
    assert not is_safe_name(name)


def test_usual_names_are_safe() -> None:
    for name in ("config.json", GRAPH, "onnx/model.onnx_data", "_model_decoder_embed_positions_Constant_5_attr__value"):
        assert is_safe_name(name)

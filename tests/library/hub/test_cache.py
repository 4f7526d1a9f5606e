"""Models of the local Hugging Face cache are listed in the library where they lie, and stay there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from studio.domain.errors import InputError, ModelFolderError, UnknownNameError
from studio.library.links import read_links, write_links
from studio.library.store import Library
from studio.library.verify import verify_folder
from studio.services import hub_access
from tests.library.hub.conftest import REVISION


def test_the_cache_is_listed(snapshot: Path, library: Library) -> None:
    (found,) = hub_access.cached_models(library)
    assert (found.hub_id, found.task, found.precisions) == ("acme/intents", "text-classification", ("int8",))
    assert (found.usable, found.linked, found.revision) == (True, False, REVISION)
    assert found.size_mb == pytest.approx(1.12, abs=0.05)


def test_a_link_copies_nothing_and_is_all_that_removing_removes(snapshot: Path, library: Library) -> None:
    before = sorted(path for path in snapshot.rglob("*"))
    linked = hub_access.link_cached(library, "acme/intents")
    assert (linked.state, linked.linked, linked.folder) == ("ready", True, snapshot)
    assert library.find("acme/intents") == linked
    assert linked in library.all()
    assert sum(path.stat().st_size for path in library.own.rglob("*")) < 1000
    assert hub_access.cached_models(library)[0].linked
    gone = library.remove("acme/intents")
    assert gone.size_mb == 0
    assert library.all() == ()
    assert sorted(path for path in snapshot.rglob("*")) == before


def test_a_cache_that_was_cleared_is_said(snapshot: Path, library: Library) -> None:
    hub_access.link_cached(library, "acme/intents", "mine")
    shutil.rmtree(snapshot)
    (found,) = library.all()
    assert (found.id, found.state) == ("mine", "damaged")
    assert "is gone" in found.problem
    library.remove("mine")
    assert library.all() == ()


def test_a_flipped_byte_in_the_cache_is_found(snapshot: Path, library: Library) -> None:
    folder = hub_access.link_cached(library, "acme/intents").folder
    assert verify_folder(folder).ok
    blob = (folder / "onnx" / "model_int8.onnx").resolve()
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(data)
    (problem,) = verify_folder(folder).problems
    assert (problem.file, problem.kind) == ("onnx/model_int8.onnx", "altered")
    assert str(blob) in problem.next_step


def test_what_can_t_be_linked(snapshot: Path, library: Library) -> None:
    with pytest.raises(UnknownNameError, match="has no model acme/other"):
        hub_access.link_cached(library, "acme/other")
    hub_access.link_cached(library, "acme/intents")
    with pytest.raises(InputError, match="already a model"):
        hub_access.link_cached(library, "acme/intents")
    (snapshot / "tokenizer.json").unlink()
    with pytest.raises(ModelFolderError, match="can't run as it lies there"):
        hub_access.link_cached(library, "acme/intents", "second")


@pytest.mark.parametrize("text", ["", "[]", '{"../../up": "/etc"}', '{"a": 1', "\x00"])
def test_links_that_can_t_be_read_link_to_nothing(text: str, library: Library) -> None:
    write_links(library.own, {})
    (library.own / ".links.json").write_text(text)
    assert read_links(library.own) == {}
    assert library.all() == ()

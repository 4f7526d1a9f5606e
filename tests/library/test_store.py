"""The library: what is found under which name, and what may be removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from studio.domain.errors import InputError, ModelFolderError, UnknownNameError
from studio.library import store
from studio.library.store import Library, own_folder

Put = Callable[..., Path]


def test_models_are_found_three_levels_down(library: Library, put: Put) -> None:
    for name in ("top", "org/model", "org/model2/v1", "a/b/c/too-deep"):
        put(name)
    assert [model.id for model in library.all()] == ["org/model", "org/model2/v1", "top"]
    assert library.find("org/model").folder == library.own / "org/model"


def test_what_is_no_model_is_not_listed(library: Library, put: Put) -> None:
    put("m")
    put(".adding-123")
    (library.own / "notes").mkdir()
    (library.own / "file.txt").write_text("x")
    assert [model.id for model in library.all()] == ["m"]


def test_shipped_models_are_there_too(library: Library, put: Put) -> None:
    put("starter/one", library.shipped)
    put("mine")
    (library.shipped / "recipes").mkdir()
    found = {model.id: model.shipped for model in library.all()}
    assert found == {"mine": False, "starter/one": True}
    assert library.find("starter/one").shipped


def test_an_own_model_hides_a_shipped_one(library: Library, put: Put) -> None:
    put("starter/one", library.shipped)
    put("starter/one")
    (model,) = library.all()
    assert not model.shipped
    assert library.find("starter/one").folder == library.own / "starter/one"


def test_a_folder_is_a_model_by_its_path(library: Library, onnx_folder: Path) -> None:
    assert library.find(str(onnx_folder)).id == str(onnx_folder)


def test_a_path_into_the_library_gives_the_id(library: Library, put: Put) -> None:
    assert library.find(str(put("org/m"))).id == "org/m"


def test_a_folder_that_is_no_model_says_what_it_lacks(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelFolderError, match=r"config\.json"):
        library.find(str(tmp_path / "empty"))


def test_the_onnx_folder_inside_a_model_points_upwards(library: Library, onnx_folder: Path) -> None:
    with pytest.raises(ModelFolderError, match="folder above"):
        library.find(str(onnx_folder / "onnx"))


def test_a_file_is_no_model(library: Library, onnx_folder: Path) -> None:
    with pytest.raises(InputError, match="is a file"):
        library.find(str(onnx_folder / "onnx" / "model.onnx"))


def test_unknown_names_suggest_near_ones(library: Library, put: Put) -> None:
    put("starter/support-intents-tiny", library.shipped)
    for wrong in ("support-intents-tiny", "starter/suport-intents-tiny", "STARTER/SUPPORT-INTENTS-TINY"):
        with pytest.raises(UnknownNameError, match="starter/support-intents-tiny"):
            library.find(wrong)


@pytest.mark.parametrize("name", ["nothing", "", "..", "/", "a\0b", "x" * 5000, "~nobody-here/x", "a:b"])
def test_unknown_names(library: Library, name: str) -> None:
    with pytest.raises((UnknownNameError, ModelFolderError)):
        library.find(name)


def test_removing(library: Library, put: Put) -> None:
    folder = put("org/m")
    put("org/other")
    size = library.find("org/m").size_mb
    assert library.remove("org/m").size_mb == pytest.approx(size)
    assert not folder.exists()
    assert [model.id for model in library.all()] == ["org/other"]
    assert [path.name for path in library.own.iterdir()] == ["org"]
    library.remove("org/other")
    assert not list(library.own.iterdir())


def test_shipped_models_stay(library: Library, put: Put) -> None:
    folder = put("starter/one", library.shipped)
    with pytest.raises(InputError, match="ships with"):
        library.remove("starter/one")
    assert folder.is_dir()


def test_folders_outside_stay(library: Library, onnx_folder: Path) -> None:
    with pytest.raises(InputError, match="outside the library"):
        library.remove(str(onnx_folder))
    assert onnx_folder.is_dir()


@pytest.mark.parametrize("name", [".", "", "..", "../library", "org"])
def test_the_library_itself_cannot_be_removed(library: Library, put: Put, name: str) -> None:
    put("org/m")
    with pytest.raises((InputError, ModelFolderError)):
        library.remove(name)
    assert [model.id for model in library.all()] == ["org/m"]


def test_a_link_into_the_library_is_not_followed_when_removing(library: Library, onnx_folder: Path) -> None:
    library.own.mkdir()
    (library.own / "linked").symlink_to(onnx_folder)
    with pytest.raises(InputError):
        library.remove("linked")
    assert (onnx_folder / "config.json").is_file()


def test_where_the_library_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STUDIO_LIBRARY", str(tmp_path / "mine"))
    assert own_folder() == tmp_path / "mine"
    assert Library.open().own == tmp_path / "mine"
    assert Library.open(tmp_path).own == tmp_path
    monkeypatch.setenv("STUDIO_LIBRARY", "")
    assert own_folder().name == "models"
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        Library.open(tmp_path / "file")


def test_starter_models_are_written_into_the_shipped_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, put: Put
) -> None:
    monkeypatch.setattr(store, "shipped_models_folder", lambda: tmp_path / "models")
    put("starter/one", tmp_path / "models")
    library = Library.open(tmp_path / "models")
    assert library.writes_shipped
    (model,) = library.all()
    assert (model.id, model.shipped) == ("starter/one", True)
    with pytest.raises(InputError, match="ships with"):
        library.remove("starter/one")

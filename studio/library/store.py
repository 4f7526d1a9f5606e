"""The models on this computer: those that ship with the studio and those the user added."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from studio.domain.errors import InputError, ModelFolderError, StudioError, UnknownNameError
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.domain.places import shipped_models_folder
from studio.library.links import read_links, write_links
from studio.library.reading import looks_like_model, read_model
from studio.library.safety import check_id, files_in

#: ``author/model/variant`` at most.
_DEEPEST = 3


@dataclass(frozen=True)
class Library:
    """Where models lie.

    Attributes:
        own: The user's folder of models, which ``add`` writes to; it may not exist yet.
        shipped: The models that ship with the studio.
    """

    own: Path
    shipped: Path

    @classmethod
    def open(cls, folder: Path | None = None) -> Library:
        """The library of this computer.

        Args:
            folder: Another folder than the user's own; where None, ``STUDIO_LIBRARY`` names it, or it is the
                system's place for a user's data.

        Raises:
            InputError: ``folder`` is a file.
        """
        own = folder or own_folder()
        if own.exists() and not own.is_dir():
            raise InputError(_("{path} is a file, not a folder of models.").format(path=own))
        return cls(own, shipped_models_folder())

    @property
    def writes_shipped(self) -> bool:
        """Whether the own folder is that of the shipped models, as when the starter models are made."""
        return self.own.resolve() == self.shipped.resolve()

    def all(self) -> tuple[Model, ...]:
        """Every model, by id; a user's model hides a shipped one of the same id."""
        found: dict[str, Model] = {}
        for root, shipped in ((self.shipped, True), (self.own, False)):
            if shipped or not self.writes_shipped:
                for folder in _folders(root):
                    model_id = folder.relative_to(root).as_posix()
                    found[model_id] = read_model(folder, model_id, shipped)
        for model_id, folder in read_links(self.own).items():
            found.setdefault(model_id, _read_linked(folder, model_id))
        return tuple(found[model_id] for model_id in sorted(found))

    def find(self, name: str) -> Model:
        """The model of that id, or in that folder.

        Raises:
            UnknownNameError: There is neither.
            ModelFolderError: It is a folder, but no model's.
        """
        try:
            return self._find(name)
        except (OSError, ValueError, RuntimeError) as error:
            # No path at all: too long, with a null character, or of a user (~name) whom nobody knows.
            raise self._unknown(name) from error

    def _find(self, name: str) -> Model:
        for root, shipped in ((self.own, self.writes_shipped), (self.shipped, True)):
            folder = root / name
            if _is_inside(folder, root) and looks_like_model(folder):
                return read_model(folder, folder.relative_to(root).as_posix(), shipped)
        linked = read_links(self.own).get(name)
        if linked:
            return _read_linked(linked, name)
        path = Path(name).expanduser()
        if path.is_dir():
            return self._in_folder(path)
        if path.is_file():
            raise InputError(
                _("{name} is a file; a model is a folder.").format(name=name),
                _("Give the folder that holds config.json."),
            )
        raise self._unknown(name)

    def _in_folder(self, path: Path) -> Model:
        for root, shipped in ((self.own, self.writes_shipped), (self.shipped, True)):
            if path.resolve().is_relative_to(root.resolve()) and path.resolve() != root.resolve():
                inner = path.resolve().relative_to(root.resolve()).as_posix()
                if looks_like_model(root / inner):
                    return read_model(root / inner, inner, shipped)
        if not looks_like_model(path):
            # Someone may have pointed at the onnx folder inside a model.
            above = looks_like_model(path.parent) and path.name == "onnx"
            raise ModelFolderError(
                _("{folder} is no model: it has no config.json.").format(folder=path),
                _("Give the folder above it.")
                if above
                else _("A model's folder has config.json, tokenizer.json and ONNX files, as on the Hugging Face Hub."),
                ", ".join(files_in(path)[:20]),
            )
        return read_model(path, str(path))

    def _unknown(self, name: str) -> UnknownNameError:
        ids = [model.id for model in self.all()]
        folded = {known.lower(): known for known in ids}
        short = [known for known in ids if known.rsplit("/", 1)[-1].lower() == name.lower()]
        close = short or [folded[match] for match in difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.5)]
        message = _("There is no model and no folder {name!r}.").format(name=name)
        if close:
            return UnknownNameError(message, _("Did you mean {names}?").format(names=", ".join(close)))
        return UnknownNameError(message, _("`studio models list` shows the models; `studio models add` adds one."))

    def removable(self, name: str) -> Model:
        """The model of that id, if it may be removed.

        Raises:
            UnknownNameError: The library has none of that id.
            InputError: It ships with the studio, or is a folder outside the library.
        """
        # A user's model comes first, so what is found as shipped has no other of its id above it.
        model = self.find(name)
        if model.shipped:
            raise InputError(_("{id} ships with the studio and can't be removed.").format(id=model.id))
        if not (_is_inside(model.folder, self.own) or model.linked):
            raise InputError(
                _("{id} is a folder outside the library, so the studio leaves it alone.").format(id=model.id),
                _("Delete the folder yourself if you no longer need it."),
            )
        return model

    def remove(self, name: str) -> Model:
        """Delete a model from the library and return what it was; ``size_mb`` is what that frees.

        Of a linked model only the link goes: its files stay where they lie, so that frees nothing.

        Raises:
            UnknownNameError: The library has none of that id.
            InputError: It ships with the studio, or is a folder outside the library.
            StudioError: A file could not be deleted.
        """
        model = self.removable(name)
        if model.linked:
            write_links(self.own, {n: folder for n, folder in read_links(self.own).items() if n != model.id})
            return replace(model, size_mb=0.0)
        # Under another name first: a listing, or a program that dies half-way, never shows half a model.
        doomed = self.own / f".removing-{os.getpid()}-{model.folder.name}"
        try:
            model.folder.rename(doomed)
            shutil.rmtree(doomed)
        except OSError as error:
            raise StudioError(
                _("{id} could not be removed: {reason}.").format(id=model.id, reason=error.strerror or error),
                _("Close whatever uses it and try again."),
                str(error),
            ) from error
        _remove_empty_parents(model.folder.parent, self.own)
        return model

    def link(self, folder: Path, model_id: str) -> Model:
        """List the model in ``folder`` as ``model_id`` without copying it.

        Raises:
            InputError: There is a model of that name, or it can't be one.
            ModelFolderError: The folder is no model that can run.
        """
        check_id(model_id)
        if any(model.id == model_id for model in self.all()):
            raise InputError(
                _("There is already a model {id}.").format(id=model_id), _("Choose another name with --id.")
            )
        model = read_model(folder, model_id)
        if model.state != "ready":
            raise ModelFolderError(
                _("{id} can't run as it lies there: {problem}").format(id=model_id, problem=model.problem),
                _("Add the folder instead: what is missing is made then, in a copy."),
            )
        write_links(self.own, {**read_links(self.own), model_id: folder.absolute()})
        return _read_linked(folder, model_id)


def own_folder() -> Path:
    """The user's folder of models: ``STUDIO_LIBRARY``, or the system's place for a user's data."""
    given = os.environ.get("STUDIO_LIBRARY", "")
    if given:
        return Path(given).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("prototype-studio", appauthor=False)) / "models"


def _folders(root: Path) -> Iterator[Path]:
    """Folders of models below ``root``, at most three levels down; a model holds no other models."""
    todo = [root]
    while todo:
        here = todo.pop()
        try:
            children = sorted(child for child in here.iterdir() if child.is_dir() and not child.name.startswith("."))
        except OSError:
            continue
        for child in children:
            if looks_like_model(child):
                yield child
            elif len(child.relative_to(root).parts) < _DEEPEST:
                todo.append(child)


def _read_linked(folder: Path, model_id: str) -> Model:
    if not folder.is_dir():
        problem = _("The folder {folder}, where it lay, is gone. Remove it from the list, or bring the folder back.")
        return Model(
            model_id, folder, None, "", (), state="damaged", problem=problem.format(folder=folder), linked=True
        )
    return replace(read_model(folder, model_id), linked=True)


def _is_inside(folder: Path, root: Path) -> bool:
    real, real_root = folder.resolve(), root.resolve()
    return real != real_root and real.is_relative_to(real_root)


def _remove_empty_parents(folder: Path, root: Path) -> None:
    while _is_inside(folder, root):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent

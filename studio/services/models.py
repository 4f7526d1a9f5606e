"""What a front end asks of the library: list, look at, check, add and remove models."""

from __future__ import annotations

from collections.abc import Callable

from studio.domain.errors import ModelFolderError, StudioError
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.domain.running import never_cancelled
from studio.library.add import AddObserver, AddRequest, Silent, add_model
from studio.library.card import Card, read_card
from studio.library.manifest import Manifest, read_manifest
from studio.library.store import Library
from studio.library.verify import Verification, verify_folder
from studio.tasks import find_task

__all__ = ["AddObserver", "AddRequest", "Silent", "add", "details", "listed", "remove", "verify"]


def listed(library: Library, task: str | None = None) -> tuple[Model, ...]:
    """Every model, or those that do one task."""
    if task is None:
        return library.all()
    wanted = find_task(task)
    return tuple(model for model in library.all() if wanted.runs(model.task, model.architecture))


def details(library: Library, name: str) -> tuple[Model, Card, Manifest | None]:
    """A model with what its card and its ``studio.json`` say.

    Raises:
        UnknownNameError: There is no such model.
        ModelFolderError: It is a folder, but no model's.
    """
    model = library.find(name)
    try:
        manifest = read_manifest(model.folder)
    except StudioError:
        # The model is shown all the same; its `problem` says what is wrong.
        manifest = None
    return model, read_card(model.folder), manifest


def verify(
    library: Library, name: str, on_file: Callable[[str, int, int], None] = lambda _name, _done, _all: None
) -> tuple[Model, Verification]:
    """Check every file of a model; see `studio.library.verify.verify_folder`.

    Raises:
        UnknownNameError: There is no such model.
        ModelFolderError: It is a folder, but no model's, or it can't be read.
    """
    model = library.find(name)
    try:
        return model, verify_folder(model.folder, on_file)
    except OSError as error:
        raise ModelFolderError(
            _("The folder {folder} can't be read: {reason}.").format(
                folder=model.folder, reason=error.strerror or error
            ),
            _("Check its permissions."),
            str(error),
        ) from error


def add(
    library: Library,
    request: AddRequest,
    observer: AddObserver | None = None,
    cancelled: Callable[[], bool] = never_cancelled,
) -> Model | None:
    """Add a model; see `studio.library.add.add_model`."""
    return add_model(request, library, observer or Silent(), cancelled)


def remove(library: Library, name: str) -> Model:
    """Delete a model; see `studio.library.store.Library.remove`."""
    return library.remove(name)

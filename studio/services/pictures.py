"""Pictures as the window shows them, and the ones that have no file yet because they were pasted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.domain.errors import InputError, ProjectStorageError
from studio.domain.i18n import _
from studio.media.picture import PICTURE_FILES, open_picture
from studio.services.own_files import new_file
from studio.services.projects import own_folder


@dataclass(frozen=True)
class Preview:
    """A picture small enough to show, as a model gets to see it: upright, transparent parts white.

    Attributes:
        width: Width of the whole picture in pixels.
        height: Its height.
        size_bytes: Size of its file.
        shown_width: Width of the small one.
        shown_height: Its height.
        pixels: The small one, three bytes a pixel (red, green, blue), row by row without padding.
    """

    width: int
    height: int
    size_bytes: int
    shown_width: int
    shown_height: int
    pixels: bytes


def preview(path: str | Path, side: int) -> Preview:
    """A picture, at most ``side`` pixels wide and high.

    Raises:
        InputError: It can't be opened as a picture; see `studio.media.picture.open_picture`.
    """
    picture = open_picture(path)
    width, height = picture.size
    picture.thumbnail((side, side))
    return Preview(width, height, Path(path).stat().st_size, picture.width, picture.height, picture.tobytes())


def pictures_in(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The pictures among these files and, one level deep, in these folders, by their endings and in order of name.

    Raises:
        InputError: A folder can't be read.
    """
    found: list[Path] = []
    for path in paths:
        try:
            inside = sorted(path.iterdir()) if path.is_dir() else [path]
        except OSError as error:
            raise InputError(
                _("The folder {name} can't be read.").format(name=path.name),
                _("Check who may open it."),
                str(error),
            ) from error
        found += [each for each in inside if each.suffix.lower() in PICTURE_FILES and not each.name.startswith(".")]
    return tuple(found)


def keep_pasted(save: Callable[[Path], bool]) -> Path:
    """Give a pasted picture a file of its own beside the projects, which refer to it.

    Args:
        save: Writes it to the path given, as PNG; whether that worked.

    Raises:
        ProjectStorageError: It could not be stored.
    """
    try:
        path = new_file("pictures", ".png")
        stored = save(path)
        if not stored:
            path.unlink()
    except OSError as error:
        raise _not_stored(str(error)) from error
    if not stored:
        raise _not_stored("")
    return path


def _not_stored(detail: str) -> ProjectStorageError:
    return ProjectStorageError(
        _("The picture could not be stored in {folder}.").format(folder=own_folder() / "pictures"),
        _("Check that the disk has space and that you may write there."),
        detail,
    )

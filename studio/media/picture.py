"""Opening a picture from outside: what Pillow reads, upright, in RGB, and never larger than what can be held.

Pillow is imported inside functions: what only needs to know the kinds of files must start fast.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from studio.domain.errors import InputError
from studio.domain.i18n import _

if TYPE_CHECKING:
    from PIL.Image import Image

#: Endings of files that can be opened, for a file dialog and for finding the pictures of a folder.
PICTURE_FILES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm")
#: A picture of more pixels is not decoded: a file of a few kilobytes can say that it has billions.
MOST_PIXELS = 100_000_000
#: The formats that are opened, by Pillow's names, with its modules. Others run programs (EPS) or are rarely tried.
_FORMATS = {
    "JPEG": "JpegImagePlugin",
    "PNG": "PngImagePlugin",
    "WEBP": "WebPImagePlugin",
    "GIF": "GifImagePlugin",
    "BMP": "BmpImagePlugin",
    "TIFF": "TiffImagePlugin",
    "AVIF": "AvifImagePlugin",
    "PPM": "PpmImagePlugin",
}
#: EXIF's number of the tag that says how the camera was held, and the values for a picture that lies on its side.
_ORIENTATION = 0x0112
_ON_ITS_SIDE = (5, 6, 7, 8)
#: What Pillow's decoders raise over a broken file.
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, RuntimeError, OverflowError,
    struct.error, zlib.error,
)  # fmt: skip
#: Kinds of files that are pictures, but not ours to open: first bytes, where they stand, and what they are called.
_OTHERS = (
    (4, (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"), "HEIC"),
    (0, (b"<svg", b"<?xml"), "SVG"),
    (0, (b"%PDF",), "PDF"),
    (0, (b"8BPS",), "Photoshop"),
)


def open_picture(path: str | Path) -> Image:
    """The picture in a file as RGB: turned as its EXIF data says, transparent parts white, the first of several frames.

    Raises:
        InputError: There is no such file, it is no picture, broken, or has more than `MOST_PIXELS`.
    """
    with _opened(path) as picture:
        # The frame's own pixels are read here; until now only the head of the file was.
        picture.load()
        return _rgb(_upright(picture))


def picture_size(path: str | Path) -> tuple[int, int]:
    """Width and height as it will be seen, from the head of the file; nothing is decoded.

    Raises:
        InputError: As in `open_picture`, as far as the head shows it.
    """
    with _opened(path) as picture:
        width, height = picture.size
        return (height, width) if _orientation(picture) in _ON_ITS_SIDE else (width, height)


@contextmanager
def _opened(path: str | Path) -> Iterator[Image]:
    """The picture with its head read; whatever goes wrong with it, here or in the block, becomes an `InputError`."""
    file = _file(path)
    from PIL import Image, UnidentifiedImageError

    for module in _FORMATS.values():
        # Pillow knows a format once its module is imported; `Image.init` would import forty more.
        import_module(f"PIL.{module}")
    # Its own limit, a little lower than ours, only warns; and what is odd in a file that opens is nobody's concern.
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    try:
        with Image.open(file, formats=tuple(_FORMATS)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _too_large(file, f"{picture.width} × {picture.height}")
            yield picture
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(file, "", str(error)) from error
    except UnidentifiedImageError as error:
        raise _no_picture(file, str(error)) from error
    except PermissionError as error:
        raise InputError(
            _("The file {name} may not be read.").format(name=file.name), _("Check who may open it."), str(error)
        ) from error
    except MemoryError as error:
        raise InputError(
            _("There is not enough memory to open the picture {name}.").format(name=file.name),
            _("Close other programs, or save the picture smaller."),
        ) from error
    except _BROKEN as error:
        raise InputError(
            _("The picture {name} is damaged or cut short.").format(name=file.name),
            _("Open it in a picture viewer and save it again, or choose another picture."),
            f"{type(error).__name__}: {error}",
        ) from error


def _file(path: str | Path) -> Path:
    text = str(path).strip()
    if not text:
        raise InputError(_("There is no picture."), _("Choose a picture, drop one here, or paste one."))
    file = Path(text).expanduser() if text.startswith("~") else Path(text)
    try:
        if file.is_dir():
            raise InputError(
                _("{name} is a folder, not a picture.").format(name=file.name or text),
                _("Choose one picture; a folder of pictures is tested in Evaluate."),
            )
        if not file.is_file():
            raise InputError(
                _("There is no picture {name}.").format(name=file.name or text),
                _("Check where the file lies; it may have been moved or renamed."),
                text,
            )
        empty = file.stat().st_size == 0
    except (OSError, ValueError) as error:
        # No path at all: a byte of zero in it, or far too long.
        raise InputError(
            _("There is no picture {name}.").format(name=text[:80]), _("Check where the file lies."), str(error)
        ) from error
    if empty:
        raise InputError(
            _("The file {name} is empty.").format(name=file.name),
            _("It may not have been downloaded or copied to its end. Get it again, or choose another picture."),
        )
    return file


def _too_large(file: Path, size: str, detail: str = "") -> InputError:
    most = MOST_PIXELS // 1_000_000
    return InputError(
        _("The picture {name} has more than {most} million pixels, so it was not opened.").format(
            name=file.name, most=most
        ),
        _("Save it smaller; models look at a few hundred pixels a side."),
        detail or size,
    )


def _no_picture(file: Path, detail: str) -> InputError:
    with file.open("rb") as opened:
        head = opened.read(64).lstrip(b"\xef\xbb\xbf \r\n\t")
    for place, marks, kind in _OTHERS:
        if head[place:].lower().startswith(tuple(mark.lower() for mark in marks)):
            return InputError(
                _("{name} is a file of the kind {kind}, which can't be opened as a picture here.").format(
                    name=file.name, kind=kind
                ),
                _("Save it as JPEG or PNG first."),
                detail,
            )
    return InputError(
        _("The file {name} is not a picture.").format(name=file.name),
        _("Choose a JPEG, PNG, WebP, GIF, BMP or TIFF file."),
        detail,
    )


def _orientation(picture: Image) -> int:
    """How the camera was held, as EXIF numbers it; 1 for upright."""
    found = picture.getexif().get(_ORIENTATION, 1)
    return found if isinstance(found, int) else 1


def _upright(picture: Image) -> Image:
    if _orientation(picture) == 1:
        # `exif_transpose` would copy it.
        return picture
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def _rgb(picture: Image) -> Image:
    from PIL import Image as Images

    if picture.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I"):
        # 16 bits of grey; `convert` would cut off everything brighter than 255.
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode == "F":
        raise ValueError("its values are fractions, which is no picture for people")
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        layers = picture.convert("RGBA")
        white = Images.new("RGBA", layers.size, (255, 255, 255, 255))
        return Images.alpha_composite(white, layers).convert("RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")

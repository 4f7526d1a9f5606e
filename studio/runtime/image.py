"""From a picture to what a vision model reads, as the (slow) image processors of transformers do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from studio.domain.errors import DamagedModelError, InputError
from studio.domain.i18n import _
from studio.media.picture import open_picture
from studio.media.preparation import PREPARATION_FILES, no_preparation
from studio.runtime.folder import read_json
from studio.runtime.session import Array

#: A picture that would be larger than this on its way to the model is refused: it is very long and thin.
_MOST_PIXELS = 50_000_000
#: No model looks at more pixels a side.
_LONGEST_SIDE = 8_192
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
_NEAREST, _BILINEAR, _BICUBIC = 0, 2, 3
#: Where the shorter side is at least so long, ConvNeXt squeezes the whole picture instead of cutting out its middle.
_CONVNEXT_WHOLE = 384

Size = tuple[int, int]


@dataclass(frozen=True)
class _Kind:
    """What a processor of transformers does where its configuration says nothing.

    Attributes:
        size: Side of the square, or length of the shorter side where ``shortest``.
        resample: Pillow's number of the filter.
        crop: Side of the part that is cut out of the middle; 0 for none.
        normal: Mean and standard deviation of each channel; None where values are never normalised.
        shortest: Whether a single number means the shorter side, and the picture keeps its shape.
        flip: Whether channels go in as blue, green, red.
        fit: Peculiarities of size: ConvNeXt's and LeViT's.
    """

    size: int
    resample: int
    crop: int = 0
    normal: tuple[Sequence[float], Sequence[float]] | None = _HALF
    shortest: bool = False
    flip: bool = False
    fit: Literal["", "convnext", "levit"] = ""


_KINDS: Mapping[str, _Kind] = {
    "ViT": _Kind(224, _BILINEAR),
    "DeiT": _Kind(256, _BICUBIC, 224),
    "Beit": _Kind(256, _BICUBIC, 224),
    "ConvNext": _Kind(384, _BILINEAR, shortest=True, fit="convnext"),
    "MobileViT": _Kind(224, _BILINEAR, 256, None, shortest=True, flip=True),
    "MobileNetV1": _Kind(256, _BILINEAR, 224, shortest=True),
    "MobileNetV2": _Kind(256, _BILINEAR, 224, shortest=True),
    "Levit": _Kind(224, _BICUBIC, 224, _IMAGENET, shortest=True, fit="levit"),
    "Pvt": _Kind(224, _BILINEAR, normal=_IMAGENET),
    "Bit": _Kind(224, _BICUBIC, 224, _CLIP, shortest=True),
    "ViTHybrid": _Kind(224, _BICUBIC, 224, _CLIP, shortest=True),
    "CLIP": _Kind(224, _BICUBIC, 224, _CLIP, shortest=True),
    "ChineseCLIP": _Kind(224, _BICUBIC, 224, _CLIP, shortest=True),
    "Siglip": _Kind(224, _BICUBIC),
}


@dataclass(frozen=True)
class ImageProcessor:
    """How pictures are prepared for one model.

    Attributes:
        exact: Height and width that the whole picture is squeezed to; None where it keeps its shape.
        shortest: Length of the shorter side; None where ``exact`` or as it is.
        resample: Pillow's number of the filter.
        crop: Height and width of what is cut out of the middle; None for all of it.
        factor: What values from 0 to 255 are multiplied by.
        mean: Subtracted from each channel afterwards.
        std: Each channel is divided by it.
        flip: Whether channels go in as blue, green, red.
    """

    exact: Size | None
    shortest: int | None
    resample: int
    crop: Size | None
    factor: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    flip: bool

    @classmethod
    def open(cls, folder: Path) -> ImageProcessor:
        """As ``preprocessor_config.json`` says.

        Raises:
            ModelFolderError: There is none.
            DamagedModelError: It says something that makes no sense, or that is not done here.
        """
        name, newer = PREPARATION_FILES
        config = read_json(folder, name)
        if not config:
            name = newer
            inner = read_json(folder, name).get("image_processor")
            config = inner if isinstance(inner, dict) else {}
        if not config:
            raise no_preparation()
        try:
            return _read(config)
        except (ValueError, TypeError, KeyError, ArithmeticError) as error:
            raise DamagedModelError(
                _("The file {name} does not say how pictures are prepared in a way that is known here.").format(
                    name=name
                ),
                _("Choose another version of the model, or another model."),
                f"{folder / name}: {error}",
            ) from error

    def read(self, path: str | Path) -> Array:
        """The picture in a file as the model reads it, float32, shape ``(3, height, width)``.

        Raises:
            InputError: It can't be opened as a picture, or is too long and thin.
        """
        return self.prepare(open_picture(path))

    def prepare(self, picture: Image.Image) -> Array:
        """An open picture as the model reads it, see `read`."""
        height, width = self._resized(picture)
        if height * width > _MOST_PIXELS:
            raise InputError(
                _("The picture is too long and thin for this model: {width} × {height} pixels.").format(
                    width=picture.width, height=picture.height
                ),
                _("Cut out the part that matters."),
            )
        if (height, width) != (picture.height, picture.width):
            picture = picture.resize((width, height), Image.Resampling(self.resample))
        pixels = np.asarray(picture)
        if self.crop is not None:
            pixels = _center(pixels, self.crop)
        values = pixels.transpose(2, 0, 1).astype(np.float32) * np.float32(self.factor)
        if self.flip:
            values = values[::-1]
        values -= np.array(self.mean, np.float32)[:, None, None]
        values /= np.array(self.std, np.float32)[:, None, None]
        return np.ascontiguousarray(values)

    def _resized(self, picture: Image.Image) -> Size:
        """Height and width that it is scaled to."""
        if self.exact is not None:
            return self.exact
        height, width = picture.height, picture.width
        if self.shortest is None:
            return height, width
        # Rounded down, as transformers does it.
        longest = int(self.shortest * max(height, width) / min(height, width))
        return (longest, self.shortest) if width <= height else (self.shortest, longest)


def _read(config: Mapping[str, Any]) -> ImageProcessor:
    named = str(config.get("image_processor_type") or config.get("feature_extractor_type") or "")
    kind = _kind(named)
    for step in ("do_pad", "do_thumbnail", "do_align_long_axis", "do_image_splitting", "rescale_offset"):
        if config.get(step):
            raise ValueError(f"{step} is not done here")
    exact, shortest = _size(config.get("size"), kind) if config.get("do_resize", True) else (None, None)
    crop = None
    # ConvNeXt's processor has no such switch: what it cuts follows from the size.
    if kind.fit != "convnext" and config.get("do_center_crop", kind.crop > 0):
        crop = _square(config.get("crop_size"), kind.crop or 224)
    if kind.fit == "convnext" and shortest is not None:
        exact, shortest, crop = _convnext(shortest, config.get("crop_pct"))
    if kind.fit == "levit" and shortest is not None:
        shortest = int(256 / 224 * shortest)
    factor = float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0
    mean: Sequence[float] = (0.0, 0.0, 0.0)
    std: Sequence[float] = (1.0, 1.0, 1.0)
    if kind.normal is not None and config.get("do_normalize", True):
        mean = _channels(config.get("image_mean"), kind.normal[0])
        std = _channels(config.get("image_std"), kind.normal[1])
        if not all(std):
            raise ValueError(f"image_std {std}")
    resample = config.get("resample")
    return ImageProcessor(
        exact,
        shortest,
        int(Image.Resampling(kind.resample if resample is None else resample)),
        crop,
        factor,
        tuple(mean),
        tuple(std),
        bool(config.get("do_flip_channel_order", kind.flip)),
    )


def _kind(named: str) -> _Kind:
    """The processor of that class name; ViT's where the configuration names none, as older ones do.

    Raises:
        ValueError: It does something that is not done here.
    """
    for ending in ("ImageProcessorFast", "ImageProcessor", "FeatureExtractor"):
        if named.endswith(ending):
            named = named.removesuffix(ending)
            break
    try:
        return _KINDS[named or "ViT"]
    except KeyError:
        raise ValueError(f"{named} is no processor that is known here") from None


def _size(size: Any, kind: _Kind) -> tuple[Size | None, int | None]:
    """``exact`` and ``shortest`` of `ImageProcessor`."""
    if size is None:
        size = kind.size
    if isinstance(size, Mapping):
        if "shortest_edge" in size:
            if "longest_edge" in size:
                raise ValueError(f"size {dict(size)}")
            return None, _side(size["shortest_edge"])
        return _square(size, 0), None
    if isinstance(size, (int, float)) and kind.shortest:
        return None, _side(size)
    return _square(size, 0), None


def _square(size: Any, usual: int) -> Size:
    """Height and width, however they are written."""
    if size is None:
        size = usual
    if isinstance(size, Mapping):
        return _side(size["height"]), _side(size["width"])
    if isinstance(size, Sequence) and not isinstance(size, str):
        height, width = size
        return _side(height), _side(width)
    return _side(size), _side(size)


def _side(value: Any) -> int:
    side = int(value)
    if not 0 < side <= _LONGEST_SIDE:
        raise ValueError(f"a side of {side} pixels")
    return side


def _convnext(shortest: int, crop_pct: Any) -> tuple[Size | None, int | None, Size | None]:
    if shortest >= _CONVNEXT_WHOLE:
        return (shortest, shortest), None, None
    share = 224 / 256 if crop_pct is None else float(crop_pct)
    return None, _side(shortest / share), (shortest, shortest)


def _channels(values: Any, usual: Sequence[float]) -> tuple[float, ...]:
    if values is None:
        values = usual
    if isinstance(values, (int, float)):
        values = [values] * 3
    found = tuple(float(value) for value in values)
    if len(found) != 3:
        raise ValueError(f"{len(found)} channels")
    return found


def _center(pixels: Array, crop: Size) -> Array:
    """The middle, shape ``(*crop, 3)``; where the picture is smaller, black around it."""
    height, width = pixels.shape[:2]
    top, left = (height - crop[0]) // 2, (width - crop[1]) // 2
    if top < 0 or left < 0:
        above, before = max(0, -top), max(0, -left)
        around = ((above, max(0, crop[0] - height - above)), (before, max(0, crop[1] - width - before)), (0, 0))
        pixels = np.pad(pixels, around)
        top, left = max(0, top), max(0, left)
    return pixels[top : top + crop[0], left : left + crop[1]]

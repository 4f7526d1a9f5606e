"""What tasks that read one picture have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.places import resources_folder
from studio.domain.running import Inputs


def read_picture(text: str) -> Inputs:
    """The path of a picture, as a terminal or a cell has it."""
    return {"image": text.strip()}


def check_picture(inputs: Inputs) -> None:
    """Refuse what is no picture by the head of its file; nothing is decoded.

    Raises:
        InputError: See `studio.media.picture.picture_size`.
    """
    path = inputs.get("image")
    if not isinstance(path, (str, Path)):
        raise InputError(_("There is no picture."), _("Choose a picture, drop one here, or paste one."))
    from studio.media.picture import picture_size

    picture_size(path)


def sample_picture(name: str) -> Inputs:
    """One of the pictures of clothes that ship with the studio."""
    return {"image": str(resources_folder() / "samples" / "clothes" / name)}


def probe_pictures(folder: Path) -> Sequence[Inputs]:
    """Pictures that a conversion is compared with its original on: always the same, or recorded figures mean nothing.

    Flat colours, slopes, stripes, discs and noise, wide and high, in colour and grey: what a picture can hold.
    """
    import numpy as np
    from PIL import Image, ImageDraw

    chance = np.random.default_rng(11)
    pictures: list[Image.Image] = []
    for number in range(12):
        width, height = ((320, 240), (240, 320), (256, 256), (500, 180))[number % 4]
        rows, columns = np.mgrid[0:height, 0:width] / max(width, height)
        waves = [
            np.sin(chance.uniform(2, 40) * columns + chance.uniform(2, 40) * rows + chance.uniform(0, 6))
            for _channel in range(3)
        ]
        noise = chance.normal(0, 4 * number, (height, width, 3))
        pixels = (128 + 100 * np.stack(waves, -1) + noise).clip(0, 255).astype(np.uint8)
        picture = Image.fromarray(pixels)
        draw = ImageDraw.Draw(picture)
        for _shape in range(number):
            left, top = int(chance.integers(0, width - 40)), int(chance.integers(0, height - 40))
            colour = tuple(int(value) for value in chance.integers(0, 256, 3))
            box = (left, top, left + int(chance.integers(10, 90)), top + int(chance.integers(10, 90)))
            (draw.ellipse if number % 2 else draw.rectangle)(box, fill=colour)
        pictures.append(picture.convert("L") if number == 5 else picture)
    pictures += [Image.new("RGB", (200, 200), colour) for colour in ("white", "black", "#808080", "#c02030")]
    found = []
    for number, picture in enumerate(pictures):
        # PNG, so that both sides see the very same pixels whatever the version of a JPEG decoder.
        path = folder / f"picture-{number:02}.png"
        picture.save(path)
        found.append({"image": str(path)})
    return found

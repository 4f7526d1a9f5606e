"""Pictures from outside open as people see them, and what is none is refused with a sentence and a next step."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.errors import InputError
from studio.media.picture import MOST_PIXELS, PICTURE_FILES, open_picture, picture_size


def saved(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)
    return path


def corner(picture: Image.Image) -> tuple[int, ...]:
    return tuple(np.asarray(picture)[0, 0].tolist())


def test_every_ending_that_is_offered_opens(tmp_path: Path) -> None:
    for ending in PICTURE_FILES:
        mode = "L" if ending == ".pgm" else "RGB"
        path = saved(tmp_path / f"picture{ending}", Image.new(mode, (31, 17)))
        assert open_picture(path).size == picture_size(path) == (31, 17), ending


def test_a_picture_taken_on_its_side_is_turned(tmp_path: Path) -> None:
    picture = Image.new("RGB", (40, 20), "blue")
    picture.paste("red", (0, 0, 40, 10))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned clockwise: what is on top belongs to the right
    path = saved(tmp_path / "turned.png", picture, exif=exif)
    opened = open_picture(path)
    assert opened.size == picture_size(path) == (20, 40)
    assert corner(opened) == (0, 0, 255)
    assert opened.getpixel((19, 0)) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_white(tmp_path: Path, mode: str) -> None:
    if mode == "P":
        picture = Image.new("P", (8, 8), 1)
        picture.putpalette([0, 0, 0, 255, 0, 0])
        path = saved(tmp_path / "clear.png", picture, transparency=1)
    else:
        path = saved(tmp_path / "clear.png", Image.new(mode, (8, 8)))
    assert corner(open_picture(path)) == (255, 255, 255)


def test_of_a_moving_picture_the_first_frame_is_taken(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    path = saved(tmp_path / "moving.gif", frames[0], save_all=True, append_images=frames[1:])
    assert corner(open_picture(path)) == (255, 0, 0)


def test_grey_of_16_bits_keeps_its_shades(tmp_path: Path) -> None:
    path = saved(tmp_path / "grey.png", Image.fromarray(np.full((4, 4), 128 * 256, np.uint16)))
    assert corner(open_picture(path)) == (128, 128, 128)


def test_print_colours_open(tmp_path: Path) -> None:
    red, green, blue = corner(open_picture(saved(tmp_path / "print.jpg", Image.new("CMYK", (8, 8), (0, 255, 255, 0)))))
    assert red > 200
    assert max(green, blue) < 60


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head says that it is huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [10_001, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(side, side))
    assert side * side > MOST_PIXELS
    for look in (open_picture, picture_size):
        with pytest.raises(InputError, match="more than 100 million pixels") as refused:
            look(path)
        assert refused.value.next_step


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.png", b"", "is empty"),
        ("notes.png", b"these are words", "is not a picture"),
        ("phone.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        ("page.png", b"%PDF-1.7\n", "PDF"),
        ("cut.jpg", jpeg()[:-400], "damaged or cut short"),
        ("short.png", bomb(10, 10), "damaged or cut short"),
        ("head.jpg", jpeg()[:640], "damaged or cut short"),
    ],
)
def test_what_is_no_picture_is_refused_in_plain_words(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence) as refused:
        open_picture(path)
    assert refused.value.next_step


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM"])
def test_a_file_with_wrong_bytes_opens_or_is_refused_and_never_crashes(tmp_path: Path, kind: str) -> None:
    file = io.BytesIO()
    Image.effect_noise((24, 20), 60).convert("RGB").save(file, kind)
    chance = random.Random(kind)
    refused = 0
    for number in range(60):
        content = bytearray(file.getvalue())
        for _change in range(chance.choice((1, 3, 12))):
            content[chance.randrange(min(len(content), 400))] = chance.randrange(256)
        path = tmp_path / f"{number}.{kind.lower()}"
        path.write_bytes(content[: chance.randrange(1, len(content))] if number % 4 == 0 else content)
        try:
            assert open_picture(path).mode == "RGB"
        except InputError as error:
            assert error.message
            assert error.next_step
            refused += 1
    assert refused


def test_a_place_without_a_picture_is_refused(tmp_path: Path) -> None:
    for path, sentence in (
        (tmp_path, "is a folder"),
        (tmp_path / "missing.png", "There is no picture missing.png"),
        ("", "There is no picture"),
        ("nul\0byte.png", "There is no picture"),
        ("x" * 5000, "There is no picture"),
        (Path("/dev/null"), "There is no picture"),
    ):
        with pytest.raises(InputError, match=sentence):
            picture_size(path)

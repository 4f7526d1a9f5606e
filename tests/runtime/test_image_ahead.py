"""Pictures that are prepared ahead come in their order, in parts that fit together, and none is lost or kept busy."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.errors import InputError
from studio.runtime.image import ImageProcessor
from studio.runtime.image_ahead import PicturesAhead
from studio.runtime.session import Array


@pytest.fixture
def processor(tmp_path: Path) -> ImageProcessor:
    """One that leaves pictures as large as they are."""
    config = {"image_processor_type": "ViTImageProcessor", "do_resize": False, "do_normalize": False}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    return ImageProcessor.open(tmp_path)


def painted(folder: Path, sizes: list[tuple[int, int]]) -> list[str]:
    paths = []
    for shade, size in enumerate(sizes):
        path = folder / f"{shade}.png"
        Image.new("RGB", size, (shade, shade, shade)).save(path)
        paths.append(str(path))
    return paths


def shades(parts: list[Array]) -> list[int]:
    return [round(float(pixels[0, 0, 0]) * 255) for part in parts for pixels in part]


@pytest.mark.parametrize("together", [1, 3, 8])
def test_all_come_in_their_order(processor: ImageProcessor, tmp_path: Path, together: int) -> None:
    paths = painted(tmp_path, [(9, 7)] * 20)
    parts = list(PicturesAhead(processor, 4, together).parts(paths))
    assert shades(parts) == list(range(20))
    assert [len(part) for part in parts] == [together] * (20 // together) + ([20 % together] if 20 % together else [])


def test_only_neighbours_of_one_size_share_a_part(processor: ImageProcessor, tmp_path: Path) -> None:
    paths = painted(tmp_path, [(9, 7), (9, 7), (7, 9), (9, 7)])
    parts = list(PicturesAhead(processor, 2).parts(paths))
    assert [part.shape for part in parts] == [(2, 3, 7, 9), (1, 3, 9, 7), (1, 3, 7, 9)]
    assert shades(parts) == [0, 1, 2, 3]
    assert list(PicturesAhead(processor, 2).parts([])) == []


def test_the_next_pictures_are_prepared_while_the_graph_reads_the_first(
    processor: ImageProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = painted(tmp_path, [(5, 5)] * 6)
    read: list[str] = []
    all_read = threading.Event()
    original = ImageProcessor.read

    def counting(self: ImageProcessor, path: str | Path) -> Array:
        pixels = original(self, path)
        read.append(str(path))
        if len(read) == len(paths):
            all_read.set()
        return pixels

    monkeypatch.setattr(ImageProcessor, "read", counting)
    parts = PicturesAhead(processor, 2, 2).parts(paths)
    next(parts)
    # Nobody asked for more yet.
    assert all_read.wait(10)
    assert shades(list(parts)) == [2, 3, 4, 5]


def test_a_broken_picture_stops_the_rest(processor: ImageProcessor, tmp_path: Path) -> None:
    paths = painted(tmp_path, [(5, 5)] * 30)
    Path(paths[4]).write_bytes(b"no picture")
    ahead = PicturesAhead(processor, 2, 2)
    parts = ahead.parts(paths)
    assert np.concatenate([next(parts), next(parts)]).shape == (4, 3, 5, 5)
    with pytest.raises(InputError, match=r"4\.png is not a picture"):
        next(parts)
    assert shades(list(ahead.parts(paths[:4]))) == [0, 1, 2, 3]

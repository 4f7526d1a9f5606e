"""Explains labels of pictures: parts of the picture are covered with grey, and the model is asked again."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from studio.domain.explanation import Grid, Part
from studio.domain.running import Inputs
from studio.domain.task import Task
from studio.services.explaining_asking import Asked, Asking, Shown
from studio.services.explaining_text import answer_of, score_of

if TYPE_CHECKING:
    from PIL.Image import Image

#: A square picture has so many parts a side; others as many parts, of about the same shape.
_SIDE = 8
#: Larger pictures are made so large first, which is more than models see.
_LARGEST = 640
#: Of the small picture that goes with the explanation.
_THUMBNAIL = 320
_GREY = (127, 127, 127)
#: Pictures that lie on the disk at once.
_TOGETHER = 16


class PictureGame:
    """See `studio.services.explaining_asking.Game`. Covered pictures are files for a moment."""

    def __init__(self, task: Task, inputs: Inputs, asking: Asking) -> None:
        from studio.media.picture import open_picture

        self._asking, self._inputs, self._main = asking, inputs, task.inputs[0].name
        self._picture = _no_larger(open_picture(inputs[self._main]), _LARGEST)
        width, height = self._picture.size
        self.columns = min(max(2, round(_SIDE * math.sqrt(width / height))), 24, width)
        self.rows = min(max(2, round(_SIDE * math.sqrt(height / width))), 24, height)
        self.parts = tuple(
            Part(f"{chr(65 + place % self.columns)}{place // self.columns + 1}", place, place + 1)
            for place in range(self.rows * self.columns)
        )
        self.answer = ""
        self.whole = self.ask([frozenset()])[0]

    def ask(self, left_out: Sequence[frozenset[int]]) -> list[Asked]:
        """See `studio.services.explaining_asking.Game.ask`."""
        found: list[Asked] = []
        with TemporaryDirectory(prefix="studio-covered-") as folder:
            for start in range(0, len(left_out), _TOGETHER):
                batch = []
                for number, parts in enumerate(left_out[start : start + _TOGETHER]):
                    path = Path(folder) / f"{number}.bmp"
                    self.covered(parts).save(path)
                    batch.append({**self._inputs, self._main: str(path)})
                for output in self._asking.outputs(batch):
                    self.answer = self.answer or answer_of(output)
                    found.append(Asked(score_of(output, self.answer), output.text))
        return found

    def covered(self, parts: frozenset[int]) -> Image:
        """The picture with parts of it under grey."""
        picture = self._picture.copy()
        width, height = picture.size
        for part in parts:
            row, column = divmod(part, self.columns)
            box = (
                column * width // self.columns,
                row * height // self.rows,
                (column + 1) * width // self.columns,
                (row + 1) * height // self.rows,
            )
            picture.paste(_GREY, box)
        return picture

    def shown(self) -> Shown:
        """The grid with a small copy of the picture."""
        file = io.BytesIO()
        _no_larger(self._picture, _THUMBNAIL).save(file, "JPEG", quality=80)
        return Shown(grid=Grid(self.rows, self.columns, base64.b64encode(file.getvalue()).decode("ascii")))


def _no_larger(picture: Image, side: int) -> Image:
    scale = side / max(picture.size)
    if scale >= 1:
        return picture
    width, height = picture.size
    return picture.resize((max(1, round(width * scale)), max(1, round(height * scale))))

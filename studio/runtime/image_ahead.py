"""Preparing the pictures of a batch on threads of their own, ahead of the graph that reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from studio.runtime.image import ImageProcessor
from studio.runtime.session import Array

#: Pictures in one run of the graph. While it runs the next ones are prepared; a larger part would keep it waiting for
#: longer before it can begin, and gains nothing: a vision model keeps every core busy with a few pictures.
_TOGETHER = 8
#: Large pictures take hundreds of megabytes each while they are decoded.
_MOST_THREADS = 8


class PicturesAhead:
    """Reads and prepares pictures in order, several at a time. Decoding and scaling run without Python's lock.

    Args:
        processor: How they are prepared.
        threads: How many at a time; usually one for each core.
        together: Most pictures that go into one run of the graph, where it says so; 0 for what suits.
    """

    def __init__(self, processor: ImageProcessor, threads: int, together: int = 0) -> None:
        self._processor = processor
        self._together = together or _TOGETHER
        self._pool = ThreadPoolExecutor(min(max(1, threads), _MOST_THREADS), "pictures")

    def parts(self, paths: Sequence[str]) -> Iterator[Array]:
        """Pixels in the order of the paths, in parts of shape ``(pictures, 3, height, width)``.

        Pictures that keep their shape differ in size; only neighbours of the same size share a part.

        Raises:
            InputError: One of them can't be used; the rest is left alone.
        """
        waiting = [self._pool.submit(self._processor.read, path) for path in paths]
        try:
            part: list[Array] = []
            for future in waiting:
                pixels = future.result()
                if part and part[0].shape != pixels.shape:
                    yield np.stack(part)
                    part = []
                part.append(pixels)
                if len(part) == self._together:
                    yield np.stack(part)
                    part = []
            if part:
                yield np.stack(part)
        finally:
            _cancel(waiting)


def _cancel(waiting: Sequence[Future[Array]]) -> None:
    for future in waiting:
        future.cancel()

"""What runs on a node for one lane: an actor that holds an object and calls its methods."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import Any


class Host:
    """Lives in an actor's process. Calls come from several threads, so that one can interrupt another.

    Args:
        make: Makes the object that is held.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        # Set to the processors that were asked for: libraries would use other numbers of threads than elsewhere.
        os.environ.pop("OMP_NUM_THREADS", None)
        self._held = make()

    def ready(self) -> None:
        """Returns once the process is up."""

    def call(self, method: str, arguments: bytes) -> bytes:
        """What a method returns for pickled arguments, pickled."""
        return pickle.dumps(getattr(self._held, method)(*pickle.loads(arguments)))

    def take(self, fingerprint: str, name: str, offset: int, data: bytes) -> None:
        """A piece of a folder; ``data`` comes through the object store, once for all lanes of a node."""
        self._held.take(fingerprint, name, offset, data)

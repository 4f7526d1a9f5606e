"""What tests teach with: examples, a base that knows something, and a parent that gives orders at a certain step."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.domain.places import shipped_models_folder
from studio.services.teaching_examples import Examples

#: Small, and what it makes of a message about an order tells these wishes apart at once, on any machine.
SHIPPED = shipped_models_folder() / "starter" / "support-intents-tiny"
_THINGS = ("order", "refund", "invoice", "parcel", "shoes", "jacket", "phone", "lamp", "chair", "table")
_WISHES = {"cancel": "cancel the {}", "track": "where is my {}", "newsletter": "newsletter about the {}"}
WISHES = tuple(
    (text.format(thing) + end, label) for thing in _THINGS for label, text in _WISHES.items() for end in ("", " please")
)


def examples(rows: Sequence[tuple[str, str]] = WISHES) -> Examples:
    """As if read from a sheet."""
    texts, answers = zip(*rows, strict=True)
    return Examples("wishes.csv", "f" * 64, ("message", "wish"), texts, answers)


def read_back(folder: Path) -> None:
    """`SHIPPED` with PyTorch weights, which were read back from its graph."""
    import json
    import shutil

    from studio.baseline.graph_weights import weights_in
    from studio.baseline.rebuilding import rebuilt

    shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    graph = folder / "onnx" / "model_int8.onnx"
    rebuilt(folder, weights_in({"model": graph}, config)).save_pretrained(folder, safe_serialization=True)


class Crash(Exception):
    """Stands for the end of the process."""


class Parent:
    """The other end of a trainer's pipe, without a process: it orders something at a certain step.

    Args:
        orders: What it says, by the number of the step after which the trainer looks, 1 for the first.
        dies_at: The step at which everything ends.
    """

    def __init__(self, orders: Mapping[int, Sequence[str]] | None = None, dies_at: int = 0) -> None:
        self._orders, self._dies_at = dict(orders or {}), dies_at
        self._said: deque[str] = deque()
        self.looks = 0
        self.heard: list[Any] = []

    def send(self, message: Any) -> None:
        """The trainer says something."""
        self.heard.append(message)

    def poll(self) -> bool:
        """Whether there is an order."""
        self.looks += 1
        if self.looks == self._dies_at:
            raise Crash
        self._said.extend(self._orders.get(self.looks, ()))
        return bool(self._said)

    def recv(self) -> str:
        """The order."""
        return self._said.popleft()

"""One line of the benchmark table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One measured figure.

    Attributes:
        title: What was compared.
        value: The median of the paired ratios, or the figure itself.
        target: What it must reach; None where it is only reported.
        at_most: Whether the target is an upper bound.
        detail: The two medians behind a ratio, or what the figure is made of.
    """

    title: str
    value: float
    target: float | None
    at_most: bool = False
    detail: str = ""

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def text(self) -> str:
        """The line as it is printed."""
        mark = "" if self.target is None else f"{'≤' if self.at_most else '≥'} {self.target:g}"
        verdict = {True: "met   ", False: "missed", None: "      "}[self.met]
        return f"{self.title:58}{self.value:>10.2f}{mark:>10}   {verdict} {self.detail}"

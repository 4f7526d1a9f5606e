"""A report as one value: what every format shows, already in words and in one language, and the same as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

#: How a value or a sentence is meant: proven good, open, bad, or neither.
Tone = Literal["", "good", "warn", "bad", "muted"]


@dataclass(frozen=True)
class Value:
    """A cell.

    Attributes:
        text: As a person reads it, unit included.
        number: The raw number, for formats that keep it; None for text.
        tone: See `Tone`.
    """

    text: str
    number: float | None = None
    tone: Tone = ""


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    words: str
    tone: Tone = ""


@dataclass(frozen=True)
class Facts:
    """Pairs of a label and a value."""

    rows: tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        id: Tells it apart, and names its sheet or file.
        title: Heading; empty for none.
        columns: Headings; of a column of numbers, with the unit.
        rows: As many cells each as there are columns.
        numeric: Places of the columns that are numbers.
        long: Whether it has so many rows that a slide or a page shows only its beginning.
        note: What to know about it.
    """

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    numeric: frozenset[int] = frozenset()
    long: bool = False
    note: str = ""


@dataclass(frozen=True)
class Point:
    """One candidate in a chart; bounds are None where there is no interval.

    Attributes:
        name: Who.
        y: The figure.
        low: Lower bound of ``y``.
        high: Upper bound of ``y``.
        x: The other figure of a plane.
        size: What its area stands for.
        marked: Whether it stands out (the Pareto front).
    """

    name: str
    y: float
    low: float | None = None
    high: float | None = None
    x: float | None = None
    size: float | None = None
    marked: bool = False


@dataclass(frozen=True)
class Chart:
    """A drawing.

    Attributes:
        id: Tells it apart.
        kind: ``bars``: a figure with its interval for each candidate. ``plane``: two figures against each other.
            ``reliability``: confidence against share of right answers, one point a bin.
        title: Heading.
        y_title: What is drawn.
        points: In their order.
        x_title: The other axis.
        percent: Whether ``y`` is a share.
        note: What to read in it, also for those who can't see it.
    """

    id: str
    kind: Literal["bars", "plane", "reliability"]
    title: str
    y_title: str
    points: tuple[Point, ...]
    x_title: str = ""
    percent: bool = False
    note: str = ""


@dataclass(frozen=True)
class Span:
    """A stretch of a text: what it did to an answer, from −1 (most against it) to 1 (most for it)."""

    text: str
    weight: float = 0.0


@dataclass(frozen=True)
class Shaded:
    """A text whose parts are shaded by what they did to an answer; the numbers stand in a table.

    Attributes:
        title: Heading.
        spans: The whole text in order.
        note: How to read the shades, also for those who can't see them.
    """

    title: str
    spans: tuple[Span, ...]
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        title: Heading.
        data: A PNG.
        note: What to see in it, also for those who can't.
    """

    title: str
    data: bytes
    note: str = ""


Block = Text | Facts | Table | Chart | Shaded | Picture


@dataclass(frozen=True)
class Section:
    """A chapter.

    Attributes:
        id: What it is chosen by.
        title: Heading.
        blocks: What it shows.
    """

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Summary:
    """The first page.

    Attributes:
        decision: GO, NO-GO or NOT PROVEN, and for whom.
        tone: How good that is.
        why: In a sentence or two.
        risks: What could go wrong.
        next_step: What to do now.
    """

    decision: str
    tone: Tone
    why: str
    risks: tuple[str, ...]
    next_step: str


@dataclass(frozen=True)
class Report:
    """Everything a format needs; formats decide nothing.

    Attributes:
        title: Name of the project or the data.
        subtitle: Use case and data.
        language: Language code, such as ``"zh_CN"``.
        date: Of the report.
        summary: The first page.
        sections: In the order shown.
        rows: Rows with what each candidate answered; None where they are left out.
        facts: The same as data, for JSON: plain values only.
        words: Words that formats need around it, in the report's language.
    """

    title: str
    subtitle: str
    language: str
    date: date
    summary: Summary
    sections: tuple[Section, ...]
    rows: Table | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def tables(self) -> tuple[Table, ...]:
        """Every table, in order."""
        found = [block for section in self.sections for block in section.blocks if isinstance(block, Table)]
        return tuple(found)

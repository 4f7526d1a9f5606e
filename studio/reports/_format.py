"""What a report format is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.domain.report import Report


@dataclass(frozen=True)
class Format:
    """One file in ``studio/reports`` declares one, as ``FORMAT``.

    Attributes:
        id: What the terminal calls it.
        title: What a person reads (marked with ``N_``).
        suffix: Of the file's name.
        order: Place in the list.
        render: The file's bytes; the same for the same report. Takes the report and, where the format has one, the
            company's template.
        template: Suffix of a template that it takes; empty for none.
    """

    id: str
    title: str
    suffix: str
    order: int
    render: Callable[[Report, Path | None], bytes]
    template: str = ""

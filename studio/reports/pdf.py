"""PDF, for reading and filing; Chinese shows on every computer, since its font is in the file."""

from __future__ import annotations

from pathlib import Path

from studio.domain.i18n import N_
from studio.domain.report import Report
from studio.reports._format import Format


def _render(report: Report, _template: Path | None) -> bytes:
    from studio.reports._typst import compiled

    return compiled(report)[0]


FORMAT = Format("pdf", N_("PDF"), ".pdf", 20, _render)

"""JSON for programs: everything as data (docs/report-json.md)."""

from __future__ import annotations

import json
from pathlib import Path

from studio.domain.i18n import N_
from studio.domain.report import Report
from studio.reports._format import Format


def _render(report: Report, _template: Path | None) -> bytes:
    return (json.dumps(report.facts, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


FORMAT = Format("json", N_("JSON, for programs"), ".json", 70, _render)

"""CSV of the metrics: one line for each candidate and figure, with its interval."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from studio.domain.i18n import N_
from studio.domain.report import Report
from studio.reports._cells import cell, neutral
from studio.reports._format import Format


def _render(report: Report, _template: Path | None) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    for table in report.tables():
        writer.writerow([neutral(table.title or table.id)])
        writer.writerow([neutral(column) for column in table.columns])
        writer.writerows([[neutral(cell(value)) for value in row] for row in table.rows])
        writer.writerow([])
    # A byte order mark, without which Excel takes Chinese for something else.
    return ("\ufeff" + file.getvalue()).encode()


FORMAT = Format("csv", N_("CSV, all tables"), ".csv", 60, _render)

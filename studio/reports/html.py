"""HTML: one file that works offline, prints, follows light and dark, and runs nothing but its own table filter.

Its content security policy allows no connection and only the one script whose hash it names; with scripts refused,
only the filter is missing.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from studio.domain.i18n import N_
from studio.domain.places import resources_folder
from studio.domain.report import Chart, Report
from studio.reports._format import Format


def _render(report: Report, _template: Path | None) -> bytes:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    from studio.reports._svg import Paint, draw

    folder = resources_folder() / "reports"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    script = (folder / "filter.js").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

    def drawn(chart: Chart) -> Markup:
        return Markup(draw(chart, Paint()))

    page = environment.get_template("report.html.j2").render(
        report=report,
        kind_of=lambda block: type(block).__name__,
        draw=drawn,
        encoded=lambda data: base64.b64encode(data).decode(),
        script=Markup(script),
        script_hash=digest,
    )
    return page.encode()


FORMAT = Format("html", N_("HTML, one file"), ".html", 10, _render)

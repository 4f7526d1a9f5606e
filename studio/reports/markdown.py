"""Markdown, for a wiki or a ticket."""

from __future__ import annotations

import re
from pathlib import Path

from studio.domain.i18n import N_
from studio.domain.report import Block, Chart, Facts, Picture, Report, Shaded, Span, Table, Text
from studio.reports._format import Format

#: What means something to Markdown; the backslash first.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&:@])")
#: From this share of the heaviest part on, a part is marked.
_CLEAR = 0.3


def plain(text: str) -> str:
    """Text of others as Markdown that shows just it: on one line, with nothing that is markup or a link."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _render(report: Report, _template: Path | None) -> bytes:
    words, summary = report.words, report.summary
    lines = [f"# {plain(report.title)}", "", plain(report.subtitle), "", f"**{plain(summary.decision)}**", ""]
    lines += [plain(summary.why), ""]
    lines += [f"- {plain(risk)}" for risk in summary.risks] + ([""] if summary.risks else [])
    lines += [f"{plain(words['next_step'])}: {plain(summary.next_step)}", ""]
    for section in report.sections:
        lines += [f"## {plain(section.title)}", ""]
        for block in section.blocks:
            lines += _block(block)
    if report.rows is not None:
        lines += [f"## {plain(words['rows'])}", "", *_table(report.rows)]
    lines += ["---", "", plain(words["footer"]), ""]
    return "\n".join(lines).encode()


def _block(block: Block) -> list[str]:
    if isinstance(block, Text):
        return [plain(block.words), ""]
    if isinstance(block, Facts):
        return [*(f"- {plain(label)}: {plain(value.text)}" for label, value in block.rows), ""]
    if isinstance(block, (Chart, Picture)):
        # Its numbers stand in a table; what it shows is said.
        return [f"*{plain(block.title)}*: {plain(block.note)}", ""] if block.note else []
    if isinstance(block, Shaded):
        lines = [f"### {plain(block.title)}", "", "".join(_span(span) for span in block.spans).strip(), ""]
        return [*lines, *([plain(block.note), ""] if block.note else [])]
    return _table(block)


def _span(span: Span) -> str:
    """Bold for what speaks clearly for an answer, struck out for what speaks clearly against it."""
    text = plain(span.text)
    if not text:
        return " " if span.text else ""
    if abs(span.weight) < _CLEAR:
        return _padded(span.text, text)
    mark = "**" if span.weight > 0 else "~~"
    return _padded(span.text, f"{mark}{text}{mark}")


def _padded(text: str, shown: str) -> str:
    """The spaces around a stretch stay."""
    return f"{' ' if text[:1].isspace() else ''}{shown}{' ' if text[-1:].isspace() else ''}"


def _table(table: Table) -> list[str]:
    lines = [f"### {plain(table.title)}", ""] if table.title else []
    lines.append("| " + " | ".join(plain(column) for column in table.columns) + " |")
    lines.append("|" + "|".join(" ---: " if n in table.numeric else " --- " for n in range(len(table.columns))) + "|")
    lines += ["| " + " | ".join(plain(value.text) for value in row) + " |" for row in table.rows]
    return [*lines, "", *([plain(table.note), ""] if table.note else [])]


FORMAT = Format("md", N_("Markdown"), ".md", 50, _render)

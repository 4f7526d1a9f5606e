"""A report through typst: as PDF, and as pictures of its pages for the preview. Needs no system libraries."""

from __future__ import annotations

import json
import re
from typing import Any

from studio.domain.places import resources_folder
from studio.domain.report import Block, Chart, Facts, Picture, Report, Shaded, Table, Text, Value
from studio.reports._svg import PRINT, draw

#: Rows of a long table that are printed; the other formats have all.
_MOST_ROWS = 60
#: Characters of a cell that are printed.
_LONGEST = 600
#: A word too long for a narrow column, and how much of it stays together.
_LONG_WORD, _PIECE = re.compile(r"[!-~]{19,}"), re.compile(r".{1,11}[_/:.-]|.{12}")


def compiled(report: Report, pages: bool = False) -> list[bytes]:
    """The PDF as one item; with ``pages``, a PNG for each page."""
    import typst

    source = (resources_folder() / "reports" / "report.typ").read_bytes()
    inputs = {"report": json.dumps(_document(report), ensure_ascii=False)}
    fonts = [str(resources_folder() / "fonts"), str(resources_folder() / "reports" / "fonts")]
    options: dict[str, Any] = {"sys_inputs": inputs, "font_paths": fonts}
    made: Any = typst.compile(source, format="png" if pages else "pdf", ppi=110.0 if pages else None, **options)
    return list(made) if isinstance(made, list) else [made]


def _document(report: Report) -> dict[str, Any]:
    sections = [
        {"title": section.title, "blocks": [_block(block) for block in section.blocks]} for section in report.sections
    ]
    if report.rows is not None:
        sections.append({"title": report.words["rows"], "blocks": [_block(report.rows)]})
    summary = report.summary
    return {
        "title": report.title,
        "subtitle": report.subtitle,
        "lang": report.language.split("_")[0],
        "year": report.date.year,
        "month": report.date.month,
        "day": report.date.day,
        "summary": {
            "decision": summary.decision,
            "tone": summary.tone,
            "why": summary.why,
            "risks": list(summary.risks),
            "next_step": summary.next_step,
        },
        "sections": sections,
        "words": dict(report.words),
    }


def _block(block: Block) -> dict[str, Any]:
    kind = type(block).__name__
    if isinstance(block, Text):
        return {"kind": kind, "words": _soft(block.words), "tone": block.tone}
    if isinstance(block, Facts):
        rows = [{"label": _soft(label), "text": _soft(value.text), "tone": value.tone} for label, value in block.rows]
        return {"kind": kind, "rows": rows}
    if isinstance(block, Chart):
        return {"kind": kind, "title": block.title, "svg": draw(block, PRINT), "note": block.note}
    if isinstance(block, Shaded):
        spans = [{"text": _soft(span.text), "weight": round(span.weight, 4)} for span in block.spans]
        return {"kind": kind, "title": block.title, "spans": spans, "note": block.note}
    if isinstance(block, Picture):
        return {"kind": kind, "title": block.title, "data": list(block.data), "note": block.note}
    shown = block.rows[:_MOST_ROWS] if block.long else block.rows
    return {
        "kind": kind,
        "title": block.title,
        "columns": [_soft(title) for title in block.columns],
        "rows": [[_cell(value, n in block.numeric) for n, value in enumerate(row)] for row in shown],
        "numeric": sorted(block.numeric),
        "widths": _widths(block),
        "note": block.note,
    }


def _cell(value: Value, numeric: bool) -> dict[str, str]:
    # A number stays on one line with its unit.
    text = value.text.replace(" ", "\u00a0") if numeric and len(value.text) < 24 else _cut(value.text)
    return {"text": text, "tone": value.tone}


def _cut(text: str) -> str:
    return _soft(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def _soft(text: str) -> str:
    """Long words may break, so that a hash or an address does not run over the edge of its column."""
    return _LONG_WORD.sub(lambda found: _PIECE.sub("\\g<0>\u200b", found[0]), text)


def _widths(table: Table) -> list[float]:
    """Columns as wide as what stands in them, within reason."""
    found = []
    for column, title in enumerate(table.columns):
        longest = max([len(title) / 2, *(len(row[column].text) for row in table.rows[:_MOST_ROWS])])
        # One column of sentences beside short ones gets more, so that it does not run down the page.
        found.append(float(max(9, min(26 if longest < 60 else 38, longest + 1))))
    return found

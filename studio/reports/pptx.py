"""PPTX: eight to ten slides whose charts and tables can be edited; a company's template can be given."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.report import Chart, Facts, Report, Table, Text
from studio.reports._format import Format
from studio.reports._zip import steady

#: Rows and columns of a table that a slide holds legibly, and slides beside the first.
_MOST_ROWS, _MOST_COLUMNS, _MOST_SLIDES = 11, 6, 9
_LONGEST = 160
_TONES = {"good": "176B3A", "warn": "8A5200", "bad": "B3261E", "muted": "5B6274", "": "1C2030"}
_ACCENT = "4F46E5"
_CHINESE = "Microsoft YaHei"
_EMU = 914_400


def _render(report: Report, template: Path | None) -> bytes:
    from pptx import Presentation
    from pptx.util import Emu

    try:
        deck = Presentation(str(template)) if template else Presentation()
    except Exception as error:
        raise InputError(
            _("{path} is no PowerPoint template.").format(path=template), _("Choose a .pptx file."), str(error)
        ) from error
    if template is None:
        deck.slide_width, deck.slide_height = Emu(int(13.333 * _EMU)), Emu(int(7.5 * _EMU))
    _Deck(deck, report).fill()
    made = datetime(report.date.year, report.date.month, report.date.day)
    properties = deck.core_properties
    properties.title, properties.subject, properties.author = report.title[:250], report.subtitle[:250], ""
    properties.created = properties.modified = made
    properties.last_modified_by, properties.revision = "", 1
    target = io.BytesIO()
    deck.save(target)
    return steady(target.getvalue())


class _Deck:
    def __init__(self, deck: Any, report: Report) -> None:
        self._deck, self._report = deck, report
        self._wide, self._high = int(deck.slide_width), int(deck.slide_height)
        self._left = int(0.6 * _EMU)
        self._layout = self._plain_layout()

    def _plain_layout(self) -> Any:
        """The layout with a title and nothing else, by what it holds: templates name them in any language."""
        layouts = list(self._deck.slide_layouts)
        with_title = [each for each in layouts if any(p.placeholder_format.type in (1, 3) for p in each.placeholders)]
        return min(with_title or layouts, key=lambda each: len(list(each.placeholders)))

    def fill(self) -> None:
        self._first()
        slides = 0
        for section in self._report.sections:
            for title, blocks in self._parts(section.title, section.blocks):
                if slides == _MOST_SLIDES:
                    return
                self._slide(title, blocks)
                slides += 1

    @staticmethod
    def _parts(title: str, blocks: Any) -> list[tuple[str, list[Any]]]:
        """A chart and a table share a slide; a second table begins another one."""
        found: list[list[Any]] = [[]]
        for block in blocks:
            heavy = sum(isinstance(each, (Chart, Table)) for each in found[-1])
            if (
                isinstance(block, (Chart, Table))
                and heavy
                and not (
                    heavy == 1
                    and isinstance(found[-1][-1], Chart)
                    and isinstance(block, Table)
                    and len(block.rows) <= 5
                )
            ):
                found.append([])
            found[-1].append(block)
        return [
            (title if n == 0 else getattr(part[0], "title", "") or title, part) for n, part in enumerate(found) if part
        ][:3]

    def _first(self) -> None:
        summary, words = self._report.summary, self._report.words
        slide = self._new(self._report.title)
        lines: list[tuple[str, int, str, bool]] = [
            (self._report.subtitle, 14, "muted", False),
            (summary.decision, 26, summary.tone, True),
        ]
        lines.append((summary.why, 16, "", False))
        lines += [(f"• {risk}", 14, "", False) for risk in summary.risks[:4]]
        lines.append((f"{words['next_step']}: {summary.next_step}", 16, "", True))
        self._text(slide, lines, self._top(), self._high - self._top() - int(0.5 * _EMU))

    def _slide(self, title: str, blocks: list[Any]) -> None:
        slide = self._new(title)
        top, bottom = self._top(), self._high - int(0.45 * _EMU)
        share = (bottom - top) // max(1, len(blocks))
        for block in blocks:
            height = self._height(block, share, bottom - top, len(blocks))
            if isinstance(block, Text):
                self._text(slide, [(block.words, 14, block.tone, False)], top, height)
            elif isinstance(block, Facts):
                self._text(slide, [(f"{a}: {b.text}", 13, b.tone, False) for a, b in block.rows[:14]], top, height)
            elif isinstance(block, Chart):
                self._chart(slide, block, top, height)
            else:
                self._table(slide, block, top, height)
            top += height + int(0.1 * _EMU)

    @staticmethod
    def _height(block: Any, share: int, whole: int, count: int) -> int:
        if isinstance(block, Text):
            return min(share, int((0.45 + 0.3 * (len(block.words) // 110)) * _EMU))
        return whole if count == 1 else share

    def _top(self) -> int:
        return int(1.35 * _EMU)

    def _new(self, title: str) -> Any:
        from pptx.util import Emu, Pt

        slide = self._deck.slides.add_slide(self._layout)
        for placeholder in list(slide.placeholders):
            if slide.shapes.title is None or placeholder.shape_id != slide.shapes.title.shape_id:
                placeholder.element.getparent().remove(placeholder.element)
        shape = slide.shapes.title or slide.shapes.add_textbox(0, 0, 0, 0)
        shape.left, shape.top = Emu(self._left), Emu(int(0.4 * _EMU))
        shape.width, shape.height = Emu(self._wide - 2 * self._left), Emu(int(0.8 * _EMU))
        frame = shape.text_frame
        frame.word_wrap = True
        self._write(frame.paragraphs[0], title[:120], Pt(26), "", True)
        return slide

    def _text(self, slide: Any, lines: Sequence[tuple[str, int, str, bool]], top: int, height: int) -> None:
        from pptx.util import Emu, Pt

        box = slide.shapes.add_textbox(Emu(self._left), Emu(top), Emu(self._wide - 2 * self._left), Emu(height))
        box.text_frame.word_wrap = True
        for number, (text, size, tone, bold) in enumerate(lines):
            paragraph = box.text_frame.paragraphs[0] if number == 0 else box.text_frame.add_paragraph()
            paragraph.space_after = Pt(6)
            self._write(paragraph, _cut(text, 700), Pt(size), tone, bold)

    def _write(self, paragraph: Any, text: str, size: Any, tone: str, bold: bool) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.text import PP_ALIGN

        paragraph.alignment = PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = " ".join(text.split())
        # The font is the template's.
        run.font.size, run.font.bold = size, bold
        run.font.color.rgb = RGBColor.from_string(_TONES.get(tone, _TONES[""]))
        _east_asian(run)

    def _table(self, slide: Any, table: Table, top: int, height: int) -> None:
        from pptx.util import Emu, Pt

        columns, rows = table.columns[:_MOST_COLUMNS], table.rows[:_MOST_ROWS]
        wide = self._wide - 2 * self._left
        step = min(int(0.42 * _EMU), height // (len(rows) + 1))
        shape = slide.shapes.add_table(
            len(rows) + 1, len(columns), Emu(self._left), Emu(top), Emu(wide), Emu(step * (len(rows) + 1))
        )
        _plain_style(shape)
        size = Pt(14 if len(rows) <= 5 and len(columns) <= 5 else 11)
        shares = [
            max(6, min(30, *[30, max([len(c) // 2, *(len(r[n].text) for r in rows)])])) for n, c in enumerate(columns)
        ]
        for number, share in enumerate(shares):
            shape.table.columns[number].width = Emu(int(wide * share / sum(shares)))
        for column, title in enumerate(columns):
            self._cell(shape.table.cell(0, column), title, "muted", True, column in table.numeric, size)
        for row, values in enumerate(rows, start=1):
            for column, value in enumerate(values[:_MOST_COLUMNS]):
                self._cell(shape.table.cell(row, column), value.text, value.tone, False, column in table.numeric, size)

    def _cell(self, cell: Any, text: str, tone: str, bold: bool, right: bool, size: Any) -> None:
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Emu

        cell.margin_left = cell.margin_right = Emu(60_000)
        cell.margin_top = cell.margin_bottom = Emu(25_000)
        cell.fill.background()
        paragraph = cell.text_frame.paragraphs[0]
        self._write(paragraph, _cut(text, _LONGEST), size, tone, bold)
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT

    def _chart(self, slide: Any, chart: Chart, top: int, height: int) -> None:
        from pptx.chart.data import CategoryChartData, XyChartData
        from pptx.dml.color import RGBColor
        from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
        from pptx.util import Emu, Pt

        points = [point for point in chart.points if math.isfinite(point.y)]
        if not points:
            return
        if chart.kind == "bars":
            data: Any = CategoryChartData(number_format="0%" if chart.percent else "General")
            # A bar chart begins at the bottom.
            data.categories = [_cut(point.name, 60) for point in reversed(points)]
            data.add_series(chart.y_title, [point.y for point in reversed(points)])
            kind = XL_CHART_TYPE.BAR_CLUSTERED
        else:
            data = XyChartData()
            if chart.kind == "plane":
                for point in points:
                    data.add_series(_cut(point.name, 60)).add_data_point(point.x or 0.0, point.y)
            else:
                series = data.add_series(chart.y_title)
                for point in points:
                    series.add_data_point(point.x or 0.0, point.y)
            kind = XL_CHART_TYPE.XY_SCATTER
        place = (Emu(self._left), Emu(top), Emu(self._wide - 2 * self._left), Emu(height))
        drawn = slide.shapes.add_chart(kind, *place, data).chart
        drawn.font.size = Pt(12)
        drawn.has_title = False
        drawn.has_legend = chart.kind == "plane"
        if drawn.has_legend:
            drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
            for axis, title in ((drawn.category_axis, chart.x_title), (drawn.value_axis, chart.y_title)):
                axis.has_title = True
                axis.axis_title.text_frame.text = title
        plot = drawn.plots[0]
        if chart.kind != "bars":
            for series in plot.series:
                series.marker.size = 12
        if chart.kind == "bars":
            plot.gap_width, plot.has_data_labels = 60, True
            plot.data_labels.number_format = "0.0%" if chart.percent else "General"
            plot.data_labels.number_format_is_linked = False
            plot.series[0].format.fill.solid()
            plot.series[0].format.fill.fore_color.rgb = RGBColor.from_string(_ACCENT)
            if chart.percent:
                drawn.value_axis.minimum_scale, drawn.value_axis.maximum_scale = 0.0, 1.0
        drawn.value_axis.has_major_gridlines = chart.kind != "bars"
        if chart.percent:
            drawn.value_axis.tick_labels.number_format = "0%"
            drawn.value_axis.tick_labels.number_format_is_linked = False


def _east_asian(run: Any) -> None:
    """Name the font for Chinese: without it, PowerPoint may take one with Japanese shapes."""
    from lxml import etree
    from pptx.oxml.ns import qn

    properties = run._r.get_or_add_rPr()
    element = properties.find(qn("a:ea"))
    if element is None:
        element = etree.SubElement(properties, qn("a:ea"))
    element.set("typeface", _CHINESE)


def _plain_style(shape: Any) -> None:
    """No bands: a line below each row is enough. The style is one that every PowerPoint has."""
    properties = shape._element.graphic.graphicData.tbl.tblPr
    for name in ("firstRow", "bandRow"):
        properties.set(name, "0")
    for child in list(properties):
        if child.tag.endswith("tableStyleId"):
            child.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


FORMAT = Format("pptx", N_("PowerPoint, editable"), ".pptx", 30, _render, template=".pptx")

"""PPTX: eight to ten slides whose charts and tables can be edited; a company's template can be given."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.report import Chart, Facts, Picture, Report, Shaded, Table, Text, Value
from studio.reports._format import Format
from studio.reports._pptx_shades import shade_text
from studio.reports._pptx_text import TONES, cut, east_asian, wide
from studio.reports._zip import steady

#: Rows and columns of a table that a slide holds legibly, and slides beside the first.
_MOST_ROWS, _MOST_COLUMNS, _MOST_SLIDES = 16, 9, 9
#: Chapters that are detail: left out of the slides in this order where there are too many.
_LEAST = ("labels", "errors", "groups", "brief")
#: Chapters that someone put there on purpose: they come on top.
_CHOSEN = frozenset({"insights", "explanations"})
_LONGEST = 160
_ACCENT = "4F46E5"
#: Candidates of a plane: they differ in lightness too, not in hue alone.
_SERIES = (_ACCENT, "D97706", "0F766E", "9F1239", "0369A1", "6B7280")
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
        """The summary, then one slide for each chapter; what is only detail goes first where there are too many."""
        self._first()
        sections = list(self._report.sections)
        most = _MOST_SLIDES + sum(each.id in _CHOSEN for each in sections)
        for least in _LEAST:
            if len(sections) > most:
                sections = [each for each in sections if each.id != least]
        for section in sections[:most]:
            self._slide(section.title, section.blocks)

    def _first(self) -> None:
        summary, words = self._report.summary, self._report.words
        slide = self._new(self._report.title)
        lines: list[tuple[str, int, str, bool]] = [
            (self._report.subtitle, 14, "muted", False),
            (summary.decision, 28, summary.tone, True),
        ]
        lines.append((summary.why, 18, "", False))
        lines += [(words["risks"], 14, "muted", False)] if summary.risks else []
        lines += [(f"• {risk}", 16, "", False) for risk in summary.risks[:5]]
        lines.append((f"{words['next_step']}: {summary.next_step}", 18, "", True))
        lines.append((words["footer"], 11, "muted", False))
        self._text(slide, lines, self._top(), self._high - self._top() - int(0.5 * _EMU))

    def _slide(self, title: str, blocks: Sequence[Any]) -> None:
        """Blocks from the top down, each as high as what it holds; what no longer fits is in the other formats."""
        slide = self._new(title)
        top, bottom = self._top(), self._high - int(0.4 * _EMU)
        shown = [_slim(block, self._report.words) if isinstance(block, Table) else block for block in blocks]
        tables = sum(isinstance(block, Table) for block in shown)
        # Sentences first come before a table of the same; three leave it room.
        texts = [block for block in shown if isinstance(block, Text)][: 3 if tables else 8]
        for place, block in enumerate(shown):
            room = bottom - top
            if tables > 1 and isinstance(block, Chart) and block.kind == "reliability":
                continue
            if isinstance(block, Text):
                if block not in texts:
                    continue
                height = int((0.4 + 0.28 * (wide(block.words) // 118)) * _EMU)
                if height <= room:
                    self._text(slide, [(block.words, 15, block.tone, False)], top, height)
                    top += height
                continue
            if isinstance(block, Shaded):
                top += shade_text(slide, block, (self._left, top, self._wide - 2 * self._left, room))
                continue
            if isinstance(block, Picture):
                top += self._picture(slide, block, top, room)
                continue
            if isinstance(block, Chart):
                rest = any(isinstance(each, Table) for each in shown[place + 1 :])
                beside = min(2.4, 0.9 + 0.4 * len(block.points)) if block.kind == "bars" else 2.9
                height = min(room, int((beside if rest else 4.6) * _EMU))
            else:
                # All that the others leave; where that is little, up to half: what comes first matters more.
                later = [self._needs(each) for each in shown[place + 1 :] if isinstance(each, (Table, Facts))]
                height = max(room - sum(later), min(self._needs(block), room // 2))
            if room < int(0.9 * _EMU):
                break
            if getattr(block, "title", "") and block.title != title and not isinstance(block, Chart):
                self._text(slide, [(block.title, 14, "", True)], top, int(0.35 * _EMU))
                top, height = top + int(0.4 * _EMU), height - int(0.4 * _EMU)
            top += self._block(slide, block, top, height) + int(0.18 * _EMU)

    def _picture(self, slide: Any, block: Picture, top: int, room: int) -> int:
        """Its heading, and the picture beside its note; 0 high where there is no room."""
        from pptx.util import Emu

        heading, height = int(0.4 * _EMU), int(2.2 * _EMU)
        if room < heading + height:
            return 0
        self._text(slide, [(block.title, 14, "", True)], top, heading)
        slide.shapes.add_picture(io.BytesIO(block.data), Emu(self._left), Emu(top + heading), height=Emu(height))
        return heading + height + int(0.15 * _EMU)

    def _block(self, slide: Any, block: Any, top: int, height: int) -> int:
        """Draw it, and say how high it became."""
        if isinstance(block, Chart):
            self._chart(slide, block, top, height)
            return height
        return self._table(slide, _as_table(block), top, height)

    def _needs(self, block: Table | Facts) -> int:
        """How high a table would be as a whole, with its heading and the space before it."""
        return sum(self._measures(_as_table(block))[2]) + int(0.6 * _EMU)

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
            self._write(paragraph, cut(text, 700), Pt(size), tone, bold)

    def _write(self, paragraph: Any, text: str, size: Any, tone: str, bold: bool) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.text import PP_ALIGN

        paragraph.alignment = PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = " ".join(text.split())
        # The font is the template's.
        run.font.size, run.font.bold = size, bold
        run.font.color.rgb = RGBColor.from_string(TONES.get(tone, TONES[""]))
        east_asian(run)

    def _measures(self, table: Table) -> tuple[int, list[float], list[int]]:
        """Size of type, widths of columns, and heights of rows, the heading's first."""
        columns = table.columns[:_MOST_COLUMNS] or ("",) * len(table.rows[0])
        size = 13 if len(table.rows) <= 6 and len(columns) <= 6 else 11
        shares = [
            max(9, min(44, max([wide(c) * 0.6, *(wide(r[n].text) + 2 * (n in table.numeric) for r in table.rows)])))
            for n, c in enumerate(columns)
        ]
        widths = [(self._wide - 2 * self._left) * share / sum(shares) for share in shares]
        step, padding = int(size * 1.25 * 12_700), int(0.14 * _EMU)

        def height(texts: Sequence[str]) -> int:
            # About how many lines the fullest cell takes: half an em for a character, two halves for a Chinese one.
            room = [max(4.0, (width / 12_700 - 10) / (size * 0.53)) for width in widths]
            lines = max(math.ceil(wide(cut(text, _LONGEST)) / each) for text, each in zip(texts, room, strict=True))
            return max(1, lines) * step + padding

        heights = [height(columns)] if table.columns else []
        heights += [height([value.text for value in row[: len(columns)]]) for row in table.rows[:_MOST_ROWS]]
        return size, widths, heights

    def _table(self, slide: Any, table: Table, top: int, height: int) -> int:
        from pptx.util import Emu, Pt

        size, widths, heights = self._measures(table)
        columns = table.columns[: len(widths)]
        head = 1 if columns else 0
        while len(heights) > head + 1 and sum(heights) > height:
            heights.pop()
        shown = table.rows[: len(heights) - head]
        across = self._wide - 2 * self._left
        shape = slide.shapes.add_table(
            len(heights), len(widths), Emu(self._left), Emu(top), Emu(across), Emu(sum(heights))
        )
        _plain_style(shape)
        for number, width in enumerate(widths):
            shape.table.columns[number].width = Emu(int(width))
        for number, needed in enumerate(heights):
            shape.table.rows[number].height = Emu(needed)
        for column, title in enumerate(columns):
            self._cell(shape.table.cell(0, column), title, "muted", True, column in table.numeric, Pt(size))
        for place, values in enumerate(shown, start=head):
            for column, value in enumerate(values[: len(widths)]):
                tone = "muted" if not head and column == 0 else value.tone
                self._cell(shape.table.cell(place, column), value.text, tone, False, column in table.numeric, Pt(size))
        used = sum(heights)
        left = len(table.rows) - len(shown)
        if left:
            more = self._report.words["more"].format(n=f"{left:,}")
            self._text(slide, [(more, 11, "muted", False)], top + used, int(0.3 * _EMU))
            used += int(0.3 * _EMU)
        return used

    def _cell(self, cell: Any, text: str, tone: str, bold: bool, right: bool, size: Any) -> None:
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Emu

        cell.margin_left = cell.margin_right = Emu(60_000)
        cell.margin_top = cell.margin_bottom = Emu(25_000)
        cell.fill.background()
        paragraph = cell.text_frame.paragraphs[0]
        self._write(paragraph, cut(text, _LONGEST), size, tone, bold)
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT

    def _chart(self, slide: Any, chart: Chart, top: int, height: int) -> None:
        from pptx.chart.data import CategoryChartData, XyChartData
        from pptx.dml.color import RGBColor
        from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE
        from pptx.util import Emu, Pt

        points = [point for point in chart.points if math.isfinite(point.y)]
        if not points:
            return
        if chart.kind == "bars":
            data: Any = CategoryChartData(number_format="0%" if chart.percent else "General")
            # A bar chart begins at the bottom.
            data.categories = [cut(point.name, 60) for point in reversed(points)]
            data.add_series(chart.y_title, [point.y for point in reversed(points)])
            kind = XL_CHART_TYPE.BAR_CLUSTERED
        else:
            data = XyChartData()
            if chart.kind == "plane":
                for point in points:
                    data.add_series(cut(point.name, 60)).add_data_point(point.x or 0.0, point.y)
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
            for number, series in enumerate(plot.series):
                series.marker.size, series.marker.style = 12, XL_MARKER_STYLE.CIRCLE
                fill = series.marker.format.fill
                fill.solid()
                fill.fore_color.rgb = RGBColor.from_string(_SERIES[number % len(_SERIES)])
                series.marker.format.line.fill.background()
        if chart.kind == "bars":
            plot.gap_width, plot.has_data_labels = 60, True
            plot.data_labels.number_format = "0.0%" if chart.percent else "General"
            plot.data_labels.number_format_is_linked = False
            plot.series[0].format.fill.solid()
            plot.series[0].format.fill.fore_color.rgb = RGBColor.from_string(_ACCENT)
        if chart.percent and chart.kind != "plane":
            drawn.value_axis.minimum_scale, drawn.value_axis.maximum_scale = 0.0, 1.0
        drawn.value_axis.has_major_gridlines = chart.kind != "bars"
        if chart.percent:
            drawn.value_axis.tick_labels.number_format = "0%"
            drawn.value_axis.tick_labels.number_format_is_linked = False


def _plain_style(shape: Any) -> None:
    """No bands: a line below each row is enough. The style is one that every PowerPoint has."""
    properties = shape._element.graphic.graphicData.tbl.tblPr
    for name in ("firstRow", "bandRow"):
        properties.set(name, "0")
    for child in list(properties):
        if child.tag.endswith("tableStyleId"):
            child.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def _as_table(block: Table | Facts) -> Table:
    if isinstance(block, Table):
        return block
    return Table("", "", (), tuple((Value(label), value) for label, value in block.rows))


def _slim(table: Table, words: Mapping[str, str]) -> Table:
    """The table with each interval in one cell with its figure, so that every candidate has its place on a slide."""
    kept = [n for n, title in enumerate(table.columns) if not (title == words["interval"] and n)]
    if len(kept) == len(table.columns):
        return table
    rows = tuple(
        tuple(
            replace(row[n], text=f"{row[n].text} ({row[n + 1].text})")
            if n + 1 < len(row) and n + 1 not in kept and row[n + 1].text
            else row[n]
            for n in kept
        )
        for row in table.rows
    )
    numeric = frozenset(place for place, n in enumerate(kept) if n in table.numeric)
    return replace(table, columns=tuple(table.columns[n] for n in kept), rows=rows, numeric=numeric)


FORMAT = Format("pptx", N_("PowerPoint, editable"), ".pptx", 30, _render, template=".pptx")

"""Charts as SVG: for HTML with classes that follow the reader's theme, for PDF with colours of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from studio.domain.report import Chart

_WIDTH = 640


@dataclass(frozen=True)
class Paint:
    """Colours and font; for HTML these are CSS variables."""

    ink: str = "var(--ink)"
    muted: str = "var(--muted)"
    line: str = "var(--line)"
    accent: str = "var(--accent)"
    soft: str = "var(--soft)"
    font: str = "inherit"


PRINT = Paint("#1c2030", "#5b6274", "#d9dce5", "#4f46e5", "#c7c9f4", "Inter, Studio Sans SC")


def draw(chart: Chart, paint: Paint) -> str:
    """The chart as one ``<svg>`` element, described for those who can't see it."""
    body, height = {"bars": _bars, "plane": _plane, "reliability": _reliability}[chart.kind](chart, paint)
    label = escape(f"{chart.title}. {chart.note}", {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="{label}" font-family="{escape(paint.font)}" font-size="13">{body}</svg>'
    )


def _bars(chart: Chart, paint: Paint) -> tuple[str, int]:
    """A line for each candidate: the figure as a bar, its interval as a whisker, the number beside it."""
    left, right, step = 200, 90, 34
    values = [v for p in chart.points for v in (p.y, p.high if p.high is not None else p.y) if math.isfinite(v)]
    top = 1.0 if chart.percent else max(values, default=1.0) or 1.0
    wide = _WIDTH - left - right
    parts = []
    for number, point in enumerate(chart.points):
        y = 10 + number * step
        length = max(0.0, min(1.0, point.y / top)) * wide
        parts.append(_words(left - 10, y + 17, _short(point.name, 28), paint.ink, "end"))
        parts.append(f'<rect x="{left}" y="{y + 4}" width="{wide}" height="18" rx="4" fill="{paint.line}"/>')
        parts.append(f'<rect x="{left}" y="{y + 4}" width="{length:.1f}" height="18" rx="4" fill="{paint.accent}"/>')
        if point.low is not None and point.high is not None:
            a, b = (left + max(0.0, min(1.0, v / top)) * wide for v in (point.low, point.high))
            parts.append(_line(a, y + 13, b, y + 13, paint.ink, 2))
            parts += [_line(x, y + 8, x, y + 18, paint.ink, 2) for x in (a, b)]
        parts.append(_words(_WIDTH - right + 10, y + 17, _number(point.y, chart.percent), paint.ink, "start"))
    return "".join(parts), 20 + step * max(1, len(chart.points))


def _plane(chart: Chart, paint: Paint) -> tuple[str, int]:
    height, left, bottom, top, right = 320, 64, 46, 16, 24
    points = [p for p in chart.points if p.x is not None]
    xs = _ticks(0.0, max((p.x or 0.0 for p in points), default=1.0) * 1.15 or 1.0)
    ys = [p.y for p in points] + [v for p in points for v in (p.low, p.high) if v is not None]
    low, high = (min(ys), max(ys)) if ys else (0.0, 1.0)
    margin = (high - low) * 0.1 or abs(high) * 0.05 or 0.05
    y_ticks = _ticks(low - margin, min(high + margin, 1.0) if chart.percent else high + margin)

    def at(x: float, y: float) -> tuple[float, float]:
        across = (x - xs[0]) / (xs[-1] - xs[0])
        up = (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0])
        return left + across * (_WIDTH - left - right), height - bottom - up * (height - bottom - top)

    parts = []
    for tick in y_ticks:
        _x, y = at(xs[0], tick)
        parts.append(_line(left, y, _WIDTH - right, y, paint.line, 1))
        parts.append(_words(left - 8, y + 4, _number(tick, chart.percent), paint.muted, "end"))
    for tick in xs:
        x, _y = at(tick, y_ticks[0])
        parts.append(_words(x, height - bottom + 18, f"{tick:g}", paint.muted, "middle"))
    parts.append(_words((left + _WIDTH - right) / 2, height - 8, chart.x_title, paint.muted, "middle"))
    biggest = max((p.size or 0.0 for p in points), default=0.0) or 1.0
    for point in points:
        x, y = at(point.x or 0.0, point.y)
        radius = 5 + 9 * math.sqrt((point.size or 0.0) / biggest)
        if point.low is not None and point.high is not None:
            parts.append(_line(x, at(0, point.low)[1], x, at(0, point.high)[1], paint.muted, 1.5))
        fill = paint.accent if point.marked else paint.soft
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" stroke="{paint.accent}"/>')
        side = "end" if x > _WIDTH * 0.65 else "start"
        shift = radius + 6 if side == "start" else -radius - 6
        parts.append(_words(x + shift, y + 4, _short(point.name, 32), paint.ink, side))
    return "".join(parts), height


def _reliability(chart: Chart, paint: Paint) -> tuple[str, int]:
    side, left, top, bottom = 240, 60, 12, 46
    height = top + side + bottom

    def at(x: float, y: float) -> tuple[float, float]:
        return left + x * side, top + (1 - y) * side

    parts = [_line(*at(0, 0), *at(1, 1), paint.muted, 1)]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = at(tick, tick)
        parts.append(_line(left, y, left + side, y, paint.line, 1))
        parts.append(_words(left - 8, y + 4, _number(tick, True), paint.muted, "end"))
        parts.append(_words(x, top + side + 18, _number(tick, True), paint.muted, "middle"))
    biggest = max((p.size or 0.0 for p in chart.points), default=0.0) or 1.0
    for point in chart.points:
        x, y = at(point.x or 0.0, point.y)
        radius = 3 + 7 * math.sqrt((point.size or 0.0) / biggest)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{paint.accent}"/>')
    parts.append(_words(left + side / 2, height - 8, chart.x_title, paint.muted, "middle"))
    parts.append(_words(left + side + 16, top + 14, chart.y_title, paint.muted, "start"))
    return "".join(parts), height


def _ticks(low: float, high: float) -> Sequence[float]:
    """Four to eight round numbers that span both."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low, low + 1]
    step = 10 ** math.floor(math.log10(span / 5))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 6)
    first = math.floor(low / step)
    last = math.ceil(high / step)
    return [round(n * step, 12) for n in range(first, last + 1)]


def _number(value: float, percent: bool) -> str:
    return f"{value * 100:.3g} %" if percent else f"{value:.4g}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _words(x: float, y: float, text: str, colour: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width:g}"/>'

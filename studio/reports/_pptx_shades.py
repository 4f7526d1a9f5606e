"""A text on a slide whose parts are shaded by what they did to an answer; it can be edited as any other."""

from __future__ import annotations

import math
from typing import Any

from studio.domain.report import Shaded, Span
from studio.reports._pptx_text import TONES, cut, east_asian, wide

_EMU = 914_400
#: Size of type, half-width characters that a line of 12 inches takes, and inches of a line.
_SIZE, _PER_LINE, _LINE = 16, 118, 0.31
#: Characters that a slide shows, and the least shares of the heaviest part that are shaded and underlined.
_LONGEST, _FAINT, _CLEAR = 700, 0.02, 0.3
#: The strongest shade, as a share of the colour in white.
_STRONGEST = 0.45


def shade_text(slide: Any, block: Shaded, place: tuple[int, int, int, int]) -> int:
    """Write it, and say how high it became; 0 where there is no room.

    Args:
        slide: The slide.
        block: What to write.
        place: Left, top, width and the height that is there, in EMU.
    """
    from pptx.util import Emu, Pt

    left, top, width, room = place
    spans = _shortened(block.spans)
    lines = math.ceil(sum(wide(span.text) for span in spans) / (_PER_LINE * width / (12 * _EMU)))
    height = int((0.75 + _LINE * max(lines, 1)) * _EMU)
    if height > room:
        return 0
    frame = slide.shapes.add_textbox(Emu(left), Emu(top), Emu(width), Emu(height)).text_frame
    frame.word_wrap = True
    _run(frame.paragraphs[0], cut(block.title, 160), Pt(14), "", bold=True)
    text = frame.add_paragraph()
    for span in spans:
        _run(text, " ".join(span.text.split("\n")), Pt(_SIZE), "", span.weight)
    text.space_after = Pt(3)
    if block.note:
        _run(frame.add_paragraph(), block.note, Pt(11), "muted")
    return height


def _shortened(spans: tuple[Span, ...]) -> list[Span]:
    found: list[Span] = []
    left = _LONGEST
    for span in spans:
        if len(span.text) > left:
            return [*found, Span(cut(span.text, max(left, 1)), span.weight)]
        found.append(span)
        left -= len(span.text)
    return found


def _run(paragraph: Any, text: str, size: Any, tone: str, weight: float = 0.0, bold: bool = False) -> None:
    from lxml import etree
    from pptx.dml.color import RGBColor
    from pptx.enum.text import MSO_UNDERLINE
    from pptx.oxml.ns import qn

    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.bold = size, bold
    run.font.color.rgb = RGBColor.from_string(TONES[tone])
    if abs(weight) >= _CLEAR:
        run.font.underline = MSO_UNDERLINE.SINGLE_LINE if weight > 0 else MSO_UNDERLINE.DOTTED_HEAVY_LINE
    if abs(weight) >= _FAINT:
        # After the fill and before the fonts, as the schema wants it.
        highlight = etree.SubElement(run._r.get_or_add_rPr(), qn("a:highlight"))
        etree.SubElement(highlight, qn("a:srgbClr")).set("val", _mixed("good" if weight > 0 else "bad", abs(weight)))
    east_asian(run)


def _mixed(tone: str, strength: float) -> str:
    share = _STRONGEST * min(strength, 1.0)
    colour = TONES[tone]
    parts = [int(colour[place : place + 2], 16) for place in (0, 2, 4)]
    return "".join(f"{round(255 - (255 - part) * share):02X}" for part in parts)

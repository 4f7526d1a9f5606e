"""Every colour, distance and type size of the window. No other file holds one.

Contrast: each text colour reaches WCAG AA (4.5 : 1) on each surface it is used on, in both themes, and focus rings
and control outlines that carry meaning reach 3 : 1; `tests/gui/test_tokens.py` computes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What the user can choose; ``system`` follows the system's own setting.
Choice = Literal["system", "light", "dark"]


@dataclass(frozen=True)
class Colours:
    """One theme's colours, as ``#rrggbb``.

    Attributes:
        background: Behind everything.
        surface: Cards, columns and fields.
        raised: Menus, toasts and the palette.
        hover: What the pointer is over.
        line: Outlines.
        line_soft: Separators inside a card, and the track of bars.
        control_line: Outlines that alone tell a control from its surroundings (check boxes, switches).
        text: Text.
        muted: Secondary text.
        faint: Captions.
        accent: The one accent: primary buttons, the chosen bar, the focus ring.
        accent_hover: The accent under the pointer.
        on_accent: Text on the accent.
        accent_soft: Background of what is chosen.
        accent_ink: Text on ``accent_soft``, and links.
        bar: Bars that are not the best one.
        good: Allowed, met, fastest.
        good_soft: Background behind ``good``.
        warn: Conditions apply, not proven.
        warn_soft: Background behind ``warn``.
        bad: Refused, missed, failed.
        bad_soft: Background behind ``bad``.
        shadow: Shadows, drawn with little opacity.
        added: Background of text that only this answer has.
    """

    background: str
    surface: str
    raised: str
    hover: str
    line: str
    line_soft: str
    control_line: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    accent_ink: str
    bar: str
    good: str
    good_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    shadow: str
    added: str


LIGHT = Colours(
    background="#f6f7f9",
    surface="#ffffff",
    raised="#ffffff",
    hover="#eff1f5",
    line="#e0e3e9",
    line_soft="#eceef2",
    control_line="#858d9c",
    text="#171a21",
    muted="#565e6d",
    faint="#656c7b",
    accent="#4f5bd5",
    accent_hover="#434ec2",
    on_accent="#ffffff",
    accent_soft="#eceefc",
    accent_ink="#3a45b8",
    bar="#bcc3f2",
    good="#1a7743",
    good_soft="#e5f5ec",
    warn="#8a5600",
    warn_soft="#fdf3dd",
    bad="#b3372f",
    bad_soft="#fdebe9",
    shadow="#0b0d12",
    added="#e3e6fb",
)

DARK = Colours(
    background="#14161b",
    surface="#1b1e25",
    raised="#222630",
    hover="#262b35",
    line="#2f3541",
    line_soft="#282d37",
    control_line="#6f7889",
    text="#eceef3",
    muted="#a6aebd",
    faint="#929bab",
    accent="#8590ff",
    accent_hover="#9aa3ff",
    on_accent="#11131a",
    accent_soft="#272b4d",
    accent_ink="#b3baff",
    bar="#464f94",
    good="#5ecb91",
    good_soft="#1b3427",
    warn="#e3b25c",
    warn_soft="#3a2f18",
    bad="#f0857c",
    bad_soft="#3d2321",
    shadow="#000000",
    added="#30365f",
)

#: Distances, in device-independent pixels: a grid of 4.
SPACE_1, SPACE_2, SPACE_3, SPACE_4, SPACE_6, SPACE_8 = 4, 8, 12, 16, 24, 32

#: Corners of cards and controls, of small tags, and of pills.
RADIUS, RADIUS_SMALL, RADIUS_PILL = 8, 5, 13

#: Type sizes in device-independent pixels.
TEXT_CAPTION, TEXT_BODY, TEXT_LEAD, TEXT_TITLE, TEXT_DISPLAY = 12, 13, 15, 20, 28

#: Icon sizes in device-independent pixels.
ICON_SMALL, ICON_LARGE = 16, 20

#: Heights of controls, in device-independent pixels.
CONTROL_HEIGHT, CHIP_HEIGHT = 34, 26

RAIL_WIDTH = 224

#: Longest motion, in milliseconds; 0 where the user asked for less of it.
MOTION_MS = 160

#: Chinese fonts by preference, the simplified variants by name: a bare "sans-serif" falls back to the Japanese
#: variant of Noto on many Linux systems, which draws some characters differently.
CHINESE_FONTS = ("PingFang SC", "Microsoft YaHei UI", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC")

#: The system's own user interface font where it has a good one. Inter ships with the studio for the others.
UI_FONTS: dict[str, tuple[str, ...]] = {
    "darwin": (".AppleSystemUIFont", "Helvetica Neue"),
    "win32": ("Segoe UI Variable Text", "Segoe UI"),
}
SHIPPED_FONT = "Inter"
MONOSPACE_FONTS = ("Cascadia Mono", "SF Mono", "Menlo", "Consolas", "DejaVu Sans Mono", "Noto Sans Mono CJK SC")


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours as WCAG 2.2 defines it, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

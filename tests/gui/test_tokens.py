"""Colours that people can read, and no colour outside the token file."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from studio.gui.theme.tokens import DARK, LIGHT, Colours, contrast

GUI = Path(__file__).resolve().parents[2] / "studio" / "gui"
_AA_TEXT = 4.5
_AA_CONTROL = 3.0

#: (text colour, the surfaces it is written on)
TEXT_ON = [
    (
        "text",
        ("background", "surface", "raised", "hover", "accent_soft", "added", "warn_soft", "bad_soft", "good_soft"),
    ),
    ("muted", ("background", "surface", "raised", "hover")),
    ("faint", ("background", "surface", "raised", "hover")),
    ("on_accent", ("accent", "accent_hover")),
    ("accent_ink", ("accent_soft", "surface", "background", "raised")),
    ("good", ("good_soft", "surface", "background")),
    ("warn", ("warn_soft", "surface", "background")),
    ("bad", ("bad_soft", "surface", "background")),
]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "surfaces"), TEXT_ON, ids=[ink for ink, _ in TEXT_ON])
def test_text_can_be_read_on_every_surface(theme: Colours, ink: str, surfaces: tuple[str, ...]) -> None:
    ratios = {surface: contrast(getattr(theme, ink), getattr(theme, surface)) for surface in surfaces}
    assert {surface: round(r, 2) for surface, r in ratios.items() if r < _AA_TEXT} == {}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_controls_stand_out_from_what_they_lie_on(theme: Colours) -> None:
    for colour in (theme.accent, theme.control_line):
        assert min(contrast(colour, theme.surface), contrast(colour, theme.background)) >= _AA_CONTROL


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_colour_is_a_plain_hex_value() -> None:
    for theme in (LIGHT, DARK):
        for field in fields(theme):
            assert re.fullmatch(r"#[0-9a-f]{6}", getattr(theme, field.name)), field.name


def test_no_colour_and_no_style_sheet_outside_the_theme() -> None:
    found = []
    for path in GUI.rglob("*.py"):
        if path.parent.name == "theme":
            continue
        text = path.read_text(encoding="utf-8")
        found += [f"{path.name}: {match}" for match in re.findall(r"#[0-9a-fA-F]{6}\b|setStyleSheet|QColor\(\d", text)]
    assert found == []

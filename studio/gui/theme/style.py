"""The style sheet over Fusion, from the tokens.

Widgets say what they are through properties, and this sheet says how that looks:

- buttons: ``kind`` = ``primary``, ``secondary``, ``ghost``, ``danger``, ``chip``, ``segment``, ``rail``, ``link``
- labels: ``role`` = ``display``, ``title``, ``lead``, ``strong``, ``body``, ``muted``, ``caption``, ``code``;
  ``tone`` = ``good``, ``warn``, ``bad``, ``accent``, ``neutral`` for badges and notes
- frames: ``surface`` = ``card``, ``raised``, ``line``, ``rail``, ``status``, ``toast``
"""

from __future__ import annotations

from dataclasses import asdict
from string import Template

from studio.gui.theme import tokens
from studio.gui.theme.tokens import Colours

_SHEET = Template("""
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 6px 8px; }
QMainWindow, QWidget#page, QWidget#scroll_content, QScrollArea, QStackedWidget { background: $background; }
QScrollArea { border: none; }
QScrollArea[surface="plain"] { background: transparent; }
QScrollArea > QWidget#qt_scrollarea_viewport { background: transparent; }
QLabel { background: transparent; }
QLabel[role="display"] { font-size: ${display}px; font-weight: 600; }
QLabel[role="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[role="lead"] { font-size: ${lead}px; }
QLabel[role="heading"] { font-size: ${lead}px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="caption"] { color: $faint; font-size: ${caption}px; }
QLabel[role="note"] { font-size: ${caption}px; font-weight: 600; }
QLabel[role="note"][tone="good"] { color: $good; }
QLabel[role="note"][tone="warn"] { color: $warn; }
QLabel[role="note"][tone="bad"] { color: $bad; }
QLabel[role="note"][tone="accent"] { color: $accent_ink; }
QLabel[role="note"][tone="neutral"] { color: $muted; }
QLabel[role="badge"] { font-size: ${caption}px; font-weight: 600; border-radius: ${radius_small}px; padding: 2px 7px; }
QLabel[role="badge"][glyph="true"] { padding-left: 23px; }
QLabel[role="badge"][tone="good"] { background: $good_soft; color: $good; }
QLabel[role="badge"][tone="warn"] { background: $warn_soft; color: $warn; }
QLabel[role="badge"][tone="bad"] { background: $bad_soft; color: $bad; }
QLabel[role="badge"][tone="accent"] { background: $accent_soft; color: $accent_ink; }
QLabel[role="badge"][tone="neutral"] { background: $hover; color: $muted; }
QLabel[role="pill"] { border: 1px solid $line; border-radius: 9px; padding: 1px 7px; color: $muted;
    font-size: ${caption}px; }
QFrame[surface="quote"] { background: $background; border: none; border-radius: ${radius_small}px; }
QLabel[role="code"] { background: $background; border: 1px solid $line_soft; border-radius: ${radius_small}px;
    padding: 6px 10px; color: $text; }

QLabel[surface="sheet"] { border: 1px solid $line; }
QFrame[surface="card"], QFrame[surface="column"] { background: $surface; border: 1px solid $line;
    border-radius: ${radius}px; }
QAbstractButton[surface="card"] { background: $surface; border: 1px solid $line; border-radius: ${radius}px; }
QAbstractButton[surface="card"]:hover { border-color: $control_line; }
QAbstractButton[surface="card"]:checked { background: $accent_soft; border-color: $accent; }
QAbstractButton[surface="card"]:focus, QFrame[surface="column"]:focus { border: 2px solid $accent; }
QAbstractButton[surface="row"] { background: transparent; border: 1px solid transparent; border-radius: ${radius}px; }
QAbstractButton[surface="row"]:hover { background: $hover; }
QAbstractButton[surface="row"]:focus { border: 2px solid $accent; }
QFrame[surface="raised"] { background: $raised; border: 1px solid $line; border-radius: ${radius}px; }
QFrame[surface="toast"] { background: $raised; border: 1px solid $line; border-radius: ${radius}px; }
QFrame[surface="notice"][tone="bad"] { background: $bad_soft; border: none; border-radius: ${radius}px; }
QFrame[surface="notice"][tone="warn"] { background: $warn_soft; border: none; border-radius: ${radius}px; }
QFrame[surface="notice"][tone="good"] { background: $good_soft; border: none; border-radius: ${radius}px; }
QFrame[surface="notice"][tone="accent"] { background: $accent_soft; border: none; border-radius: ${radius}px; }
QFrame[surface="notice"] QLabel { color: $text; }
QFrame[surface="line"] { background: $line_soft; border: none; }
QFrame[surface="rail"] { background: $background; border: none; border-right: 1px solid $line; }
QFrame[surface="status"] { background: $background; border: none; border-top: 1px solid $line; }
QFrame[surface="column"][baseline="true"] { border-color: $accent; }
QFrame[surface="column"][dropping="true"] { border: 2px dashed $accent; }
QFrame[surface="plain"] { background: transparent; border: none; }
QFrame[surface="bubble"] { background: $accent_soft; border: none; border-radius: ${radius}px; }
QFrame[surface="bubble"] QLabel { color: $text; }

QPushButton { background: $surface; color: $text; border: 1px solid $line; border-radius: ${radius}px;
    padding: 0 14px; min-height: ${button}px; font-weight: 500; }
QPushButton:hover { background: $hover; }
QPushButton:focus { border: 2px solid $accent; padding: 0 13px; min-height: ${button_focus}px; }
QPushButton:disabled { color: $faint; background: $background; border-color: $line_soft; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $line; border-color: $line; color: $muted; }
QPushButton[kind="danger"] { color: $bad; }
QPushButton[kind="danger"]:hover { background: $bad_soft; }
QPushButton[kind="ghost"] { background: transparent; border-color: transparent; color: $muted; padding: 0 10px; }
QPushButton[kind="ghost"]:hover { background: $hover; color: $text; }
QPushButton[kind="ghost"]:checked { color: $accent_ink; }
QPushButton[kind="ghost"]:focus { border: 2px solid $accent; padding: 0 9px; }
QPushButton[kind="link"] { background: transparent; border: none; color: $accent_ink; padding: 0 2px; min-height: 20px;
    text-decoration: underline; font-weight: 400; text-align: left; }
QPushButton[kind="link"]:hover { color: $text; }
QPushButton[kind="link"]:focus { border: 2px solid $accent; border-radius: 4px; padding: 0; min-height: 16px; }
QPushButton[kind="status"] { background: transparent; border: none; border-radius: 4px; color: $muted; padding: 0 6px;
    min-height: 22px; font-size: ${caption}px; font-weight: 400; }
QPushButton[kind="status"]:hover { background: $hover; color: $text; }
QPushButton[kind="status"]:focus { border: 2px solid $accent; padding: 0 4px; min-height: 18px; }
QPushButton[kind="chip"] { background: $surface; border: 1px solid $line; border-radius: ${pill}px; color: $muted;
    padding: 0 11px; min-height: ${chip}px; max-height: ${chip}px; font-size: ${caption}px; font-weight: 400; }
QPushButton[kind="chip"]:hover { background: $hover; color: $text; }
QPushButton[kind="chip"]:checked { background: $accent_soft; color: $accent_ink; border-color: $accent_soft; }
QPushButton[kind="chip"]:focus { border: 2px solid $accent; padding: 0 10px; min-height: ${chip_focus}px;
    max-height: ${chip_focus}px; }
QPushButton[kind="chip"]:disabled { color: $faint; background: transparent; }
QPushButton[kind="segment"] { background: transparent; border: 1px solid transparent; border-radius: 6px; color: $muted;
    padding: 0 12px; min-height: 26px; font-weight: 500; }
QPushButton[kind="segment"]:hover { color: $text; }
QPushButton[kind="segment"]:checked { background: $accent_soft; color: $accent_ink; border-color: $accent_soft; }
QPushButton[kind="segment"]:focus { border: 2px solid $accent; padding: 0 11px; min-height: 24px; }
QPushButton[kind="rail"] { background: transparent; border: 1px solid transparent; border-radius: ${radius}px;
    color: $muted; text-align: left; padding: 0 9px; min-height: 34px; font-weight: 500; }
QPushButton[kind="rail"]:hover { background: $hover; color: $text; }
QPushButton[kind="rail"]:checked { background: $accent_soft; color: $accent_ink; border-color: $accent_soft; }
QPushButton[kind="rail"]:focus { border: 2px solid $accent; padding: 0 8px; min-height: 32px; }
QPushButton::menu-indicator { image: none; width: 0; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px; color: $muted; }
QToolButton:hover { background: $hover; color: $text; }
QToolButton:checked { background: $accent_soft; color: $accent_ink; }
QToolButton:focus { border: 2px solid $accent; padding: 3px; }
QToolButton::menu-indicator { image: none; width: 0; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { background: $surface; color: $text; border: 1px solid $line;
    border-radius: ${radius}px; padding: 0 10px; min-height: ${button}px; selection-background-color: $accent;
    selection-color: $on_accent; }
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover { border-color: $control_line; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus { border: 2px solid $accent; padding: 0 9px;
    min-height: ${button_focus}px; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { color: $faint;
    background: $background; }
QLineEdit[kind="bare"] { border: none; border-radius: 0; background: transparent; font-size: ${lead}px; padding: 0; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button { width: 8px;
    border: none; background: transparent; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow, QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: none; }
QComboBox::drop-down { border: none; width: 26px; }
QComboBox::down-arrow { image: $caret; width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $raised; color: $text; border: 1px solid $line; padding: 4px; outline: none;
    selection-background-color: $accent_soft; selection-color: $accent_ink; }
QComboBox QAbstractItemView::item { min-height: 30px; padding: 0 8px; border-radius: 5px; }
QPlainTextEdit, QTextEdit, QTextBrowser { background: $surface; color: $text; border: 1px solid $line;
    border-radius: ${radius}px; padding: 6px; selection-background-color: $accent; selection-color: $on_accent; }
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid $accent; padding: 5px; }
QPlainTextEdit[kind="bare"], QTextEdit[kind="bare"] { border: none; border-radius: 0; background: transparent;
    padding: 0; }
QTextEdit[kind="shaded"] { border: 1px solid transparent; border-radius: 6px; background: transparent; padding: 2px; }
QTextEdit[kind="shaded"]:focus { border: 2px solid $accent; padding: 1px; }
QPlainTextEdit[kind="composer"] { border: 1px solid transparent; border-radius: 6px; background: transparent;
    font-size: ${lead}px; padding: 2px; }
QPlainTextEdit[kind="composer"]:focus { border: 2px solid $accent; padding: 1px; }
QCheckBox { color: $text; spacing: 8px; background: transparent; padding: 3px; border: 1px solid transparent;
    border-radius: 5px; }
QCheckBox:focus { border: 2px solid $accent; padding: 2px; }
QCheckBox::indicator, QListView::indicator { width: 16px; height: 16px; border: 1px solid $control_line;
    border-radius: 4px; background: $surface; }
QCheckBox::indicator:checked, QListView::indicator:checked { background: $accent; border-color: $accent;
    image: $check; }
QCheckBox:disabled { color: $faint; }

QProgressBar { background: $line_soft; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QSlider::groove:horizontal { background: $line_soft; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { background: $accent; width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; }

QMenu { background: $raised; color: $text; border: 1px solid $line; border-radius: ${radius}px; padding: 6px; }
QMenu::item { padding: 7px 26px 7px 10px; border-radius: 5px; }
QMenu::item:selected { background: $accent_soft; color: $accent_ink; }
QMenu::item:disabled { color: $faint; background: transparent; }
QMenu::separator { height: 1px; background: $line_soft; margin: 5px 6px; }
QMenu::icon { padding-left: 8px; }
QListView, QListWidget, QTableView, QTreeView { background: $surface; color: $text; border: 1px solid $line;
    border-radius: ${radius}px; outline: none; selection-background-color: $accent_soft;
    selection-color: $accent_ink; }
QListView[kind="bare"] { border: none; background: transparent; }
QListView::item { padding: 6px 8px; border-radius: 5px; border: 1px solid transparent; }
QListView::item:hover { background: $hover; }
QListView::item:selected { background: $accent_soft; color: $accent_ink; }
QTableView { gridline-color: $line_soft; }
QTableView[kind="bare"] { border: none; border-radius: 0; background: transparent; }
QTableView[kind="bare"]::item { padding: 0 12px; border-bottom: 1px solid $line_soft; }
QTableView[kind="rows"] { border: none; background: transparent; }
QTableView[kind="rows"]::item { padding: 0 9px; border-bottom: 1px solid $line_soft; }
QTableView[kind="rows"]::item:selected { background: $accent_soft; color: $accent_ink; }
QTableView[kind="rows"] QHeaderView::section:vertical { font-weight: 400; border-bottom: 1px solid $line_soft; }
QTableView QTableCornerButton::section { background: $surface; border: none; border-bottom: 1px solid $line; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QTableView:focus, QListView:focus { border: 2px solid $accent; }
QListView[kind="bare"]:focus, QTableView[kind="bare"]:focus, QTableView[kind="rows"]:focus { border: none; }
QHeaderView::section { background: $surface; color: $faint; border: none; border-bottom: 1px solid $line;
    padding: 7px 12px; font-size: ${caption}px; font-weight: 600; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: $line; border-radius: 3px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $control_line; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QDialog, QMessageBox { background: $background; }
QSplitter::handle { background: transparent; }
""")


def style_sheet(colours: Colours) -> str:
    """The application's style sheet in these colours."""
    from studio.gui.theme.glyphs import glyph_file

    button = tokens.CONTROL_HEIGHT - 2
    chip = tokens.CHIP_HEIGHT - 2
    return _SHEET.substitute(
        asdict(colours),
        radius=tokens.RADIUS,
        radius_small=tokens.RADIUS_SMALL,
        pill=tokens.RADIUS_PILL,
        caption=tokens.TEXT_CAPTION,
        lead=tokens.TEXT_LEAD,
        title=tokens.TEXT_TITLE,
        display=tokens.TEXT_DISPLAY,
        button=button,
        button_focus=button - 2,
        chip=chip,
        chip_focus=chip - 2,
        caret=glyph_file("caret-down", colours.muted),
        check=glyph_file("check-bold", colours.on_accent),
    )

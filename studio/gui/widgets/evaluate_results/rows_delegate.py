"""Cells of the table of rows × candidates: a sign for right or wrong, one line of text, a star."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.gui.theme.glyphs import draw_glyph
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import RADIUS_SMALL, SPACE_2, SPACE_3
from studio.gui.viewmodels.evaluate_results_rows import CELL, STAR, ShownCell

AnyIndex = QModelIndex | QPersistentModelIndex
ROW_HEIGHT = 34
_BADGE = QSize(22, 18)
#: Glyph, colour and the colour behind it of each verdict; the shape tells it without the colour.
_SIGNS = {
    "right": ("check-bold", "good", "good_soft"),
    "wrong": ("x-bold", "bad", "bad_soft"),
    "failed": ("warning-bold", "warn", "warn_soft"),
}


class RowsDelegate(QStyledItemDelegate):
    """Paints a `ShownCell`."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        return QSize(80, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        colours = current_colours()
        cell = index.data(CELL)
        if not isinstance(cell, ShownCell):
            return
        area = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, QColor(colours.accent_soft if selected else colours.hover))
        painter.setPen(QPen(QColor(colours.line_soft), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if index.column() == STAR:
            self._paint_star(painter, area, cell)
        else:
            self._paint_text(painter, option, area, cell, selected)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(1, 1, -1, -2))
        painter.restore()

    def _paint_star(self, painter: QPainter, area: QRect, cell: ShownCell) -> None:
        colours = current_colours()
        box = QRect(0, 0, 16, 16)
        box.moveCenter(area.center())
        colour = QColor(colours.warn if cell.starred else colours.line)
        draw_glyph(painter, box, "star-fill" if cell.starred else "star", colour)

    def _paint_text(
        self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, cell: ShownCell, selected: bool
    ) -> None:
        colours = current_colours()
        inner = area.adjusted(SPACE_3, 0, -SPACE_2, -1)
        if cell.verdict:
            glyph, ink, ground = _SIGNS[cell.verdict]
            badge = QRect(inner.left(), inner.center().y() - _BADGE.height() // 2 + 1, _BADGE.width(), _BADGE.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(getattr(colours, ground)))
            painter.drawRoundedRect(badge, RADIUS_SMALL, RADIUS_SMALL)
            draw_glyph(painter, badge.adjusted(6, 4, -6, -4), glyph, QColor(getattr(colours, ink)))
            inner.setLeft(badge.right() + SPACE_2 - 2)
        metrics = QFontMetrics(option.font)
        painter.setFont(option.font)
        if cell.note:
            width = metrics.horizontalAdvance(cell.note)
            painter.setPen(QColor(colours.faint))
            painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, cell.note)
            inner.setRight(inner.right() - width - SPACE_2)
        faint = cell.faint or cell.verdict == "failed"
        painter.setPen(QColor(colours.muted if faint else colours.accent_ink if selected else colours.text))
        painter.drawText(
            inner,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine,
            metrics.elidedText(cell.text, Qt.TextElideMode.ElideRight, inner.width()),
        )

"""Choose a candidate: every model of the use case with precision, size, device, licence and whether it fits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.domain.comparison import Candidate
from studio.domain.errors import Failure
from studio.domain.i18n import N_, _
from studio.gui.theme.glyphs import draw_glyph
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import RADIUS_SMALL, SPACE_2, SPACE_3, SPACE_4, TEXT_CAPTION
from studio.gui.viewmodels.evaluate_setup_candidates import EvaluateCandidates
from studio.gui.viewmodels.try_candidates import Candidates
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.candidate_head import TONES, device_words, megabytes_fine
from studio.gui.widgets.candidate_sending import sending_icon
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import Text
from studio.providers import all_providers
from studio.services.candidate_offers import Offer, variant_of
from studio.services.sending import sending_words

AnyIndex = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 58
_SIZE = QSize(620, 520)
_OFFER = Qt.ItemDataRole.UserRole
_TAKEN = Qt.ItemDataRole.UserRole + 1
_FREE = Qt.ItemDataRole.UserRole + 2


class CandidatePicker(QDialog):
    """The dialog.

    Signals:
        picked: A `Candidate` was chosen.
        endpoints_wanted: The user wants a model that runs elsewhere.
    """

    picked = Signal(object)
    endpoints_wanted = Signal()

    def __init__(
        self,
        candidates: Candidates | EvaluateCandidates,
        taken: Callable[[], set[Candidate]],
        device: str,
        replacing: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._candidates, self._taken = candidates, taken
        self.setWindowTitle(_("Change candidate") if replacing else _("Add a candidate"))
        self.resize(_SIZE)
        self.field = QLineEdit()
        self.field.setAccessibleName(_("Search"))
        self.field.setPlaceholderText(_("Search by name, precision or licence"))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._fill)
        self.devices = QComboBox()
        self.devices.setAccessibleName(_("Device"))
        for provider in all_providers():
            if sys.platform in provider.platforms:
                self.devices.addItem(_(provider.title), provider.id)
        self.devices.setCurrentIndex(max(0, self.devices.findData(device)))
        self.devices.currentIndexChanged.connect(self._fill)
        self.list = QListWidget()
        self.list.setAccessibleName(_("Candidates"))
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(lambda _item: self._choose())
        self.list.currentItemChanged.connect(lambda _now, _before: self._show_enabled())
        self._empty = Text(role="muted", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._choose_button = Button(
            N_("Change") if replacing else N_("Add"), "primary", on_click=self._choose, hint="Enter"
        )
        self._choose_button.setDefault(True)
        self._refusal: Notice | None = None
        top = row(self.field, self.devices, spacing=SPACE_2)
        top.setStretch(0, 1)
        self._layout = column(
            top,
            self.list,
            self._empty,
            row(
                Button(N_("Use a folder …"), "ghost", "folder-open", self._ask_folder),
                Button(N_("Use an endpoint …"), "ghost", "cloud-arrow-up", self._ask_endpoint),
                None,
                Button(N_("Cancel"), on_click=self.reject),
                self._choose_button,
                spacing=SPACE_2,
            ),
            spacing=SPACE_3,
            margins=(SPACE_4, SPACE_4, SPACE_4, SPACE_4),
            parent=self,
        )
        self._layout.setStretch(1, 1)
        candidates.offers_changed.connect(self._fill)
        candidates.folder_refused.connect(self._show_refusal)
        self._fill()
        self.field.setFocus()
        candidates.read_again()

    def rows(self) -> list[str]:
        """What is listed, as a screen reader says it."""
        return [self.list.item(index).text() for index in range(self.list.count())]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in steps and self.field.hasFocus() and self.list.count():
            place = self.list.currentRow() + steps[Qt.Key(event.key())]
            self.list.setCurrentRow(min(max(place, 0), self.list.count() - 1))
        else:
            super().keyPressEvent(event)

    def _fill(self) -> None:
        before = self.list.currentItem()
        chosen = before.data(_OFFER).candidate if before else None
        words = self.field.text().lower().split()
        device, taken = str(self.devices.currentData()), self._taken()
        self.list.clear()
        for offer in _on_device(self._candidates.offers, device):
            spoken = _spoken(offer, self._candidates.free_mb)
            if all(word in spoken.lower() or word in offer.candidate.model.lower() for word in words):
                item = QListWidgetItem(spoken, self.list)
                item.setData(_OFFER, offer)
                item.setData(_TAKEN, offer.candidate in taken)
                item.setData(_FREE, self._candidates.free_mb)
                if offer.candidate == chosen:
                    self.list.setCurrentItem(item)
        if self.list.currentRow() < 0 and self.list.count():
            fresh = (place for place in range(self.list.count()) if not self.list.item(place).data(_TAKEN))
            self.list.setCurrentRow(next(fresh, 0))
        none = _("No model fits these words.") if words else _("There is no model for this use case yet.")
        self._empty.setText(none)
        show_if(self.list.count() == 0, self._empty)
        show_if(self.list.count() > 0, self.list)
        self._show_enabled()

    def _show_enabled(self) -> None:
        self._choose_button.setEnabled(self.list.currentItem() is not None)

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            offer: Offer = item.data(_OFFER)
            self.accept()
            self.picked.emit(offer.candidate)

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, _("Use a model in a folder"))
        if folder:
            self._candidates.read_folder(Path(folder))

    def _ask_endpoint(self) -> None:
        self.reject()
        self.endpoints_wanted.emit()

    def _show_refusal(self, failure: Failure) -> None:
        if self._refusal is not None:
            self._refusal.deleteLater()
        self._refusal = Notice.of(failure)
        self._layout.insertWidget(0, self._refusal)


def _on_device(offers: tuple[Offer, ...], device: str) -> list[Offer]:
    """Every model and precision once, to be run on that device."""
    found: dict[Candidate, Offer] = {}
    for offer in offers:
        moves = offer.candidate.backend == "onnx"
        moved = replace(offer.candidate, device=device) if moves else offer.candidate
        exact = offer.candidate == moved
        if exact or moved not in found:
            found[moved] = offer if exact else replace(offer, candidate=moved, measured=False)
    return list(found.values())


def _facts(offer: Offer) -> str:
    candidate = offer.candidate
    if offer.model is None:
        return " · ".join((variant_of(candidate), sending_words(candidate)))
    return " · ".join((variant_of(candidate), megabytes_fine(offer.size_mb), device_words(candidate)))


def _spoken(offer: Offer, free_mb: float | None) -> str:
    parts = [offer.title, _facts(offer)]
    if free_mb is not None:
        parts.append(offer.fit_words(free_mb))
    parts.append(_(offer.licence.words))
    return ", ".join(part for part in parts if part)


class _Rows(QStyledItemDelegate):
    """Two lines: the model with its licence, and what it takes."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        return QSize(200, _ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colours = current_colours()
        offer: Offer = index.data(_OFFER)
        free_mb = index.data(_FREE)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect.adjusted(2, 1, -2, -1)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent_soft if selected else colours.hover))
            painter.drawRoundedRect(area, RADIUS_SMALL, RADIUS_SMALL)
        inner = area.adjusted(SPACE_3, SPACE_2, -SPACE_3, -SPACE_2)
        strong, small = QFont(option.font), QFont(option.font)
        strong.setWeight(QFont.Weight.DemiBold)
        small.setPixelSize(TEXT_CAPTION)
        small.setWeight(QFont.Weight.DemiBold)
        light = offer.licence
        tag = _(light.words)
        width = QFontMetrics(small).horizontalAdvance(tag) + 14
        tag_area = QRect(inner.right() - width, inner.top(), width, 20)
        tone = TONES[light.light]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(colours, f"{tone}_soft")))
        painter.drawRoundedRect(tag_area, RADIUS_SMALL, RADIUS_SMALL)
        painter.setFont(small)
        painter.setPen(QColor(getattr(colours, tone)))
        painter.drawText(tag_area, Qt.AlignmentFlag.AlignCenter, tag)
        painter.setFont(strong)
        painter.setPen(QColor(colours.accent_ink if selected else colours.text))
        title = offer.title
        room = inner.width() - width - SPACE_2
        painter.drawText(
            QRect(inner.left(), inner.top(), room, 20),
            Qt.AlignmentFlag.AlignVCenter,
            QFontMetrics(strong).elidedText(title, Qt.TextElideMode.ElideRight, room),
        )
        facts = [_facts(offer)]
        if index.data(_TAKEN):
            facts.append(_("already side by side"))
        if free_mb is not None:
            facts.append(offer.fit_words(free_mb))
        text = "   ".join(part for part in facts if part)
        painter.setFont(option.font)
        fits = free_mb is None or offer.fits(free_mb)
        lower = QRect(inner.left(), inner.top() + 22, inner.width(), 20)
        tint = QColor(colours.muted if fits else colours.bad)
        if offer.model is None:
            tint = QColor(colours.warn if offer.candidate.leaves else colours.muted)
            draw_glyph(painter, QRect(lower.left(), lower.top() + 2, 16, 16), sending_icon(offer.candidate), tint)
            lower.setLeft(lower.left() + 22)
        painter.setPen(tint)
        elided = QFontMetrics(option.font).elidedText(text, Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, elided)
        painter.restore()

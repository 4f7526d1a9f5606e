"""The head of a column: who answers there, what it runs on, whether it may be used, and its menu."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from studio.domain.comparison import Candidate
from studio.domain.i18n import N_, _
from studio.domain.running import Placement
from studio.gui.theme.icons import icon
from studio.gui.theme.tokens import SPACE_1
from studio.gui.viewmodels.try_column import ColumnState
from studio.gui.widgets.buttons import IconButton
from studio.gui.widgets.candidate_sending import SendingBadge
from studio.gui.widgets.layouts import FlowLayout, column, row, show_if
from studio.gui.widgets.text import Badge, ElidedText, Pill
from studio.gui.words import Translated, plain
from studio.providers import all_providers
from studio.services.candidate_offers import variant_of
from studio.services.figures import megabytes

TONES = {"free": "good", "conditions": "warn", "restricted": "bad"}

#: What the menu can do: id, words, icon. The window's keys for them are in `studio.gui.actions`.
_ITEMS: tuple[tuple[str, str, str], ...] = (
    ("replace", N_("Change candidate …"), "swap"),
    ("pin", N_("Pin as baseline"), "push-pin"),
    ("settings", N_("Settings of this candidate"), "sliders-horizontal"),
    ("", "", ""),
    ("left", N_("Move left"), "arrow-left"),
    ("right", N_("Move right"), "arrow-right"),
    ("", "", ""),
    ("remove", N_("Remove"), "trash"),
)


def device_words(candidate: Candidate, placement: Placement | None = None) -> str:
    """Where a candidate ran, or where it is to run."""
    if placement is None:
        return next(
            (short(p.execution_provider) for p in all_providers() if p.id == candidate.device), candidate.device
        )
    return _("CPU") if placement.provider == "PyTorch" else short(placement.provider)


def short(provider: str) -> str:
    """ONNX Runtime's name of a provider without its ending."""
    return provider.removesuffix("ExecutionProvider")


class CandidateHead(Translated, QWidget):
    """Names one column.

    Signals:
        asked: Something of the menu was chosen, by its id.
        dragged: The head is being dragged to another place.
    """

    asked = Signal(str)
    dragged = Signal()

    def __init__(self, state: ColumnState, movable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._name = ElidedText(role="heading")
        self.menu_button = IconButton("dots-three", self._menu_words)
        self.menu = QMenu(self)
        self.menu_button.setMenu(self.menu)
        self.pinned = Badge(N_("baseline"), "accent", N_("The answers of the others are compared with this one."))
        self._facts = QWidget()
        flow = FlowLayout(self._facts, spacing=SPACE_1)
        self._precision, self._size, self._device = Pill(), Pill(), Pill()
        self.sends = SendingBadge()
        self._moved = Badge(tone="warn")
        self._licence = Badge(self._licence_words, tip=self._licence_meaning)
        for fact in (self._precision, self._size, self._device, self.sends, self._moved, self._licence, self.pinned):
            flow.addWidget(fact)
        line = row(self._name, self.menu_button, spacing=SPACE_1)
        line.setStretch(0, 1)
        column(line, self._facts, spacing=SPACE_1, parent=self)
        self._actions: dict[str, QAction] = {}
        for item, _words, symbol in _ITEMS:
            if item:
                action = self.menu.addAction(icon(symbol), "")
                action.triggered.connect(lambda _checked=False, item=item: self.asked.emit(item))
                self._actions[item] = action
            else:
                self.menu.addSeparator()
        self._movable = movable
        self._pressed_at = QPoint()
        if movable:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        state.described.connect(self.retranslate)
        state.turn_changed.connect(self._show_device)
        state.turns_changed.connect(self._show_device)
        self.retranslate()

    @property
    def spoken_name(self) -> str:
        """How the column is called aloud."""
        state = self._state
        hidden = _("Candidate {letter}").format(letter=state.alias) if state.alias else ""
        if state.hidden:
            return hidden
        return f"{hidden}: {state.title}" if hidden else state.title

    def retranslate(self) -> None:
        state = self._state
        candidate, offer = state.column.candidate, state.offer
        shown = not state.hidden
        self._name.setText(self.spoken_name)
        self._precision.setText(variant_of(candidate))
        self.sends.show_candidate(candidate, shown)
        self._size.setText(megabytes_fine(offer.size_mb) if offer else "")
        self._licence.set_tone(TONES[offer.licence.light] if offer else "neutral")
        self._licence.retranslate()
        for fact, there in (
            (self._precision, shown),
            (self._size, shown and offer is not None and offer.model is not None),
            (self._device, shown and not candidate.remote),
            (self._licence, shown and offer is not None),
            (self.pinned, shown and state.column.baseline),
        ):
            show_if(there, fact)
        self.menu_button.setVisible(self._movable and shown)
        self.menu_button.retranslate()
        for item, words, _symbol in _ITEMS:
            if item:
                self._actions[item].setText(_(words))
        if state.column.baseline:
            self._actions["pin"].setText(_("Unpin the baseline"))
        self._show_device()

    def allow(self, item: str, allowed: bool) -> None:
        """Whether something of the menu can be done now."""
        self._actions[item].setEnabled(allowed)

    def _show_device(self) -> None:
        state = self._state
        last = state.last
        placement = last.result.placement if last and last.result else None
        wanted, ran = device_words(state.column.candidate), device_words(state.column.candidate, placement)
        self._device.setText(ran)
        fell_back = placement is not None and bool(placement.notice)
        if fell_back:
            self._moved.say(
                plain(_("{device} instead of {wanted}").format(device=ran, wanted=wanted))
                if ran != wanted
                else N_("partly on the CPU")
            )
        show_if(fell_back and not state.hidden, self._moved)
        # Of an endpoint only the host is known, which stands in its own tag.
        show_if(not fell_back and not state.hidden and not state.column.candidate.remote, self._device)
        self.updateGeometry()

    def _menu_words(self) -> str:
        return _("More about {name}").format(name=self._state.title)

    def _licence_words(self) -> str:
        offer = self._state.offer
        return _(offer.licence.words) if offer else ""

    def _licence_meaning(self) -> str:
        offer = self._state.offer
        if offer is None:
            return ""
        named = offer.model.licence if offer.model is not None else ""
        return f"{named}: {_(offer.licence.meaning)}" if named else _(offer.licence.meaning)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._movable:
            self._pressed_at = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._movable and event.buttons() & Qt.MouseButton.LeftButton:
            moved = (event.position().toPoint() - self._pressed_at).manhattanLength()
            if moved >= QApplication.startDragDistance():
                self.dragged.emit()
        super().mouseMoveEvent(event)


def megabytes_fine(size_mb: float) -> str:
    """A file's size: small ones with a decimal."""
    return f"{size_mb:.1f} MB" if size_mb < 9.95 else megabytes(size_mb)

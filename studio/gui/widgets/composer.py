"""What is asked: fields drawn from the task's inputs, examples, settings under "Advanced", Run and Stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from studio.domain.i18n import N_
from studio.domain.task import Sample, Task
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.buttons import Button, Chip
from studio.gui.widgets.card import Card
from studio.gui.widgets.composer_options import ComposerOptions, stands_open
from studio.gui.widgets.inputs import input_for
from studio.gui.widgets.layouts import FlowLayout, column, row, show_if
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import Text
from studio.gui.words import plain

#: Height of the settings: at least so many pixels, at most this share of the window.
_OPTIONS_LEAST, _OPTIONS_SHARE = 120, 0.24


class Composer(Card):
    """The composer of one task.

    Signals:
        typed: A field (its name) holds another text.
        left: Typing ended for now.
        undo_wanted: Undo (True) or redo (False) was pressed in a field.
        run_wanted: Ask the candidates.
        stop_wanted: Stop them.
        sample_chosen: An example (its place in the list).
        options_changed: See `ComposerOptions.changed`.
        scope_changed: See `ComposerOptions.scope_changed`.
        unfolded: The settings were shown or hidden.
    """

    typed = Signal(str, str)
    left = Signal()
    undo_wanted = Signal(bool)
    run_wanted = Signal()
    stop_wanted = Signal()
    sample_chosen = Signal(int)
    options_changed = Signal(str, dict)
    scope_changed = Signal(str)
    unfolded = Signal(bool)

    def __init__(self, task: Task, parent: QWidget | None = None) -> None:
        super().__init__(spacing=SPACE_2, margin=SPACE_3, parent=parent)
        self.task = task
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.fields = {field.name: input_for(field) for field in task.inputs}
        for field in task.inputs:
            if len(task.inputs) > 1 and field.kind != "variables":
                self.body.addWidget(Text(field.title, role="caption"))
            area = self.fields[field.name]
            self.body.addWidget(area)
            area.changed.connect(partial(self._on_text, field.name))
            area.submitted.connect(self.run_wanted)
            area.left.connect(self.left)
            area.undo_wanted.connect(self.undo_wanted)
        self.chips: list[Chip] = []
        self._samples: tuple[Sample, ...] = ()
        self._texts: list[Mapping[str, str]] = []
        self._chips = QWidget()
        self._chip_line = FlowLayout(self._chips, spacing=SPACE_2 - 2)
        self._chip_line.setContentsMargins(0, SPACE_1, 0, SPACE_1)
        self._chips.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.advanced = Button(N_("Advanced"), "ghost", "sliders-horizontal", self._toggle_options)
        self.advanced.setCheckable(True)
        show_if(not all(stands_open(option) for option in task.options), self.advanced)
        self.run_button = Button(N_("Run"), "primary", "play", self.run_wanted.emit, hint="Ctrl+Enter")
        self.stop_button = Button(N_("Stop"), "secondary", "stop-circle", self.stop_wanted.emit, hint="Esc")
        show_if(False, self.stop_button)
        line = row(self._chips, self.advanced, self.run_button, self.stop_button, spacing=SPACE_2)
        line.setStretch(0, 1)
        line.setContentsMargins(SPACE_1, 0, 0, 0)
        for button in (self.advanced, self.run_button, self.stop_button):
            line.setAlignment(button, Qt.AlignmentFlag.AlignBottom)
        self.options = ComposerOptions(task.options)
        self.options.changed.connect(self.options_changed)
        self.options.scope_changed.connect(self.scope_changed)
        self.body.addWidget(self.options.open_part)
        self._fold = QScrollArea()
        self._fold.setProperty("surface", "plain")
        self._fold.setWidgetResizable(True)
        self._fold.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._fold.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        column(self.options, margins=(SPACE_1, SPACE_2, SPACE_4, SPACE_1), parent=inner)
        self._fold.setWidget(inner)
        inner.setAutoFillBackground(False)
        show_if(False, self._fold)
        self._refusal: Notice | None = None
        self.body.addLayout(line)
        self.body.addWidget(self._fold)

    def focus_first(self) -> None:
        """Put the cursor where typing begins, at its end."""
        next(iter(self.fields.values())).focus_end()

    def show_draft(self, draft: Mapping[str, str]) -> None:
        """Show these texts."""
        for name, area in self.fields.items():
            area.show_value(draft.get(name, ""))
        self.look()
        self._mark_chip()

    def look(self) -> None:
        """Let fields that depend on others see how those stand."""
        values = {name: field.value for name, field in self.fields.items()}
        options = {name: field.value for name, field in self.options.fields.items()}
        for field in self.fields.values():
            field.look(values, options)

    def show_samples(self, samples: Sequence[Sample], typed: Callable[[Sample], Mapping[str, str]]) -> None:
        """Offer these examples; ``typed`` tells what stands in the fields when one is chosen."""
        if tuple(samples) == self._samples:
            self._mark_chip()
            return
        for chip in self.chips:
            self._chip_line.removeWidget(chip)
            chip.setParent(None)
            chip.deleteLater()
        self._samples, self._texts = tuple(samples), [typed(sample) for sample in samples]
        self.chips = []
        for place, sample in enumerate(samples):
            chip = Chip(sample.title, checkable=True, on_click=partial(self._choose, place))
            self.chips.append(chip)
            self._chip_line.addWidget(chip)
        QWidget.setTabOrder(list(self.fields.values())[-1].last_focus, self.chips[0] if self.chips else self.advanced)
        for before, after in zip(self.chips, [*self.chips[1:], self.advanced], strict=False):
            QWidget.setTabOrder(before, after)
        self._mark_chip()

    def show_running(self, running: bool, can_run: bool) -> None:
        """Offer Run or Stop."""
        focused = self.run_button.hasFocus() or self.stop_button.hasFocus()
        show_if(not running, self.run_button)
        show_if(running, self.stop_button)
        self.run_button.setEnabled(can_run)
        self.stop_button.setEnabled(running)
        if focused:
            (self.stop_button if running else self.run_button).setFocus(Qt.FocusReason.OtherFocusReason)

    def show_refusal(self, message: str, next_step: str) -> None:
        """Say why what was typed can't be asked; empty takes it away."""
        if self._refusal is not None:
            self.body.removeWidget(self._refusal)
            self._refusal.deleteLater()
            self._refusal = None
        if message:
            self._refusal = Notice(plain(f"{message} {next_step}".strip()), "warn")
            self.body.addWidget(self._refusal)

    @property
    def refusal(self) -> str:
        """Why what was typed can't be asked."""
        return self._refusal.accessibleName() if self._refusal else ""

    def unfold(self, shown: bool) -> None:
        """Show or hide the settings."""
        self.advanced.setChecked(shown)
        show_if(shown, self._fold)
        self._fit_options()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_options()

    def _fit_options(self) -> None:
        """As high as the settings are, and never so high that no room is left for the answers."""
        most = max(_OPTIONS_LEAST, round(self.window().height() * _OPTIONS_SHARE))
        content = self._fold.widget()
        if content is not None:
            self._fold.setFixedHeight(min(most, content.sizeHint().height()))

    def _toggle_options(self) -> None:
        self.unfold(self.advanced.isChecked())
        self.unfolded.emit(self.advanced.isChecked())

    def _on_text(self, name: str) -> None:
        self.show_refusal("", "")
        self.typed.emit(name, self.fields[name].value)
        self.look()
        self._mark_chip()

    def _choose(self, place: int) -> None:
        self.sample_chosen.emit(place)
        self._mark_chip()

    def _mark_chip(self) -> None:
        now = {name: area.value for name, area in self.fields.items()}
        for chip, texts in zip(self.chips, self._texts, strict=True):
            chip.setChecked(any(now.values()) and all(texts.get(name, "") == text for name, text in now.items()))

"""A model in full: what it is, its precisions, its licence, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.models_library import Listed
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.card import Card, Line
from studio.gui.widgets.layouts import FlowLayout, column, row, scrolled_on_card, show_if
from studio.gui.widgets.models.words import FITS, LIGHTS, STATES, language_names, name_of, size_words
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.text import Badge, Text
from studio.gui.words import plain
from studio.services.conversions import GAINS, fidelity_words, makeable
from studio.services.licences import licence_light
from studio.tasks import all_tasks

if TYPE_CHECKING:
    from studio.library.verify import Verification


class ModelDetail(Card):
    """The panel beside the list.

    Signals:
        try_wanted, verify_wanted, repair_wanted, more_wanted, remove_wanted, folder_wanted: What was asked for.
    """

    try_wanted = Signal()
    verify_wanted = Signal()
    repair_wanted = Signal()
    more_wanted = Signal()
    remove_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(margin=0, spacing=0, parent=parent)
        self.listed: Listed | None = None
        self.problems = False
        self.try_button = Button(N_("Try it"), "primary", "play", self.try_wanted.emit)
        self.verify_button = Button(N_("Verify files"), "secondary", "check-circle", self.verify_wanted.emit)
        self.repair_button = Button(N_("Repair"), "primary", "wrench", self.repair_wanted.emit)
        self.more_button = Button(N_("Add precisions …"), "secondary", "plus", self.more_wanted.emit)
        self.folder_button = Button(N_("Open folder"), "secondary", "folder-open", self.folder_wanted.emit)
        self.remove_button = Button(N_("Remove …"), "danger", "trash", self.remove_wanted.emit)
        content = QWidget()
        self._told: QVBoxLayout = column(spacing=SPACE_3)
        self._result: QVBoxLayout = column()
        buttons = QWidget()
        flow = FlowLayout(buttons)
        for button in (
            self.repair_button,
            self.try_button,
            self.verify_button,
            self.more_button,
            self.folder_button,
            self.remove_button,
        ):
            flow.addWidget(button)
        column(self._result, buttons, self._told, None, spacing=SPACE_4, margins=(SPACE_4,) * 4, parent=content)
        self.body.addWidget(scrolled_on_card(content))
        self._shown: QWidget | None = None
        self._notice: Notice | None = None

    def show_model(self, listed: Listed, busy: bool) -> None:
        """Show a model."""
        other = self.listed is None or self.listed.model.id != listed.model.id
        self.listed = listed
        if other:
            self.drop_result()
            self.problems = False
        if self._shown is not None:
            self._shown.hide()
            self._shown.deleteLater()
        self._shown = _Told(listed)
        self._told.addWidget(self._shown)
        self.show_busy(busy)

    def show_busy(self, busy: bool) -> None:
        """Offer what can be done now."""
        if self.listed is None:
            return
        model = self.listed.model
        self.try_button.setEnabled(model.state == "ready" and model.task is not None)
        self.verify_button.setEnabled(not busy)
        self.verify_button.say(N_("Verifying …") if busy else N_("Verify files"))
        self.remove_button.setEnabled(not busy)
        self.more_button.setEnabled(not busy)
        show_if(model.state == "ready" and bool(makeable(model)), self.more_button)
        show_if(not model.shipped, self.remove_button)
        self._show_repair(self.problems)

    def _show_repair(self, problems: bool) -> None:
        model = self.listed.model if self.listed else None
        self.problems = problems
        can = model is not None and not model.shipped and not model.linked
        show_if(can and (problems or (model is not None and model.state != "ready")), self.repair_button)

    def show_verification(self, found: Verification) -> None:
        """Say what checking the files found."""
        self.drop_result()
        if found.problems:
            first = found.problems[0]
            rest = "\n".join(f"{each.message} {each.next_step}".strip() for each in found.problems)
            self._notice = Notice(plain(first.message), "bad", plain(first.next_step) if first.next_step else "", rest)
        else:
            self._notice = Notice(N_("Every file is as it was when the model was added."), "good")
        self._result.addWidget(self._notice)
        self._show_repair(bool(found.problems))

    def drop_result(self) -> None:
        """Forget what the last check found."""
        if self._notice is not None:
            self._notice.hide()
            self._notice.deleteLater()
            self._notice = None


class _Told(QWidget):
    """What is known of a model."""

    def __init__(self, listed: Listed) -> None:
        super().__init__()
        model = listed.model
        body = column(spacing=SPACE_3, parent=self)
        body.addWidget(Text(plain(name_of(model)), role="title", wrap=True))
        body.addWidget(Text(plain(model.id), role="caption", wrap=True, selectable=True))
        if model.problem:
            body.addWidget(Notice(plain(model.problem), STATES[model.state][1]))
        light = licence_light(model.licence)
        badge = Badge(light.words, LIGHTS[light.light], light.meaning)
        body.addLayout(row(badge, Text(plain(model.licence), role="muted"), None, spacing=SPACE_2))
        body.addWidget(Text(light.meaning, role="muted", wrap=True))
        body.addWidget(Line())
        body.addWidget(Text(N_("Precisions"), role="heading"))
        for files in model.precisions:
            body.addWidget(self._precision(listed, files.precision))
        body.addWidget(Line())
        body.addWidget(Text(N_("About"), role="heading"))
        for fact in _facts(listed):
            body.addWidget(Text(plain(fact), wrap=True, selectable=True))

    def _precision(self, listed: Listed, precision: str) -> QWidget:
        made = QWidget()
        fit, fidelity = listed.fits.get(precision), listed.model.fidelity.get(precision)
        head = row(Text(plain(precision), role="strong"), spacing=SPACE_2)
        if fit is not None:
            head.addWidget(Badge(lambda: fit.words, FITS[fit.verdict]))
        head.addStretch(1)
        lines = column(head, spacing=SPACE_1, parent=made)
        if fidelity is not None:
            lines.addWidget(Text(lambda: fidelity_words(fidelity), role="muted", wrap=True))
        if precision in GAINS:
            lines.addWidget(Text(GAINS[precision], role="caption", wrap=True))
        return made


def _facts(listed: Listed) -> list[str]:
    model = listed.model
    title = next((_(task.title) for task in all_tasks() if task.id == model.task), _("unknown"))
    facts = [_("Use case: {name}").format(name=title), _("Size: {size}").format(size=size_words(model.size_mb))]
    if model.languages:
        facts.append(_("Languages: {names}").format(names=language_names(model.languages)))
    if model.parameters:
        facts.append(_("Parameters: {n}").format(n=f"{model.parameters:,}"))
    if model.max_tokens:
        facts.append(_("Longest text: {n} tokens").format(n=f"{model.max_tokens:,}"))
    if model.labels:
        facts.append(ngettext("{n} label", "{n} labels", len(model.labels)).format(n=len(model.labels)))
    if model.source:
        facts.append(_("Source: {name}").format(name=model.source))
    facts.append(_("Folder: {path}").format(path=model.folder))
    return facts

"""The line at the bottom: what models run on, what is running, and whether anything leaves this computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QWidget

from studio.domain.comparison import Candidate
from studio.domain.i18n import N_, _, ngettext
from studio.gui.jobs import RunningJobs
from studio.gui.theme.tokens import SPACE_3, SPACE_4
from studio.gui.viewmodels.computer import ComputerWatch
from studio.gui.viewmodels.project import CurrentProject
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import row, show_if
from studio.gui.widgets.text import Text
from studio.gui.words import Translated, said
from studio.services.sending import hosts_of, remote_candidates, sending_meaning

if TYPE_CHECKING:
    from studio.gui.jobs_popup import JobsPopup
    from studio.services.projects import Change

HEIGHT = 32


class StatusBar(Translated, QFrame):
    """The window's status bar."""

    def __init__(
        self, computer: ComputerWatch, jobs: RunningJobs, project: CurrentProject, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._computer, self._jobs, self._project = computer, jobs, project
        self.setProperty("surface", "status")
        self.setFixedHeight(HEIGHT)
        self._device = Text(role="caption")
        self.gpu_help = Button(N_("No GPU found. What would be faster?"), "status")
        self.running = Button("", "status", icon_name="spinner-gap", on_click=self._toggle_jobs)
        self._hosts: tuple[str, ...] = ()
        self._neighbour: Candidate | None = None
        self._private = Button(self._private_words, "status", icon_name="lock-simple")
        self._saved = Text(role="caption")
        row(
            self._device,
            self.gpu_help,
            None,
            self.running,
            self._private,
            self._saved,
            spacing=SPACE_3,
            margins=(SPACE_4, 1, SPACE_4, 0),
            parent=self,
        )
        self.popup: JobsPopup | None = None
        computer.changed.connect(self.retranslate)
        jobs.changed.connect(self._show_jobs)
        project.opened.connect(self.retranslate)
        project.edited.connect(self._on_edit)
        self.retranslate()
        self._show_jobs()

    @property
    def private(self) -> Button:
        """Opens what is said about privacy."""
        return self._private

    def retranslate(self) -> None:
        now = self._computer.now
        parts = []
        if now.cores:
            parts.append(ngettext("CPU, {n} core", "CPU, {n} cores", now.cores).format(n=now.cores))
        if now.free_memory_gb is not None:
            parts.append(
                _("{n} GB free").format(
                    n=f"{now.free_memory_gb:.1f}" if now.free_memory_gb < 10 else f"{now.free_memory_gb:.0f}"
                )
            )
        parts += now.gpus
        self._device.setText(" · ".join(parts))
        show_if(bool(parts) and not now.gpus, self.gpu_help)
        self.setAccessibleName(_("Status"))
        self._show_saved()
        self._show_jobs()

    def _on_edit(self, change: Change) -> None:
        self._show_saved()
        if "columns" in change.parts:
            self._show_private()

    def _show_private(self) -> None:
        """Whether a candidate of the project sends what it is asked away, or a job that runs now sends rows."""
        session = self._project.session
        jobs = [job.host for job in self._jobs.running if job.host]
        remote = remote_candidates(session) if session is not None else ()
        self._hosts, self._neighbour = tuple(dict.fromkeys([*hosts_of(remote), *jobs])), next(iter(remote), None)
        symbol = "cloud-arrow-up" if self._hosts else "desktop-tower" if self._neighbour else "lock-simple"
        self._private.set_icon(symbol)
        self._private.retranslate()
        meaning = _("Candidates of this project send what you type and the rows you evaluate to: {hosts}.")
        told = meaning.format(hosts=", ".join(self._hosts)) if self._hosts else ""
        if self._neighbour is not None and not self._hosts:
            told = sending_meaning(self._neighbour)
        self._private.setToolTip(told)

    def _private_words(self) -> str:
        hosts = self._hosts
        if not hosts:
            # What that server passes on, only it knows.
            return _("Asks a server on this computer") if self._neighbour else _("Nothing leaves this computer")
        if len(hosts) == 1:
            return _("Sends data to {host}").format(host=hosts[0])
        return ngettext("Sends data to {n} host", "Sends data to {n} hosts", len(hosts)).format(n=len(hosts))

    def _show_saved(self) -> None:
        session = self._project.session
        if session is None:
            self._saved.setText("")
        elif session.problem is not None:
            self._saved.setText(_("Not saved"))
            self._saved.setToolTip(session.problem.message)
        else:
            self._saved.setText(_("Read-only") if session.read_only else _("Saved"))
            self._saved.setToolTip(str(session.path))

    def _show_jobs(self) -> None:
        self._show_private()
        running = self._jobs.running
        show_if(bool(running), self.running)
        if len(running) == 1:
            self.running.setText(said(running[0].title))
        elif running:
            self.running.setText(ngettext("{n} job running", "{n} jobs running", len(running)).format(n=len(running)))
        if not running and self.popup is not None:
            self.popup.hide()

    def _toggle_jobs(self) -> None:
        from studio.gui.jobs_popup import JobsPopup

        self.popup = JobsPopup(self._jobs, self)
        self.popup.show_above(self.running)

"""Models: what is on this computer, what can be got, what answers elsewhere, and what runs it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QStackedWidget, QWidget

from studio.domain.comparison import Candidate
from studio.domain.errors import Failure, StudioError
from studio.domain.i18n import N_, _
from studio.gui.page import Page
from studio.gui.shell import Shell
from studio.gui.viewmodels.devices import Devices
from studio.gui.viewmodels.endpoints import Endpoints
from studio.gui.viewmodels.hub_offers import Asked, HubOffers, Offer
from studio.gui.viewmodels.models_library import ModelsLibrary
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import show_if
from studio.gui.widgets.models.add_dialog import AddDialog
from studio.gui.widgets.models.cache_dialog import CacheDialog
from studio.gui.widgets.models.devices import DevicesView
from studio.gui.widgets.models.dialogs import LicenceDialog
from studio.gui.widgets.models.endpoints import EndpointsView
from studio.gui.widgets.models.get import GetView
from studio.gui.widgets.models.installed import InstalledView
from studio.gui.widgets.models.jobs_list import JobsList
from studio.gui.widgets.models.offering_card import OfferingCard
from studio.gui.widgets.notice import Notice
from studio.gui.widgets.section import PageHead
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.words import Words, said
from studio.services.candidate_offers import MOST
from studio.services.candidates import preferred_precision

_VIEWS: tuple[tuple[str, Words], ...] = (
    ("installed", N_("On this computer")),
    ("get", N_("Get models")),
    ("endpoints", N_("Endpoints")),
    ("devices", N_("Devices")),
)
#: What a model of an endpoint is tried with, where the use case in hand is none for it.
_TALK = "chat"
_WAYS: tuple[tuple[str, Words], ...] = (
    ("folder", N_("From a folder …")),
    ("file", N_("From a file …")),
    ("cache", N_("From the Hugging Face cache …")),
)


class ModelsPage(Page):
    """The whole screen."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.library = ModelsLibrary(shell.background, lambda: shell.library, lambda: shell.pool, self)
        self.offers = HubOffers(shell.background, lambda: shell.library, self)
        self.devices_model = Devices(shell.background, lambda: shell.library, self)
        self.endpoints_model = Endpoints(shell.background, self)
        self.jobs = shell.model_jobs
        self.installed = InstalledView(self.library)
        self.get = GetView(self.offers)
        self.endpoints = EndpointsView(self.endpoints_model, OfferingCard(shell.offering))
        self.devices = DevicesView(self.devices_model)
        self.jobs_list = JobsList(self.jobs)
        self.views = SegmentedControl(_VIEWS, "installed", N_("What to show"))
        self.views.chosen.connect(self.show_view)
        self.add_button = Button(N_("Add a model"), icon_name="plus")
        self.add_menu = QMenu(self.add_button)
        self._ways: list[QAction] = []
        for way, _words in _WAYS:
            action = self.add_menu.addAction("")
            action.triggered.connect(lambda _checked=False, way=way: self._add(way))
            self._ways.append(action)
        self.add_button.setMenu(self.add_menu)
        self._drop = Notice(N_("Drop it here to add it to your models."), "accent")
        show_if(False, self._drop)
        self._stack = QStackedWidget()
        self._views: dict[str, QWidget] = {
            "installed": self.installed,
            "get": self.get,
            "endpoints": self.endpoints,
            "devices": self.devices,
        }
        for view in self._views.values():
            self._stack.addWidget(view)
        self.body.addWidget(PageHead(N_("Models"), "", self.views, self.add_button))
        self.body.addWidget(self._drop)
        self.body.addWidget(self.jobs_list)
        self.body.addWidget(self._stack, 1)
        self.setAcceptDrops(True)
        self._connect()
        self.retranslate()

    def _connect(self) -> None:
        toasts = self._shell.toasts
        self.library.failed.connect(toasts.show_failure)
        self.installed.try_wanted.connect(self._try)
        self.installed.repair_wanted.connect(self.jobs.repair)
        self.installed.add_wanted.connect(self.jobs.add)
        self.get.download_wanted.connect(self.jobs.download)
        self.get.show_wanted.connect(self._show_model)
        self.get.settings_wanted.connect(lambda: self._shell.navigation.open_screen("settings"))
        self.jobs.arrived.connect(lambda _model_id: self._on_arrived())
        self.jobs_list.try_wanted.connect(self._try)
        self.jobs_list.licence_wanted.connect(self._ask_licence)
        self.jobs_list.token_wanted.connect(self._ask_token)
        self.endpoints_model.failed.connect(toasts.show_failure)
        self.endpoints_model.removed.connect(self._on_endpoint_removed)
        self.endpoints.try_wanted.connect(self.try_remote)
        self._shell.navigation.place_chosen.connect(self._on_place)
        self._shell.preferences.changed.connect(self._on_setting)

    def arrive(self) -> None:
        super().arrive()
        self.library.read_again()
        self.jobs.look()
        self._arrive_view()

    def show_view(self, view: str) -> None:
        """Show one of the views: ``installed``, ``get``, ``endpoints`` or ``devices``."""
        self.views.show_value(view)
        self._stack.setCurrentWidget(self._views[view])
        self._arrive_view()

    def _on_place(self, place: str) -> None:
        """Another screen asked for one of the views."""
        if self._shell.navigation.screen == "models" and place in self._views:
            self.show_view(place)

    def _arrive_view(self) -> None:
        shown = self._stack.currentWidget()
        if shown is self.get:
            self.get.arrive(self._shell.navigation.task)
        elif shown is self.endpoints:
            self.endpoints.arrive()
        elif shown is self.devices:
            self.devices.arrive()

    def retranslate(self) -> None:
        for action, (_way, words) in zip(self._ways, _WAYS, strict=True):
            action.setText(said(words))

    def _on_arrived(self) -> None:
        self.offers.forget()
        self.get.ask_again()
        self.library.read_again()

    def _on_setting(self, key: str) -> None:
        if key == "library":
            self.library.read_again()
        if key in ("offline", "hub", "proxy", "library"):
            self.offers.forget()
            if self._stack.currentWidget() is self.get:
                self.get.arrive()

    # -- trying --------------------------------------------------------------------------------------------------

    def _try(self, model_id: str) -> None:
        """Open the model's use case with it as a candidate."""
        listed = self.library.find(model_id)
        if listed is None or listed.model.task is None:
            return
        model, task = listed.model, listed.model.task
        device = str(self._shell.preferences.value("device"))
        wanted = Candidate(model.id, preferred_precision(model, device), device) if model.precisions else None
        self._open_with(task, wanted)

    def try_remote(self, endpoint: str, model: str) -> None:
        """Open a use case with a model of an endpoint as a candidate: the one in hand where it can do that, else a
        conversation."""
        from studio.services.endpoint_candidates import can_do, candidate_of
        from studio.tasks import find_task

        found = self.endpoints_model.find(endpoint)
        if found is not None:
            in_hand = self._shell.navigation.task
            task = in_hand if in_hand and can_do(find_task(in_hand)) else _TALK
            self._open_with(task, candidate_of(found, model))

    def _open_with(self, task: str, wanted: Candidate | None) -> None:
        session = self._shell.project.session
        if session is not None and not session.read_only and wanted is not None:
            columns = session.columns(task)
            there = any(column.candidate.model == wanted.model for column in columns)
            if not there and len(columns) < MOST:
                try:
                    session.add_column(task, wanted)
                except StudioError as error:
                    self._shell.toasts.show_failure(Failure.of(error))
            elif not there:
                self._shell.toasts.show(N_("All places are taken: replace one of the candidates with it."), "accent")
        self._shell.navigation.open_task(task)

    def _on_endpoint_removed(self, name: str) -> None:
        self._shell.toasts.show(
            lambda: _("{name} is removed, and its key with it.").format(name=name),
            action=N_("Undo"),
            on_action=self.endpoints_model.undo_remove,
        )

    def _show_model(self, model_id: str) -> None:
        self.show_view("installed")
        self.installed.show_only(model_id)

    # -- adding --------------------------------------------------------------------------------------------------

    def _add(self, way: str) -> None:
        if way == "cache":
            self._open_cache()
            return
        title = _("Add a model")
        if way == "folder":
            path = QFileDialog.getExistingDirectory(self, title)
        else:
            path, _filter = QFileDialog.getOpenFileName(self, title, "", _("Models") + " (*.onnx *.safetensors)")
        if path:
            self.take(Path(path))

    def take(self, source: Path) -> AddDialog:
        """Ask what to make of a folder or file, and add it."""
        dialog = AddDialog(source, self)
        dialog.wanted.connect(self.jobs.add)
        dialog.open()
        return dialog

    def _open_cache(self) -> None:
        dialog = CacheDialog(self)
        dialog.link_wanted.connect(self.library.link)
        self.library.linked.connect(dialog.show_linked)
        self.library.read_cache(dialog.show_models)
        dialog.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event.mimeData().urls()) is not None:
            show_if(True, self._drop)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        show_if(False, self._drop)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        show_if(False, self._drop)
        path = _dropped(event.mimeData().urls())
        if path is not None:
            event.acceptProposedAction()
            self.take(path)

    # -- what a download waits for -------------------------------------------------------------------------------

    def _ask_licence(self, job_id: str) -> None:
        job = self.jobs.downloads.get(job_id)
        if job is None:
            return
        request = job.request

        def show(asked: Asked) -> None:
            model = asked.model
            dialog = LicenceDialog(model.id, model.licence, bool(model.gated), asked.page, model.licence_link, self)
            dialog.accepted.connect(lambda: self.jobs.download(replace(request, accept_licence=True)))
            dialog.open()

        self.offers.look_up(Offer(request.hub_id, request.task), show, self._shell.toasts.show_failure)

    def _ask_token(self, job_id: str) -> None:
        job = self.jobs.downloads.get(job_id)
        if job is not None:
            from studio.services.catalog import model_page

            self.get.ask_token(model_page(job.request.hub_id), lambda: self.jobs.resume(job_id))


def _dropped(urls: list[QUrl]) -> Path | None:
    """The one folder or model file that is dropped; None where it is anything else."""
    from studio.library.add import MODEL_FILES

    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    if len(paths) != 1:
        return None
    path = paths[0]
    return path if path.is_dir() or path.name.lower().endswith(MODEL_FILES) else None

"""What the window gives its screens: the services they work with and the ways to say something."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from studio.domain.i18n import N_, _
from studio.gui.bridge import Background
from studio.gui.jobs import RunningJobs
from studio.gui.navigation import Navigation
from studio.gui.theme.theme import Theme
from studio.gui.viewmodels.preferences import Preferences
from studio.gui.viewmodels.project import CurrentProject

if TYPE_CHECKING:
    from studio.gui.viewmodels.model_jobs import ModelJobs
    from studio.gui.viewmodels.offering import OfferingModel
    from studio.gui.widgets.toast import ToastArea
    from studio.gui.words import Words
    from studio.library.store import Library
    from studio.services.pool import CandidatePool


class Shell(QObject):
    """Handed to every screen's ``build``; made once by `studio.gui.app`, no global.

    Attributes:
        background: Runs work off the window's thread.
        navigation: Where the window is.
        jobs: What is running, for the status bar.
        theme: Light or dark.
        preferences: The user's settings.
        project: The open project.
        toasts: Short messages; set by the window, which they lie upon.
        window_action: Does one of the window's actions by its id; set by the window.
        offer_undo: Says what an edit did, with Undo for as long as it is the last one; set by the window.
    """

    toasts: ToastArea
    window_action: Callable[[str], None]
    offer_undo: Callable[[Words], None]

    def __init__(self, application: QApplication, preferences: Preferences) -> None:
        super().__init__()
        self.preferences = preferences
        self.background = Background(self)
        self.navigation = Navigation(self)
        self.jobs = RunningJobs(self)
        self.theme = Theme(application, preferences.theme, self)
        self.project = CurrentProject(self.background, self)
        self._library: Library | None = None
        self._pool: CandidatePool | None = None
        self._model_jobs: ModelJobs | None = None
        self._offering: OfferingModel | None = None
        self._making = threading.Lock()
        preferences.changed.connect(self._on_setting)

    @property
    def library(self) -> Library:
        """The models on this computer. Listing them reads the disk: do it in the background."""
        if self._library is None:
            from studio.library.store import Library

            self._library = Library.open()
        return self._library

    @property
    def pool(self) -> CandidatePool:
        """The loaded candidates of the whole window. Ask for it in the background the first time."""
        with self._making:
            if self._pool is None:
                from studio.services.pool import CandidatePool

                self._pool = CandidatePool(budget_mb=self._memory_budget_mb())
            return self._pool

    @property
    def model_jobs(self) -> ModelJobs:
        """Downloads and conversions; they go on whichever screen is shown."""
        if self._model_jobs is None:
            from studio.gui.viewmodels.model_jobs import ModelJobs

            made = self._model_jobs = ModelJobs(self.background, self.jobs, lambda: self.library, self)
            made.failed.connect(self.toasts.show_failure)
            made.arrived.connect(self._on_model)
        return self._model_jobs

    @property
    def offering(self) -> OfferingModel:
        """The model that is offered to other programs, whichever screen is shown."""
        if self._offering is None:
            from studio.gui.viewmodels.offering import OfferingModel

            self._offering = OfferingModel(self.background, self.jobs, lambda: self.library, self)
        return self._offering

    def _on_model(self, model_id: str) -> None:
        self.toasts.show(
            lambda: _("{name} is ready.").format(name=model_id),
            "good",
            N_("Show models"),
            lambda: self.navigation.open_screen("models"),
        )

    def _memory_budget_mb(self) -> float | None:
        return float(self.preferences.value("loaded_memory_mb")) or None

    def _on_setting(self, key: str) -> None:
        if key == "loaded_memory_mb" and self._pool is not None:
            self._pool.set_budget(self._memory_budget_mb())

    def close(self) -> None:
        """The window closes: end what was begun."""
        if self._model_jobs is not None:
            self._model_jobs.close()
        if self._offering is not None:
            self._offering.close()
        if self._pool is not None:
            self._pool.close()
        self.theme.release()
        self.project.close()

    def forget_library(self) -> None:
        """Look for models in the folder that the settings name now."""
        self._library = None
        if self._model_jobs is not None:
            self._model_jobs.forget_library()

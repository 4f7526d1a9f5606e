"""New, open, save a copy, rename, undo: what the window does with projects.

Dialogs live here. Qt prepares each class when it is first imported, so what the first paint does not need is imported
where it is used, here and in the window.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from studio.domain.errors import Failure, ProjectInUseError, ReadOnlyProjectError
from studio.domain.i18n import N_, _
from studio.gui.words import Words, plain

if TYPE_CHECKING:
    from studio.gui.shell import Shell
    from studio.services.projects import ProjectSession

_PATTERN = "*.studio"


class Files:
    """The window's project commands."""

    def __init__(self, shell: Shell, window: QWidget) -> None:
        self._shell = shell
        self._window = window
        shell.project.not_opened.connect(self._not_opened)

    @property
    def ready(self) -> bool:
        """Whether a project is open."""
        return self._shell.project.session is not None

    @property
    def writable(self) -> bool:
        """Whether the open project takes edits."""
        session = self._shell.project.session
        return session is not None and not session.read_only

    @property
    def can_undo(self) -> bool:
        return self.writable and bool(self._session.undo_title)

    @property
    def can_redo(self) -> bool:
        return self.writable and bool(self._session.redo_title)

    @property
    def _session(self) -> ProjectSession:
        session = self._shell.project.session
        if session is None:
            raise RuntimeError("no project is open")
        return session

    def new(self) -> None:
        """Begin a project. The one before is stored already."""
        self._shell.project.begin()
        self._shell.navigation.open_screen("home")

    def open(self) -> None:
        """Ask for a project's file and open it."""
        from PySide6.QtWidgets import QFileDialog

        name, _filter = QFileDialog.getOpenFileName(
            self._window, _("Open a project"), "", _("Studio projects ({pattern})").format(pattern=_PATTERN)
        )
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> None:
        """Open the project of that file."""
        self._shell.project.open(path)

    def save_copy(self) -> None:
        """Ask for a place; a draft goes on there, another project gets a copy there."""
        from PySide6.QtWidgets import QFileDialog

        session = self._session
        start = str(Path.home() / f"{session.name}.studio")
        name, _filter = QFileDialog.getSaveFileName(
            self._window, _("Save a copy"), start, _("Studio projects ({pattern})").format(pattern=_PATTERN)
        )
        if not name:
            return
        path = Path(name)
        if path.suffix != ".studio":
            path = path.with_name(path.name + ".studio")
        self._shell.background.run(
            # The dialog has asked already whether a file there may be replaced.
            lambda: session.save(path, overwrite=True),
            lambda _none: self._saved(path),
            owner=self._window,
        )

    def rename(self) -> None:
        """Ask for a name."""
        from PySide6.QtWidgets import QInputDialog, QLineEdit

        session = self._session
        name, accepted = QInputDialog.getText(
            self._window, _("Rename the project"), _("Name"), QLineEdit.EchoMode.Normal, session.name
        )
        if accepted and name.strip():
            session.rename(name)

    def undo(self) -> None:
        """Take back the last edit, and say which."""
        session = self._session
        title = session.undo()
        if title:
            self._shell.toasts.show(
                lambda: _("Undone: {title}").format(title=title),
                action=N_("Redo"),
                on_action=self.redo,
                holds=lambda: self.writable and session is self._session and session.redo_title == title,
            )

    def offer_undo(self, message: Words) -> None:
        """Say what an edit did, and offer to undo it for as long as it is the last one."""
        session = self._session
        title = session.undo_title
        self._shell.toasts.show(
            message,
            action=N_("Undo"),
            on_action=self.undo,
            holds=lambda: self.writable and session is self._session and session.undo_title == title,
        )

    def redo(self) -> None:
        """Make the last undone edit again."""
        if self.can_redo:
            self._session.redo()

    def _saved(self, path: Path) -> None:
        self._shell.toasts.show(plain(_("Saved as {name}.").format(name=path.name)), "good")

    def _not_opened(self, path: Path, failure: Failure) -> None:
        """Say why, and offer what is still possible."""
        project = self._shell.project
        if project.session is None:
            # It was named when the studio was started; without a project nothing could be tried.
            project.begin()
        more: list[tuple[Words, Callable[[], object]]] = []
        if failure.kind in (ProjectInUseError.__name__, ReadOnlyProjectError.__name__):
            more = [
                (N_("Only look at it"), lambda: project.look_at(path)),
                (N_("Open a copy"), lambda: project.open_copy(path)),
            ]
        self._shell.toasts.show(plain(f"{failure.message} {failure.next_step}".strip()), "bad", more=more)

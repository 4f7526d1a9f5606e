"""Begin, open and find projects again: what a front end asks for before it holds a `ProjectSession`.

    projects = Projects()
    with projects.open(path) as session:
        for column in session.columns("chat"): ...

A new project is a draft: a file among the studio's own data, stored as it grows, until it is saved elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

from studio.domain.errors import InputError, ProjectError, ProjectInUseError
from studio.domain.i18n import _
from studio.project.failures import explained
from studio.project.file import ProjectFile
from studio.project.lock import Holder, holder_of, is_held
from studio.services.project_session import Change, Part, ProjectSession
from studio.services.recent import RecentProject, RecentProjects

__all__ = ["EXTENSION", "Change", "Holder", "Part", "ProjectSession", "Projects", "RecentProject", "holder_of"]

#: How project files are named.
EXTENSION = ".studio"


class Projects:
    """The projects of this computer: drafts, and those opened lately.

    Args:
        folder: Where the studio keeps drafts and the list of recent projects; where None, ``STUDIO_PROJECTS``
            names it, or it is the system's place for a user's data.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or own_folder()
        #: Where drafts lie.
        self.drafts = self.folder / "drafts"
        self._recent = RecentProjects(self.folder / "recent.json")

    def new(self, name: str = "") -> ProjectSession:
        """A new, empty project, as a draft.

        Raises:
            ProjectError: There is no room or no permission for a draft.
        """
        return self._listed(self._new_draft(name))

    def open(self, path: Path, read_only: bool = False) -> ProjectSession:
        """Open a project.

        Args:
            path: Its file.
            read_only: Only look at it; works for read-only files and for those that are open elsewhere, which are
                shown as they are now.

        Raises:
            MissingProjectError: There is no such file.
            NotAProjectError: It is something else.
            NewerProjectError: A newer studio wrote it.
            DamagedProjectError: It is damaged.
            ReadOnlyProjectError: It can't be changed; offer ``read_only`` and `open_copy`.
            ProjectInUseError: Another window has it open, and the sentence says which; offer the same.
            ProjectError: It can't be read.
        """
        path = path.expanduser().absolute()
        file = ProjectFile.open_read_only(path) if read_only else ProjectFile.open(path)
        return self._listed(ProjectSession(file, self.drafts))

    def open_copy(self, path: Path) -> ProjectSession:
        """Open a copy of a project, as a draft; for files that are read-only or open elsewhere. Raises as `open`."""
        path = path.expanduser().absolute()
        original = ProjectFile.open_read_only(path)
        copy = self._draft_path()
        try:
            original.copy_to(copy)
        finally:
            original.close()
        session = ProjectSession(ProjectFile.open(copy), self.drafts)
        name = session.info.name or path.stem
        session.stamp(_("Copy of {name}").format(name=name))
        return self._listed(session)

    def resume(self) -> ProjectSession:
        """The project worked on last, if it can be opened; else a new one. What a window begins with."""
        for recent in self.recent():
            if not recent.missing and not is_held(recent.path):
                try:
                    return self.open(recent.path)
                except ProjectError:
                    break
        return self.new()

    def recent(self) -> tuple[RecentProject, ...]:
        """Projects opened lately, newest first: saved ones (marked where the file is missing), and every draft."""
        known = {path: (name, opened) for path, name, opened in self._recent.all()}
        with contextlib.suppress(OSError):
            for draft in self.drafts.glob(f"*{EXTENSION}"):
                # Drafts that the list does not have, because it was lost or could not be written.
                known.setdefault(draft, ("", datetime.fromtimestamp(draft.stat().st_mtime, UTC)))
        found = []
        for path, (name, opened) in known.items():
            is_draft, missing = path.parent == self.drafts, not path.is_file()
            if not (is_draft and missing):
                found.append(RecentProject(path, name or _unnamed(path, is_draft), opened, is_draft, missing))
        return tuple(sorted(found, key=lambda recent: recent.opened, reverse=True))

    def forget(self, path: Path) -> None:
        """Take a project off the list; its file stays."""
        self._recent.remove(path)

    def delete_draft(self, path: Path) -> None:
        """Delete a draft for good; a front end asks first.

        Raises:
            InputError: It is no draft.
            ProjectInUseError: A window has it open.
            ProjectError: It can't be deleted.
        """
        if path.parent != self.drafts:
            raise InputError(_("{name} is not a draft, so the studio leaves it alone.").format(name=path.name))
        if is_held(path):
            raise ProjectInUseError(_("This draft is open."), _("Close it first."))
        with explained(path):
            for mark in ("", "-wal", "-shm"):
                path.with_name(path.name + mark).unlink(missing_ok=True)
        self._recent.remove(path)

    def _new_draft(self, name: str) -> ProjectSession:
        with explained(self.drafts):
            self.drafts.mkdir(parents=True, exist_ok=True)
        session = ProjectSession(ProjectFile.create(self._draft_path()), self.drafts)
        session.stamp(name)
        return session

    def _draft_path(self) -> Path:
        with explained(self.drafts):
            self.drafts.mkdir(parents=True, exist_ok=True)
        return self.drafts / f"{datetime.now():%Y-%m-%d %H%M%S} {uuid.uuid4().hex[:6]}{EXTENSION}"

    def _listed(self, session: ProjectSession) -> ProjectSession:
        """Put it on the list now, and again when it gets another name or place."""
        self._recent.add(session.path, session.info.name)
        place = session.path

        def keep_listed(change: Change) -> None:
            nonlocal place
            if change.parts & {"info", "place"}:
                if session.path != place:
                    self._recent.remove(place)
                    place = session.path
                self._recent.add(place, session.info.name)

        session.on_change(keep_listed)
        return session


def own_folder() -> Path:
    given = os.environ.get("STUDIO_PROJECTS", "")
    if given:
        return Path(given).expanduser().absolute()
    from platformdirs import user_data_dir

    return Path(user_data_dir("prototype-studio", appauthor=False)) / "projects"


def _unnamed(path: Path, draft: bool) -> str:
    return _("Untitled project") if draft else path.stem

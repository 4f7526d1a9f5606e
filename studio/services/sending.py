"""What leaves this computer: which candidates send texts where, in words, and where the user agreed to it."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from studio.domain.comparison import Candidate
from studio.domain.i18n import _
from studio.services.settings import settings_file

if TYPE_CHECKING:
    from studio.services.project_session import ProjectSession

#: Projects whose answers are kept; those agreed to longest ago are asked again.
_KEPT = 500
#: Under which name a project remembers what it is known by here. Nobody else can know it.
_NAME = "sending key"


def sending_words(candidate: Candidate) -> str:
    """Where a candidate's texts go, in a few words; empty where a model of this studio runs."""
    if not candidate.remote:
        return ""
    if candidate.leaves:
        return _("Sends data to {host}").format(host=candidate.device)
    return _("Server on this computer")


def sending_meaning(candidate: Candidate) -> str:
    """The same as a sentence; empty where a model of this studio runs."""
    if not candidate.remote:
        return ""
    if candidate.leaves:
        return _(
            "What you type and every row that is evaluated leaves this computer: {host} gets it and answers."
        ).format(host=candidate.device)
    return _(
        "Another program on this computer gets it and answers. Whether it passes anything on, only that program knows."
    )


def hosts_of(candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """The hosts outside this computer that get what is asked, each once."""
    return tuple(dict.fromkeys(each.device for each in candidates if each.leaves))


def remote_candidates(session: ProjectSession) -> tuple[Candidate, ...]:
    """The candidates of a project, of whatever use case, that an endpoint answers for."""
    from studio.tasks import all_tasks

    columns = (column for task in all_tasks() for column in session.columns(task.id))
    return tuple(column.candidate for column in columns if column.candidate.remote)


class Consent:
    """Where the user agreed that a project's texts may go.

    It is kept beside the settings and not in the project: a project that comes from somebody else can't bring it
    along. What can't be read counts as never agreed to.

    Args:
        file: Where it is kept; beside the settings where None.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or settings_file().with_name("sending.json")

    def missing(self, session: ProjectSession, candidates: Iterable[Candidate]) -> tuple[str, ...]:
        """Hosts that these candidates send to and that the user did not agree to in this project."""
        allowed = self._read().get(_key(session), [])
        return tuple(host for host in hosts_of(candidates) if host not in allowed)

    def give(self, session: ProjectSession, hosts: Iterable[str]) -> None:
        """The user agrees. Where that can't be stored, the question comes again."""
        kept = self._read()
        key = _made_key(session)
        before = kept.pop(key, [])
        kept[key] = list(dict.fromkeys([*before, *hosts]))
        self._write(dict(list(kept.items())[-_KEPT:]))

    def _read(self) -> dict[str, list[str]]:
        try:
            data = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(data, dict):
            return {}
        return {
            str(key): [host for host in hosts if isinstance(host, str)]
            for key, hosts in data.items()
            if isinstance(hosts, list)
        }

    def _write(self, kept: dict[str, list[str]]) -> None:
        unfinished = self._file.with_name(f".{self._file.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            unfinished.replace(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)


def _key(session: ProjectSession) -> str:
    """What a project is known by here: it stays when the file is moved, and a copy goes on with what was agreed to."""
    known = session.recall(_NAME, "")
    return known if isinstance(known, str) else ""


def _made_key(session: ProjectSession) -> str:
    """The same, made where the project has none yet."""
    if not _key(session):
        session.remember(_NAME, uuid.uuid4().hex)
    return _key(session)

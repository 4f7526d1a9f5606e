"""One tree of errors. Each carries a sentence for the user, a next step, and the technical detail."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from studio.domain.i18n import _


class StudioError(Exception):
    """Something the studio can explain.

    Args:
        message: One plain sentence: what happened, and what it means for the user's work.
        next_step: One plain sentence: what the user can do about it; empty when there is nothing to do.
        detail: The technical text, shown behind "Details" (a traceback, a library's own message).
    """

    def __init__(self, message: str, next_step: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.detail = detail

    def __reduce__(self) -> tuple[type[StudioError], tuple[str, str, str]]:
        return type(self), (self.message, self.next_step, self.detail)

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()


class InputError(StudioError):
    """What the user gave can't be used: empty text, an unknown option, a file that isn't there."""


class UnknownNameError(InputError):
    """No task, model, precision, device or option of that name."""


class ModelFolderError(StudioError):
    """A folder is no model, or lacks something a model needs."""


class DamagedModelError(StudioError):
    """A model's file is missing, truncated or altered."""


class UnsafeModelError(StudioError):
    """A model asks for something the studio refuses: pickled weights, code of its own, a path outside its folder."""


class ConversionError(StudioError):
    """Exporting or quantizing a model failed, or its result differs too much from the original."""


class MissingDependencyError(StudioError):
    """A library that this step needs is not installed."""


class DeviceError(StudioError):
    """A device or execution provider can't be used here."""


class HubError(StudioError):
    """The Hub, a mirror of it, or the way there does not work, or does not have what was asked for."""


class HubAccessError(HubError):
    """The Hub wants to know who asks: a token, or terms accepted on the model's page."""


class OfflineError(HubError):
    """The user forbade using the network, and this needs it."""


class EndpointError(StudioError):
    """An endpoint, or the way there, does not work, or does not do what was asked."""


class EndpointAccessError(EndpointError):
    """An endpoint wants another key, or does not allow this to the one it was shown."""


class EndpointBusyError(EndpointError):
    """An endpoint has no time for more requests, or the account no quota left."""


class EndpointUnreachableError(EndpointError):
    """Nobody answers at the endpoint's address, or nobody who can prove who it is."""


class EndpointAnswerError(EndpointError):
    """An endpoint answered what can't be used: no label, no text, or something cut short."""


class LicenceError(InputError):
    """The model's licence has to be accepted first."""


class StoppedError(StudioError):
    """The user stopped it before there was an answer."""


class WorkerError(StudioError):
    """A worker process ended or stopped answering."""


class WorkerCrashed(WorkerError):
    """The worker process died (a segmentation fault, an abort, a kill from outside)."""


class OutOfMemory(WorkerError):
    """The model or its answer needed more memory than there is."""


#: What native libraries write when an allocation fails, where it does not reach Python as a `MemoryError`.
_NO_MEMORY = (
    "bad_alloc",
    "bad allocation",
    "can't allocate memory",
    "Failed to allocate memory",
    "out of memory",
    "BFCArena",
)


def is_disk_full(error: OSError) -> bool:
    """Whether there was no room to write: on the disk, by a quota, or for a file so large."""
    return error.errno in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


def tells_of_no_memory(text: str) -> bool:
    """Whether a library's message, or the last words of a process, mean that memory ran out."""
    return any(mark in text for mark in _NO_MEMORY)


def out_of_memory(detail: str) -> OutOfMemory:
    """The error for a model that needs more memory than there is."""
    return OutOfMemory(
        _("There is not enough memory for this model."),
        _("Close other programs, or try a smaller precision or model."),
        detail,
    )


class ClusterError(StudioError):
    """A cluster can't be reached, or can't be used for an evaluation."""


class NodeLostError(ClusterError):
    """The node or the process that had the work is gone; the work can be done elsewhere."""


class WorkerHung(WorkerError):
    """The worker process stopped answering and was ended."""


class ProjectError(StudioError):
    """Something about a project file; the file is left as it is."""


class MissingProjectError(ProjectError):
    """There is no such project file."""


class NotAProjectError(ProjectError):
    """A file that is something else: another program's database, a text, an archive."""


class NewerProjectError(ProjectError):
    """A project that a newer version of the studio wrote."""


class DamagedProjectError(ProjectError):
    """A project file that is cut short, altered, or holds what no studio wrote."""


class ReadOnlyProjectError(ProjectError):
    """A project that can be looked at but not changed."""


class ProjectInUseError(ProjectError):
    """A project that another window has open."""


class ProjectStorageError(ProjectError):
    """A change could not be stored: the disk is full, or went away."""


class SettingsError(StudioError):
    """A setting could not be stored."""


@dataclass(frozen=True)
class Failure:
    """An error as a value, so that it can cross a process boundary, be stored and be shown.

    Attributes:
        kind: Name of the error's class, such as ``"InputError"``; ``"InternalError"`` for anything unforeseen.
        message: See `StudioError`.
        next_step: See `StudioError`.
        detail: See `StudioError`.
    """

    kind: str
    message: str
    next_step: str = ""
    detail: str = ""

    @classmethod
    def of(cls, error: BaseException, detail: str = "") -> Failure:
        """The failure that stands for ``error``; ``detail`` is used where the error has none of its own."""
        if isinstance(error, StudioError):
            return cls(type(error).__name__, error.message, error.next_step, error.detail or detail)
        if isinstance(error, MemoryError):
            return cls(
                OutOfMemory.__name__,
                _("There was not enough memory."),
                _("Close other programs, or try a smaller precision or model."),
                detail or repr(error),
            )
        return cls(
            "InternalError",
            _("Something unexpected went wrong: {name}.").format(name=type(error).__name__),
            _("The details help whoever looks into it."),
            detail or repr(error),
        )

    def to_error(self) -> StudioError:
        """The exception of the same kind, to raise on the other side of a boundary."""
        found = _kinds().get(self.kind, StudioError)
        return found(self.message, self.next_step, self.detail)


def _kinds() -> dict[str, type[StudioError]]:
    kinds: dict[str, type[StudioError]] = {}
    todo = [StudioError]
    while todo:
        kind = todo.pop()
        kinds[kind.__name__] = kind
        todo.extend(kind.__subclasses__())
    return kinds

"""The download queue: one model after the other, each in a process of its own, to be paused and resumed at will.

What was asked for and what has arrived is kept on disk, inside the library: after a crash or a restart the queue shows
the unfinished ones as paused, and `resume` goes on at the right byte. A model is listed only when it is complete.
"""

from __future__ import annotations

from collections.abc import Callable

from studio.domain.hub import DownloadProgress, DownloadRequest
from studio.library.store import Library


class Downloads:
    """The queue of one library. Safe to use from any thread; callbacks come from the queue's own threads.

    Args:
        library: Where finished models go. Must be on a disk with room; parts lie in its hidden ``.downloads`` folder.
    """

    def __init__(self, library: Library) -> None:
        raise NotImplementedError

    def enqueue(self, request: DownloadRequest) -> str:
        """Download a model when its turn comes, and return the job's id at once.

        Asking for a model whose job is not finished yet changes nothing but its place: the same job goes on (with the
        licence accepted, if ``request`` says so).

        Raises:
            InputError: The ids can't be used.
            OfflineError: The network is not to be used.
        """
        raise NotImplementedError

    def repair(self, model_id: str) -> str:
        """Check a downloaded model and fetch its damaged files again, and only those; returns the job's id.

        Raises:
            UnknownNameError: The library has none of that id.
            InputError: It ships with the studio, or is a folder outside the library.
        """
        raise NotImplementedError

    def pause(self, job_id: str) -> None:
        """Stop it within a second and keep what has arrived. Nothing happens to a job that rests."""
        raise NotImplementedError

    def resume(self, job_id: str) -> None:
        """Go on with a paused or failed one, behind those that wait."""
        raise NotImplementedError

    def cancel(self, job_id: str) -> None:
        """Stop it and delete what has arrived."""
        raise NotImplementedError

    def dismiss(self, job_id: str) -> None:
        """Take a finished, failed or cancelled job off the list; what a failed one had downloaded is deleted."""
        raise NotImplementedError

    def jobs(self) -> tuple[DownloadProgress, ...]:
        """All jobs in the order of the queue, finished ones of this session last."""
        raise NotImplementedError

    def job(self, job_id: str) -> DownloadProgress:
        """One of them.

        Raises:
            UnknownNameError: There is none of that id.
        """
        raise NotImplementedError

    def on_change(self, callback: Callable[[DownloadProgress], None]) -> Callable[[], None]:
        """Call ``callback`` with a job whenever it changed, at most about five times a second each.

        The function returned ends that. A dismissed job is reported once more, in stage ``cancelled``.
        """
        raise NotImplementedError

    def wait(self, job_id: str, timeout_s: float | None = None) -> DownloadProgress:
        """Wait until a job rests (or the time is over) and return it."""
        raise NotImplementedError

    def close(self) -> None:
        """Pause what runs, keep everything, end the threads."""
        raise NotImplementedError

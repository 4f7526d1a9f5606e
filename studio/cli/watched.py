"""A line on standard error that changes while a person watches."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from studio.domain.i18n import _


class WatchedLine:
    """Says what happens now, where a terminal shows it; nothing where no person watches.

    Args:
        first: What it says before anything has happened.
        quiet: Whether nothing is said at all.
    """

    def __init__(self, first: str = "", quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet)
        watched = self.console.is_terminal and not quiet
        self._status: Status | None = self.console.status(escape(first)) if watched else None

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    @property
    def watched(self) -> bool:
        """Whether a person may be looking."""
        return self._status is not None

    def show(self, words: str) -> None:
        """What happens now."""
        if self._status:
            self._status.update(escape(words))


def took_words(seconds: float) -> str:
    """How long something took."""
    if seconds < 90:
        return _("It took {seconds:.1f} s.").format(seconds=seconds)
    return _("It took {n} min.").format(n=round(seconds / 60))


def left_words(seconds: float) -> str:
    """How long it takes still, about."""
    if seconds < 90:
        return _("about {n} s left").format(n=max(1, round(seconds)))
    return _("about {n} min left").format(n=round(seconds / 60))

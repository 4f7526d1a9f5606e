"""Single values on their way into and out of a project file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from studio.project.codec import damaged

T = TypeVar("T", bound=str)


def clean(text: str) -> str:
    """``text`` as UTF-8 can hold it: lone surrogates, which clipboards and models can produce, become marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def moment(text: str) -> datetime:
    """The time that ``text`` (ISO 8601 with offset) names.

    Raises:
        DamagedProjectError: It names none.
    """
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise damaged(f"time {text!r:.80}") from error


def one_of(text: str, allowed: Sequence[T]) -> T:
    """``text``, which must be one of a few words.

    Raises:
        DamagedProjectError: It is another.
    """
    for word in allowed:
        if word == text:
            return word
    raise damaged(f"{text!r:.80} is none of {', '.join(allowed)}")

"""Why a worker process ended, as failures that can be shown."""

from __future__ import annotations

import signal

from studio.domain.errors import (
    Failure,
    WorkerCrashed,
    WorkerError,
    WorkerHung,
    out_of_memory,
    tells_of_no_memory,
)
from studio.domain.i18n import _

#: STATUS_NO_MEMORY and STATUS_COMMITMENT_LIMIT: Windows' words for having run out.
_WINDOWS_NO_MEMORY = (0xC0000017, 0xC000012D)


def closed() -> Failure:
    """The studio itself ended it: the user stopped a job, or the candidate is no longer needed."""
    return Failure(WorkerError.__name__, _("The model was closed."), _("Run it again to open it."))


def hung() -> Failure:
    """It gave no sign of life and was ended."""
    return Failure(
        WorkerHung.__name__,
        _("The model's process stopped answering and was ended."),
        _("Run it again; if it happens every time, try another precision or model."),
    )


def crashed(exit_code: int | None, last_words: str) -> Failure:
    """It died without the studio's doing.

    Args:
        exit_code: As `multiprocessing.Process.exitcode` has it: negative for a signal.
        last_words: The end of what it printed.
    """
    code = exit_code or 0
    detail = f"{_name(code)}\n{last_words}".strip()
    if tells_of_no_memory(last_words) or code in _WINDOWS_NO_MEMORY:
        return Failure.of(out_of_memory(detail))
    if code == -getattr(signal, "SIGKILL", 9):
        return Failure(
            WorkerCrashed.__name__,
            _("The system ended the model's process, probably because memory ran out."),
            _("Close other programs, or try a smaller precision or model."),
            detail,
        )
    return Failure(
        WorkerCrashed.__name__,
        _("The model's process crashed ({reason}).").format(reason=_name(code)),
        _(
            "Other candidates are not affected. Run it again; if it crashes every time, `studio models verify` "
            "checks its files."
        ),
        detail,
    )


def _name(code: int) -> str:
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code:#x}" if code > 255 else f"exit code {code}"

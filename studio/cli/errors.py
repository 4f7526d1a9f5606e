"""How the terminal shows errors: one clear sentence, a next step, and an exit code that scripts can rely on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from studio.domain.errors import InputError, StudioError
from studio.domain.i18n import _

#: Exit codes. 0: everything asked for was done. 1: something failed. 2: what was asked for can't be done as asked.
FAILED = 1
BAD_INPUT = 2
#: What shells use for a program that was interrupted with Ctrl+C.
INTERRUPTED = 130


@contextmanager
def handle_errors() -> Iterator[None]:
    """Turns a `StudioError` into a sentence on standard error and the exit code that goes with it."""
    import typer

    try:
        yield
    except StudioError as error:
        print_error(error)
        raise typer.Exit(BAD_INPUT if isinstance(error, InputError) else FAILED) from error
    except BrokenPipeError:
        # The reader of our output (head, less) went away: not an error. Python would complain while it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        sys.stderr.write("\n" + _("Stopped.") + "\n")
        raise typer.Exit(INTERRUPTED) from None


def print_error(error: StudioError) -> None:
    """The sentence, the next step, and with ``STUDIO_DEBUG=1`` the technical detail, on standard error."""
    sys.stderr.write(_("Error: {error}").format(error=error) + "\n")
    if error.detail and os.environ.get("STUDIO_DEBUG"):
        sys.stderr.write(error.detail.rstrip() + "\n")

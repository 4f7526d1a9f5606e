"""Whether a model will run here, as the terminal says it: before a download, and of what is in the library."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import typer

from studio.cli.table import safe
from studio.domain.hub import DownloadRequest
from studio.domain.i18n import _
from studio.services import catalog
from studio.services.fit import Fit


def best(fits: Mapping[str, Fit]) -> Fit | None:
    """The advice for the precision that needs least."""
    return min(fits.values(), key=lambda fit: fit.need.memory_mb, default=None)


def fit_row(fit: Fit) -> dict[str, Any]:
    """Advice in JSON."""
    return {
        "verdict": fit.verdict,
        "need_mb": round(fit.need.memory_mb),
        "measured": fit.need.measured,
        "free_mb": round(fit.room.free_mb),
    }


def advise_before(request: DownloadRequest) -> None:
    """Say what a download takes and whether it will run here; ask where it won't and somebody can answer.

    Raises:
        StudioError: The Hub could not be asked.
    """
    model = catalog.ask(request.hub_id, request.revision)
    fits = catalog.fits(model, with_configuration=True)
    usual = catalog.usual_precision(model, request.task)
    wanted = [] if request.convert else [name for name in request.precisions or (usual,) if name in fits]
    for name in wanted:
        size = catalog.download_mb(model, name)
        line = _("{precision}: {size:.1f} MB to download; {advice}")
        sys.stderr.write(line.format(precision=name, size=size, advice=safe(fits[name].words)) + "\n")
    if any(fits[name].verdict == "too large" for name in wanted) and sys.stdin.isatty():
        typer.confirm(_("Download it all the same?"), abort=True, err=True)

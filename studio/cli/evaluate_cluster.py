"""``studio evaluate … --cluster``: joining it, and what it did."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from studio.cli.errors import INTERRUPTED
from studio.cli.table import safe
from studio.domain.errors import InputError, StoppedError
from studio.domain.evaluation import EvaluationInfo
from studio.domain.i18n import _

if TYPE_CHECKING:
    from studio.services.clusters import JoinedCluster


@contextmanager
def cluster_of(
    address: str | None, workers: int, threads: int, stop: threading.Event, wanted: bool
) -> Iterator[JoinedCluster | None]:
    """The cluster that was named, until the end of the block; None where none was, or nothing runs on it.

    Raises:
        InputError: What was typed can't be used.
        StudioError: See `studio.services.clusters.join`.
        typer.Exit: Ctrl+C was pressed while it was joined.
    """
    if address is None:
        if workers:
            raise InputError(_("--workers is for --cluster."), _("Add --cluster ADDRESS, or leave it out."))
        yield None
        return
    from studio.cluster.address import check_address
    from studio.services.clusters import join

    address = check_address(address)
    if not wanted:
        yield None
        return
    joining = join(address, workers, threads, stop.is_set)
    console = Console(stderr=True)
    try:
        with console.status(_("Joining the Ray cluster …")) if console.is_terminal else nullcontext():
            cluster = joining.__enter__()
    except StoppedError:
        sys.stderr.write(_("Stopped.") + "\n")
        raise typer.Exit(INTERRUPTED) from None
    try:
        for notice in cluster.notices:
            sys.stderr.write(safe(notice) + "\n")
        yield cluster
    finally:
        joining.__exit__(None, None, None)


def say_cluster(info: EvaluationInfo) -> None:
    """What it did for each candidate, on standard error."""
    from studio.services.cluster_words import cluster_sentences, node_words

    for candidate in info.candidates:
        share = candidate.facts.cluster
        if share is None:
            continue
        known = set(share.notices)
        words = [each for each in cluster_sentences(share) if each not in known]
        for line in [*words, *(f"  {node_words(node)}" for node in share.nodes)]:
            sys.stderr.write(safe(f"{candidate.name}: {line}") + "\n")

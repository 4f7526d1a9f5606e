"""What a cluster did for a candidate, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from studio.domain.evaluation import ClusterShare, NodeShare
from studio.domain.i18n import _, ngettext


def cluster_sentences(share: ClusterShare) -> tuple[str, ...]:
    """Where the rows were answered and how quickly, what each node is, and what a reader must know."""
    return tuple(_sentences(share))


def node_words(node: NodeShare) -> str:
    """One node: its name, what it is made of and what it did."""
    words = _("{node} ({cpu}, {processors:g} processors, {memory:.0f} GB)").format(
        node=node.name, cpu=node.cpu, processors=node.processors, memory=node.memory_mb / 1000
    )
    rows = ngettext("{n} row", "{n} rows", node.rows).format(n=f"{node.rows:,}")
    if node.busy_s > 0 and node.rows:
        rows += ", " + _("{speed} rows/s for each worker").format(speed=_speed(node.rows / node.busy_s))
    return f"{words}: {rows}"


def _sentences(share: ClusterShare) -> Iterator[str]:
    workers = sum(node.workers for node in share.nodes)
    if share.rows and share.rows_per_s:
        yield ngettext(
            "On {cluster}: {rows} rows in {seconds:.1f} s, {speed} rows/s with {n} worker.",
            "On {cluster}: {rows} rows in {seconds:.1f} s, {speed} rows/s with {n} workers.",
            workers,
        ).format(
            cluster=_("a Ray cluster of this computer")
            if share.address == "local"
            else _("the Ray cluster {address}").format(address=share.address),
            rows=f"{share.rows:,}",
            seconds=share.elapsed_s,
            speed=_speed(share.rows_per_s),
            n=workers,
        )
    if share.lost:
        yield ngettext(
            "A node or a process on one was lost once meanwhile; its rows were run again.",
            "Nodes or processes on them were lost {n} times meanwhile; their rows were run again.",
            share.lost,
        ).format(n=share.lost)
    yield from share.notices


def _speed(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"

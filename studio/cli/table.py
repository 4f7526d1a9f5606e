"""Candidates side by side on a terminal: answers first, then figures, the best of each row named in words."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from studio.domain.comparison import CandidateResult, Comparison
from studio.domain.i18n import _
from studio.domain.prediction import Findings, GeneratedText, Labels, LabelScore
from studio.services.figures import FIGURES, Figure, leads

#: How many labels a column shows; the JSON has all.
_SHOWN_LABELS = 3
#: Hits of a search that are shown.
_SHOWN_HITS = 10
#: Width where the output goes to a file or a pipe.
_PIPE_WIDTH = 120


def print_comparison(comparison: Comparison, console: Console | None = None) -> None:
    """Print the answers, the figures and what must be said about them.

    Everything a model or a user wrote is printed as plain text: terminal control sequences in it are made visible,
    and none of it is read as markup.
    """
    console = console or _console()
    table = Table(show_lines=False, expand=False, pad_edge=False)
    table.add_column("", no_wrap=True, style="dim")
    for result in comparison.results:
        table.add_column(Text(safe(result.candidate.name)), overflow="fold")
    table.add_row(_("Answer"), *(_answer(result) for result in comparison.results))
    table.add_section()
    for row in FIGURES:
        cells = _cells(row, comparison.results)
        if any(cells):
            table.add_row(f"{_(row.title)} ({_(row.term)})", *(cell or Text("–") for cell in cells))
    table.add_row(_("Ran on"), *(Text(_ran_on(result)) for result in comparison.results))
    console.print(table)
    for result in comparison.results:
        _print_notices(console, result)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)


def safe(text: str) -> str:
    """``text`` with control characters made visible, so that an answer can't drive the terminal.

    Marks of isolates (`studio.domain.characters.isolated`) are left out: few terminals know them.
    """
    shown = text.replace("\u2068", "").replace("\u2069", "")
    return "".join(c if c in "\n\t" or c.isprintable() or c == "\u3000" else f"\\x{ord(c):02x}" for c in shown)


def _answer(result: CandidateResult) -> RenderableType:
    if result.failure:
        return Text(f"{_('failed')}: {safe(result.failure.message)}", style="red")
    output = result.prediction.output if result.prediction else None
    if isinstance(output, Labels):
        return Text("\n".join(_label(each) for each in output.scores[:_SHOWN_LABELS]) or _("(no label fits)"))
    if isinstance(output, Findings) and output.texts:
        return Text(safe("\n".join(_found(output))))
    text = safe(output.text) if output else ""
    return Text(text if text.strip() else _("(an empty answer)"))


def _label(score: LabelScore) -> str:
    """A label with its probability, where one was told."""
    return safe(score.label) if math.isnan(score.score) else f"{score.score:6.1%}  {safe(score.label)}"


def _found(output: Findings) -> list[str]:
    """Hits with their similarity, and themes with how many texts each has."""
    lines = [f"{hit.score:6.2f}  {' '.join(output.texts[hit.place].split())}" for hit in output.hits[:_SHOWN_HITS]]
    if output.themes:
        lines += ["", *(f"{theme.name} ({len(theme.places)})" for theme in output.themes)]
    return lines


def _cells(row: Figure, results: Sequence[CandidateResult]) -> list[Text | None]:
    leading = leads(results)
    cells: list[Text | None] = []
    for result, keys in zip(results, leading, strict=True):
        value = row.value(result.measurement)
        if value is None:
            cells.append(None)
        elif row.key in keys:
            cells.append(Text.assemble((row.text(value), "bold"), ("  " + _(row.best), "green")))
        else:
            cells.append(Text(row.text(value)))
    return cells


def _ran_on(result: CandidateResult) -> str:
    placement = result.placement
    if placement is None:
        return "–"
    threads = f", {placement.threads} " + (_("thread") if placement.threads == 1 else _("threads"))
    return placement.provider.removesuffix("ExecutionProvider") + (threads if placement.threads else "")


def _print_notices(console: Console, result: CandidateResult) -> None:
    lines = list(result.prediction.notices) if result.prediction else []
    if result.candidate.leaves:
        lines.insert(0, _("Your text was sent to {host}.").format(host=result.candidate.device))
    if result.placement and result.placement.notice:
        lines.insert(0, result.placement.notice)
    output = result.prediction.output if result.prediction else None
    if isinstance(output, GeneratedText) and output.finish_reason == "length":
        lines.append(
            _("The answer reached the limit of new tokens and was cut there; allow more with --max-new-tokens.")
        )
    if result.failure and result.failure.next_step:
        lines.append(result.failure.next_step)
    for line in lines:
        console.print(Text(f"{safe(result.candidate.name)}: {safe(line)}"))

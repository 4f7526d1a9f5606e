"""An evaluation as a table, and whether its differences are real as sentences."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from studio.cli.table import safe
from studio.domain.evaluation import EvaluatedCandidate, Evaluation
from studio.domain.i18n import _
from studio.domain.running import RemotePlace
from studio.services.evaluation_figures import evaluation_figure, interval_text
from studio.services.evaluation_standing import best
from studio.services.evaluation_words import pair_words, winner_words
from studio.services.figures import money, seconds
from studio.services.sending import sending_words

_SPEED = (
    "latency_p50_s",
    "latency_p95_s",
    "latency_p99_s",
    "ttft_p50_s",
    "rows_per_s",
    "decode_tokens_per_s",
    "characters_per_s",
    "peak_memory_mb",
    "energy_wh_per_1000",
)
_PIPE_WIDTH = 140


def print_evaluation(evaluation: Evaluation) -> None:
    """Print metrics with intervals, speed, failures, and the comparisons of the headline metric."""
    console = Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)
    info = evaluation.info
    console.print(Text(_("{data}: {n} rows").format(data=safe(info.dataset.name), n=f"{info.rows:,}")))
    if evaluation.scores:
        console.print(_table(evaluation))
    for candidate in info.candidates:
        if candidate.placement is not None and candidate.placement.remote is not None:
            console.print(Text(safe(f"{candidate.name}: {_endpoint_words(candidate, candidate.placement.remote)}")))
        if candidate.failure:
            console.print(
                Text(f"{safe(candidate.name)}: {safe(candidate.failure.message)} {candidate.failure.next_step}")
            )
            total = info.rows * info.settings.repeats
            if 0 < candidate.done < total:
                words = _("{done} of {total} rows are answered; the same command goes on with the rest.")
                console.print(Text(words.format(done=f"{candidate.done:,}", total=f"{total:,}")))
        elif candidate.failed:
            console.print(
                Text(
                    _("{name}: {n} rows have no answer; they count as wrong.").format(
                        name=safe(candidate.name), n=candidate.failed
                    )
                )
            )
    words = winner_words(evaluation)
    if words:
        console.print(Text(safe(words), style="bold"))
    for pair in evaluation.comparisons:
        if pair.metric in (evaluation.headline, "latency_p50_s"):
            console.print(Text(safe(pair_words(evaluation, pair))))


def _endpoint_words(candidate: EvaluatedCandidate, place: RemotePlace) -> str:
    """Where rows went, how much of its times is the network, and what they cost."""
    said = [sending_words(candidate.candidate) if candidate.candidate else place.host]
    if place.network_s is not None:
        said.append(_("about {time} of each answer is the network").format(time=seconds(place.network_s)))
    if candidate.price is not None and candidate.cost_per_1000 is not None:
        cost = money(candidate.cost_per_1000, candidate.price.currency)
        said.append(_("1,000 requests cost {cost}").format(cost=cost))
    return "; ".join(said) + "."


def _table(evaluation: Evaluation) -> Table:
    table = Table(show_header=True, header_style="bold", pad_edge=False)
    table.add_column("")
    for scores in evaluation.scores:
        table.add_column(Text(safe(evaluation.candidate(scores.candidate).name)), overflow="fold")
    for key in (*evaluation.metrics, *_SPEED):
        figure = evaluation_figure(key)
        leader = best(evaluation, key)
        cells = []
        for scores in evaluation.scores:
            estimate = {**scores.metrics, **scores.speed}.get(key)
            if estimate is None:
                cells.append(Text("–"))
                continue
            interval = interval_text(figure, estimate)
            cell = Text(figure.text(estimate.value), style="bold" if scores.candidate == leader else "")
            if interval:
                cell.append(f"  ({interval})", style="dim")
            if key in scores.spread:
                spread = _("± {spread} between repeats").format(
                    spread=figure.difference(scores.spread[key]).lstrip("+±")
                )
                cell.append(f"  {spread}", style="dim")
            cells.append(cell)
        if any(cell.plain != "–" for cell in cells):
            table.add_row(Text(f"{_(figure.title)} ({_(figure.term)})"), *cells)
    return table

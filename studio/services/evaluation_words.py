"""What an evaluation says in a sentence: for the window, the terminal and the report alike."""

from __future__ import annotations

from studio.domain.evaluation import Evaluation, PairComparison
from studio.domain.i18n import _, ngettext
from studio.services.evaluation_figures import EvaluationFigure, evaluation_figure, joined
from studio.services.evaluation_standing import best


def winner_words(evaluation: Evaluation) -> str:
    """Who is best in the headline metric, or that there is no clear winner; empty where nothing was scored."""
    key = evaluation.headline
    figure = evaluation_figure(key)
    scored = [scores for scores in evaluation.scores if key in scores.metrics]
    if not scored:
        return ""
    if len(scored) == 1:
        only = scored[0]
        return _("{name}: {metric} {value}.").format(
            name=_name(evaluation, only.candidate),
            metric=_(figure.title),
            value=figure.text(only.metrics[key].value),
        )
    leader = best(evaluation, key)
    if leader is not None:
        return _("{name} is better than the others: {metric} {value}.").format(
            name=_name(evaluation, leader),
            metric=_(figure.title),
            value=figure.text(next(s.metrics[key].value for s in scored if s.candidate == leader)),
        )
    beaten = {
        pair.b if pair.winner == pair.a else pair.a
        for pair in evaluation.comparisons
        if pair.metric == key and pair.winner is not None
    }
    open_ones = [scores.candidate for scores in scored if scores.candidate not in beaten]
    if beaten and len(open_ones) > 1:
        return _("No clear winner: {names} can't be told apart.").format(
            names=_listed([_name(evaluation, each) for each in open_ones])
        )
    first = max(scored, key=lambda s: s.metrics[key].value * (1 if figure.high_is_good else -1)).candidate
    waiting = [
        pair.further_rows
        for pair in evaluation.comparisons
        if pair.metric == key and pair.winner is None and first in (pair.a, pair.b)
    ]
    rows = [each for each in waiting if each]
    if rows and len(rows) == len(waiting):
        return ngettext(
            "No clear winner yet. About {n} more row would tell whether {name} is the best.",
            "No clear winner yet. About {n} more rows would tell whether {name} is the best.",
            max(rows),
        ).format(n=f"{max(rows):,}", name=_name(evaluation, first))
    return _("No clear winner yet.")


def pair_words(evaluation: Evaluation, pair: PairComparison) -> str:
    """Whether one of two is better, by how much, how surely, and what would settle it."""
    figure = evaluation_figure(pair.metric)
    if pair.winner is None:
        words = _("{a} and {b}: {difference} ({interval}). No clear winner.").format(
            a=_name(evaluation, pair.a),
            b=_name(evaluation, pair.b),
            difference=figure.difference(pair.difference),
            interval=_interval(figure, pair.low, pair.high, pair.n),
        )
        more = further_words(pair)
        return f"{words} {more}" if more else words
    other = pair.b if pair.winner == pair.a else pair.a
    turn = 1.0 if pair.winner == pair.a else -1.0
    low, high = sorted((pair.low * turn, pair.high * turn))
    values = {
        scores.candidate: estimate.value
        for scores in evaluation.scores
        if (estimate := {**scores.metrics, **scores.speed}.get(pair.metric)) is not None
    }
    difference = figure.difference(pair.difference * turn)
    interval = _interval(figure, low, high, pair.n)
    if pair.winner in values and other in values:
        return _("{a} is better than {b}: {value_a} against {value_b}, difference {difference} ({interval}).").format(
            a=_name(evaluation, pair.winner),
            b=_name(evaluation, other),
            value_a=figure.text(values[pair.winner]),
            value_b=figure.text(values[other]),
            difference=difference,
            interval=interval,
        )
    return _("{a} is better than {b}: difference {difference} ({interval}).").format(
        a=_name(evaluation, pair.winner), b=_name(evaluation, other), difference=difference, interval=interval
    )


def further_words(pair: PairComparison) -> str:
    """How many more rows would settle it; empty where that is not known."""
    if pair.winner is not None or not pair.further_rows:
        return ""
    return ngettext(
        "About {n} more row would tell, if the difference stays.",
        "About {n} more rows would tell, if the difference stays.",
        pair.further_rows,
    ).format(n=f"{pair.further_rows:,}")


def _interval(figure: EvaluationFigure, low: float, high: float, rows: int) -> str:
    return ngettext("95 % interval {span}, {n} row", "95 % interval {span}, {n} rows", rows).format(
        span=joined(figure.difference(low), figure.difference(high)), n=f"{rows:,}"
    )


def _name(evaluation: Evaluation, candidate: int) -> str:
    return evaluation.candidate(candidate).title


def _listed(names: list[str]) -> str:
    return _("{names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])

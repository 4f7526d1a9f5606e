"""A report without what users wrote: what would still quote it is taken out before anything is built."""

from __future__ import annotations

from dataclasses import replace

from studio.domain.errors import Failure
from studio.domain.evaluation import CandidateScores, EvaluatedCandidate, Evaluation
from studio.domain.i18n import _


def redacted(scored: Evaluation) -> Evaluation:
    """The same figures without groups that are inputs, answers or names of rows, and without messages of failures.

    Labels of a classifier stay: they are the product's own words, and confusions mean nothing without them.
    """
    mapping = scored.info.settings.mapping
    classifies = any(each.labels for each in scored.scores)
    hidden = {*mapping.inputs.values(), *mapping.variables, *mapping.recorded.values(), mapping.id}
    if not classifies:
        hidden.add(mapping.reference)
    info = replace(scored.info, candidates=tuple(_quiet(each) for each in scored.info.candidates))
    return replace(scored, info=info, scores=tuple(_without(each, hidden) for each in scored.scores))


def _quiet(candidate: EvaluatedCandidate) -> EvaluatedCandidate:
    """A failure may quote the row that it failed on."""
    if candidate.failure is None:
        return candidate
    return replace(candidate, failure=Failure(candidate.failure.kind, _("It could not run.")))


def _without(scores: CandidateScores, hidden: set[str]) -> CandidateScores:
    slices = {key: value for key, value in scores.slices.items() if key.column not in hidden}
    return replace(scores, slices=slices)

"""A report as data (docs/report-json.md): the evaluation, the decision, and how to do it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from studio.domain.decision import Decision
from studio.domain.evaluation import Evaluation
from studio.domain.report import Summary, Table
from studio.services.decision_document import decision_document
from studio.services.evaluation_export import candidate_document, comparison_document, finite
from studio.services.project_session import ProjectSession

SCHEMA_VERSION = 1


def facts_of(
    session: ProjectSession,
    scored: Evaluation,
    decision: Decision,
    summary: Summary,
    language: str,
    day: date,
    rows: Table | None,
    models: Sequence[Mapping[str, Any]],
    insights: Mapping[str, Any] | None = None,
    explanations: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Plain values only; None stands for what is not known."""
    info = scored.info
    document = {
        "schema_version": SCHEMA_VERSION,
        "project": session.name,
        "date": day.isoformat(),
        "language": language,
        "task": info.task,
        "summary": {
            "decision": summary.decision,
            "why": summary.why,
            "risks": list(summary.risks),
            "next_step": summary.next_step,
        },
        "data": {
            "name": info.dataset.name,
            "source": info.dataset.source,
            "sha256": info.dataset.fingerprint,
            "rows": info.rows,
            "licence": info.dataset.licence,
            "attribution": info.dataset.attribution,
        },
        "headline": scored.headline,
        "candidates": [candidate_document(each, scored.of(each.id)) for each in info.candidates],
        "comparisons": [comparison_document(scored, pair) for pair in scored.comparisons],
        "pareto": [scored.candidate(each).name for each in scored.pareto],
        "decision": decision_document(decision, scored),
        "models": [dict(each) for each in models],
        "insights": None if insights is None else dict(insights),
        "explanations": [dict(each) for each in explanations],
        "settings": {
            "options": dict(info.settings.options),
            "repeats": info.settings.repeats,
            "threads": info.settings.threads,
            "seed": info.settings.seed,
            "started": info.started.isoformat(),
        },
        "environment": dict(info.environment),
        "rows": None
        if rows is None
        else [dict(zip(rows.columns, (value.text for value in row), strict=True)) for row in rows.rows],
    }
    cleaned: dict[str, Any] = finite(document)
    return cleaned

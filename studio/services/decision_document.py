"""A decision as data, candidates by name: for the terminal and the report."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from studio.domain.decision import Decision
from studio.domain.evaluation import Evaluation
from studio.services.evaluation_export import finite


def decision_document(decision: Decision, evaluation: Evaluation) -> dict[str, Any]:
    """A decision as JSON has it; candidates by name."""
    document = asdict(decision)
    names = {candidate.id: candidate.name for candidate in evaluation.info.candidates}
    for part in ("verdicts", "sizing"):
        for each in document[part]:
            each["candidate"] = names[each["candidate"]]
    if document["recommendation"]:
        chosen = document["recommendation"]
        chosen["candidate"] = names.get(chosen["candidate"])
        for each in chosen["standings"]:
            each["candidate"], each["dominated_by"] = names[each["candidate"]], names.get(each["dominated_by"])
    for change in document["changes"]:
        change["at"] = change["at"].isoformat()
    cleaned: dict[str, Any] = finite(document)
    return {"schema_version": 1, **cleaned}

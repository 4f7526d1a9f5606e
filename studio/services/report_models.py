"""What a report says of each model, so that others can get the very same one: source, files with hashes, licence."""

from __future__ import annotations

from typing import Any

from studio.domain.errors import StudioError
from studio.domain.evaluation import Evaluation
from studio.library.card import read_card
from studio.library.manifest import read_manifest
from studio.library.store import Library


def models_of(scored: Evaluation) -> list[dict[str, Any]]:
    """One entry for each model of the evaluation; what is no longer on this computer has its name alone."""
    library = Library.open()
    found = []
    # What answers behind an endpoint has no files here.
    local = (each.candidate for each in scored.info.candidates if each.candidate and not each.candidate.remote)
    for name in dict.fromkeys(candidate.model for candidate in local):
        entry: dict[str, Any] = {"id": name, "licence": "", "source": "", "data": [], "files": {}}
        try:
            model = library.find(name)
            manifest = read_manifest(model.folder)
            card = read_card(model.folder)
        except (StudioError, OSError):
            found.append(entry)
            continue
        entry |= {
            "licence": model.licence,
            "source": model.source,
            "data": list(dict.fromkeys(metric.dataset for metric in card.metrics if metric.dataset)),
        }
        if manifest is not None:
            kept = (".onnx", ".onnx_data", "tokenizer.json")
            entry["files"] = {p: record.sha256 for p, record in sorted(manifest.files.items()) if p.endswith(kept)}
        found.append(entry)
    return found

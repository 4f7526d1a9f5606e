"""What tasks have in common that choose among named labels."""

from __future__ import annotations

import json
from pathlib import Path

from studio.domain.running import LoadSpec, Runner


def is_classifier(folder: Path) -> bool | None:
    """Whether a model scores classes; None where its folder does not tell. Opening it then says what is wrong."""
    try:
        named = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures")
    except (OSError, ValueError, AttributeError):
        return None
    if not isinstance(named, list) or not named:
        return None
    return any(str(name).endswith("ForSequenceClassification") for name in named)


def open_by_meaning(spec: LoadSpec, option: str) -> Runner:
    """An embedding model that chooses the label which means what the text means.

    Args:
        spec: How it is opened.
        option: Name of the option that holds the labels.
    """
    from studio.runtime.zero_shot_embedding import SimilarityClassifier

    if spec.backend == "pytorch":
        from studio.baseline.embedding import EagerEmbedder

        return SimilarityClassifier(EagerEmbedder(spec), option)
    from studio.runtime.embedding import Embedder

    return SimilarityClassifier(Embedder(spec), option)

"""A model card for models that come without one. States what is known, and nothing else."""

from __future__ import annotations

from pathlib import Path


def ensure_card(folder: Path, task: str, source_name: str) -> None:
    """Write ``README.md`` where there is none. A licence is never invented: without a card, none is stated."""
    path = folder / "README.md"
    if path.exists():
        return
    import yaml

    front = yaml.safe_dump({"pipeline_tag": pipeline_tag(task), "tags": ["onnx"]}, sort_keys=False)
    path.write_text(
        f"---\n{front}---\n\n# {source_name}\n\n"
        "The original folder had no model card, so nothing is known here about its licence, its languages or the "
        "data it was trained on. `studio.json` says how it was converted.\n",
        encoding="utf-8",
    )


def pipeline_tag(task: str) -> str:
    """What the Hub calls a task of the studio."""
    return _PIPELINE_TAGS.get(task, task)


#: Task id → pipeline tag of the Hub, where they differ.
_PIPELINE_TAGS = {"chat": "text-generation"}

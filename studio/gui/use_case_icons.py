"""Icons of use cases."""

from __future__ import annotations

from studio.domain.task import Task

_BY_KIND = {
    "messages": "chats",
    "image": "image",
    "audio": "microphone",
    "document": "file-search",
    "texts": "magnifying-glass",
}


def icon_of(task: Task) -> str:
    """An icon for what goes in and what comes out, so that a task nobody foresaw has one too."""
    kinds = {field.kind for field in task.inputs}
    for kind, icon in _BY_KIND.items():
        if kind in kinds:
            return icon
    if task.output == "number":
        return "gauge"
    if task.output == "labels":
        return "tag"
    return "translate" if task.id == "translation" else "text-aa"

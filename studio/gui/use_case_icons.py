"""Icons of use cases."""

from __future__ import annotations

from studio.domain.task import Task


def icon_of(task: Task) -> str:
    """An icon for what goes in and what comes out, so that a task nobody foresaw has one too."""
    if any(field.kind == "messages" for field in task.inputs):
        return "chats"
    if task.output == "labels":
        return "tag"
    return "translate" if task.id == "translation" else "text-aa"

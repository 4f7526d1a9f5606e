"""Which models of the studio other programs can ask, and how a program asks one (the server: `studio.server`)."""

from __future__ import annotations

from dataclasses import dataclass

from studio.library.store import Library
from studio.services.candidate_offers import title_of
from studio.services.candidates import preferred_precision
from studio.tasks import find_task

#: Use cases whose models can be asked in OpenAI's way; those that talk come first.
SERVED = ("chat", "text-generation", "feature-extraction")


@dataclass(frozen=True)
class Servable:
    """A model that can be offered.

    Attributes:
        name: What clients call it, and `Offer.models` takes.
        title: What a person calls it.
        task: Its use case.
    """

    name: str
    title: str
    task: str


def servable(library: Library) -> tuple[Servable, ...]:
    """The models that can be offered, in the precision that a candidate begins with; those that talk come first."""
    found = []
    for task_id in SERVED:
        task = find_task(task_id)
        for model in library.all():
            if task.runs(model.task, model.architecture) and model.state == "ready" and model.precisions:
                precision = preferred_precision(model, "cpu")
                found.append(Servable(f"{model.id}:{precision}", title_of(model, model.id), task_id))
    return tuple({each.name: each for each in reversed(found)}.values())[::-1]


def snippet(kind: str, url: str, name: str, task: str) -> str:
    """How a program asks a model that is offered.

    Args:
        kind: ``python`` or ``curl``.
        url: Address of the server.
        name: The model.
        task: Its use case, which decides what it is asked.
    """
    path, body = _QUESTIONS.get(task, _QUESTIONS["chat"])
    if kind == "curl":
        quoted = body.replace("MODEL", name)
        return f"curl {url}{path} \\\n  -H 'Content-Type: application/json' \\\n  -d '{quoted}'"
    return _PYTHON.format(url=url) + _CALLS.get(task, _CALLS["chat"]).format(name=name)


#: What a program sends, by use case: the path, and the body with MODEL for the model's name.
_QUESTIONS = {
    "chat": ("/chat/completions", '{"model": "MODEL", "messages": [{"role": "user", "content": "Hello"}]}'),
    "text-generation": ("/completions", '{"model": "MODEL", "prompt": "Once upon a time"}'),
    "feature-extraction": ("/embeddings", '{"model": "MODEL", "input": ["Where is my order?"]}'),
}
_PYTHON = """from openai import OpenAI

client = OpenAI(base_url="{url}", api_key="none")
"""
_CALLS = {
    "chat": """answer = client.chat.completions.create(
    model="{name}",
    messages=[{{"role": "user", "content": "Hello"}}],
)
print(answer.choices[0].message.content)""",
    "text-generation": """answer = client.completions.create(model="{name}", prompt="Once upon a time")
print(answer.choices[0].text)""",
    "feature-extraction": """answer = client.embeddings.create(model="{name}", input=["Where is my order?"])
print(answer.data[0].embedding)""",
}

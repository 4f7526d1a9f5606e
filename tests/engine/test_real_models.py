"""Workers with real models: what they import, and what they answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from studio.domain.prediction import GeneratedText, Labels
from studio.domain.running import LoadSpec, ProviderSetup
from studio.domain.task import Message
from studio.engine.jobs import Failed, Finished
from studio.engine.supervisor import Supervisor
from studio.tasks import find_task
from tests.engine.fakes import open_spying
from tests.tiny import causal, encoders, seq2seq
from tests.tiny.cache import TinyCache

_HELLO = (Message("user", "Hello"),)


@pytest.mark.parametrize(
    ("task", "build", "family", "within", "inputs"),
    [
        ("text-classification", encoders.exported, "bert", "", {"text": "Where is my refund?"}),
        ("translation", seq2seq.exported, "bart", "merged", {"text": "Where is my refund?"}),
        ("chat", causal.exported, "llama", "", {"messages": _HELLO}),
    ],
)
def test_a_text_worker_needs_neither_torch_nor_transformers(
    tiny: TinyCache, task: str, build: Callable[..., None], family: str, within: str, inputs: dict[str, Any]
) -> None:
    with Supervisor(open_spying) as supervisor:
        worker = supervisor.start()
        loaded = worker.load(LoadSpec(task, tiny.built(build, family) / within)).wait(60)
        assert isinstance(loaded, Finished), loaded
        outcome = worker.run(inputs, find_task(task).resolve_options({})).wait(60)
    assert isinstance(outcome, Finished), outcome
    modules = set(outcome.value.prediction.output.text.split())
    assert {"onnxruntime", "tokenizers", "numpy"} <= modules
    assert not {"torch", "transformers", "optimum", "huggingface_hub", "PySide6", "typer", "rich", "psutil"} & modules


@pytest.mark.parametrize("family", encoders.FAMILIES)
def test_classifiers_of_all_families_answer(tiny: TinyCache, family: str) -> None:
    with Supervisor() as supervisor:
        worker = supervisor.start()
        loaded = worker.load(LoadSpec("text-classification", tiny.built(encoders.exported, family))).wait(60)
        assert isinstance(loaded, Finished), loaded
        assert loaded.value.placement.provider == "CPUExecutionProvider"
        assert sum(loaded.value.placement.nodes.values()) > 10
        outcome = worker.run({"text": "Où est mon remboursement ?"}, {"top_k": None}).wait(60)
    assert isinstance(outcome, Finished), outcome
    output = outcome.value.prediction.output
    assert isinstance(output, Labels)
    assert {score.label for score in output.scores} == set(encoders.LABELS)
    assert sum(score.score for score in output.scores) == pytest.approx(1)


def test_chat_streams_what_it_answers(tiny: TinyCache) -> None:
    heard: list[str] = []
    options = find_task("chat").resolve_options({"max_new_tokens": 12})
    with Supervisor() as supervisor:
        worker = supervisor.start()
        worker.load(LoadSpec("chat", tiny.built(causal.exported, "llama"))).wait(60)
        outcome = worker.run({"messages": _HELLO}, options, on_text=heard.append).wait(60)
    assert isinstance(outcome, Finished), outcome
    output = outcome.value.prediction.output
    assert isinstance(output, GeneratedText)
    assert "".join(heard) == output.text


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"precision": "int8"}, "ModelFolderError"),
        ({"provider": ProviderSetup("DmlExecutionProvider")}, "DeviceError"),
        ({"task": "poetry"}, "UnknownNameError"),
    ],
)
def test_what_can_not_be_opened_says_why(tiny: TinyCache, change: dict[str, Any], kind: str) -> None:
    wanted: dict[str, Any] = {"task": "text-classification", "folder": tiny.built(encoders.exported, "bert"), **change}
    with Supervisor() as supervisor:
        outcome = supervisor.start().load(LoadSpec(**wanted)).wait(60)
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind == kind

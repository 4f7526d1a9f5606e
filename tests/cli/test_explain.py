"""``studio explain``: every kind of answer in the terminal, as JSON, and what is said where it can't be done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from studio.cli.app import app
from studio.tasks import find_task


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.setenv("STUDIO_LIBRARY", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    return lambda *arguments: CliRunner().invoke(app, ["explain", *arguments])


def test_a_translation_as_json_and_as_a_table(run: Callable[..., Result]) -> None:
    asked = ("translation", "-m", "starter/translate-en-zh-small", "-i", "Where is the station?", "--no-check")
    made = run(*asked, "--json")
    assert made.exit_code == 0, made.output
    document = json.loads(made.stdout)
    assert (document["kind"], document["method"], document["faithfulness"]) == ("steps", "occlusion", None)
    assert [part["text"] for part in document["parts"]] == ["Where", "is", "the", "station"]
    assert "".join(step["text"] for step in document["steps"]) == document["answer"]
    first = document["steps"][0]
    assert len(first["weights"]) == 4 and first["tokens"][0]["alternatives"]
    shown = run(*asked)
    assert shown.exit_code == 0
    for step in document["steps"]:
        assert step["text"] in shown.stdout
    assert "Leaned on" in shown.stdout and "occlusion" in shown.stdout


def test_an_answer_from_a_document_and_a_picture(run: Callable[..., Result], tmp_path: Path) -> None:
    inputs = find_task("question-answering").samples[0].inputs
    document = tmp_path / "faq.md"
    document.write_text(inputs["document"], encoding="utf-8")
    made = run(
        "question-answering", "-m", "starter/minilm-embeddings", "-i", inputs["question"], "--no-check", "--json",
        "--field-file", f"document={document}", "--option", "passages=3",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    considered = json.loads(made.stdout)["considered"]
    assert sum(each["chosen"] for each in considered) == 1
    picture = find_task("image-classification").samples[0].inputs["image"]
    made = run("image-classification", "-m", "starter/clothes-small", "-i", picture, "--no-check")
    assert made.exit_code == 0, made.output
    assert "dress" in made.stdout and "grey" in made.stdout


def test_integrated_gradients_of_a_model_that_ships(run: Callable[..., Result]) -> None:
    """Its original is not here: weights are read back from its graph, in a process of their own."""
    made = run(
        "text-classification", "-m", "starter/support-intents-tiny", "-i", "Where is my refund?",
        "--method", "integrated-gradients", "--json", "--no-check",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    document = json.loads(made.stdout)
    assert document["method"] == "integrated-gradients" and document["completeness"] <= 0.01
    assert document["inside"]["read_back"] and document["inside"]["apart"] < 0.1
    assert [part["text"] for part in document["parts"]] == ["Where", "is", "my", "refund"]
    weights = [part["weight"] for part in document["parts"]]
    assert max(weights) == weights[3] > 0


def test_an_embedding_model_that_was_told_labels(run: Callable[..., Result]) -> None:
    asked = ("text-classification", "-m", "starter/minilm-embeddings", "-i", "I want a refund", "--no-check")
    labels = ("--labels", "refund", "--labels", "weather")
    made = run(*asked, *labels, "--json")
    assert made.exit_code == 0, made.output
    document = json.loads(made.stdout)
    assert document["answer"] == "refund"
    weights = {part["text"]: part["weight"] for part in document["parts"]}
    assert max(weights, key=lambda word: weights[word]) == "refund"
    refused = run(*asked, *labels, "--method", "integrated-gradients")
    assert refused.exit_code != 0 and "can't be explained by this method" in refused.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--method", "tea-leaves"), "no way to explain called 'tea-leaves'"),
        (("--field", "colour=red"), "no input called 'colour'"),
        (("--field", "red"), "not NAME=VALUE"),
        (("--option", "top_k=0"), "top_k must be between"),
        (("--project", "/no/such.studio"), "no"),
    ],
)
def test_what_can_not_be_done_is_said(run: Callable[..., Result], arguments: tuple[str, ...], says: str) -> None:
    made = run("text-classification", "-m", "starter/support-intents-tiny", "-i", "cancel my order", *arguments)
    assert made.exit_code != 0
    assert says in made.output.replace("\n", " ")
    assert "Traceback" not in made.output

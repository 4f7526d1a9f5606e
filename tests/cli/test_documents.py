"""Answers from documents in a terminal: the starter model, a tiny reader, files of every kind, and sheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
import typst
from typer.testing import CliRunner, Result

from studio.cli.app import app
from studio.domain.places import resources_folder
from tests.tiny import readers
from tests.tiny.cache import TinyCache

STARTER = "starter/minilm-embeddings"
FAQ = resources_folder() / "samples" / "faq" / "shop-faq.md"
SENTENCE = "Refunds are paid within 7 days of the parcel reaching us."
TEXT = f"Orders can be cancelled. {SENTENCE} All lamps have a guarantee of 3 years."


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """The program in this process, with an empty library of the user's own."""
    monkeypatch.setenv("STUDIO_LIBRARY", str(tmp_path / "library"))

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments])

    return invoke


def _answer(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    (candidate,) = json.loads(result.stdout)["candidates"]
    assert candidate["error"] is None
    output = candidate["output"]
    assert isinstance(output, dict)
    return output


def test_a_question_about_a_file(studio: Callable[..., Result]) -> None:
    asked = ("run", "question-answering", "-m", STARTER, "--input", "When do I get my money back?")
    answer = _answer(studio(*asked, "--document-file", FAQ, "--json"))
    assert "within 7 days" in answer["text"]
    assert FAQ.read_text(encoding="utf-8")[answer["start"] : answer["end"]] == answer["text"]
    assert len(answer["passages"]) > 3


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_pdf_and_word_are_read(studio: Callable[..., Result], tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"faq.{kind}"
    if kind == "pdf":
        typst.compile(TEXT.encode(), output=str(path))
    else:
        document = docx.Document()
        document.add_paragraph(TEXT)
        document.save(str(path))
    asked = ("run", "question-answering", "-m", STARTER, "--input", "When are refunds paid?")
    assert _answer(studio(*asked, "--document-file", path, "--json"))["text"] == SENTENCE


def test_a_reader_answers_with_words_of_the_document(studio: Callable[..., Result], tiny: TinyCache) -> None:
    model = tiny.built(readers.exported, "roberta")
    asked = ("run", "question-answering", "-m", model, "--input", "When?", "--document", TEXT, "--json")
    answer = _answer(studio(*asked))
    assert TEXT[answer["start"] : answer["end"]] == answer["text"] != ""


def test_without_a_document_the_sentence_says_what_is_missing(studio: Callable[..., Result], tmp_path: Path) -> None:
    result = studio("run", "question-answering", "-m", STARTER, "--input", "When?")
    assert result.exit_code != 0
    assert "There is no document" in result.stderr
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-1.7 broken")
    result = studio("run", "question-answering", "-m", STARTER, "--input", "When?", "--document-file", scan)
    assert result.exit_code != 0
    assert "scan.pdf" in result.stderr and "damaged" in result.stderr


def test_a_sheet_names_files_or_holds_texts(studio: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "faq.txt").write_text(TEXT)
    with (tmp_path / "sheet.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "document", "expected answer"])
        writer.writerow(["When are refunds paid?", "faq.txt", "within 7 days"])
        writer.writerow(["How long is the guarantee of lamps?", TEXT, "3 years"])
    out = tmp_path / "out.json"
    result = studio("evaluate", "question-answering", "-m", STARTER, "--data", tmp_path / "sheet.csv", "--json", out)
    assert result.exit_code == 0, result.stderr
    (candidate,) = json.loads(out.read_text(encoding="utf-8"))["candidates"]
    metrics = {name: estimate["value"] for name, estimate in candidate["metrics"].items()}
    assert metrics["contains"] == 1.0
    assert metrics["recall_at_5"] == 1.0
    assert metrics["mrr"] == 1.0
    assert metrics["exact_match"] == 0.0
    assert 0 < metrics["token_f1"] < 1

"""``studio suggest``: what is printed and written, and what other programs may rely on."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from studio.cli.app import app


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "wishes.csv"
    lines = ["text,label", "cancel my order,cancel_order", "where is my parcel,track_order"]
    lines += [
        "I changed my mind about the shoes,",
        "has it been sent yet,",
        "send the bill again,",
        "[bold]what[/bold],",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_rows_reasons_and_a_sheet_to_fill(sheet: Path, tmp_path: Path) -> None:
    out = tmp_path / "next.csv"
    arguments = ["suggest", "text-classification", "--data", str(sheet), "-m", "starter/support-intents-tiny"]
    found = CliRunner().invoke(app, [*arguments, "--n", "3", "--json", "--out", str(out)])
    assert found.exit_code == 0, found.output
    document = json.loads(found.stdout)
    assert (document["labelled"], document["open"], len(document["rows"])) == (2, 4, 3)
    assert all(row["why"] and len(row["guesses"]) == 3 for row in document["rows"])
    assert all(3 <= row["row"] <= 6 for row in document["rows"])
    with out.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.reader(file))
    assert written[0] == ["row", "text", "label", "why", "guess"]
    assert [int(line[0]) for line in written[1:]] == [row["row"] for row in document["rows"]]
    assert {line[2] for line in written[1:]} == {""}


def test_a_text_is_printed_as_it_stands_and_a_model_is_recommended(sheet: Path) -> None:
    found = CliRunner().invoke(app, ["suggest", "text-classification", "--data", str(sheet)])
    assert found.exit_code == 0, found.output
    assert "[bold]what[/bold]" in found.stdout
    assert "--model" in found.stdout


def test_nothing_to_label_is_an_error_with_a_next_step() -> None:
    found = CliRunner().invoke(app, ["suggest", "text-classification", "--data", "sample:support"])
    assert found.exit_code != 0
    assert "has an answer already" in found.output

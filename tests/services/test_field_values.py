"""Values from cells and files: names beside a sheet, and those that must not be followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.domain.dataset import ColumnMapping
from studio.domain.errors import InputError
from studio.domain.task import Field
from studio.services.evaluation_plan import RowReader
from studio.services.field_values import value_of_cell
from studio.tasks import find_task

IMAGE, DOCUMENT, TEXTS = Field("image", "image", "I"), Field("document", "document", "D"), Field("t", "texts", "T")


def test_a_picture_is_named_relative_to_the_sheet(tmp_path: Path) -> None:
    (tmp_path / "shirts").mkdir()
    (tmp_path / "shirts" / "a.png").write_bytes(b"x")
    assert value_of_cell(IMAGE, " shirts/a.png ", tmp_path) == str(tmp_path / "shirts" / "a.png")
    assert value_of_cell(IMAGE, "shirts\\a.png", tmp_path) == str(tmp_path / "shirts" / "a.png")
    assert value_of_cell(IMAGE, str(tmp_path / "b.png"), tmp_path) == str(tmp_path / "b.png")


@pytest.mark.parametrize(
    "name", ["../secret.png", "a/../../b.png", "..\\b.png", r"\\server\share\a.png", "//server/a.png"]
)
def test_a_cell_leads_to_no_server_and_not_out_of_the_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        value_of_cell(IMAGE, name, tmp_path)


def test_a_document_is_text_or_a_file_beside_the_sheet(tmp_path: Path) -> None:
    (tmp_path / "faq.txt").write_text("Parcels come in two days.", encoding="utf-8")
    assert value_of_cell(DOCUMENT, "faq.txt", tmp_path) == "Parcels come in two days."
    assert value_of_cell(DOCUMENT, "faq.txt", None) == "faq.txt"
    assert (
        value_of_cell(DOCUMENT, "See faq.txt for more.\nIt says all.", tmp_path)
        == "See faq.txt for more.\nIt says all."
    )
    assert value_of_cell(DOCUMENT, "other.txt", tmp_path) == "other.txt"
    (tmp_path / "faq.txt").write_text("Parcels come in nine days.", encoding="utf-8")
    assert "nine" in value_of_cell(DOCUMENT, "faq.txt", tmp_path)


def test_a_collection_is_one_text_a_line() -> None:
    assert value_of_cell(TEXTS, "one\n\n two ", None) == ("one", "two")


def test_every_other_column_can_fill_a_variable() -> None:
    mapping = ColumnMapping({"text": "message"}, variables=("order",), groups=("tier",))
    reader = RowReader(find_task("text-generation"), mapping, ("message", "order", "tier", "id"))
    assert reader.inputs(("Hi", "4411", "gold", "1")) == {"text": "Hi", "variables": ("order=4411", "tier=gold")}

"""Files as people have them: every encoding, broken rows kept aside with a reason, nothing dropped in silence."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.dataset import BrokenRow, FileFormat
from studio.domain.errors import InputError
from studio.evaluation.importing.columns import column_names, letter
from studio.evaluation.importing.encoding import find_encoding
from studio.evaluation.importing.lines import LONGEST_LINE
from studio.evaluation.importing.preview import Preview
from studio.evaluation.importing.reading import preview, read_as
from studio.evaluation.importing.table import LONGEST_CELL

CHINESE = (
    "编号,消息,标签\n1,我的订单在哪里？请尽快告诉我,查询订单\n2,我想退款，商品坏了,退款\n3,怎么修改收货地址,修改地址\n"
)
GERMAN = (
    "Nummer;Nachricht;Label\n1;Wo ist meine Bestellung für Köln?;order\n2;Ich möchte mein Geld zurück, größer!;refund\n"
)


def look(path: Path, **how: object) -> Preview:
    chosen = {"sheet": None, "encoding": None, "delimiter": None, "header": None, **how}
    return preview(path, **chosen)  # type: ignore[arg-type]


def everything(path: Path, form: FileFormat | None = None) -> tuple[list[tuple[str, ...]], list[BrokenRow]]:
    with read_as(path, form or look(path).format) as table:
        rows = list(table.rows)
    return [r for r in rows if not isinstance(r, BrokenRow)], [r for r in rows if isinstance(r, BrokenRow)]


def written(tmp_path: Path, content: str | bytes, name: str = "data.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


# -- encodings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "utf-16", "utf-16"),
        (CHINESE, "utf-32", "utf-32"),
        (CHINESE, "gbk", "gb18030"),
        (GERMAN, "latin-1", "cp1252"),
        (GERMAN, "cp1252", "cp1252"),
        (GERMAN, "utf-16-le", "utf-16-le"),
        (GERMAN, "utf-16-be", "utf-16-be"),
        ("id,text,label\n1,plain words,a\n2,more words,b\n", "ascii", "utf-8"),
    ],
)
def test_encodings_are_found(tmp_path: Path, text: str, encoding: str, found: str) -> None:
    path = written(tmp_path, text, encoding=encoding)
    assert find_encoding(path) == found
    rows, aside = everything(path)
    delimiter = ";" if text is GERMAN else ","
    assert aside == []
    assert rows == [tuple(line.split(delimiter)) for line in text.splitlines()[1:]]
    assert look(path).columns == tuple(text.splitlines()[0].split(delimiter))


def test_one_accent_late_in_a_large_file_decides(tmp_path: Path) -> None:
    text = "text,label\n" + "nothing but plain letters here,a\n" * 60_000 + "schöne Grüße,b\n"
    path = written(tmp_path, text, encoding="cp1252")
    assert find_encoding(path) == "cp1252"


def test_a_few_broken_bytes_cost_their_row_only(tmp_path: Path) -> None:
    lines = [f"我的订单 {number} 在哪里,查询" for number in range(50)]
    content = "文本,标签\n".encode() + "\n".join(lines).encode() + b"\n\xff\xfe broken,x\n" + "最后,退款\n".encode()
    rows, aside = everything(written(tmp_path, content))
    assert len(rows) == 51 and rows[-1] == ("最后", "退款")
    assert [(row.line, "bytes" in row.reason) for row in aside] == [(52, True)]


def test_a_chosen_encoding_is_used(tmp_path: Path) -> None:
    path = written(tmp_path, GERMAN, encoding="cp1252")
    assert "fьr" in look(path, encoding="cp1251").rows[0][1]
    with pytest.raises(InputError, match="no encoding"):
        look(path, encoding="klingon")


# -- delimiters, quotes, headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    text = "".join(delimiter.join(f'"{cell}"' for cell in row) + "\n" for row in (("id", "text"), ("1", "a, b; c")))
    path = written(tmp_path, text, "data.txt")
    assert look(path).format.delimiter == delimiter
    assert look(path).rows == (("1", "a, b; c"),)


def test_one_message_a_line_is_one_column(tmp_path: Path) -> None:
    text = "message\nHello, I need help\nWhere, please, is my order, number 5\nThanks\nNo, never\n"
    found = look(written(tmp_path, text, "messages.txt"))
    assert found.format.delimiter == ""
    assert found.columns == ("message",)
    assert found.rows[1] == ("Where, please, is my order, number 5",)


def test_without_a_header_columns_go_by_their_letters(tmp_path: Path) -> None:
    text = "I want to cancel my order,cancel\nWhere is it?,track\nCancel it now please,cancel\n"
    path = written(tmp_path, text)
    found = look(path)
    assert not found.format.header
    assert found.columns == ("A", "B")
    assert len(everything(path)[0]) == 3
    assert look(path, header=True).columns == ("I want to cancel my order", "cancel")


def test_names_are_unique_and_never_empty() -> None:
    assert column_names(["text", "", " text ", "a\n b", "text (2)"]) == ("text", "B", "text (2)", "a b", "text (2) (2)")
    assert [letter(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    with pytest.raises(InputError, match="501 columns"):
        column_names(["x"] * 501)


def test_ragged_rows_are_kept_aside_with_their_line(tmp_path: Path) -> None:
    text = 'id,text,label\n1,"two\nlines",a\n2,too few\n3,one,too,many\n4,fine,b,,\n\n,,\n5,last,c\n'
    rows, aside = everything(written(tmp_path, text))
    assert [row[0] for row in rows] == ["1", "4", "5"]
    assert rows[0][1] == "two\nlines"
    assert [(row.line, row.reason, row.text) for row in aside] == [
        (4, "It has 2 cells where the table has 3 columns.", "2 | too few"),
        (5, "It has 4 cells where the table has 3 columns.", "3 | one | too | many"),
    ]


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_quotation_mark_that_is_never_closed_costs_one_row(tmp_path: Path, delimiter: str) -> None:
    lines = [f"{number},a message,label {number % 2}" for number in range(1, 3000)]
    lines[10] = '11,"never closed,label 1'
    lines[2990] = '2991,"nor this,label 1'
    text = ("id,text,label\n" + "\n".join(lines) + "\n").replace(",", delimiter)
    rows, aside = everything(written(tmp_path, text))
    assert len(rows) == 2997
    assert [row.line for row in aside] == [12, 2992]
    assert aside[1].reason == "A quotation mark opens here and is never closed."


def test_two_stray_quotation_marks_do_not_swallow_what_is_between(tmp_path: Path) -> None:
    text = 'id,text,label\n1,"5 inch screen,a\n2,good,b\n3,"7 inch,a\n4,good,b\n'
    rows, aside = everything(written(tmp_path, text))
    assert [row[0] for row in rows] == ["2", "4"]
    assert [row.line for row in aside] == [2, 4]


@pytest.mark.parametrize("name", ["noise.xlsx", "noise.csv"])
def test_bytes_that_are_no_words_are_no_table(tmp_path: Path, name: str) -> None:
    # Encodings from before Unicode would read them as one column of strange letters.
    path = tmp_path / name
    path.write_bytes(random.Random(3).randbytes(6000))
    with pytest.raises(InputError, match="holds no table"):
        look(path)


def test_nul_bytes_and_gigantic_cells(tmp_path: Path) -> None:
    huge = "x" * (LONGEST_CELL + 1)
    text = f"id,text,label\n1,a\x00b,c\n2,{huge},c\n3,fine,c\n4,{'y' * (LONGEST_LINE + 10)},c\n5,fine,c\n"
    rows, aside = everything(written(tmp_path, text))
    assert [row[0] for row in rows] == ["3", "5"]
    assert [row.line for row in aside] == [2, 3, 5]
    assert "NUL" in aside[0].reason and "longer than 1,000,000" in aside[1].reason
    assert all(len(row.text) <= 121 for row in aside)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r\x1f")), min_size=3, max_size=3
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_is_quoted_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([["id", "text", "label"], *rows])
    path = written(tmp_path_factory.mktemp("csv"), out.getvalue())
    read, aside = everything(path, FileFormat("csv", "utf-8", ","))
    assert aside == []
    assert read == [tuple(cell.strip() for cell in row) for row in rows if any(cell.strip() for cell in row)]


# -- JSON ----------------------------------------------------------------------------------------------------------


def test_objects_with_nested_values(tmp_path: Path) -> None:
    lines = [
        {"text": "你好", "label": "greeting", "n": 1, "x": 0.5, "ok": True, "tags": ["a", "中"], "none": None},
        {"text": "bye", "late": "new column"},
    ]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\nnot json\n[1, 2]\n\n" + '{"text": "e'
    path = written(tmp_path, text, "data.jsonl")
    assert look(path).format.kind == "jsonl"
    assert look(path).columns == ("text", "label", "n", "x", "ok", "tags", "none", "late")
    rows, aside = everything(path)
    assert rows == [
        ("你好", "greeting", "1", "0.5", "true", '["a", "中"]', "", ""),
        ("bye", "", "", "", "", "", "", "new column"),
    ]
    assert [row.line for row in aside] == [3, 4, 6]
    assert "no JSON" in aside[0].reason and "no JSON object" in aside[1].reason


def test_json_that_attacks(tmp_path: Path) -> None:
    text = '{"text": "good"}\n' + "[" * 100_000 + "\n" + '{"text": ' + "9" * 5000 + '}\n{"text": "end"}\n'
    rows, aside = everything(written(tmp_path, text, "data.jsonl"))
    assert [row[0] for row in rows] == ["good", "end"]
    assert [row.line for row in aside] == [2, 3]


def test_one_list_of_objects(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps([{"text": "a"}, {"text": "b", "label": 2}], indent=1), "data.json")
    assert everything(path)[0] == [("a", ""), ("b", "2")]


def test_chat_lines_become_questions_and_answers(tmp_path: Path) -> None:
    def turns(*said: tuple[str, object], **more: object) -> str:
        return json.dumps({"messages": [{"role": role, "content": content} for role, content in said], **more})

    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    image = [{"type": "image_url", "image_url": {"url": "x"}}]
    text = "\n".join(
        [
            turns(("user", "hi"), ("assistant", "hello"), topic="greeting"),
            turns(("system", "Be kind."), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")),
            turns(("user", parts), ("assistant", "fine")),
            turns(("user", image), ("assistant", "fine")),
            turns(("tool", "x"), ("assistant", "fine")),
            turns(("system", "only"), ("assistant", "fine")),
            turns(("user", "[not json")),
            '{"messages": []}',
        ]
    )
    path = written(tmp_path, text, "chat.jsonl")
    assert look(path).format.kind == "chat-jsonl"
    assert look(path).columns == ("messages", "expected", "topic")
    rows, aside = everything(path)
    assert rows[0] == ("hi", "hello", "greeting")
    assert [turn["role"] for turn in json.loads(rows[1][0])] == ["system", "user", "assistant", "user"]
    assert rows[1][1] == "d"
    assert rows[2][0] == "one\ntwo"
    assert json.loads(rows[3][0]) == [{"role": "user", "content": "[not json"}]
    assert [row.line for row in aside] == [4, 5, 6, 8]


# -- what is no table ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", b"", "has no rows"),
        ("blank.csv", b"\n\n ,, \n", "has no rows"),
        ("blank.jsonl", b"{", "has no rows"),
        ("photo.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "holds no table"),
        ("paper.csv", b"%PDF-1.7 something", "holds no table"),
        ("noise.csv", bytes(4) + b"\x01" * 4 + bytes(40), "holds no table"),
        ("book.xlsx", b"PK\x03\x04 but no archive", "damaged"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old Excel version"),
        (
            "secret.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
    ],
)
def test_files_that_are_no_table(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = written(tmp_path, content, name)
    with pytest.raises(InputError, match=says) as caught:
        look(path)
    assert caught.value.next_step
    with pytest.raises(InputError, match="no file"):
        look(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="no pictures"):
        look(tmp_path)

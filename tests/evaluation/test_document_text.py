"""Documents from anywhere: their text, or a sentence that says why there is none."""

from __future__ import annotations

import io
import itertools
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import docx
import pypdf
import pytest
import typst
from docx.oxml import OxmlElement
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from studio.domain.errors import InputError, StoppedError
from studio.evaluation.importing import document_process, document_text, pdf_text
from studio.evaluation.importing.document_text import text_of
from studio.evaluation.importing.word_text import word_text

CHINESE = "员工出差每天的餐费补助是一百二十元。超过六小时的航班可以预订高级经济舱，但是需要部门主管提前批准。"
ENGLISH = (
    "Employees may book economy class for flights of up to six hours. For longer flights, premium economy is allowed "
    "when a director approves it. The daily meal allowance is 45 euros in Europe and 60 dollars in the United States."
)


def _page(content: bytes) -> bytes:
    """A PDF of one page with this content stream, uncompressed as it is given."""
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(400, 400)
    stream = StreamObject()
    stream.set_data(content)
    page[NameObject("/Contents")] = writer._add_object(stream)
    font = {"/Type": NameObject("/Font"), "/Subtype": NameObject("/Type1"), "/BaseFont": NameObject("/Helvetica")}
    named = DictionaryObject({NameObject(key): value for key, value in font.items()})
    fonts = DictionaryObject({NameObject("/F1"): named})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _typeset(path: Path, body: str) -> Path:
    """A PDF of narrow pages with a running head and page numbers, as a text program writes it."""
    setup = (
        "#set page(width: 12cm, height: 9cm, header: [Northwind travel policy], "
        'footer: context [Page #counter(page).display()])\n#set text(font: ("Libertinus Serif", "Noto Sans CJK SC"))\n'
        "#set par(justify: true)\n"
    )
    typst.compile(io.BytesIO((setup + body).encode()).getvalue(), output=str(path))
    return path


def _word(path: Path, fill: Callable[[docx.document.Document], None]) -> Path:
    document = docx.Document()
    fill(document)
    document.save(str(path))
    return path


def _refused(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        text_of(path)
    error = caught.value
    assert error.message.endswith(".")
    assert error.next_step.endswith(".")
    assert path.name in error.message
    return error


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-8", "Größe: 12 £ – naïve"),
        ("utf-8-sig", "Größe"),
        ("utf-16", "Größe\n员工"),
        ("gb18030", CHINESE),
        ("cp1252", "Größe für Ärmel, Füße und Köpfe"),
    ],
)
def test_a_text_file_is_read_in_its_own_encoding(tmp_path: Path, encoding: str, words: str) -> None:
    path = tmp_path / "notes.md"
    path.write_text(words, encoding=encoding)
    assert text_of(path) == words


def test_line_ends_are_line_feeds_and_control_characters_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes(b"# Title\r\nOne.\rTwo.\n\x1b[1mbold\x1b[0m\tend\x0c\x00" + b"x" * 200)
    assert text_of(path) == "# Title\nOne.\nTwo.\n[1mbold[0m\tend\n" + "x" * 200


def test_a_pdf_gives_whole_sentences_without_running_heads(tmp_path: Path) -> None:
    path = _typeset(tmp_path / "policy.pdf", f"= Travel policy\n\n{ENGLISH}\n\n- Keep receipts.\n\n{CHINESE}\n\n" * 5)
    shares: list[float] = []
    text = text_of(path, shares.append)
    assert text.count(ENGLISH) >= 3
    assert text.count(CHINESE) >= 3
    assert "• Keep receipts.\n" in text
    assert "Northwind" not in text
    assert "Page " not in text
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 3


def test_broken_lines_and_words_of_a_page_are_put_together() -> None:
    lines = [
        "A line that is about as long as all the others are, and an exam-",
        "ple of a word that was cut. This ends here.",
        "",
        "Heading",
        "Another paragraph that goes on for more than a single line on",
        "the page",
        "1. First thing to do in a list which goes on for quite a long",
        "2. Second",
    ]
    assert pdf_text.paragraphs(lines) == (
        "A line that is about as long as all the others are, and an example of a word that was cut. This ends here.\n"
        "\nHeading\nAnother paragraph that goes on for more than a single line on the page\n"
        "1. First thing to do in a list which goes on for quite a long\n2. Second"
    )
    assert pdf_text.paragraphs([]) == ""


def test_a_word_file_is_read_in_order(tmp_path: Path) -> None:
    def fill(document: docx.document.Document) -> None:
        document.add_heading("Warranty", 1)
        document.add_paragraph("The kettle has a warranty of two years.")
        table = document.add_table(2, 2)
        for place, text in enumerate(("Part", "Price", "Lid", "4.50 €")):
            table.cell(place // 2, place % 2).text = text
        document.add_paragraph("Call us.", style="List Bullet")
        paragraph = document.add_paragraph("Kept, ")
        gone = OxmlElement("w:del")
        run = paragraph.add_run("deleted")
        paragraph._p.append(gone)
        gone.append(run._r)
        added = OxmlElement("w:ins")
        paragraph._p.append(added)
        added.append(paragraph.add_run("added")._r)

    path = _word(tmp_path / "manual.docx", fill)
    assert text_of(path).splitlines() == [
        "Warranty",
        "The kettle has a warranty of two years.",
        "Part | Price",
        "Lid | 4.50 €",
        "",
        "• Call us.",
        "Kept, added",
    ]


def test_merged_cells_and_content_controls_of_word_come_once(tmp_path: Path) -> None:
    def fill(document: docx.document.Document) -> None:
        table = document.add_table(1, 3)
        table.cell(0, 0).merge(table.cell(0, 2)).text = "All three"
        inner = table.cell(0, 0).add_table(1, 1)
        inner.cell(0, 0).text = "inside"
        control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
        control.append(content)
        content.append(document.add_paragraph("In a control")._p)
        document.element.body.insert(0, control)

    path = _word(tmp_path / "form.docx", fill)
    assert word_text(path).split("\n") == ["In a control", "All three inside"]


def test_an_empty_document_is_said(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text(" \n\u200b\n\t")
    assert "is empty" in _refused(path).message
    assert "is empty" in _refused(_word(tmp_path / "empty.docx", lambda _document: None)).message


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        text_of(tmp_path / "gone.pdf")
    with pytest.raises(InputError, match="There is no file"):
        text_of(tmp_path)


def test_a_scanned_pdf_is_said(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(_page(b"0 0 100 100 re f"))
    assert "pictures of pages" in _refused(path).message


def test_a_locked_pdf_is_said_and_one_that_only_forbids_changes_is_read(tmp_path: Path) -> None:
    plain = _typeset(tmp_path / "plain.pdf", "Secret words")
    for name, user in (("locked.pdf", "geheim"), ("readable.pdf", "")):
        writer = pypdf.PdfWriter(clone_from=plain)
        writer.encrypt(user, "owner", algorithm="AES-256")
        writer.write(tmp_path / name)
    assert "password" in _refused(tmp_path / "locked.pdf").message
    assert "Secret words" in text_of(tmp_path / "readable.pdf")


def test_a_pdf_of_too_many_pages_is_said(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter()
    for _number in range(pdf_text._MOST_PAGES + 1):
        writer.add_blank_page(10, 10)
    writer.write(tmp_path / "atlas.pdf")
    assert "3,001 pages" in _refused(tmp_path / "atlas.pdf").message


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n",
        b"%PDF-1.7\ntrailer<</Root 1 0 R>>\n1 0 obj<</Pages 1 0 R/Kids[1 0 R]/Type/Pages/Count 9>>endobj",
        b"PK\x03\x04 not a zip",
    ],
)
def test_a_damaged_file_is_said(tmp_path: Path, content: bytes) -> None:
    for name in ("a.pdf", "a.docx"):
        path = tmp_path / name
        path.write_bytes(content)
        error = _refused(path)
        assert "damaged" in error.message or "pictures" in error.message


def test_every_cut_of_a_pdf_is_read_or_refused(tmp_path: Path) -> None:
    whole = _typeset(tmp_path / "whole.pdf", ENGLISH).read_bytes()
    for share in (0.5, 0.95):
        path = tmp_path / "cut.pdf"
        path.write_bytes(whole[: int(share * len(whole))])
        try:
            assert text_of(path)
        except InputError as error:
            assert path.name in error.message


def test_a_stream_that_unpacks_to_far_too_much_ends_nothing_but_the_reading(tmp_path: Path) -> None:
    bomb = zlib.compress(b"\x00" * 100_000_000, 1)
    raw = _page(b"BOMB").replace(b"BOMB", bomb)
    raw = raw.replace(b"/Length 4", b"/Filter /FlateDecode /Length " + str(len(bomb)).encode())
    path = tmp_path / "bomb.pdf"
    path.write_bytes(raw)
    _refused(path)


def test_a_page_that_takes_forever_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "slow.pdf"
    path.write_bytes(_page(b"BT /F1 1 Tf " + b"(a) Tj " * 2_000_000 + b"ET"))
    monkeypatch.setattr(document_process, "_PAGE_S", 0.5)
    assert "given up" in _refused(path).message


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    path = tmp_path / "slow.pdf"
    path.write_bytes(_page(b"BT /F1 1 Tf " + b"(a) Tj " * 2_000_000 + b"ET"))
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(StoppedError):
        text_of(path, cancelled=stop.is_set)


def _archive(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_word_file_that_unpacks_to_far_too_much_is_not_opened(tmp_path: Path) -> None:
    path = _archive(tmp_path / "bomb.docx", {"word/document.xml": b" " * 60_000_000})
    assert "60 MB" in _refused(path).message


def test_a_declared_size_that_lies_gives_no_more_than_was_declared(tmp_path: Path) -> None:
    path = _word(tmp_path / "lie.docx", lambda document: document.add_paragraph("word " * 200_000))
    raw = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("word/document.xml").file_size
    assert raw.count(size.to_bytes(4, "little")) == 2
    path.write_bytes(raw.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    assert "damaged" in _refused(path).message


def test_entities_of_a_word_file_are_not_expanded(tmp_path: Path) -> None:
    names = "abcdefgh"
    entities = f'<!ENTITY {names[0]} "{"x" * 1000}">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 100}">' for before, name in itertools.pairwise(names)
    )
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = f"<w:document {space}><w:body><w:p><w:r><w:t>&h;</w:t></w:r></w:p></w:body></w:document>"
    path = _word(tmp_path / "laughs.docx", lambda _document: None)
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    parts["word/document.xml"] = f"<!DOCTYPE x [{entities}]>{body}".encode()
    _refused(_archive(path, parts))


def test_other_kinds_of_files_are_said(tmp_path: Path) -> None:
    sheet = _archive(tmp_path / "sheet.docx", {"xl/workbook.xml": b"<a/>"})
    assert "not a document" in _refused(sheet).message
    for name, content in (
        ("a.rtf", b"{\\rtf1 hello}"),
        ("a.txt", bytes(range(256)) * 8),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + bytes(range(40)) * 9),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert "not a document" in _refused(path).message
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    old = tmp_path / "old.doc"
    old.write_bytes(ole + b"\x00" * 600)
    assert "old Office" in _refused(old).message
    old.write_bytes(ole + "EncryptedPackage".encode("utf-16-le"))
    assert "password" in _refused(old).message


def test_a_text_of_a_whole_library_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_text, "MOST_CHARACTERS", 1000)
    path = tmp_path / "long.txt"
    path.write_text("word " * 200)
    assert text_of(path) == "word " * 200
    path.write_text("word " * 201)
    assert "1,000 characters" in _refused(path).message

"""Reports from a stored project: the same bytes again, hostile text harmless, numbers equal in every format."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.decision import Criterion
from studio.domain.errors import InputError, StoppedError, UnknownNameError
from studio.domain.evaluation import Answer, EvaluationSettings
from studio.domain.prediction import GeneratedText
from studio.domain.report import Report
from studio.project.evaluations import NewCandidate
from studio.reports import all_formats
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.reporting import ReportChoices, build, export, store_choices, stored_choices
from tests.gui.evaluated import labels_evaluation

_DAY = date(2026, 11, 25)
_HOSTILE = (
    "<script>alert('x')</script>",
    "<img src=x onerror=alert(1)>",
    "</textarea></style><svg onload=alert(2)>",
    "[click](javascript:alert(3)) ![](http://127.0.0.1/x.png)",
    "| a | b |\n# heading\n```\ncode",
    '=HYPERLINK("http://127.0.0.1","x")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    '#image("/etc/passwd") #read("/etc/passwd") $x$ *b* _i_',
    "{{ config }} {% for x in y %}",
    "\u202etxt.exe\u202c \u200f \u2066x\u2069",
    "a\x00b\x07c\x1b[31mred\x9b",
    "\ud800 lone",
    "x" * 100_000,
    "😀👩‍👩‍👧‍👦 é ﷽ 你好",
    "&lt;b&gt; &amp; ]]> <!-- -->",
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as made:
        yield made


def _hostile(session: ProjectSession) -> int:
    mapping = ColumnMapping({"text": "q"}, "want", recorded={"Vendor <b>": "got"})
    rows = [(text.replace("\ud800", "?"), "fine", text.replace("\ud800", "?")) for text in _HOSTILE]
    data = session.datasets.add(
        "translation", "<b>data</b>", "d.csv", FileFormat("csv"), ("q", "want", "got"), rows, (), "f" * 64, mapping
    )
    info = session.evaluations.start(
        "translation",
        data.id,
        EvaluationSettings(mapping),
        len(rows),
        [NewCandidate("Vendor <b>", "=Vendor", "recorded")],
        {},
    )
    candidate = info.candidates[0].id
    session.evaluations.record(
        [Answer(candidate, n, 0, GeneratedText(text, (), 0, "stop")) for n, text in enumerate(_HOSTILE)]
    )
    session.evaluations.set_state(candidate, "finished")
    session.decisions.set_brief("translation", "problem", _HOSTILE[0])
    session.rename("<script>p</script>")
    return info.id


def _files(report: Report, folder: Path) -> dict[str, bytes]:
    paths = export(report, [each.id for each in all_formats()], folder)
    return {path.suffix: path.read_bytes() for path in paths}


def test_the_same_project_gives_the_same_bytes(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 60)
    session.decisions.put_criterion("text-classification", Criterion("c", "accuracy", "at least", 0.8))
    one = _files(build(session, info.id, day=_DAY), tmp_path / "one")
    other = _files(build(session, info.id, day=_DAY), tmp_path / "two")
    assert set(one) == {".html", ".pdf", ".pptx", ".xlsx", ".md", ".csv", ".json"}
    for suffix, data in one.items():
        assert data == other[suffix], suffix


def test_hostile_text_is_harmless_in_every_format(session: ProjectSession, tmp_path: Path) -> None:
    report = build(session, _hostile(session), ReportChoices(rows="all"), _DAY)
    files = _files(report, tmp_path / "out")
    html = files[".html"].decode()
    body = html[html.index("<body>") :]
    # The only tags are the studio's own: what others wrote is text.
    tags = set(re.findall(r"<\s*([a-zA-Z]+)", body))
    assert "img" not in tags
    assert "textarea" not in tags
    assert body.count("<script") == 1
    assert not re.search(r"<[^>]+\son[a-z]+\s*=", body)
    assert "http://127.0.0.1" not in re.sub(r">[^<]*<", "><", body)
    assert re.search(r"default-src 'none'", html)
    markdown = files[".md"].decode()
    assert "](javascript" not in markdown
    assert not re.search(r"(?<!\\)[<>]", markdown)
    for line in files[".csv"].decode("utf-8-sig").splitlines():
        for cell in re.findall(r'(?:^|,)"?([=+@][^,]*)', line):
            pytest.fail(f"a formula: {cell[:60]}")
    for suffix in (".xlsx", ".pptx"):
        with zipfile.ZipFile(io.BytesIO(files[suffix])) as archive:
            whole = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".xml"))
        assert b"<f>" not in whole
        assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", whole)
    for data in (files[".html"], files[".md"], files[".csv"], files[".json"]):
        text = data.decode()
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", text)
    assert files[".pdf"].startswith(b"%PDF")
    json.loads(files[".json"])


def test_numbers_are_those_of_the_json(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 60)
    files = _files(build(session, info.id, day=_DAY), tmp_path / "out")
    document = json.loads(files[".json"])
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(files[".xlsx"]))
    sheet = book["Quality"]
    head = [cell.value for cell in sheet[1]]
    first = next(row for row in sheet.iter_rows(min_row=2, values_only=True) if "accuracy" in str(row[0]))
    for candidate in document["candidates"]:
        value = candidate["metrics"]["accuracy"]["value"]
        assert first[head.index(candidate["title"])] == pytest.approx(value)
        text = f"{value * 100:.1f} %"
        assert text in files[".html"].decode()
        assert text.replace(".", "\\.") in files[".md"].decode()
        assert f"{value:.12g}" in files[".csv"].decode("utf-8-sig")


def test_redacted_leaves_out_what_users_wrote(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 60)
    message = session.datasets.rows(info.dataset.id, [3])[0].cells[0]
    whole = _files(build(session, info.id, ReportChoices(rows="all"), _DAY), tmp_path / "a")
    assert message in whole[".html"].decode()
    redacted = _files(build(session, info.id, ReportChoices(rows="all", redact=True), _DAY), tmp_path / "b")
    for suffix in (".html", ".md", ".csv", ".json"):
        assert message not in redacted[suffix].decode(), suffix
    with zipfile.ZipFile(io.BytesIO(redacted[".xlsx"])) as archive:
        assert message.encode() not in b"".join(archive.read(name) for name in archive.namelist())


def test_sections_can_be_left_out_and_are_remembered(session: ProjectSession) -> None:
    info = labels_evaluation(session, 60)
    choices = ReportChoices(("labels", "errors"), "none", False, "zh_CN")
    store_choices(session, info.task, choices)
    assert stored_choices(session, info.task) == choices
    report = build(session, info.id, day=_DAY)
    assert {"labels", "errors"}.isdisjoint(section.id for section in report.sections)
    assert report.rows is None
    assert report.language == "zh_CN"
    assert report.words["summary"] == "摘要"


def test_a_report_in_another_language_leaves_the_window_alone(session: ProjectSession) -> None:
    from studio.domain.i18n import language

    info = labels_evaluation(session, 30)
    before = language()
    assert build(session, info.id, ReportChoices(language="zh_CN"), _DAY).words["summary"] == "摘要"
    assert language() == before


def test_nothing_half_written_is_left(session: ProjectSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = labels_evaluation(session, 30)
    report = build(session, info.id, day=_DAY)
    with pytest.raises(UnknownNameError):
        export(report, ["docx"], tmp_path / "out")
    calls: list[int] = []

    def cancelled() -> bool:
        calls.append(1)
        return len(calls) > 1

    with pytest.raises(StoppedError):
        export(report, ["md", "json"], tmp_path / "out", cancelled=cancelled)
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".md"]
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(InputError):
        export(report, ["md"], file)
    with pytest.raises(InputError):
        export(report, ["pptx"], tmp_path / "deck", template=file)
    assert list((tmp_path / "deck").iterdir()) == []


def test_a_company_template_is_used(session: ProjectSession, tmp_path: Path) -> None:
    from pptx import Presentation

    template = Presentation()
    template.slide_width = 9_144_000
    template.save(str(tmp_path / "company.pptx"))
    info = labels_evaluation(session, 30)
    (path,) = export(build(session, info.id, day=_DAY), ["pptx"], tmp_path, template=tmp_path / "company.pptx")
    deck = Presentation(str(path))
    assert deck.slide_width == 9_144_000
    assert 4 <= len(deck.slides) <= 10
    assert any(shape.has_chart for slide in deck.slides for shape in slide.shapes)
    assert any(shape.has_table for slide in deck.slides for shape in slide.shapes)


def test_slides_hold_every_candidate_and_every_chapter(session: ProjectSession, tmp_path: Path) -> None:
    from pptx import Presentation

    info = labels_evaluation(session, 60)
    session.decisions.put_criterion("text-classification", Criterion("c", "accuracy", "at least", 0.8))
    report = build(session, info.id, day=_DAY)
    (path,) = export(report, ["pptx"], tmp_path)
    deck = Presentation(str(path))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert {section.title for section in report.sections if section.id not in ("labels", "errors", "groups")} <= {
        *titles
    }
    slide = deck.slides[titles.index("Quality")]
    (table,) = (shape.table for shape in slide.shapes if shape.has_table)
    head = [cell.text for cell in table.rows[0].cells]
    assert [each.title for each in info.candidates] == head[1:]
    # Each figure has its interval beside it.
    assert all("(" in cell.text for cell in list(table.rows[1].cells)[1:])
    for slide in deck.slides:
        assert all(shape.top + shape.height <= deck.slide_height for shape in slide.shapes), slide.shapes.title.text

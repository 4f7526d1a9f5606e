"""Kept explanations and insights in every format: shaded words with their numbers, nothing of it where redacted."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from pptx import Presentation

from studio.domain.evaluation import EvaluationInfo
from studio.domain.explanation import (
    Alternative,
    Considered,
    Explanation,
    Grid,
    Part,
    Step,
    Token,
)
from studio.domain.insight import (
    CandidateWords,
    ErrorGroup,
    Insights,
    LabelWeights,
    LabelWords,
    PairInsight,
    PullingWord,
    RowCount,
    Weighed,
    WordWeight,
)
from studio.domain.report import Picture, Report, Shaded
from studio.reports import all_formats
from studio.services.explanation_map import drawn_map
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.report_explanations import spans_of
from studio.services.reporting import ReportChoices, build, export
from tests.gui.evaluated import labels_evaluation

_DAY = date(2026, 11, 25)
_TEXT = "please CANCELWORD it now"
_WORDS = Explanation(
    "cancel_order",
    0.76,
    (Part("please", 0, 6), Part("CANCELWORD", 7, 17), Part("it", 18, 20)),
    (-0.2, 0.5, 0.004),
    text=_TEXT,
)
_HOSTILE = '<script>alert(1)</script> =HYPERLINK(1) ](javascript:x) \u202e\x00 **b** {{x}} #read("/etc/passwd")'


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as made:
        yield made


def _keep(session: ProjectSession, info: EvaluationInfo, found: Explanation, text: str = _TEXT, row: int = 3) -> None:
    session.kept.keep(info.task, info.candidates[0].title, text, found, info.id, info.candidates[0].id, row)


def _insights(info: EvaluationInfo, word: str = "PULLWORD") -> Insights:
    one, two, _rules = (each.id for each in info.candidates)
    pulling = (PullingWord(word, 3.2, 4, 5),)
    return Insights(
        info.id,
        "accuracy",
        False,
        60,
        60,
        (RowCount(one, 4), RowCount(two, 2)),
        (CandidateWords(one, (LabelWords("get refund", 5, pulling),)),),
        (
            ErrorGroup(
                f"{word} kind", (word,), "get refund", "complaint", 3, 4, 3, (1, 2, 3),
                (RowCount(one, 3), RowCount(two, 1)), (f"{word} example",), 5, 4,
            ),
        ),
        3,
        4,
        "meaning",
        (PairInsight(one, two, 6, 2, (1,), (2,), 50, 2, pulling, ()), PairInsight(99, two, 1, 1, (), (), 1, 1)),
        (Weighed(one, 9, (LabelWeights("get refund", 4, (WordWeight(word, 0.41, 0.1, 0.7, 3),), ()),)),),
    )  # fmt: skip


def _files(report: Report, folder: Path) -> dict[str, bytes]:
    paths = export(report, [each.id for each in all_formats()], folder)
    return {path.suffix: path.read_bytes() for path in paths}


def _unzipped(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "".join(
            archive.read(name).decode("utf-8", "replace") for name in archive.namelist() if name.endswith(".xml")
        )


def test_words_are_shaded_with_their_numbers_in_every_format(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 60)
    _keep(session, info, _WORDS)
    report = build(session, info.id, day=_DAY)
    section = next(each for each in report.sections if each.id == "explanations")
    shaded = next(block for block in section.blocks if isinstance(block, Shaded))
    assert "".join(span.text for span in shaded.spans) == _TEXT
    assert [round(span.weight, 2) for span in shaded.spans if span.weight] == [-0.4, 1.0, 0.01]
    # Row 4 of the data, and what was expected there.
    assert "row 4 · expected: get invoice" in shaded.title
    files = _files(report, tmp_path)
    html = files[".html"].decode()
    assert re.search(r'<mark class="for clear" style="--strong: 45%">CANCELWORD</mark>', html)
    assert re.search(r'<mark class="against clear" style="--strong: 18%">please</mark>', html)
    markdown = files[".md"].decode()
    assert "~~please~~ **CANCELWORD** it now" in markdown
    assert "CANCELWORD" in files[".csv"].decode("utf-8-sig")
    assert "0.5" in files[".csv"].decode("utf-8-sig")
    document = json.loads(files[".json"])["explanations"]
    assert [word["weight"] for word in document[0]["parts"]] == [-0.2, 0.5, 0.004]
    assert document[0]["row"] == 3
    deck = Presentation(io.BytesIO(files[".pptx"]))
    slide = next(each for each in deck.slides if each.shapes.title.text_frame.text == "Single answers explained")
    runs = [
        run for shape in slide.shapes if shape.has_text_frame for p in shape.text_frame.paragraphs for run in p.runs
    ]
    marked = {run.text: run._r.xpath("./a:rPr/a:highlight/a:srgbClr/@val") for run in runs}
    assert marked["CANCELWORD"] == ["97BCA6"]
    assert marked[" now"] == []
    assert files[".pdf"].startswith(b"%PDF")


def test_insights_are_there_only_when_they_were_put_there(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 60)
    assert "insights" not in [each.id for each in build(session, info.id, day=_DAY).sections]
    session.kept.keep_insights(_insights(info))
    report = build(session, info.id, day=_DAY)
    (section,) = (each for each in report.sections if each.id == "insights")
    assert [table.id for table in report.tables() if table in section.blocks] == [
        "mistakes",
        "right-alone",
        f"words-{info.candidates[0].id}",
        f"weights-{info.candidates[0].id}",
    ]
    # A pair with a candidate that is not there is passed over.
    assert len(next(table for table in report.tables() if table.id == "right-alone").rows) == 1
    files = _files(report, tmp_path)
    assert "PULLWORD (4/5)" in files[".html"].decode()
    assert json.loads(files[".json"])["insights"]["groups"][0]["mistakes"] == 4
    left_out = build(session, info.id, ReportChoices(("insights", "explanations")), _DAY)
    assert "insights" not in [each.id for each in left_out.sections]
    assert left_out.facts["insights"] is None


def test_a_redacted_report_quotes_none_of_it(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 60)
    _keep(session, info, _WORDS)
    session.kept.keep_insights(_insights(info))
    report = build(session, info.id, ReportChoices(redact=True), _DAY)
    files = _files(report, tmp_path)
    for suffix, data in files.items():
        text = _unzipped(data) if suffix in (".xlsx", ".pptx") else data.decode("utf-8", "replace")
        for word in ("CANCELWORD", "PULLWORD"):
            assert word not in text, suffix
    html = files[".html"].decode()
    assert "1 explanation is left out: it quotes what users wrote." in html
    # Labels are the product's own words.
    assert "get refund, answered as complaint" in html


def test_written_texts_passages_and_pictures(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 60)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 200, 200)).save(picture, "JPEG")
    grid = Grid(1, 2, base64.b64encode(picture.getvalue()).decode())
    parts = (Part("Good", 0, 4), Part("morning", 5, 12))
    tokens = (Token("早上", 0.9, (Alternative("早上", 0.9), Alternative("上午", 0.06))), Token("好", 0.95))
    steps = (Step("早上好", 0, 3, 0.86, tokens, (0.2, 0.7)),)
    _keep(session, info, Explanation("早上好", 0.93, parts, (0.2, 0.7), kind="steps", text="Good morning", steps=steps))
    cells = (Part("a1", 0, 0), Part("b1", 0, 0))
    _keep(session, info, Explanation("shirt", 0.8, cells, (0.5, -0.1), kind="picture", grid=grid), "p.jpg", 4)
    looked_at = (
        Considered("Returns take 30 days.", 0.81, True, "", 0.1),
        Considered("We ship.", 0.1, False, "30", 0.8),
    )
    _keep(session, info, Explanation("30 days", 0.8, (), (), kind="passages", considered=looked_at), "How long?", 5)
    report = build(session, info.id, day=_DAY)
    files = _files(report, tmp_path)
    html = files[".html"].decode()
    assert "上午 6 %" in html
    assert "morning +0.70, Good +0.20" in html
    assert "Returns take 30 days." in html
    assert html.count('<img src="data:image/png;base64,') == 1
    section = next(each for each in report.sections if each.id == "explanations")
    (drawn,) = (block for block in section.blocks if isinstance(block, Picture))
    with Image.open(io.BytesIO(drawn.data)) as shown:
        left, right = shown.getpixel((100, 100)), shown.getpixel((400, 100))
    assert left[1] > left[0]
    assert right[0] > right[1]


def test_pictures_of_strangers_are_read_with_care() -> None:
    found = Explanation("x", 0.5, (Part("a1", 0, 0),), (0.5,), kind="picture")
    for thumbnail in ("", "no base64", base64.b64encode(b"<svg onload=alert(1)>").decode(), "A" * 3_000_000):
        assert drawn_map(replace(found, grid=Grid(1, 1, thumbnail))) == b""
    assert drawn_map(replace(found, grid=Grid(0, 0, "QUJD"))) == b""
    assert drawn_map(found) == b""


def test_hostile_text_is_only_text(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 60)
    parts = (Part(_HOSTILE, 0, len(_HOSTILE)), Part("lies", 10**9, 10**9 + 4), Part("over", 3, 9))
    nasty = Explanation(f"<img src=x>{_HOSTILE}", 0.7, parts, (0.7, 0.3, 0.2), text=_HOSTILE)
    _keep(session, info, nasty, _HOSTILE)
    session.kept.keep_insights(_insights(info, _HOSTILE))
    files = _files(build(session, info.id, day=_DAY), tmp_path)
    html = files[".html"].decode()
    assert html.count("<script") == 1
    assert "<img" not in html
    assert not re.search(r"(?<!\\)[<>]", files[".md"].decode())
    assert "](javascript" not in files[".md"].decode()
    for name in (".xlsx", ".pptx"):
        text = _unzipped(files[name])
        assert "<f>" not in text
        assert "\x00" not in text
    for data in (files[".html"], files[".md"], files[".csv"], files[".json"]):
        assert not re.search("[\u202a-\u202e\x00]", data.decode())
    assert files[".pdf"].startswith(b"%PDF")


def test_spans_cover_the_text_whatever_parts_say() -> None:
    found = replace(_WORDS, parts=(Part("x", 5, 2), Part("y", 3, 8), Part("z", 6, 9)), weights=(1.0, 2.0, -4.0))
    spans = spans_of("0123456789", found)
    assert "".join(span.text for span in spans) == "0123456789"
    assert [(span.text, span.weight) for span in spans] == [("012", 0.0), ("34567", 0.5), ("89", 0.0)]

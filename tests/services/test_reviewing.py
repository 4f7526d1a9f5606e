"""Reviewer packs: no names in them, escaped, and votes come back to whom they were given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from studio.domain.errors import InputError
from studio.services.projects import Projects, ProjectSession
from studio.services.reviewing import read_votes, write_pack
from studio.services.row_votes import agreement
from tests.gui.evaluated import SENTENCES, labels_evaluation, texts_evaluation


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as opened:
        yield opened


def _vote(path: Path, voter: str, choose: object) -> list[tuple[str, str, str]]:
    """Fill the workbook as a colleague would: ``choose`` of (A, B) gives the words. Returns (A, B, chosen)."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    sheet["B1"] = voter
    done = []
    for row in range(5, sheet.max_row + 1):
        a, b = sheet.cell(row, 4).value, sheet.cell(row, 5).value
        sheet.cell(row, 6).value = choose(a, b)  # type: ignore[operator]
        done.append((a, b, sheet.cell(row, 6).value))
    book.save(path)
    return done


def test_votes_come_back_to_whom_they_were_given(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 60)
    workbook, page = write_pack(session, info.id, tmp_path, seed=3, most=12)
    for name in (candidate.title for candidate in info.candidates):
        assert name not in page.read_text(encoding="utf-8")
        assert all(
            name not in str(cell) for sheet in load_workbook(workbook) for row in sheet.values for cell in row if cell
        )
    done = _vote(workbook, "Mei", lambda a, b: "1: A is better" if a < b else "2: B 更好")
    told = read_votes(session, info.id, workbook)
    assert (told.voter, told.votes, told.skipped) == ("Mei", 12, 0)
    votes = session.evaluations.votes(info.id)
    assert {voter for _position, voter, _vote_given in votes} == {"Mei"}
    chosen = []
    for position, _voter, vote in votes:
        texts = {
            each: next(iter(session.evaluations.answers(each, [position]))).output.text  # type: ignore[union-attr]
            for each in (vote.a, vote.b)
        }
        # Whoever stood as A in the file is A of the vote: the winner is the one whose answer sorts first.
        assert texts[vote.a if vote.choice == "a" else vote.b] == min(texts.values())
        chosen.append((texts[vote.a], texts[vote.b]))
    assert sorted(chosen) == sorted((a, b) for a, b, _word in done)
    session.undo()
    assert session.evaluations.votes(info.id) == ()


def test_the_page_is_escaped_and_its_file_is_read(session: ProjectSession, tmp_path: Path) -> None:
    evil = ("<script>alert(1)</script>", "=1+1", "</script><b>", '=HYPERLINK("x")')
    info = texts_evaluation(session, [*SENTENCES, evil])
    workbook, page = write_pack(session, info.id, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "http://" not in text
    assert "https://" not in text
    cells = [str(cell) for row in load_workbook(workbook).worksheets[0].values for cell in row if cell]
    assert '\'=HYPERLINK("x")' in cells
    token = load_workbook(workbook)["pack"]["A1"].value
    keys = [row[0] for row in load_workbook(workbook)["pack"].values][1:]
    votes = [{"key": key, "choice": "3" if number else ""} for number, key in enumerate(keys)]
    saved = tmp_path / "votes-Ana.json"
    saved.write_text(json.dumps({"pack": token, "voter": "Ana", "votes": votes}), encoding="utf-8")
    told = read_votes(session, info.id, saved)
    assert (told.votes, told.skipped) == (len(keys) - 1, 1)
    # The same file read in again counts once.
    read_votes(session, info.id, saved)
    assert len(session.evaluations.votes(info.id)) == len(keys) - 1


def test_two_reviewers_agree(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 60)
    workbook, _page = write_pack(session, info.id, tmp_path, most=10)
    for voter in ("Mei", "Ana"):
        _vote(workbook, voter, lambda a, b: "1" if a < b else "2")
        read_votes(session, info.id, workbook)
    found = agreement(session.evaluations.votes(info.id))
    assert found is not None
    assert (found.measure, found.shared, found.kappa) == ("cohen", 10, pytest.approx(1.0))


def test_what_can_t_be_read_says_why_and_stores_nothing(session: ProjectSession, tmp_path: Path) -> None:
    info = labels_evaluation(session, 30)
    other = labels_evaluation(session, 31, seed=1)
    workbook, _page = write_pack(session, info.id, tmp_path, most=5)
    with pytest.raises(InputError, match="who voted"):
        read_votes(session, info.id, workbook)
    _vote(workbook, "Mei", lambda _a, _b: "better")
    with pytest.raises(InputError, match="is no vote"):
        read_votes(session, info.id, workbook)
    _vote(workbook, "Mei", lambda _a, _b: "4")
    with pytest.raises(InputError, match="another evaluation"):
        read_votes(session, other.id, workbook)
    for number, junk in enumerate((b"", b"PK\x03\x04", b"[1, 2]", b'{"pack": "0-x"}', b"\xff\xfe\x00")):
        bad = tmp_path / f"junk{number}.json"
        bad.write_bytes(junk)
        with pytest.raises(InputError):
            read_votes(session, info.id, bad)
    with pytest.raises(InputError, match="can't be read"):
        read_votes(session, info.id, tmp_path / "missing.xlsx")
    assert session.evaluations.votes(info.id) == ()


def test_nothing_to_ask(session: ProjectSession, tmp_path: Path) -> None:
    info = texts_evaluation(session, [("a", "b", "same", "same")])
    with pytest.raises(InputError, match="nothing to ask"):
        write_pack(session, info.id, tmp_path)
    assert list(tmp_path.glob("review*")) == []

"""What leaves this computer is said, and agreed to once for each project and host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.sending import Consent, hosts_of, remote_candidates, sending_meaning, sending_words

CLOUD = Candidate("cloud/big", "", "api.example.com", "openai")
OTHER = Candidate("cloud/small", "", "api.example.com", "openai")
LAB = Candidate("lab/big", "", "lab.example.org:8000", "openai")
HERE = Candidate("here/some", "", "localhost:11434", "openai")
LOCAL = Candidate("starter/assistant-small", "int8")


@pytest.fixture
def projects(tmp_path: Path) -> Projects:
    return Projects(tmp_path / "projects")


@pytest.fixture
def session(projects: Projects) -> Iterator[ProjectSession]:
    with projects.new() as made:
        yield made


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        (LOCAL, ""),
        (HERE, "Server on this computer"),
        (Candidate("v6/some", "", "[::1]:8000", "openai"), "Server on this computer"),
        (CLOUD, "Sends data to api.example.com"),
        (Candidate("lan/some", "", "192.168.1.5:8000", "openai"), "Sends data to 192.168.1.5:8000"),
        # A name that only begins like this computer's is another computer.
        (Candidate("fake/some", "", "localhost.example.com", "openai"), "Sends data to localhost.example.com"),
    ],
)
def test_where_texts_go_is_said(candidate: Candidate, words: str) -> None:
    assert sending_words(candidate) == words
    assert bool(sending_meaning(candidate)) is bool(words)


def test_each_host_outside_is_named_once() -> None:
    assert hosts_of([LOCAL, CLOUD, HERE, OTHER, LAB]) == ("api.example.com", "lab.example.org:8000")


def test_a_project_names_the_hosts_of_all_its_use_cases(session: ProjectSession) -> None:
    assert remote_candidates(session) == ()
    session.add_column("chat", CLOUD)
    session.add_column("translation", LAB)
    session.add_column("translation", HERE)
    assert set(hosts_of(remote_candidates(session))) == {"api.example.com", "lab.example.org:8000"}


def test_consent_is_for_one_project_and_one_host(projects: Projects, session: ProjectSession, tmp_path: Path) -> None:
    consent = Consent(tmp_path / "sending.json")
    assert consent.missing(session, [LOCAL, HERE]) == ()
    assert consent.missing(session, [CLOUD, OTHER, LAB]) == ("api.example.com", "lab.example.org:8000")
    consent.give(session, ["api.example.com"])
    assert Consent(tmp_path / "sending.json").missing(session, [CLOUD, LAB]) == ("lab.example.org:8000",)
    with projects.new() as another:
        assert consent.missing(another, [CLOUD]) == ("api.example.com",)


def test_consent_stays_with_a_project_that_is_moved_and_is_not_in_its_file(projects: Projects, tmp_path: Path) -> None:
    consent = Consent(tmp_path / "sending.json")
    with projects.new() as session:
        consent.give(session, ["api.example.com"])
        session.save(tmp_path / "mine.studio")
    assert b"api.example.com" not in (tmp_path / "mine.studio").read_bytes()
    with projects.open(tmp_path / "mine.studio") as session:
        assert consent.missing(session, [CLOUD]) == ()


@pytest.mark.parametrize("content", ["", "[]", '{"x": 5}', '{"x": ', "\x00" * 20, "[" * 100_000])
def test_what_can_not_be_read_counts_as_never_agreed_to(session: ProjectSession, tmp_path: Path, content: str) -> None:
    file = tmp_path / "sending.json"
    file.write_text(content, encoding="utf-8")
    consent = Consent(file)
    assert consent.missing(session, [CLOUD]) == ("api.example.com",)
    consent.give(session, ["api.example.com"])
    assert consent.missing(session, [CLOUD]) == ()
    json.loads(file.read_text(encoding="utf-8"))


def test_where_it_can_not_be_stored_the_question_comes_again(session: ProjectSession, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    consent = Consent(tmp_path / "file" / "sending.json")
    consent.give(session, ["api.example.com"])
    assert consent.missing(session, [CLOUD]) == ("api.example.com",)

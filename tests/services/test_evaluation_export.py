"""What is exported says the same as the metrics, escapes what is hostile, and is whole or not there."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.errors import Failure, InputError, StoppedError
from studio.domain.evaluation import Answer, EvaluationInfo, EvaluationSettings
from studio.domain.prediction import GeneratedText, Labels, LabelScore, Output
from studio.domain.project import Vote
from studio.project.evaluations import NewCandidate
from studio.services.evaluation_export import EXPORTS, export_evaluation
from studio.services.projects import Projects, ProjectSession
from studio.services.row_votes import win_estimates
from studio.services.scoring import score

_LABELS = ("complaint", "get_refund", "other", "refund")
_NOW = datetime.now(UTC)
_HOSTILE = '=HYPERLINK("http://x")</script>\x00\u202e🙂'


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "projects").new() as opened:
        yield opened


def _label(text: str) -> Labels:
    return Labels((LabelScore(text, 0.75), LabelScore("other", 0.25)))


def _text(text: str) -> GeneratedText:
    return GeneratedText(text, (1, 2), 3, "stop")


def _evaluation(
    session: ProjectSession,
    task: str,
    references: Sequence[str],
    answers: dict[str, Sequence[Output | None]],
    label_map: dict[str, str] | None = None,
    recorded: Sequence[str] = (),
) -> EvaluationInfo:
    mapping = ColumnMapping({"text": "message"}, "wanted", ("group",))
    rows = [(_HOSTILE if not n else f"row {n}", wanted, "one") for n, wanted in enumerate(references)]
    columns = ("message", "wanted", "group")
    data = session.datasets.add(task, "d", "d.csv", FileFormat("csv"), columns, rows, (), "f" * 64, mapping)
    new = [
        NewCandidate(name, name, "recorded")
        if name in recorded
        else NewCandidate(name, name, "model", Candidate(name, "int8"), labels=_LABELS)
        for name in answers
    ]
    settings = EvaluationSettings(mapping, label_map or {})
    info = session.evaluations.start(task, data.id, settings, len(rows), new, {"studio": "1"})
    for candidate, given in zip(info.candidates, answers.values(), strict=True):
        session.evaluations.record(
            [
                Answer(candidate.id, n, 0, output, None if output else Failure("InputError", "no", "", ""))
                for n, output in enumerate(given)
            ]
        )
        session.evaluations.set_state(candidate.id, "finished")
    return session.evaluations.get(info.id)


def _written(session: ProjectSession, info: EvaluationInfo, kind: str, folder: Path) -> Path:
    return export_evaluation(session, score(session, info.id), kind, folder / f"out.{kind}")


def test_right_is_what_accuracy_counts(session: ProjectSession, tmp_path: Path) -> None:
    """A recorded answer names labels as the data does, a model in its own way, and no answer is wrong."""
    answers = {
        "model": [_label("get_refund"), _label("get_refund"), None, _label("complaint")],
        "people": [_label("refund"), _label("complaint"), _label("refund"), _label("refund")],
    }
    references = ["refund", "refund", "complaint", "complaint"]
    info = _evaluation(
        session, "text-classification", references, answers, {"refund": "get_refund"}, recorded=["people"]
    )
    document = json.loads(_written(session, info, "json", tmp_path).read_text(encoding="utf-8"))
    with _written(session, info, "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for candidate, wanted in zip(document["candidates"], (0.75, 0.25), strict=True):
        right = [row["right"] for row in candidate["rows"]]
        assert sum(right) / 4 == candidate["metrics"]["accuracy"]["value"] == wanted
        assert [line[f"{candidate['name']}: right"] == "yes" for line in lines] == right


def test_right_of_texts_is_what_exact_match_counts(session: ProjectSession, tmp_path: Path) -> None:
    answers = {"model": [_text("Hello  THERE."), _text("bye"), None]}
    info = _evaluation(session, "chat", ["hello there", "hello", ""], answers)
    (candidate,) = json.loads(_written(session, info, "json", tmp_path).read_text(encoding="utf-8"))["candidates"]
    assert [row["right"] for row in candidate["rows"]] == [True, False, None]
    assert candidate["metrics"]["exact_match"]["value"] == 0.5


@pytest.mark.parametrize("kind", [export.id for export in EXPORTS])
def test_hostile_texts_stay_texts(session: ProjectSession, tmp_path: Path, kind: str) -> None:
    answers = {name: [_text(_HOSTILE), _text("bye")] for name in ("=one", "two")}
    info = _evaluation(session, "chat", ["hello", "bye"], answers)
    path = _written(session, info, kind, tmp_path)
    if kind == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for line in csv.reader(file) for cell in line]
        assert any("HYPERLINK" in cell for cell in cells)
        assert not any(cell.lstrip().startswith(("=", "+", "@")) for cell in cells)
    else:
        json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)


def test_stopped_leaves_what_was_there(session: ProjectSession, tmp_path: Path) -> None:
    info = _evaluation(session, "chat", ["hello"], {"one": [_text("hello")]})
    path = tmp_path / "out.json"
    path.write_text("earlier")
    with pytest.raises(StoppedError):
        export_evaluation(session, score(session, info.id), "json", path, cancelled=lambda: True)
    assert path.read_text() == "earlier"
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["out.json"]


def test_two_candidates_are_needed_for_a_comparison(session: ProjectSession, tmp_path: Path) -> None:
    info = _evaluation(session, "chat", ["hello"], {"one": [_text("hello")]})
    with pytest.raises(InputError):
        _written(session, info, "llm-comparator", tmp_path)


def test_five_people_on_one_row_are_one_row() -> None:
    """Colleagues who judge the same pair don't make it many rows, whichever stood first."""
    votes = [(3, f"voter {n}", Vote(1, 1, 2, "a", _NOW)) for n in range(5)]
    estimate = win_estimates(votes)[1]
    assert (estimate.value, estimate.n) == (1.0, 1)
    turned = [*votes, (3, "other", Vote(1, 2, 1, "a", _NOW)), (4, "other", Vote(1, 2, 1, "tie", _NOW))]
    assert win_estimates(turned)[1].value == pytest.approx((5 / 6 + 0.5) / 2)
    assert win_estimates(turned)[2].n == 2

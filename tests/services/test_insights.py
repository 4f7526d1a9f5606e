"""Insights of stored evaluations: with the embedding model that ships, without one, and of every kind of output."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from studio.cli.app import app
from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.errors import InputError, StoppedError, UnknownNameError
from studio.domain.evaluation import Answer, EvaluationInfo, EvaluationSettings
from studio.domain.explanation import Explanation, Part
from studio.domain.places import shipped_models_folder
from studio.domain.prediction import Labels, LabelScore, Number
from studio.library.store import Library
from studio.project.evaluations import NewCandidate
from studio.services import insights as insights_module
from studio.services.evaluation_index import read_index
from studio.services.evaluation_rows import Pick, RowQuery
from studio.services.insight_document import insights_document
from studio.services.insight_weights import label_weights, measure_words, spread_rows
from studio.services.insight_words import group_title, group_words, grouping_words, pair_words
from studio.services.insights import insights
from studio.services.pool import CandidatePool
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from tests.gui.evaluated import SENTENCES, texts_evaluation

# One process builds what they share.
pytestmark = pytest.mark.xdist_group("insights")

_TASK = "text-classification"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ProjectSession]:
    with Projects(tmp_path / "data").new() as made:
        yield made


@pytest.fixture(scope="module")
def pool() -> Iterator[CandidatePool]:
    with CandidatePool(keep=2) as made:
        yield made


@pytest.fixture
def no_models(tmp_path: Path) -> Library:
    """A library in which no model is."""
    return Library(tmp_path / "own", tmp_path / "shipped")


def _scored(label: str, labels: tuple[str, ...]) -> Labels:
    return Labels((LabelScore(label, 0.9), *(LabelScore(other, 0.0) for other in labels if other != label)))


def _labelled(
    session: ProjectSession, rows: list[tuple[str, str]], answers: dict[str, list[str]], model: str = "m"
) -> EvaluationInfo:
    """Candidates with these answers to rows of (text, expected label)."""
    mapping = ColumnMapping({"text": "message"}, "want")
    data = session.datasets.add(
        _TASK, "d", "d.csv", FileFormat("csv"), ("message", "want"), rows, (), "f" * 64, mapping
    )
    labels = tuple(sorted({label for given in answers.values() for label in given} | {want for _text, want in rows}))
    new = [NewCandidate(name, name, "model", Candidate(model, "int8"), labels=labels) for name in answers]
    info = session.evaluations.start(_TASK, data.id, EvaluationSettings(mapping), len(rows), new, {})
    for candidate, given in zip(info.candidates, answers.values(), strict=True):
        session.evaluations.record(
            [Answer(candidate.id, n, 0, _scored(label, labels)) for n, label in enumerate(given)]
        )
        session.evaluations.set_state(candidate.id, "finished")
    return session.evaluations.get(info.id)


_THINGS = ("lamp", "chair", "phone", "shoes", "table", "book", "coat", "mug", "sofa", "rug")
_ROWS = [
    *((f"I want my money back for the {thing}", "refund") for thing in _THINGS),
    *((f"where is my parcel with the {thing}", "track") for thing in _THINGS),
    *((f"thank you, the {thing} is lovely", "praise") for thing in _THINGS),
]
_RIGHT = [want for _text, want in _ROWS]
#: The first takes refunds for praise, the second parcels.
_ANSWERS = {"one": ["praise"] * 8 + _RIGHT[8:], "two": _RIGHT[:10] + ["refund"] * 7 + _RIGHT[17:]}


def test_mistakes_come_together_by_what_they_mean(session: ProjectSession, pool: CandidatePool) -> None:
    info = _labelled(session, _ROWS, _ANSWERS)
    shares: list[float] = []
    found = insights(session, info.id, Library.open(), pool, shares.append)
    assert found.grouping == "meaning"
    assert (found.rows, found.judged, found.mistaken, found.grouped) == (30, 30, 15, 15)
    one, two = (each.id for each in info.candidates)
    assert [(each.candidate, each.rows) for each in found.wrong] == [(one, 8), (two, 7)]
    refunds, parcels = found.groups
    assert sorted(refunds.positions) == list(range(8))
    assert sorted(parcels.positions) == list(range(10, 17))
    assert (refunds.expected, refunds.answered, refunds.confused) == ("refund", "praise", 8)
    assert (refunds.wrong_of(one), refunds.wrong_of(two)) == (8, 0)
    assert "money" in refunds.name.lower()
    assert "Most often (8 of 8 mistakes): refund, answered as praise." in group_words(refunds)
    assert "Of 10 rows with “money”, 8 have a mistake." in group_words(refunds)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_who_is_right_alone_and_by_what_words(session: ProjectSession, pool: CandidatePool, no_models: Library) -> None:
    info = _labelled(session, _ROWS, _ANSWERS)
    found = insights(session, info.id, no_models, pool)
    assert found.grouping == "words"
    (pair,) = found.pairs
    assert (pair.only_a, pair.only_b) == (tuple(range(10, 17)), tuple(range(8)))
    assert (pair.both, pair.neither) == (15, 0)
    assert "parcel" in [word.text for word in pair.words_a]
    assert "money" in [word.text for word in pair.words_b]
    names = {each.id: each.title for each in info.candidates}
    assert pair_words(pair, names.__getitem__, False) == (
        "one alone is right on 7 of 30 rows, two alone on 8; both on 15, neither on 0."
    )
    praise = next(each for each in found.words[0].labels if each.label == "praise")
    assert praise.rows == 18
    # What the first calls praise are refunds as well.
    assert {"money", "lovely"} & {word.text for word in praise.words}


def test_rows_that_were_pointed_at_are_found_again(session: ProjectSession) -> None:
    info = _labelled(session, _ROWS, _ANSWERS)
    index = read_index(session, info)
    found = index.find(RowQuery("wrong", picked=Pick("Money back", frozenset({1, 9, 12, 400}))))
    assert found.positions.tolist() == [1, 12]


def test_few_mistakes_are_put_together_by_labels(session: ProjectSession, pool: CandidatePool) -> None:
    answers = {"one": ["praise", "praise", "track", *_RIGHT[3:]]}
    found = insights(session, _labelled(session, _ROWS, answers).id, Library.open(), pool)
    assert found.grouping == "labels"
    (group,) = found.groups
    assert group.positions == (0, 1)
    assert group_title(group) == "refund taken for praise"
    assert found.pairs == ()


def test_chinese_is_put_together_by_its_words(session: ProjectSession, pool: CandidatePool) -> None:
    things = ("台灯", "椅子", "手机", "鞋子", "桌子", "书本")
    rows = [(f"我要求退款，{thing}坏了", "refund") for thing in things]
    rows += [(f"包裹还没有到，里面是{thing}", "track") for thing in things]
    info = _labelled(session, rows, {"one": ["x"] * 12})
    found = insights(session, info.id, Library.open(), pool)
    assert (found.grouping, found.unread) == ("words", "zh")
    assert "No embedding model here knows Chinese" in grouping_words(found)
    assert insights_document(found, info)["language_not_read"] == "zh"
    assert len(found.groups) > 1
    # Refunds and parcels are never in one group.
    assert all(len({position < 6 for position in group.positions}) == 1 for group in found.groups)
    assert any("退" in group.name for group in found.groups)
    assert any("包裹" in group.name for group in found.groups)


def test_german_is_not_read_as_if_it_were_english(session: ProjectSession, pool: CandidatePool, tmp_path: Path) -> None:
    things = ("Lampe", "Stühle", "Schuhe", "Tasche", "Jacke", "Uhr")
    rows = [(f"Ich möchte mein Geld für die {thing} zurück", "refund") for thing in things]
    rows += [(f"Wo ist das Paket mit der {thing}?", "track") for thing in things]
    info = _labelled(session, rows, {"one": ["x"] * 12})
    found = insights(session, info.id, Library.open(), pool)
    assert (found.grouping, found.unread) == ("words", "de")
    assert "No embedding model here knows German" in grouping_words(found)
    assert len(found.groups) > 1
    assert all(len({position < 6 for position in group.positions}) == 1 for group in found.groups)
    assert any("geld" in group.name.lower() for group in found.groups)
    assert any("paket" in group.name.lower() for group in found.groups)
    # A model whose card names German does read it.
    folder = tmp_path / "own" / "german"
    shutil.copytree(shipped_models_folder() / "starter" / "minilm-embeddings", folder)
    card = folder / "README.md"
    card.write_text(card.read_text(encoding="utf-8").replace("\n- en\n", "\n- de\n", 1), encoding="utf-8")
    found = insights(session, info.id, Library(tmp_path / "own", tmp_path / "shipped"), pool)
    assert (found.grouping, found.unread) == ("meaning", None)
    assert "knows" not in grouping_words(found)


def test_written_answers_by_their_score(session: ProjectSession, pool: CandidatePool, no_models: Library) -> None:
    info = texts_evaluation(session, SENTENCES * 4)
    found = insights(session, info.id, no_models, pool)
    assert (found.metric, found.by_degree, found.words) == ("chrf", True, ())
    assert 0 < found.mistaken < len(SENTENCES) * 4
    (pair,) = found.pairs
    assert pair.better_a + pair.better_b + pair.both == len(SENTENCES) * 4
    # The second is word for word right where the first is not.
    assert 1 in pair.only_b
    assert "worst" not in json.dumps(insights_document(found, info))


def test_numbers_by_how_far_off_they_are(session: ProjectSession, pool: CandidatePool, no_models: Library) -> None:
    mapping = ColumnMapping({"text": "review"}, "stars")
    rows = [(f"review number {n} of the lamp", "3") for n in range(20)]
    data = session.datasets.add(
        "regression", "d", "d.csv", FileFormat("csv"), ("review", "stars"), rows, (), "f" * 64, mapping
    )
    new = [NewCandidate("m:int8", "M", "model", Candidate("m", "int8"))]
    info = session.evaluations.start("regression", data.id, EvaluationSettings(mapping), 20, new, {})
    candidate = info.candidates[0].id
    session.evaluations.record([Answer(candidate, n, 0, Number(3.0 if n < 17 else 9.0)) for n in range(20)])
    session.evaluations.set_state(candidate, "finished")
    found = insights(session, info.id, no_models, pool)
    assert found.by_degree
    assert found.wrong[0].rows == 3
    # How far off, as people read it: more is worse.
    sheet = insights_module.read_sheet(session, info, "mae")
    assert sheet.scores[0].tolist() == [0.0] * 17 + [-6.0] * 3
    assert sheet.mistakes().scores.max() == 6.0


def test_many_mistakes_are_sampled_and_that_is_said(
    session: ProjectSession, pool: CandidatePool, no_models: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insights_module, "MOST_GROUPED", 10)
    found = insights(session, _labelled(session, _ROWS, _ANSWERS).id, no_models, pool)
    assert (found.grouped, found.mistaken) == (10, 15)
    assert sum(group.rows for group in found.groups) <= 10


def test_stopping_and_wrong_names(session: ProjectSession, pool: CandidatePool, no_models: Library) -> None:
    info = _labelled(session, _ROWS, _ANSWERS)
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        insights(session, info.id, no_models, pool, stop=stop)
    with pytest.raises(UnknownNameError):
        insights(session, 99, no_models, pool)
    with pytest.raises(InputError):
        measure_words(session, info.id, 99, 5, no_models, pool)
    with pytest.raises(UnknownNameError, match="no longer on this computer"):
        measure_words(session, info.id, info.candidates[0].id, 5, no_models, pool)


# -- measured words ----------------------------------------------------------------------------------------------------


def test_measured_words_are_those_the_model_leans_on(session: ProjectSession, pool: CandidatePool) -> None:
    rows = [(f"{text} number {n}", label) for n in range(3) for text, label in (
        ("cancel my order", "cancel_order"), ("where is my refund", "track_refund"), ("file a complaint", "complaint"),
    )]  # fmt: skip
    given = [label for _text, label in rows]
    info = _labelled(session, rows, {"tiny": given}, "starter/support-intents-tiny")
    shares: list[float] = []
    found = measure_words(session, info.id, info.candidates[0].id, 6, Library.open(), pool, shares.append)
    assert found.rows == 6
    assert sum(label.rows for label in found.labels) == 6
    cancel = next(label for label in found.labels if label.label == "cancel_order")
    assert cancel.towards[0].text == "cancel"
    assert cancel.towards[0].weight > 0.5
    assert shares == sorted(shares)
    again = measure_words(session, info.id, info.candidates[0].id, 6, Library.open(), pool)
    assert again == found


def test_means_are_those_of_the_rows() -> None:
    def one(answer: str, *words: tuple[str, float]) -> Explanation:
        parts = tuple(Part(word, 10 * place, 10 * place + len(word)) for place, (word, _weight) in enumerate(words))
        return Explanation(answer, 0.9, parts, tuple(weight for _word, weight in words))

    found = label_weights(
        [
            one("a", ("Refund", 0.6), ("my", -0.2)),
            one("a", ("refund", 0.2), ("refund", 0.2), ("my", 0.0)),
            one("b", ("parcel", 0.3), ("the", 0.001)),
        ]
    )
    first, second = found
    assert (first.label, first.rows, second.label, second.rows) == ("a", 2, "b", 1)
    (refund,) = first.towards
    assert (refund.text, refund.rows) == ("refund", 2)
    assert refund.weight == pytest.approx(0.5)
    # Student's t with one degree of freedom: 12.706 times 0.1414 / sqrt(2).
    assert refund.high == pytest.approx(0.5 + 12.706 * 0.1, abs=1e-3)
    assert first.against[0].text == "my"
    assert [(word.text, word.low) for word in second.towards] == [("parcel", None)]
    numbers = label_weights([one("3.1", ("good", 0.5)), one("4.2", ("good", 0.7))], by_answer=False)
    assert [(each.label, each.rows) for each in numbers] == [("", 2)]


def test_rows_are_spread_over_answers() -> None:
    answers: dict[int, str | None] = dict.fromkeys(range(50), "often") | {50: "seldom", 51: "once", 52: None}
    chosen = spread_rows(answers, 6)
    assert len(chosen) == 6
    assert {50, 51} <= set(chosen)
    assert 52 not in chosen
    assert spread_rows(answers, 500) == sorted(set(range(52)))
    assert spread_rows({}, 5) == []


# -- terminal ----------------------------------------------------------------------------------------------------------


def test_the_terminal_prints_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "p.studio"
    with Projects(tmp_path / "data").new() as session:
        info = _labelled(session, _ROWS, _ANSWERS)
        session.save(path)
    # Without models: that meaning puts mistakes together is shown above.
    asked = ["insights", str(path), "--library", str(tmp_path / "none")]
    said = CliRunner().invoke(app, [*asked, "--keep"])
    assert said.exit_code == 0, said.output
    assert "Kinds of mistakes" in said.stdout
    assert "one alone is right on 7 of 30 rows" in said.stdout
    wrong = CliRunner().invoke(app, [*asked, "--measure", "3", "--candidate", "nobody"])
    assert wrong.exit_code == 2 and "nobody" in wrong.stderr
    document = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert document["wrong"] == {"one": 8, "two": 7}
    assert {tuple(sorted(each["positions"])) for each in document["groups"]} == {tuple(range(8)), tuple(range(10, 17))}
    with Projects(tmp_path / "data").open(path, read_only=True) as session:
        kept = session.kept.insights(info.id)
        assert kept is not None
        assert insights_document(kept, info) == document


def test_hostile_rows_are_only_text(session: ProjectSession, pool: CandidatePool, no_models: Library) -> None:
    nasty = "\x1b[31mred\x9b \u202e<script>alert(1)</script> =HYPERLINK(1) [bold]x[/bold] \u0000"
    rows = [(f"{nasty} refund {n}", "<b>") for n in range(12)]
    info = _labelled(session, rows, {"<i>one": ["=x"] * 12})
    found = insights(session, info.id, no_models, pool)
    said = json.dumps(insights_document(found, info))
    assert "\x1b" not in said
    quiet = json.dumps(insights_document(found, info, redact=True))
    assert "refund" not in quiet
    assert "script" not in quiet

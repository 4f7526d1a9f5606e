"""Every metric against the field's own library, computed independently on the same answers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn import metrics as sk

from studio.domain.errors import InputError, UnknownNameError
from studio.domain.prediction import Number
from studio.metrics import all_metrics, find_metric, metrics_for
from studio.metrics._metric import Answers, Parts, Recomputed
from studio.tasks import all_tasks, find_task

_LABELS = ["a", "b", "c", "d"]


def _value(metric: str, answers: Answers, options: Mapping[str, str] | None = None) -> float:
    measured = find_metric(metric).measure(answers, options or {})
    if isinstance(measured, Parts):
        sums = np.asarray(measured.table.sum(0), float).reshape(-1)
        return float(measured.value(sums))
    assert isinstance(measured, Recomputed)
    return float(measured.value(np.arange(measured.n)))


def _numbers(rows: int = 200) -> tuple[Any, Any, Answers]:
    chance = np.random.default_rng(3)
    wanted = np.round(chance.uniform(1, 5, rows), 1)
    given = wanted + chance.normal(0, 0.7, rows)
    outputs = [Number(float(value)) for value in given]
    return wanted, given, Answers([str(w) for w in wanted], [o.text for o in outputs], outputs=outputs)


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        ("mae", sk.mean_absolute_error),
        ("rmse", sk.root_mean_squared_error),
        ("r2", sk.r2_score),
        ("spearman", lambda wanted, given: spearmanr(wanted, given).statistic),
    ],
)
def test_numbers_agree_with_scikit_learn_and_scipy(metric: str, reference: Any) -> None:
    wanted, given, answers = _numbers()
    assert _value(metric, answers) == pytest.approx(reference(wanted, given), rel=1e-9)


def test_numbers_are_read_from_cells_and_what_is_none_is_left_out() -> None:
    # A recorded system answers in text; commas stand for decimal points, and "n/a" is no number.
    answers = Answers(["1,5", "4", "2", "n/a"], ["2.5", "4", None, "3"])
    assert _value("mae", answers) == pytest.approx(0.5)
    assert find_metric("rmse").measure(Answers(["x"], ["1"]), {}) is None


def test_the_same_number_everywhere_has_no_variance_to_explain() -> None:
    assert np.isnan(_value("r2", Answers(["2", "2", "2"], ["1", "2", "3"])))


@pytest.fixture(scope="module")
def classified() -> Answers:
    chance = np.random.default_rng(1)
    expected = chance.choice(_LABELS, 300, p=[0.5, 0.3, 0.15, 0.05])
    scores = chance.dirichlet(np.ones(4), 300)
    for row, label in enumerate(expected):
        if chance.random() < 0.7:
            scores[row, _LABELS.index(label)] += 0.8
    scores /= scores.sum(1, keepdims=True)
    given = [_LABELS[i] for i in scores.argmax(1)]
    return Answers(list(expected), given, tuple(_LABELS), scores)


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        ("accuracy", lambda y, p, s: sk.accuracy_score(y, p)),
        ("balanced_accuracy", lambda y, p, s: sk.balanced_accuracy_score(y, p)),
        ("macro_f1", lambda y, p, s: sk.f1_score(y, p, average="macro")),
        ("macro_precision", lambda y, p, s: sk.precision_score(y, p, average="macro", zero_division=0)),
        ("macro_recall", lambda y, p, s: sk.recall_score(y, p, average="macro")),
        ("weighted_f1", lambda y, p, s: sk.f1_score(y, p, average="weighted")),
        ("weighted_precision", lambda y, p, s: sk.precision_score(y, p, average="weighted")),
        ("weighted_recall", lambda y, p, s: sk.recall_score(y, p, average="weighted")),
        ("mcc", lambda y, p, s: sk.matthews_corrcoef(y, p)),
        ("log_loss", lambda y, p, s: sk.log_loss(y, s, labels=_LABELS)),
        ("roc_auc", lambda y, p, s: sk.roc_auc_score(y, s, multi_class="ovr", labels=_LABELS)),
    ],
)
def test_labels_agree_with_scikit_learn(metric: str, reference: Any, classified: Answers) -> None:
    expected = reference(classified.references, classified.texts, classified.scores)
    assert _value(metric, classified) == pytest.approx(expected, abs=1e-9)


def test_two_labels_and_one_that_nobody_has() -> None:
    answers = Answers(["a", "b", "a", "b"], ["a", "c", "a", "b"])
    for metric, average in (("macro_f1", "macro"), ("weighted_f1", "weighted")):
        assert _value(metric, answers) == pytest.approx(
            sk.f1_score(answers.references, answers.texts, average=average, zero_division=0)
        )
    assert _value("mcc", Answers(["a", "a"], ["a", "a"])) == 0.0


def test_no_answer_counts_as_wrong() -> None:
    answers = Answers(["a", "b", "b"], ["a", None, "b"])
    assert _value("accuracy", answers) == pytest.approx(2 / 3)
    assert _value("balanced_accuracy", answers) == pytest.approx(0.75)
    # As if a label that no row has had been given.
    assert _value("mcc", answers) == pytest.approx(sk.matthews_corrcoef(["a", "b", "b"], ["a", "?", "b"]))
    text = Answers(["x y", "z"], ["x y", None])
    assert _value("exact_match", text) == 0.5
    assert _value("token_f1", text) == 0.5
    assert _value("chrf", text) < 100


def test_nothing_gives_no_figure() -> None:
    for metric in all_metrics():
        assert metric.measure(Answers([], []), {}) is None or metric.info.id == "macro_f1"
    assert find_metric("log_loss").measure(Answers(["a"], ["a"]), {}) is None


def test_calibration_by_hand() -> None:
    # Two answers at 0.95 of which one is right, and two at 0.55 which are both right.
    scores = np.array([[0.95, 0.05], [0.95, 0.05], [0.55, 0.45], [0.55, 0.45]])
    answers = Answers(["a", "b", "a", "a"], ["a"] * 4, ("a", "b"), scores)
    assert _value("ece", answers) == pytest.approx((2 * abs(0.95 - 0.5) + 2 * abs(0.55 - 1.0)) / 4)


_WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "other", "look", "at", "it"]
_HAN = "我们今天去公园看花明天再来这里的人很多他说你好"


def _sentences(words: list[str], joined: str, n: int = 60) -> tuple[list[str], list[str]]:
    chance = random.Random(3)
    wanted = [joined.join(chance.choices(words, k=chance.randint(1, 14))) for _ in range(n)]
    parts = [sentence.split(joined) if joined else list(sentence) for sentence in wanted]
    given = [joined.join(w if chance.random() < 0.7 else chance.choice(words) for w in part) for part in parts]
    return wanted, given


@pytest.mark.parametrize("language", ["", "zh"])
def test_translations_agree_with_sacrebleu(language: str) -> None:
    from sacrebleu.metrics import BLEU, CHRF, TER

    wanted, given = _sentences(list(_HAN), "") if language else _sentences(_WORDS, " ")
    answers = Answers(wanted, given, language=language)
    bleu, chrf = BLEU(tokenize="zh" if language else "13a"), CHRF()
    ter = TER(normalized=bool(language), asian_support=bool(language))
    for metric, reference in (("bleu", bleu), ("chrf", chrf), ("ter", ter)):
        assert _value(metric, answers) == pytest.approx(reference.corpus_score(given, [wanted]).score, abs=1e-6)
        measured = find_metric(metric).measure(answers, {})
        assert isinstance(measured, Parts)
        assert measured.signature == str(reference.get_signature())
    assert ("tok:zh" if language else "tok:13a") in str(bleu.get_signature())


@pytest.mark.parametrize(("wanted", "given"), [("a b c", "x"), ("a", "a"), ("a b c d e", "a b c d"), ("a b", "")])
def test_short_sentences_agree_with_sacrebleu(wanted: str, given: str) -> None:
    from sacrebleu.metrics import BLEU, CHRF

    answers = Answers([wanted], [given])
    assert _value("bleu", answers) == pytest.approx(BLEU().corpus_score([given], [[wanted]]).score, abs=1e-9)
    assert _value("chrf", answers) == pytest.approx(CHRF().corpus_score([given], [[wanted]]).score, abs=1e-9)


def test_rouge_agrees_with_its_library_and_reads_chinese() -> None:
    from rouge_score.rouge_scorer import RougeScorer

    wanted, given = _sentences(_WORDS, " ")
    scorer = RougeScorer(["rougeL"])
    expected = np.mean([scorer.score(w, g)["rougeL"].fmeasure for w, g in zip(wanted, given, strict=True)])
    assert _value("rouge_l", Answers(wanted, given)) == pytest.approx(expected)
    assert _value("rouge_l", Answers(["我们去公园"], ["我们在公园"])) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("metric", "wanted", "given", "value"),
    [
        ("exact_match", "Cancel order", "  cancel   ORDER. ", 1.0),
        ("exact_match", "你好。", "你好", 1.0),
        ("contains", "order 44", "Your Order 44 is here", 1.0),
        ("contains", "order 45", "Your Order 44 is here", 0.0),
        ("token_f1", "the red hat", "a red hat!", 2 / 3),
        ("token_f1", "红帽子", "红裤子", 2 / 3),
        ("length", "", "four", 4.0),
    ],
)
def test_single_texts(metric: str, wanted: str, given: str, value: float) -> None:
    assert _value(metric, Answers([wanted], [given])) == pytest.approx(value)


def test_patterns_and_schemas() -> None:
    answers = Answers(["", "", ""], ['{"order": 4}', '{"order": "x"}', "no"])
    assert _value("regex", answers, {"pattern": r"order"}) == pytest.approx(2 / 3)
    assert find_metric("regex").measure(answers, {}) is None
    assert _value("json_valid", answers) == pytest.approx(2 / 3)
    schema = '{"type": "object", "properties": {"order": {"type": "integer"}}}'
    assert _value("json_valid", answers, {"schema": schema}) == pytest.approx(1 / 3)
    for metric, options in (("regex", {"pattern": "("}), ("json_valid", {"schema": '{"type": 3}'})):
        with pytest.raises(InputError):
            _value(metric, answers, options)


def test_a_schema_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib.request

    def refused(*_args: object, **_kw: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(urllib.request, "urlopen", refused)
    with pytest.raises(InputError):
        _value("json_valid", Answers([""], ["{}"]), {"schema": '{"$ref": "http://127.0.0.1:9/x.json"}'})


def test_every_task_names_metrics_of_its_output() -> None:
    for task in all_tasks():
        found = metrics_for(task)
        assert [metric.info.id for metric in found[: len(task.metrics)]] == list(task.metrics)
        assert all(task.output in metric.outputs for metric in found)
    with pytest.raises(UnknownNameError):
        find_metric("beauty")


def test_what_belongs_to_translations_stays_with_them() -> None:
    names = {task: [metric.info.id for metric in metrics_for(find_task(task))] for task in ("translation", "chat")}
    assert names["translation"][:3] == ["chrf", "bleu", "ter"]
    assert not {"chrf", "bleu", "ter", "accuracy"} & set(names["chat"])
    assert {"contains", "regex", "json_valid", "length"} < set(names["chat"])

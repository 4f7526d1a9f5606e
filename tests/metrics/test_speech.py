"""Error rates of speech equal jiwer's; the real-time factor counts only what is known."""

from __future__ import annotations

import math

import jiwer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.prediction import GeneratedText, Transcript
from studio.metrics._metric import Answers, Parts
from studio.metrics._spoken import characters, spoken, words
from studio.metrics.cer import METRIC as CER
from studio.metrics.real_time_factor import METRIC as RTF
from studio.metrics.wer import METRIC as WER

PIECES = st.lists(st.sampled_from(["one", "two", "don't", "Three", "four,", "x"]), min_size=1, max_size=6)


def value(metric, answers: Answers) -> float:
    parts = metric.measure(answers, {})
    assert isinstance(parts, Parts)
    return float(parts.value(parts.table.sum(0)))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(PIECES, PIECES), min_size=1, max_size=4))
def test_rates_are_those_of_jiwer(rows) -> None:
    wanted, given_ = [" ".join(a) for a, _b in rows], [" ".join(b) for _a, b in rows]
    plain = [[spoken(text) for text in texts] for texts in (wanted, given_)]
    answers = Answers(wanted, given_)
    assert value(WER, answers) == pytest.approx(jiwer.wer(*plain))
    assert value(CER, answers) == pytest.approx(jiwer.cer(*plain))


def test_each_row_has_its_counts() -> None:
    answers = Answers(["one two three", "four", "five"], ["one too three", "four four", None])
    parts = WER.measure(answers, {})
    assert parts.table.tolist() == [[1, 3], [1, 1], [1, 1]]
    assert value(WER, answers) == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don’t panic, it's 10:30!", ["don't", "panic", "it's", "10", "30"]),
        ("'Twas the boys' twenty-one", ["twas", "the", "boys", "twenty", "one"]),
        ("今天 天气, OK？", ["今", "天", "天", "气", "ok"]),
        ("Müller_straße", ["müller", "strasse"]),
        ("…", []),
    ],
)
def test_what_counts_as_a_word(text: str, expected: list[str]) -> None:
    assert words(text) == expected
    assert characters(text) == list(spoken(text))


def test_nothing_said_gives_no_rate() -> None:
    assert WER.measure(Answers(["...", ""], ["a", "b"]), {}) is None
    assert CER.measure(Answers([], []), {}) is None


def test_real_time_factor() -> None:
    outputs = [Transcript("a", 2.0), Transcript("b", 4.0), None, GeneratedText("recorded", (), 0, "stop")]
    answers = Answers([], ["a", "b", None, "recorded"], outputs=outputs, seconds=[0.5, math.nan, 1.0, 1.0])
    parts = RTF.measure(answers, {})
    assert np.array_equal(parts.table, [[0.5, 2.0], [0, 0], [0, 0], [0, 0]])
    assert value(RTF, answers) == pytest.approx(0.25)
    assert RTF.measure(Answers([], ["a"], outputs=outputs[2:3], seconds=[1.0]), {}) is None

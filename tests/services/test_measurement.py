"""The figures are what the field's terms mean."""

from __future__ import annotations

import pytest

from studio.domain.prediction import GeneratedText, Labels, LabelScore, Prediction, Timing
from studio.domain.running import Placement
from studio.engine.protocol import Loaded, Ran
from studio.services.measurement import measure

LOADED = Loaded(0.5, Placement("CPUExecutionProvider", ("CPUExecutionProvider",)), 55.0, 0.1)


def _generated(tokens: int, first_s: float | None, end_s: float, latency_s: float, peak_mb: float = 100.0) -> Ran:
    output = GeneratedText("x" * 30, tuple(range(tokens)), 7, "stop")
    return Ran(Prediction(output, Timing(end_s, first_s)), latency_s, peak_mb, None)


def test_figures_of_a_generated_text() -> None:
    figures = measure(LOADED, [_generated(11, 0.2, 1.2, 1.5)])
    assert figures.ttft_s == pytest.approx(0.2)
    assert figures.tpot_s == pytest.approx(0.1)
    assert figures.decode_tokens_per_s == pytest.approx(10)
    assert figures.characters_per_s == pytest.approx(20)
    assert (figures.prompt_tokens, figures.output_tokens) == (7, 11)
    assert (figures.load_s, figures.idle_memory_mb, figures.peak_memory_mb) == (0.5, 55.0, 100.0)


@pytest.mark.parametrize("run", [_generated(1, 0.2, 0.2, 0.3), _generated(5, None, 1.0, 1.1)])
def test_what_can_not_be_known_stays_unknown(run: Ran) -> None:
    figures = measure(LOADED, [run])
    assert figures.tpot_s is None
    assert figures.decode_tokens_per_s is None


def test_an_answer_that_came_whole_has_no_rate() -> None:
    output = GeneratedText("x" * 30, tuple(range(11)), 7, "stop")
    figures = measure(LOADED, [Ran(Prediction(output, Timing(1.2, 1.19, streamed=False)), 1.2, None, None)])
    assert figures.ttft_s == pytest.approx(1.19)
    assert figures.tpot_s is None
    assert figures.decode_tokens_per_s is None


def test_latency_is_the_median_and_memory_the_last_high_water_mark() -> None:
    runs = [_generated(2, 0.1, 0.2, latency_s, peak) for latency_s, peak in ((9.0, 100.0), (1.0, 110.0), (2.0, 120.0))]
    figures = measure(LOADED, runs)
    assert figures.latency_s == 2.0
    assert figures.latencies_s == (9.0, 1.0, 2.0)
    assert figures.peak_memory_mb == 120.0


def test_labels_have_no_tokens() -> None:
    run = Ran(Prediction(Labels((LabelScore("a", 1.0),)), Timing(0.1)), 0.2, None, None)
    figures = measure(LOADED, [run])
    assert figures.latency_s == 0.2
    assert (figures.ttft_s, figures.output_tokens, figures.characters_per_s, figures.peak_memory_mb) == (None,) * 4

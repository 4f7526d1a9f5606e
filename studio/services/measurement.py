"""From the raw times of a candidate's runs to the figures that are shown (definitions: docs/measuring.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from studio.domain.comparison import Measurement
from studio.domain.prediction import GeneratedText, Prediction, Transcript
from studio.engine.protocol import Loaded, Ran


def measure(loaded: Loaded, runs: Sequence[Ran]) -> Measurement:
    """The figures of one candidate.

    Latency is the median over ``runs``; what belongs to one answer (TTFT, tokens) is the first run's, the one that
    is shown. TPOT and decode tokens/s need two tokens that came one after another; where there are none they stay None.

    Args:
        loaded: What loading reported.
        runs: All measured runs, warm-up left out, at least one.
    """
    figures = figures_of(loaded, runs[0].prediction, [run.latency_s for run in runs])
    if loaded.placement.remote is not None:
        # What the process took that asked says nothing about the one that answered.
        return figures
    return replace(
        figures,
        idle_memory_mb=loaded.idle_memory_mb,
        peak_memory_mb=runs[-1].peak_memory_mb,
        device_memory_mb=runs[-1].device_memory_mb,
    )


def figures_of(loaded: Loaded, prediction: Prediction, latencies_s: Sequence[float]) -> Measurement:
    """The figures of an answer, without memory.

    Args:
        loaded: What loading reported.
        prediction: The answer that is shown.
        latencies_s: Seconds of all measured runs, at least one; the answer's first.
    """
    latencies = tuple(latencies_s)
    timing, output, usage = prediction.timing, prediction.output, prediction.usage
    remote = loaded.placement.remote
    price = remote.price if remote else None
    shared = Measurement(
        load_s=loaded.load_s,
        latency_s=median(latencies),
        latencies_s=latencies,
        prompt_tokens=usage.prompt_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        network_s=remote.network_s if remote else None,
        cost=price.of(usage.prompt_tokens, usage.output_tokens) if price and usage else None,
    )
    if isinstance(output, Transcript) and output.audio_s > 0 and shared.latency_s is not None:
        return replace(shared, real_time_factor=shared.latency_s / output.audio_s)
    if not isinstance(output, GeneratedText):
        return shared
    ttft_s = timing.first_text_s
    steps = output.output_tokens - 1
    decode_s = timing.end_s - ttft_s if ttft_s is not None and timing.streamed and steps > 0 else None
    return replace(
        shared,
        ttft_s=ttft_s,
        tpot_s=decode_s / steps if decode_s else None,
        decode_tokens_per_s=steps / decode_s if decode_s else None,
        characters_per_s=len(output.text) / latencies[0] if latencies[0] > 0 else None,
        # An endpoint that counts no tokens leaves both out.
        prompt_tokens=output.prompt_tokens if remote is None else shared.prompt_tokens,
        output_tokens=output.output_tokens if remote is None else shared.output_tokens,
    )

"""The JSON documents that other programs read. Their keys are a contract: what breaks it raises the version."""

from __future__ import annotations

import math
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from studio.domain.comparison import CandidateResult, Comparison
from studio.domain.errors import Failure
from studio.domain.i18n import _
from studio.domain.prediction import Findings, GeneratedText, Labels, Output
from studio.domain.running import Inputs, Options
from studio.domain.task import Message

if TYPE_CHECKING:
    from studio.services.devices import DeviceTest, Diagnosis

SCHEMA_VERSION = 1


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain JSON values; units are in the key names, what is not available is null."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "task": comparison.task,
        "input": _plain_inputs(comparison.inputs),
        "options": _plain_options(comparison.options),
        "candidates": [_candidate(result) for result in comparison.results],
        "environment": dict(comparison.environment),
    }
    plain: dict[str, Any] = finite(document)
    return plain


def diagnosis_document(diagnosis: Diagnosis, tested: DeviceTest | None = None) -> dict[str, Any]:
    """What ``studio doctor`` found, as plain JSON values."""
    runtime = diagnosis.runtime
    return {
        "schema_version": SCHEMA_VERSION,
        "environment": dict(diagnosis.facts),
        "free_memory_mb": diagnosis.free_memory_mb,
        "gpus": [asdict(gpu) for gpu in diagnosis.gpus],
        "runtime": None if runtime is None else {"version": runtime.version, "providers": list(runtime.providers)},
        "error": _failure(diagnosis.failure),
        "providers": [
            {
                "id": status.provider.id,
                "title": _(status.provider.title),
                "execution_provider": status.provider.execution_provider,
                "package": status.provider.package,
                "installed": status.installed,
                "possible": status.possible,
            }
            for status in diagnosis.providers
        ],
        "versions": dict(diagnosis.versions),
        "advice": [asdict(advice) for advice in diagnosis.advice],
        "test": None
        if tested is None
        else {"device": tested.provider.id, "works": tested.works, **_candidate(tested.result)},
    }


def _failure(failure: Failure | None) -> dict[str, str] | None:
    return None if failure is None else asdict(failure)


def _plain_options(options: Options) -> dict[str, Any]:
    return {name: _plain(value) for name, value in options.items()}


def _plain_inputs(inputs: Inputs) -> Any:
    """One input field is given as its bare value, several as an object."""
    plain = {name: _plain(value) for name, value in inputs.items()}
    return next(iter(plain.values())) if len(plain) == 1 else plain


def finite(value: Any) -> Any:
    """JSON has no word for NaN and infinity, which a model that overflows answers with: they become null."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return {"role": value.role, "content": value.content}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _candidate(result: CandidateResult) -> dict[str, Any]:
    candidate, placement, prediction = result.candidate, result.placement, result.prediction
    output = prediction.output if prediction else None
    return {
        "model": candidate.model,
        "precision": candidate.precision,
        "backend": candidate.backend,
        "device": candidate.device,
        "options": _plain_options(result.options),
        "provider": placement.provider if placement else None,
        "placement": None
        if placement is None
        else {"providers": list(placement.providers), "nodes": dict(placement.nodes), "threads": placement.threads},
        "sends_data_to": candidate.device if candidate.leaves else None,
        "output": None if output is None else plain_output(output),
        "finish_reason": output.finish_reason if isinstance(output, GeneratedText) else None,
        "notices": [
            *([placement.notice] if placement and placement.notice else []),
            *(prediction.notices if prediction else ()),
        ],
        "metrics": metrics(result),
        "error": _failure(result.failure),
    }


def plain_output(output: Output) -> Any:
    """An answer as JSON values: text as text; labels as the chosen one with its score, and all scores best first."""
    if isinstance(output, Labels):
        best = output.scores[0] if output.scores else None
        return {
            "label": best.label if best else None,
            "score": best.score if best else None,
            "labels": list(output.chosen),
            "scores": [{"label": s.label, "score": s.score} for s in output.scores],
        }
    if isinstance(output, GeneratedText):
        return output.text
    if isinstance(output, Findings) and not output.texts:
        return {"vector": list(output.vector)}
    return _record(output)


def _record(value: Any) -> Any:
    """A dataclass as plain values, by the names of its fields."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _record(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, (tuple, list)):
        return [_record(item) for item in value]
    return value


def metrics(result: CandidateResult) -> dict[str, Any]:
    """All measured figures by name, units in the names; null where not available."""
    m = result.measurement
    remote = result.placement.remote if result.placement else None
    price = remote.price if remote else None
    return {
        "load_s": m.load_s,
        "latency_s": m.latency_s,
        "latencies_s": list(m.latencies_s),
        "runs": len(m.latencies_s),
        "ttft_s": m.ttft_s,
        "tpot_s": m.tpot_s,
        "decode_tokens_per_s": m.decode_tokens_per_s,
        "characters_per_s": m.characters_per_s,
        "prompt_tokens": m.prompt_tokens,
        "output_tokens": m.output_tokens,
        "idle_memory_mb": m.idle_memory_mb,
        "peak_memory_mb": m.peak_memory_mb,
        "device_memory_mb": m.device_memory_mb,
        "real_time_factor": m.real_time_factor,
        "network_s": m.network_s,
        "cost": m.cost,
        "currency": price.currency if price else None,
    }

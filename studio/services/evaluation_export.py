"""An evaluation for other programs: JSON (docs/evaluation-json.md), CSV, lm-evaluation-harness, LLM Comparator.

Rows are read from the project page by page, so a hundred thousand of them need no more memory than a hundred.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from studio.domain.dataset import DataRow
from studio.domain.errors import InputError, StoppedError
from studio.domain.evaluation import Answer, CandidateScores, EvaluatedCandidate, Evaluation
from studio.domain.i18n import N_, _
from studio.domain.metric import Estimate
from studio.domain.prediction import GeneratedText, Labels
from studio.domain.running import never_cancelled
from studio.domain.spreadsheet import neutral
from studio.services.deciding import right_answer
from studio.services.documents import plain_output
from studio.services.evaluation_plan import chunks, positions_of
from studio.services.project_session import ProjectSession
from studio.services.whole_file import whole_file
from studio.tasks import find_task

SCHEMA_VERSION = 1
_CHUNK = 1_000
#: Labels of a classifier that are exported for a row, best first.
_TOP_LABELS = 5


@dataclass(frozen=True)
class Export:
    """A format.

    Attributes:
        id: Key.
        title: What a person reads (marked with ``N_``).
        suffix: Of the file's name.
        write: Writes an evaluation into an open text file.
    """

    id: str
    title: str
    suffix: str
    write: Callable[[_Source, IO[str]], None]


@dataclass(frozen=True)
class Row:
    """A row with what every candidate answered, by candidate."""

    data: DataRow
    answers: Mapping[int, Sequence[Answer]]


class _Source:
    """What is exported, read page by page."""

    def __init__(
        self,
        session: ProjectSession,
        evaluation: Evaluation,
        on_progress: Callable[[float], object],
        cancelled: Callable[[], bool],
    ) -> None:
        self.session, self.evaluation = session, evaluation
        self.info = evaluation.info
        task = self._task = find_task(evaluation.info.task)
        self._is_labels, self._judged = task.output == "labels", task.has_right_answers
        self._on_progress, self._cancelled = on_progress, cancelled

    def rows(self) -> Iterator[Row]:
        """Every row that takes part, in order."""
        positions = positions_of(self.info.dataset, self.info.settings)
        done = 0
        for chunk in chunks(positions, _CHUNK):
            if self._cancelled():
                raise StoppedError(_("Stopped; nothing was written."))
            answers: dict[int, dict[int, list[Answer]]] = {}
            for candidate in self.info.candidates:
                for answer in self.session.evaluations.answers(candidate.id, list(chunk)):
                    answers.setdefault(answer.position, {}).setdefault(candidate.id, []).append(answer)
            for row in self.session.datasets.rows(self.info.dataset.id, list(chunk)):
                yield Row(row, answers.get(row.position, {}))
            done += len(chunk)
            self._on_progress(done / len(positions))

    def cell(self, row: DataRow, column: str) -> str:
        """A cell by its column; empty for no column."""
        return row.cells[self.info.dataset.columns.index(column)] if column else ""

    @property
    def input_column(self) -> str:
        """The main input."""
        return next(iter(self.info.settings.mapping.inputs.values()), "")

    def reference(self, row: DataRow) -> str:
        """The expected answer, as a model would say it."""
        wanted = self.cell(row, self.info.settings.mapping.reference).strip()
        return self.info.settings.label_map.get(wanted, wanted)

    def is_right(self, candidate: EvaluatedCandidate, answer: Answer, wanted: str) -> bool | None:
        """Whether an answer is the expected one, as the metrics have it; None where nothing is expected."""
        if not wanted or not self._judged:
            return None
        if answer.output is None:
            return False
        text = answer.output.text.strip()
        if self._is_labels:
            named = self.info.settings.label_map.get(text, text) if candidate.kind == "recorded" else text
            return named == wanted
        return right_answer(text, wanted, self._task)

    def row_id(self, row: DataRow) -> str:
        """Its name in the data, or its position counted from 1."""
        return self.cell(row, self.info.settings.mapping.id) or str(row.position + 1)


def export_evaluation(
    session: ProjectSession,
    evaluation: Evaluation,
    kind: str,
    path: Path,
    on_progress: Callable[[float], object] = lambda _share: None,
    cancelled: Callable[[], bool] = never_cancelled,
) -> Path:
    """Write an evaluation to a file, all of it or nothing.

    Args:
        session: The project it is of.
        evaluation: Scored (`studio.services.scoring.score`).
        kind: Id of one of `EXPORTS`.
        path: The file; an earlier one is replaced.
        on_progress: Hears the share that is done.
        cancelled: Asked between pages of rows.

    Raises:
        InputError: The file can't be written, or the format needs what this evaluation does not have.
        StoppedError: ``cancelled`` said so.
    """
    export = next(each for each in EXPORTS if each.id == kind)
    with whole_file(path) as file:
        export.write(_Source(session, evaluation, on_progress, cancelled), file)
    return path


# -- JSON ----------------------------------------------------------------------------------------------------------


def _write_json(source: _Source, file: IO[str]) -> None:
    info, evaluation = source.info, source.evaluation
    head = {
        "schema_version": SCHEMA_VERSION,
        "task": info.task,
        "headline": evaluation.headline,
        "started": info.started.isoformat(),
        "status": info.status,
        "data": {
            "name": info.dataset.name,
            "source": info.dataset.source,
            "sha256": info.dataset.fingerprint,
            "rows": info.rows,
            "columns": info.dataset.columns,
            "mapping": plain(info.settings.mapping),
            "label_map": dict(info.settings.label_map),
            "licence": info.dataset.licence,
            "attribution": info.dataset.attribution,
        },
        "settings": {
            "options": dict(info.settings.options),
            "repeats": info.settings.repeats,
            "batch_size": info.settings.batch_size,
            "threads": info.settings.threads,
            "seed": info.settings.seed,
        },
    }
    file.write(_dump(head)[:-2] + ',\n  "candidates": [\n')
    for number, candidate in enumerate(info.candidates):
        block = _dump(candidate_document(candidate, evaluation.of(candidate.id)))[:-2]
        file.write((",\n" if number else "") + block + ',\n  "rows": [')
        _write_rows(source, candidate, file)
        file.write("]}")
    tail = {
        "comparisons": [comparison_document(evaluation, pair) for pair in evaluation.comparisons],
        "pareto": [evaluation.candidate(each).name for each in evaluation.pareto],
        "votes": {evaluation.candidate(each).name: estimate_document(v) for each, v in evaluation.votes.items()},
        "environment": dict(info.environment),
    }
    file.write("\n  ],\n" + _dump(tail)[2:] + "\n")


def _write_rows(source: _Source, candidate: EvaluatedCandidate, file: IO[str]) -> None:
    first = True
    for row in source.rows():
        for answer in row.answers.get(candidate.id, ()):
            file.write(
                ("" if first else ",") + "\n    " + json.dumps(_row(source, candidate, row, answer), ensure_ascii=False)
            )
            first = False


def _row(source: _Source, candidate: EvaluatedCandidate, row: Row, answer: Answer) -> dict[str, Any]:
    output = answer.output
    found: dict[str, Any] = {
        "id": source.row_id(row.data),
        "position": row.data.position,
        "input": source.cell(row.data, source.input_column),
        "reference": source.reference(row.data),
        "prediction": output.text if output else None,
        "score": None,
        "right": source.is_right(candidate, answer, source.reference(row.data)),
        "latency_s": answer.latency_s,
    }
    if answer.repeat:
        found["repeat"] = answer.repeat
    if isinstance(output, Labels):
        scored = [score for score in output.scores[:_TOP_LABELS] if math.isfinite(score.score)]
        found["score"] = output.scores[0].score if scored else None
        found["scores"] = {score.label: score.score for score in scored}
    elif isinstance(output, GeneratedText):
        found |= {
            "ttft_s": answer.ttft_s,
            "decode_tokens_per_s": answer.decode_tokens_per_s,
            "output_tokens": output.output_tokens,
            "finish_reason": output.finish_reason,
        }
    elif output is not None:
        found["output"] = plain_output(output)
    if answer.failure:
        found["error"] = {"kind": answer.failure.kind, "message": answer.failure.message}
    if answer.notices:
        found["notices"] = list(answer.notices)
    return found


def _endpoint_document(candidate: EvaluatedCandidate) -> dict[str, Any] | None:
    """What an endpoint counted, and what that costs."""
    place, facts, price = candidate.placement.remote if candidate.placement else None, candidate.facts, candidate.price
    if place is None:
        return None
    return {
        "host": place.host,
        "network_s": place.network_s,
        "waited_s": facts.waited_s,
        "answers_counted": facts.counted,
        "prompt_tokens": facts.prompt_tokens,
        "output_tokens": facts.output_tokens,
        "price": plain(price) if price else None,
        "cost_per_1000": candidate.cost_per_1000,
    }


def candidate_document(candidate: EvaluatedCandidate, scores: CandidateScores | None) -> dict[str, Any]:
    """A candidate without its rows."""
    named = candidate.candidate
    document: dict[str, Any] = {
        "model": named.model if named else candidate.name,
        "name": candidate.name,
        "title": candidate.title,
        "kind": candidate.kind,
        "precision": named.precision if named else None,
        "device": named.device if named else None,
        "backend": named.backend if named else None,
        "provider": candidate.placement.provider if candidate.placement else None,
        "status": candidate.status,
        "licence": candidate.licence,
        "sends_data": candidate.sends_data,
        "endpoint": _endpoint_document(candidate),
        "cluster": plain(candidate.facts.cluster) if candidate.facts.cluster else None,
        "options": dict(candidate.options),
        "answered": candidate.done - candidate.failed,
        "errors": candidate.failed,
        "error": {"kind": candidate.failure.kind, "message": candidate.failure.message} if candidate.failure else None,
        "metrics": {},
        "speed": {},
    }
    if scores is None:
        return document
    document["metrics"] = {key: estimate_document(value) for key, value in scores.metrics.items()}
    document["speed"] = {key: estimate_document(value) for key, value in scores.speed.items()}
    document["slices"] = [
        {"column": key.column, "value": key.value, "metrics": {m: estimate_document(e) for m, e in found.items()}}
        for key, found in scores.slices.items()
    ]
    document["labels"] = [plain(each) for each in scores.labels]
    document["confusion"] = [list(each) for each in scores.confusion]
    document["reliability"] = [plain(each) for each in scores.reliability]
    document["signatures"] = dict(scores.signatures)
    document["spread"] = dict(scores.spread)
    return document


def estimate_document(estimate: Estimate) -> dict[str, Any]:
    """A figure with its interval."""
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "method": estimate.method,
    }


def comparison_document(evaluation: Evaluation, pair: Any) -> dict[str, Any]:
    """Two candidates, by name."""
    return {
        "a": evaluation.candidate(pair.a).name,
        "b": evaluation.candidate(pair.b).name,
        "metric": pair.metric,
        "difference": pair.difference,
        "low": pair.low,
        "high": pair.high,
        "p_value": pair.p_value,
        "p_adjusted": pair.p_adjusted,
        "test": pair.test,
        "n": pair.n,
        "winner": evaluation.candidate(pair.winner).name if pair.winner is not None else None,
        "further_rows": pair.further_rows,
    }


def plain(value: Any) -> dict[str, Any]:
    """A frozen dataclass as JSON has it."""
    import dataclasses

    return dataclasses.asdict(value)


def finite(value: Any) -> Any:
    """``value`` without what JSON has no word for: infinity and "no number" become null."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _dump(value: Any) -> str:
    return json.dumps(finite(value), ensure_ascii=False, indent=2, allow_nan=False)


# -- CSV -----------------------------------------------------------------------------------------------------------


def _write_csv(source: _Source, file: IO[str]) -> None:
    """One line a row: the data's own columns, then what each candidate answered."""
    writer = csv.writer(file)
    candidates = source.info.candidates
    # A byte order mark, without which Excel takes Chinese for something else.
    file.write("\ufeff")
    head = ["row", *source.info.dataset.columns]
    for candidate in candidates:
        head += [f"{candidate.name}: answer", f"{candidate.name}: right", f"{candidate.name}: score"]
        head += [f"{candidate.name}: latency_s", f"{candidate.name}: error"]
    writer.writerow([neutral(cell) for cell in head])
    for row in source.rows():
        wanted = source.reference(row.data)
        line = [str(row.data.position + 1), *(neutral(cell) for cell in row.data.cells)]
        for candidate in candidates:
            line += _csv_cells(source, candidate, row.answers.get(candidate.id, ()), wanted)
        writer.writerow(line)


def _csv_cells(source: _Source, candidate: EvaluatedCandidate, answers: Sequence[Answer], wanted: str) -> list[str]:
    if not answers:
        return ["", "", "", "", ""]
    answer = answers[0]
    right = source.is_right(candidate, answer, wanted)
    output = answer.output
    score = output.scores[0].score if isinstance(output, Labels) and output.scores else float("nan")
    return [
        neutral(output.text) if output else "",
        "" if right is None else "yes" if right else "no",
        f"{score:.6g}" if math.isfinite(score) else "",
        "" if answer.latency_s is None else f"{answer.latency_s:.6g}",
        neutral(answer.failure.message) if answer.failure else "",
    ]


# -- lm-evaluation-harness -----------------------------------------------------------------------------------------


def _write_lm_eval(source: _Source, file: IO[str]) -> None:
    """``results`` as lm-evaluation-harness writes them: ``metric,none`` and ``metric_stderr,none`` each."""
    results: dict[str, dict[str, Any]] = {}
    for candidate in source.info.candidates:
        scores = source.evaluation.of(candidate.id)
        if scores is None:
            continue
        found: dict[str, Any] = {"alias": candidate.title}
        for key, estimate in scores.metrics.items():
            found[f"{key},none"] = estimate.value
            known = estimate.low is not None and estimate.high is not None
            # The harness writes a standard error; a 95 % interval is about four of them wide.
            found[f"{key}_stderr,none"] = (estimate.high - estimate.low) / 3.92 if known else "N/A"  # type: ignore[operator]
        results[candidate.name] = found
    document = {
        "results": results,
        "configs": {
            name: {"task": source.info.task, "dataset_path": source.info.dataset.source, "num_fewshot": 0}
            for name in results
        },
        "n-samples": {name: {"original": source.info.dataset.rows, "effective": source.info.rows} for name in results},
        "higher_is_better": {name: _directions(source.evaluation) for name in results},
        "versions": dict.fromkeys(results, SCHEMA_VERSION),
        "config": {"model": "onnx", "batch_size": source.info.settings.batch_size or "auto"},
        "date": source.info.started.timestamp(),
        "git_hash": None,
    }
    file.write(_dump(document) + "\n")


def _directions(evaluation: Evaluation) -> dict[str, bool]:
    from studio.metrics import find_metric

    return {key: find_metric(key).info.high_is_good for key in evaluation.metrics}


# -- LLM Comparator ------------------------------------------------------------------------------------------------


def _write_llm_comparator(source: _Source, file: IO[str]) -> None:
    """Two candidates side by side as LLM Comparator opens them; ``score`` is above 0 where the first is better."""
    pair = _two(source)
    votes: dict[int, list[float]] = {}
    for position, _voter, vote in source.session.evaluations.votes(source.info.id):
        if {vote.a, vote.b} == {pair[0].id, pair[1].id} and vote.choice in ("a", "b"):
            first_won = (vote.a if vote.choice == "a" else vote.b) == pair[0].id
            votes.setdefault(position, []).append(1.5 if first_won else -1.5)
    head = {
        "metadata": {"source_path": source.info.dataset.source, "custom_fields_schema": []},
        "models": [{"name": candidate.title} for candidate in pair],
    }
    file.write(_dump(head)[:-2] + ',\n  "examples": [')
    first = True
    for row in source.rows():
        texts = [_text_of(row.answers.get(candidate.id, ())) for candidate in pair]
        if None in texts:
            continue
        wanted = source.reference(row.data)
        right = [source.is_right(each, row.answers[each.id][0], wanted) for each in pair]
        score = _score(votes.get(row.data.position), right)
        example = {
            "input_text": source.cell(row.data, source.input_column),
            "tags": [f"{column}: {source.cell(row.data, column)}" for column in source.info.settings.mapping.groups],
            "output_text_a": texts[0],
            "output_text_b": texts[1],
            "score": score,
            "individual_rater_scores": [],
            "custom_fields": {"reference": wanted} if wanted else {},
        }
        file.write(("" if first else ",") + "\n    " + json.dumps(example, ensure_ascii=False))
        first = False
    file.write("\n  ]\n}\n")


def _score(votes: Sequence[float] | None, right: Sequence[bool | None]) -> float:
    """People's votes where there are some; else whichever of the two is the expected answer."""
    if votes:
        return sum(votes) / len(votes)
    return 1.0 * bool(right[0]) - 1.0 * bool(right[1])


def _two(source: _Source) -> tuple[EvaluatedCandidate, EvaluatedCandidate]:
    """The baseline, or the first, against the best of the others."""
    candidates = [each for each in source.info.candidates if each.done > each.failed]
    if len(candidates) < 2:
        raise InputError(_("This format compares two candidates, and fewer have answers."))
    first = next((each for each in candidates if each.id == source.info.baseline), candidates[0])
    others = [each for each in candidates if each.id != first.id]
    return first, others[0]


def _text_of(answers: Sequence[Answer]) -> str | None:
    return answers[0].output.text if answers and answers[0].output else None


EXPORTS: tuple[Export, ...] = (
    Export("json", N_("JSON, everything"), ".json", _write_json),
    Export("csv", N_("CSV, one line a row"), ".csv", _write_csv),
    Export("lm-eval", N_("lm-evaluation-harness results"), ".json", _write_lm_eval),
    Export("llm-comparator", N_("LLM Comparator, two candidates"), ".json", _write_llm_comparator),
)

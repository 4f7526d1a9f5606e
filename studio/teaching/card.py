"""The card of a taught model: from what, how, and how good, so that others can judge it later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.domain.metric import Estimate
from studio.teaching.fine_tuning_plan import Epoch


@dataclass(frozen=True)
class Facts:
    """What the card says. It is written in English, as cards on the Hub are.

    Attributes:
        title: What to call the model.
        task: What the Hub calls its task.
        base: Id of the embedding model behind it.
        licence: Licence id of the base.
        languages: Language codes of the base.
        data: Name of the file.
        fingerprint: SHA-256 of the file.
        columns: Columns of texts and of answers.
        counts: Examples of each label; empty for numbers.
        sizes: Examples learned from, chosen by, judged on.
        seed: Of the split.
        settings: Plain words for what was fitted.
        scores: Figures on the judged examples, by metric id.
        seconds: How long it took.
        remarks: What to know about the examples.
        curve: Lines about what more examples would bring.
        how: What was made of the base, in a few words.
        precision: The precision that ``scores`` belong to; empty where there is only one.
        others: Figures of its other precisions.
        history: Epoch by epoch, where it was fine-tuned.
        kept: Number of the epoch that was kept.
        score: What the score of an epoch is called.
    """

    title: str
    task: str
    base: str
    licence: str
    languages: Sequence[str]
    data: str
    fingerprint: str
    columns: tuple[str, str]
    counts: Mapping[str, int]
    sizes: tuple[int, int, int]
    seed: int
    settings: str
    scores: Mapping[str, Estimate]
    seconds: float
    remarks: Sequence[str]
    curve: Sequence[str]
    how: str = "A head on embeddings"
    precision: str = ""
    others: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    history: Sequence[Epoch] = ()
    kept: int | None = None
    score: str = ""


def card_text(facts: Facts) -> str:
    """``README.md`` with front matter, as the Hugging Face Hub reads it."""
    import yaml

    metrics = [{"type": name, "name": name, "value": round(found.value, 4)} for name, found in facts.scores.items()]
    front: dict[str, Any] = {
        "license": facts.licence or "other",
        "pipeline_tag": facts.task,
        "tags": ["onnx", "taught"],
        "base_model": facts.base,
        "model-index": [
            {
                "name": facts.title,
                "results": [
                    {
                        "task": {"type": facts.task},
                        "dataset": {"name": f"{facts.data}, test part", "type": "own"},
                        "metrics": metrics,
                    }
                ],
            }
        ],
    }
    if facts.languages:
        front["language"] = list(facts.languages)
    train, validation, test = facts.sizes
    lines = [
        "---",
        yaml.safe_dump(front, sort_keys=False, allow_unicode=True).strip(),
        "---",
        "",
        f"# {facts.title}",
        "",
        f"{facts.how} of `{facts.base}`, taught in Prototype Studio with {sum(facts.sizes)} examples.",
        "",
        f"## Figures on {test} examples that it was not taught with",
        "",
        *_figures(facts),
        "",
        "## How it was taught",
        "",
        f"- Data: `{facts.data}`, SHA-256 `{facts.fingerprint}`.",
        f"- Columns: {facts.columns[0]!r} is read, {facts.columns[1]!r} is what it shall answer.",
        f"- Split with seed {facts.seed}: {train} examples learned from, {validation} chose the settings, "
        f"{test} judged. Texts that are the same are in one part.",
        f"- {facts.settings}",
        f"- It took {facts.seconds:.1f} seconds.",
        *(f"- {remark}" for remark in facts.remarks),
        *(f"- {line}" for line in facts.curve),
    ]
    if facts.history:
        lines += ["", "## Epoch by epoch", "", *_epochs(facts)]
    if facts.counts:
        lines += ["", "## Labels", "", "| label | examples |", "| --- | --- |"]
        lines += [f"| {_cell(label)} | {count} |" for label, count in facts.counts.items()]
    return "\n".join(lines) + "\n"


def _figures(facts: Facts) -> list[str]:
    every = {facts.precision: facts.scores, **facts.others}
    if len(every) == 1:
        lines = ["| metric | value | 95 % interval |", "| --- | --- | --- |"]
        return lines + [f"| {name} | {found.value:.4f} | {_interval(found)} |" for name, found in facts.scores.items()]
    lines = ["| precision | metric | value | 95 % interval |", "| --- | --- | --- | --- |"]
    return lines + [
        f"| {precision} | {name} | {found.value:.4f} | {_interval(found)} |"
        for precision, scores in every.items()
        for name, found in scores.items()
    ]


def _epochs(facts: Facts) -> list[str]:
    lines = [f"| epoch | training loss | validation loss | {facts.score} |", "| --- | --- | --- | --- |"]
    for epoch in facts.history:
        values = (epoch.train_loss, epoch.validation_loss, epoch.score)
        cells = " | ".join("–" if value is None else f"{value:.4f}" for value in values)
        lines.append(f"| {epoch.number}{', kept' if epoch.number == facts.kept else ''} | {cells} |")
    return lines


def _interval(found: Estimate) -> str:
    return "–" if found.low is None or found.high is None else f"{found.low:.4f} to {found.high:.4f}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

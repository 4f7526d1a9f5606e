"""A project with evaluations in it, as a run would leave them: real rows, stored answers, no model."""

from __future__ import annotations

import random
from collections.abc import Sequence

from studio.domain.comparison import Candidate
from studio.domain.dataset import ColumnMapping, FileFormat
from studio.domain.errors import Failure
from studio.domain.evaluation import Answer, EvaluationInfo, EvaluationSettings, RunFacts
from studio.domain.prediction import GeneratedText, Labels, LabelScore
from studio.project.evaluations import NewCandidate
from studio.services.project_session import ProjectSession

LABELS = (
    "cancel order",
    "complaint",
    "contact human agent",
    "get invoice",
    "get refund",
    "payment issue",
    "track order",
)
_TEXTS = {
    "cancel order": "please cancel order {n}, I chose the wrong size",
    "complaint": "your driver left box {n} in the rain",
    "contact human agent": "nobody picks up, is anyone there? ticket {n}",
    "get invoice": "where do I see the bill for order {n}",
    "get refund": "I want my money back for {n}",
    "payment issue": "I was charged twice for order {n}",
    "track order": "where is parcel {n} now",
}
#: Who takes part: name, share of right answers, seconds for a row, memory.
_WHO = (
    ("starter/support-intents-tiny", "Support intents, tiny", "int8", 0.88, 0.004, 62.0),
    ("starter/support-intents-small", "Support intents, small", "int8", 0.94, 0.011, 118.0),
)


def _scores(label: str, sure: float) -> Labels:
    rest = (1 - sure) / (len(LABELS) - 1)
    others = [LabelScore(each, rest) for each in LABELS if each != label]
    return Labels((LabelScore(label, sure), *others))


def labels_evaluation(
    session: ProjectSession, rows: int = 200, seed: int = 0, answered: int | None = None
) -> EvaluationInfo:
    """Two models and today's keyword rules on support messages; ``answered`` rows of the second model, None for all."""
    dice = random.Random(seed)
    expected = [LABELS[number % len(LABELS)] for number in range(rows)]
    groups = [("app", "mail", "web")[number % 3] for number in range(rows)]
    messages = [_TEXTS[label].format(n=4000 + number) for number, label in enumerate(expected)]
    rules = [label if dice.random() < 0.7 else "contact human agent" for label in expected]
    mapping = ColumnMapping({"text": "message"}, "intent", ("channel",), recorded={"Keyword rules": "rules"})
    dataset = session.datasets.add(
        "text-classification",
        "support messages",
        "support.csv",
        FileFormat("csv", "utf-8", ","),
        ("message", "intent", "channel", "rules"),
        zip(messages, expected, groups, rules, strict=True),
        (),
        "0" * 64,
        mapping,
    )
    info = session.evaluations.start(
        "text-classification",
        dataset.id,
        EvaluationSettings(mapping),
        rows,
        [
            *(
                NewCandidate(f"{model}:{precision}", title, "model", Candidate(model, precision), labels=LABELS)
                for model, title, precision, _right, _time, _memory in _WHO
            ),
            NewCandidate("Keyword rules", "Keyword rules", "recorded"),
        ],
        {"processor": "test"},
    )
    for candidate, (_model, _title, _precision, right, time_s, memory) in zip(info.candidates, _WHO, strict=False):
        latencies = tuple(time_s * dice.uniform(0.8, 1.6) for _row in range(min(rows, 120)))
        answers = []
        stop = rows if answered is None or candidate is not info.candidates[1] else answered
        for position in range(stop):
            label = expected[position]
            wrong = dice.random() > right
            given = LABELS[(LABELS.index(label) + 1) % len(LABELS)] if wrong else label
            sure = dice.uniform(0.3, 0.7) if wrong else dice.uniform(0.6, 0.99)
            latency = latencies[position] if position < len(latencies) else None
            if position == 5 and candidate is info.candidates[0]:
                failure = Failure("InputError", "The text is empty.", "Give it some words.")
                answers.append(Answer(candidate.id, position, 0, None, failure))
            else:
                answers.append(Answer(candidate.id, position, 0, _scores(given, sure), latency_s=latency))
        session.evaluations.record(answers)
        facts = RunFacts(0.4, 2.0, 1 / time_s, 40.0, memory, None, None, 32, latencies)
        session.evaluations.set_state(candidate.id, "finished" if stop == rows else "stopped", facts)
    recorded = info.candidates[2].id
    session.evaluations.record(
        [Answer(recorded, position, 0, Labels((LabelScore(label, 1.0),))) for position, label in enumerate(rules)]
    )
    session.evaluations.set_state(recorded, "finished")
    return session.evaluations.get(info.id)


def texts_evaluation(session: ProjectSession, sentences: Sequence[tuple[str, str, str, str]]) -> EvaluationInfo:
    """Two translators; sentences are (source, expected, the first's answer, the second's answer)."""
    mapping = ColumnMapping({"text": "source"}, "target")
    dataset = session.datasets.add(
        "translation",
        "sentences",
        "sentences.csv",
        FileFormat("csv", "utf-8", ","),
        ("source", "target"),
        [each[:2] for each in sentences],
        (),
        "1" * 64,
        mapping,
    )
    info = session.evaluations.start(
        "translation",
        dataset.id,
        EvaluationSettings(mapping),
        len(sentences),
        [
            NewCandidate(f"starter/{name}:int8", name, "model", Candidate(f"starter/{name}", "int8"))
            for name in ("small", "base")
        ],
        {},
    )
    for place, candidate in enumerate(info.candidates):
        latencies = tuple(0.05 * (place + 1) + 0.001 * number for number in range(len(sentences)))
        session.evaluations.record(
            [
                Answer(
                    candidate.id,
                    position,
                    0,
                    GeneratedText(each[2 + place], (1, 2, 3), 4, "stop"),
                    latency_s=latencies[position],
                    ttft_s=latencies[position] / 3,
                )
                for position, each in enumerate(sentences)
            ]
        )
        session.evaluations.set_state(
            candidate.id, "finished", RunFacts(0.3, 1.0, 9.0, 40.0, 90.0 * (place + 1), latencies_s=latencies)
        )
    return session.evaluations.get(info.id)


SENTENCES = (
    ("Good morning", "早上好", "早上好", "早安"),
    ("The parcel arrives tomorrow.", "包裹明天到。", "包裹明天到达。", "包裹明天到。"),
    ("Where is my order?", "我的订单在哪里？", "我的订单在哪？", "我的订单在哪里？"),
    ("Please cancel it.", "请取消。", "请取消它。", "请取消。"),
    ("Thank you very much.", "非常感谢。", "谢谢。", "非常感谢。"),
    ("The price is 12 euros.", "价格是12欧元。", "价格是12欧元。", "价钱为12欧元。"),
)

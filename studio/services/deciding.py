"""From an evaluation to a decision: verdicts, a recommendation, and what running it would take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from studio.decision.endpoint_sizing import Asked, size_endpoint
from studio.decision.recommending import DEFAULT_WEIGHTS, Place, recommend
from studio.decision.sizing import hardware_from, hourly, size, times_of
from studio.decision.suggestions import OWN_FIGURES
from studio.decision.verdict import COST, CRITICAL_ROWS, ERROR_RATE, Describe, Evidence, Figure, decide_candidate
from studio.domain.decision import Decision, HardwareProfile, Quantity, Sizing, SizingInputs
from studio.domain.evaluation import CandidateScores, EvaluatedCandidate, Evaluation, EvaluationInfo
from studio.domain.i18n import N_, _
from studio.domain.metric import Estimate
from studio.domain.prediction import GeneratedText
from studio.domain.running import RemotePlace
from studio.domain.task import Task
from studio.engine.environment import cpu_name
from studio.metrics import find_metric, metrics_for
from studio.services.evaluation_figures import SPEED, evaluation_figure, percent
from studio.services.figures import money
from studio.services.licences import licence_light
from studio.services.project_session import ProjectSession
from studio.statistics.proportions import wilson
from studio.tasks import find_task

#: Keys of `studio.project.decisions.Decisions.choice`.
SIZING, WEIGHTS, HARDWARE = "sizing", "weights", "hardware"
#: Input of a sizing: rows a second of the whole cluster that an evaluation ran on.
CLUSTER_SPEED = "cluster_rows_per_s"
#: Prices belong to the project, whatever its use case.
_ALL_TASKS = ""
#: Answers whose lengths in tokens are read for the price of an API.
_READ_FOR_TOKENS = 500

_OWN_TITLES: Mapping[str, str] = {
    CRITICAL_ROWS: N_("Starred rows right"),
    ERROR_RATE: N_("Rows without an answer"),
    COST: N_("Cost of 1,000 requests"),
}


def decide(session: ProjectSession, task: Task, evaluation: Evaluation | None) -> Decision:
    """Everything that is decided about one evaluation; None where nothing was evaluated yet.

    Args:
        session: The project.
        task: The use case.
        evaluation: Scored (`studio.services.scoring.score`).
    """
    decisions = session.decisions
    criteria, changes = decisions.criteria(task.id), decisions.changes(task.id)
    inputs = sizing_inputs(session, task.id)
    hardware = chosen_hardware(session, inputs)
    sizing = _sizing(session, evaluation, inputs, hardware) if evaluation else ()
    currency = _currency(sizing, inputs, hardware)
    # Costs in different currencies are no ranking.
    by_candidate = {each.candidate: each for each in sizing if each.currency == currency}
    evidence = [
        _evidence(session, evaluation, scores, by_candidate.get(scores.candidate))
        for scores in (evaluation.scores if evaluation else ())
    ]
    shown = describe(currency)
    since = [change for change in changes if evaluation and change.evaluation >= evaluation.info.id]
    verdicts = tuple(decide_candidate(criteria, each, shown, bool(since)) for each in evidence)
    recommendation = None
    if evaluation and evaluation.scores:
        weights = decisions.choice(task.id, WEIGHTS, dict(DEFAULT_WEIGHTS))
        places = [_place(evaluation, scores, by_candidate.get(scores.candidate)) for scores in evaluation.scores]
        recommendation = recommend(places, verdicts, _numbers(weights) or DEFAULT_WEIGHTS)
    return Decision(
        task.id,
        evaluation.info.id if evaluation else None,
        decisions.brief(task.id),
        criteria,
        changes,
        verdicts,
        recommendation,
        inputs,
        sizing,
        currency,
    )


# -- figures -------------------------------------------------------------------------------------------------------


def figures_for(task: Task) -> tuple[str, ...]:
    """What a criterion can be about, the most usual first."""
    quality = [metric.info.id for metric in metrics_for(task) if metric.compared]
    return (*quality[: len(task.metrics)], *OWN_FIGURES, *(f.key for f in SPEED), *quality[len(task.metrics) :])


def describe(currency: str = "") -> Describe:
    """How figures of criteria are called and written (`studio.decision.verdict.Describe`)."""

    def of(key: str) -> Figure:
        if key in _OWN_TITLES:
            text = percent if key != COST else lambda value: money(value, currency)
            return Figure(_(_OWN_TITLES[key]), text)
        figure = evaluation_figure(key)
        return Figure(_(figure.title), figure.text)

    return of


def high_is_good(key: str) -> bool:
    """Whether more of a criterion's figure is better."""
    return key == CRITICAL_ROWS if key in _OWN_TITLES else evaluation_figure(key).high_is_good


def unit_of(key: str) -> str:
    """What a threshold of a figure is typed in: ``%``, ``ms``, ``MB`` or nothing."""
    if key in (CRITICAL_ROWS, ERROR_RATE):
        return "%"
    if key.endswith("_s") and not key.endswith("per_s"):
        return "ms"
    if key.endswith("_mb"):
        return "MB"
    if key in _OWN_TITLES or any(figure.key == key for figure in SPEED):
        return ""
    return "%" if find_metric(key).info.format == "percent" else ""


#: What a threshold as typed is multiplied by, by unit.
TYPED = {"%": 0.01, "ms": 0.001, "MB": 1.0, "": 1.0}


# -- evidence ------------------------------------------------------------------------------------------------------


def _evidence(
    session: ProjectSession, evaluation: Evaluation | None, scores: CandidateScores, sizing: Sizing | None
) -> Evidence:
    assert evaluation is not None
    candidate = evaluation.candidate(scores.candidate)
    estimates: dict[str, Estimate] = {**scores.metrics, **scores.speed}
    # Repeats of a row fail together: they are no further rows.
    repeats = max(1, evaluation.info.settings.repeats)
    rows = max(1, candidate.done // repeats)
    failing = min(rows, candidate.failed / repeats)
    estimates[ERROR_RATE] = Estimate(failing / rows, *wilson(failing, rows), rows, "wilson")
    critical = _critical(session, evaluation, scores.candidate)
    if critical is not None:
        estimates[CRITICAL_ROWS] = critical
    if sizing is not None and 0 < sizing.cost_per_1000.value < float("inf"):
        cost = sizing.cost_per_1000
        estimates[COST] = Estimate(cost.value, cost.low, cost.high, rows, "range")
    risks = []
    if candidate.candidate is not None and candidate.candidate.remote:
        risks.append(
            _("The terms of whoever runs its endpoint apply; read them first.")
            if candidate.candidate.leaves
            else _("The licence of the model behind its server is not known here; read its card first.")
        )
    elif candidate.kind == "model" and licence_light(candidate.licence).light == "restricted":
        risks.append(_("Its licence forbids commercial use, or is not known."))
    if candidate.sends_data and candidate.candidate is not None:
        sentence = _("What your users write leaves this computer: {host} answers, and can read and keep it.")
        risks.append(sentence.format(host=candidate.candidate.device))
    if candidate.status != "finished":
        risks.append(_("Not all rows were answered yet."))
    whole = candidate.status == "finished"
    return Evidence(scores.candidate, estimates, scores.slices, tuple(risks), whole)


def _critical(session: ProjectSession, evaluation: Evaluation, candidate: int) -> Estimate | None:
    """Share of starred rows answered right, every time they were asked.

    None where no row that takes part is starred or one was not asked yet, or where nothing says what is right.
    """
    info = evaluation.info
    mapping, data = info.settings.mapping, info.dataset
    starred = sorted(session.datasets.critical(data.id))
    if info.settings.positions is not None:
        starred = sorted(set(starred) & set(info.settings.positions))
    task = find_task(info.task)
    if not starred or not mapping.reference or not task.has_right_answers:
        return None
    place = data.columns.index(mapping.reference)
    wanted = {row.position: row.cells[place].strip() for row in session.datasets.rows(data.id, starred)}
    right_ones: dict[int, bool] = {}
    for answer in session.evaluations.answers(candidate, starred):
        label = wanted[answer.position]
        expected = info.settings.label_map.get(label, label)
        right = answer.output is not None and right_answer(answer.output.text, expected, task)
        right_ones[answer.position] = right_ones.get(answer.position, True) and right
    if len(right_ones) < len(wanted):
        return None
    share = sum(right_ones.values()) / len(wanted)
    # These rows are all there are: nothing is uncertain about the share.
    return Estimate(share, None, None, len(wanted))


def right_answer(text: str, expected: str, task: Task) -> bool:
    """Whether an answer is the expected one, small differences aside; of a document, whether it holds it."""
    from studio.metrics._words import normal

    if task.output == "passage":
        return normal(expected) in normal(text)
    return normal(text) == normal(expected)


def _place(evaluation: Evaluation, scores: CandidateScores, sizing: Sizing | None) -> Place:
    found = {
        "quality": scores.metrics.get(evaluation.headline),
        "latency": scores.speed.get("latency_p95_s") or scores.speed.get("latency_p50_s"),
        "memory": scores.speed.get("peak_memory_mb"),
    }
    axes = {axis: estimate for axis, estimate in found.items() if estimate is not None}
    if sizing is not None and 0 < sizing.cost_per_1000.value < float("inf"):
        cost = sizing.cost_per_1000
        axes["cost"] = Estimate(cost.value, cost.low, cost.high, scores.n, "range")
    good = find_metric(evaluation.headline).info.high_is_good if evaluation.headline else True
    return Place(scores.candidate, evaluation.candidate(scores.candidate).title, axes, good)


# -- sizing --------------------------------------------------------------------------------------------------------


def sizing_inputs(session: ProjectSession, task: str) -> SizingInputs:
    """What the user asks of the sizing; defaults where nothing was typed."""
    stored = session.decisions.choice(task, SIZING, {})
    known: dict[str, Any] = {}
    for each in fields(SizingInputs):
        value = stored.get(each.name) if isinstance(stored, dict) else None
        if isinstance(value, str) and each.type == "str":
            known[each.name] = value
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and each.type == "float" and value >= 0:
            known[each.name] = float(value)
    return SizingInputs(**known)


def hardware_profiles(session: ProjectSession, info: EvaluationInfo | None = None) -> tuple[HardwareProfile, ...]:
    """What an evaluation was measured on, and the machines that the user described.

    No price is the studio's: all are the user's.
    """
    stored = session.decisions.choice(_ALL_TASKS, HARDWARE, [])
    own = [profile for each in stored if isinstance(each, dict) and (profile := hardware_from(each)) is not None]
    if not any(profile.id == THIS_COMPUTER for profile in own):
        own.insert(0, HardwareProfile(THIS_COMPUTER, _measured_on(info)))
    return tuple(own)


def _measured_on(info: EvaluationInfo | None) -> str:
    facts = info.environment if info else {}
    nodes, cpu = facts.get("cluster_nodes"), facts.get("cpu")
    if nodes:
        return _("The cluster it was measured on ({nodes})").format(nodes=nodes)
    if cpu and cpu != cpu_name():
        return _("The computer it was measured on ({cpu})").format(cpu=cpu)
    return _("This computer ({cpu})").format(cpu=cpu_name())


THIS_COMPUTER = "this"


def set_hardware(session: ProjectSession, profiles: Sequence[HardwareProfile]) -> None:
    """Keep the machines that the user described (undoable)."""
    from dataclasses import asdict

    session.decisions.set_choice(_ALL_TASKS, HARDWARE, [asdict(profile) for profile in profiles])


def chosen_hardware(session: ProjectSession, inputs: SizingInputs) -> HardwareProfile:
    """The machine that the sizing is for."""
    profiles = hardware_profiles(session)
    return next((profile for profile in profiles if profile.id == inputs.hardware), profiles[0])


def _sizing(
    session: ProjectSession, evaluation: Evaluation, inputs: SizingInputs, hardware: HardwareProfile
) -> tuple[Sizing, ...]:
    found = []
    for scores in evaluation.scores:
        candidate = evaluation.candidate(scores.candidate)
        if candidate.kind != "model":
            continue
        p50, p95 = scores.speed.get("latency_p50_s"), scores.speed.get("latency_p95_s")
        middle = None
        if p50 is not None:
            middle = (p50.value, p50.value if p50.low is None else p50.low, p50.value if p50.high is None else p50.high)
        times = times_of(candidate.facts.latencies_s, middle, p95.value if p95 else None)
        if times is None:
            continue
        place = candidate.placement.remote if candidate.placement else None
        # A server on this computer runs on the user's own machine, unless its answers have a price.
        if candidate.candidate is not None and (candidate.candidate.leaves or candidate.price is not None):
            found.append(size_endpoint(candidate.id, _asked(candidate, scores, place), inputs, hardware.currency))
            continue
        tokens = _tokens(session, evaluation, candidate.id) if inputs.api_price_per_million_tokens > 0 else None
        sizing = size(candidate.id, times, inputs, hardware, tokens)
        share = candidate.facts.cluster
        if share is not None and share.rows_per_s is not None:
            # Beside the times, which are one request's on a node: what its cluster did altogether.
            speed = Quantity(share.rows_per_s, share.rows_per_s, share.rows_per_s, "measured", "rows/s")
            sizing = replace(sizing, inputs={**sizing.inputs, CLUSTER_SPEED: speed})
        found.append(sizing)
    return tuple(found)


def _currency(sizing: Sequence[Sizing], inputs: SizingInputs, hardware: HardwareProfile) -> str:
    """The one that costs are compared in: the hardware's; that of the endpoints where the hardware costs nothing."""
    if hardware.currency or hourly(hardware, inputs) > 0:
        return hardware.currency
    return next((each.currency for each in sizing if not each.machines and each.currency), "")


def _asked(candidate: EvaluatedCandidate, scores: CandidateScores, place: RemotePlace | None) -> Asked:
    """What was measured of an endpoint."""
    assert candidate.candidate is not None
    facts = candidate.facts

    def quantity(estimate: Estimate) -> Quantity:
        low = estimate.value if estimate.low is None else estimate.low
        return Quantity(
            estimate.value, low, estimate.value if estimate.high is None else estimate.high, "measured", "s"
        )

    p50 = scores.speed["latency_p50_s"]
    return Asked(
        candidate.candidate.device,
        quantity(p50),
        quantity(scores.speed.get("latency_p95_s", p50)),
        place.network_s if place else None,
        facts.prompt_tokens / facts.counted if facts.counted else None,
        facts.output_tokens / facts.counted if facts.counted else None,
        candidate.price,
    )


def _tokens(session: ProjectSession, evaluation: Evaluation, candidate: int) -> float | None:
    """Tokens read and written for a request, on average; None where answers are not text."""
    counted = []
    for answer in session.evaluations.answers(candidate):
        if isinstance(answer.output, GeneratedText):
            counted.append(answer.output.prompt_tokens + answer.output.output_tokens)
        if len(counted) >= _READ_FOR_TOKENS:
            break
    return sum(counted) / len(counted) if counted else None


def _numbers(values: Any) -> dict[str, float]:
    if not isinstance(values, dict):
        return {}
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
    }

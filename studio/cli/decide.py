"""``studio decide``: criteria from the terminal, and the verdict on each candidate."""

from __future__ import annotations

import json
import math
import re
import sys
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from studio.cli.table import safe
from studio.decision.suggestions import suggested_criteria
from studio.domain.decision import Criterion, Decision, Direction, Weight
from studio.domain.errors import InputError
from studio.domain.evaluation import Evaluation, EvaluationInfo, SliceKey
from studio.domain.i18n import _
from studio.domain.task import Task
from studio.services.deciding import decide, describe, figures_for, unit_of
from studio.services.decision_document import decision_document
from studio.services.project_session import ProjectSession
from studio.services.projects import Projects
from studio.services.scoring import score
from studio.tasks import find_task

_WRITTEN = re.compile(r"^\s*([a-z0-9_]+)\s*(>=|<=)\s*([-+0-9.eE]+)\s*(%?)\s*(?:\[([^=\]]+)=([^\]]*)\])?\s*$")
_PIPE_WIDTH = 120


def decide_command(
    project: str,
    task_id: str | None,
    evaluation: int | None,
    must: Sequence[str],
    should: Sequence[str],
    suggested: bool,
    remove: Sequence[str],
    as_json: bool,
) -> None:
    """Edit criteria where asked to, then judge and print.

    Raises:
        InputError: Something typed can't be used.
        ProjectError: The project can't be opened.
    """
    changes = bool(must or should or suggested or remove)
    with Projects().open(Path(project).expanduser(), read_only=not changes) as session:
        info = pick_evaluation(session, task_id, evaluation)
        task = find_task(info.task)
        _edit(session, task, must, should, suggested, remove)
        scored = score(session, info.id)
        decision = decide(session, task, scored)
    if as_json:
        sys.stdout.write(json.dumps(decision_document(decision, scored), ensure_ascii=False, indent=2) + "\n")
    else:
        _print(decision, scored)


def pick_evaluation(session: ProjectSession, task_id: str | None, evaluation: int | None) -> EvaluationInfo:
    """The evaluation that is meant: by number, or the newest.

    Raises:
        InputError: The project has none.
    """
    if evaluation is not None:
        return session.evaluations.get(evaluation)
    if task_id is not None:
        find_task(task_id)
    found = session.evaluations.all(task_id)
    if not found:
        raise InputError(
            _("The project has no evaluation."), _("Run one: `studio evaluate TASK --data FILE --project P.studio`.")
        )
    return found[0]


def _edit(
    session: ProjectSession,
    task: Task,
    must: Sequence[str],
    should: Sequence[str],
    suggested: bool,
    remove: Sequence[str],
) -> None:
    new = list(suggested_criteria(task.id)) if suggested else []
    new += [_criterion(task, text, "must") for text in must] + [_criterion(task, text, "should") for text in should]
    for metric in remove:
        gone = [each for each in session.decisions.criteria(task.id) if each.metric == metric]
        if not gone:
            raise InputError(_("There is no criterion about {name!r}.").format(name=metric))
        for each in gone:
            session.decisions.remove_criterion(task.id, each.id)
    for criterion in new:
        # The same figure of the same group is asked once; a new threshold takes the place of the old one.
        same = [
            each
            for each in session.decisions.criteria(task.id)
            if (each.metric, each.slice, each.direction) == (criterion.metric, criterion.slice, criterion.direction)
        ]
        name = same[0].id if same else uuid.uuid4().hex[:12]
        session.decisions.put_criterion(task.id, replace(criterion, id=name))


def _criterion(task: Task, text: str, weight: Weight) -> Criterion:
    found = _WRITTEN.match(text)
    if found is None:
        raise InputError(
            _("{text!r} is no criterion.").format(text=text),
            _('Write it as "accuracy>=0.9", or for a group "accuracy>=0.9 [customer=vip]".'),
        )
    metric, sign, number, percent, column, value = found.groups()
    known = figures_for(task)
    if metric not in known:
        raise InputError(
            _("{task} has no figure {name!r}.").format(task=task.id, name=metric),
            _("It has: {names}.").format(names=", ".join(known)),
        )
    try:
        threshold = float(number)
    except ValueError:
        threshold = math.nan
    if not math.isfinite(threshold):
        raise InputError(_("{text!r} is no number.").format(text=number))
    if percent:
        threshold /= 100
    if unit_of(metric) == "%" and not 0 <= threshold <= 1:
        # "90" for 90 % would be a must that nothing can meet.
        raise InputError(
            _("{name} lies between 0 and 1, so {text!r} can't be met or missed.").format(
                name=metric, text=text.strip()
            ),
            _('Write it as "{name}>=0.9" or "{name}>=90%".').format(name=metric),
        )
    direction: Direction = "at least" if sign == ">=" else "at most"
    group = SliceKey(column.strip(), value.strip()) if column else None
    return Criterion("", metric, direction, threshold, weight, group)


def _print(decision: Decision, evaluation: Evaluation) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)
    if not decision.criteria:
        console.print(Text(_('No criterion is set yet: add --suggested, or --must "accuracy>=0.9".')))
    shown = describe()
    colours = {"GO": "green", "NO-GO": "red", "NOT PROVEN": "yellow"}
    for verdict in decision.verdicts:
        title = safe(evaluation.candidate(verdict.candidate).title)
        console.print(
            Text.assemble((f"\n{verdict.overall}", f"bold {colours[verdict.overall]}"), (f"  {title}", "bold"))
        )
        console.print(Text(f"  {safe(verdict.sentence)}"))
        for each in verdict.criteria:
            criterion = each.criterion
            group = f" [{criterion.slice.column} = {criterion.slice.value}]" if criterion.slice else ""
            title = f"{_STATES[each.state]:>2} {criterion.weight:6} {shown(criterion.metric).title}{group}"
            words = f"  {title}: {each.sentence}"
            console.print(Text(safe(words)))
        for risk in verdict.risks:
            console.print(Text(f"   ! {safe(risk)}"))
    if decision.recommendation:
        console.print(Text("\n" + safe(decision.recommendation.sentence), style="bold"))
    for sizing in decision.sizing:
        console.print(Text(f"{safe(evaluation.candidate(sizing.candidate).title)}: {safe(sizing.sentence)}"))
    if decision.changes:
        console.print(
            Text(_("Criteria were changed after results were there: {n} changes.").format(n=len(decision.changes)))
        )


_STATES = {"met": "✓", "missed": "✗", "not proven": "?"}

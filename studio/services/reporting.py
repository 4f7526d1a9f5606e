"""Builds a report from what the project holds, and writes it in any number of formats. Nothing is run again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from studio.domain.errors import InputError, StoppedError
from studio.domain.evaluation import Evaluation
from studio.domain.i18n import N_, _, language, speaking
from studio.domain.report import Report, Section
from studio.domain.running import never_cancelled
from studio.domain.task import Task
from studio.reports import find_format
from studio.services.deciding import decide
from studio.services.project_session import ProjectSession
from studio.services.report_explanations import explanations_as_data
from studio.services.report_facts import facts_of
from studio.services.report_insights import insights_as_data
from studio.services.report_material import Material
from studio.services.report_models import models_of
from studio.services.report_redaction import redacted
from studio.services.report_rows import rows_table
from studio.services.report_sections import SECTIONS
from studio.services.report_words import clean, footer, summary_of, words
from studio.services.scoring import score
from studio.services.whole_file import whole_file
from studio.tasks import find_task

#: Key of `studio.project.decisions.Decisions.choice` for the choices of a report.
CHOICES = "report"


@dataclass(frozen=True)
class ReportChoices:
    """What a report shows.

    Attributes:
        left_out: Ids of the sections left out.
        rows: Which rows it lists: ``none``, ``wrong`` (for any candidate), ``different`` or ``all``.
        redact: Leave out what users wrote: no input, text answered or text expected appears anywhere; labels stay.
        language: Language code; empty for the studio's.
    """

    left_out: tuple[str, ...] = ()
    rows: str = "wrong"
    redact: bool = False
    language: str = ""


ROW_CHOICES = {
    "none": N_("No rows"),
    "wrong": N_("Wrong rows"),
    "different": N_("Rows that differ"),
    "all": N_("All rows"),
}


def stored_choices(session: ProjectSession, task: str) -> ReportChoices:
    """What the user chose for this project's reports."""
    stored = session.decisions.choice(task, CHOICES, {})
    if not isinstance(stored, dict):
        return ReportChoices()
    left_out = tuple(each for each in stored.get("left_out", ()) if isinstance(each, str))
    rows = stored.get("rows") if stored.get("rows") in ROW_CHOICES else "wrong"
    return ReportChoices(left_out, str(rows), stored.get("redact") is True, str(stored.get("language") or ""))


def store_choices(session: ProjectSession, task: str, choices: ReportChoices) -> None:
    """Keep them (undoable)."""
    value = {
        "left_out": list(choices.left_out),
        "rows": choices.rows,
        "redact": choices.redact,
        "language": choices.language,
    }
    session.decisions.set_choice(task, CHOICES, value)


def build(
    session: ProjectSession,
    evaluation: int,
    choices: ReportChoices | None = None,
    day: date | None = None,
    on_progress: Callable[[float], object] = lambda _share: None,
    cancelled: Callable[[], bool] = never_cancelled,
) -> Report:
    """The report of an evaluation.

    Args:
        session: The project.
        evaluation: Its id.
        choices: What it shows; what the project remembers where None.
        day: The date on it; today where None.
        on_progress: Hears the share that is done.
        cancelled: Asked between steps.

    Raises:
        UnknownNameError: There is no such evaluation.
        StoppedError: ``cancelled`` said so.
    """
    scored = score(session, evaluation, lambda share: on_progress(share * 0.7), cancelled)
    task = find_task(scored.info.task)
    chosen = choices or stored_choices(session, task.id)
    wanted = chosen.language or language()
    with speaking(wanted):
        return _build(
            session, task, scored, replace(chosen, language=wanted), day or date.today(), on_progress, cancelled
        )


def _build(
    session: ProjectSession,
    task: Task,
    scored: Evaluation,
    choices: ReportChoices,
    day: date,
    on_progress: Callable[[float], object],
    cancelled: Callable[[], bool],
) -> Report:
    decision = decide(session, task, scored)
    if choices.redact:
        scored = redacted(scored)
    models = models_of(scored)
    material = Material(session, task, scored, decision, models, choices.redact)
    sections = []
    for section in SECTIONS:
        if cancelled():
            raise _stopped()
        blocks = () if section.id in choices.left_out else section.build(material)
        if blocks:
            sections.append(Section(section.id, _(section.title), tuple(blocks)))
    on_progress(0.8)
    rows = None
    if choices.rows != "none" and not choices.redact:
        rows = rows_table(material, choices.rows, cancelled)
    on_progress(0.95)
    summary = summary_of(scored, decision)
    report = Report(
        title=_title(session, scored),
        subtitle=f"{_(task.title)} · {scored.info.dataset.name}",
        language=choices.language,
        date=day,
        summary=summary,
        sections=tuple(sections),
        rows=rows,
        facts=facts_of(
            session,
            scored,
            decision,
            summary,
            choices.language,
            day,
            None if choices.redact else rows,
            models,
            None if "insights" in choices.left_out else insights_as_data(material),
            [] if "explanations" in choices.left_out else explanations_as_data(material),
        ),
        words={**words(), "footer": footer(day)},
    )
    on_progress(1.0)
    return clean(report)


def _title(session: ProjectSession, scored: Evaluation) -> str:
    return session.info.name or scored.info.title or (scored.info.dataset.name if session.is_draft else session.name)


def export(
    report: Report,
    formats: Sequence[str],
    folder: Path,
    on_progress: Callable[[float, str], object] = lambda _share, _name: None,
    cancelled: Callable[[], bool] = never_cancelled,
    template: Path | None = None,
) -> tuple[Path, ...]:
    """Write a report; each file appears whole or not at all.

    Args:
        report: What to write.
        formats: Ids of formats.
        folder: Where; made where it is not there. Earlier files of the same name are replaced, see `targets`.
        on_progress: Hears the share that is done, and the file at work.
        cancelled: Asked between files.
        template: A company's template, for formats that take one.

    Raises:
        UnknownNameError: There is no such format.
        InputError: A file can't be written, or the template is none.
        StoppedError: ``cancelled`` said so; files that were whole by then stay.
    """
    chosen = [find_format(name) for name in dict.fromkeys(formats)]
    if not chosen:
        raise InputError(_("No format was chosen."), _("Choose at least one."))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            _("{path} can't be written.").format(path=folder), _("Choose another place."), str(error)
        ) from error
    written = []
    for number, (each, path) in enumerate(zip(chosen, targets(report, formats, folder), strict=True)):
        if cancelled():
            raise _stopped()
        on_progress(number / len(chosen), path.name)
        data = each.render(report, template if each.template else None)
        with whole_file(path, "wb") as file:
            file.write(data)
        written.append(path)
    on_progress(1.0, "")
    return tuple(written)


def targets(report: Report, formats: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """The files that `export` would write, or replace.

    Raises:
        UnknownNameError: There is no such format.
    """
    return tuple(folder / f"{file_name(report)}{find_format(name).suffix}" for name in dict.fromkeys(formats))


def file_name(report: Report) -> str:
    """A name for the files, from the title: what every system takes."""
    name = re.sub(r"[^\w\- ]+", " ", report.title).strip(" .")[:80].strip() or "report"
    return re.sub(r"\s+", "-", name)


def _stopped() -> StoppedError:
    return StoppedError(_("Stopped; what was not written yet is left out."))

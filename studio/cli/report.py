"""``studio report``: a project's evaluation and decision in the formats a company uses."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from studio.cli.decide import pick_evaluation
from studio.domain.errors import InputError, UnknownNameError
from studio.domain.i18n import _, languages
from studio.services.projects import Projects
from studio.services.reporting import ROW_CHOICES, ReportChoices, build, export, stored_choices


def report_command(
    project: str,
    formats: str,
    out: str,
    task: str | None,
    evaluation: int | None,
    language: str | None,
    rows: str | None,
    redact: bool,
    template: str | None,
    day: str | None,
) -> None:
    """Build the report and write it.

    Raises:
        InputError: Something typed can't be used.
        ProjectError: The project can't be opened.
    """
    if language is not None and language not in languages():
        raise UnknownNameError(
            _("There is no language {name!r}.").format(name=language),
            _("Choose one of: {names}.").format(names=", ".join(languages())),
        )
    if rows is not None and rows not in ROW_CHOICES:
        raise InputError(
            _("{text!r} is no choice of rows.").format(text=rows),
            _("Choose one of: {names}.").format(names=", ".join(ROW_CHOICES)),
        )
    if template is not None and not Path(template).is_file():
        raise InputError(_("There is no file {path}.").format(path=template))
    with Projects().open(Path(project).expanduser(), read_only=True) as session:
        info = pick_evaluation(session, task, evaluation)
        known = stored_choices(session, info.task)
        choices = ReportChoices(
            known.left_out,
            rows or known.rows,
            redact or known.redact,
            language if language is not None else known.language,
        )
        report = build(session, info.id, choices, _day(day))
    chosen = [name.strip() for name in formats.split(",") if name.strip()]
    written = export(report, chosen, Path(out).expanduser(), template=Path(template) if template else None)
    for path in written:
        sys.stdout.write(f"{path}\n")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(_("{text!r} is no date.").format(text=text), _("Write it as 2026-11-25.")) from error

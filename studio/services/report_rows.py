"""The rows of a report: what was asked, what was expected, and what each candidate answered."""

from __future__ import annotations

from collections.abc import Callable

from studio.domain.errors import StoppedError
from studio.domain.i18n import _
from studio.domain.report import Table, Tone, Value
from studio.services.deciding import right_answer
from studio.services.evaluation_plan import chunks, positions_of
from studio.services.report_material import Material
from studio.tasks import find_task

#: Rows that a report lists; the evaluation's own exports have all.
MOST_ROWS = 5_000
_CHUNK = 1_000
_LONGEST_CELL = 500


def rows_table(material: Material, kind: str, cancelled: Callable[[], bool]) -> Table | None:
    """Rows of a kind (`studio.services.reporting.ReportChoices.rows`); None where there are none."""
    session, info = material.session, material.scored.info
    mapping, data = info.settings.mapping, info.dataset
    candidates = [each for each in info.candidates if each.done]
    texts = {each.id: session.evaluations.texts(each.id) for each in candidates}
    place = data.columns.index(next(iter(mapping.inputs.values())))
    wanted_place = data.columns.index(mapping.reference) if mapping.reference else None
    task = find_task(info.task)
    judged = task.has_right_answers
    rows: list[tuple[Value, ...]] = []
    left_out = 0
    for chunk in chunks(positions_of(data, info.settings), _CHUNK):
        if cancelled():
            raise StoppedError(_("Stopped; what was not written yet is left out."))
        for row in session.datasets.rows(data.id, chunk):
            answers = [texts[each.id].get(row.position) for each in candidates]
            wanted = row.cells[wanted_place].strip() if wanted_place is not None else ""
            expected = info.settings.label_map.get(wanted, wanted)
            right = [text is not None and bool(expected) and right_answer(text, expected, task) for text in answers]
            different = len({text for text in answers if text is not None}) > 1
            if (kind == "wrong" and (not judged or not expected or all(right))) or (
                kind == "different" and not different
            ):
                continue
            if len(rows) == MOST_ROWS:
                left_out += 1
                continue
            cells = [Value(str(row.position + 1), row.position + 1), Value(_cut(row.cells[place]))]
            if wanted_place is not None:
                cells.append(Value(_cut(expected)))
            cells += [_answer(text, good, judged and bool(expected)) for text, good in zip(answers, right, strict=True)]
            rows.append(tuple(cells))
    if not rows:
        return None
    columns = [_("Row"), _("Input"), *([_("Expected")] if mapping.reference else []), *(c.title for c in candidates)]
    note = (
        _("{n} more rows are left out; export the evaluation to have all.").format(n=f"{left_out:,}")
        if left_out
        else ""
    )
    return Table("rows", "", tuple(columns), tuple(rows), frozenset({0}), long=True, note=note)


def _answer(text: str | None, right: bool, judged: bool) -> Value:
    if text is None:
        return Value(_("no answer"), None, "bad")
    tone: Tone = "" if not judged or right else "warn"
    return Value(_cut(text), None, tone)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"

"""What ``studio insights`` does: print what a whole evaluation says about why candidates answer as they do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from studio.cli.decide import pick_evaluation
from studio.cli.stopping import stopping
from studio.cli.table import safe
from studio.domain.errors import UnknownNameError
from studio.domain.evaluation import EvaluationInfo
from studio.domain.i18n import _
from studio.domain.insight import Insights, LabelWords, Weighed, WordWeight
from studio.services.explaining_words import signed
from studio.services.insight_document import insights_document
from studio.services.insight_weights import can_measure, measure_words
from studio.services.insight_words import (
    WEIGHTS_METHOD,
    WORDS_METHOD,
    as_data,
    group_title,
    group_words,
    grouping_words,
    pair_word_words,
    pair_words,
    weights_title,
)
from studio.services.insights import insights
from studio.services.projects import Projects

_PIPE_WIDTH = 120
#: Answers whose words are printed; the JSON has all.
_MOST_LABELS = 12


def insights_command(
    project: str,
    task_id: str | None,
    evaluation: int | None,
    measure: int,
    candidate: str | None,
    keep: bool,
    library: str | None,
    as_json: bool,
) -> None:
    """Find and print it; keep it where asked to.

    Raises:
        InputError: The project has no evaluation, or words can't be weighed.
        UnknownNameError: There is no such evaluation or candidate.
        ProjectError: The project can't be opened, or not be changed.
    """
    from studio.cli.models_show import open_library
    from studio.services.pool import CandidatePool

    with ExitStack() as stack:
        session = stack.enter_context(Projects().open(Path(project).expanduser(), read_only=not keep))
        info = pick_evaluation(session, task_id, evaluation)
        measured = _measured(info, candidate) if measure else []
        pool = stack.enter_context(CandidatePool(keep=1))
        stop = stack.enter_context(stopping())
        opened = open_library(library)
        found = insights(session, info.id, opened, pool, stop=stop)
        if measure:
            tell = stack.enter_context(_telling())
            weighed = [measure_words(session, info.id, each, measure, opened, pool, tell, stop) for each in measured]
            found = replace(found, weighed=tuple(weighed))
        if keep:
            session.kept.keep_insights(found)
    if as_json:
        sys.stdout.write(json.dumps(insights_document(found, info), ensure_ascii=False, indent=2) + "\n")
    else:
        _print(found, info)


@contextmanager
def _telling() -> Iterator[Callable[[float], None]]:
    """A line of progress on standard error; nothing where no person watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _share: None
        return
    with console.status(_("Asking with each word left out")) as status:
        yield lambda share: status.update(f"{_('Asking with each word left out')} · {share * 100:.0f} %")


def _measured(info: EvaluationInfo, name: str | None) -> list[int]:
    """Ids of the candidates whose words are weighed."""
    if name is None:
        return [each.id for each in info.candidates if can_measure(info, each)]
    for each in info.candidates:
        if name in (each.name, each.title):
            return [each.id]
    raise UnknownNameError(
        _("There is no candidate {name!r} in this evaluation.").format(name=name),
        _("Choose one of: {names}.").format(names=", ".join(each.name for each in info.candidates)),
    )


def _print(found: Insights, info: EvaluationInfo) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)
    titles = {each.id: each.title for each in info.candidates}

    def name(candidate: int) -> str:
        return titles.get(candidate, "?")

    for words in found.words:
        _heading(console, _("{name}: words that go with each answer").format(name=name(words.candidate)))
        table = Table(pad_edge=False)
        table.add_column(_("Answer"))
        table.add_column(_("Rows"), justify="right")
        table.add_column(_("Words (rows with this answer / rows with the word)"))
        for label in words.labels[:_MOST_LABELS]:
            table.add_row(Text(safe(as_data(label.label))), f"{label.rows:,}", Text(safe(_listed(label))))
        console.print(table)
        _say_left_out(console, len(words.labels))
    if found.words:
        _say(console, _(WORDS_METHOD))
    for weighed in found.weighed:
        _print_weights(console, weighed, name(weighed.candidate))
    _print_groups(console, found, info, name)
    if found.pairs:
        _heading(console, _("Who gets right what another gets wrong"))
        for pair in found.pairs:
            _say(console, pair_words(pair, name, found.by_degree))
            told = pair_word_words(pair, name)
            if told:
                _say(console, f"  {told}")


def _print_weights(console: Console, weighed: Weighed, name: str) -> None:
    _heading(console, weights_title(name, weighed.rows))
    table = Table(pad_edge=False)
    table.add_column(_("Answer"))
    table.add_column(_("Rows"), justify="right")
    table.add_column(_("Speak for it"))
    table.add_column(_("Speak against it"))
    for label in weighed.labels[:_MOST_LABELS]:
        answer = label.label or _("the number")
        cells = [Text(safe(_weights(each))) for each in (label.towards[:5], label.against[:3])]
        table.add_row(Text(safe(answer)), f"{label.rows:,}", *cells)
    console.print(table)
    _say_left_out(console, len(weighed.labels))
    _say(console, _(WEIGHTS_METHOD))


def _print_groups(console: Console, found: Insights, info: EvaluationInfo, name: Callable[[int], str]) -> None:
    if not found.groups:
        return
    _heading(console, _("Kinds of mistakes"))
    table = Table(pad_edge=False)
    table.add_column(_("Kind"))
    table.add_column(_("Rows"), justify="right")
    for candidate in info.candidates:
        table.add_column(Text(safe(name(candidate.id))), justify="right")
    table.add_column(_("What they have in common"))
    for group in found.groups:
        counts = [f"{group.wrong_of(each.id):,}" for each in info.candidates]
        table.add_row(
            Text(safe(group_title(group, as_data))),
            f"{group.rows:,}",
            *counts,
            Text(safe(group_words(group, found.metric, as_data)) or "–"),
        )
    console.print(table)
    _say(console, grouping_words(found))


def _listed(label: LabelWords) -> str:
    return ", ".join(f"{word.text} ({word.given}/{word.rows})" for word in label.words) or "–"


def _weights(words: Sequence[WordWeight]) -> str:
    return ", ".join(f"{word.text} {signed(word.weight, 2)} ({word.rows})" for word in words) or "–"


def _say_left_out(console: Console, answers: int) -> None:
    if answers > _MOST_LABELS:
        most, every = f"{_MOST_LABELS:,}", f"{answers:,}"
        _say(console, _("The {n} most frequent of {all} answers; --json has all.").format(n=most, all=every))


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(safe(text), "bold"))


def _say(console: Console, text: str) -> None:
    console.print(safe(text), markup=False, highlight=False)

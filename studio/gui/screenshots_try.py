"""Pictures of Try in the states one meets seldom: running, blind, an error, the settings, a past run, the dialogs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QDialog, QWidget

from studio.domain.comparison import Candidate
from studio.gui.pages.try_page import TryPage

Wait = Callable[[Callable[[], bool]], None]
#: Enters a state, gives the widget to take a picture of, and leaves the state again.
State = Callable[[TryPage, Wait], Iterator[QWidget]]


def _ask(page: TryPage) -> None:
    """Run; where nothing is typed, as after a turn of a conversation, an example."""
    if not any(page.model.draft.values()) and page.model.samples:
        page.model.take_sample(page.model.samples[-1])
    page.model.run()


def _running(page: TryPage, wait: Wait) -> Iterator[QWidget]:
    _ask(page)
    wait(lambda: page.model.columns[0].last is not None and page.model.columns[0].last.stage != "waiting")
    yield page.window()
    page.model.stop()
    wait(lambda: not page.model.running)


def _error(page: TryPage, wait: Wait) -> Iterator[QWidget]:
    page.model.candidates.add(Candidate("removed/model", "int8"))
    wait(lambda: page.model.columns[-1].title == "model")
    added = page.model.columns[-1]
    _ask(page)
    wait(lambda: not page.model.running)
    yield page.window()
    page.model.candidates.remove(added.id)
    wait(lambda: added not in page.model.columns)


def _many(page: TryPage, wait: Wait) -> Iterator[QWidget]:
    before = len(page.model.columns)
    taken = {state.column.candidate for state in page.model.columns}
    more = [offer.candidate for offer in page.model.candidates.offers if offer.candidate not in taken][:2]
    for candidate in more:
        page.model.candidates.add(candidate)
    wait(lambda: len(page.model.columns) == before + len(more))
    _ask(page)
    wait(lambda: not page.model.running)
    yield page.window()
    for state in page.model.columns[before:]:
        page.model.candidates.remove(state.id)
    wait(lambda: len(page.model.columns) == before)


def _baseline(page: TryPage, wait: Wait) -> Iterator[QWidget]:
    first = page.model.columns[0]
    page.model.candidates.pin(first.id, True)
    wait(lambda: first.column.baseline)
    yield page.window()
    page.model.candidates.pin(first.id, False)
    wait(lambda: not first.column.baseline)


def _advanced(page: TryPage, wait: Wait) -> Iterator[QWidget]:
    if page.composer is not None:
        page.composer.unfold(True)
        yield page.window()
        page.composer.unfold(False)


def _past(page: TryPage, wait: Wait) -> Iterator[QWidget]:
    run = page.model.shown_run
    if run is not None:
        page.model.open_run(run)
        wait(lambda: bool(page.model.past))
        yield page.window()
        page.model.back_to_now()


def _blind(page: TryPage, wait: Wait) -> Iterator[QWidget]:
    if not page.model.blind.possible:
        return
    page.model.blind.turn(True)
    _ask(page)
    wait(lambda: not page.model.running)
    yield page.window()
    page.model.blind.vote("a")
    wait(lambda: page.model.blind.tally.count > 0)
    yield page.window()
    page.model.blind.turn(False)
    _ask(page)
    wait(lambda: not page.model.running)


def _dialog(action: str) -> State:
    def state(page: TryPage, wait: Wait) -> Iterator[QWidget]:
        page.commands[action].run()
        dialog = page.findChildren(QDialog)[-1]
        wait(lambda: page.model.candidates.free_mb is not None)
        yield dialog
        dialog.reject()

    return state


def _why(page: TryPage, wait: Wait) -> Iterator[QWidget]:
    _ask(page)
    wait(lambda: not page.model.running)
    dialog = page.explain(page.model.columns[0].id)
    if dialog is not None:
        wait(lambda: not dialog.model.running)
        yield dialog
        dialog.close()


def _teach(page: TryPage, wait: Wait) -> Iterator[QWidget]:
    dialog = page.make_own()
    if dialog is not None:
        wait(lambda: dialog.model.bases_read)
        yield dialog
        dialog.close()


def _empty(page: TryPage, wait: Wait) -> Iterator[QWidget]:
    columns = [state.id for state in page.model.columns]
    for column in columns:
        page.model.candidates.remove(column)
    wait(lambda: not page.model.columns)
    yield page.window()
    for _column in columns:
        page.model.edit(lambda session: session.undo())
    wait(lambda: len(page.model.columns) == len(columns))


STATES: dict[str, State] = {
    "running": _running,
    "error": _error,
    "many": _many,
    "baseline": _baseline,
    "advanced": _advanced,
    "past": _past,
    "blind": _blind,
    "picker": _dialog("add_candidate"),
    "history": _dialog("history"),
    "why": _why,
    "teach": _teach,
    "empty": _empty,
}

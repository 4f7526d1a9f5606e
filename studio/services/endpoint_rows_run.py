"""A model of an endpoint through all rows of an evaluation: several at a time, each by itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from studio.domain.errors import (
    EndpointAccessError,
    EndpointBusyError,
    EndpointUnreachableError,
    Failure,
    OutOfMemory,
    StoppedError,
    StudioError,
    WorkerError,
)
from studio.domain.evaluation import Answer
from studio.domain.prediction import Prediction
from studio.domain.running import Inputs
from studio.engine.protocol import Loaded
from studio.services.evaluation_plan import chunks, repeated
from studio.services.evaluation_rows_run import MOST_CRASHES, RowsRun
from studio.services.measurement import figures_of

#: Rows that are handed over together to one that answers several at a time, for each of these: what a crash can cost.
_HANDED_OVER = 4
#: Rows in a row that did not get through, each asked as often as the endpoint allows, after which no more is asked.
_GIVEN_UP = 3
#: What is no row's fault: the next one would fare the same, and this one better at another time.
_TURNED_AWAY = (EndpointUnreachableError, EndpointBusyError, EndpointAccessError)

Ask = tuple[int, Inputs, int]


class EndpointRowsRun(RowsRun):
    """See `studio.services.evaluation_rows_run.RowsRun`.

    A row that did not get through has no answer, not a wrong one: it is asked once more at the end, and where nothing
    gets through any more the candidate ends, and goes on with these rows when the evaluation is continued.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._at_once = max(1, self._spec.remote.at_once) if self._spec.remote else 1
        self._answered_one = self._candidate.done > self._candidate.failed
        self._open: list[Ask] = []
        self._turned_away = 0

    def _run_rows(self, done: frozenset[tuple[int, int]]) -> None:
        repeats = range(self._info.settings.repeats)
        for chunk in chunks(self._positions, max(1, self._at_once * _HANDED_OVER // len(repeats))):
            self._waiter.check()
            rows, failures = self._checked(chunk)
            bad = [replace(failure, repeat=number) for failure in failures for number in repeats]
            self._keep([failure for failure in bad if (failure.position, failure.repeat) not in done])
            asked = [(position, each, number) for position, each in rows for number in repeats]
            asked = [ask for ask in asked if (ask[0], ask[2]) not in done]
            if asked:
                self._answer_each(asked)
        left, self._open, self._turned_away = self._open, [], 0
        for place in range(0, len(left), self._at_once):
            self._waiter.check()
            self._answer_each(left[place : place + self._at_once], again=True)

    def _answer_each(self, asked: Sequence[Ask], again: bool = False) -> None:
        began = time.monotonic()
        try:
            loaded, table = self._with(
                lambda opened: (
                    opened.loaded,
                    self._waiter.result(
                        opened.worker.run_each(
                            [inputs for _position, inputs, _repeat in asked],
                            [repeated(self._options, repeat) for _position, _inputs, repeat in asked],
                        )
                    ),
                )
            )
        except (WorkerError, OutOfMemory):
            # What was under way is asked again, here or when the evaluation is continued.
            self._crashes += 1
            if self._crashes >= MOST_CRASHES:
                raise
            self._answer_each(asked, again)
            return
        self._crashes = 0
        kept: list[Answer] = []
        away: list[tuple[Ask, Failure]] = []
        waited_s = 0.0
        for ask, answer in zip(asked, table.answers, strict=True):
            position, _inputs, repeat = ask
            if isinstance(answer, Prediction):
                self._turned_away = 0
                kept.append(self._answered_each(position, repeat, loaded, answer))
                waited_s = max(waited_s, answer.timing.waited_s)
                continue
            error = answer.to_error()
            if isinstance(error, StoppedError):
                self._open.append(ask)
            elif isinstance(error, _TURNED_AWAY):
                self._turned_away += 1
                away.append((ask, answer))
            else:
                self._turned_away = 0
                kept.append(self._failure(position, repeat, answer))
        refused = self._refused([failure.to_error() for _ask, failure in away], again)
        if refused is None and again:
            # Others get through: it is this row's own.
            kept += [self._failure(position, repeat, failure) for (position, _inputs, repeat), failure in away]
        elif refused is None:
            self._open += [ask for ask, _failure in away]
        self._busy_s += max(0.0, time.monotonic() - began - waited_s)
        self._timed += len(kept)
        self.facts = replace(self.facts, waited_s=self.facts.waited_s + waited_s)
        self._keep(kept)
        self._waiter.check()
        if refused is not None:
            raise refused

    def _refused(self, errors: Sequence[StudioError], again: bool) -> StudioError | None:
        """What would turn away every further row as well; None where others get through."""
        if errors and (self._turned_away >= _GIVEN_UP or (again and not self._answered_one)):
            return errors[-1]
        of_all = EndpointUnreachableError if again else EndpointAccessError
        return next((each for each in errors if isinstance(each, of_all) and (again or not self._answered_one)), None)

    def _answered_each(self, position: int, repeat: int, loaded: Loaded, prediction: Prediction) -> Answer:
        self._answered_one = True
        latency_s = prediction.timing.end_s
        return self._answer_of(position, repeat, prediction, latency_s, figures_of(loaded, prediction, [latency_s]))

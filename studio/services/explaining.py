"""Explains an answer: what each part of the input did to it, whatever kind of answer it is.

Which parts there are and what is asked belongs to the kind of answer (``explaining_text``, ``explaining_written``, …);
how weights come of it belongs to the method (``explaining_methods``, ``explaining_gradients``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from studio.domain.errors import ConversionError, InputError
from studio.domain.explanation import Explanation, Hint, Kind, Method
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.domain.running import Inputs, LoadSpec, Options
from studio.domain.task import Task
from studio.services.explaining_asking import Asking
from studio.services.explaining_gradients import (
    Weights,
    has_gradients,
    in_pytorch,
    integrated_gradients,
    not_read_back,
    probes_cost,
)
from studio.services.explaining_methods import (
    Weighed,
    faithfulness,
    faithfulness_cost,
    occlusion,
    shapley,
    shapley_cost,
)
from studio.services.explaining_passage import PassageGame
from studio.services.explaining_picture import PictureGame
from studio.services.explaining_search import SearchGame
from studio.services.explaining_text import WordGame
from studio.services.explaining_written import WrittenGame
from studio.services.pool import CandidatePool
from studio.services.waiting import Waiter

_Game = WordGame | PictureGame | PassageGame | SearchGame | WrittenGame
_GAMES: Mapping[Kind, Callable[[Task, Inputs, Asking], _Game]] = {
    "words": WordGame,
    "steps": WrittenGame,
    "picture": PictureGame,
    "passages": PassageGame,
    "search": SearchGame,
}
#: Orders by chance of the check; answers that are slow to ask about get fewer, inputs of few parts more, since orders
#: of these are often nearly that of the weights.
_ORDERS: Mapping[Kind, int] = {"words": 5, "steps": 2, "picture": 4, "passages": 3, "search": 3}
_MOST_ORDERS, _ORDERED_PARTS = 10, 60
#: Pairs of orders of Shapley values.
_SHAPLEY_PAIRS = 12
_BY_OUTPUT: Mapping[str, Kind] = {"text": "steps", "passage": "passages", "findings": "search"}


def kind_of(task: Task) -> Kind | None:
    """How answers of a use case are explained; None where they can't be."""
    first = task.inputs[0].kind
    if task.output in {"labels", "number"}:
        return "words" if first == "text" else "picture" if first == "image" else None
    return _BY_OUTPUT.get(task.output)


def methods_of(task: Task, model: Model | None = None) -> tuple[Method, ...]:
    """The methods that can explain a use case's answers, the usual one first.

    Args:
        task: The use case.
        model: The model that answered; None where it is not known, then only methods that work for any.
    """
    kind = kind_of(task)
    if kind is None:
        return ()
    found: list[Method] = ["occlusion"]
    if kind in {"words", "picture"}:
        found.append("shapley")
    # A model of another task that was told the labels compares meanings: no weights lead to a label.
    own = model if model is not None and model.task == task.id and not task.takes_labels else None
    if kind == "words" and own is not None and has_gradients(own):
        found.append("integrated-gradients")
    return tuple(found)


def explain(
    task: Task,
    spec: LoadSpec,
    inputs: Inputs,
    options: Options,
    pool: CandidatePool,
    on_progress: Callable[[float], object] = lambda _share: None,
    stop: threading.Event | None = None,
    seed: int = 0,
    check: bool = True,
    method: Method = "occlusion",
    model: Model | None = None,
) -> Explanation:
    """What each part of an input did to a candidate's answer.

    Args:
        task: What the candidate does.
        spec: How it is opened.
        inputs: What was asked.
        options: All options, as it ran with them.
        pool: Where it is opened.
        on_progress: Hears the share that is done.
        stop: Once set, it ends.
        seed: Of orders by chance.
        check: Whether to find out how faithful the explanation is, which asks about as often again.
        method: How; see `methods_of`.
        model: The model of the candidate, for `integrated_gradients`.

    Raises:
        InputError: The answer is not of a kind that can be explained so, or the input has no parts.
        StoppedError: It was stopped.
        StudioError: The candidate failed.
    """
    kind = kind_of(task)
    if kind is None:
        raise InputError(
            _("Answers of {task} can't be explained.").format(task=_(task.title)),
            _("Labels, numbers, texts that were written, pictures, documents and searches can."),
        )
    if spec.remote is not None:
        raise InputError(
            _("A model of an endpoint can't be explained: it would be asked dozens of times, and it hides its scores."),
            _("Explain a model that runs on this computer."),
        )
    gradients = method == "integrated-gradients"
    told = task.takes_labels or (model is not None and task.must_tell(model.task))
    if method not in methods_of(task) and not (gradients and kind == "words" and not told):
        raise InputError(
            _("Answers of {task} can't be explained by this method.").format(task=_(task.title)),
            _("Choose another method: leaving each part out once works everywhere."),
        )
    task.check(inputs)
    asked = {**options, "top_k": None} if kind in {"words", "picture"} and "top_k" in options else dict(options)
    waiter = Waiter(stop or threading.Event())
    with pool.borrow(spec, waiter) as opened:
        asking = Asking(opened, waiter, asked, on_progress)
        game = _GAMES[kind](task, inputs, asking)
        parts = len(game.parts)
        orders = max(_ORDERS[kind], min(_MOST_ORDERS, _ORDERED_PARTS // parts))
        asking.expect(
            1
            + (probes_cost(parts) if gradients else parts)
            + (shapley_cost(parts, _SHAPLEY_PAIRS) if method == "shapley" else 0)
            + (faithfulness_cost(parts, orders) if check else 0)
            + (game.further if isinstance(game, PassageGame) else 0)
        )
        inner, hints = None, tuple[Hint, ...]()
        if gradients:
            assert isinstance(game, WordGame)
            inner = _look_inside(game, asking, inputs, in_pytorch(spec, model), spec, pool)
            weighed = Weighed(inner.by_part, ())
        else:
            alone = game.ask([frozenset((place,)) for place in range(parts)])
            weighed = shapley(game, _SHAPLEY_PAIRS, seed) if method == "shapley" else occlusion(game.whole, alone)
            hints = _hints(game, weighed, [each.answer for each in alone])
        trusted = faithfulness(game, weighed.weights, orders, seed) if check else None
        shown = game.shown()
        steps = game.steps(weighed) if isinstance(game, WrittenGame) else ()
    return Explanation(
        game.answer, game.whole.score, game.parts, weighed.weights, hints, trusted, kind, method, shown.text, steps,
        shown.grid, shown.considered, None if inner is None else inner.completeness,
        inside=None if inner is None else inner.inside,
    )  # fmt: skip


def _look_inside(
    game: WordGame, asking: Asking, inputs: Inputs, inside: LoadSpec, candidate: LoadSpec, pool: CandidatePool
) -> Weights:
    """Integrated gradients of the model behind a candidate, which may be that model itself."""
    if inside == candidate:
        return integrated_gradients(game, asking, inputs, inside)
    try:
        with pool.borrow(inside, asking.waiter) as opened:
            return integrated_gradients(game, asking.of(opened), inputs, inside)
    except ConversionError as error:
        raise not_read_back(candidate, f"{error.message} {error.detail}") from error


def _hints(game: _Game, weighed: Weighed, answers: list[str]) -> tuple[Hint, ...]:
    """Parts without which something else would be said; numbers always change, so they have none."""
    said = game.whole.answer
    if said == "" and not isinstance(game, PassageGame):
        return ()
    order = sorted(range(len(answers)), key=lambda place: -weighed.weights[place])
    return tuple(Hint(place, answers[place]) for place in order if answers[place] != said)

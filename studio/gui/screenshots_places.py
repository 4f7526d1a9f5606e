"""Pictures of what lies deeper in a screen: the endpoints of Models, where Evaluate runs, and why candidates err."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from PySide6.QtWidgets import QWidget

from studio.domain.endpoint import Endpoint, Price
from studio.gui.main_window import MainWindow
from studio.gui.pages.evaluate import EvaluatePage
from studio.gui.pages.evaluate_results import EvaluateResults
from studio.gui.pages.models import ModelsPage
from studio.gui.widgets.models.endpoint_words import KNOWN
from studio.services.endpoints import ENDPOINTS

Wait = Callable[[Callable[[], bool]], None]
_TASK = "text-classification"
#: Nothing is sent to them: they are only shown.
_SHOWN = (
    Endpoint("ollama", "http://localhost:11434/v1", ("llama3.2:3b",)),
    Endpoint("cloud", "https://api.example.com/v1", ("large", "small"), prices={"large": Price(1.25, 10)}),
)


def evaluate_sample(window: MainWindow, wait: Wait) -> None:
    """Run an evaluation of the first sample, so that there are results to show."""
    page = _evaluate(window)
    wait(lambda: page.setup.task is not None and not page.setup.loading)
    page.start.sample_button.click()
    wait(lambda: page.setup.can_run and not page.setup.examining)
    page.setup.run.start()
    wait(lambda: not page.setup.run.running)


def places(window: MainWindow, wait: Wait) -> Iterator[tuple[str, QWidget]]:
    """Each place's name and the widget to take a picture of, once it is open."""
    yield from _endpoints(window, wait)
    yield from _where(window, wait)
    yield from _why(window, wait)


def _endpoints(window: MainWindow, wait: Wait) -> Iterator[tuple[str, QWidget]]:
    window.shell.navigation.open_place("models", "endpoints")
    page = window.page
    assert isinstance(page, ModelsPage)
    model = page.endpoints_model
    wait(lambda: model.read and page.endpoints.offering.model.read)
    yield "models-endpoints-empty", window
    for endpoint in _SHOWN:
        ENDPOINTS.add(endpoint)
    model.read_again()
    wait(lambda: len(page.endpoints.cards) == len(_SHOWN) and _laid_out(page.endpoints.cards.values()))
    yield "models-endpoints", window
    dialog = page.endpoints.add(KNOWN[0])
    yield "models-endpoint", dialog
    dialog.reject()
    for endpoint in _SHOWN:
        ENDPOINTS.remove(endpoint.name)
    model.read_again()
    wait(lambda: not model.all)
    page.show_view("installed")


def _laid_out(cards: Iterable[QWidget]) -> bool:
    """Whether the area that they stand in has heard how high they are."""
    parents = [card.parentWidget() for card in cards]
    return all(parent is not None and parent.height() >= parent.minimumSizeHint().height() for parent in parents)


def _where(window: MainWindow, wait: Wait) -> Iterator[tuple[str, QWidget]]:
    page = _evaluate(window)
    page.show_setup()
    scope = page.setup_view.scope
    scope.unfold(True)
    scope.where.choice.chosen.emit("cluster")
    wait(lambda: not scope.where.status.visibleRegion().isEmpty())
    yield "evaluate-where", window
    page.setup.where.choose(False)
    scope.unfold(False)


def _why(window: MainWindow, wait: Wait) -> Iterator[tuple[str, QWidget]]:
    page, info = _evaluate(window), _evaluate(window).setup.run.info
    if info is None:
        return
    page.show_evaluation(info.id)
    results = page.findChildren(EvaluateResults)[-1]
    wait(lambda: results.model.evaluation is not None)
    results.open_part("why")
    wait(lambda: results.insights.found is not None)
    yield "evaluate-why", window


def _evaluate(window: MainWindow) -> EvaluatePage:
    window.shell.navigation.choose_task(_TASK)
    window.shell.navigation.open_screen("evaluate")
    page = window.pages["evaluate"]
    assert isinstance(page, EvaluatePage)
    return page

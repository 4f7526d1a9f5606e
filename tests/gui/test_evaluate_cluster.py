"""Where an evaluation runs, chosen in the window: a real Ray cluster of this computer."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.domain.errors import Failure
from studio.gui.main_window import MainWindow
from studio.gui.pages.evaluate import EvaluatePage
from studio.services import clusters
from studio.services.clusters import ClusterFound, ClusterNode

pytest.importorskip("ray")
LONG_MS = 120_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> EvaluatePage:
    """Evaluate with the sample of text classification, ready to run."""
    window.shell.navigation.choose_task("text-classification")
    window.shell.navigation.open_screen("evaluate")
    made = window.pages["evaluate"]
    qtbot.waitUntil(lambda: made.setup.task is not None and not made.setup.loading, timeout=LONG_MS)
    qtbot.mouseClick(made.start.sample_button, LEFT)
    qtbot.waitUntil(lambda: made.setup.readiness is not None and not made.setup.examining, timeout=LONG_MS)
    return made


def test_this_computer_is_where_it_runs_until_somebody_says_otherwise(page: EvaluatePage, qtbot: QtBot) -> None:
    scope, where = page.setup_view.scope, page.setup.where
    qtbot.mouseClick(scope.fold, LEFT)
    assert scope.where.choice.value == "here"
    assert not scope.where.address.isVisible()
    scope.where.choice.chosen.emit("cluster")
    assert scope.where.address.isVisible()
    # Nobody can press Run before there is an address, and the button says so.
    assert not page.setup_view.run_button.isEnabled()
    assert "address" in page.setup_view.run_button.toolTip()
    scope.where.address.setText("no address")
    qtbot.mouseClick(scope.where.connect_button, LEFT)
    assert "no address of a Ray cluster" in scope.where.status.text()
    assert where.address == ""
    scope.where.address.setText("127.0.0.1:1")
    qtbot.mouseClick(scope.where.connect_button, LEFT)
    qtbot.waitUntil(lambda: where.failure is not None and not where.connecting, timeout=LONG_MS)
    assert "127.0.0.1:1" in scope.where.status.text()
    # It can be tried all the same: the cluster may be up by then.
    assert page.setup_view.run_button.isEnabled()
    scope.where.choice.chosen.emit("here")
    assert page.setup_view.run_button.isEnabled()


def test_rows_that_leave_this_computer_are_named_beforehand(
    page: EvaluatePage, window: MainWindow, qtbot: QtBot
) -> None:
    where = page.setup.where
    where.choose(True)
    where.set_address("ray://cluster.example.com:10001")
    assert where.host == "ray://cluster.example.com:10001"
    assert "rows are sent there" in page.setup_view.scope._sentence.text()
    where.set_address("local")
    assert where.host == ""
    # The address is a setting of this computer: no project can bring one along.
    assert window.shell.preferences.value("cluster") == "local"
    assert "local" not in str(page.setup.session.recall("evaluate text-classification", {}))


def test_the_status_bar_says_where_rows_go_meanwhile(window: MainWindow) -> None:
    job = window.shell.jobs.begin("Evaluating", None, "head.example.com:6379")
    assert "head.example.com:6379" in window.status._private.text()
    job.end()
    assert "head.example.com" not in window.status._private.text()


def test_what_answers_there_is_named_and_scrolled_to(
    page: EvaluatePage, window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    """Nodes of other computers stand in for them; what is found of real ones is proved where that is done."""
    found = ClusterFound(
        "ray://cluster.example.com:10001",
        (
            ClusterNode("node-1", "Fast", 16.0, 64_000.0),
            ClusterNode("node-2", "Slow", 4.0, 8_000.0),
            ClusterNode("node-3", "Slow", 4.0, 8_000.0, problem="node-3 has another Python; it is left out."),
        ),
    )
    monkeypatch.setattr(clusters, "find_cluster", lambda _address, _stopped: found)
    window.resize(1024, 700)
    scope, where = page.setup_view.scope, page.setup.where
    qtbot.mouseClick(scope.fold, LEFT)
    scope.where.choice.chosen.emit("cluster")
    qtbot.waitUntil(lambda: not scope.where.status.visibleRegion().isEmpty(), timeout=LONG_MS)
    scope.where.address.setText(found.address)
    qtbot.mouseClick(scope.where.connect_button, LEFT)
    qtbot.waitUntil(lambda: where.found is not None, timeout=LONG_MS)
    assert "2 nodes are ready" in scope.where.status.text()
    last = scope.where._last_said
    assert last.text() == "node-3 has another Python; it is left out."
    qtbot.waitUntil(lambda: last.visibleRegion().boundingRect().height() == last.height(), timeout=LONG_MS)


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_a_run_on_a_cluster(page: EvaluatePage, qtbot: QtBot) -> None:
    where = page.setup.where
    where.choose(True)
    where.set_address("local")
    page.setup.candidates.use_only(("starter/support-intents-tiny",))
    page.setup.set_scope(20, 1, 0)
    qtbot.waitUntil(lambda: page.setup.can_run, timeout=LONG_MS)
    refused: list[Failure] = []
    page.setup.run.refused.connect(refused.append)
    page.setup.run.start()
    qtbot.waitUntil(lambda: bool(refused) or not page.setup.run.running, timeout=LONG_MS)
    assert refused == []
    info = page.setup.run.info
    assert info is not None
    assert info.status == "finished"
    models = [each for each in info.candidates if each.kind == "model"]
    assert [each.facts.cluster.rows for each in models] == [20]
    assert info.environment["cluster"] == "local"

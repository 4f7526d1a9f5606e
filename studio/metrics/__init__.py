"""The open set of quality metrics: one file each, found by being in this folder. A file declares ``METRIC``."""

from __future__ import annotations

from functools import lru_cache

from studio.domain.errors import UnknownNameError
from studio.domain.i18n import _
from studio.domain.open_set import declared
from studio.domain.task import Task
from studio.metrics._metric import Metric


@lru_cache(maxsize=1)
def all_metrics() -> tuple[Metric, ...]:
    """Every metric, by id."""
    return tuple(sorted(declared(__name__, "METRIC"), key=lambda metric: metric.info.id))


def find_metric(metric_id: str) -> Metric:
    """The metric of that id.

    Raises:
        UnknownNameError: There is none.
    """
    for metric in all_metrics():
        if metric.info.id == metric_id:
            return metric
    raise UnknownNameError(
        _("There is no metric {name!r}.").format(name=metric_id),
        _("Choose one of: {names}.").format(names=", ".join(metric.info.id for metric in all_metrics())),
    )


def metrics_for(task: Task) -> tuple[Metric, ...]:
    """The metrics of a task: those it names, the headline first, then all others for its kind of output."""
    named = [find_metric(name) for name in task.metrics]
    others = [
        metric
        for metric in all_metrics()
        if task.output in metric.outputs and metric not in named and not metric.named_only
    ]
    return (*named, *others)

"""The open set of quality metrics: one file each, found by being in this folder. A file declares ``METRIC``."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from studio.domain.errors import UnknownNameError
from studio.domain.i18n import _
from studio.domain.task import Task
from studio.metrics._metric import Metric


@lru_cache(maxsize=1)
def all_metrics() -> tuple[Metric, ...]:
    """Every metric, by id.

    Raises:
        RuntimeError: The folder is empty, as it silently is in a packaged app whose modules were not collected.
    """
    found = [
        import_module(f"{__name__}.{module.name}").METRIC
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    if not found:
        raise RuntimeError("studio/metrics is empty: its modules were not collected into the package")
    return tuple(sorted(found, key=lambda metric: metric.info.id))


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

"""Which candidates there are to choose from, what each takes, and which two a use case begins with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from studio.domain.comparison import Candidate
from studio.domain.layout import PRECISIONS
from studio.domain.model import Model
from studio.domain.running import LoadSpec
from studio.domain.task import Task
from studio.library.fit import Need
from studio.services.candidates import preferred_precision
from studio.services.fit import Fit, Room, judge, need_of, total_memory_mb
from studio.services.licences import SERVICE_TERMS, UNSEEN, LicenceLight, licence_light

#: How many candidates a use case begins with, and how many can stand side by side.
FIRST, MOST = 2, 6


@dataclass(frozen=True)
class Offer:
    """A candidate with what one wants to know before choosing it.

    Attributes:
        candidate: What would run.
        model: Its model; None for one that an endpoint answers for.
        size_mb: Size of the files it runs from, 10^6 bytes.
        need_mb: Memory it needs once it is open: the measured peak where it ran before, else by the rule of
            `studio.library.fit`.
        measured: Whether ``need_mb`` was measured.
    """

    candidate: Candidate
    model: Model | None = None
    size_mb: float = 0.0
    need_mb: float = 0.0
    measured: bool = False

    @property
    def title(self) -> str:
        """What a person calls it."""
        return title_of(self.model, self.candidate.model)

    @property
    def licence(self) -> LicenceLight:
        """Whether it may be used, at a glance."""
        if self.model is not None:
            return licence_light(self.model.licence)
        return SERVICE_TERMS if self.candidate.leaves else UNSEEN

    def fits(self, free_mb: float) -> bool:
        """Whether there is memory for it."""
        return self.model is None or self._fit(free_mb).verdict == "fits"

    def fit_words(self, free_mb: float) -> str:
        """The same as a sentence; empty where nothing is loaded here."""
        return "" if self.model is None else self._fit(free_mb).words

    def _fit(self, free_mb: float) -> Fit:
        return judge(Need(self.need_mb, measured=self.measured), Room(free_mb, total_memory_mb()))


def title_of(model: Model | None, model_id: str) -> str:
    """What to call a model: its card's name, or the last part of its id."""
    return (model.title if model else "") or model_id.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def variant_of(candidate: Candidate) -> str:
    """What tells a candidate from another of the same model: its precision, the original, or the endpoint."""
    if candidate.remote:
        return candidate.model.partition("/")[0]
    return "PyTorch" if candidate.backend == "pytorch" else candidate.precision


def offers_of(model: Model, device: str, measured_mb: dict[str, float] | None = None) -> tuple[Offer, ...]:
    """Every way to run a model on a device: its precisions, and its PyTorch original where the weights are here.

    Args:
        model: A model; one that is not ready has none.
        device: Provider id.
        measured_mb: Peak memory by `Candidate.name`, where a candidate ran before.
    """
    if model.state != "ready" or model.task is None:
        return ()
    known = measured_mb or {}
    found = []
    candidates: list[tuple[Candidate, Path | None]] = [
        (Candidate(model.id, files.precision, device), None) for files in model.precisions
    ]
    if model.weights is not None:
        candidates.append((Candidate(model.id, "fp32", "cpu", "pytorch"), model.weights))
    for candidate, weights in candidates:
        spec = LoadSpec(
            model.task, model.folder, candidate.precision, candidate.device, backend=candidate.backend, weights=weights
        )
        peak_mb = known.get(candidate.name)
        need = need_of(spec) if peak_mb is None else Need(peak_mb, measured=True)
        found.append(Offer(candidate, model, size_mb(model, candidate), need.memory_mb, need.measured))
    return tuple(found)


def size_mb(model: Model, candidate: Candidate) -> float:
    """Size of the files a candidate runs from, in 10^6 bytes; 0 where they can't be read."""
    try:
        if candidate.backend == "pytorch":
            folder = model.weights or model.folder
            return sum(file.stat().st_size for file in folder.glob("*.safetensors")) / 1e6
        files = model.files(candidate.precision)
        return sum((model.folder / name).stat().st_size for name in files.all_files) / 1e6 if files else 0.0
    except OSError:
        return 0.0


def first_candidates(models: Iterable[Model], task: Task, device: str) -> tuple[Candidate, ...]:
    """The candidates that a use case begins with: a small and a larger model, or two precisions of the only one.

    Two that an example of the task was written for come first, else two of one family (``support-intents-tiny`` and
    ``support-intents-small``), those that ship before the user's own. A model that an example was written for stays
    alone rather than beside one that answers something else, such as a translator of the other direction.
    """
    ready = [
        model
        for model in models
        if task.runs(model.task, model.architecture) and model.state == "ready" and model.precisions
    ]

    def weight_mb(model: Model) -> float:
        # Of what would run, not of all precisions in the folder.
        return size_mb(model, Candidate(model.id, preferred_precision(model, device), device)) or model.size_mb

    ready.sort(key=lambda model: (not model.shipped, weight_mb(model)))
    written_for = [[model for model in ready if model.id in sample.models] for sample in task.samples]
    groups = written_for + [[model for model in ready if _family(model) == _family(first)] for first in ready]
    alone = next((group for group in written_for if group), ready[:FIRST])
    pair = next(([group[0], group[-1]] for group in groups if len(group) >= FIRST), alone)
    if len(pair) == FIRST:
        return tuple(Candidate(model.id, preferred_precision(model, device), device) for model in pair)
    if not pair:
        return ()
    precisions = sorted((files.precision for files in pair[0].precisions), key=PRECISIONS.index)
    chosen = precisions[-1:] + precisions[:1] if len(precisions) > 1 else precisions
    return tuple(Candidate(pair[0].id, precision, device) for precision in chosen)


def _family(model: Model) -> str:
    return model.id.rpartition("-")[0] or model.id

"""Whether a data set is fit to evaluate these candidates on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from studio.domain.characters import clean_text
from studio.domain.comparison import Candidate
from studio.domain.dataset import Dataset
from studio.domain.errors import StoppedError, StudioError
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.domain.running import never_cancelled
from studio.domain.task import FILE_KINDS, Field, Task
from studio.evaluation.examining import Reader, examine
from studio.evaluation.readiness import Note, Readiness, UnknownLabel, with_notes
from studio.library.safety import json_of
from studio.library.store import Library
from studio.services.candidate_offers import title_of
from studio.services.field_values import folder_of, value_of_cell
from studio.services.project_session import ProjectSession
from studio.services.teaching_folder import TAUGHT
from studio.teaching.examples import known_among

__all__ = ["Note", "Readiness", "UnknownLabel", "check"]

#: Texts that are counted in one go.
_CHUNK = 1_000
#: Rows of a note that are remembered, to be looked at.
_SHOWN = 50


def check(
    session: ProjectSession,
    dataset: Dataset,
    task: Task,
    candidates: Sequence[Candidate],
    library: Library,
    cancelled: Callable[[], bool] = never_cancelled,
) -> Readiness:
    """Look at every row: counts, balance, duplicates, lengths in each candidate's tokens, languages, labels, hints of
    personal data, and how large a difference the rows can prove. 100,000 rows take about ten seconds.

    Raises:
        StoppedError: ``cancelled`` said so.
    """
    mapping = dataset.mapping
    column = mapping.inputs.get(task.inputs[0].name, "")
    texts = session.datasets.column(dataset.id, column) if column in dataset.columns else ()
    references = None
    if mapping.reference in dataset.columns:
        references = session.datasets.column(dataset.id, mapping.reference)
    readers = [_reader(model, task, cancelled) for model in _models(candidates, library)]
    missing = None
    if task.inputs[0].kind in FILE_KINDS:
        missing, readers = _missing(task.inputs[0], texts, folder_of(dataset)), []
    models = _models(candidates, library)
    found = examine(texts, references, readers, dataset.label_map, task.output == "labels", cancelled, missing)
    found = with_notes(found, [note for model in models if (note := _taught_with(model, texts))])
    if cancelled():
        raise StoppedError(_("Looking at the data was stopped."))
    return found


def _taught_with(model: Model, texts: Sequence[str]) -> Note | None:
    """Rows that a model has learned from: its figures on them say nothing about new ones."""
    try:
        learned = json_of(model.folder, TAUGHT).get("learned")
    except StudioError:
        return None
    known = known_among(texts, learned) if isinstance(learned, str) else []
    if not known:
        return None
    figures: dict[str, int | float | str] = {"n": len(known), "model": title_of(model, model.id)}
    return Note("taught with", "warning", figures, tuple(known[:_SHOWN]))


def _missing(field: Field, names: Sequence[str], folder: Path | None) -> list[int]:
    """Rows that name a file which is not there."""
    found = []
    for position, name in enumerate(names):
        try:
            there = not name.strip() or Path(value_of_cell(field, name, folder)).is_file()
        except (StudioError, OSError, ValueError):
            there = False
        if not there:
            found.append(position)
    return found


def _models(candidates: Sequence[Candidate], library: Library) -> list[Model]:
    """The candidates' models, each once; one that is gone says so when it is run."""
    models = []
    for name in dict.fromkeys(candidate.model for candidate in candidates):
        try:
            models.append(library.find(name))
        except StudioError:
            continue
    return models


def _reader(model: Model, task: Task, cancelled: Callable[[], bool]) -> Reader:
    # A translator reads sentence by sentence: a long text is no problem to it.
    limit = None if task.id == "translation" else model.max_tokens
    count = _counter(model.folder, cancelled) if limit else None
    # Where a person names the labels, those that the model was trained on mean nothing.
    labels = () if task.takes_labels or task.must_tell(model.task) else model.labels
    return Reader(title_of(model, model.id), model.languages, labels, limit if count else None, count)


def _counter(folder: Path, cancelled: Callable[[], bool]) -> Callable[[Sequence[str]], list[int]] | None:
    """Counts tokens as the model would; None where its tokenizer can't be read."""
    from studio.runtime.tokenization import Tokenizer

    try:
        tokenizer = Tokenizer.open(folder)
    except StudioError:
        return None

    def count(texts: Sequence[str]) -> list[int]:
        counts: list[int] = []
        for begin in range(0, len(texts), _CHUNK):
            if cancelled():
                return [0] * len(texts)
            chunk = [clean_text(text) for text in texts[begin : begin + _CHUNK]]
            counts += [len(encoded.ids) for encoded in tokenizer.inner.encode_batch_fast(chunk)]
        return counts

    return count

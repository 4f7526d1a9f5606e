"""The process that trains: it reads the base's weights, proves them, and learns. Loads torch."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import traceback
from dataclasses import asdict
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path

from studio.domain.errors import Failure, StudioError
from studio.domain.i18n import _
from studio.domain.running import LoadSpec
from studio.library.kept_files import is_kept
from studio.library.reading import read_model
from studio.library.safety import files_in, json_of
from studio.services.fine_tuning_proof import prove
from studio.services.teaching_folder import TAUGHT
from studio.tasks import find_task
from studio.teaching.fine_tuning_plan import LOG, TRAINED, Stage, Trained, TrainingPlan

#: The base's weights, where they were read back from its graph.
_START = "start"
#: What says how an embedding model pools; a model with a head on it does not.
_EMBEDDING_FILES = ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "1_", "2_", "3_")


def main(plan: TrainingPlan, folder: Path, connection: Connection) -> None:
    """Train, and say how it went. Entry point of the process."""
    # Ctrl+C in a terminal reaches this process too; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _write_to(folder / LOG)
    try:
        from studio.baseline.loading import prepare_process

        prepare_process(plan.threads)
        connection.send(_trained(plan, folder, connection))
    except Exception as error:  # noqa: BLE001 - the process's edge: whatever it is becomes a value
        connection.send(Failure.of(error, traceback.format_exc()))


def _trained(plan: TrainingPlan, folder: Path, connection: Connection) -> Trained:
    from studio.teaching.training import Cancelled, Trainer

    start = Path(plan.weights) if plan.weights else _read_back(plan, folder, connection)
    made, target = folder / f"{TRAINED}.new", folder / TRAINED
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    try:
        trained = Trainer(plan, start, folder, connection).run(made)
    except Cancelled:
        # The parent knows why; it only waits for the checkpoint.
        os._exit(0)
    _copy_small_files(Path(plan.base), made, without=_EMBEDDING_FILES)
    document = json.dumps(asdict(trained))
    (made / "trained.json").write_text(document, encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    made.rename(target)
    return trained


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _write_to(log: Path) -> None:
    """Everything that libraries print, also from C++, goes into the log; what earlier runs printed stays."""
    file = log.open("a", encoding="utf-8", errors="replace", buffering=1)
    os.dup2(file.fileno(), 1)
    os.dup2(file.fileno(), 2)
    sys.stdout = sys.stderr = file


def _read_back(plan: TrainingPlan, folder: Path, connection: Connection) -> Path:
    """A folder with the base's weights in float32; made and proved once.

    Raises:
        ConversionError: They can't be read back, or do not answer as the graph does.
    """
    start = folder / _START
    if start.is_dir():
        return start
    connection.send(Stage("reading", _("Reading the weights of the base back from its graph")))
    made = folder / f"{_START}.new"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    base = read_model(Path(plan.base), "")
    _copy_small_files(base.folder, made)
    _write_weights(plan, made)
    connection.send(Stage("proving", _("Checking that the weights answer as the base does")))
    task = find_task(base.task or plan.task)
    weights = LoadSpec(task.id, base.folder, backend="pytorch", weights=made, threads=plan.threads)
    graph = LoadSpec(task.id, base.folder, plan.precision, threads=plan.threads)
    same = prove(task, weights, graph, folder / "probes")
    print(f"== weights read back from {plan.precision}: {same:.3f} of the answers are the same")  # noqa: T201
    made.rename(start)
    return start


def _write_weights(plan: TrainingPlan, folder: Path) -> None:
    from studio.baseline.graph_weights import weights_in
    from studio.baseline.rebuilding import rebuilt

    base = read_model(Path(plan.base), "")
    files = base.files(plan.precision)
    assert files is not None
    config = json_of(base.folder, "config.json")
    weights = weights_in({role: base.folder / name for role, name in files.roles.items()}, config)
    model = rebuilt(base.folder, weights)
    model.save_pretrained(folder, safe_serialization=True)


def _copy_small_files(base: Path, target: Path, without: tuple[str, ...] = ()) -> None:
    """Tokenizer, template, licence and the like; what is told of the base alone stays behind."""
    try:
        names = files_in(base)
    except StudioError:
        return
    for name in names:
        place = target / name
        own = name in ("README.md", "config.json", TAUGHT) or name.startswith(without)
        if is_kept(name) and not own and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(base / name, place)

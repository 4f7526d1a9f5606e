"""The process that prepares a model: the only place where the studio itself converts anything. Loads torch."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from studio import __version__
from studio.domain.errors import ConversionError, Failure, StudioError, UnsafeModelError
from studio.domain.i18n import _
from studio.domain.layout import PrecisionFiles
from studio.domain.running import LoadSpec
from studio.library.export import Exporter, Given, Made
from studio.library.fidelity import Comparer, judge
from studio.library.kept_files import is_kept
from studio.library.manifest import (
    Manifest,
    PrecisionRecord,
    Source,
    read_manifest,
    record_files,
    sha256_of,
    write_manifest,
)
from studio.library.onnx_file import summarize
from studio.library.plan import Done, Plan, Progress
from studio.library.reading import parameters_of, read_model, weight_files
from studio.library.safety import external_data, files_in, json_of
from studio.library.written_card import ensure_card
from studio.tasks import find_task

_T = TypeVar("_T")
_TAKEN_OVER = "taken over as it was"
_LIBRARIES = (
    "torch", "transformers", "optimum", "optimum-onnx", "onnx", "onnxruntime", "onnxruntime-genai", "tokenizers",
)  # fmt: skip


def main(plan: Plan, working: Path, connection: Connection) -> None:
    """Prepare the model in ``working/model`` and say how it went. Entry point of the process."""
    # Ctrl+C in a terminal reaches this process too; the parent decides and ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _write_to(working / "log.txt")
    try:
        _Preparation(plan, working, connection.send).run()
        connection.send(Done())
    except Exception as error:  # noqa: BLE001 - the process's edge: whatever it is becomes a value
        connection.send(Failure.of(error, traceback.format_exc()))


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _write_to(log: Path) -> None:
    """Everything that libraries print, also from C++, goes into the log."""
    file = log.open("w", encoding="utf-8", errors="replace", buffering=1)
    os.dup2(file.fileno(), 1)
    os.dup2(file.fileno(), 2)
    sys.stdout = sys.stderr = file


class _Preparation:
    def __init__(self, plan: Plan, working: Path, send: Callable[[Any], None]) -> None:
        self._plan = plan
        self._model = working / "model"
        self._scratch = working / "scratch"
        self._send = send
        self._weights: Path | None = None
        self._offered = {files.precision: files for files in read_model(plan.source, "").precisions}

    def run(self) -> None:
        self._model.mkdir()
        self._scratch.mkdir()
        plan = self._plan
        self._tell("check", 0.02, _("Loading the libraries that convert"))
        self._step(_("Reading the model"), self._check_architecture)
        self._tell("tokenizer", 0.1, _("Preparing the tokenizer"))
        self._step(_("Copying the model's files"), self._copy)
        self._step(_("Converting the tokenizer"), self._tokenizer)
        records = self._compare(self._convert())
        self._tell("finish", 0.95, _("Recording what was made"))
        if plan.keep_weights and self._weights:
            for name in (*weight_files(files_in(self._weights)), "model.safetensors.index.json"):
                if (self._weights / name).is_file():
                    shutil.copyfile(self._weights / name, self._model / name)
        ensure_card(self._model, plan.task, plan.source_name)
        self._record(records)
        finished = read_model(self._model, plan.id)
        if finished.state != "ready":
            raise ConversionError(
                _("The converted model is not complete: {problem}").format(problem=finished.problem),
                _("Look for another version of the model."),
            )

    def _tell(self, name: str, fraction: float, message: str) -> None:
        self._send(Progress(name, fraction, message))
        print(f"== {message}")  # noqa: T201 - into the log

    def _step(self, doing: str, call: Callable[[], _T]) -> _T:
        """Run a step; what it raises names the step."""
        try:
            return call()
        except (StudioError, MemoryError):
            raise
        except Exception as error:
            raise ConversionError(
                _("{step} failed: {reason}").format(step=doing, reason=_first_line(error)),
                _("The details say more (STUDIO_DEBUG=1, or --log FILE). Or look for a version with ONNX files."),
                traceback.format_exc(),
            ) from error

    def _check_architecture(self) -> None:
        """Refuse models that need code of their own, and turn allowed pickles into safetensors."""
        plan = self._plan
        if not plan.convert and not weight_files(files_in(plan.source)):
            return
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["TRANSFORMERS_OFFLINE"] = "1"
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING

        config = json_of(plan.source, "config.json")
        if config.get("model_type") not in CONFIG_MAPPING:
            detail = f"model_type {config.get('model_type')!r}, auto_map {config.get('auto_map')}"
            if config.get("auto_map"):
                raise UnsafeModelError(
                    _("The model in {folder} needs program code of its own, which the studio does not run.").format(
                        folder=plan.source.name
                    ),
                    _("Choose a model of an architecture that transformers knows."),
                    detail,
                )
            raise ConversionError(
                _("The converter does not know models of the type {name!r}.").format(name=config.get("model_type")),
                _("Choose a model of an architecture that transformers 4.57 knows."),
                detail,
            )
        self._weights = self._safe_weights() if plan.pickled else plan.source

    def _safe_weights(self) -> Path:
        import transformers

        architecture = str((json_of(self._plan.source, "config.json").get("architectures") or [""])[0])
        kinds: dict[str, Any] = {
            "text-classification": transformers.AutoModelForSequenceClassification,
            "text-generation": transformers.AutoModelForCausalLM,
            "text2text-generation": transformers.AutoModelForSeq2SeqLM,
            "question-answering": transformers.AutoModelForQuestionAnswering,
            "feature-extraction": transformers.AutoModel,
            "image-classification": transformers.AutoModelForImageClassification,
            "zero-shot-image-classification": transformers.AutoModelForZeroShotImageClassification,
            "automatic-speech-recognition": transformers.AutoModelForCTC
            if architecture.endswith("ForCTC")
            else transformers.AutoModelForSpeechSeq2Seq,
        }
        kind = kinds[self._plan.export_task.removesuffix("-with-past")]
        folder = self._scratch / "weights"
        # transformers opens pickles with weights_only=True: tensors and plain containers, no code.
        model = kind.from_pretrained(str(self._plan.source), trust_remote_code=False, local_files_only=True)
        model.save_pretrained(folder, safe_serialization=True)
        for name in self._small_files():
            if not (folder / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self._plan.source / name, folder / name)
        return folder

    def _small_files(self) -> list[str]:
        return [name for name in files_in(self._plan.source) if is_kept(name)]

    def _copy(self) -> None:
        for name in self._small_files():
            (self._model / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(self._plan.source / name, self._model / name)
        (self._model / "onnx").mkdir(exist_ok=True)
        for precision in self._plan.precisions:
            if precision in self._offered:
                self._copy_graphs(self._offered[precision], self._model)

    def _copy_graphs(self, files: PrecisionFiles, target: Path) -> None:
        """Put the graphs of a precision, with their weights, into ``target/onnx``: both layouts become one."""
        for name in files.roles.values():
            graph = self._plan.source / name
            shutil.copyfile(graph, target / "onnx" / graph.name)
            # External data is found by the place that the graph names, so that must stay the same beside it.
            for data in summarize(graph).external:
                place = target / "onnx" / data.location
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self._plan.source / external_data(self._plan.source, name, data.location), place)

    def _tokenizer(self) -> None:
        groups = [one_of for one_of in find_task(self._plan.task).needs if one_of[0] == "tokenizer.json"]
        if not groups or any((self._model / name).is_file() for name in groups[0]):
            return
        from studio.library.tokenizer_conversion import convert_tokenizer

        convert_tokenizer(self._plan.source, self._model)

    def _convert(self) -> dict[str, PrecisionRecord]:
        plan = self._plan
        config = json_of(plan.source, "config.json")
        architectures = config.get("architectures") or [""]
        # Where fp32 graphs are there, smaller precisions are made from them, weights or not.
        given = None if plan.convert else self._given()
        weights = self._weights if plan.convert else None
        exporter = Exporter(
            weights, given, str(architectures[0]), plan.export_task, self._model / "onnx", self._scratch
        )
        records = {name: self._earlier(name) for name in plan.offered if name in plan.precisions}
        todo = [precision for precision in plan.precisions if precision not in plan.offered]
        for number, precision in enumerate(todo):
            stage, doing = "quantize", _("Making {precision}").format(precision=precision)
            if number == 0 and plan.convert:
                stage, doing = "export", _("Converting to ONNX")
            self._tell(stage, 0.15 + 0.4 * number / len(todo), doing)
            made = self._step(doing, partial(exporter.make, precision))
            records[precision] = PrecisionRecord(made.method, made.kv_cache)
        return {name: records[name] for name in plan.precisions}

    def _given(self) -> Given | None:
        files = self._offered.get("fp32")
        if files is None:
            return None
        graphs = {role: self._plan.source / name for role, name in files.roles.items()}
        earlier = self._earlier("fp32")
        return Given(graphs, Made(earlier.method, earlier.kv_cache))

    def _earlier(self, precision: str) -> PrecisionRecord:
        """What the source says about a precision it came with."""
        manifest = read_manifest(self._plan.source)
        record = manifest.precisions.get(precision) if manifest else None
        return record or PrecisionRecord(_TAKEN_OVER)

    def _compare(self, records: dict[str, PrecisionRecord]) -> dict[str, PrecisionRecord]:
        plan = self._plan
        # Written now, because the runtime may read from it how a precision works.
        write_manifest(self._model, Manifest(task=plan.task, precisions=records))
        reference, original = self._reference()
        if original is None:
            return records
        comparer = Comparer(find_task(plan.task), original, self._scratch / "probes")
        self._tell("fidelity", 0.6, _("Answering the test inputs with the original"))
        self._step(_("Answering with the original"), comparer.prepare)
        compared = {}
        for number, (precision, record) in enumerate(records.items()):
            doing = _("Comparing {precision} with the original").format(precision=precision)
            self._tell("fidelity", 0.7 + 0.25 * number / len(records), doing)
            candidate = LoadSpec(plan.task, self._model, precision, threads=plan.threads)
            fidelity = self._step(doing, partial(comparer.compare, candidate))
            judge(precision, fidelity, reference)
            compared[precision] = replace(record, fidelity=fidelity, reference=reference)
        return compared

    def _reference(self) -> tuple[str, LoadSpec | None]:
        """What to compare with: PyTorch; without weights, fp32; without that, nothing."""
        plan = self._plan
        if self._weights:
            spec = LoadSpec(plan.task, self._model, backend="pytorch", weights=self._weights, threads=plan.threads)
            return "pytorch", spec
        if "fp32" not in self._offered:
            return "", None
        folder = self._model
        if "fp32" not in plan.precisions:
            folder = self._scratch / "reference"
            shutil.copytree(self._model, folder, ignore=shutil.ignore_patterns("*.onnx*"))
            self._copy_graphs(self._offered["fp32"], folder)
        return "onnx-fp32", LoadSpec(plan.task, folder, "fp32", threads=plan.threads)

    def _record(self, records: dict[str, PrecisionRecord]) -> None:
        plan = self._plan
        weights = self._weights
        names = weight_files(files_in(weights)) if weights else ()
        write_manifest(
            self._model,
            Manifest(
                task=plan.task,
                source=Source(
                    plan.source_name,
                    str(plan.source) if plan.record_path and weights else "",
                    {name: sha256_of(weights / name) for name in names} if weights else {},
                ),
                created_with={"prototype-studio": __version__, **_versions()},
                files=record_files(self._model),
                precisions=records,
                parameters=parameters_of(weights, names) if weights else None,
            ),
        )


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__

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
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from studio import __version__
from studio.domain.errors import ConversionError, Failure, StudioError, UnsafeModelError
from studio.domain.i18n import _
from studio.library.export import Exporter, Made
from studio.library.fidelity import Comparer, judge
from studio.library.manifest import Manifest, PrecisionRecord, Source, record_files, sha256_of, write_manifest
from studio.library.plan import Done, Plan, Progress
from studio.library.reading import parameters_of, read_model, weight_files
from studio.library.safety import files_in, json_of
from studio.library.written_card import ensure_card

_T = TypeVar("_T")
#: Files that a model needs besides graphs and weights, or that its licence asks to be passed on.
_KEPT_ENDINGS = (".json", ".txt", ".model", ".spm", ".jinja", ".md", ".bpe", ".tiktoken", ".vocab")
_KEPT_NAMES = ("license", "licence", "notice", "copying", "use_policy", "attribution")
_NOT_KEPT = ("studio.json", "trainer_state.json", "training_args.json", "genai_config.json")
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

    def run(self) -> None:
        self._model.mkdir()
        self._scratch.mkdir()
        plan = self._plan
        self._tell("check", 0.02, _("Loading the libraries that convert"))
        self._step(_("Reading the model"), self._check_architecture)
        self._tell("tokenizer", 0.1, _("Preparing the tokenizer"))
        self._step(_("Copying the model's files"), self._copy)
        self._step(_("Converting the tokenizer"), self._tokenizer)
        made = self._convert()
        records = self._compare(made)
        self._tell("finish", 0.95, _("Recording what was made"))
        if plan.keep_weights and self._weights:
            for name in (*weight_files(os.listdir(self._weights)), "model.safetensors.index.json"):
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
                _("See the details (STUDIO_DEBUG=1, or --log FILE). If the model is unusual, look for one with ONNX files."),
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

        kinds = {
            "text-classification": transformers.AutoModelForSequenceClassification,
            "text-generation": transformers.AutoModelForCausalLM,
            "text2text-generation": transformers.AutoModelForSeq2SeqLM,
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
        return [
            name
            for name in files_in(self._plan.source)
            if "/" not in name
            and name not in _NOT_KEPT
            and not name.endswith(".index.json")
            and (name.lower().endswith(_KEPT_ENDINGS) or name.lower().startswith(_KEPT_NAMES))
        ]

    def _copy(self) -> None:
        for name in self._small_files():
            shutil.copyfile(self._plan.source / name, self._model / name)
        (self._model / "onnx").mkdir(exist_ok=True)
        offered = {files.precision: files for files in read_model(self._plan.source, "").precisions}
        for precision in self._plan.precisions:
            if precision in offered:
                for name in offered[precision].all_files:
                    # Both layouts become one; external data is named inside the graph, so its name must stay.
                    shutil.copyfile(self._plan.source / name, self._model / "onnx" / Path(name).name)

    def _tokenizer(self) -> None:
        if (self._model / "tokenizer.json").is_file():
            return
        from studio.library.tokenizer_conversion import convert_tokenizer

        convert_tokenizer(self._plan.source, self._model)

    def _convert(self) -> dict[str, Made]:
        plan = self._plan
        config = json_of(plan.source, "config.json")
        architectures = config.get("architectures") or [""]
        # Where fp32 graphs are there, smaller precisions are made from them, weights or not.
        weights = self._weights if plan.convert else None
        exporter = Exporter(weights, str(architectures[0]), plan.export_task, self._model / "onnx", self._scratch)
        made = {}
        todo = [precision for precision in plan.precisions if precision not in plan.offered]
        if todo and weights is None and "fp32" not in plan.precisions:
            self._borrow_fp32()
        for number, precision in enumerate(todo):
            stage, doing = ("export", _("Converting to ONNX")) if precision == "fp32" else ("quantize", _("Making {p}").format(p=precision))
            self._tell(stage, 0.15 + 0.4 * number / len(todo), doing)
            made[precision] = self._step(doing, lambda precision=precision: exporter.make(precision))
        for precision in plan.offered:
            if precision in plan.precisions:
                made[precision] = Made(_("taken over as it was"), "")
        return made

    def _borrow_fp32(self) -> None:
        """Put the source's fp32 graphs where the exporter looks; they are not asked for, so they don't stay."""
        raise ConversionError(
            _("Smaller precisions of an ONNX model are made from its fp32 files."), _("Add fp32 to --precision.")
        )

    def _compare(self, made: dict[str, Made]) -> dict[str, PrecisionRecord]:
        plan = self._plan
        reference = "pytorch" if self._weights else "onnx-fp32" if "fp32" in made else ""
        records = {name: PrecisionRecord(m.method, m.kv_cache) for name, m in made.items()}
        if not reference:
            return records
        # Written now, because the runtime reads from it how the key-value cache works.
        write_manifest(self._model, Manifest(task=plan.task, precisions=records))
        comparer = Comparer(plan.task, self._model, self._weights, plan.threads)
        self._tell("fidelity", 0.6, _("Answering the test inputs with the original"))
        self._step(_("Answering with the original"), comparer.prepare)
        ordered = [name for name in plan.precisions if name in made]
        for number, precision in enumerate(ordered):
            doing = _("Comparing {p} with the original").format(p=precision)
            self._tell("fidelity", 0.7 + 0.25 * number / len(ordered), doing)
            fidelity = self._step(doing, lambda precision=precision: comparer.compare(precision))
            judge(precision, fidelity, reference)
            records[precision] = replace(records[precision], fidelity=fidelity, reference=reference)
        return records

    def _record(self, records: dict[str, PrecisionRecord]) -> None:
        plan = self._plan
        weights = self._weights
        names = weight_files(os.listdir(weights)) if weights else ()
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

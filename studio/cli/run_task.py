"""What ``studio run`` does once the command line is read: read the input, run the candidates, print."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from studio.cli.errors import FAILED
from studio.domain.comparison import CandidateResult
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.domain.running import Inputs
from studio.domain.task import FILE_KINDS, Task
from studio.services.candidates import resolve
from studio.services.comparison import Plan, compare
from studio.services.documents import comparison_document
from studio.services.field_values import value_of_cell, value_of_file
from studio.services.telling import labels_beside, told_options

#: An input file larger than this is a mistake (a video, a database), not a text to answer.
_MAX_INPUT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Request:
    """The command line of ``studio run``, read but not yet checked."""

    task: Task
    models: tuple[str, ...]
    text: str | None
    file: str | None
    stdin: str | None
    device: str
    baseline: str | None
    at_once: bool
    runs: int | None
    threads: int
    timeout_s: float | None
    library: str | None
    as_json: bool
    options: Mapping[str, Any]
    fields: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)


def run_task(request: Request) -> None:
    """Run the candidates and print them side by side.

    Raises:
        StudioError: Nothing could be run.
        typer.Exit: With code 1 when a candidate failed.
    """
    from studio.cli.models_show import open_library

    task = request.task
    if not request.models:
        raise InputError(_("Name at least one model with --model."), _("`studio models list` shows which are there."))
    if request.baseline not in (None, "pytorch"):
        raise InputError(_("The only baseline is `pytorch`, not {name!r}.").format(name=request.baseline))
    inputs = {**_main_input(request), **_other_inputs(request)}
    library = open_library(request.library)
    candidates = [resolve(task, text, library, request.device) for text in request.models]
    if request.baseline:
        originals = {entry[0].model: text for entry, text in zip(candidates, request.models, strict=True)}
        candidates += [resolve(task, model, library, baseline=True) for model in originals]
    doubles = {entry[0].name for entry in candidates if [e[0] for e in candidates].count(entry[0]) > 1}
    if doubles:
        raise InputError(_("{name} is named twice.").format(name=", ".join(sorted(doubles))))
    named = [candidate for candidate, _spec in candidates]
    own = [
        told_options(task, each, request.options, lambda: labels_beside(task, named, library), library)
        for each in named
    ]
    plan = Plan(at_once=request.at_once, runs=request.runs, threads=request.threads, timeout_s=request.timeout_s)
    if request.as_json:
        comparison = compare(task, candidates, inputs, request.options, plan, own_options=own)
        document = json.dumps(comparison_document(comparison), ensure_ascii=False, indent=2, allow_nan=False)
        sys.stdout.write(document + "\n")
        _check_results(comparison.results)
        return
    from studio.cli.progress import LiveProgress
    from studio.cli.table import print_comparison

    with LiveProgress(len(candidates)) as progress:
        comparison = compare(task, candidates, inputs, request.options, plan, progress, own_options=own)
    if not _all_refused(comparison.results):
        print_comparison(comparison)
    _check_results(comparison.results)


def _all_refused(results: Sequence[CandidateResult]) -> bool:
    """Whether no candidate could use the input, such as a language that none of them knows."""
    return all(result.failure and isinstance(result.failure.to_error(), InputError) for result in results)


def _check_results(results: Sequence[CandidateResult]) -> None:
    """The exit code that the results mean.

    Raises:
        InputError: No candidate could use the input.
        typer.Exit: With code 1 when a candidate failed.
    """
    failures = [result.failure for result in results if result.failure]
    if failures and _all_refused(results):
        raise failures[0].to_error()
    if failures:
        raise typer.Exit(FAILED)


def _main_input(request: Request) -> Inputs:
    task = request.task
    if task.inputs[0].kind in FILE_KINDS and request.file is not None and request.text is None:
        return task.read_text(request.file)
    typed = (request.text, request.file, request.stdin)
    if typed == (None, None, None) and task.inputs[0].optional and any(map(any, request.fields.values())):
        return task.read_text("")
    return task.read_text(_read_input(request))


def _other_inputs(request: Request) -> Inputs:
    found: dict[str, Any] = {}
    for each in request.task.inputs[1:]:
        text, file = request.fields.get(each.name, (None, None))
        flag = each.name.replace("_", "-")
        if text is not None and file is not None:
            raise InputError(_("Give {name} once: with --{name} or with --{name}-file.").format(name=flag))
        if text is not None:
            found[each.name] = value_of_cell(each, text, None)
        elif file is not None and each.kind in {"text", "variables"}:
            found[each.name] = value_of_cell(each, _decode(_read_file(Path(file)), file), None)
        elif file is not None:
            found[each.name] = value_of_file(each, Path(file))
    return found


def _read_input(request: Request) -> str:
    sources = [source for source in (request.text, request.file, request.stdin) if source is not None]
    if len(sources) > 1:
        raise InputError(_("Give the input once: with --input, with --input-file, or with `-`."))
    if "-" in sources:
        return _read_standard_input()
    if request.text is not None:
        # Bytes that are no text arrive as lone surrogates, which nothing can print or send.
        return request.text.encode("utf-8", errors="replace").decode("utf-8")
    if request.file is not None:
        return _decode(_read_file(Path(request.file)), request.file)
    if request.stdin is not None:
        raise InputError(
            _("{text!r} is one word too many.").format(text=request.stdin),
            _("Put the input in quotes behind --input."),
        )
    if not sys.stdin.isatty():
        return _read_standard_input()
    raise InputError(
        _("There is no input."), _("Add --input 'TEXT' or --input-file FILE, or pipe a text in and end with `-`.")
    )


def _read_standard_input() -> str:
    raw = sys.stdin.buffer.read(_MAX_INPUT_BYTES + 1)
    if len(raw) > _MAX_INPUT_BYTES:
        raise _too_large(_("standard input"))
    return _decode(raw, _("standard input"))


def _read_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_INPUT_BYTES:
            raise _too_large(str(path))
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            _("The file {path} can't be read.").format(path=path),
            _("Check its name and that you may open it."),
            str(error),
        ) from error


def _too_large(name: str) -> InputError:
    return InputError(_("{path} is larger than 64 MB, too large for one input.").format(path=name))


def _decode(raw: bytes, name: str) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            _("{name} is not UTF-8 text.").format(name=name), _("Save it as UTF-8 and try again."), str(error)
        ) from error
    # The line end of the last line is the file's, not the input's.
    return text.removesuffix("\n").removesuffix("\r")

"""``studio demo``: the shipped models on one sample of each use case, side by side."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.text import Text

from studio.cli.progress import LiveProgress
from studio.cli.table import print_comparison
from studio.domain.errors import InputError, ModelFolderError
from studio.domain.i18n import _
from studio.domain.task import Message
from studio.library.store import Library
from studio.services.comparison import compare
from studio.services.demo import demonstrations
from studio.services.documents import comparison_document
from studio.tasks import all_tasks, find_task


def show_demo(task_id: str | None, out: str) -> None:
    """Run and print the demonstrations.

    Args:
        task_id: Only this use case; None for every one.
        out: Where all results go as JSON; empty for nowhere.

    Raises:
        UnknownNameError: No such use case.
        ModelFolderError: No model ships for it.
        InputError: ``out`` can't be written.
    """
    tasks = [find_task(task_id)] if task_id else list(all_tasks())
    # Before minutes of work, not after them.
    target = _writable(out) if out else None
    console = Console()
    shown = demonstrations(tasks, Library.open())
    if not shown:
        raise ModelFolderError(
            _("No shipped model is ready for {task}.").format(task=task_id or _("any use case")),
            _("`studio models list` shows what is there."),
        )
    documents = []
    for demonstration in shown:
        task, sample = demonstration.task, demonstration.sample
        console.print(Text.assemble(("\n" + task.title, "bold"), f": {task.purpose}"))
        console.print(Text(f"{_('Sample')}: {_shown(sample.inputs[task.inputs[0].name])}\n"))
        with LiveProgress(len(demonstration.candidates)) as progress:
            comparison = compare(task, demonstration.candidates, sample.inputs, sample.options, observer=progress)
        print_comparison(comparison)
        documents.append(comparison_document(comparison))
    if target is not None:
        try:
            target.write_text(json.dumps(documents, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise _no_place(out, error) from error
        console.print(Text(_("All results: {path}").format(path=out)))
    console.print(Text(_("Try your own: studio run TASK --model ID --input TEXT   (studio tasks, studio models list)")))


def _writable(out: str) -> Path:
    """The file that results will go to; one that is there keeps its content until then."""
    path = Path(out)
    try:
        existed = path.exists()
        with path.open("a", encoding="utf-8"):
            pass
        if not existed:
            path.unlink()
    except (OSError, ValueError) as error:
        raise _no_place(out, error) from error
    return path


def _no_place(out: str, error: Exception) -> InputError:
    return InputError(_("{path} can't be written.").format(path=out), detail=str(error))


def _shown(value: object) -> str:
    if isinstance(value, tuple) and value and isinstance(value[-1], Message):
        return value[-1].content
    return str(value)

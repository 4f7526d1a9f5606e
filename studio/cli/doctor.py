"""``studio doctor``: what this computer has, what is used of it, and what would make it faster."""

from __future__ import annotations

import json
import sys

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from studio.cli.errors import FAILED
from studio.domain.i18n import _
from studio.library.store import Library
from studio.services.devices import DeviceTest, Diagnosis, ProviderStatus, diagnose, try_device
from studio.services.documents import diagnosis_document


def show_doctor(test: str | None, as_json: bool) -> None:
    """Print the diagnosis, and how a model fared on the device ``test``.

    Raises:
        UnknownNameError: There is no such device.
        ModelFolderError: There is no model to test it with.
        typer.Exit: With code 1 when ONNX Runtime can't be used, or the tested device did not work.
    """
    diagnosis = diagnose()
    tested = try_device(test, Library.open()) if test else None
    if as_json:
        sys.stdout.write(json.dumps(diagnosis_document(diagnosis, tested), ensure_ascii=False, indent=2) + "\n")
    else:
        console = Console() if sys.stdout.isatty() else Console(width=120)
        _print(console, diagnosis)
        if tested:
            _print_test(console, tested)
    if diagnosis.failure or (tested and not tested.works):
        raise typer.Exit(FAILED)


def _print(console: Console, diagnosis: Diagnosis) -> None:
    facts = diagnosis.facts
    _heading(console, _("This computer"))
    table = Table.grid(padding=(0, 2))
    table.add_row(_("Processor"), Text(f"{facts['cpu']}"))
    cores = _("{physical} cores, {logical} threads, {usable} usable").format(
        physical=facts["physical_cores"] or "?", logical=facts["logical_cores"], usable=facts["usable_cores"]
    )
    table.add_row("", Text(cores))
    memory = _("{total:.1f} GB, {free:.1f} GB free").format(
        total=float(facts["memory_mb"] or 0) / 1000, free=diagnosis.free_memory_mb / 1000
    )
    table.add_row(_("Memory"), Text(memory))
    for gpu in diagnosis.gpus:
        text = _("{name}, {total:.1f} GB, {free:.1f} GB free, driver {driver}").format(
            name=gpu.name, total=gpu.memory_mb / 1000, free=gpu.free_mb / 1000, driver=gpu.driver
        )
        table.add_row(_("GPU"), Text(text))
    if not diagnosis.gpus:
        table.add_row(_("GPU"), Text(_("no NVIDIA GPU found")))
    table.add_row(_("System"), Text(f"{facts['os']}, Python {facts['python']}"))
    console.print(table)
    _heading(console, _("Where models can run"))
    table = Table.grid(padding=(0, 2))
    for status in diagnosis.providers:
        table.add_row(Text(status.provider.id), Text(_(status.provider.title)), Text(_state(status)))
    console.print(table)
    _heading(console, _("Versions"))
    table = Table.grid(padding=(0, 2))
    table.add_row(Text("studio"), Text(str(facts["studio"])))
    for name, version in diagnosis.versions.items():
        table.add_row(Text(name), Text(version or _("not installed")))
    console.print(table)
    _heading(console, _("What would help"))
    for advice in diagnosis.advice:
        console.print(Text(advice.message))
        if advice.command:
            # Not wrapped: a command is there to be copied.
            console.print(Text("    " + advice.command, style="bold"), soft_wrap=True)
    if not diagnosis.advice:
        console.print(Text(_("Nothing: everything that this computer has is used.")))


def _print_test(console: Console, tested: DeviceTest) -> None:
    _heading(console, _("Test of {device}").format(device=tested.provider.id))
    result = tested.result
    if result.failure:
        console.print(Text(f"{result.failure.message} {result.failure.next_step}".strip()))
        return
    placement, latency_s = result.placement, result.measurement.latency_s
    assert placement is not None and latency_s is not None  # it answered
    sentence = (
        _("{model} answered in {ms:.3g} ms on {provider}.")
        if tested.works
        else _("{model} answered in {ms:.3g} ms, but on {provider}.")
    )
    console.print(Text(sentence.format(model=tested.model, ms=latency_s * 1000, provider=placement.provider)))
    if placement.notice:
        console.print(Text(placement.notice))


def _heading(console: Console, text: str) -> None:
    console.print(Text("\n" + text, style="bold"))


def _state(status: ProviderStatus) -> str:
    if status.installed:
        return _("installed")
    if not status.possible:
        return _("not for this system")
    return _("not installed. It needs: {needs}").format(needs=_(status.provider.needs))

"""``studio tasks``: the use cases, and how many models are ready for each."""

from __future__ import annotations

import json
import sys

from rich.console import Console
from rich.table import Table

from studio.domain.i18n import _
from studio.library.store import Library
from studio.tasks import all_tasks


def show_tasks(as_json: bool) -> None:
    """Print every task with its purpose and the models that can run it."""
    models = Library.open().all()
    ready = {
        task.id: [m.id for m in models if task.runs(m.task, m.architecture) and m.state == "ready"]
        for task in all_tasks()
    }
    if as_json:
        rows = [{"id": t.id, "title": t.title, "purpose": t.purpose, "models": ready[t.id]} for t in all_tasks()]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
        return
    table = Table(pad_edge=False)
    for title in (_("Use case"), _("What it does for a product"), _("Models ready")):
        table.add_column(title)
    for task in all_tasks():
        table.add_row(task.id, _(task.purpose), str(len(ready[task.id])))
    console = Console()
    console.print(table)
    console.print(_("`studio run USE-CASE --help` shows what each can be told."), markup=False, highlight=False)

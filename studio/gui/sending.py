"""Before anything leaves this computer for the first time in a project, the user is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtWidgets import QWidget

from studio.domain.comparison import Candidate
from studio.gui.shell import Shell
from studio.gui.widgets.sending_dialog import SendingDialog
from studio.services.sending import Consent


def once_agreed(
    shell: Shell, candidates: Iterable[Candidate], go: Callable[[], object], parent: QWidget, requests: int = 0
) -> SendingDialog | None:
    """Do something that asks these candidates, as soon as the user agrees to what leaves for it.

    Args:
        shell: Knows the project.
        candidates: Who is asked.
        go: Done at once where nothing leaves or the user agreed before, else after "Send", and not at all otherwise.
        parent: What the question lies upon.
        requests: How many requests each candidate gets; 0 where that is not known.

    Returns:
        The question, where one is asked.
    """
    session = shell.project.session
    if session is None:
        return None
    consent = Consent(shell.preferences.folder / "sending.json")
    hosts = consent.missing(session, candidates)
    if not hosts:
        go()
        return None
    dialog = SendingDialog(hosts, requests, parent)

    def agreed() -> None:
        consent.give(session, hosts)
        if session is shell.project.session:
            go()

    dialog.accepted.connect(agreed)
    dialog.open()
    return dialog

"""Short messages in the corner of the window, with at most one action."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QWidget

from studio.domain.errors import Failure
from studio.domain.i18n import N_
from studio.gui.theme.tokens import ICON_LARGE, SPACE_2, SPACE_3, SPACE_4
from studio.gui.widgets.buttons import Button, IconButton
from studio.gui.widgets.icon import Icon
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.shadow import cast_shadow
from studio.gui.widgets.text import Text
from studio.gui.words import Words, plain, said

_SHOWN_MS = 6000
_WIDTH = 380
_MOST = 3
_ICONS = {"accent": "info", "good": "check-circle", "warn": "warning", "bad": "warning-circle"}


#: The words of a button and what it does.
ToastAction = tuple[Words, Callable[[], object]]


class Toast(QFrame):
    """One message. Errors stay until they are closed; others go after a few seconds unless the pointer is on them.

    Attributes:
        holds: Whether what it offers is still what its action would do; None where nothing else can change that.

    Signals:
        dismissed: It is taken away.
    """

    dismissed = Signal()

    def __init__(self, message: Words, tone: str, actions: Sequence[ToastAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.holds: Callable[[], bool] | None = None
        self.setProperty("surface", "toast")
        self.setFixedWidth(_WIDTH)
        cast_shadow(self, blur=24, below=4)
        text = Text(message, wrap=True)
        symbol = Icon(_ICONS[tone], ICON_LARGE, "accent_ink" if tone == "accent" else tone)
        close = IconButton("x", N_("Close this message"), on_click=self.dismiss)
        # The first line stands level with the icon.
        words = column(text, spacing=SPACE_2, margins=(0, 2, 0, 2))
        if actions:
            buttons = row(spacing=SPACE_2)
            for action, do in actions:
                buttons.addWidget(Button(action, on_click=partial(self._act, do)))
            buttons.addStretch(1)
            words.addLayout(buttons)
        line = row(
            symbol, words, close, spacing=SPACE_2, margins=(SPACE_3, SPACE_2 + 2, SPACE_2, SPACE_2 + 2), parent=self
        )
        line.setStretch(1, 1)
        line.setAlignment(words, Qt.AlignmentFlag.AlignTop)
        for item in (symbol, close):
            line.setAlignment(item, Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(said(message))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        if tone != "bad":
            self._timer.start(_SHOWN_MS)

    def fit(self) -> None:
        """Take the height that the words need."""
        self.ensurePolished()
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(_WIDTH, layout.totalHeightForWidth(_WIDTH))

    def dismiss(self) -> None:
        """Take it away."""
        self.hide()
        self.dismissed.emit()
        self.deleteLater()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if self._timer.interval():
            self._timer.start(_SHOWN_MS)
        super().leaveEvent(event)

    def _act(self, do: Callable[[], object]) -> None:
        self.dismiss()
        do()


class ToastArea(QObject):
    """Places toasts at the lower right of a widget, the newest lowest.

    Args:
        host: The widget they lie upon.
        above: Pixels to leave free at its lower edge.
    """

    def __init__(self, host: QWidget, above: int = 0) -> None:
        super().__init__(host)
        self._host = host
        self._above = above
        self._toasts: list[Toast] = []
        host.installEventFilter(self)

    def show(
        self,
        message: Words,
        tone: str = "accent",
        action: Words = "",
        on_action: Callable[[], object] | None = None,
        more: Sequence[ToastAction] = (),
        holds: Callable[[], bool] | None = None,
    ) -> Toast:
        """Show a message with at most one action (and rarely ``more``).

        ``tone`` is ``accent``, ``good``, ``warn`` or ``bad``. ``holds`` says whether the action would still do what is
        said; `recheck` takes the message away where not.
        """
        first = [(action, on_action)] if action and on_action else []
        from PySide6.QtGui import QAccessible, QAccessibleEvent

        toast = Toast(message, tone, [*first, *more], self._host)
        toast.holds = holds
        toast.dismissed.connect(lambda: self._forget(toast))
        self._toasts.append(toast)
        for old in self._toasts[:-_MOST]:
            old.dismiss()
        toast.show()
        self._place()
        QAccessible.updateAccessibility(QAccessibleEvent(toast, QAccessible.Event.Alert))
        return toast

    def show_failure(
        self, failure: Failure, action: Words = "", on_action: Callable[[], object] | None = None
    ) -> Toast:
        """Show an error as a toast: the sentence and the next step."""
        return self.show(plain(f"{failure.message} {failure.next_step}".strip()), "bad", action, on_action)

    def recheck(self) -> None:
        """Take away what is out of date, such as an undo of what was undone already."""
        for toast in self.toasts():
            if toast.holds is not None and not toast.holds():
                toast.dismiss()

    def toasts(self) -> list[Toast]:
        """Those on show, oldest first."""
        return list(self._toasts)

    def _forget(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        y = self._host.height() - self._above - SPACE_4
        for toast in reversed(self._toasts):
            toast.fit()
            y -= toast.height()
            toast.move(QPoint(self._host.width() - _WIDTH - SPACE_4, y))
            toast.raise_()
            y -= SPACE_2

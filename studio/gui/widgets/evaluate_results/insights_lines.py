"""Lines of the "Why" part that are one big button: kinds of mistakes, and what one candidate gets right alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from studio.gui.theme.tokens import SPACE_1, SPACE_2, SPACE_3
from studio.gui.widgets.bar_row import Bar
from studio.gui.widgets.big_button import BigButton
from studio.gui.widgets.layouts import column, row
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated, Words, plain, said

#: Room for the counts at the right, and for a candidate's name in it.
_COUNTS, _NAME = 312, 148


class Counts(QWidget):
    """How many rows each candidate has there, as bars.

    Args:
        counts: Name, rows.
        most: What a whole bar stands for.
    """

    def __init__(self, counts: Sequence[tuple[str, int]], most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(_COUNTS)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_2)
        grid.setVerticalSpacing(SPACE_1 // 2)
        for line, (name, count) in enumerate(counts):
            # Names of candidates often begin alike.
            title = ElidedText(plain(name), role="caption", mode=Qt.TextElideMode.ElideMiddle)
            bar = Bar()
            bar.show_fraction(count / most if most else 0.0, best=False)
            figure = Text(plain(f"{count:,}"), role="caption")
            figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            figure.setMinimumWidth(SPACE_3 * 2)
            grid.addWidget(title, line, 0)
            grid.addWidget(bar, line, 1)
            grid.addWidget(figure, line, 2)
        grid.setColumnMinimumWidth(0, _NAME if any(name for name, _count in counts) else 0)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(len(counts), 1)


class InsightLine(Translated, BigButton):
    """A title, what there is to say, an example, and something at the right; a click shows the rows.

    Args:
        title: What it is called.
        words: What there is to say.
        example: A row's text, in quotes; empty for none.
        right: What stands at the right.
        on_click: Shows the rows.
    """

    def __init__(
        self,
        title: Words,
        words: Words,
        example: str,
        right: QWidget | None,
        on_click: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", "row")
        self._title, self._words = title, words
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        texts = [Text(title, role="strong", wrap=True)]
        if said(words):
            texts.append(Text(words, role="muted", wrap=True))
        if example:
            texts.append(ElidedText(plain(f"“{example}”"), role="caption"))
        left = column(*texts, None, spacing=SPACE_1 // 2)
        line = row(left, right, spacing=SPACE_3, margins=(SPACE_2, SPACE_2, SPACE_2, SPACE_2), parent=self)
        line.setStretch(0, 1)
        for text in texts:
            text.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clicked.connect(lambda _checked=False: on_click())
        self.retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._stand_tall()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._stand_tall()
        return handled

    def _stand_tall(self) -> None:
        """Never lower than what its texts take at this width: an area that could scroll would squeeze them first."""
        layout = self.layout()
        height = layout.totalHeightForWidth(self.width()) if layout is not None else 0
        if height != self.minimumHeight():
            self.setMinimumHeight(height)

    def retranslate(self) -> None:
        self.setAccessibleName(". ".join(part for part in (said(self._title), said(self._words)) if part))

"""What an embedding model found: texts alike to a query, and themes with a map."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from studio.domain.i18n import N_, _, ngettext
from studio.domain.prediction import Findings, Output, Theme
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import RADIUS, SPACE_2, SPACE_3, TEXT_CAPTION
from studio.gui.widgets.answers._hit_row import HitRow
from studio.gui.widgets.answers._theme_map import ThemeMap, paint_badge
from studio.gui.widgets.answers._view import AnswerView, Viewer
from studio.gui.widgets.big_button import BigButton
from studio.gui.widgets.buttons import Button, IconButton
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.segmented import SegmentedControl
from studio.gui.widgets.text import ElidedText, Text
from studio.gui.words import Translated

#: Texts that are shown at first, and at most: a list of thousands is no answer to read.
_FIRST, _MOST = 5, 200
_ROW_HEIGHT = 32
#: Where names begin behind the number of a theme.
_INDENT = 30
_HINT = N_("Choose a theme to read its texts, the most typical first.")
#: From this width on the map stands beside the list.
_WIDE = 520


class ThemeRow(Translated, BigButton):
    """One theme: its number on the map, its name and how many texts it has."""

    def __init__(self, number: int, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "row")
        self._number, self._theme = number, theme
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_ROW_HEIGHT)
        self.setMinimumWidth(80)
        self.retranslate()

    def sizeHint(self) -> QSize:
        return QSize(160, _ROW_HEIGHT)

    def retranslate(self) -> None:
        count = len(self._theme.places)
        words = ngettext("{n} text", "{n} texts", count).format(n=f"{count:,}")
        self.setAccessibleName(f"{self._number + 1}. {self._theme.name}, {words}")
        self.setToolTip(self.accessibleName())

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        if self.isChecked():
            back = QPainter(self)
            back.setRenderHint(QPainter.RenderHint.Antialiasing)
            back.setPen(Qt.PenStyle.NoPen)
            back.setBrush(QColor(colours.accent_soft))
            back.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
            back.end()
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        painter.save()
        font = painter.font()
        font.setPixelSize(TEXT_CAPTION)
        font.setBold(True)
        painter.setFont(font)
        paint_badge(painter, QPointF(SPACE_2 + 12, middle), self._number)
        painter.restore()
        metrics = QFontMetrics(self.font())
        count = f"{len(self._theme.places):,}"
        right = metrics.horizontalAdvance(count)
        painter.setPen(QColor(colours.muted))
        box = self.rect().adjusted(0, 0, -SPACE_2, 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)
        painter.setPen(QColor(colours.accent_ink if self.isChecked() else colours.text))
        box = self.rect().adjusted(SPACE_2 + _INDENT, 0, -SPACE_3 - right, 0)
        name = metrics.elidedText(self._theme.name, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)


class FindingsAnswer(AnswerView):
    """Hits and themes, one at a time where there are both."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings = Findings()
        self._baseline: Findings | None = None
        self._theme = -1
        self._all = False
        self._rows: list[HitRow] = []
        self.theme_rows: list[ThemeRow] = []
        self.parts = SegmentedControl((("hits", N_("Hits")), ("themes", N_("Themes"))), "hits", N_("What was found"))
        self.parts.chosen.connect(lambda _part: self._show())
        self.copy_button = IconButton("copy", N_("Copy what is shown"), self._copy)
        self.map = ThemeMap()
        self.map.chosen.connect(self.choose_theme)
        self.heading = Text(role="caption", wrap=True)
        self._themes = column(spacing=0)
        self._hits = column(spacing=SPACE_3)
        self._more = Button(self._more_words, "link", on_click=self._toggle)
        self._box = QWidget()
        self._texts = column(self._hits, row(self._more, None), spacing=SPACE_3, parent=self._box)
        self.legend = Text(role="caption", wrap=True)
        self.hint = ElidedText(role="caption")
        top = row(self.parts, self.hint, self.copy_button, spacing=SPACE_3)
        top.setStretch(1, 1)
        # Beside each other where there is room; else the list first, which says more than the map.
        self._list = QWidget()
        column(self._themes, None, parent=self._list)
        self._beside = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._beside.setSpacing(SPACE_3)
        self._beside.addWidget(self._list, 1)
        self._beside.addWidget(self.map, 1, Qt.AlignmentFlag.AlignTop)
        column(
            top,
            self.heading,
            self._beside,
            self.legend,
            spacing=SPACE_3,
            parent=self,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wide = self.part == "themes" and self.width() >= _WIDE
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        # Empty it still keeps the button behind it in its place; where there is no room the rows speak for themselves.
        self.hint.say(_HINT if wide else "")
        if not wide:
            self.hint.setText("")
        if self._beside.direction() != direction:
            self._beside.setDirection(direction)
        self.map.setFixedHeight(self.map.heightForWidth(self.width() // 2 if wide else self.width()))

    def show_output(self, output: Any, baseline: Output | None = None) -> None:
        if not isinstance(output, Findings):
            return
        self._baseline = baseline if isinstance(baseline, Findings) else None
        if output is not self._findings:
            self._findings, self._theme, self._all = output, -1, False
            self.map.show_findings(output)
            for widget in self.theme_rows:
                self._themes.removeWidget(widget)
                widget.deleteLater()
            self.theme_rows = [ThemeRow(number, theme) for number, theme in enumerate(output.themes)]
            for number, made in enumerate(self.theme_rows):
                made.clicked.connect(lambda _on=False, number=number: self._press(number))
                self._themes.addWidget(made)
            self.parts.show_value("hits" if output.hits else "themes")
        self._show()

    @property
    def part(self) -> str:
        """What is shown: ``hits`` or ``themes``."""
        found = self._findings
        if found.hits and found.themes:
            return self.parts.value
        return "themes" if found.themes else "hits"

    def choose_theme(self, number: int) -> None:
        """Show the texts of one theme; -1 for none."""
        self._theme, self._all = number, False
        self._show()

    def _press(self, number: int) -> None:
        self.choose_theme(-1 if number == self._theme else number)

    # -- showing ---------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        found = self._findings
        themes = self.part == "themes"
        show_if(bool(found.hits and found.themes), self.parts)
        show_if(bool(found.texts), self.copy_button)
        show_if(themes, self.map)
        for number, each in enumerate(self.theme_rows):
            each.setChecked(number == self._theme)
            show_if(themes, each)
        self.map.show_theme(self._theme)
        self._arrange()
        # The texts of a theme unfold below it, where the eye is.
        opened = themes and self._theme >= 0
        self._themes.insertWidget(self._theme + 1 if opened else 0, self._box)
        self._texts.setContentsMargins(SPACE_2 + _INDENT if opened else 0, SPACE_2 if opened else 0, 0, SPACE_2)
        listed = self._listed()
        shown = listed[: _MOST if self._all else _FIRST]
        while len(self._rows) < len(shown):
            made = HitRow()
            self._rows.append(made)
            self._hits.addWidget(made)
        for place, line in enumerate(self._rows):
            show_if(place < len(shown), line)
            if place < len(shown):
                text, score = shown[place]
                line.show_hit(place + 1, text, score)
        show_if(bool(shown), self._box)
        show_if(len(listed) > _FIRST, self._more)
        self._more.retranslate()
        self._say_heading()
        self._say_legend(themes)

    def _listed(self) -> list[tuple[str, float | None]]:
        found = self._findings
        if self.part == "hits":
            return [(found.texts[hit.place], hit.score) for hit in found.hits]
        if self._theme < 0:
            return []
        return [(found.texts[place], None) for place in found.themes[self._theme].places]

    def _say_heading(self) -> None:
        found = self._findings
        if not found.texts:
            count = len(found.vector)
            self.heading.say(
                lambda: _(
                    "The text became a vector of {n} numbers. Add texts to search in, or to find themes in."
                ).format(n=f"{count:,}")
            )
        show_if(not found.texts, self.heading)

    def _say_legend(self, themes: bool) -> None:
        """How far the hits are the baseline's."""
        other = self._baseline
        compared = not themes and other is not None and bool(other.hits) and other.texts == self._findings.texts
        show_if(compared, self.legend)
        if compared and other is not None:
            theirs = {hit.place for hit in other.hits}
            count, same = len(self._findings.hits), sum(hit.place in theirs for hit in self._findings.hits)
            self.legend.say(
                lambda: ngettext(
                    "{same} of {n} hit is the baseline's too.", "{same} of {n} hits are the baseline's too.", count
                ).format(same=same, n=count)
            )

    def _more_words(self) -> str:
        if self._all:
            return _("Show fewer")
        count = min(len(self._listed()), _MOST)
        return ngettext("Show all {n} texts", "Show all {n} texts", count).format(n=count)

    def _toggle(self) -> None:
        self._all = not self._all
        self._show()

    def as_text(self) -> str:
        """What is shown, whole: hits with their similarity, or themes with their texts."""
        found = self._findings
        if self.part == "hits":
            return "\n".join(f"{hit.score:.2f}\t{found.texts[hit.place]}" for hit in found.hits)
        shown = found.themes if self._theme < 0 else found.themes[self._theme : self._theme + 1]
        return "\n\n".join(
            "\n".join((f"{theme.name} ({len(theme.places)})", *(f"- {found.texts[place]}" for place in theme.places)))
            for theme in shown
        )

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.as_text())


VIEWER = Viewer("findings", FindingsAnswer)

"""Choose a past run to look at; name it or take it out of the list."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QEvent, QLocale, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QInputDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.domain.i18n import N_, _, language, ngettext
from studio.domain.project import RunSummary
from studio.gui.theme.theme import current_colours
from studio.gui.theme.tokens import RADIUS_SMALL, SPACE_2, SPACE_3, SPACE_4
from studio.gui.viewmodels.try_history import History
from studio.gui.widgets.buttons import Button
from studio.gui.widgets.layouts import column, row, show_if
from studio.gui.widgets.text import Text

AnyIndex = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 52
_SIZE = QSize(560, 480)
_RUN = Qt.ItemDataRole.UserRole
_STATUS = {
    "running": N_("running"),
    "interrupted": N_("interrupted"),
    "failed": N_("with an error"),
    "cancelled": N_("stopped"),
    "finished": "",
}


class HistoryDialog(QDialog):
    """The list of past runs of a use case."""

    def __init__(self, history: History, writable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self.setWindowTitle(_("Past runs"))
        self.resize(_SIZE)
        self.list = QListWidget()
        self.list.setAccessibleName(_("Past runs"))
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(lambda _item: self._open())
        self.list.currentItemChanged.connect(lambda _now, _before: self._show_enabled())
        self.list.installEventFilter(self)
        self._empty = Text(N_("Nothing was run yet. Every run is kept here by itself."), role="muted", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._writable = writable
        self._rename = Button(N_("Rename …"), "ghost", "pencil-simple", self._ask_name)
        self._remove = Button(N_("Remove"), "ghost", "trash", self._take_out)
        self._open_button = Button(N_("Open"), "primary", on_click=self._open, hint="Enter")
        self._open_button.setDefault(True)
        layout = column(
            self.list,
            self._empty,
            row(
                self._rename,
                self._remove,
                None,
                Button(N_("Close"), on_click=self.reject),
                self._open_button,
                spacing=SPACE_2,
            ),
            spacing=SPACE_3,
            margins=(SPACE_4, SPACE_4, SPACE_4, SPACE_4),
            parent=self,
        )
        layout.setStretch(0, 1)
        layout.setStretch(1, 1)
        history.changed.connect(self._fill)
        self._fill()
        history.read()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.list and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            keys = {Qt.Key.Key_Delete: self._take_out, Qt.Key.Key_F2: self._ask_name}
            if event.key() in keys and self._writable:
                keys[Qt.Key(event.key())]()
                return True
        return False

    def _fill(self) -> None:
        place = self.list.currentRow()
        self.list.clear()
        for run in self._history.runs:
            item = QListWidgetItem(f"{run.title}, {_about(run)}", self.list)
            item.setData(_RUN, run)
        self.list.setCurrentRow(min(max(place, 0), self.list.count() - 1))
        show_if(self.list.count() > 0, self.list)
        show_if(self.list.count() == 0, self._empty)
        self._show_enabled()

    def _show_enabled(self) -> None:
        there = self.list.currentItem() is not None
        self._open_button.setEnabled(there)
        for button in (self._rename, self._remove):
            button.setEnabled(there and self._writable)

    def _chosen(self) -> RunSummary | None:
        item = self.list.currentItem()
        return item.data(_RUN) if item else None

    def _open(self) -> None:
        run = self._chosen()
        if run is not None:
            self.accept()
            self._history.open(run.id)

    def _ask_name(self) -> None:
        run = self._chosen()
        if run is not None:
            name, accepted = QInputDialog.getText(
                self, _("Rename the run"), _("Name"), QLineEdit.EchoMode.Normal, run.title
            )
            if accepted:
                self._history.rename(run.id, name)

    def _take_out(self) -> None:
        run = self._chosen()
        if run is not None:
            self._history.remove(run.id)


def when_words(run: RunSummary) -> str:
    """When a run was, as the user's language writes it."""
    moment = QDateTime.fromSecsSinceEpoch(int(run.started.timestamp()))
    return QLocale(language()).toString(moment, QLocale.FormatType.ShortFormat)


def _about(run: RunSummary) -> str:
    count = ngettext("{n} candidate", "{n} candidates", run.columns).format(n=run.columns)
    status = _(_STATUS[run.status]) if _STATUS[run.status] else ""
    return " · ".join(part for part in (when_words(run), count, status) if part)


class _Rows(QStyledItemDelegate):
    """Two lines: how the input begins, and when it was."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        return QSize(200, _ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colours = current_colours()
        run: RunSummary = index.data(_RUN)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect.adjusted(2, 1, -2, -1)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent_soft if selected else colours.hover))
            painter.drawRoundedRect(area, RADIUS_SMALL, RADIUS_SMALL)
        inner = area.adjusted(SPACE_3, SPACE_2 - 2, -SPACE_3, -SPACE_2 + 2)
        strong = QFont(option.font)
        strong.setWeight(QFont.Weight.DemiBold)
        for place, (font, colour, text) in enumerate(
            (
                (strong, colours.accent_ink if selected else colours.text, run.title),
                (option.font, colours.muted, _about(run)),
            )
        ):
            line = QRect(inner.left(), inner.top() + place * 20, inner.width(), 20)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            painter.drawText(
                line,
                Qt.AlignmentFlag.AlignVCenter,
                QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, line.width()),
            )
        painter.restore()

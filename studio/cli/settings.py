"""``studio settings``: show and change what the window's Settings screen shows."""

from __future__ import annotations

import json
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.services.settings import SETTINGS, Setting, Settings, find_setting


def settings_command(key: str | None, value: str | None, reset: bool, as_json: bool) -> None:
    """Show all settings, show one, or change one.

    Args:
        key: Which; None for all.
        value: What it shall be; None to show it.
        reset: Go back to the default instead.
        as_json: Print one JSON document.

    Raises:
        UnknownNameError: No such setting.
        InputError: The value can't be used, or ``reset`` stands without a setting or beside a value.
        SettingsError: It can't be stored.
    """
    settings = Settings()
    if reset and (key is None or value is not None):
        raise InputError(_("--reset takes one setting and no value."), _("For example: studio settings theme --reset"))
    if key is not None and (reset or value is not None):
        settings.set(key, find_setting(key).default if reset else value)
    shown = SETTINGS if key is None else (find_setting(key),)
    if as_json:
        sys.stdout.write(json.dumps([_row(settings, s) for s in shown], ensure_ascii=False, indent=2) + "\n")
    elif key is None:
        _print_table(settings)
    else:
        sys.stdout.write(_text(settings.value(key)) + "\n")
        if value is not None and settings.source(key) == "environment":
            sys.stderr.write(
                _("{variable} is set and wins over the stored value.").format(variable=shown[0].variable) + "\n"
            )


def _row(settings: Settings, setting: Setting) -> dict[str, object]:
    return {
        "key": setting.key,
        "value": settings.value(setting.key),
        "default": setting.default,
        "source": settings.source(setting.key),
        "choices": [choice.value for choice in setting.choices()],
        "title": _(setting.title),
        "help": _(setting.help),
    }


def _print_table(settings: Settings) -> None:
    table = Table(pad_edge=False)
    for title in (_("Setting"), _("Value"), _("What it does")):
        table.add_column(title)
    for setting in SETTINGS:
        value = Text(_text(settings.value(setting.key)) or "–")
        if settings.source(setting.key) == "environment":
            value.append(f" ({setting.variable})", "dim")
        known = ", ".join(choice.value for choice in setting.choices())
        table.add_row(setting.key, value, Text(_(setting.help) + (f" [{known}]" if known else "")))
    console = Console()
    console.print(table)
    console.print(Text(_("Change one: studio settings KEY VALUE. Kept in {file}").format(file=settings.file)))


def _text(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)

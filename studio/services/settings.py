"""The settings of the studio, declared once: the file, the terminal and the window all read `SETTINGS`.

The file holds only what differs from the defaults, so that a better default reaches everyone who never chose. What
the environment sets wins over the file and is not written to it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from studio.domain.errors import InputError, SettingsError, UnknownNameError
from studio.domain.i18n import N_, _, languages, set_language, system_language
from studio.services.whole_file import set_aside, write_whole

#: ``choice``: one of a few words. ``folder``: a path, or empty for the usual place. ``address``: a web address, or
#: empty for the usual one. ``cluster``: the address of a Ray cluster, or empty for none. A window draws a setting by
#: kind.
SettingKind = Literal["choice", "bool", "int", "folder", "address", "cluster"]
#: Where a value comes from.
Source = Literal["default", "file", "environment"]


@dataclass(frozen=True)
class Choice:
    """One of the values of a ``choice``: what is stored, and what a person sees (marked with ``N_``)."""

    value: str
    title: str


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        key: Its name in the file and in the terminal.
        kind: See `SettingKind`.
        default: Its value where nobody chose.
        section: Heading under which a window shows it (marked with ``N_``).
        title: What a person sees (marked with ``N_``).
        help: One or two sentences (marked with ``N_``).
        choices: The values of a ``choice``, asked for when shown, since some depend on the computer.
        low: Smallest number.
        high: Largest number.
        unit: Unit of a number (marked with ``N_``); empty for none.
        variable: Environment variable that sets it; empty for none.
    """

    key: str
    kind: SettingKind
    default: str | bool | int
    section: str
    title: str
    help: str
    choices: Callable[[], tuple[Choice, ...]] = tuple
    low: int = 0
    high: int = 0
    unit: str = ""
    variable: str = ""

    def check(self, value: object) -> str | bool | int:
        """``value`` as this setting stores it; text is read as a person would type it.

        Raises:
            InputError: It can't be used.
        """
        if self.kind == "bool":
            return self._check_bool(value)
        if self.kind == "int":
            return self._check_int(value)
        if not isinstance(value, str):
            raise InputError(_("{key} must be text, not {value!r}.").format(key=self.key, value=value))
        if self.kind == "folder":
            return self._check_folder(value)
        if self.kind == "address":
            return self._check_address(value)
        if self.kind == "cluster":
            from studio.cluster.address import check_address

            return check_address(value) if value.strip() else ""
        known = [choice.value for choice in self.choices()]
        if value not in known:
            raise InputError(
                _("{key} can't be {value!r}.").format(key=self.key, value=value),
                _("Choose one of: {names}.").format(names=", ".join(known)),
            )
        return value

    def _check_bool(self, value: object) -> bool:
        words = {
            "true": True,
            "yes": True,
            "on": True,
            "1": True,
            "false": False,
            "no": False,
            "off": False,
            "0": False,
        }
        found = words.get(str(value).lower())
        if found is None:
            raise InputError(_("{key} must be yes or no, not {value!r}.").format(key=self.key, value=value))
        return found

    def _check_int(self, value: object) -> int:
        try:
            number = int(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or not self.low <= number <= self.high:
            raise InputError(
                _("{key} must be a whole number from {low} to {high}, not {value!r}.").format(
                    key=self.key, low=self.low, high=self.high, value=value
                )
            )
        return number

    def _check_folder(self, value: str) -> str:
        if not value.strip():
            return ""
        folder = Path(value.strip()).expanduser().absolute()
        if folder.exists() and not folder.is_dir():
            raise InputError(_("{path} is a file, not a folder.").format(path=folder))
        return str(folder)

    def _check_address(self, value: str) -> str:
        given = value.strip().rstrip("/")
        if not given:
            return ""
        try:
            parts = urlsplit(given)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable or any(character.isspace() or not character.isprintable() for character in given):
            raise InputError(
                _("{value!r} is no web address.").format(value=value),
                _("It begins with https:// or http://, such as https://huggingface.co."),
            )
        return given


#: Languages are named in themselves, so that everyone finds their own.
_LANGUAGE_NAMES = {"en": "English", "zh_CN": "简体中文"}


def _languages() -> tuple[Choice, ...]:
    named = (Choice(code, _LANGUAGE_NAMES.get(code, code)) for code in languages())
    return (Choice("system", N_("As the system")), *named)


def _themes() -> tuple[Choice, ...]:
    return (Choice("system", N_("As the system")), Choice("light", N_("Light")), Choice("dark", N_("Dark")))


def _devices() -> tuple[Choice, ...]:
    from studio.providers import all_providers

    return tuple(Choice(p.id, p.title) for p in all_providers() if sys.platform in p.platforms)


def _motions() -> tuple[Choice, ...]:
    return (
        Choice("system", N_("As the system")),
        Choice("full", N_("All")),
        Choice("reduced", N_("As little as possible")),
    )


APPEARANCE = N_("Appearance")
RUNNING = N_("Running models")
FOLDERS = N_("Folders")
DOWNLOADS = N_("Downloads")
PRIVACY = N_("Privacy")

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "language",
        "choice",
        "system",
        APPEARANCE,
        N_("Language"),
        N_("The language of the studio. Models answer in the languages they were made for."),
        _languages,
        variable="STUDIO_LANGUAGE",
    ),
    Setting("theme", "choice", "system", APPEARANCE, N_("Theme"), N_("Light or dark colours."), _themes),
    Setting("motion", "choice", "system", APPEARANCE, N_("Motion"), N_("How much moves on the screen."), _motions),
    Setting(
        "device",
        "choice",
        "cpu",
        RUNNING,
        N_("Device for new candidates"),
        N_("Where a model runs when you add it to a comparison. Each candidate can be moved to another device."),
        _devices,
    ),
    Setting(
        "threads",
        "int",
        0,
        RUNNING,
        N_("Threads"),
        N_("How many processor threads one model uses; 0 means one for each core, which is mostly the fastest."),
        low=0,
        high=256,
    ),
    Setting(
        "loaded_memory_mb",
        "int",
        0,
        RUNNING,
        N_("Memory for loaded models"),
        N_("Models stay loaded between runs up to this much memory; 0 means as much as the computer can spare."),
        low=0,
        high=4_000_000,
        unit=N_("MB"),
    ),
    Setting(
        "cluster",
        "cluster",
        "",
        RUNNING,
        N_("Ray cluster"),
        N_("Where evaluations can run as well: HOST:PORT on one of its nodes, ray://HOST:10001 elsewhere, or local."),
    ),
    Setting(
        "library",
        "folder",
        "",
        FOLDERS,
        N_("Models"),
        N_("The folder that added models are kept in. Models that are there already are found at once."),
        variable="STUDIO_LIBRARY",
    ),
    Setting(
        "hub",
        "address",
        "",
        DOWNLOADS,
        N_("Address of the Hub"),
        N_("Where models are looked up and downloaded: a mirror or your company's own. Empty means huggingface.co."),
        variable="HF_ENDPOINT",
    ),
    Setting(
        "proxy",
        "address",
        "",
        DOWNLOADS,
        N_("Proxy"),
        N_("The way to the internet in a company's network, such as http://proxy:8080. Empty means as the system."),
        variable="HTTPS_PROXY",
    ),
    Setting(
        "offline",
        "bool",
        False,
        PRIVACY,
        N_("Never use the network"),
        N_(
            "Nothing you type and no answer leaves this computer, unless you add an endpoint on another computer and "
            "send to it. Otherwise the network is used for one thing only, finding and downloading models when you ask "
            "for it. This turns both off; endpoints on this computer go on answering."
        ),
    ),
)

#: The environment as the process was started with, before `Settings.apply` wrote to it.
_GIVEN = {s.variable: os.environ[s.variable] for s in SETTINGS if s.variable and os.environ.get(s.variable)}


def find_setting(key: str) -> Setting:
    """The setting of that name.

    Raises:
        UnknownNameError: There is none.
    """
    for setting in SETTINGS:
        if setting.key == key:
            return setting
    raise UnknownNameError(
        _("There is no setting {key!r}.").format(key=key),
        _("Choose one of: {names}.").format(names=", ".join(setting.key for setting in SETTINGS)),
    )


class Settings:
    """The values in force, and where they are kept.

    Args:
        file: Where they are kept; where None, ``STUDIO_SETTINGS`` names it, or it is the system's place for settings.
        environment: What the environment sets, by variable; where None, as the process was started with.

    Attributes:
        notice: A sentence for the user where the file was damaged and set aside; else empty.
    """

    def __init__(self, file: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.file = file or settings_file()
        self.notice = ""
        self._environment = _GIVEN if environment is None else environment
        self._callbacks: list[Callable[[str], None]] = []
        self._written_variables: set[str] = set()
        self._stored = self._read()

    def value(self, key: str) -> Any:
        """The value in force, of the type of the setting's default. Raises `UnknownNameError`: no such setting."""
        return self._with_source(find_setting(key))[0]

    def source(self, key: str) -> Source:
        """Where that value comes from. Raises `UnknownNameError`: no such setting."""
        return self._with_source(find_setting(key))[1]

    def _with_source(self, setting: Setting) -> tuple[str | bool | int, Source]:
        # A value that can't be used, from whichever place, counts as not given.
        if setting.variable and self._environment.get(setting.variable):
            with contextlib.suppress(InputError):
                return setting.check(self._environment[setting.variable]), "environment"
        if setting.key in self._stored:
            with contextlib.suppress(InputError):
                return setting.check(self._stored[setting.key]), "file"
        return setting.default, "default"

    def set(self, key: str, value: object) -> None:
        """Choose a value and store it; the default is stored by forgetting the choice.

        Raises:
            UnknownNameError: No such setting.
            InputError: The value can't be used.
            SettingsError: It can't be stored.
        """
        setting = find_setting(key)
        checked = setting.check(value)
        # Read again: a terminal and a window may both be open. What this version does not know stays.
        stored = self._read()
        stored.pop(key, None)
        if checked != setting.default:
            stored[key] = checked
        self._write(stored)
        self._stored = stored
        for callback in tuple(self._callbacks):
            callback(key)

    def reset(self, key: str) -> None:
        """Go back to the default. Raises as `set`."""
        self.set(key, find_setting(key).default)

    def on_change(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call ``callback`` with the key after every `set`; the function returned ends that."""
        self._callbacks.append(callback)

        def forget() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return forget

    def apply(self) -> None:
        """Make language, folder of models and privacy take effect in this process and in those it starts."""
        language = self.value("language")
        set_language(system_language() if language == "system" else language)
        self._export("STUDIO_LIBRARY", str(self.value("library")))
        self._export("HF_ENDPOINT", str(self.value("hub")))
        if self.source("proxy") != "environment":
            for variable in ("HTTPS_PROXY", "HTTP_PROXY"):
                self._export(variable, str(self.value("proxy")))
        self._export("HF_HUB_OFFLINE", "1" if self.value("offline") else "")

    def _export(self, variable: str, value: str) -> None:
        if value:
            os.environ[variable] = value
            self._written_variables.add(variable)
        elif variable in self._written_variables:
            # Only what was written here is taken back: the user's own variables stay.
            os.environ.pop(variable, None)
            self._written_variables.discard(variable)

    def _read(self) -> dict[str, Any]:
        try:
            data = json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.notice = _("The settings in {path} can't be read, so the defaults are used: {reason}.").format(
                path=self.file, reason=error.strerror or error
            )
            return {}
        except (ValueError, RecursionError):
            data = None
        if isinstance(data, dict):
            return data
        self._set_aside()
        return {}

    def _set_aside(self) -> None:
        self.notice = _("The settings file was damaged, so the defaults are used. It is kept as {name}.").format(
            name=set_aside(self.file)
        )

    def _write(self, stored: Mapping[str, Any]) -> None:
        try:
            write_whole(self.file, json.dumps(stored, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
        except OSError as error:
            raise SettingsError(
                _("The setting could not be stored: {reason}.").format(reason=error.strerror or error),
                _("Check that there is room, and that you may write to {folder}.").format(folder=self.file.parent),
                str(error),
            ) from error


def settings_file() -> Path:
    """Where settings are kept: ``STUDIO_SETTINGS``, or the system's place for them."""
    given = os.environ.get("STUDIO_SETTINGS", "")
    if given:
        return Path(given).expanduser()
    from platformdirs import user_config_dir

    return Path(user_config_dir("prototype-studio", appauthor=False)) / "settings.json"

"""Settings: declared once, stored only where they differ, never lost, never in the way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from studio.domain import i18n
from studio.domain.errors import InputError, SettingsError, UnknownNameError
from studio.services import settings as settings_module
from studio.services.settings import SETTINGS, Setting, Settings, find_setting


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


@pytest.fixture
def settings(file: Path) -> Settings:
    return Settings(file, {})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_declarations_are_complete(setting: Setting, settings: Settings) -> None:
    assert setting.title
    assert setting.help.endswith(".")
    assert setting.section
    assert setting.check(setting.default) == setting.default
    assert settings.value(setting.key) == setting.default
    assert settings.source(setting.key) == "default"
    assert all(choice.title for choice in setting.choices())
    assert (setting.kind == "choice") == bool(setting.choices())


def test_keys_are_unique_and_found() -> None:
    assert len({setting.key for setting in SETTINGS}) == len(SETTINGS)
    with pytest.raises(UnknownNameError, match="theme"):
        find_setting("colour")


def test_only_what_differs_is_stored(settings: Settings, file: Path) -> None:
    assert not file.exists()
    settings.set("theme", "dark")
    settings.set("threads", "4")
    settings.set("offline", "yes")
    assert json.loads(file.read_text()) == {"theme": "dark", "threads": 4, "offline": True}
    settings.set("theme", "system")
    settings.reset("offline")
    assert json.loads(file.read_text()) == {"threads": 4}
    again = Settings(file, {})
    assert (again.value("threads"), again.source("threads")) == (4, "file")
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theme", "blue"),
        ("theme", 3),
        ("theme", None),
        ("threads", "many"),
        ("threads", -1),
        ("threads", 257),
        ("threads", True),
        ("threads", 1.5),
        ("offline", "maybe"),
        ("offline", 2),
        ("library", __file__),
        ("library", 7),
        ("language", "tlh"),
    ],
)
def test_what_cannot_be_is_refused(settings: Settings, file: Path, key: str, value: object) -> None:
    with pytest.raises(InputError, match=key if key != "library" or value == 7 else "not a folder"):
        settings.set(key, value)
    assert not file.exists()


def test_folders_are_kept_whole(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings.set("library", "models here")
    assert settings.value("library") == str(tmp_path / "models here")
    settings.set("library", "  ")
    assert settings.source("library") == "default"


def test_two_programs_and_newer_keys_keep_each_others_changes(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"from_the_future": [1], "theme": "light"}')
    window, terminal = Settings(file, {}), Settings(file, {})
    terminal.set("threads", 2)
    window.set("theme", "dark")
    assert json.loads(file.read_text()) == {"from_the_future": [1], "theme": "dark", "threads": 2}
    assert window.value("threads") == 2


@pytest.mark.parametrize("content", [b"{bad", b"", b"[]", b"7", b"\xff\xfe\x00", b"[" * 200_000])
def test_a_damaged_file_is_set_aside(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    settings = Settings(file, {})
    assert "damaged" in settings.notice
    assert settings.value("theme") == "system"
    settings.set("theme", "dark")
    kept = [path for path in file.parent.iterdir() if path != file]
    assert [path.read_bytes() for path in kept] == [content]
    assert Settings(file, {}).value("theme") == "dark"


def test_values_that_cannot_be_used_count_as_not_given(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"theme": "blue", "threads": "x", "offline": [], "library": 3, "device": "abacus"}')
    settings = Settings(file, {"STUDIO_LANGUAGE": "tlh"})
    for setting in SETTINGS:
        assert (settings.value(setting.key), settings.source(setting.key)) == (setting.default, "default")


def test_the_environment_wins_and_is_not_stored(file: Path, tmp_path: Path) -> None:
    settings = Settings(file, {"STUDIO_LANGUAGE": "en", "STUDIO_LIBRARY": str(tmp_path)})
    settings.set("library", str(tmp_path / "other"))
    assert (settings.value("library"), settings.source("library")) == (str(tmp_path), "environment")
    assert (settings.value("language"), settings.source("language")) == ("en", "environment")
    assert json.loads(file.read_text()) == {"library": str(tmp_path / "other")}


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    settings = Settings(tmp_path / "config" / "settings.json", {})
    with pytest.raises(SettingsError) as caught:
        settings.set("theme", "dark")
    assert str(tmp_path / "config") in caught.value.next_step
    assert settings.value("theme") == "system"


def test_a_write_that_fails_leaves_the_old_file(
    settings: Settings, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.set("theme", "dark")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="No space"):
        settings.set("threads", 3)
    assert json.loads(file.read_text()) == {"theme": "dark"}
    assert list(file.parent.iterdir()) == [file]


def test_changes_are_heard(settings: Settings) -> None:
    heard: list[str] = []
    forget = settings.on_change(heard.append)
    settings.set("theme", "dark")
    with pytest.raises(InputError):
        settings.set("theme", "blue")
    settings.reset("theme")
    forget()
    settings.set("theme", "light")
    assert heard == ["theme", "theme"]


def test_applied_settings_reach_processes_started_later(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("STUDIO_LANGUAGE", "STUDIO_LIBRARY", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    monkeypatch.setattr(settings_module, "system_language", lambda: "en")
    settings.apply()
    assert "HF_HUB_OFFLINE" not in os.environ
    assert "STUDIO_LIBRARY" not in os.environ
    assert i18n.language() == "en"
    settings.set("library", str(tmp_path))
    settings.set("offline", True)
    settings.apply()
    assert os.environ["STUDIO_LIBRARY"] == str(tmp_path)
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    settings.reset("library")
    settings.reset("offline")
    settings.apply()
    assert "STUDIO_LIBRARY" not in os.environ
    assert "HF_HUB_OFFLINE" not in os.environ


def test_the_users_own_variables_stay(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("STUDIO_LANGUAGE", "en")
    settings.apply()
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_languages_are_named_in_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_module, "languages", lambda: ("en", "zh_CN"))
    assert [choice.title for choice in find_setting("language").choices()] == ["As the system", "English", "简体中文"]


@pytest.mark.parametrize("address", ["https://hub.example/", "http://proxy:8080", " https://hub.example/path "])
def test_addresses(address: str, settings: Settings) -> None:
    settings.set("hub", address)
    assert settings.value("hub") == address.strip().rstrip("/")
    settings.set("hub", "")
    assert settings.source("hub") == "default"


@pytest.mark.parametrize(
    "address", ["hub.example", "ftp://hub.example", "https://", "https://a b", "http://x:99999", 3]
)
def test_what_is_no_address(address: object, settings: Settings) -> None:
    with pytest.raises(InputError):
        settings.set("hub", address)


def test_a_mirror_and_a_proxy_take_effect_and_are_taken_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_ENDPOINT", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    settings.set("hub", "https://mirror.example")
    settings.set("proxy", "http://proxy:8080")
    settings.apply()
    assert os.environ["HF_ENDPOINT"] == "https://mirror.example"
    assert os.environ["HTTPS_PROXY"] == os.environ["HTTP_PROXY"] == "http://proxy:8080"
    settings.reset("hub")
    settings.reset("proxy")
    settings.apply()
    assert not {"HF_ENDPOINT", "HTTPS_PROXY", "HTTP_PROXY"} & set(os.environ)


def test_a_proxy_of_the_environment_is_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://company:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://other:3128")
    given = Settings(file, {"HTTPS_PROXY": "http://company:3128"})
    given.set("proxy", "http://mine:1")
    given.apply()
    assert given.value("proxy") == "http://company:3128"
    assert os.environ["HTTP_PROXY"] == "http://other:3128"

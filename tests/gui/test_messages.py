"""Every sentence of the studio is there in every language, with the same placeholders."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from studio.domain import i18n
from studio.domain.po import Catalogue, Entry, read_entries
from studio.gui.screens import all_screens
from studio.providers import all_providers
from studio.services.settings import SETTINGS
from studio.tasks import all_tasks
from tests.messages import LOCALE, collect

PO_FILES = sorted(LOCALE.glob("*.po"))


def _placeholders(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def _entries(path: Path) -> dict[str, Entry]:
    return {entry.message: entry for entry in read_entries(path)}


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.stem)
def test_every_sentence_is_translated(path: Path) -> None:
    entries = _entries(path)
    lacking = [
        f"{message.places[0]}: {message.text}"
        for message in collect().values()
        if message.text not in entries or not all(entries[message.text].translations) or entries[message.text].fuzzy
    ]
    assert lacking == [], "run `make messages` and translate these"


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.stem)
def test_translations_keep_the_placeholders(path: Path) -> None:
    for entry in _entries(path).values():
        if entry.message:
            wanted = _placeholders(entry.message) | _placeholders(entry.plural)
            for translation in filter(None, entry.translations):
                assert _placeholders(translation) == wanted, entry.message


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.stem)
def test_nothing_is_kept_that_the_code_no_longer_says(path: Path) -> None:
    assert set(_entries(path)) - {""} - set(collect()) == set(), "run `make messages`"


def test_declarations_are_marked() -> None:
    """Titles and helps of tasks, options, samples, settings, providers and screens are in the catalogue."""
    said = set()
    for task in all_tasks():
        said |= {task.title, task.purpose}
        said |= {text for field in task.inputs for text in (field.title, field.placeholder)}
        said |= {text for option in task.options for text in (option.title, option.help)}
        said |= {sample.title for sample in task.samples}
    for setting in SETTINGS:
        said |= {setting.title, setting.help, setting.section, setting.unit}
    for provider in all_providers():
        said |= {provider.title, provider.needs}
    said |= {screen.title for screen in all_screens()}
    assert said - {""} - set(collect()) == set()


def test_language_changes_while_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_LANGUAGE", "en")
    assert i18n._("Settings") == "Settings"
    i18n.set_language("zh_CN")
    assert i18n._("Settings") == "设置"
    assert i18n.language() == "zh_CN"
    i18n.set_language("no such language")
    assert i18n._("Settings") == "Settings"


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [
        ("zh_CN", "zh_CN"),
        ("zh-Hans-CN", "zh_CN"),
        ("zh_TW.UTF-8", "zh_CN"),
        ("de_DE", "en"),
        ("en_GB", "en"),
        ("", "en"),
    ],
)
def test_closest_language(wanted: str, spoken: str) -> None:
    assert i18n.best_language(wanted) == spoken


def test_po_reader(tmp_path: Path) -> None:
    path = tmp_path / "xx.po"
    path.write_text(
        'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        '#: a.py\n#, fuzzy\nmsgid "guess"\nmsgstr "raten"\n'
        'msgid "one"\nmsgstr ""\n"ei"\n"ns\\n"\n\n'
        'msgid "{n} row"\nmsgid_plural "{n} rows"\nmsgstr[0] "{n} Zeile"\nmsgstr[1] "{n} Zeilen"\n',
        encoding="utf-8",
    )
    catalogue = Catalogue(read_entries(path))
    assert catalogue.message("one") == "eins\n"
    assert catalogue.message("guess") == "guess"
    assert catalogue.message("unknown") == "unknown"
    assert [catalogue.plural("{n} row", "{n} rows", n) for n in (1, 2)] == ["{n} Zeile", "{n} Zeilen"]
    assert [catalogue.plural("{n} cat", "{n} cats", n) for n in (1, 2)] == ["{n} cat", "{n} cats"]


def test_po_reader_names_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "xx.po"
    path.write_text('msgid "a"\nmsgstr "b"\n\nnonsense\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"xx\.po, line 4"):
        read_entries(path)

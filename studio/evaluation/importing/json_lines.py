"""JSONL: an object a line, and OpenAI's chat format, a conversation a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from studio.domain.dataset import BrokenRow, FileFormat
from studio.domain.i18n import _
from studio.evaluation.importing.columns import column_names
from studio.evaluation.importing.encoding import find_encoding
from studio.evaluation.importing.lines import LONGEST_LINE, Lines, is_undecodable
from studio.evaluation.importing.table import Table, broken, no_rows, problem

#: Columns that a conversation becomes.
CONVERSATION, EXPECTED = "messages", "expected"
_LOOKED_AT = 20
#: Objects of which a preview shows the keys.
_COLUMNS_OF = 1_000
#: Largest file that holds one JSON list instead of an object a line; it is read as a whole.
_LARGEST_LIST = 200_000_000
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}

Item = tuple[int, Any, str]


def open_json_lines(path: Path, encoding: str | None = None, whole: bool = True) -> Table:
    """A file of JSON objects, one a line (or all in one list). Nested values become their JSON text.

    Args:
        path: The file.
        encoding: Python's name of it; None finds it.
        whole: Whether the columns are those of all objects; else of the first ones, which is quick.

    Raises:
        InputError: There is no object in it, or its objects have too many different keys.
        OSError: It can't be read.
    """
    encoding = find_encoding(path) if encoding is None else encoding
    with closing(Lines(path, encoding)) as lines:
        sample = islice(_items(lines, path), _LOOKED_AT)
        first = [value for _line, value, _text in sample if isinstance(value, dict)]
    if not first:
        raise no_rows(path)
    chat = sum(_is_conversation(value) for value in first) > len(first) / 2
    with closing(Lines(path, encoding)) as lines:
        keys = _keys(islice(_items(lines, path), None if whole else _COLUMNS_OF), chat)
    columns = column_names(keys)
    reading = Lines(path, encoding)
    form = FileFormat("chat-jsonl" if chat else "jsonl", encoding)
    return Table(form, columns, _rows(_items(reading, path), keys, chat), reading.fraction, reading.close)


def looks_like_json(text: str) -> bool:
    """Whether a file's first characters are those of a JSON object or of a list of objects."""
    begun = text.lstrip("\ufeff \t\r\n")
    return begun.startswith("{") or (begun.startswith("[") and begun[1:].lstrip()[:1] == "{")


def _items(lines: Lines, path: Path) -> Iterator[Item]:
    """Every value with its line and text; a `ValueError` in its place where it is no JSON."""
    begun = False
    for line in lines:
        text = line.strip("\ufeff \t\r\n")
        if not text:
            continue
        if not begun and text.startswith("[") and path.stat().st_size < _LARGEST_LIST:
            number = lines.line
            listed = _value(line + "".join(lines))
            if isinstance(listed, list):
                # Lines inside a list mean nothing: its objects are counted instead.
                yield from ((number, value, json.dumps(value)[:1000]) for number, value in enumerate(listed, 1))
            else:
                yield number, listed, text
            return
        begun = True
        yield lines.line, _value(text), text


def _value(text: str) -> Any:
    if len(text) >= LONGEST_LINE:
        return ValueError(_("The line is longer than {n} characters.").format(n=f"{LONGEST_LINE:,}"))
    if is_undecodable(text):
        return ValueError(_("It contains bytes that this encoding does not have."))
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        return ValueError(_("It is no JSON: {reason}, at character {at}.").format(reason=error.msg, at=error.pos + 1))
    except (ValueError, RecursionError):
        return ValueError(_("It is no JSON that can be read."))


def _keys(items: Iterator[Item], chat: bool) -> list[str]:
    names: dict[str, None] = dict.fromkeys((CONVERSATION, EXPECTED)) if chat else {}
    for _line, value, _text in items:
        if isinstance(value, dict):
            names.update(dict.fromkeys(key for key in value if not (chat and key == CONVERSATION)))
    return list(names)


def _rows(items: Iterator[Item], keys: Sequence[str], chat: bool) -> Iterator[tuple[str, ...] | BrokenRow]:
    for line, value, text in items:
        if isinstance(value, ValueError):
            yield broken(line, str(value), text)
            continue
        if not isinstance(value, dict):
            yield broken(line, _("It is no JSON object with names and values."), text)
            continue
        fields = {name: _cell(item) for name, item in value.items()}
        if chat:
            turns = _turns(value.get("messages"))
            if isinstance(turns, str):
                yield broken(line, turns, text)
                continue
            fields = {**fields, CONVERSATION: turns[0], EXPECTED: turns[1]}
        cells = [fields.get(name, "") for name in keys]
        reason = problem(cells)
        if reason:
            yield broken(line, reason, text)
        elif any(cells):
            yield tuple(cells)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value, ensure_ascii=False)


# -- conversations -------------------------------------------------------------------------------------------------


def _is_conversation(value: dict[str, Any]) -> bool:
    turns = value.get("messages")
    return isinstance(turns, list) and bool(turns) and all(isinstance(t, dict) and "role" in t for t in turns)


def _turns(value: Any) -> tuple[str, str] | str:
    """What the model is asked and the expected answer; or why the conversation can't be used."""
    if not isinstance(value, list) or not value:
        return _("It has no messages.")
    turns = []
    for turn in value:
        if not isinstance(turn, dict) or turn.get("role") not in _ROLES:
            role = turn.get("role") if isinstance(turn, dict) else turn
            return _("A message has the role {role!r}; only system, user and assistant are read.").format(
                role=str(role)[:40]
            )
        content = _content(turn.get("content"))
        if content is None:
            return _("A message holds something other than text, such as an image.")
        turns.append({"role": _ROLES[turn["role"]], "content": content})
    answer = max((place for place, turn in enumerate(turns) if turn["role"] == "assistant"), default=None)
    expected = "" if answer is None else turns[answer]["content"]
    asked = turns[:answer]
    if not asked or asked[-1]["role"] != "user":
        return _("There is no message of a user before the answer.")
    only = asked[0]["content"]
    if len(asked) == 1 and not only.lstrip().startswith("["):
        # A single question is read as plain text, which people can read as well.
        return only, expected
    return json.dumps(asked, ensure_ascii=False), expected


def _content(value: Any) -> str | None:
    """The text of a message; parts are put together. None where a part is no text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(p, dict) and isinstance(p.get("text"), str) for p in value):
        return "\n".join(part["text"] for part in value)
    return None

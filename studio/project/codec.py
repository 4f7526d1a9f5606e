"""Frozen dataclasses to JSON and back. What comes back from a file may be anyone's, so every type is checked."""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union

from studio.domain.errors import DamagedProjectError, ProjectError
from studio.domain.i18n import _
from studio.domain.prediction import Findings, FoundPassage, GeneratedText, Labels, Number, Transcript
from studio.domain.task import Message

T = TypeVar("T")

#: Longest JSON document that is written or read, in characters.
LONGEST = 8 * 1024 * 1024
#: Dataclasses that stand for one another carry their kind; a new kind of output is a line here.
_KINDS: Mapping[str, type] = {
    "labels": Labels,
    "text": GeneratedText,
    "passage": FoundPassage,
    "findings": Findings,
    "number": Number,
    "transcript": Transcript,
    "message": Message,
}
_KIND_OF = {kind: name for name, kind in _KINDS.items()}
#: JSON has no word for these.
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(value: object) -> str:
    """JSON of plain values, mappings, tuples and dataclasses of them.

    Raises:
        ProjectError: It is longer than a project takes.
    """
    # ASCII only: lone surrogates, which text from models and clipboards can hold, have no UTF-8.
    text = json.dumps(_plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    if len(text) > LONGEST:
        raise ProjectError(
            _("This is too long to be kept in a project ({size} million characters).").format(size=len(text) // 10**6),
            _("Use a shorter text."),
        )
    return text


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        kind = _KIND_OF.get(type(value))
        return {"kind": kind, **fields} if kind else fields
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"{type(value).__name__} can't be stored in a project")


def decode(kind: type[T], text: str) -> T:
    """The dataclass (or plain type) that ``text`` holds.

    Raises:
        DamagedProjectError: It is no JSON, or not that of a ``kind``.
    """
    return typing.cast(T, _read(kind, text))


def decode_mapping(text: str) -> dict[str, Any]:
    """Options, inputs or facts: text, numbers, yes or no, nothing, lists of texts, and turns of a conversation.

    Raises:
        DamagedProjectError: It is no JSON object of those.
    """
    return typing.cast(dict[str, Any], _read(Mapping[str, Any], text))


def _read(hint: Any, text: str) -> Any:
    try:
        if len(text) > LONGEST:
            raise ValueError(f"{len(text)} characters")
        return _build(hint, json.loads(text), "")
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise damaged(f"{getattr(hint, '__name__', hint)}: {error}; {text[:200]!r}") from error


def damaged(detail: str) -> DamagedProjectError:
    """The sentence for a value that no studio wrote."""
    return DamagedProjectError(
        _("The project holds something that can't be read, so it is damaged or was changed by another program."),
        _("Open an earlier copy if you have one; the file stays as it is."),
        detail,
    )


def _build(hint: Any, value: Any, where: str) -> Any:
    if hint is Any:
        return _build_any(value, where)
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return _build_union(arguments, value, where)
    if origin is Literal:
        return _expect(value in arguments and isinstance(value, str), value, where)
    if origin is tuple:
        _expect(isinstance(value, list), value, where)
        return tuple(_build(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        _expect(isinstance(value, dict), value, where)
        return {key: _build(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return _build_dataclass(hint, value, where)
    if hint is float:
        if isinstance(value, dict) and len(value) == 1 and value.get("float") in _NOT_FINITE:
            return _NOT_FINITE[value["float"]]
        return float(_expect(isinstance(value, (int, float)) and not isinstance(value, bool), value, where))
    if hint is int:
        return _expect(isinstance(value, int) and not isinstance(value, bool), value, where)
    return _expect(isinstance(value, hint), value, where)


def _build_union(members: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in members:
        return None
    kinds = [member for member in members if member is not type(None)]
    if len(kinds) == 1:
        return _build(kinds[0], value, where)
    if isinstance(value, dict) and isinstance(value.get("kind"), str) and _KINDS.get(value["kind"]) in kinds:
        return _build_dataclass(_KINDS[value["kind"]], value, where)
    for kind in kinds:
        # int before float would turn 1.0 into an error, float before int 1 into 1.0: exact types first.
        if type(value) is kind:
            return value
    if float in kinds:
        return _build(float, value, where)
    raise ValueError(f"{where} is {value!r:.80}")


def _build_dataclass(kind: Any, value: Any, where: str) -> Any:
    _expect(isinstance(value, dict), value, where)
    hints = _hints(kind)
    unknown = set(value) - set(hints) - ({"kind"} if kind in _KIND_OF else set())
    if unknown:
        raise ValueError(f"{where} has unknown {sorted(unknown)!r:.80}")
    return kind(**{name: _build(hints[name], item, f"{where}.{name}") for name, item in value.items() if name in hints})


def _build_any(value: Any, where: str) -> Any:
    """A value of an option or an input, whose type the task knows and the project does not."""
    if isinstance(value, list):
        return tuple(_build_any(item, where) for item in value)
    if isinstance(value, dict):
        return _build_union((Message, float), value, where)
    return value


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _expect(right: bool, value: Any, where: str) -> Any:
    if not right:
        raise ValueError(f"{where} is {value!r:.80}")
    return value

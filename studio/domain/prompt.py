"""Prompt templates: text with variables such as ``{{name}}``, filled from a form or from the columns of a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from studio.domain.errors import InputError
from studio.domain.i18n import _

#: The variable that stands for the main text.
TEXT = "text"
_VARIABLE = re.compile(r"\{\{\s*([^{}\n]{1,100}?)\s*\}\}")


def variables_in(*templates: str) -> tuple[str, ...]:
    """The names between double braces, each once, in their order."""
    return tuple(dict.fromkeys(name for template in templates for name in _VARIABLE.findall(template)))


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with every variable replaced. What a value says is never read as a template.

    Raises:
        InputError: A variable has no value.
    """
    missing = [name for name in variables_in(template) if not values.get(name, "").strip()]
    if missing:
        raise InputError(
            _("{name} in the prompt has no value.").format(name="{{" + missing[0] + "}}"),
            _("Fill it in, or take it out of the prompt."),
        )
    return _VARIABLE.sub(lambda found: values[found.group(1)], template)


def pairs(lines: Iterable[str]) -> dict[str, str]:
    """``name=value`` lines as a mapping; a line without an equals sign is left out."""
    split = (line.partition("=") for line in lines)
    return {name.strip(): value.strip() for name, equals, value in split if equals and name.strip()}

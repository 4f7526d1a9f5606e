"""Valid JSON: the answer can be read by a program, and has the shape that a schema asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from studio.domain.errors import InputError
from studio.domain.i18n import N_, _
from studio.domain.metric import MetricInfo
from studio.metrics._metric import Answers, Measured, Metric, mean_of


def _measure(answers: Answers, options: Mapping[str, str]) -> Measured:
    schema = options.get("schema", "")
    if not schema.strip() and not any(text and text.lstrip().startswith(("{", "[")) for text in answers.texts):
        # Nobody asked for JSON, and nobody wrote any.
        return None
    fits = _checker(schema)
    return mean_of([float(text is not None and _valid(text, fits)) for text in answers.texts], share=True)


def _checker(schema: str) -> Callable[[Any], bool]:
    if not schema.strip():
        return lambda _value: True
    import jsonschema
    import referencing

    try:
        wanted = json.loads(schema)
        kind = jsonschema.validators.validator_for(wanted)
        kind.check_schema(wanted)
    except (ValueError, RecursionError, jsonschema.SchemaError) as error:
        raise InputError(
            _("This is no JSON schema."), _("See json-schema.org for how to write one."), str(error)
        ) from error
    # With an empty registry, a reference to another address is an error; without one, it would be fetched.
    validator = kind(wanted, registry=referencing.Registry())

    def fits(value: Any) -> bool:
        try:
            return bool(validator.is_valid(value))
        except Exception as error:
            raise InputError(_("The JSON schema can't be applied."), detail=str(error)) from error

    return fits


def _valid(text: str, fits: Callable[[Any], bool]) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return fits(value)


METRIC = Metric(
    MetricInfo(
        "json_valid",
        N_("Valid JSON"),
        N_("valid JSON"),
        N_("Share of answers that are one JSON document, and fit the JSON schema where one is given."),
        needs_reference=False,
        options={"schema": ""},
    ),
    "text",
    _measure,
    rowwise=True,
)

"""The open set of input fields: one file for each kind (or a few kinds), found by being in this folder.

A file declares ``INPUT``. A kind that has none is typed as text.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtWidgets import QWidget

from studio.domain.open_set import declared
from studio.domain.task import Field
from studio.gui.widgets.inputs._field import Input, InputField

__all__ = ["Input", "InputField", "all_inputs", "input_for", "shown_value"]


@lru_cache(maxsize=1)
def all_inputs() -> tuple[Input, ...]:
    """Every input field."""
    return tuple(declared(__name__, "INPUT"))


def shown_value(field: Field, value: str) -> QWidget | None:
    """A widget that shows a value of a field; None where its text says all."""
    show = next((each.show for each in all_inputs() if field.kind in each.kinds), None)
    return show(value) if show is not None else None


def input_for(field: Field) -> InputField:
    """A new widget for a field."""
    build = next((each.build for each in all_inputs() if field.kind in each.kinds), None)
    if build is None:
        from studio.gui.widgets.inputs.text import TextInput

        return TextInput(field)
    return build(field)

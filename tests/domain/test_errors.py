"""Errors keep what they carry on their way through processes."""

from __future__ import annotations

import pickle

import pytest

from studio.domain.errors import ConversionError, Failure, InputError, OutOfMemory, StudioError, UnknownNameError


def test_an_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(UnknownNameError("No model x.", "Add it.", "trace")))
    assert type(error) is UnknownNameError
    assert (error.message, error.next_step, error.detail) == ("No model x.", "Add it.", "trace")


def test_its_text_is_the_sentence_and_the_next_step() -> None:
    assert str(InputError("It is empty.", "Type a text.")) == "It is empty. Type a text."
    assert str(InputError("It is empty.")) == "It is empty."


def test_a_failure_becomes_the_same_error_again() -> None:
    failure = Failure.of(ConversionError("It failed.", "Try again.", "why"))
    again = failure.to_error()
    assert type(again) is ConversionError
    assert (again.message, again.next_step, again.detail) == ("It failed.", "Try again.", "why")


def test_detail_given_to_a_failure_is_used_only_where_the_error_has_none() -> None:
    assert Failure.of(StudioError("x", detail="own"), "other").detail == "own"
    assert Failure.of(StudioError("x"), "other").detail == "other"


@pytest.mark.parametrize(("error", "kind"), [(MemoryError(), "OutOfMemory"), (KeyError("k"), "InternalError")])
def test_foreign_errors_are_explained(error: Exception, kind: str) -> None:
    failure = Failure.of(error)
    assert failure.kind == kind
    assert failure.message.endswith(".")
    assert failure.next_step


def test_unknown_kinds_become_the_common_error() -> None:
    assert type(Failure("Nonsense", "x").to_error()) is StudioError
    assert type(Failure("OutOfMemory", "x").to_error()) is OutOfMemory

"""Parts of beam search that need no model; the search itself is compared with transformers in test_seq2seq_parity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.runtime.beam import finish_reason, largest
from studio.runtime.score_rules import GenerationSettings, rules_of, settings_of


@given(st.integers(1, 900), st.integers(1, 20), st.integers(0, 2**32 - 1), st.booleans())
def test_largest_are_those_of_a_full_sort(length: int, wanted: int, seed: int, ties: bool) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 5, length).astype(np.float32) if ties else random.normal(size=length).astype(np.float32)
    values[random.random(length) < 0.2] = -np.inf
    wanted = min(wanted, length)
    np.testing.assert_array_equal(largest(values, wanted), np.argsort(-values, kind="stable")[:wanted])


def test_an_end_that_the_limit_forced_is_no_end_of_its_own() -> None:
    settings = GenerationSettings(start=(0,), ends=frozenset({2}), limit=3, forced_last=(2,))
    assert finish_reason((5, 2), settings) == "stop"
    assert finish_reason((5, 6, 2), settings) == "length"
    assert finish_reason((5, 6, 7), settings) == "length"


def test_options_go_before_the_models_own_settings() -> None:
    own = {"num_beams": 4, "length_penalty": 0.6, "bad_words_ids": [[9], [2], [3, 4]], "early_stopping": True}
    settings = settings_of(own, {"num_beams": None, "length_penalty": 0.0}, 0, frozenset({2}), 10, None)
    assert (settings.num_beams, settings.length_penalty, settings.early_stopping) == (4, 0.0, True)
    # The end itself can't be a bad word.
    assert settings.bad_words == ((9,), (3, 4))


@pytest.mark.parametrize("words", [5, [5], ["no"], [[]], {"no": 1}])
def test_bad_words_of_a_damaged_configuration_are_none(words: object) -> None:
    settings = settings_of({"bad_words_ids": words}, {}, 0, frozenset({2}), 10, None)
    assert rules_of(settings, [1]) == () or settings.bad_words == ((5,),)


def test_a_model_without_rules_has_none() -> None:
    assert rules_of(GenerationSettings(start=(0,), ends=frozenset({2}), limit=3), [1, 2]) == ()

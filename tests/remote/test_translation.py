"""Translation and text generation by asking."""

from __future__ import annotations

import pytest

from studio.domain.errors import InputError
from studio.domain.running import ignore_text, never_cancelled
from studio.tasks import find_task
from tests.remote.conftest import Opener
from tests.remote.fault_server import FaultServer


def test_languages_are_named_as_models_know_them(opened: Opener, server: FaultServer) -> None:
    server.answers["good"] = "车站在哪里？"
    options = find_task("translation").resolve_options({"source_language": "en", "target_language": "zho"})
    found = opened("good", "translation").run({"text": "Where?"}, options, ignore_text, never_cancelled)
    assert found.output.text == "车站在哪里？"
    said = server.asked[-1]["messages"][-1]["content"]
    assert "from English into Chinese" in said and said.endswith("Where?")


def test_the_language_to_translate_into_must_be_known(opened: Opener, server: FaultServer) -> None:
    options = find_task("translation").resolve_options({})
    with pytest.raises(InputError, match="which language"):
        opened("good", "translation").run({"text": "Where?"}, options, ignore_text, never_cancelled)
    assert not server.asked


def test_a_prompt_template_is_filled_before_it_is_sent(opened: Opener, server: FaultServer) -> None:
    options = find_task("text-generation").resolve_options({"template": "For {{name}}: {{text}}"})
    inputs = {"text": "be polite {{x}}", "variables": ("name=Ada",)}
    opened("good", "text-generation").run(inputs, options, ignore_text, never_cancelled)
    assert server.asked[-1]["messages"] == [{"role": "user", "content": "For Ada: be polite {{x}}"}]


def test_other_use_cases_are_refused(opened: Opener) -> None:
    with pytest.raises(InputError, match="can't be done by an endpoint"):
        opened("good", "regression")

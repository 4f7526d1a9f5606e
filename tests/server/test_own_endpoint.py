"""The studio's server as an endpoint of the studio: the same model, asked over the protocol."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.endpoint import Endpoint
from studio.domain.prediction import GeneratedText, Labels
from studio.domain.task import Message
from studio.library.store import Library
from studio.services.candidates import resolve
from studio.services.comparison import compare
from studio.services.endpoints import ENDPOINTS, reach
from studio.services.pool import CandidatePool
from studio.tasks import find_task
from tests.server.conftest import ASSISTANT
from tests.services.endpoint_home import endpoint_home

# One process builds what they share.
pytestmark = pytest.mark.xdist_group("server")

_ASKED = ("I want to cancel order 4411", "Where is my refund?", "One oat latte, please")


@pytest.fixture
def own(url: str, tmp_path: Path) -> Iterator[Endpoint]:
    (tmp_path / "home").mkdir()
    with endpoint_home(tmp_path / "home"):
        yield ENDPOINTS.add(Endpoint("own", url, (ASSISTANT,)))


@pytest.fixture(scope="module")
def pool() -> Iterator[CandidatePool]:
    with CandidatePool() as made:
        yield made


@pytest.mark.parametrize("text", _ASKED)
def test_the_text_is_that_of_the_model_here(own: Endpoint, pool: CandidatePool, text: str) -> None:
    task, library = find_task("chat"), Library.open()
    both = [resolve(task, name, library) for name in (f"endpoint:own/{ASSISTANT}", ASSISTANT)]
    inputs = {"messages": (Message("user", text),)}
    there, here = compare(task, both, inputs, {"max_new_tokens": 60}, pool=pool).results
    assert there.failure is None and there.prediction is not None and here.prediction is not None
    one, other = there.prediction.output, here.prediction.output
    assert isinstance(one, GeneratedText) and isinstance(other, GeneratedText)
    assert one.text == other.text and one.finish_reason == other.finish_reason
    assert (one.prompt_tokens, one.output_tokens) == (other.prompt_tokens, other.output_tokens)
    assert there.measurement.network_s is not None and there.measurement.ttft_s is not None
    assert not there.candidate.leaves


def test_labels_are_asked_for_in_words_where_schemas_are_refused(own: Endpoint) -> None:
    # It is too small to sort texts; what matters is that it is asked in every way before it is given up.
    task = find_task("text-classification")
    named = [resolve(task, f"endpoint:own/{ASSISTANT}", Library.open())]
    options = {"choices": ("cancel order", "refund")}
    (found,) = compare(task, named, {"text": "cancel order"}, options).results
    if found.failure is None:
        assert found.prediction is not None and isinstance(found.prediction.output, Labels)
        assert math.isnan(found.prediction.output.scores[0].score)
    else:
        assert found.failure.kind == "EndpointAnswerError"


def test_its_models_are_found(own: Endpoint) -> None:
    assert ASSISTANT in reach(own).models
    assert reach(replace(own, base_url=f"{own.base_url}/")).network_s is not None


def test_an_address_without_its_end_is_told_the_whole_one(url: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with endpoint_home(tmp_path / "home"):
        found = reach(Endpoint("own", url.removesuffix("/v1")))
    assert found.models == () and f"lists its models at {url}: use that address" in found.sentence

"""Asking a real server on loopback that answers well, slowly, wrongly, without end, or not at all."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from studio.domain.errors import (
    EndpointAccessError,
    EndpointAnswerError,
    EndpointBusyError,
    EndpointError,
    Failure,
    InputError,
    StudioError,
)
from studio.domain.prediction import GeneratedText, Prediction, Usage
from studio.domain.running import ConcurrentRunner, Runner, ignore_text, never_cancelled
from studio.domain.task import Message
from studio.tasks import find_task
from tests.remote.conftest import Opener
from tests.remote.fault_server import KEY, FaultServer

_HELLO = {"messages": (Message("user", "Hello"),)}


def _options(**given: Any) -> dict[str, Any]:
    return find_task("chat").resolve_options(given)


def _ask(runner: Runner, **given: Any) -> Prediction:
    return runner.run(_HELLO, _options(**given), ignore_text, never_cancelled)


def test_an_answer_streams_with_its_figures(opened: Opener, server: FaultServer) -> None:
    pieces: list[str] = []
    runner = opened("good")
    found = runner.run(_HELLO, _options(system="Be brief.", max_new_tokens=9), pieces.append, never_cancelled)
    assert "".join(pieces) == "Hello there, friend." and len(pieces) > 1
    assert found.output == GeneratedText("Hello there, friend.", (), 11, "stop", 3)
    assert found.usage == Usage(11, 3)
    assert found.timing.first_text_s is not None and 0 < found.timing.first_text_s <= found.timing.end_s
    asked = server.asked[-1]
    assert asked["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (asked["max_tokens"], asked["temperature"], asked["model"]) == (9, 0.0, "good")
    # What changes nothing is not sent: not every server knows it.
    assert not {"top_k", "min_p", "repetition_penalty", "top_p", "seed", "stop"} & set(asked)


def test_the_way_there_and_back_is_measured_and_the_place_is_named(opened: Opener, server: FaultServer) -> None:
    place = opened("good").placement.remote
    assert place is not None and not place.leaves and server.url.endswith(f"{place.host}/v1")
    assert place.network_s is not None and 0 < place.network_s < 1


def test_sampling_travels_under_the_names_that_servers_know(opened: Opener, server: FaultServer) -> None:
    _ask(opened("good"), temperature=0.7, seed=5, top_k=20, top_p=0.9, stop=("END",), repetition_penalty=1.1)
    asked = server.asked[-1]
    assert (asked["temperature"], asked["seed"], asked["top_p"], asked["stop"]) == (0.7, 5, 0.9, ["END"])
    assert (asked["top_k"], asked["repetition_penalty"]) == (20, 1.1)


def test_nothing_of_this_computer_or_of_the_environment_is_told(
    opened: Opener, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    _ask(opened("good", headers=(("X-Team", "ours"),)))
    sent = {name.lower(): value for name, value in server.headers[-1].items()}
    assert sent["authorization"] == f"Bearer {KEY}" and sent["x-team"] == "ours"
    assert not any(name.startswith(("x-stainless-os", "x-stainless-runtime", "openai-")) for name in sent)
    assert "somebody" not in str(sent)


def test_a_proxy_never_sees_what_stays_on_this_computer(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert _ask(opened("good")).output.text == "Hello there, friend."


def test_a_server_without_a_key_gets_no_key(opened: Opener, server: FaultServer) -> None:
    server.key = ""
    _ask(opened("good", key=""))
    assert not any(name.lower() == "authorization" for name in server.headers[-1])


def test_an_answer_that_comes_whole_is_one_too(opened: Opener) -> None:
    found = _ask(opened("whole"))
    assert found.output.text == "All at once." and found.usage == Usage(7, 4)
    assert not found.timing.streamed


def test_stop_texts_end_an_answer_whatever_the_server_does(opened: Opener) -> None:
    assert _ask(opened("good"), stop=("friend",)).output.text == "Hello there, "


def test_busy_is_waited_for_and_no_part_of_the_latency(opened: Opener, server: FaultServer) -> None:
    server.refusals["good"] = 2
    runner = opened("good")
    began = time.perf_counter()
    found = _ask(runner)
    took_s = time.perf_counter() - began
    assert found.output.text == "Hello there, friend."
    assert found.timing.waited_s >= 0.4 and found.timing.waited_s + found.timing.end_s <= took_s
    assert any("asked again 2 times" in notice for notice in found.notices)


def test_patience_has_an_end(opened: Opener, server: FaultServer) -> None:
    server.refusals["good"] = 9
    with pytest.raises(EndpointBusyError, match="no more requests"):
        _ask(opened("good"))
    assert server.refusals["good"] == 6


def test_a_wait_of_a_day_is_not_waited_for(opened: Opener, server: FaultServer) -> None:
    with pytest.raises(EndpointBusyError):
        _ask(opened("patient"))
    assert len(server.asked) == 1


def test_what_a_server_does_not_take_is_left_out_once_and_said(opened: Opener, server: FaultServer) -> None:
    runner = opened("picky")
    first, tries = _ask(runner, temperature=0.5), len(server.asked)
    assert first.output.text == "As I like."
    assert any("does not take temperature" in notice for notice in first.notices)
    assert server.asked[-1]["max_completion_tokens"] == 256
    _ask(runner, temperature=0.5)
    # It is remembered: the second question is asked once.
    assert len(server.asked) == tries + 1


@pytest.mark.parametrize(
    ("model", "kind", "words"),
    [
        ("down", EndpointBusyError, "a problem of its own"),
        ("forbidden", EndpointAccessError, "does not allow this: this key may not use this model."),
        ("missing", EndpointAccessError, "has no model missing"),
        ("poor", EndpointAccessError, "quota"),
        ("long", InputError, "longer than"),
        ("elsewhere", EndpointError, "another address, where nothing is sent"),
        ("cut", EndpointAnswerError, "cut off in the middle"),
        ("broken", EndpointAnswerError, "cut off in the middle"),
        ("garbage", EndpointAnswerError, "not in OpenAI's protocol"),
        ("shapeless", EndpointAnswerError, "not in OpenAI's protocol"),
        ("page", EndpointAnswerError, "not in OpenAI's protocol"),
        ("endless", EndpointAnswerError, "far more than was asked for"),
        ("endless-line", EndpointAnswerError, "far more than was asked for"),
        ("failing", EndpointAnswerError, "broke off: overloaded"),
    ],
)
def test_what_goes_wrong_is_a_plain_sentence_without_the_key(
    opened: Opener, model: str, kind: type[StudioError], words: str
) -> None:
    with pytest.raises(StudioError) as raised:
        _ask(opened(model, retries=0))
    error = raised.value
    assert type(error) is kind and words in error.message and error.next_step
    assert KEY not in f"{error} {error.detail}"


def test_silence_ends_when_the_time_is_over(opened: Opener) -> None:
    with pytest.raises(EndpointError, match=r"longer than 1 s"):
        _ask(opened("silent", timeout_s=1.0))


def test_a_wrong_key_is_found_out_when_it_is_opened(opened: Opener) -> None:
    with pytest.raises(EndpointAccessError, match="does not accept the key") as raised:
        opened("good", key="sk-wrong-but-secret-too")
    # The server said it back.
    assert "sk-wrong-but-secret-too" not in f"{raised.value} {raised.value.detail}"


def test_no_key_is_said(opened: Opener) -> None:
    with pytest.raises(EndpointAccessError, match="wants a key"):
        opened("good", key="")


def test_nobody_there_is_said(opened: Opener, server: FaultServer) -> None:
    server.url = "http://127.0.0.1:9/v1"
    with pytest.raises(EndpointError, match="can't be reached"):
        opened("good")


def test_a_key_that_is_said_back_is_never_shown(opened: Opener) -> None:
    pieces: list[str] = []
    found = opened("parrot").run(_HELLO, _options(), pieces.append, never_cancelled)
    assert found.output.text == "Your key is ••• indeed." == "".join(pieces)


def test_thinking_without_an_answer_is_said(opened: Opener) -> None:
    found = _ask(opened("thinks"))
    assert found.output.text == "" and any("thought until" in notice for notice in found.notices)


def test_stop_keeps_what_came_and_tells_the_server(opened: Opener, server: FaultServer) -> None:
    stop, heard = threading.Event(), []

    def hear(piece: str) -> None:
        heard.append(piece)
        stop.set()

    found = opened("slow").run(_HELLO, _options(), hear, stop.is_set)
    assert isinstance(found.output, GeneratedText) and found.output.finish_reason == "cancelled"
    assert found.output.text.startswith("one") and "six" not in found.output.text
    assert server.gone.wait(5)


def test_rows_are_asked_at_once_and_fail_alone(opened: Opener, server: FaultServer) -> None:
    # Nobody gets an answer before all three are asked.
    together = threading.Barrier(3)

    def say(_body: dict[str, Any]) -> str:
        together.wait(30)
        return "Yes."

    server.answers["good"] = say
    runner = opened("good", at_once=3, timeout_s=60.0)
    assert isinstance(runner, ConcurrentRunner) and runner.at_once == 3
    bad = {"messages": None}
    table = runner.run_each([_HELLO, bad, _HELLO, _HELLO], [_options()] * 4, never_cancelled)
    kinds = [type(answer).__name__ for answer in table.answers]
    assert kinds == ["Prediction", "Failure", "Prediction", "Prediction"]


def test_an_answer_that_was_cut_is_asked_for_again_where_nobody_saw_it(opened: Opener, server: FaultServer) -> None:
    runner = opened("cut", retries=1)
    assert isinstance(runner, ConcurrentRunner)
    (answer,) = runner.run_each([_HELLO], [_options()], never_cancelled).answers
    assert isinstance(answer, Failure) and "cut off" in answer.message and len(server.asked) == 2
    # Where its beginning was shown, asking again would show it twice.
    with pytest.raises(EndpointAnswerError, match="cut off"):
        _ask(runner)
    assert len(server.asked) == 3


def test_a_limit_of_requests_a_minute_is_kept(opened: Opener, server: FaultServer) -> None:
    # 300 a minute: one each 0.2 s.
    runner = opened("good", requests_per_minute=300)
    began = time.monotonic()
    for _time in range(4):
        _ask(runner)
    assert len(server.asked) == 4 and time.monotonic() - began >= 0.6

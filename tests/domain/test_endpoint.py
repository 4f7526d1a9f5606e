"""Endpoints: which leave this computer, and what can't be one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.domain.comparison import Candidate
from studio.domain.endpoint import Endpoint, Price, checked, host_of, leaves_this_computer
from studio.domain.errors import InputError

_OFFICE = Endpoint("office", "https://api.example.com/v1")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "127.8.9.1", "[::1]", "[::1]:8080"])
def test_this_computer_is_this_computer(host: str) -> None:
    assert not leaves_this_computer(host)


@pytest.mark.parametrize(
    "host",
    ["api.example.com", "10.0.0.1", "192.168.1.4:8080", "127.0.0.1.example.com", "localhost.example.com", "", "[::2]"],
)
def test_everything_else_is_elsewhere(host: str) -> None:
    assert leaves_this_computer(host)


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_a_host_that_is_not_known_to_be_here_is_elsewhere(host: str) -> None:
    if not leaves_this_computer(host):
        assert "localhost" in host.lower() or "127." in host or "::1" in host or "0:1" in host


def test_a_candidate_says_where_its_texts_go() -> None:
    there = Candidate("office/big", "", "api.example.com", "openai")
    assert there.remote and there.leaves
    assert there.name == "endpoint:office/big"
    assert not replace(there, device="localhost:8080").leaves
    # A device that is no host, of a model that runs here.
    assert not Candidate("starter/assistant-small", "int8", "cuda").leaves


def test_an_address_as_a_page_shows_it_is_tidied() -> None:
    assert checked(replace(_OFFICE, base_url=" https://API.example.com/v1/chat/completions ")).base_url == (
        "https://API.example.com/v1"
    )
    assert host_of("https://API.example.com:8443/v1") == "api.example.com:8443"


@pytest.mark.parametrize(
    "url", ["", "api.example.com", "ftp://x/v1", "http://", "http://[::1/v1", "https://x:99999/v1", "file:///etc"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        checked(replace(_OFFICE, base_url=url))


@pytest.mark.parametrize(
    "url", ["https://user:sk-secret@x.example/v1", "https://x.example/v1?key=sk-secret", "ftp://sk-secret@x.example/v1"]
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InputError) as refused:
        checked(replace(_OFFICE, base_url=url))
    assert "sk-secret" not in f"{refused.value} {refused.value.detail}"


@pytest.mark.parametrize("name", ["Authorization", "api-key", "X-Auth-Token", "Cookie"])
def test_headers_for_secrets_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        checked(replace(_OFFICE, headers=((name, "x"),)))


@pytest.mark.parametrize("name", ["", "a/b", "a b", "-a", "x" * 41, "äöü"])
def test_names_that_could_not_be_typed_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        checked(replace(_OFFICE, name=name))


@pytest.mark.parametrize("price", [Price(-1, 0), Price(float("nan"), 1), Price(1, 1e9), Price(1, 1, "U S D")])
def test_what_is_no_price_is_refused(price: Price) -> None:
    with pytest.raises(InputError):
        checked(replace(_OFFICE, prices={"m": price}))


def test_a_price_is_of_a_million_tokens() -> None:
    assert Price(2.0, 10.0).of(500_000, 100_000) == pytest.approx(2.0)


def test_rows_at_once_suit_where_it_is() -> None:
    assert _OFFICE.requests_at_once == 4
    assert replace(_OFFICE, base_url="http://localhost:1/v1").requests_at_once == 1
    assert replace(_OFFICE, at_once=9).requests_at_once == 9

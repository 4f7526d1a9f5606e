"""The list of endpoints, their keys, and their models as candidates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from keyring.backends.null import Keyring as NoKeyring

from studio.domain.comparison import Candidate
from studio.domain.endpoint import Endpoint, Price
from studio.domain.errors import EndpointAccessError, EndpointError, InputError, OfflineError, UnknownNameError
from studio.library.store import Library
from studio.services import endpoint_keys
from studio.services.candidates import named_again, resolve
from studio.services.endpoint_candidates import candidates
from studio.services.endpoints import ENDPOINTS, LIMITS, Endpoints, check, reach
from studio.tasks import all_tasks, find_task
from tests.remote.fault_server import KEY, fault_server
from tests.services.endpoint_home import endpoint_home

_OFFICE = Endpoint("office", "https://api.example.com/v1", ("big", "org/small"), prices={"big": Price(1, 4, "EUR")})
CHAT = find_task("chat")


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "home").mkdir()
    with endpoint_home(tmp_path / "home") as folder:
        yield folder


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


def test_there_is_none_until_somebody_adds_one(home: Path) -> None:
    assert ENDPOINTS.all() == () and not list(home.iterdir())
    assert all(candidates(task) == () for task in all_tasks())
    with pytest.raises(UnknownNameError, match="none was added yet"):
        resolve(CHAT, "endpoint:office/big", Library(home, home))


def test_what_is_added_is_kept_and_its_models_are_candidates() -> None:
    ENDPOINTS.add(_OFFICE)
    assert Endpoints().all() == (_OFFICE,)
    assert candidates(CHAT) == (
        Candidate("office/big", "", "api.example.com", "openai"),
        Candidate("office/org/small", "", "api.example.com", "openai"),
    )
    assert candidates(find_task("regression")) == ()


def test_names_are_taken_once() -> None:
    ENDPOINTS.add(_OFFICE)
    with pytest.raises(InputError, match="already"):
        ENDPOINTS.add(replace(_OFFICE, name="Office"))


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_limits_are_checked(limit: object) -> None:
    with pytest.raises(InputError):
        check(replace(_OFFICE, **{limit.name: (limit.high or 0) + 1}))  # type: ignore[attr-defined]


def test_the_key_is_in_the_keyring_and_in_no_file(home: Path) -> None:
    ENDPOINTS.add(_OFFICE, KEY)
    assert endpoint_keys.key_of(_OFFICE) == (KEY, "keyring")
    assert all(KEY not in path.read_text() for path in home.rglob("*") if path.is_file())


def test_another_address_never_gets_the_key() -> None:
    ENDPOINTS.add(_OFFICE, KEY)
    moved = ENDPOINTS.change("office", replace(_OFFICE, base_url="https://evil.example/v1"))
    assert endpoint_keys.key_of(moved) == ("", "none")
    # Not even the same host without encryption.
    assert endpoint_keys.key_of(replace(_OFFICE, base_url="http://api.example.com/v1")) == ("", "none")


def test_the_environment_holds_keys_where_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_keyring(NoKeyring())
    with pytest.raises(EndpointError, match="no keyring") as refused:
        ENDPOINTS.add(_OFFICE, KEY)
    assert "STUDIO_ENDPOINT_KEY_OFFICE" in refused.value.next_step and KEY not in str(refused.value)
    assert ENDPOINTS.all() == ()
    monkeypatch.setenv("STUDIO_ENDPOINT_KEY_OFFICE", KEY)
    assert endpoint_keys.key_of(_OFFICE) == (KEY, "environment")


def test_removing_takes_the_key_along_and_can_be_undone() -> None:
    other = replace(_OFFICE, name="other", prices={})
    ENDPOINTS.add(_OFFICE, KEY)
    ENDPOINTS.add(other)
    removed = ENDPOINTS.remove("office")
    assert KEY not in repr(removed)
    assert ENDPOINTS.all() == (other,) and endpoint_keys.key_source(_OFFICE) == "none"
    ENDPOINTS.restore(removed)
    assert ENDPOINTS.all() == (_OFFICE, other) and endpoint_keys.key_of(_OFFICE)[0] == KEY


def test_changes_are_heard() -> None:
    heard: list[int] = []
    forget = ENDPOINTS.on_change(lambda: heard.append(len(ENDPOINTS.all())))
    ENDPOINTS.add(_OFFICE)
    ENDPOINTS.set_price("office", "big", None)
    ENDPOINTS.remove("office")
    forget()
    ENDPOINTS.add(_OFFICE)
    assert heard == [1, 1, 0]


@pytest.mark.parametrize(
    "text", ["{", "[]x", '[{"name": "a"}]', '[{"name": "a/b", "base_url": "http://x/v1"}]', '{"a": 1}', "[" * 100_000]
)
def test_a_damaged_list_is_set_aside(home: Path, text: str) -> None:
    (home / "endpoints.json").write_text(text)
    known = Endpoints()
    assert known.all() == () and "damaged" in known.notice
    known.add(_OFFICE)
    assert [path.read_text() for path in home.glob("endpoints.damaged-*")] == [text]


def test_a_secret_is_not_part_of_what_is_printed_of_a_candidate() -> None:
    with fault_server(KEY) as server:
        ENDPOINTS.add(Endpoint("here", server.url, ("good",)), KEY)
        candidate, spec = resolve(CHAT, "endpoint:here/good", Library(Path("/nowhere"), Path("/nowhere")))
    assert spec.remote is not None and spec.remote.key == KEY
    assert KEY not in f"{candidate!r} {spec!r} {spec}"


def test_a_model_must_be_named(online: None) -> None:
    ENDPOINTS.add(_OFFICE)
    with pytest.raises(InputError, match="names no model") as refused:
        resolve(CHAT, "endpoint:office", Library(Path("/nowhere"), Path("/nowhere")))
    assert "endpoint:office/big" in refused.value.next_step


def test_nothing_is_sent_where_the_network_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    ENDPOINTS.add(_OFFICE)
    library = Library(Path("/nowhere"), Path("/nowhere"))
    with pytest.raises(OfflineError, match=r"api\.example\.com"):
        resolve(CHAT, "endpoint:office/big", library)
    with pytest.raises(OfflineError):
        reach(_OFFICE)
    # This computer is no network.
    ENDPOINTS.add(Endpoint("here", "http://localhost:9/v1"))
    assert resolve(CHAT, "endpoint:here/m", library)[0].device == "localhost:9"


def test_a_project_does_not_follow_an_endpoint_to_another_address(online: None) -> None:
    ENDPOINTS.add(_OFFICE)
    known = candidates(CHAT)[0]
    library = Library(Path("/nowhere"), Path("/nowhere"))
    assert named_again(CHAT, known, library)[0] == known
    ENDPOINTS.change("office", replace(_OFFICE, base_url="https://other.example/v1"))
    with pytest.raises(EndpointError, match=r"was api\.example\.com .* is other\.example today"):
        named_again(CHAT, known, library)
    ENDPOINTS.remove("office")
    with pytest.raises(UnknownNameError):
        named_again(CHAT, known, library)


def test_reaching_lists_models_and_measures_the_way() -> None:
    with fault_server(KEY) as server:
        found = reach(Endpoint("here", server.url), KEY)
        assert found.models == ("good", "other") and found.network_s is not None and found.network_s > 0
        assert "offers 2 models" in found.sentence and "ms" in found.sentence
        with pytest.raises(EndpointAccessError, match="does not accept the key"):
            reach(Endpoint("here", server.url), "sk-something-else-entirely")
    with pytest.raises(EndpointError, match="can't be reached"):
        reach(Endpoint("here", server.url), KEY)

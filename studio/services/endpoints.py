"""Endpoints that the user added: kept in a file beside the settings, without their keys. There is none at first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from studio.domain import endpoint as rules
from studio.domain.endpoint import Endpoint, Price
from studio.domain.errors import (
    DamagedProjectError,
    InputError,
    OfflineError,
    SettingsError,
    StudioError,
    UnknownNameError,
)
from studio.domain.i18n import N_, _, ngettext
from studio.domain.running import RemoteSetup
from studio.domain.task import Option
from studio.project.codec import decode, encode
from studio.services import endpoint_keys
from studio.services.hub_access import is_offline
from studio.services.settings import settings_file
from studio.services.whole_file import set_aside, write_whole

#: What can be set of every endpoint, for a terminal and a dialog to draw.
LIMITS: tuple[Option, ...] = (
    Option(
        "timeout_s",
        "float",
        120.0,
        N_("Longest wait in seconds"),
        N_("An answer that takes more seconds than this counts as failed."),
        low=1,
        high=3600,
    ),
    Option(
        "retries",
        "int",
        4,
        N_("Further tries"),
        N_("How often it is asked again where it is busy for the moment; it waits longer each time."),
        low=0,
        high=20,
    ),
    Option(
        "requests_per_minute",
        "int",
        0,
        N_("Requests per minute"),
        N_("No more than this are sent, where your contract has such a limit; 0 means as many as it takes."),
        low=0,
        high=100_000,
    ),
    Option(
        "at_once",
        "int",
        0,
        N_("Requests at once"),
        N_("How many rows of an evaluation it works on at the same time; 0 means 1 on this computer and 4 elsewhere."),
        low=0,
        high=64,
    ),
)
#: The file holds no more than this; what is larger is no list that the studio wrote.
_MOST = 200


@dataclass(frozen=True)
class Removed:
    """An endpoint that was removed, to be put back."""

    endpoint: Endpoint
    place: int
    key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Reachable:
    """An endpoint answered.

    Attributes:
        models: What it calls its models; empty where it does not tell.
        network_s: Seconds there and back, for a request that computes nothing.
        sentence: The same in words.
    """

    models: tuple[str, ...]
    network_s: float | None
    sentence: str


def check(endpoint: Endpoint) -> Endpoint:
    """The endpoint, its address tidied.

    Raises:
        InputError: Something about it can't be used.
    """
    return replace(
        rules.checked(endpoint), **{limit.name: limit.check(getattr(endpoint, limit.name)) for limit in LIMITS}
    )


class Endpoints:
    """The list of endpoints. Safe to use from any thread; a window and a terminal may both be open.

    Args:
        file: Where it is kept; beside the settings where None.

    Attributes:
        notice: A sentence for the user where the file was damaged and set aside; else empty.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._given = file
        self._lock = threading.RLock()
        self._callbacks: list[Callable[[], None]] = []
        self.notice = ""

    @property
    def file(self) -> Path:
        """Where the list is kept."""
        return self._given or settings_file().with_name("endpoints.json")

    def all(self) -> tuple[Endpoint, ...]:
        """Every endpoint, in the order they were added."""
        with self._lock:
            return self._read()

    def find(self, name: str) -> Endpoint:
        """The endpoint of that name.

        Raises:
            UnknownNameError: There is none.
        """
        known = self.all()
        for each in known:
            if each.name == name:
                return each
        if not known:
            raise UnknownNameError(
                _("There is no endpoint {name!r}; none was added yet.").format(name=name),
                _("`studio endpoints add {name} --url ADDRESS` adds it.").format(name=name or "NAME"),
            )
        raise UnknownNameError(
            _("There is no endpoint {name!r}.").format(name=name),
            _("There are: {names}.").format(names=", ".join(each.name for each in known)),
        )

    def add(self, endpoint: Endpoint, key: str = "") -> Endpoint:
        """Add one; returns it as it is kept.

        Raises:
            InputError: It can't be used, or the name is taken.
            EndpointError: There is no keyring for the key; nothing was added.
            SettingsError: The list can't be stored.
        """
        new = check(endpoint)
        with self._lock:
            known = self._read()
            if any(each.name.casefold() == new.name.casefold() for each in known):
                raise InputError(
                    _("There is an endpoint {name} already.").format(name=new.name), _("Choose another name.")
                )
            if len(known) >= _MOST:
                raise InputError(_("There are {count} endpoints already.").format(count=len(known)))
            if key:
                endpoint_keys.set_key(new, key)
            self._write((*known, new))
        self._tell()
        return new

    def change(self, name: str, endpoint: Endpoint) -> Endpoint:
        """Put another endpoint in the place of one; its name stays, for projects know it by that.

        With another address it has no key any more: the old one is not shown to a new address.

        Raises:
            UnknownNameError: There is none of that name.
            InputError: The new one can't be used, or has another name.
            SettingsError: The list can't be stored.
        """
        new = check(endpoint)
        if new.name != name:
            raise InputError(
                _("The name of an endpoint stays, because projects know its models by it."),
                _("Add it again under the new name, and remove this one."),
            )
        with self._lock:
            self.find(name)
            self._write(tuple(new if each.name == name else each for each in self._read()))
        self._tell()
        return new

    def remove(self, name: str) -> Removed:
        """Take one off the list and its key out of the keyring. Answers it gave stay in their projects.

        Raises:
            UnknownNameError: There is none of that name.
            SettingsError: The list can't be stored.
        """
        with self._lock:
            endpoint = self.find(name)
            known = self._read()
            key, source = endpoint_keys.key_of(endpoint)
            self._write(tuple(each for each in known if each.name != name))
            endpoint_keys.forget_key(endpoint)
        self._tell()
        return Removed(endpoint, known.index(endpoint), key if source == "keyring" else "")

    def restore(self, removed: Removed) -> None:
        """Put back what `remove` took, with its key.

        Raises:
            InputError: The name is taken by now.
            EndpointError: The keyring refuses the key; the endpoint is back without it.
            SettingsError: The list can't be stored.
        """
        with self._lock:
            known = list(self._read())
            if any(each.name == removed.endpoint.name for each in known):
                raise InputError(_("There is an endpoint {name} already.").format(name=removed.endpoint.name))
            known.insert(removed.place, removed.endpoint)
            self._write(tuple(known))
            if removed.key:
                endpoint_keys.set_key(removed.endpoint, removed.key)
        self._tell()

    def set_price(self, name: str, model: str, price: Price | None) -> Endpoint:
        """Say what a model's tokens cost; None forgets it.

        Raises:
            UnknownNameError: There is no endpoint of that name.
            InputError: It is no price.
            SettingsError: The list can't be stored.
        """
        endpoint = self.find(name)
        prices = {known: each for known, each in endpoint.prices.items() if known != model}
        return self.change(name, replace(endpoint, prices={**prices, model: price} if price else prices))

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after every change; the function returned ends that."""
        self._callbacks.append(callback)

        def forget() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return forget

    def _tell(self) -> None:
        for callback in tuple(self._callbacks):
            callback()

    def _read(self) -> tuple[Endpoint, ...]:
        try:
            text = self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            if isinstance(error, OSError):
                self.notice = _("The list of endpoints can't be read: {reason}.").format(reason=error.strerror or error)
                return ()
            text = ""
        try:
            return tuple(check(each) for each in decode(tuple[Endpoint, ...], text)[:_MOST])
        except (DamagedProjectError, InputError):
            self._set_aside()
            return ()

    def _set_aside(self) -> None:
        self.notice = _("The list of endpoints was damaged, so it is empty now. It is kept as {name}.").format(
            name=set_aside(self.file)
        )

    def _write(self, endpoints: tuple[Endpoint, ...]) -> None:
        try:
            write_whole(self.file, encode(endpoints) + "\n")
        except OSError as error:
            raise SettingsError(
                _("The list of endpoints could not be stored: {reason}.").format(reason=error.strerror or error),
                _("Check that there is room, and that you may write to {folder}.").format(folder=self.file.parent),
                str(error),
            ) from error


#: The list of this computer's user.
ENDPOINTS = Endpoints()


def setup_of(endpoint: Endpoint, model: str, key: str | None = None) -> RemoteSetup:
    """How a model of an endpoint is asked.

    Args:
        endpoint: The endpoint.
        model: What it calls the model.
        key: Its key; looked up where None.
    """
    return RemoteSetup(
        endpoint.base_url,
        model,
        endpoint_keys.key_of(endpoint)[0] if key is None else key,
        endpoint.headers,
        endpoint.timeout_s,
        endpoint.retries,
        endpoint.requests_per_minute,
        endpoint.requests_at_once,
        endpoint.prices.get(model),
    )


def check_reachable(endpoint: Endpoint) -> None:
    """Do nothing, or refuse to use the network where the user forbade it.

    Raises:
        OfflineError: It is another computer, and the network is not to be used.
    """
    if endpoint.leaves and is_offline():
        raise OfflineError(
            _("{name} is on another computer ({host}), and the network is not to be used.").format(
                name=endpoint.name, host=endpoint.host
            ),
            _("Allow it in the settings under Privacy, or choose a model on this computer."),
        )


def reach(endpoint: Endpoint, key: str | None = None) -> Reachable:
    """Ask an endpoint, which need not be on the list, for its models. Blocks for some seconds at most.

    Args:
        endpoint: What to ask.
        key: A key that is not kept yet; the kept one where None.

    Raises:
        InputError: The endpoint or the key can't be used.
        OfflineError: The network is not to be used.
        EndpointError: It can't be reached, refuses the key, or is no such endpoint.
    """
    from studio.remote.client import look

    asked = check(endpoint)
    check_reachable(asked)
    setup = setup_of(asked, "", endpoint_keys.checked_key(key) if key else key)
    models, network_s = look(setup)
    below = f"{setup.base_url.rstrip('/')}/v1"
    if not models and not setup.base_url.rstrip("/").endswith("/v1") and _lists(replace(setup, base_url=below)):
        sentence = _("{host} lists its models at {url}: use that address.").format(host=asked.host, url=below)
    elif not models:
        sentence = _("{host} answers, but does not list its models: type the model's name.").format(host=asked.host)
    else:
        sentence = ngettext(
            "{host} answers and offers {n} model.", "{host} answers and offers {n} models.", len(models)
        )
        sentence = sentence.format(host=asked.host, n=len(models))
    if network_s is not None:
        sentence += " " + _("There and back takes {ms} ms.").format(ms=f"{network_s * 1000:.3g}")
    return Reachable(models, network_s, sentence)


def _lists(setup: RemoteSetup) -> bool:
    from studio.remote.client import look

    try:
        return bool(look(setup)[0])
    except StudioError:
        return False

"""An endpoint: what answers over OpenAI's protocol, on this computer or another. Its key is kept elsewhere."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from studio.domain.errors import InputError
from studio.domain.i18n import _

#: What can be typed in front of a candidate's name: ``endpoint:NAME/MODEL``.
PREFIX = "endpoint:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_CURRENCY = re.compile(r"[^\s\d]{1,5}")
#: Headers that carry secrets: those are kept in the keyring and nowhere else.
_SECRET_HEADERS = ("authorization", "cookie", "key", "token", "secret", "password")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_LONGEST_MODEL = 200
#: Requests at the same time where the user names no number: another computer's server is made for several.
_AT_ONCE_ELSEWHERE = 4


@dataclass(frozen=True)
class Price:
    """What tokens cost, as the user typed it.

    Attributes:
        input_per_million: Price of a million tokens that are read.
        output_per_million: Price of a million tokens that are written.
        currency: Such as ``"USD"``.
    """

    input_per_million: float
    output_per_million: float
    currency: str = "USD"

    def of(self, prompt_tokens: float, output_tokens: float) -> float:
        """What so many tokens cost."""
        return (prompt_tokens * self.input_per_million + output_tokens * self.output_per_million) / 1e6


@dataclass(frozen=True)
class Endpoint:
    """One endpoint as the user set it up. Its key is in the system's keyring, never here.

    Attributes:
        name: What the user calls it, such as ``"office"``; part of every candidate's name.
        base_url: Its address, such as ``"https://api.example.com/v1"``.
        models: Models of it that are offered as candidates, as the endpoint calls them.
        timeout_s: Longest time for one answer.
        retries: How often a request is tried again that was refused for the moment.
        requests_per_minute: Most requests a minute; 0 for no limit.
        at_once: Most requests at the same time; 0 for what suits: one on this computer, a few elsewhere.
        headers: Further headers of every request, such as an organization; never a secret.
        prices: What tokens cost, by model.
    """

    name: str
    base_url: str
    models: tuple[str, ...] = ()
    timeout_s: float = 120.0
    retries: int = 4
    requests_per_minute: int = 0
    at_once: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    prices: Mapping[str, Price] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Host of the address, with its port where the address names one."""
        return host_of(self.base_url)

    @property
    def leaves(self) -> bool:
        """Whether what is asked of it leaves this computer."""
        return leaves_this_computer(self.host)

    @property
    def requests_at_once(self) -> int:
        """`at_once`, or what suits where the user named no number."""
        return self.at_once or (_AT_ONCE_ELSEWHERE if self.leaves else 1)


def host_of(base_url: str) -> str:
    """Host of an address, with a port where it names one, without a user's name."""
    return urlsplit(base_url).netloc.rpartition("@")[2].lower()


def leaves_this_computer(host: str) -> bool:
    """Whether a host, maybe with a port, is another computer."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return True
    if name == "localhost":
        return False
    try:
        return not ipaddress.ip_address(name).is_loopback
    except ValueError:
        return True


def checked(endpoint: Endpoint) -> Endpoint:
    """The endpoint, its address without a slash at the end; numbers are for whoever asks for them to check.

    Raises:
        InputError: Something about it can't be used.
    """
    if not _NAME.fullmatch(endpoint.name):
        raise InputError(
            _("{name!r} can't be the name of an endpoint.").format(name=endpoint.name),
            _("Use up to 40 letters, digits, dots and dashes, such as office."),
        )
    for model in endpoint.models:
        if not model or len(model) > _LONGEST_MODEL or not model.isprintable():
            raise InputError(_("{name!r:.60} can't be the name of a model.").format(name=model))
    for name, value in endpoint.headers:
        _check_header(name, value)
    for price in endpoint.prices.values():
        check_price(price)
    return replace(endpoint, base_url=_checked_address(endpoint.base_url))


def _checked_address(typed: str) -> str:
    address = typed.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or not address.isprintable():
        raise InputError(
            _("{address!r:.100} is no address of an endpoint.").format(address=_without_secret(typed.strip())),
            _("It begins with http:// or https://, and mostly ends with /v1."),
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(
            _("The address holds more than an address: a name, a key or a query."),
            _("Leave that out. A key has a place of its own, the system's keyring."),
        )
    for ending in ("/chat/completions", "/completions", "/models"):
        # What a provider's page shows is mostly the address of one request.
        address = address.removesuffix(ending)
    return address


def _without_secret(address: str) -> str:
    """An address as an error may repeat it: nothing of it that could be a key."""
    return re.sub(r"//[^/]*@", "//", address.partition("?")[0])


def _check_header(name: str, value: str) -> None:
    if any(word in name.lower() for word in _SECRET_HEADERS):
        raise InputError(
            _("{name} is a header for a secret, which would be stored in the open.").format(name=name),
            _("Set it as the endpoint's key: that is kept in the system's keyring."),
        )
    if not _HEADER.fullmatch(name) or len(value) > 500 or not value.isascii() or not value.isprintable():
        raise InputError(_("{name!r:.60} can't be a header with that value.").format(name=name))


def check_price(price: Price) -> None:
    """Do nothing, or refuse.

    Raises:
        InputError: It is no price.
    """
    for value in (price.input_per_million, price.output_per_million):
        # Written so that NaN is refused as well.
        if not 0 <= value <= 1e6:
            raise InputError(_("A price must be between 0 and 1,000,000 for a million tokens."))
    if not _CURRENCY.fullmatch(price.currency):
        raise InputError(_("{name!r:.20} is no currency.").format(name=price.currency), _("Such as USD, EUR or ¥."))

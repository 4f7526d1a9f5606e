"""What ``studio endpoints …`` does and prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from studio.cli.table import safe
from studio.domain.endpoint import PREFIX, Endpoint, Price
from studio.domain.errors import InputError
from studio.domain.i18n import _
from studio.services import endpoint_keys
from studio.services.endpoint_keys import KeySource, variable_of
from studio.services.endpoints import ENDPOINTS, reach

_PIPE_WIDTH = 120


def given_limits(
    timeout_s: float | None, retries: int | None, requests_per_minute: int | None, at_once: int | None
) -> dict[str, Any]:
    """The limits that were typed."""
    typed = {
        "timeout_s": timeout_s,
        "retries": retries,
        "requests_per_minute": requests_per_minute,
        "at_once": at_once,
    }
    return {name: value for name, value in typed.items() if value is not None}


def add_endpoint(
    name: str,
    url: str,
    models: Sequence[str],
    limits: Mapping[str, Any],
    headers: Sequence[str],
    ask: bool,
    stdin: bool,
) -> None:
    """Add one, and say what that means."""
    endpoint = Endpoint(name, url, tuple(models), headers=_headers(headers), **limits)
    kept = ENDPOINTS.add(endpoint, _key(ask, stdin))
    if kept.leaves:
        sys.stdout.write(
            _("Added. What you ask {name} leaves this computer and goes to {host}.").format(
                name=kept.name, host=kept.host
            )
            + "\n"
        )
    else:
        sys.stdout.write(
            _("Added. {host} is a server on this computer; whether it passes texts on is its own matter.").format(
                host=kept.host
            )
            + "\n"
        )
    sys.stdout.write(_("Next: `studio endpoints test {name}`.").format(name=kept.name) + "\n")


def change_endpoint(
    name: str,
    url: str | None,
    models: Sequence[str] | None,
    limits: Mapping[str, Any],
    headers: Sequence[str] | None,
    ask: bool,
    stdin: bool,
    forget: bool,
) -> None:
    """Change one."""
    before = ENDPOINTS.find(name)
    changes: dict[str, Any] = dict(limits)
    if url is not None:
        changes["base_url"] = url
    if models is not None:
        changes["models"] = tuple(models)
    if headers is not None:
        changes["headers"] = _headers(headers)
    after = ENDPOINTS.change(name, replace(before, **changes))
    key = _key(ask, stdin)
    if key:
        endpoint_keys.set_key(after, key)
    if forget:
        endpoint_keys.forget_key(after)
    sys.stdout.write(_("Changed.") + "\n")
    if endpoint_keys.key_source(before) != "none" and endpoint_keys.key_source(after) == "none" and not forget:
        sys.stdout.write(_("The new address has no key yet: the old one is not shown to it.") + "\n")


def show_list(as_json: bool) -> None:
    """Print every endpoint; never a key."""
    known = ENDPOINTS.all()
    if ENDPOINTS.notice:
        sys.stderr.write(ENDPOINTS.notice + "\n")
    if as_json:
        _print_json([_row(each) for each in known])
        return
    if not known:
        sys.stdout.write(
            _("There are no endpoints, so nothing is sent anywhere. `studio endpoints add` adds one.") + "\n"
        )
        return
    table = Table(pad_edge=False)
    for title in (_("Name"), _("Address"), _("Your texts"), _("Key"), _("Models")):
        table.add_column(title, overflow="fold")
    for each in known:
        table.add_row(
            each.name,
            Text(each.base_url),
            _("leave this computer") if each.leaves else _("go to a server on this computer"),
            _key_words(endpoint_keys.key_source(each), each),
            Text("\n".join(_model_words(each, model) for model in each.models) or "–"),
        )
    _console().print(table)


def show_test(name: str, as_json: bool) -> None:
    """Ask one whether it is there."""
    found = reach(ENDPOINTS.find(name))
    if as_json:
        _print_json({"models": list(found.models), "network_s": found.network_s, "sentence": found.sentence})
        return
    sys.stdout.write(safe(found.sentence) + "\n")


def show_models(name: str, offer: bool, as_json: bool) -> None:
    """Print what it calls its models, as they are typed."""
    endpoint = ENDPOINTS.find(name)
    found = reach(endpoint)
    if offer:
        endpoint = ENDPOINTS.change(name, replace(endpoint, models=found.models))
    if as_json:
        _print_json([{"model": model, "candidate": f"{PREFIX}{name}/{model}"} for model in found.models])
        return
    if not found.models:
        sys.stdout.write(safe(found.sentence) + "\n")
    for model in found.models:
        mark = "  " + _("(offered)") if model in endpoint.models else ""
        sys.stdout.write(safe(f"{PREFIX}{name}/{model}") + mark + "\n")


def set_price(name: str, model: str, read: float | None, written: float | None, currency: str) -> None:
    """Keep a price, or forget it."""
    if (read is None) != (written is None):
        raise InputError(_("A price has two parts."), _("Give --input and --output, or neither to forget it."))
    price = None if read is None or written is None else Price(read, written, currency)
    ENDPOINTS.set_price(name, model, price)
    sys.stdout.write((_("The price is kept.") if price else _("The price is forgotten.")) + "\n")


def remove_endpoint(name: str) -> None:
    """Remove one with its key."""
    ENDPOINTS.remove(name)
    sys.stdout.write(_("Removed {name} and its key.").format(name=name) + "\n")


def _headers(typed: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for text in typed:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(_("A header is written NAME=VALUE."))
        found.append((name.strip(), value.strip()))
    return tuple(found)


def _key(ask: bool, stdin: bool) -> str:
    """The key that was asked for; never taken from the command line, which other programs can read."""
    if stdin or (ask and not sys.stdin.isatty()):
        return endpoint_keys.checked_key(sys.stdin.readline())
    return endpoint_keys.checked_key(typer.prompt(_("Key"), hide_input=True)) if ask else ""


def _key_words(source: KeySource, endpoint: Endpoint) -> str:
    if source == "environment":
        return _("from {variable}").format(variable=variable_of(endpoint.name))
    return _("in the keyring") if source == "keyring" else _("none")


def _model_words(endpoint: Endpoint, model: str) -> str:
    price = endpoint.prices.get(model)
    if price is None:
        return safe(model)
    return safe(
        _("{model}: {read:g} / {written:g} {currency} a million tokens").format(
            model=model, read=price.input_per_million, written=price.output_per_million, currency=price.currency
        )
    )


def _row(endpoint: Endpoint) -> dict[str, Any]:
    return {
        **asdict(endpoint),
        "headers": dict(endpoint.headers),
        "models": list(endpoint.models),
        "host": endpoint.host,
        "leaves_this_computer": endpoint.leaves,
        "key": endpoint_keys.key_source(endpoint),
    }


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)

"""``studio endpoints …``: what answers over OpenAI's protocol. Light: commands import what they need."""

from __future__ import annotations

from typing import Annotated

import typer

from studio.domain.i18n import _

app = typer.Typer(
    name="endpoints",
    help=_("Add, test and remove endpoints: servers that speak OpenAI's protocol, here or elsewhere.")
    + "\n\n"
    + _(
        "There is none at first, and nothing is sent anywhere. Once one is added, its models are candidates: "
        "`studio run chat --model endpoint:NAME/MODEL`. What you ask them goes to that server."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Name = Annotated[str, typer.Argument(metavar="NAME", help=_("An endpoint of `studio endpoints list`."))]
_Json = Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))]
_Timeout = Annotated[float | None, typer.Option("--timeout", metavar="SECONDS", help=_("Longest wait for an answer."))]
_Retries = Annotated[int | None, typer.Option("--retries", help=_("Further tries where it is busy."))]
_PerMinute = Annotated[
    int | None, typer.Option("--requests-per-minute", help=_("Most requests a minute; 0: no limit."))
]
_AtOnce = Annotated[
    int | None, typer.Option("--at-once", help=_("Rows of an evaluation at the same time; 0: automatic."))
]
_Models = Annotated[
    list[str] | None,
    typer.Option("--model", "-m", metavar="MODEL", help=_("A model of it to offer as a candidate; may be repeated.")),
]
_Headers = Annotated[
    list[str] | None, typer.Option("--header", metavar="NAME=VALUE", help=_("A further header; never a secret."))
]


@app.command(help=_("Add an endpoint. Its key is asked for with --key, or read from standard input with --key-stdin."))
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("What to call it, such as office."))],
    url: Annotated[str, typer.Option("--url", metavar="ADDRESS", help=_("Its address, mostly ending with /v1."))],
    model: _Models = None,
    key: Annotated[bool, typer.Option("--key", help=_("Ask for its key, without showing it."))] = False,
    key_stdin: Annotated[bool, typer.Option("--key-stdin", help=_("Read its key from standard input."))] = False,
    timeout: _Timeout = None,
    retries: _Retries = None,
    requests_per_minute: _PerMinute = None,
    at_once: _AtOnce = None,
    header: _Headers = None,
) -> None:
    from studio.cli.endpoints_show import add_endpoint, given_limits
    from studio.cli.errors import handle_errors

    with handle_errors():
        limits = given_limits(timeout, retries, requests_per_minute, at_once)
        add_endpoint(name, url, model or [], limits, header or [], key, key_stdin)


@app.command(help=_("Change an endpoint: address, limits, models to offer, key."))
def change(
    name: _Name,
    url: Annotated[str | None, typer.Option("--url", metavar="ADDRESS", help=_("Another address."))] = None,
    model: _Models = None,
    key: Annotated[bool, typer.Option("--key", help=_("Ask for another key, without showing it."))] = False,
    key_stdin: Annotated[bool, typer.Option("--key-stdin", help=_("Read another key from standard input."))] = False,
    forget_key: Annotated[bool, typer.Option("--forget-key", help=_("Take its key out of the keyring."))] = False,
    timeout: _Timeout = None,
    retries: _Retries = None,
    requests_per_minute: _PerMinute = None,
    at_once: _AtOnce = None,
    header: _Headers = None,
) -> None:
    from studio.cli.endpoints_show import change_endpoint, given_limits
    from studio.cli.errors import handle_errors

    with handle_errors():
        limits = given_limits(timeout, retries, requests_per_minute, at_once)
        change_endpoint(name, url, model, limits, header, key, key_stdin, forget_key)


@app.command("list", help=_("List the endpoints: address, whether it is elsewhere, where its key comes from, models."))
def list_endpoints(as_json: _Json = False) -> None:
    from studio.cli.endpoints_show import show_list
    from studio.cli.errors import handle_errors

    with handle_errors():
        show_list(as_json)


@app.command(help=_("Ask an endpoint for its models, and measure the way there and back."))
def test(name: _Name, as_json: _Json = False) -> None:
    from studio.cli.endpoints_show import show_test
    from studio.cli.errors import handle_errors

    with handle_errors():
        show_test(name, as_json)


@app.command(help=_("List an endpoint's models. Each can be named at once, offered or not."))
def models(
    name: _Name,
    offer: Annotated[bool, typer.Option("--offer-all", help=_("Offer all of them as candidates."))] = False,
    as_json: _Json = False,
) -> None:
    from studio.cli.endpoints_show import show_models
    from studio.cli.errors import handle_errors

    with handle_errors():
        show_models(name, offer, as_json)


@app.command(help=_("Say what a model's tokens cost, so that costs are computed; without prices, forget them."))
def price(
    name: _Name,
    model: Annotated[str, typer.Argument(metavar="MODEL", help=_("A model of it."))],
    read: Annotated[float | None, typer.Option("--input", help=_("Price of a million tokens that are read."))] = None,
    written: Annotated[
        float | None, typer.Option("--output", help=_("Price of a million tokens that are written."))
    ] = None,
    currency: Annotated[str, typer.Option(help=_("Such as USD, EUR or ¥."))] = "USD",
) -> None:
    from studio.cli.endpoints_show import set_price
    from studio.cli.errors import handle_errors

    with handle_errors():
        set_price(name, model, read, written, currency)


@app.command(help=_("Remove an endpoint and its key. Answers it gave stay in their projects."))
def remove(name: _Name) -> None:
    from studio.cli.endpoints_show import remove_endpoint
    from studio.cli.errors import handle_errors

    with handle_errors():
        remove_endpoint(name)

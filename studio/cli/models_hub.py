"""``studio models catalog | search | download | downloads | import-cache | repair | token``: models from a Hub.

Light: commands import what they need.
"""

from __future__ import annotations

from typing import Annotated

import typer

from studio.domain.i18n import _

_Folder = Annotated[
    str | None,
    typer.Option("--library", metavar="DIR", help=_("Another folder of models than your own (or set STUDIO_LIBRARY).")),
]
_Json = Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))]
_HubId = Annotated[str, typer.Argument(metavar="ID", help=_("A model on the Hub, such as Xenova/opus-mt-en-zh."))]


def catalog(
    task: Annotated[str | None, typer.Argument(help=_("Only this use case."), show_default="every use case")] = None,
    library: _Folder = None,
    as_json: _Json = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_find import show_catalog

    with handle_errors():
        show_catalog(library, task, as_json)


def search(
    task: Annotated[str, typer.Argument(help=_("The use case; see `studio tasks`."))],
    text: Annotated[str, typer.Argument(help=_("Words in the model's name."), show_default="most downloaded")] = "",
    max_mb: Annotated[
        float | None, typer.Option("--max-mb", min=1, help=_("Only what can be downloaded in at most so many MB."))
    ] = None,
    licence: Annotated[
        str,
        typer.Option("--licence", help=_("A licence id, or `free`: those that allow products without conditions.")),
    ] = "",
    language: Annotated[str, typer.Option("--language", metavar="CODE", help=_("A language code, such as zh."))] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help=_("How many at most."))] = 20,
    weights: Annotated[
        bool, typer.Option("--weights", help=_("Also those without ONNX files, to be converted here."))
    ] = False,
    as_json: _Json = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_find import show_search
    from studio.domain.hub import HubQuery

    with handle_errors():
        show_search(HubQuery(task, text, max_mb, licence, language, limit, not weights), as_json)


def download(
    model: _HubId,
    precision: Annotated[
        str | None,
        typer.Option(
            "--precision",
            metavar="LIST",
            help=_("Which to download, with commas: fp32, fp16, int8, int4, … Left out: what suits the use case."),
        ),
    ] = None,
    convert: Annotated[
        bool,
        typer.Option("--convert", help=_("Download the PyTorch weights and make the ONNX files here; takes a while.")),
    ] = False,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help=_("You have read the model's licence and accept it."))
    ] = False,
    model_id: Annotated[
        str | None,
        typer.Option("--id", metavar="NAME", help=_("Its name in the library; its id on the Hub if left out.")),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option("--task", metavar="TASK", help=_("What it is for, where its card and config.json don't tell.")),
    ] = None,
    revision: Annotated[
        str, typer.Option("--revision", metavar="NAME", help=_("A branch, tag or commit; the newest if left out."))
    ] = "",
    library: _Folder = None,
    as_json: _Json = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_download import download_model
    from studio.domain.hub import DownloadRequest

    with handle_errors():
        wanted = tuple(p.strip() for p in (precision or "").split(",") if p.strip())
        request = DownloadRequest(model, wanted, convert, accept_licence, model_id or "", task or "", revision)
        download_model(library, request, as_json)


def downloads(
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="ID", help=_("Go on with this one, or with `all`."))
    ] = None,
    cancel: Annotated[
        str | None, typer.Option("--cancel", metavar="ID", help=_("Give this one up and delete what has arrived."))
    ] = None,
    library: _Folder = None,
    as_json: _Json = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_download import show_downloads

    with handle_errors():
        show_downloads(library, resume, cancel, as_json)


def import_cache(
    model: Annotated[
        str | None, typer.Argument(metavar="ID", help=_("Which to list in the library; all are shown if left out."))
    ] = None,
    model_id: Annotated[
        str | None,
        typer.Option("--id", metavar="NAME", help=_("Its name in the library; its id on the Hub if left out.")),
    ] = None,
    library: _Folder = None,
    as_json: _Json = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_find import show_cache

    with handle_errors():
        show_cache(library, model, model_id, as_json)


def repair(
    model: Annotated[str, typer.Argument(metavar="ID", help=_("A model that was downloaded."))],
    library: _Folder = None,
    as_json: _Json = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_download import repair_model

    with handle_errors():
        repair_model(library, model, as_json)


token_app = typer.Typer(
    name="token",
    help=_("The token that shows the Hub who you are, for models with accepted terms. Kept in the system's keyring."),
    no_args_is_help=True,
    rich_markup_mode=None,
)


@token_app.command("set", help=_("Keep a token: asked for without showing it, or read from standard input."))
def set_token(
    check: Annotated[bool, typer.Option("--check/--no-check", help=_("Ask the Hub whose it is first."))] = True,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_find import keep_token

    with handle_errors():
        keep_token(check)


@token_app.command("remove", help=_("Forget the token."))
def remove_token() -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_find import forget_token

    with handle_errors():
        forget_token()


@token_app.command("show", help=_("Say where the token in use comes from, never the token itself."))
def show_token(as_json: _Json = False) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_find import show_token_source

    with handle_errors():
        show_token_source(as_json)


def register(app: typer.Typer) -> None:
    """Add these commands to ``studio models``."""
    app.command(help=_("List recommended models for each use case, with what each is good for. Needs no network."))(
        catalog
    )
    app.command(help=_("Search the Hub for models of a use case, with sizes, licences and languages."))(search)
    app.command(
        help=_("Download a model from the Hub: only the chosen precision, checked by its hashes.")
        + "\n\n"
        + _(
            "Ctrl+C keeps what has arrived; the same command, or `studio models downloads --resume ID`, goes on at "
            "that byte. The model appears in the library only when it is complete."
        )
    )(download)
    app.command(help=_("Show downloads that are not finished; go on with one, or give it up."))(downloads)
    app.command(
        "import-cache",
        help=_(
            "List the models that the Hugging Face libraries have downloaded; use one where it lies, without a copy."
        ),
    )(import_cache)
    app.command(help=_("Check a downloaded model and fetch its damaged files again, and only those."))(repair)
    app.add_typer(token_app)

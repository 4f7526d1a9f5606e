"""``studio models …``: what is in the library, and how to add to it. Light: commands import what they need.

What has to do with a Hub is in `studio.cli.models_hub`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from studio.cli.models_hub import register
from studio.domain.i18n import _

app = typer.Typer(
    name="models",
    help=_("List, find, download, add, check and remove models.")
    + "\n\n"
    + _(
        "A model is a Hugging Face folder with ONNX files. A folder you already have can be used at once: give its "
        "path wherever a model's id is asked for. `studio models add` makes such a folder from PyTorch weights."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Name = Annotated[str, typer.Argument(metavar="ID|FOLDER", help=_("A model of `studio models list`, or any folder."))]
_Folder = Annotated[
    str | None,
    typer.Option("--library", metavar="DIR", help=_("Another folder of models than your own (or set STUDIO_LIBRARY).")),
]
_Json = Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))]


@app.command(
    "list", help=_("List the models on this computer: what each is for, its precisions, licence, languages and size.")
)
def list_models(
    task: Annotated[
        str | None, typer.Option("--task", metavar="TASK", help=_("Only models for this use case."))
    ] = None,
    library: _Folder = None,
    as_json: _Json = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_show import show_list

    with handle_errors():
        show_list(library, task, as_json)


@app.command(
    help=_("Show everything known about a model: origin, licence, files, and how close each precision is to PyTorch.")
)
def info(model: _Name, library: _Folder = None, as_json: _Json = False) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_show import show_info

    with handle_errors():
        show_info(library, model, as_json)


@app.command(
    help=_("Check every file of a model. Exits with 1 and names each file that is missing, cut short or changed.")
    + "\n\n"
    + _(
        "Models added by the studio are compared with the hashes in their studio.json. In other folders the structure "
        "is checked: JSON files parse, ONNX files and their external data are whole."
    )
)
def verify(model: _Name, library: _Folder = None, as_json: _Json = False) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_show import show_verify

    with handle_errors():
        show_verify(library, model, as_json)


@app.command(help=_("Delete a model from your library and say how much space that frees. Shipped models stay."))
def remove(
    model: Annotated[str, typer.Argument(metavar="ID", help=_("A model you added."))],
    yes: Annotated[bool, typer.Option("--yes", "-y", help=_("Don't ask."))] = False,
    library: _Folder = None,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_show import remove_model

    with handle_errors():
        remove_model(library, model, yes)


@app.command(
    help=_("Add a model: convert it to ONNX, make smaller precisions, and measure what that changes.")
    + "\n\n"
    + _("Example: `studio models add model --precision fp32,int8`. From the Hub: `studio models download --convert`.")
    + "\n\n"
    + _(
        "Each precision is compared with PyTorch on a fixed set of inputs (largest difference of a logit, share of "
        "equal answers). An fp32 conversion that differs by more than 0.001 is refused. The model appears in the "
        "library only when all is done; stopping half-way leaves nothing behind."
    )
)
def add(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER|FILE",
            help=_("A model's folder, or a file in it: PyTorch (safetensors) weights, or ONNX files."),
        ),
    ],
    model_id: Annotated[
        str | None,
        typer.Option("--id", metavar="NAME", help=_("Its name in the library; the folder's name if left out.")),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            "--precision",
            metavar="LIST",
            help=_(
                "Any of fp32, fp16, int8, int4, with commas. fp32 is the original; int8 is 4 times smaller and "
                "mostly the fastest on a CPU; int4 (for text generation) is smaller still and loses more; fp16 is for "
                "GPUs. Left out: fp32,int8, and int4 for chat."
            ),
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option("--task", metavar="TASK", help=_("What it is for, where its card and config.json don't tell.")),
    ] = None,
    library: _Folder = None,
    keep_weights: Annotated[
        bool,
        typer.Option(
            "--keep-weights",
            help=_(
                "Copy the PyTorch weights too, so that `studio run … --baseline pytorch` works after the original "
                "folder is gone."
            ),
        ),
    ] = False,
    allow_pickle: Annotated[
        bool,
        typer.Option(
            "--allow-pickle",
            help=_(
                "Open pickled weights (.bin, .pt). Such a file can run code when opened: only for sources you trust."
            ),
        ),
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help=_("Take the place of a model of the same name."))] = False,
    source_name: Annotated[
        str | None,
        typer.Option(
            "--source-name", metavar="TEXT", help=_("Origin that studio.json states, instead of the folder's path.")
        ),
    ] = None,
    log: Annotated[
        str | None, typer.Option("--log", metavar="FILE", help=_("Keep what the libraries print while converting."))
    ] = None,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.models_add import add_model

    with handle_errors():
        add_model(source, model_id, precision, task, library, keep_weights, allow_pickle, replace, source_name, log)


register(app)

"""The ``studio`` command: everything the window can do, from a terminal.

This module stays light (Typer and nothing else): it is what answers ``--help`` and ``--version``, and what every
worker process would import again if it were the main module. Whatever a command needs, it imports itself.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from studio import __version__
from studio.cli.endpoints import app as endpoints_app
from studio.cli.evaluate import app as evaluate_app
from studio.cli.models import app as models_app
from studio.cli.run import app as run_app
from studio.domain.i18n import _

app = typer.Typer(
    name="studio",
    help=_("Run, measure and compare local ONNX Transformer models, and decide with evidence.")
    + "\n\n"
    + _("`studio` alone opens the window. In the terminal start with `studio demo`, then `studio models list`, then")
    + "\n`studio run text-classification --model starter/support-intents-tiny --input 'Where is my refund?'`.",
    epilog=_("Everything runs on this computer; nothing is sent anywhere, unless you add an endpoint and name it."),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
app.add_typer(run_app, name="run")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(models_app, name="models")
app.add_typer(endpoints_app, name="endpoints")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"studio {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=_("Print the version and exit."))
    ] = False,
) -> None:
    """Options that stand before any command."""
    from studio.services.settings import Settings

    chosen = Settings()
    chosen.apply()
    if chosen.notice:
        typer.echo(chosen.notice, err=True)


@app.command(help=_("List the use cases: what each does for a product, and how many models are ready for it."))
def tasks(
    as_json: Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))] = False,
) -> None:
    from studio.cli.tasks import show_tasks

    show_tasks(as_json)


@app.command(
    help=_("Show devices, memory, execution providers and versions, and what would make models run faster here.")
)
def doctor(
    test: Annotated[
        str | None,
        typer.Option(metavar="DEVICE", help=_("Also run a small model there, and say what really ran: cpu, cuda, …")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))] = False,
) -> None:
    from studio.cli.doctor import show_doctor
    from studio.cli.errors import handle_errors

    with handle_errors():
        show_doctor(test, as_json)


@app.command(help=_("Compare the shipped models on a sample of each use case. Needs no network and nothing to set up."))
def demo(
    task: Annotated[
        str | None, typer.Argument(help=_("Only this use case; see `studio tasks`."), show_default="every use case")
    ] = None,
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help=_("Also write all results as one JSON document to FILE."))
    ] = "",
) -> None:
    from studio.cli.demo import show_demo
    from studio.cli.errors import handle_errors

    with handle_errors():
        show_demo(task, out)


@app.command(
    help=_("Teach a model with labelled examples from a spreadsheet; it is listed by `studio models list` afterwards.")
)
def teach(
    task: Annotated[
        str,
        typer.Argument(
            metavar="TASK", help=_("text-classification, regression, translation, chat or text-generation.")
        ),
    ],
    name: Annotated[str, typer.Option(metavar="NAME", help=_("What to call the model."))],
    data: Annotated[
        str, typer.Option(metavar="FILE", help=_("The examples, or sample:NAME for data that ships."))
    ] = "",
    input_column: Annotated[str, typer.Option(metavar="COLUMN", help=_("The column with the texts."))] = "",
    label_column: Annotated[
        str, typer.Option(metavar="COLUMN", help=_("The column with labels, numbers or wanted answers."))
    ] = "",
    method: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            help=_("quick: a head on an embedding model, in seconds. thorough: fine-tune a whole model, in minutes."),
        ),
    ] = "quick",
    base: Annotated[
        str, typer.Option(metavar="ID[:PRECISION]", help=_("The model that it builds on; one that ships if not named."))
    ] = "",
    epochs: Annotated[int | None, typer.Option(help=_("How often every example is read, at most (thorough)."))] = None,
    batch_size: Annotated[
        int | None, typer.Option(help=_("Examples that are read before the model changes once (thorough)."))
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help=_("How far the model changes each time (thorough)."))
    ] = None,
    patience: Annotated[
        int | None, typer.Option(help=_("Epochs without getting better before it stops; 0 never does (thorough)."))
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(help=_("Longer texts are cut to so many tokens while learning (thorough)."))
    ] = None,
    lora: Annotated[
        bool | None,
        typer.Option("--lora/--no-lora", help=_("Learn small matrices beside the weights only (thorough).")),
    ] = None,
    seed: Annotated[int, typer.Option(help=_("Seed of the split into learning and judging."))] = 0,
    replace: Annotated[bool, typer.Option("--replace", help=_("Take the place of a model of that name."))] = False,
    goes_on: Annotated[
        bool, typer.Option("--continue", help=_("Go on with an unfinished model from its last checkpoint."))
    ] = False,
    afresh: Annotated[bool, typer.Option("--afresh", help=_("Delete an unfinished model of that name first."))] = False,
    threads: Annotated[
        int | None, typer.Option(min=0, help=_("Processor threads; 0 is one for each physical core (thorough)."))
    ] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help=_("Start although there may be too little memory."))] = False,
    library: Annotated[str | None, typer.Option(metavar="DIR", help=_("Another folder of models."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))] = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.teach import Teaching, teach_command

    settings = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "patience": patience,
        "max_tokens": max_tokens,
        "lora": lora,
    }
    columns = (input_column, label_column)
    with handle_errors():
        teach_command(
            Teaching(
                task,
                data,
                name,
                columns,
                method,
                base,
                settings,
                seed,
                replace,
                goes_on,
                afresh,
                threads,
                anyway,
                library,
                as_json,
            )
        )


@app.command(help=_("Name the rows without an answer that are most worth labelling next, each with a reason."))
def suggest(
    task: Annotated[str, typer.Argument(metavar="TASK", help=_("text-classification, or regression for numbers."))],
    data: Annotated[str, typer.Option(metavar="FILE", help=_("The sheet; rows without an answer are suggested."))],
    labelled: Annotated[str, typer.Option(metavar="FILE", help=_("A further sheet whose rows have answers."))] = "",
    input_column: Annotated[str, typer.Option(metavar="COLUMN", help=_("The column with the texts."))] = "",
    label_column: Annotated[str, typer.Option(metavar="COLUMN", help=_("The column with labels or numbers."))] = "",
    model: Annotated[
        str, typer.Option("--model", "-m", metavar="ID[:PRECISION]", help=_("The model whose doubts count."))
    ] = "",
    base: Annotated[
        str, typer.Option(metavar="ID[:PRECISION]", help=_("The embedding model that tells what is alike."))
    ] = "starter/minilm-embeddings",
    n: Annotated[int, typer.Option("--n", min=1, max=1000, help=_("How many rows."))] = 20,
    seed: Annotated[int, typer.Option(help=_("Seed of what is left to chance."))] = 0,
    out: Annotated[
        str | None, typer.Option(metavar="FILE.csv", help=_("Write them to a sheet with an empty column to fill."))
    ] = None,
    library: Annotated[str | None, typer.Option(metavar="DIR", help=_("Another folder of models."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))] = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.suggest import suggest_command

    with handle_errors():
        suggest_command(task, data, labelled, input_column, label_column, model, base, n, seed, out, library, as_json)


@app.command(help=_("Show what an answer leans on: words, parts of a picture, passages; and what would change it."))
def explain(
    task: Annotated[str, typer.Argument(metavar="TASK", help=_("The use case; `studio tasks` lists them."))],
    model: Annotated[str, typer.Option("--model", "-m", metavar="ID[:PRECISION]", help=_("The model."))],
    text: Annotated[str, typer.Option("--input", "-i", metavar="TEXT", help=_("The input itself; a file's path."))],
    field: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help=_("A further input, such as document=…"))
    ] = None,
    field_file: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FILE", help=_("A further input out of a file."))
    ] = None,
    labels: Annotated[list[str] | None, typer.Option(help=_("Labels, where the use case lets you name them."))] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help=_("A setting of the use case."))
    ] = None,
    method: Annotated[
        str, typer.Option(help=_("How: occlusion, shapley, or integrated-gradients where the weights are here."))
    ] = "occlusion",
    check: Annotated[bool, typer.Option(help=_("Check the explanation against chance."))] = True,
    project: Annotated[
        str | None, typer.Option(metavar="P.studio", help=_("Its evaluations say how right such confidence was."))
    ] = None,
    device: Annotated[str, typer.Option(help=_("Where to run: cpu, cuda, …; `studio doctor` lists them."))] = "cpu",
    library: Annotated[str | None, typer.Option(metavar="DIR", help=_("Another folder of models."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))] = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.explain import ExplainRequest, explain_command

    with handle_errors():
        explain_command(
            ExplainRequest(
                task,
                model,
                text,
                field or (),
                field_file or (),
                labels or (),
                option or (),
                method,
                check,
                project,
                device,
                library,
                as_json,
            )
        )


@app.command(
    help=_("Hold the candidates of a project's evaluation against acceptance criteria: GO, NO-GO or NOT PROVEN.")
)
def decide(
    project: Annotated[str, typer.Argument(metavar="P.studio", help=_("The project."))],
    task: Annotated[str | None, typer.Option(help=_("The use case, where the project has several."))] = None,
    evaluation: Annotated[int | None, typer.Option(help=_("Number of the evaluation; the newest if left out."))] = None,
    must: Annotated[
        list[str] | None, typer.Option(metavar="FIGURE>=VALUE", help=_('Add a must, such as "accuracy>=0.9".'))
    ] = None,
    should: Annotated[
        list[str] | None, typer.Option(metavar="FIGURE<=VALUE", help=_('Add a should: "latency_p95_s<=0.5".'))
    ] = None,
    suggested: Annotated[bool, typer.Option("--suggested", help=_("Add the suggested criteria first."))] = False,
    remove: Annotated[list[str] | None, typer.Option(help=_("Remove the criteria about this figure."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))] = False,
) -> None:
    from studio.cli.decide import decide_command
    from studio.cli.errors import handle_errors

    with handle_errors():
        decide_command(project, task, evaluation, must or [], should or [], suggested, remove or [], as_json)


@app.command(
    help=_("Show what a whole evaluation says about why: words of each answer, kinds of mistakes, who gets what right.")
)
def insights(
    project: Annotated[str, typer.Argument(metavar="P.studio", help=_("The project."))],
    task: Annotated[str | None, typer.Option(help=_("The use case, where the project has several."))] = None,
    evaluation: Annotated[int | None, typer.Option(help=_("Number of the evaluation; the newest if left out."))] = None,
    measure: Annotated[
        int, typer.Option(min=0, max=5000, help=_("Weigh the words of so many rows by asking without them."))
    ] = 0,
    candidate: Annotated[
        str | None, typer.Option(metavar="NAME", help=_("Weigh words of this candidate only; all if left out."))
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help=_("Keep it in the project, for the report."))] = False,
    library: Annotated[str | None, typer.Option(metavar="DIR", help=_("Another folder of models."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))] = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.insights import insights_command

    with handle_errors():
        insights_command(project, task, evaluation, measure, candidate, keep, library, as_json)


@app.command(
    help=_("Write the report of a project: HTML, PDF, PowerPoint, Excel, Markdown, CSV, JSON. Runs nothing again.")
)
def report(
    project: Annotated[str, typer.Argument(metavar="P.studio", help=_("The project."))],
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help=_("Any of html, pdf, pptx, xlsx, md, csv, json."))
    ] = "html,pdf",
    out: Annotated[str, typer.Option("--out", metavar="DIR", help=_("The folder to write to."))] = ".",
    task: Annotated[str | None, typer.Option(help=_("The use case, where the project has several."))] = None,
    evaluation: Annotated[int | None, typer.Option(help=_("Number of the evaluation; the newest if left out."))] = None,
    language: Annotated[str | None, typer.Option(help=_("Language of the report: en or zh_CN."))] = None,
    rows: Annotated[str | None, typer.Option(help=_("Rows to list: none, wrong, different or all."))] = None,
    redact: Annotated[bool, typer.Option("--redact", help=_("Leave out every input and answer."))] = False,
    template: Annotated[
        str | None, typer.Option(metavar="FILE.pptx", help=_("A company's PowerPoint template."))
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", help=_("The date on it, as 2026-11-25; today if left out."))
    ] = None,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.report import report_command

    with handle_errors():
        report_command(project, formats, out, task, evaluation, language, rows, redact, template, day)


@app.command(help=_("Show settings, or change one: language, theme, device, threads, folder of models, network."))
def settings(
    key: Annotated[str | None, typer.Argument(help=_("A setting, such as language; all of them if left out."))] = None,
    value: Annotated[str | None, typer.Argument(help=_("What it shall be; shown if left out."))] = None,
    reset: Annotated[bool, typer.Option("--reset", help=_("Go back to the default."))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print one JSON document."))] = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.settings import settings_command

    with handle_errors():
        settings_command(key, value, reset, as_json)


@app.command(help=_("Offer models on this computer to other programs, over OpenAI's protocol; Ctrl+C ends it."))
def serve(
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", metavar="ID[:PRECISION]", help=_("What to offer; every model if left out.")),
    ] = None,
    port: Annotated[int, typer.Option(help=_("The port; 0 for any that is free."))] = 8000,
    host: Annotated[
        str, typer.Option(help=_("The address to listen on. Others than this computer's own need --key-env."))
    ] = "127.0.0.1",
    key_env: Annotated[
        str, typer.Option("--key-env", metavar="VARIABLE", help=_("The variable that holds the key clients must show."))
    ] = "",
    device: Annotated[str, typer.Option(help=_("Where to run: cpu, cuda, …; `studio doctor` lists them."))] = "cpu",
    threads: Annotated[int, typer.Option(min=0, help=_("Threads of one model; 0 for one each core."))] = 0,
    library: Annotated[str | None, typer.Option(metavar="DIR", help=_("Another folder of models."))] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=_("Print no line for each request."))] = False,
) -> None:
    from studio.cli.errors import handle_errors
    from studio.cli.serve import serve_command

    with handle_errors():
        serve_command(model or [], host, port, key_env, device, threads, library, quiet)


def main() -> None:
    """Entry point of the console script."""
    from multiprocessing import freeze_support

    freeze_support()
    # A Windows console or a bare `LANG=C` would otherwise turn Chinese answers into a crash, and so would bytes on the
    # command line that are no text.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="replace")
    app()


if __name__ == "__main__":
    main()

"""``studio evaluate TASK``: a spreadsheet through several models, with metrics, intervals and paired tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from studio.cli.run import TaskCommands, given_options, keyword, task_parameters, with_parameters
from studio.domain.i18n import _

if TYPE_CHECKING:
    from studio.domain.task import Task


class EvaluateCommands(TaskCommands):
    """One sub-command for each task, as for ``studio run``."""

    def command_of(self, task: Task) -> tuple[str, Callable[..., None]]:
        """What a task's command does, said in a sentence, and the function."""
        sentence = _(
            "The data is a CSV, TSV, XLSX or JSONL file, or sample:NAME. Columns that are not named are guessed, and "
            "named in the output. With --project answers are kept: the same command goes on where it was stopped. "
            "Exit code 0 only if every candidate finished; 2 for input that can't be used."
        )
        return sentence, _command(task)


app = typer.Typer(
    cls=EvaluateCommands,
    help=_("Run a spreadsheet through several models, and say whether the difference between them is real."),
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _command(task: Task) -> Callable[..., None]:
    def command(**given: Any) -> None:
        from studio.cli.errors import handle_errors
        from studio.cli.evaluate_task import Request, evaluate_task

        own = given_options(task, given)
        with handle_errors():
            evaluate_task(Request(task=task, options=own, **{name: _value(name, given[name]) for name in _NAMES}))

    return with_parameters(command, [*_COMMON, *task_parameters(task)])


_COMMON = [
    keyword("data", str, ..., typer.Option(metavar="FILE", help=_("The data, or sample:NAME for data that ships."))),
    keyword(
        "models",
        list[str] | None,
        None,
        typer.Option(
            "--model",
            "-m",
            metavar="ID[:PRECISION]",
            help=_("A model of `studio models list`, or a folder; repeat it to compare several."),
        ),
    ),
    keyword(
        "recorded",
        list[str] | None,
        None,
        typer.Option(metavar="NAME=COLUMN", help=_("A column with another system's answers takes part under NAME.")),
    ),
    keyword(
        "recorded_latency",
        list[str] | None,
        None,
        typer.Option(metavar="NAME=COLUMN", help=_("A column with the latency of these answers, in seconds.")),
    ),
    keyword(
        "input_columns",
        list[str] | None,
        None,
        typer.Option("--input-column", metavar="[FIELD=]COLUMN", help=_("The column with the input.")),
    ),
    keyword(
        "reference_column",
        str | None,
        None,
        typer.Option("--reference-column", "--label-column", help=_("The column with the expected answer.")),
    ),
    keyword(
        "group_columns",
        list[str] | None,
        None,
        typer.Option("--group-column", help=_("Score the rows of each value of this column apart; may be repeated.")),
    ),
    keyword("id_column", str | None, None, typer.Option(help=_("A column with a name for each row."))),
    keyword(
        "label_map",
        list[str] | None,
        None,
        typer.Option(metavar="LABEL=MODEL-LABEL", help=_("Which label of the model a label of the data means.")),
    ),
    keyword("sheet", str | None, None, typer.Option(help=_("The sheet of a workbook."))),
    keyword("limit", int | None, None, typer.Option(min=1, help=_("Only the first rows."))),
    keyword("repeats", int, 1, typer.Option(min=1, max=100, help=_("Ask each row so often (sampled generation)."))),
    keyword("batch_size", int, 0, typer.Option(min=0, max=1024, help=_("Rows that run together; 0 for what suits."))),
    keyword(
        "metric_options",
        list[str] | None,
        None,
        typer.Option(
            "--metric-option", metavar="METRIC.OPTION=VALUE", help=_("Such as regex.pattern=… or json_valid.schema=…")
        ),
    ),
    keyword("project", str | None, None, typer.Option(metavar="P.studio", help=_("Keep everything in this project."))),
    keyword(
        "json_out",
        str | None,
        None,
        typer.Option("--json", metavar="OUT", help=_("Write everything as JSON; `-` prints it.")),
    ),
    keyword("csv_out", str | None, None, typer.Option("--csv", metavar="OUT", help=_("Write one line a row as CSV."))),
    keyword(
        "lm_eval_out",
        str | None,
        None,
        typer.Option("--lm-eval", metavar="OUT", help=_("Write lm-evaluation-harness results.")),
    ),
    keyword(
        "llm_comparator_out",
        str | None,
        None,
        typer.Option("--llm-comparator", metavar="OUT", help=_("Write two candidates for LLM Comparator.")),
    ),
    keyword("device", str, "cpu", typer.Option(help=_("Where to run: cpu, cuda, …; `studio doctor` lists them."))),
    keyword(
        "baseline",
        str | None,
        None,
        typer.Option(metavar="pytorch", help=_("Add each model's PyTorch original (eager mode) to compare with.")),
    ),
    keyword("threads", int, 0, typer.Option(min=0, help=_("Processor threads; 0 is one for each physical core."))),
    keyword(
        "cluster",
        str | None,
        None,
        typer.Option(
            metavar="ADDRESS",
            help=_(
                "Run the models on a Ray cluster: HOST:PORT on one of its nodes, ray://HOST:10001 elsewhere, or local "
                "for one on this computer. The figures are those of a run here."
            ),
        ),
    ),
    keyword(
        "workers",
        int,
        0,
        typer.Option(min=0, max=256, help=_("With --cluster: models open at once; 0 is one on each node.")),
    ),
    keyword("library", str | None, None, typer.Option(metavar="DIR", help=_("Another folder of models."))),
    keyword(
        "fresh",
        bool,
        False,
        typer.Option("--fresh", help=_("Begin anew instead of going on with what is in the project.")),
    ),
]
#: Options that may be repeated.
_LISTS = ("models", "recorded", "recorded_latency", "input_columns", "group_columns", "label_map", "metric_options")
_NAMES = tuple(parameter.name for parameter in _COMMON)


def _value(name: str, given: Any) -> Any:
    return tuple(given or ()) if name in _LISTS else given

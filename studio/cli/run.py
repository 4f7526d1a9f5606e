"""``studio run TASK``: one sub-command for each task, made from the task's own declaration.

So `studio run translation --help` shows exactly what translation can be told, and a new file in ``studio/tasks`` is
a new command without a line here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from studio.domain.i18n import _

if TYPE_CHECKING:
    from studio.domain.task import Option, Task

_TYPES: dict[str, Any] = {"int": int, "float": float, "bool": bool, "text": str, "list": list[str]}


class TaskCommands(TyperGroup):
    """Sub-commands that are looked up in the folder of tasks when they are needed, not when the program starts."""

    def list_commands(self, ctx: Any) -> list[str]:
        from studio.tasks import all_tasks

        return [task.id for task in all_tasks()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        from studio.cli.errors import handle_errors
        from studio.tasks import find_task

        with handle_errors():
            task = find_task(cmd_name)
        single = typer.Typer(
            add_completion=False, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
        )
        more, command = self.command_of(task)
        single.command(task.id, help=_(task.purpose) + "\n\n" + more, short_help=_(task.purpose))(command)
        return typer.main.get_command(single)

    def command_of(self, task: Task) -> tuple[str, Callable[..., None]]:
        """What a task's command does, said in a sentence, and the function."""
        sentence = _(
            "The input comes from --input, from --input-file, or from standard input with `-`. "
            "Exit code 0 only if every candidate answered; 2 for input that can't be used."
        )
        return sentence, _command(task)


app = typer.Typer(
    cls=TaskCommands,
    help=_("Run one input through several models and compare answers and figures side by side."),
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _command(task: Task) -> Callable[..., None]:
    """The function behind ``studio run <task.id>``, with the task's options in its signature."""

    def command(**given: Any) -> None:
        from studio.cli.errors import handle_errors
        from studio.cli.run_task import Request, run_task

        own = given_options(task, given)
        fields = {field.name: (given[f"field_{field.name}"], given[f"file_{field.name}"]) for field in task.inputs[1:]}
        with handle_errors():
            run_task(
                Request(
                    task=task,
                    models=tuple(given["models"] or ()),
                    text=given["text"],
                    file=given["file"],
                    stdin=given["dash"],
                    device=given["device"],
                    baseline=given["baseline"],
                    at_once=given["at_once"],
                    runs=given["runs"],
                    threads=given["threads"],
                    timeout_s=given["timeout_s"],
                    library=given["library"],
                    as_json=given["as_json"],
                    options=own,
                    fields=fields,
                )
            )

    return with_parameters(command, [*_COMMON, *_field_parameters(task), *task_parameters(task)])


def _field_parameters(task: Task) -> list[inspect.Parameter]:
    """Flags for the fields beside the main one, each given by itself or as a file."""
    found = []
    for field in task.inputs[1:]:
        flag = field.name.replace("_", "-")
        text = typer.Option(f"--{flag}", metavar="TEXT", help=_(field.title) + ".")
        file = typer.Option(
            f"--{flag}-file", metavar="FILE", help=_("{field} from a file.").format(field=_(field.title))
        )
        found += [
            keyword(f"field_{field.name}", str | None, None, text),
            keyword(f"file_{field.name}", str | None, None, file),
        ]
    return found


def with_parameters(command: Callable[..., None], parameters: list[inspect.Parameter]) -> Callable[..., None]:
    """The function with a signature that Typer makes options of."""
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def task_parameters(task: Task) -> list[inspect.Parameter]:
    """A task's own options as flags."""
    return [_parameter(option) for option in task.options]


def given_options(task: Task, given: dict[str, Any]) -> dict[str, Any]:
    """Those of a task's options that the user typed."""
    return {option.name: given[option.name] for option in task.options if _was_given(given[option.name])}


def _was_given(value: Any) -> bool:
    return value is not None and value != []


def _parameter(option: Option) -> inspect.Parameter:
    """A task's option as a flag. Its default is None, so that only what the user typed overrides the task's own."""
    value = {True: _("yes"), False: _("no")}[option.default] if option.type == "bool" else option.default
    default = "" if value in (None, "", ()) else "  " + _("[default: {value}]").format(value=value)
    name = option.name.replace("_", "-")
    flag = f"--{name}/--no-{name}" if option.type == "bool" else f"--{name}"
    return keyword(
        option.name,
        _TYPES[option.type] | None,
        None,
        typer.Option(flag, help=_(option.help) + default, show_default=False),
    )


def keyword(name: str, kind: Any, default: Any, info: Any) -> inspect.Parameter:
    """One option of a command."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])


_COMMON = [
    keyword("dash", str | None, None, typer.Argument(metavar="-", help=_("`-` reads the input from standard input."))),
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
    keyword("text", str | None, None, typer.Option("--input", "-i", metavar="TEXT", help=_("The input itself."))),
    keyword("file", str | None, None, typer.Option("--input-file", metavar="FILE", help=_("A UTF-8 file with it."))),
    keyword("device", str, "cpu", typer.Option(help=_("Where to run: cpu, cuda, …; `studio doctor` lists them."))),
    keyword(
        "baseline",
        str | None,
        None,
        typer.Option(metavar="pytorch", help=_("Add each model's PyTorch original (eager mode) to compare with.")),
    ),
    keyword(
        "at_once", bool, False, typer.Option("--at-once", help=_("All candidates at the same time (timings mix)."))
    ),
    keyword(
        "runs",
        int | None,
        None,
        typer.Option(min=1, help=_("Measured runs of each candidate."), show_default=_("1 for text, ≥ 10 for labels")),
    ),
    keyword("threads", int, 0, typer.Option(min=0, help=_("Processor threads; 0 is one for each physical core."))),
    keyword(
        "timeout_s",
        float | None,
        None,
        typer.Option("--timeout", min=0.001, help=_("End a candidate after so many seconds.")),
    ),
    keyword("library", str | None, None, typer.Option(metavar="DIR", help=_("Another folder of models."))),
    keyword("as_json", bool, False, typer.Option("--json", help=_("Print one JSON document instead of a table."))),
]

"""A task is a kind of AI feature: what goes in, what comes out, what can be set, and how an answer is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from studio.domain.errors import InputError, UnknownNameError
from studio.domain.i18n import N_, _
from studio.domain.running import Inputs, LoadSpec, Runner

#: Kinds of input fields. A front end draws a field by its kind; a task never names a widget.
#: ``text``: str. ``messages``: tuple of `Message`, oldest first. ``document``: str, a long text that may come from a
#: file. ``texts``: tuple of str, a collection such as the rows of a sheet. ``image``, ``audio``: str, the path of a
#: file on this computer; the worker opens it. ``variables``: tuple of ``name=value``, for the names in double braces
#: of a prompt (`studio.domain.prompt`).
FieldKind = Literal["text", "messages", "document", "texts", "image", "audio", "variables"]
#: Files that a model of text needs beside its graphs, see `Task.needs`.
TEXT_FILES: tuple[tuple[str, ...], ...] = (("tokenizer.json",),)
#: An option for the labels that candidates choose from that know none of their own, where others know theirs.
CHOICES = "choices"
#: Kinds of fields whose value is the path of a file.
FILE_KINDS: frozenset[FieldKind] = frozenset({"image", "audio"})
#: Kinds of output, see `studio.domain.prediction`. A new kind needs a viewer in the window.
OutputKind = Literal["labels", "text", "passage", "findings", "number", "transcript"]


@dataclass(frozen=True)
class Message:
    """One turn of a conversation; ``role`` is ``"system"``, ``"user"`` or ``"assistant"``."""

    role: str
    content: str


@dataclass(frozen=True)
class Field:
    """One input of a task.

    Attributes:
        name: Key in `studio.domain.running.Inputs`.
        kind: See `FieldKind`.
        title: What a person sees.
        placeholder: An example or a hint, shown in the empty field.
        optional: Whether it may stay empty.
    """

    name: str
    kind: FieldKind
    title: str
    placeholder: str = ""
    optional: bool = False


OptionType = Literal["int", "float", "bool", "text", "list"]


@dataclass(frozen=True)
class Option:
    """One setting of a task, such as the temperature.

    Attributes:
        name: Key in `studio.domain.running.Options` and, with dashes, the flag on the command line.
        type: Type of its value; ``list`` is a tuple of strings.
        default: Value where the user sets none.
        title: What a person sees.
        help: One or two sentences in plain words.
        low: Smallest value allowed, for numbers.
        high: Largest value allowed, for numbers.
        advanced: Whether it is folded away at first.
    """

    name: str
    type: OptionType
    default: Any
    title: str
    help: str
    low: float | None = None
    high: float | None = None
    advanced: bool = True

    def check(self, value: Any) -> Any:
        """``value`` converted to this option's type.

        Raises:
            InputError: It is not of that type, or out of range.
        """
        try:
            converted = self._convert(value)
        except (TypeError, ValueError) as error:
            raise InputError(
                _("{name} must be {type}, not {value!r}.").format(
                    name=self.name, type=_(_TYPE_WORDS[self.type]), value=value
                )
            ) from error
        number = isinstance(converted, (int, float)) and not isinstance(converted, bool)
        # Written so that NaN, which compares false with everything, is refused as well.
        if number and not (
            (self.low is None or converted >= self.low) and (self.high is None or converted <= self.high)
        ):
            raise InputError(
                _("{name} must be between {low} and {high}, not {value}.").format(
                    name=self.name,
                    low="-∞" if self.low is None else f"{self.low:g}",
                    high="∞" if self.high is None else f"{self.high:g}",
                    value=value,
                )
            )
        return converted

    def _convert(self, value: Any) -> Any:
        if value is None and self.default is None:
            return None
        if self.type == "bool":
            if isinstance(value, bool):
                return value
            words = {
                "true": True,
                "yes": True,
                "on": True,
                "1": True,
                "false": False,
                "no": False,
                "off": False,
                "0": False,
            }
            if str(value).lower() not in words:
                raise ValueError(value)
            return words[str(value).lower()]
        if self.type == "int":
            if isinstance(value, bool) or (isinstance(value, float) and value != int(value)):
                raise ValueError(value)
            return int(value)
        if self.type == "float":
            if isinstance(value, bool):
                raise ValueError(value)
            return float(value)
        if self.type == "list":
            return (value,) if isinstance(value, str) else tuple(str(item) for item in value)
        return str(value)


_TYPE_WORDS = {
    "int": N_("a whole number"),
    "float": N_("a number"),
    "bool": N_("yes or no"),
    "text": N_("text"),
    "list": N_("a list of texts"),
}


@dataclass(frozen=True)
class Sample:
    """An example that a user can try at once.

    Attributes:
        title: A few words for a chip.
        inputs: Values of the task's input fields.
        options: Options that belong to the example.
        models: Ids of the models it was written for; empty when it suits any.
        answer: What a good answer looks like, to show what the task is about; nothing is scored against it.
    """

    title: str
    inputs: Inputs
    options: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    answer: str = ""


@dataclass(frozen=True)
class Task:
    """A kind of AI feature. One file in ``studio/tasks`` declares one, as ``TASK``.

    Attributes:
        id: The Hugging Face pipeline tag where there is one, such as ``"text-classification"``.
        title: What a person sees, such as ``"Text classification"``.
        purpose: What it does for a product, in one sentence.
        inputs: Its input fields; the first is the main one, which a front end fills from a plain text.
        output: Kind of its output.
        options: Its settings.
        metrics: Ids of the quality metrics that suit it, the headline first.
        samples: Examples.
        pipeline_tags: Hugging Face pipeline tags that mean this task, the task's own id aside.
        architectures: Suffixes of class names in ``config.json`` that mean this task, such as
            ``"ForSequenceClassification"``.
        place: Where it stands among the use cases, small numbers first.
        streams: Whether the output comes piece by piece.
        export_task: What optimum calls it when exporting.
        runs_also: Ids of other tasks whose models do this one as well, such as ``"feature-extraction"``; with a slash
            and a ``model_type``, only those of that architecture (``"translation/t5"``).
        runs_told: Ids of other tasks whose models do this one once the labels are named (`CHOICES`), as an evaluation
            names those that its data expects: what there was before anything was taught.
        needs: Files that its models need beside ``config.json`` and graphs; of each group one is enough.
        claims: Where several tasks share an architecture: whether a model with this ``config.json`` and this pipeline
            tag of its card is this task's. Tasks without it take what no other claims.
        probes: Inputs that a conversion is compared with its original on, made in the folder given; None for the
            usual texts (`studio.library.fidelity_inputs`).
        open: Opens a candidate; runs inside a worker process and imports heavy libraries itself.
        remote: Opens a model of an endpoint that is asked to do this by a prompt; None where that can't be done.
        read_text: Turns the plain text of a command line or a spreadsheet cell into `Inputs`.
        check: Raises `InputError` for inputs that no model could answer, before any model is loaded.
    """

    id: str
    title: str
    purpose: str
    inputs: tuple[Field, ...]
    output: OutputKind
    options: tuple[Option, ...]
    metrics: tuple[str, ...]
    samples: tuple[Sample, ...]
    architectures: tuple[str, ...]
    export_task: str
    open: Callable[[LoadSpec], Runner]
    read_text: Callable[[str], Inputs]
    check: Callable[[Inputs], None]
    pipeline_tags: tuple[str, ...] = ()
    place: int = 50
    streams: bool = False
    runs_also: tuple[str, ...] = ()
    runs_told: tuple[str, ...] = ()
    needs: tuple[tuple[str, ...], ...] = TEXT_FILES
    claims: Callable[[Mapping[str, Any], str], bool] | None = None
    probes: Callable[[Path], Sequence[Inputs]] | None = None
    remote: Callable[[LoadSpec], Runner] | None = None

    def runs(self, kind: str | None, architecture: str = "") -> bool:
        """Whether models of a kind do this task.

        Args:
            kind: Task id that a model's folder tells (`studio.domain.model.Model.task`).
            architecture: Its ``model_type``.
        """
        return kind is not None and (kind == self.id or not {kind, f"{kind}/{architecture}"}.isdisjoint(self.runs_also))

    def must_tell(self, kind: str | None) -> bool:
        """Whether models of a kind do this task only once the labels are named (`CHOICES`)."""
        return kind in self.runs_told

    def open_remote(self, spec: LoadSpec) -> Runner:
        """Open a model of an endpoint; runs inside a worker process.

        Raises:
            InputError: Endpoints can't do this.
        """
        if self.remote is None:
            raise InputError(
                _("{task} can't be done by an endpoint.").format(task=self.id),
                _("Endpoints chat, generate, translate and sort into labels."),
            )
        return self.remote(spec)

    @property
    def row_inputs(self) -> tuple[Field, ...]:
        """Fields that a column of a sheet can fill: not a collection, nor the variables, which all columns fill."""
        return tuple(field for field in self.inputs if field.kind not in {"texts", "variables"})

    def without_column(self, columns: Mapping[str, str]) -> Field | None:
        """The first field that needs a column of a sheet and has none; the main one always needs one."""
        needed = [field for field in self.row_inputs if field is self.inputs[0] or not field.optional]
        return next((field for field in needed if not columns.get(field.name)), None)

    @property
    def judged_whole(self) -> bool:
        """Whether metrics need whole answers: of labels and text, the words and scores are enough."""
        return self.output not in {"labels", "text"}

    @property
    def has_right_answers(self) -> bool:
        """Whether an answer is right where it says what was expected: not so of numbers and of vectors."""
        return self.output in {"labels", "text", "passage", "transcript"}

    @property
    def explainable(self) -> bool:
        """Whether it can be shown why an answer is as it is: not of what was heard."""
        return self.inputs[0].kind != "audio" and self.output != "transcript"

    @property
    def weighs_words(self) -> bool:
        """Whether that shows what single words do to labels or to a number."""
        return self.inputs[0].kind == "text" and self.output in {"labels", "number"}

    @property
    def takes_labels(self) -> bool:
        """Whether a person names the labels, instead of a model knowing its own: an option ``labels``."""
        return any(option.name == "labels" for option in self.options)

    def option(self, name: str) -> Option:
        """The option of that name.

        Raises:
            UnknownNameError: There is none.
        """
        for option in self.options:
            if option.name == name:
                return option
        raise UnknownNameError(
            _("{task} has no option {name!r}.").format(task=self.id, name=name),
            _("It has: {names}.").format(names=", ".join(o.name for o in self.options)),
        )

    def resolve_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All options with their values: those given, checked, and the defaults of the others.

        Raises:
            InputError: A name is unknown, or a value is not of its type or out of range.
        """
        values = {option.name: option.default for option in self.options}
        for name, value in given.items():
            values[name] = self.option(name).check(value)
        return values

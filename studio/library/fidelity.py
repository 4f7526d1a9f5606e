"""How close a converted model is to its original: the same inputs to both, logits and answers compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from studio.domain.errors import ConversionError, InputError
from studio.domain.i18n import _
from studio.domain.model import Fidelity
from studio.domain.prediction import Findings, GeneratedText, Labels, Output
from studio.domain.running import Inputs, LoadSpec, Options, Runner, ignore_text, never_cancelled
from studio.domain.task import Task
from studio.library.fidelity_inputs import SENTENCES, TEXTS

Array = npt.NDArray[Any]

#: An fp32 conversion computes the same as its original up to rounding; a larger difference is a wrong conversion.
MOST_FP32_DIFFERENCE = 1e-3
#: Embeddings count as the same where the cosine of their angle is at least this.
SAME_DIRECTION = 0.99
#: Tokens of each generated answer that are compared.
_NEW_TOKENS = 24
#: Options that make a generation short, greedy and in one piece, where the task has them.
_GREEDY = {
    "max_new_tokens": _NEW_TOKENS,
    "num_beams": 1,
    "temperature": 0.0,
    "split_sentences": False,
    "labels": ("a question", "a complaint", "praise"),
}
#: Models of many languages must be told which: the first choice that a model accepts is taken.
_LANGUAGES: tuple[dict[str, str], ...] = (
    {},
    {"source_language": "en", "target_language": "fr"},
    {"source_language": "en", "target_language": "de"},
    {"source_language": "en", "target_language": "zh"},
    {"target_language": "fr"},
    {"target_language": "de"},
    {"target_language": "en"},
)


class _Scoring(Runner, Protocol):
    """A runner of a model that answers in one run of its graph, ONNX or PyTorch."""

    def logits(self, value: Any) -> Array:
        """The raw scores of one value of the main input: of labels, tokens or frames; the vector of an embedding."""
        ...


class _Generating(Runner, Protocol):
    """A runner of a text generator, ONNX or PyTorch."""

    def prompt_ids(self, inputs: Inputs, options: Options) -> list[int]:
        """Token ids that the model reads for these inputs."""
        ...

    def answer_logits(self, prompt: Sequence[int], answer: Sequence[int]) -> Array:
        """The raw scores from which each token of a given answer is chosen, shape ``(len(answer), vocabulary)``."""
        ...


@dataclass(frozen=True)
class _Answer:
    inputs: Inputs
    output: Output
    logits: Array


class Comparer:
    """Compares candidates with one reference, on the inputs of `studio.library.fidelity_inputs`.

    Args:
        task: What the models do.
        reference: How to open the original.
        scratch: Folder for files that inputs are made of, such as pictures.
    """

    def __init__(self, task: Task, reference: LoadSpec, scratch: Path) -> None:
        self._task = task
        self._scratch = scratch
        self._reference = reference
        self._options: Options = {}
        self._answers: list[_Answer] = []

    def prepare(self) -> None:
        """Let the original answer every input; afterwards it is closed.

        Raises:
            ConversionError: It could answer none of them.
        """
        runner = self._task.open(self._reference)
        asked = self._asked()
        self._options = self._accepted_options(runner, asked[0])
        for inputs in asked:
            try:
                output = self._run(runner, inputs)
            except InputError:
                # Such as a language that this model does not have.
                continue
            self._answers.append(_Answer(inputs, output, self._logits(runner, inputs, output)))
        if not self._answers:
            raise ConversionError(
                _("The original model could not answer any of the test inputs."),
                _("Check that the model suits the use case it was added for (--task)."),
            )

    def compare(self, candidate: LoadSpec) -> Fidelity:
        """How close a candidate is; ``max_logit_difference`` is infinite where it computes no numbers at all."""
        runner = self._task.open(candidate)
        largest = 0.0
        same = 0
        for answer in self._answers:
            output = self._run(runner, answer.inputs)
            logits = self._logits(runner, answer.inputs, answer.output)
            largest = max(largest, _difference(answer.logits, logits))
            same += _equal(answer.output, output)
        return Fidelity(largest, same / len(self._answers), len(self._answers))

    def _asked(self) -> Sequence[Inputs]:
        if self._task.probes is not None:
            self._scratch.mkdir(parents=True, exist_ok=True)
            return self._task.probes(self._scratch)
        return [self._task.read_text(text) for text in (SENTENCES if self._task.output == "text" else TEXTS)]

    def _accepted_options(self, runner: Runner, inputs: Inputs) -> Options:
        names = {option.name for option in self._task.options}
        for languages in _LANGUAGES:
            given = {name: value for name, value in {**_GREEDY, **languages}.items() if name in names}
            options = self._task.resolve_options(given)
            try:
                runner.run(inputs, options, ignore_text, never_cancelled)
            except InputError:
                continue
            return options
        return self._task.resolve_options({})

    def _run(self, runner: Runner, inputs: Inputs) -> Output:
        return runner.run(inputs, self._options, ignore_text, never_cancelled).output

    def _logits(self, runner: Runner, inputs: Inputs, output: Output) -> Array:
        if isinstance(output, GeneratedText):
            generator = cast(_Generating, runner)
            return generator.answer_logits(generator.prompt_ids(inputs, self._options), output.token_ids)
        return cast(_Scoring, runner).logits(inputs[self._task.inputs[0].name])


def judge(precision: str, fidelity: Fidelity, reference: str) -> None:
    """Refuse a conversion that is wrong. Smaller precisions differ by their nature; how much is for the user to judge.

    Args:
        precision: What was compared.
        fidelity: What came of it.
        reference: What it was compared with, as in `studio.library.manifest.PrecisionRecord`.

    Raises:
        ConversionError: fp32 differs from PyTorch by more than `MOST_FP32_DIFFERENCE`, or no numbers came out.
    """
    if not np.isfinite(fidelity.max_logit_difference):
        raise ConversionError(
            _("The {precision} version of the model computes no usable numbers.").format(precision=precision),
            _("Leave {precision} out of --precision.").format(precision=precision),
            f"{fidelity} against {reference}",
        )
    if precision == "fp32" and fidelity.max_logit_difference > MOST_FP32_DIFFERENCE:
        raise ConversionError(
            _("The converted model does not compute what the original does: a score differs by {found:.2g}.").format(
                found=fidelity.max_logit_difference
            ),
            _("Nothing was added. Look for a version of the model that has ONNX files."),
            f"{fidelity} against {reference}; at most {MOST_FP32_DIFFERENCE} is accepted for fp32",
        )


def _difference(one: Array, other: Array) -> float:
    """Largest absolute difference; entries that are equal, infinities too, differ by nothing."""
    if one.shape != other.shape:
        return float("inf")
    with np.errstate(invalid="ignore"):
        apart = np.where(one == other, 0.0, np.abs(one.astype(np.float64) - other))
    return float("inf") if np.isnan(apart).any() else float(apart.max(initial=0.0))


def _equal(one: Output, other: Output) -> bool:
    if isinstance(one, Labels) and isinstance(other, Labels):
        return one.chosen == other.chosen
    if isinstance(one, GeneratedText) and isinstance(other, GeneratedText):
        return one.token_ids == other.token_ids
    if isinstance(one, Findings) and isinstance(other, Findings):
        return _cosine(np.array(one.vector), np.array(other.vector)) >= SAME_DIRECTION
    return type(one) is type(other) and one.text == other.text


def _cosine(one: Array, other: Array) -> float:
    return float(one @ other / max(1e-12, float(np.linalg.norm(one) * np.linalg.norm(other))))

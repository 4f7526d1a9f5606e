"""Proves that weights which were read back from a graph are the graph's: both answer the same texts the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from studio.domain.errors import ConversionError
from studio.domain.i18n import _
from studio.domain.prediction import GeneratedText
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.domain.task import Task
from studio.library.fidelity import Comparer
from studio.library.fidelity_inputs import SENTENCES

#: Share of test inputs, or of written tokens, that must be the same. A quantized graph rounds what it computes on the
#: way as well, on some processors more than on others; weights in a wrong place agree on next to nothing.
_LEAST = 0.7
_GREEDY = {"max_new_tokens": 24, "num_beams": 1, "temperature": 0.0, "split_sentences": False}


def prove(task: Task, weights: LoadSpec, graph: LoadSpec, scratch: Path) -> float:
    """The share of answers that are the same.

    Args:
        task: What the base does.
        weights: How to open what was read back.
        graph: How to open the graph that it was read from.
        scratch: Folder for files that inputs are made of.

    Raises:
        ConversionError: Too few are.
    """
    if task.output == "text":
        same = _same_tokens(task, weights, graph)
    else:
        comparer = Comparer(task, weights, scratch)
        comparer.prepare()
        same = comparer.compare(graph).same_outputs
    if same < _LEAST:
        raise ConversionError(
            _("The weights of the base can't be read back from its {precision} graph.").format(
                precision=graph.precision
            ),
            _("Add the base again with `studio models add … --keep-weights`, or choose another base."),
            f"{same:.3f} of the answers are the same; at least {_LEAST} must be",
        )
    return same


def _same_tokens(task: Task, weights: LoadSpec, graph: LoadSpec) -> float:
    """Where both follow the same answers, the share of tokens that both find likeliest."""
    names = {option.name for option in task.options}
    options = task.resolve_options({name: value for name, value in _GREEDY.items() if name in names})
    followed = []
    runner = cast(Any, task.open(weights))
    for text in SENTENCES:
        inputs = task.read_text(text)
        output = runner.run(inputs, options, ignore_text, never_cancelled).output
        if isinstance(output, GeneratedText) and output.token_ids:
            prompt = runner.prompt_ids(inputs, options)
            chosen = runner.answer_logits(prompt, output.token_ids).argmax(-1)
            followed.append((prompt, output.token_ids, chosen))
    other = cast(Any, task.open(graph))
    same = [(other.answer_logits(prompt, ids).argmax(-1) == chosen).tolist() for prompt, ids, chosen in followed]
    tokens = [each for row in same for each in row]
    return sum(tokens) / len(tokens) if tokens else 0.0

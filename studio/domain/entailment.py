"""Labels of one's own by natural language inference, whoever computes it (Yin et al. 2019).

Each label becomes a sentence, and the model tells whether the text entails it. Scores are those of transformers'
``zero-shot-classification``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.domain.errors import InputError, ModelFolderError
from studio.domain.i18n import _

#: What a label becomes where nobody says otherwise.
EXAMPLE_TEMPLATE = "This example is {}."
#: Labels that a conversion is checked with; they must not change.
PROBE_LABELS = ("a question", "a complaint", "praise")


@dataclass(frozen=True)
class Entailment:
    """Which outputs of a model mean that a text entails a sentence, and that it contradicts it."""

    yes: int
    no: int

    @classmethod
    def of(cls, config: Mapping[str, Any], name: str) -> Entailment:
        """The places that ``id2label`` names.

        Args:
            config: ``config.json``.
            name: What the model is called, for the error.

        Raises:
            ModelFolderError: It names no entailment.
        """
        named = labels_by_place(config)
        yes = next((place for place, label in named.items() if is_entailment(label)), None)
        if yes is None:
            raise ModelFolderError(
                _("{name} does not tell whether one sentence follows from another.").format(name=name),
                _("Choose a model made for labels of your own (zero-shot, NLI), or an embedding model."),
                f"labels: {', '.join(named.values())}",
            )
        # As transformers has it: the first output is contradiction, unless it is entailment.
        return cls(yes, max(named) if yes == 0 else 0)


def labels_by_place(config: Mapping[str, Any]) -> dict[int, str]:
    """Names of a classifier's outputs by their place."""
    named = config.get("id2label")
    if not isinstance(named, Mapping):
        return {}
    return {int(place): str(label) for place, label in sorted(named.items()) if str(place).isdigit()}


def is_entailment(label: str) -> bool:
    """Whether a label means that one sentence follows from another."""
    return label.lower().startswith("entail")


def label_too_long(tokens: int) -> InputError:
    """The error for a label that leaves no room for the text; ``tokens`` is how many the model reads."""
    return InputError(
        _("A label is so long that no room is left for the text: the model reads {tokens} tokens at once.").format(
            tokens=tokens
        ),
        _("Shorten the labels to a few words."),
    )

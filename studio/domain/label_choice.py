"""Labels that a person names instead of a model knowing its own, and the sentences that they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.domain.errors import InputError
from studio.domain.i18n import _, ngettext
from studio.domain.task import CHOICES

#: A longer list is no choice of labels: somebody pasted a text.
MOST_LABELS = 1_000
#: Labels that the conversion of a model of images and texts is checked with; they must not change.
PROBE_LABELS = ("a dress", "a dog on grass", "red circles and squares", "stripes", "a white wall", "text on paper")
#: What a label becomes where nobody says otherwise: how the texts were written that such models learned from.
PHOTO_TEMPLATE = "This is a photo of {}."
#: Where the label goes.
_HOLE = "{}"


def named_labels(options: Mapping[str, Any], option: str) -> tuple[str, ...]:
    """The labels that an option names.

    Raises:
        InputError: It names none, or they can't be used.
    """
    given = options.get(option) or ()
    if not given and option == CHOICES:
        raise InputError(
            _("This candidate knows no labels of its own, and none were named."),
            _("Fill in “Labels to choose from”, or take the use case “Your own labels”."),
        )
    return checked_labels(given)


def checked_labels(given: Sequence[str]) -> tuple[str, ...]:
    """The labels without spaces around them.

    Raises:
        InputError: There are fewer than two, or too many; one is empty, or stands there twice (capitals don't count).
    """
    labels = tuple(" ".join(label.split()) for label in given)
    if not labels or not any(labels):
        raise InputError(_("There are no labels to choose from."), _("Name at least two, one on each line."))
    if not all(labels):
        raise InputError(_("One of the labels is empty."), _("Take it out, or write what it means."))
    seen: set[str] = set()
    for label in labels:
        if label.casefold() in seen:
            raise InputError(_("The label {label} is given twice.").format(label=label), _("Take one of them out."))
        seen.add(label.casefold())
    if len(labels) < 2:
        raise InputError(
            _("There is only one label, so there is nothing to choose."),
            _("Name at least two, one on each line; “something else” may be one."),
        )
    if len(labels) > MOST_LABELS:
        raise InputError(
            _("{count} labels are too many; at most {most} can be compared.").format(
                count=len(labels), most=MOST_LABELS
            ),
            _("Leave out those that never come up."),
        )
    return labels


def whole_length(config: Mapping[str, Any]) -> int | None:
    """How many tokens every text is filled up to for a model of images and texts; None for the longest of the texts.

    SigLIP learned from texts of one length, filled up with padding that it reads as well.

    Args:
        config: ``config.json``.
    """
    if "siglip" not in str(config.get("model_type")):
        return None
    return longest_label(config)


def longest_label(config: Mapping[str, Any]) -> int:
    """How many tokens of a label in its sentence such a model reads."""
    text = config.get("text_config")
    stated = text.get("max_position_embeddings") if isinstance(text, Mapping) else None
    usual = 64 if "siglip" in str(config.get("model_type")) else 77
    return stated if isinstance(stated, int) and 0 < stated < 100_000 else usual


def cut_notice(labels: Sequence[str]) -> str:
    """The sentence for labels that are longer than the model reads."""
    return ngettext(
        "The label {label} is longer than the model reads: its end was left out.",
        "{n} labels are longer than the model reads, {label} for one: their ends were left out.",
        len(labels),
    ).format(label=labels[0][:60], n=len(labels))


def in_sentences(template: str, labels: Sequence[str]) -> list[str]:
    """Each label in a sentence.

    Raises:
        InputError: The template has no place for it.
    """
    if _HOLE not in template:
        raise InputError(_("The sentence for labels has no place for the label."), _("Write {} where the label goes."))
    return [template.replace(_HOLE, label) for label in labels]

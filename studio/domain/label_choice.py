"""Labels that a person names instead of a model knowing its own, and the sentences that they become."""

from __future__ import annotations

from collections.abc import Sequence

from studio.domain.errors import InputError
from studio.domain.i18n import _

#: A longer list is no choice of labels: somebody pasted a text.
MOST_LABELS = 1_000
#: Where the label goes.
_HOLE = "{}"


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


def in_sentences(template: str, labels: Sequence[str]) -> list[str]:
    """Each label in a sentence.

    Raises:
        InputError: The template has no place for it.
    """
    if _HOLE not in template:
        raise InputError(
            _("The sentence for labels has no place for the label."), _("Write {} where the label goes.")
        )
    return [template.replace(_HOLE, label) for label in labels]

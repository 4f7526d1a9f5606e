"""Whether data is fit to evaluate on: what is in it, what is odd about it, and how much it can prove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from studio.domain.i18n import _, ngettext

#: ``good``: as it should be. ``info``: worth knowing. ``warning``: the figures may mislead. ``problem``: can't run so.
Severity = Literal["good", "info", "warning", "problem"]
#: The worst first.
SEVERITIES: tuple[Severity, ...] = ("problem", "warning", "info", "good")
Figures = Mapping[str, int | float | str]


@dataclass(frozen=True)
class Note:
    """One thing to know about the data.

    Attributes:
        kind: What it is about, such as ``"duplicates"``.
        severity: See `Severity`.
        figures: The numbers and names in its sentence.
        positions: Some of the rows that it is about, to be looked at.
    """

    kind: str
    severity: Severity
    figures: Figures = field(default_factory=dict)
    positions: tuple[int, ...] = ()

    @property
    def sentence(self) -> str:
        """The note in the user's language."""
        return _sentence(self.kind, int(self.figures.get("n", 0)), self.figures)


@dataclass(frozen=True)
class UnknownLabel:
    """A label of the data that a model does not have.

    Attributes:
        label: As the data writes it.
        rows: How many rows have it.
        suggestion: The model's label that it probably means; empty for none.
    """

    label: str
    rows: int
    suggestion: str = ""


@dataclass(frozen=True)
class Readiness:
    """What can be said of a data set before it is run.

    Attributes:
        rows: All rows.
        with_reference: Rows with an expected answer.
        labels: For classifiers, every expected label and its number of rows, the most frequent first.
        notes: What to know, the worst first.
        unknown_labels: Labels of the data that no candidate's model has; `Dataset.label_map` may say what they mean.
        known_labels: Labels that the candidates' models have.
        smallest_difference: The smallest difference in right answers that the rows can prove, as a share; None where
            nothing is scored.
    """

    rows: int
    with_reference: int
    labels: tuple[tuple[str, int], ...] = ()
    notes: tuple[Note, ...] = ()
    unknown_labels: tuple[UnknownLabel, ...] = ()
    known_labels: tuple[str, ...] = ()
    smallest_difference: float | None = None


def with_notes(readiness: Readiness, notes: Sequence[Note]) -> Readiness:
    """The same with more to know, the worst first."""
    ordered = sorted((*readiness.notes, *notes), key=lambda note: SEVERITIES.index(note.severity))
    return replace(readiness, notes=tuple(ordered))


def _sentence(kind: str, n: int, figures: Figures) -> str:
    """The sentence of a note; every kind that `studio.evaluation.examining` gives is here."""
    if kind == "rows":
        words = ngettext("{n} row with an expected answer.", "{n} rows, all with an expected answer.", n)
    elif kind == "some references":
        words = ngettext(
            "{n} row has no expected answer: it counts for speed only.",
            "{n} rows have no expected answer: they count for speed only.",
            n,
        )
    elif kind == "no references":
        words = _("There are no expected answers: speed and differences are shown, but nothing is scored.")
    elif kind == "difference":
        words = _(
            "With {rows} rows, a difference of about {points} points in right answers can be proven; "
            "a smaller one needs more rows."
        )
    elif kind == "few rows":
        words = _("{rows} rows prove little: only a difference of about {points} points in right answers shows.")
    elif kind == "too few rows":
        words = ngettext(
            "{n} row can't prove any difference between candidates: a few dozen are the least.",
            "{n} rows can't prove any difference between candidates: a few dozen are the least.",
            n,
        )
    elif kind == "balance":
        words = _("{labels} labels with {least} to {most} rows each.")
        if figures["least"] == figures["most"]:
            words = _("{labels} labels with {most} rows each.")
    elif kind == "imbalance":
        words = _("“{label}” has {percent} % of the rows: whoever always answers it is right that often.")
    elif kind == "rare labels":
        words = ngettext(
            "{n} label has fewer than {few} rows: its own figures say little.",
            "{n} labels have fewer than {few} rows: their own figures say little.",
            n,
        )
    elif kind == "duplicates":
        words = ngettext(
            "{n} row repeats the text of another one, so it counts twice.",
            "{n} rows repeat the text of another one, so they count twice.",
            n,
        )
    elif kind == "conflicts":
        words = ngettext(
            "{n} text appears with different expected answers: nobody can be right on all of its rows.",
            "{n} texts appear with different expected answers: nobody can be right on all of their rows.",
            n,
        )
    elif kind == "empty":
        words = ngettext(
            "{n} row has no text: no model can answer it, so it counts as wrong.",
            "{n} rows have no text: no model can answer them, so they count as wrong.",
            n,
        )
    elif kind == "short":
        words = ngettext(
            "{n} row has hardly any text (one or two characters).",
            "{n} rows have hardly any text (one or two characters).",
            n,
        )
    elif kind == "long":
        words = ngettext(
            "{n} row is longer than {model} reads ({limit} tokens): its end is left out.",
            "{n} rows are longer than {model} reads ({limit} tokens): their ends are left out.",
            n,
        )
    elif kind == "missing files":
        words = ngettext(
            "{n} row names a file that is not beside the sheet: it counts as wrong.",
            "{n} rows name a file that is not beside the sheet: they count as wrong.",
            n,
        )
    elif kind == "taught with":
        words = ngettext(
            "{n} row is among the examples that {model} was taught with: it says nothing about new ones.",
            "{n} rows are among the examples that {model} was taught with: they say nothing about new ones.",
            n,
        )
    elif kind == "languages":
        words = ngettext(
            "{n} row is not in a language that {model} reads ({languages}).",
            "{n} rows are not in a language that {model} reads ({languages}).",
            n,
        )
    elif kind == "unknown labels":
        words = ngettext(
            "{n} expected label is unknown to every model: its {rows} rows can only be wrong until you say what it "
            "means.",
            "{n} expected labels are unknown to every model: their {rows} rows can only be wrong until you say what "
            "they mean.",
            n,
        )
    elif kind == "same text":
        words = ngettext(
            "{n} row expects its own text as the answer.", "{n} rows expect their own text as the answer.", n
        )
    elif kind == "personal data":
        found = (
            (int(figures["email"]), ngettext("{n} e-mail address", "{n} e-mail addresses", int(figures["email"]))),
            (int(figures["phone"]), ngettext("{n} telephone number", "{n} telephone numbers", int(figures["phone"]))),
            (int(figures["card"]), ngettext("{n} card number", "{n} card numbers", int(figures["card"]))),
        )
        figures = {"found": ", ".join(words.format(n=count) for count, words in found if count)}
        words = _("Possible personal data: {found}. Only an endpoint would get it; reports can leave inputs out.")
    else:
        raise KeyError(kind)
    written = {name: f"{value:,}" if isinstance(value, int) else value for name, value in figures.items()}
    return words.format(**written)

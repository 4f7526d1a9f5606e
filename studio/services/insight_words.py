"""What insights say in sentences: for the window, the terminal and the report alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from studio.domain.characters import isolated
from studio.domain.i18n import N_, _, ngettext
from studio.domain.insight import ErrorGroup, Insights, PairInsight, PullingWord, WordWeight
from studio.domain.languages import find_language
from studio.services.evaluation_figures import evaluation_figure

#: What the words of an answer are, and what they are not.
WORDS_METHOD = N_(
    "Words that stand in rows with this answer more often than in others, the surest first (log-odds with an "
    "informative Dirichlet prior). They go with the answer; whether the model leans on them, measured weights tell."
)
WEIGHTS_METHOD = N_(
    "Each word was left out once and the model asked again: a word counts as much as the score falls without it, on "
    "average over the rows that hold it."
)
_GROUPING = {
    "meaning": N_("Put together by what they mean, with an embedding model. Names are suggestions."),
    "words": N_("Put together by the words they share. Names are suggestions."),
    "labels": N_("Put together by which label was taken for which."),
}

Name = Callable[[int], str]


def readable(label: str) -> str:
    """A label as words."""
    return label.replace("_", " ") or _("no answer")


def as_data(label: str) -> str:
    """A label as the data spells it."""
    return label or _("no answer")


def group_title(group: ErrorGroup, spelled: Callable[[str], str] = readable) -> str:
    """What to call a kind of mistakes.

    Args:
        group: The kind.
        spelled: How labels are spelled: `readable` or `as_data`.
    """
    return group.name or _("{expected} taken for {answered}").format(
        expected=isolated(spelled(group.expected)), answered=isolated(spelled(group.answered))
    )


def group_words(group: ErrorGroup, metric: str = "", spelled: Callable[[str], str] = readable) -> str:
    """What a kind of mistakes has in common, in a sentence or two; empty where that can't be told.

    Args:
        group: The kind.
        metric: What answers are scored by.
        spelled: See `group_title`.
    """
    said = []
    if group.score is not None and group.score_elsewhere is not None:
        figure = evaluation_figure(metric)
        said.append(
            _("{metric} {here} on average, {elsewhere} on all other rows.").format(
                metric=_(figure.term), here=figure.text(group.score), elsewhere=figure.text(group.score_elsewhere)
            )
        )
    if group.expected and group.confused > 1:
        said.append(
            _("Most often ({n} of {all} mistakes): {expected}, answered as {answered}.").format(
                n=f"{group.confused:,}",
                all=f"{group.mistakes:,}",
                expected=isolated(spelled(group.expected)),
                answered=isolated(spelled(group.answered)),
            )
        )
    if group.holding:
        said.append(
            ngettext(
                "Of {all} row with “{word}”, {n} has a mistake.",
                "Of {all} rows with “{word}”, {n} have a mistake.",
                group.holding,
            ).format(all=f"{group.holding:,}", word=isolated(group.words[0]), n=f"{group.holding_wrong:,}")
        )
    return " ".join(said)


def grouping_words(found: Insights) -> str:
    """How mistakes were put together, and whether all of them were; for answers by degree, which rows count."""
    said = []
    if found.by_degree:
        said.append(
            _("By {metric}, the worst fifth of all answers counts as a mistake.").format(
                metric=_(evaluation_figure(found.metric).term)
            )
        )
    said.append(_(_GROUPING[found.grouping]))
    if found.unread is not None:
        language = find_language(found.unread)
        said.append(
            _("No embedding model here knows the language of the rows, so what they mean was not compared.")
            if language is None
            else _("No embedding model here knows {language}, so what the rows mean was not compared.").format(
                language=_(language.name)
            )
        )
    if found.grouped < found.mistaken and found.grouping != "labels":
        said.append(
            ngettext("Made of {n} of {all} row.", "Made of {n} of {all} rows.", found.mistaken).format(
                n=f"{found.grouped:,}", all=f"{found.mistaken:,}"
            )
        )
    return " ".join(said)


def weights_title(name: str, rows: int) -> str:
    """A heading for the measured words of a candidate."""
    return ngettext(
        "{name}: words that pull towards each answer, measured on {n} row",
        "{name}: words that pull towards each answer, measured on {n} rows",
        rows,
    ).format(name=name, n=f"{rows:,}")


def word_words(word: PullingWord) -> str:
    """How often a word goes with an answer."""
    return ngettext(
        "{n} of the {all} row with “{word}” got this answer.",
        "{n} of the {all} rows with “{word}” got this answer.",
        word.rows,
    ).format(n=f"{word.given:,}", all=f"{word.rows:,}", word=isolated(word.text))


def weight_words(word: WordWeight) -> str:
    """What a word did to an answer's score, with its interval."""
    said = ngettext(
        "Without “{word}” the score falls by {weight}, in {n} row.",
        "Without “{word}” the score falls by {weight}, on average over {n} rows.",
        word.rows,
    )
    if word.weight < 0:
        said = ngettext(
            "Without “{word}” the score rises by {weight}, in {n} row.",
            "Without “{word}” the score rises by {weight}, on average over {n} rows.",
            word.rows,
        )
    words = said.format(word=isolated(word.text), weight=f"{abs(word.weight):.2f}", n=f"{word.rows:,}")
    if word.low is None or word.high is None:
        return words
    low, high = sorted((abs(word.low), abs(word.high))) if word.low * word.high > 0 else (word.low, word.high)
    return f"{words} " + _("95 % interval {low} to {high}.").format(low=_minus(low), high=_minus(high))


def _minus(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def pair_words(pair: PairInsight, name: Name, by_degree: bool) -> str:
    """What two candidates get right and wrong, in a sentence."""
    counts = {
        "a": name(pair.a),
        "b": name(pair.b),
        "na": f"{pair.better_a:,}",
        "nb": f"{pair.better_b:,}",
        "both": f"{pair.both:,}",
        "neither": f"{pair.neither:,}",
        "n": f"{pair.rows:,}",
    }
    template = (
        _("{a} is clearly better on {na} of {n} rows, {b} on {nb}; about equal on {both}.")
        if by_degree
        else _("{a} alone is right on {na} of {n} rows, {b} alone on {nb}; both on {both}, neither on {neither}.")
    )
    return template.format(**counts)


def pair_rest_words(pair: PairInsight, name: Name, by_degree: bool) -> str:
    """Where two candidates are no different, in a sentence."""
    both, neither, n = f"{pair.both:,}", f"{pair.neither:,}", f"{pair.rows:,}"
    template = (
        _("{a} and {b}: about equal on {both} of {n} rows.")
        if by_degree
        else _("{a} and {b}: both right on {both} of {n} rows, both wrong on {neither}.")
    )
    return template.format(a=name(pair.a), b=name(pair.b), both=both, neither=neither, n=n)


def pair_word_words(pair: PairInsight, name: Name) -> str:
    """The words that tell the rows of each side from all others; empty where none does for sure."""
    return " ".join(
        _("{name} stands out on rows with {words}.").format(name=name(candidate), words=listed_words(found))
        for candidate, found in ((pair.a, pair.words_a), (pair.b, pair.words_b))
        if found
    )


def listed_words(words: Sequence[PullingWord]) -> str:
    """Words in quotes."""
    return ", ".join(f"“{isolated(word.text)}”" for word in words)

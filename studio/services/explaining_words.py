"""What an explanation says in words: how it was found, what would change the answer, how far it can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from studio.domain.characters import isolated
from studio.domain.explanation import Explanation, Kind, Method, Step
from studio.domain.i18n import N_, _, ngettext

#: What people call the methods.
METHOD_TITLES: Mapping[Method, str] = {
    "occlusion": N_("Leave each out once"),
    "shapley": N_("Leave out in many orders"),
    "integrated-gradients": N_("Integrated gradients"),
}
#: When to choose which.
METHOD_HELP: Mapping[Method, str] = {
    "occlusion": N_("Occlusion: quick, and works for every model."),
    "shapley": N_("Shapley values by sampling: fairer where words say the same twice, and many times slower."),
    "integrated-gradients": N_("Looks inside: how the score grows from an empty text to this one. Needs PyTorch."),
}
_OCCLUSION: Mapping[Kind, str] = {
    "words": N_(
        "Each word was left out once and the model asked again (occlusion): a word counts as much as the score falls "
        "without it. Words that only count together, or say the same twice, can look weaker than they are."
    ),
    "steps": N_(
        "Each word of the source was left out once, and the model asked how likely the same answer would then be "
        "(occlusion): a word counts as much as that falls. Probabilities are those before temperature and cut-offs. "
        "They say what the model leaned on, not whether the answer is true."
    ),
    "picture": N_(
        "Each field was covered with grey once and the model asked again (occlusion): a field counts as much as the "
        "score falls without it. Grey itself can look like something, and things larger than a field can look weaker "
        "than they are."
    ),
    "passages": N_(
        "Each word of the question was left out once and the model asked again (occlusion): a word counts as much as "
        "the score falls without it, and all of it where another answer is given. Passages were taken out of the "
        "document one by one."
    ),
    "search": N_(
        "Each word of the query and of the text found was left out once and both compared again (occlusion): a word "
        "counts as much as they become less alike without it. Words that only count together can look weaker."
    ),
}
_SHAPLEY: Mapping[Kind, str] = {
    "picture": N_(
        "Fields were covered with grey one after another, in many orders by chance: a field counts as much as the "
        "score falls when it goes, on average (Shapley values, sampled). Weights add up to the whole score, and vary a "
        "little by chance."
    ),
}
_SHAPLEY_WORDS = N_(
    "Words were left out one after another, in many orders by chance: a word counts as much as the score falls when it "
    "goes, on average (Shapley values, sampled). Weights add up to the whole score, and vary a little by chance."
)
_GRADIENTS = N_(
    "Integrated gradients: how the score grows on the way from an empty text to this one, shared out among the words. "
    "An empty text is only one place to begin."
)
_INSIDE = {
    False: N_("They are those of the original PyTorch model, from which a quantized one can differ."),
    True: N_(
        "They are those of the weights in the candidate's graph, read back into PyTorch, which does not round on the "
        "way as the graph does."
    ),
}
_HINTS: Mapping[Kind, str] = {
    "words": N_("Without “{word}” it would say {answer}."),
    "picture": N_("With {part} covered it would say {answer}."),
    "passages": N_("Without “{word}” it would answer “{answer}”"),
}
#: So many other words, and words leaned on, are named, from these chances and weights on.
_NAMED, _LEAST_CHANCE, _LEAST_WEIGHT = 3, 0.0005, 0.005
#: The check, as a share of how far the score moved: from here on an explanation holds, or holds a little.
_STRONG, _WEAK = 0.1, 0.03
_TRUST = {
    "strong": N_(
        "Taking out the heaviest words first lowers the score by {points:.2f} more than taking out any: "
        "the explanation holds."
    ),
    "weak": N_(
        "Taking out the heaviest words first lowers the score by only {points:.2f} more than taking out any: take it "
        "as a hint."
    ),
    "none": N_("Taking out the heaviest words first lowers the score no more than taking out any: don't rely on it."),
}
_TRUST_PICTURE = {
    "strong": N_(
        "Covering the heaviest fields first lowers the score by {points:.2f} more than covering any: the explanation "
        "holds."
    ),
    "weak": N_(
        "Covering the heaviest fields first lowers the score by only {points:.2f} more than covering any: take it as a "
        "hint."
    ),
    "none": N_("Covering the heaviest fields first lowers the score no more than covering any: don't rely on it."),
}


def weight_title(found: Explanation) -> str:
    """What weights say, for the head of a column; marked with ``N_``."""
    if found.method == "integrated-gradients":
        return N_("Adds to the score")
    return N_("Score without it falls by")


def method_words(found: Explanation) -> str:
    """How it was found and what that can't see, in the user's language."""
    if found.method == "integrated-gradients":
        words = f"{_(_GRADIENTS)} {_(_INSIDE[found.inside is not None and found.inside.read_back])}"
        if found.inside is not None and found.inside.apart:
            words += " " + _("On {n} texts made of this one, both scores differ by {points:.3f} at most.").format(
                n=found.inside.texts, points=found.inside.apart
            )
        if found.completeness is not None:
            words += " " + _("The weights add up to the whole change but for {share:.1f} %.").format(
                share=100 * found.completeness
            )
        return words
    if found.method == "shapley":
        return _(_SHAPLEY.get(found.kind, _SHAPLEY_WORDS))
    return _(_OCCLUSION[found.kind])


def readable(answer: str) -> str:
    """An answer as people read it."""
    return answer.replace("_", " ")


def sentences(found: Explanation, spelled: Callable[[str], str] = readable) -> list[str]:
    """What would change the answer, and how far the explanation can be trusted.

    Args:
        found: What was found.
        spelled: How answers are spelled: `readable`, or `str` as the data has them.
    """
    return [*_hints(found, spelled), *_considered(found), *calibration_words(found), *_trust(found)]


def calibration_words(found: Explanation) -> list[str]:
    """What an evaluation says of such confidence; that there is none, for an answer that says how sure it is."""
    known = found.calibration
    if known is None:
        return []
    return [
        ngettext(
            "It says {said:.0f} %. On the one evaluated row where it was about as sure it was right {right:.0f} % of "
            "the time, which says little.",
            "It says {said:.0f} %. On {n} evaluated rows where it was about as sure it was right {right:.0f} % of the "
            "time (95 % interval {low:.0f} to {high:.0f} %).",
            known.rows,
        ).format(
            said=100 * found.score,
            n=f"{known.rows:,}",
            right=100 * known.right,
            low=100 * known.right_low,
            high=100 * known.right_high,
        )
    ]


def _hints(found: Explanation, spelled: Callable[[str], str]) -> list[str]:
    pattern = _HINTS.get(found.kind, _HINTS["words"])
    return [
        _(pattern).format(
            part=isolated(found.parts[hint.part].text),
            word=isolated(found.parts[hint.part].text),
            answer=isolated(spelled(hint.answer)) or _("nothing"),
        )
        for hint in found.hints[:3]
    ]


def _considered(found: Explanation) -> list[str]:
    chosen = next((each for each in found.considered if each.chosen), None)
    if chosen is None:
        return []
    if not chosen.answer_without:
        return [_("Without the passage that it stands in, there would be no answer.")]
    return [
        _("Without the passage that it stands in, it would say “{answer}” ({score:.2f}).").format(
            answer=isolated(chosen.answer_without), score=chosen.score_without
        )
    ]


def signed(weight: float, digits: int = 4) -> str:
    """A weight with its sign; nothing has none."""
    text = f"{weight:+.{digits}f}"
    return text.replace("-", "−") if float(text) else text[1:]


def share(probability: float) -> str:
    """A probability as people read it."""
    return f"{100 * probability:.1f} %"


def other_words(step: Step) -> str:
    """What else could have stood where a word of a written answer begins; a dash where nothing was likely."""
    first = next((token for token in step.tokens if token.text.strip()), step.tokens[0])
    others = [each for each in first.alternatives if each.text != first.text and each.probability >= _LEAST_CHANCE]
    return ", ".join(f"{each.text.strip() or _('(end)')} {share(each.probability)}" for each in others[:_NAMED]) or "–"


def leaned_on(found: Explanation, step: Step) -> str:
    """The words of the source that a word of the answer leaned on most."""
    order = sorted(range(len(found.parts)), key=lambda place: -step.weights[place])[:_NAMED]
    return ", ".join(
        f"{isolated(found.parts[place].text)} {signed(step.weights[place], 2)}"
        for place in order
        if step.weights[place] >= _LEAST_WEIGHT
    )


def _trust(found: Explanation) -> list[str]:
    check = found.faithfulness
    if check is None:
        return []
    scores = (found.score, *check.by_weight, *check.by_chance)
    part = check.advantage / ((max(scores) - min(scores)) or 1.0)
    verdict = "strong" if part >= _STRONG else "weak" if part >= _WEAK else "none"
    pattern = (_TRUST_PICTURE if found.kind == "picture" else _TRUST)[verdict]
    return [_(pattern).format(points=check.advantage)]

"""The examples a model is taught with: split for training, choosing and judging, and what is odd about them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from studio.domain.errors import InputError
from studio.domain.i18n import _, ngettext

#: Tasks that a head on embeddings can do.
TEACHABLE = ("text-classification", "regression")
#: Fewer examples of a label than this teach little.
FEW = 8
#: Shares of the examples that choose settings and that judge the result.
VALIDATION, TEST = 0.15, 0.2
_SPACE = re.compile(r"[\W_]+")
_DIGEST_BYTES = 8


@dataclass(frozen=True)
class Split:
    """Places of examples, each in exactly one part; texts that are the same stay together.

    Attributes:
        train: Learned from.
        validation: Settings are chosen by these.
        test: Judged on; nothing of the model depends on them.
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


@dataclass(frozen=True)
class Remark:
    """Something to know about the examples.

    Attributes:
        kind: ``"few"``, ``"duplicates"``, ``"conflicts"``, ``"single"`` or ``"leak"``.
        sentence: In the user's language.
    """

    kind: str
    sentence: str


def split(texts: Sequence[str], labels: Sequence[str] | None, seed: int = 0) -> Split:
    """Train, validation and test with a fixed seed, each label in its proportion.

    Args:
        texts: What is read.
        labels: What is to be answered; None where that is a number.
        seed: The same seed gives the same parts.

    Raises:
        InputError: There are too few examples, or only one label.
    """
    if labels is not None and len(set(labels)) < 2:
        raise InputError(
            _("There is only one label, so there is nothing to learn."), _("Choose another column for the labels.")
        )
    groups: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        groups[plain(text)].append(place)
    strata: dict[str, list[list[int]]] = defaultdict(list)
    for places in groups.values():
        strata[labels[places[0]] if labels is not None else ""].append(places)
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for label in sorted(strata):
        # By chance, yet the same chance for the same text: a sheet that grew keeps what was judged for judging.
        own = sorted(strata[label], key=partial(_chance, texts, f"{seed} {label}"))
        # A label with few examples keeps one for judging where it has three, and all for learning where it has not.
        test = max(1, round(TEST * len(own))) if len(own) >= 3 else 0
        validation = max(1, round(VALIDATION * len(own))) if len(own) >= 4 else 0
        for number, places in enumerate(own):
            part = 2 if number < test else 1 if number < test + validation else 0
            parts[part].extend(places)
    train, chosen, judged = (tuple(sorted(part)) for part in parts)
    if len(judged) < 2 or len(train) < 4:
        raise InputError(
            ngettext("{n} example is too few.", "{n} examples are too few.", len(texts)).format(n=len(texts)),
            _("Label at least {few} of each kind.").format(few=FEW),
        )
    return Split(train, chosen, judged)


def _chance(texts: Sequence[str], salt: str, places: Sequence[int]) -> bytes:
    return hashlib.blake2b(f"{salt} {plain(texts[places[0]])}".encode(), digest_size=_DIGEST_BYTES).digest()


def remarks(texts: Sequence[str], labels: Sequence[str] | None) -> tuple[Remark, ...]:
    """What a person should know before trusting what comes out."""
    found = []
    if labels is not None:
        few = sorted(label for label, count in Counter(labels).items() if count < FEW)
        if few:
            sentence = ngettext(
                "{n} label has fewer than {few} examples: {names}",
                "{n} labels have fewer than {few} examples: {names}",
                len(few),
            )
            names = ", ".join(few[:5]) + (" …" if len(few) > 5 else "")
            found.append(Remark("few", sentence.format(n=len(few), few=FEW, names=names)))
    seen: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    for place, text in enumerate(texts):
        counts[plain(text)] += 1
        seen[plain(text)].add(labels[place] if labels is not None else "")
    doubles = sum(count - 1 for count in counts.values())
    if doubles:
        sentence = ngettext(
            "{n} example repeats another; the same text is never both learned from and judged on.",
            "{n} examples repeat another; the same text is never both learned from and judged on.",
            doubles,
        )
        found.append(Remark("duplicates", sentence.format(n=doubles)))
    conflicts = sum(len(each) > 1 for each in seen.values())
    if conflicts:
        sentence = ngettext(
            "{n} text has different labels: nobody can be right on all of its rows.",
            "{n} texts have different labels: nobody can be right on all of their rows.",
            conflicts,
        )
        found.append(Remark("conflicts", sentence.format(n=conflicts)))
    return tuple(found)


def plain(text: str) -> str:
    """A text without case, spaces and punctuation: what is the same to a reader."""
    return _SPACE.sub(" ", text.casefold()).strip()


def fingerprints(texts: Iterable[str]) -> str:
    """Short hashes of texts as one word: enough to find them again, too little to read them."""
    digests = sorted({hashlib.blake2b(plain(text).encode(), digest_size=_DIGEST_BYTES).digest() for text in texts})
    return base64.b64encode(b"".join(digests)).decode("ascii")


def known_among(texts: Sequence[str], learned: str) -> list[int]:
    """Places of texts that a model has learned from, by its `fingerprints`."""
    try:
        raw = base64.b64decode(learned, validate=True)
    except ValueError:
        return []
    known = {raw[start : start + _DIGEST_BYTES] for start in range(0, len(raw), _DIGEST_BYTES)}
    return [
        place
        for place, text in enumerate(texts)
        if hashlib.blake2b(plain(text).encode(), digest_size=_DIGEST_BYTES).digest() in known
    ]


def counted(labels: Sequence[str]) -> Mapping[str, int]:
    """How many examples each label has, the most frequent first."""
    return dict(Counter(labels).most_common())

"""Looks at every row of a data set before it is run."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from studio.domain.languages import Language, find_language, looks_foreign
from studio.domain.running import never_cancelled
from studio.evaluation.label_matching import suggest, unknown
from studio.evaluation.personal_data import hints
from studio.evaluation.readiness import SEVERITIES, Note, Readiness, Severity, UnknownLabel
from studio.statistics.power import smallest_provable_difference

#: Rows of a note that are remembered, to be looked at.
_SHOWN = 50
_FEW_ROWS_OF_A_LABEL = 5
#: A label with this share of the rows hides how well the others are told apart.
_DOMINANT = 0.6
#: Texts of which a difference this large is no help to anybody.
_COARSE = 0.1
_SPACE = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Reader:
    """A candidate as far as it matters to the data.

    Attributes:
        title: What a person calls it.
        languages: Codes of what it reads; empty where its card does not say.
        labels: For classifiers, its labels.
        limit: Longest text in tokens, special tokens included; None for no limit.
        count: Tokens of each text, special tokens included.
    """

    title: str
    languages: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    limit: int | None = None
    count: Callable[[Sequence[str]], Sequence[int]] | None = None


@dataclass
class _Notes:
    found: list[Note] = field(default_factory=list)

    def add(self, kind: str, severity: Severity, positions: Sequence[int] = (), **figures: int | float | str) -> None:
        figures.setdefault("n", len(positions))
        self.found.append(Note(kind, severity, figures, tuple(positions[:_SHOWN])))

    def add_if(self, positions: Sequence[int], kind: str, severity: Severity, **figures: int | float | str) -> None:
        if positions:
            self.add(kind, severity, positions, **figures)


def examine(
    texts: Sequence[str],
    references: Sequence[str] | None,
    readers: Sequence[Reader],
    label_map: Mapping[str, str],
    labels: bool,
    cancelled: Callable[[], bool] = never_cancelled,
    missing: Sequence[int] | None = None,
) -> Readiness:
    """What can be said of the rows.

    Args:
        texts: The main input of every row.
        references: The expected answer of every row, empty where it has none; None where no column holds any.
        readers: Who shall answer.
        label_map: Which label of a model a label of the data means.
        labels: Whether answers are labels.
        cancelled: Asked between steps; once true, what was found by then is returned.
        missing: Where texts are names of files: the rows whose file is not there; nothing is said of how the names are
            written.
    """
    notes = _Notes()
    expected = references if references is not None else [""] * len(texts)
    with_reference = sum(bool(reference) for reference in expected)
    counts = Counter(reference for reference in expected if reference) if labels else Counter[str]()
    known = tuple(dict.fromkeys(label for reader in readers for label in reader.labels))
    unknown_labels: tuple[UnknownLabel, ...] = ()
    difference = None
    steps: list[Callable[[], object]] = [
        lambda: _texts(notes, texts),
        lambda: _repeats(notes, texts, expected),
        lambda: _personal(notes, texts),
        *(lambda reader=reader: _of_reader(notes, texts, reader) for reader in readers),
    ]
    if missing is not None:
        notes.add_if(list(missing), "missing files", "warning")
        steps = [lambda: _repeats(notes, texts, expected)]
    if not with_reference:
        notes.add("no references", "warning")
    else:
        unanswered = [position for position, reference in enumerate(expected) if not reference]
        if unanswered:
            notes.add("some references", "info", unanswered)
        else:
            notes.add("rows", "good", n=len(texts))
        if labels:
            difference = smallest_provable_difference(with_reference)
            _difference(notes, with_reference, difference)
            _balance(notes, counts, with_reference)
            if known:
                unknown_labels = _unknown(notes, counts, expected, known, label_map)
        else:
            same = [
                p for p, (text, reference) in enumerate(zip(texts, expected, strict=True)) if text == reference != ""
            ]
            notes.add_if(same, "same text", "warning")
    for step in steps:
        if cancelled():
            break
        step()
    ordered = sorted(notes.found, key=lambda note: SEVERITIES.index(note.severity))
    return Readiness(
        len(texts), with_reference, tuple(counts.most_common()), tuple(ordered), unknown_labels, known, difference
    )


def _difference(notes: _Notes, rows: int, difference: float) -> None:
    points = f"{100 * difference:.0f}" if difference >= 0.02 else f"{100 * difference:.1f}"
    if difference >= 1:
        notes.add("too few rows", "warning", n=rows)
    elif difference > _COARSE:
        notes.add("few rows", "warning", rows=rows, points=points)
    else:
        notes.add("difference", "info", rows=rows, points=points)


def _balance(notes: _Notes, counts: Counter[str], rows: int) -> None:
    label, most = counts.most_common(1)[0]
    if len(counts) > 1 and most > _DOMINANT * rows:
        notes.add("imbalance", "warning", label=label, percent=round(100 * most / rows))
    else:
        notes.add("balance", "good", labels=len(counts), least=min(counts.values()), most=most)
    rare = sum(count < _FEW_ROWS_OF_A_LABEL for count in counts.values())
    if rare:
        notes.add("rare labels", "info", n=rare, few=_FEW_ROWS_OF_A_LABEL)


def _unknown(
    notes: _Notes, counts: Counter[str], expected: Sequence[str], known: tuple[str, ...], label_map: Mapping[str, str]
) -> tuple[UnknownLabel, ...]:
    strange = unknown(counts, known)
    open_labels = {label for label in strange if label_map.get(label) not in known}
    positions = [position for position, label in enumerate(expected) if label in open_labels]
    if open_labels:
        notes.add("unknown labels", "warning", positions, n=len(open_labels), rows=len(positions))
    return tuple(UnknownLabel(label, counts[label], suggest(label, known)) for label in strange)


def _texts(notes: _Notes, texts: Sequence[str]) -> None:
    lengths = [sum(c.isalnum() for c in text[:8]) for text in texts]
    notes.add_if([position for position, text in enumerate(texts) if not text.strip()], "empty", "warning")
    notes.add_if(
        [p for p, n in enumerate(lengths) if n < 3 and texts[p].strip() and len(texts[p]) < 3], "short", "info"
    )


def _repeats(notes: _Notes, texts: Sequence[str], expected: Sequence[str]) -> None:
    """Texts that are the same but for case, spaces and punctuation."""
    seen: dict[str, int] = {}
    repeated: list[int] = []
    answers: defaultdict[str, set[str]] = defaultdict(set)
    for position, text in enumerate(texts):
        plain = _SPACE.sub(" ", text.casefold()).strip()
        if not plain:
            continue
        if plain in seen:
            repeated.append(position)
        else:
            seen[plain] = position
        if expected[position]:
            answers[plain].add(expected[position])
    notes.add_if(repeated, "duplicates", "warning" if len(repeated) > 0.05 * len(texts) else "info")
    notes.add_if([seen[plain] for plain, different in answers.items() if len(different) > 1], "conflicts", "warning")


def _personal(notes: _Notes, texts: Sequence[str]) -> None:
    counts: Counter[str] = Counter()
    rows: list[int] = []
    for position, text in enumerate(texts):
        found = list(hints(text))
        counts.update(found)
        if found:
            rows.append(position)
    notes.add_if(rows, "personal data", "info", email=counts["email"], phone=counts["phone"], card=counts["card"])


def _of_reader(notes: _Notes, texts: Sequence[str], reader: Reader) -> None:
    if reader.limit and reader.count:
        # A token is one byte of a text at least: shorter texts need no counting.
        able = [
            position for position, text in enumerate(texts) if len(text.encode("utf-8", "replace")) + 2 > reader.limit
        ]
        tokens = reader.count([texts[position] for position in able])
        long = [position for position, count in zip(able, tokens, strict=True) if count > reader.limit]
        notes.add_if(long, "long", "warning", model=reader.title, limit=reader.limit)
    read = [language for code in reader.languages if (language := find_language(code))]
    if read:
        foreign = [p for p, text in enumerate(texts) if all(_is_foreign(text, language) for language in read)]
        notes.add_if(foreign, "languages", "warning", model=reader.title, languages=", ".join(reader.languages))


def _is_foreign(text: str, language: Language) -> bool:
    # Plain letters are Latin ones: most texts need no closer look.
    if text.isascii() and "LATIN" in language.scripts:
        return False
    return looks_foreign(text, language)

"""A document in sentences and passages, each with its place in the document, in characters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from studio.domain.sentences import pieces_of, sentences_of
from studio.domain.soft_lines import goes_on, starts_item, usual_width, width_of

#: Size of a passage to search for, about 100 tokens: one matter, and no longer than small embedding models read.
SEARCHED = 450
#: Size of a passage to read closely for an answer, about 300 tokens: as the paragraphs that readers are trained on.
READ = 1350
#: A Chinese character is about as much to read as three Latin letters.
_WIDE = 3
#: A single line shorter than this without a mark at its end is a heading.
_LONGEST_HEADING = 80
_MARKS = tuple(".!?:;,。！？：；，…|")


@dataclass(frozen=True, order=True)
class Stretch:
    """A part of a document, by its first character and the one behind its last."""

    start: int
    end: int

    def of(self, document: str) -> str:
        """What stands there."""
        return document[self.start : self.end]


@dataclass(frozen=True)
class _Block:
    """Sentences that belong together: a paragraph, an item of a list, a heading."""

    sentences: tuple[Stretch, ...]
    heading: bool


def sentences_in(document: str) -> list[Stretch]:
    """Its sentences in order. A line break in the middle of a wrapped paragraph ends none."""
    return [sentence for block in _blocks(document) for sentence in block.sentences]


def passages_in(document: str, size: int = SEARCHED) -> list[Stretch]:
    """Its passages in order: whole sentences, cut at paragraphs where that is possible, headings with what follows.

    Every character other than white space is in exactly one of them.

    Args:
        document: Any text.
        size: How long a passage may be, in Latin letters; see `SEARCHED` and `READ`.
    """
    found: list[Stretch] = []
    open_sentences: list[Stretch] = []
    taken, only_headings = 0, True

    def close() -> None:
        nonlocal taken, only_headings
        if open_sentences:
            found.append(Stretch(open_sentences[0].start, open_sentences[-1].end))
        open_sentences.clear()
        taken, only_headings = 0, True

    for block in _blocks(document):
        needed = sum(weight(sentence.of(document)) + 1 for sentence in block.sentences)
        if (block.heading and not only_headings) or (taken + needed > size and not only_headings):
            close()
        for sentence in block.sentences:
            for piece in _pieces(document, sentence, size):
                more = weight(piece.of(document)) + 1
                if taken and taken + more > size:
                    close()
                open_sentences.append(piece)
                taken += more
        only_headings = only_headings and block.heading
    close()
    return found


def within(places: list[Stretch], character: int) -> Stretch | None:
    """Which of these stretches, which are in order, a character is in or comes after; None before the first."""
    place = bisect_right(places, character, key=lambda stretch: stretch.start)
    return places[place - 1] if place else None


def weight(text: str) -> int:
    """How much there is to read, in Latin letters."""
    return len(text) + (_WIDE - 1) * (width_of(text) - len(text))


def _pieces(document: str, sentence: Stretch, size: int) -> Iterator[Stretch]:
    """A sentence in pieces that are no longer than a passage."""
    text = sentence.of(document)
    if weight(text) <= size:
        yield sentence
        return
    yield from _found(text, pieces_of(text, lambda part: weight(part) <= size, size), sentence.start)


def _blocks(document: str) -> Iterator[_Block]:
    lines = document.split("\n")
    width = usual_width([line for line in lines if line.strip()])
    start = place = 0
    gathered: list[str] = []
    for number, line in enumerate(lines):
        gathered.append(line)
        place += len(line) + 1
        after = lines[number + 1] if number + 1 < len(lines) else ""
        if after.strip() and not starts_item(after) and goes_on(line, width):
            continue
        # A space is as long as a line break, so that places in the text stay what they are.
        text = " ".join(gathered)
        sentences = tuple(_found(text, sentences_of(text), start))
        if sentences:
            yield _Block(sentences, len(gathered) == 1 and _is_heading(line.strip()))
        gathered, start = [], place


def _is_heading(line: str) -> bool:
    if line.startswith("#"):
        return True
    return len(line) < _LONGEST_HEADING and not line.endswith(_MARKS) and not starts_item(line)


def _found(text: str, parts: list[str], start: int) -> Iterator[Stretch]:
    """Where parts of a text stand that come one after another in it."""
    place = 0
    for part in parts:
        place = text.index(part, place)
        yield Stretch(start + place, start + place + len(part))
        place += len(part)

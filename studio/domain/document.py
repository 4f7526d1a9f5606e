"""Translating a whole text sentence by sentence, with its lines kept, whoever translates the sentences."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from studio.domain.characters import clean_text
from studio.domain.errors import InputError
from studio.domain.i18n import _, ngettext
from studio.domain.languages import Language, looks_foreign
from studio.domain.prediction import FinishReason, GeneratedText, Prediction, Timing
from studio.domain.sentences import has_words, lead_of, pieces_of, sentences_of, space_between

#: So much of a text is translated, about ten pages; more would take hours with a large model.
MOST_CHARACTERS = 20_000

#: From this share of unknown tokens on, a text is probably in a language that the model does not read.
_MANY_UNKNOWN = 0.3
#: Control characters, which no sentence needs (tab and line ends aside).
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")

#: Translates one sentence; calls its second argument with each new piece of text.
TranslateSentence = Callable[[str, Callable[[str], None]], GeneratedText]


@dataclass(frozen=True)
class Reader:
    """What a model can read at once.

    Attributes:
        fits: Whether it can read so much text.
        window: No text longer than so many characters fits.
        split_sentences: Whether sentences are translated one by one even where several would fit.
    """

    fits: Callable[[str], bool]
    window: int
    split_sentences: bool = True

    def parts(self, line: str) -> list[str]:
        """The texts to translate of one line, in order."""
        sentences = sentences_of(line) if self.split_sentences or not self.fits(line) else [line.strip()]
        return [piece for sentence in sentences for piece in pieces_of(sentence, self.fits, self.window)]


class _Page:
    """The translation as it grows: spaces around sentences are the page's business, not the model's."""

    def __init__(self, show: Callable[[str], None], began: float) -> None:
        self._show = show
        self._began = began
        self._held = ""
        self._fresh = True
        self.text = ""
        self.first_s: float | None = None

    def sentence(self) -> None:
        """A new sentence begins."""
        self._fresh, self._held = True, ""

    def add(self, piece: str) -> None:
        """More of the sentence; spaces at its end are kept back until more of it comes."""
        if self._fresh:
            piece = piece.lstrip()
            if not piece:
                return
            self._held = space_between(self.text, piece)
            self._fresh = False
        words = piece.rstrip()
        if words:
            self.raw(self._held + words)
            self._held = piece[len(words) :]
        else:
            self._held += piece

    def raw(self, text: str) -> None:
        """Text that stands as it is."""
        if text:
            if self.first_s is None and not text.isspace():
                self.first_s = time.perf_counter() - self._began
            self.text += text
            self._show(text)


def translate_document(
    text: str,
    reader: Reader,
    translate: TranslateSentence,
    show: Callable[[str], None],
    cancelled: Callable[[], bool],
    began: float,
) -> Prediction:
    """Translate a text.

    Line breaks, bullets and lines without words stay as they are. What is left out of a very long text is said.

    Args:
        text: Any text with something visible in it.
        reader: What the model can read at once.
        translate: Translates one sentence.
        show: Called with each new piece of text.
        cancelled: Asked between sentences; once true, what there is is returned.
        began: When the text was submitted, by ``time.perf_counter``.
    """
    notices = []
    if len(text) > MOST_CHARACTERS:
        notices.append(
            _("The text is very long: the first {kept} of its {total} characters were translated.").format(
                kept=f"{MOST_CHARACTERS:,}", total=f"{len(text):,}"
            )
        )
    page = _Page(show, began)
    answers: list[GeneratedText] = []
    stopped = False
    for number, line in enumerate(_visible(text[:MOST_CHARACTERS]).splitlines()):
        page.raw("\n" if number else "")
        if not has_words(line):
            page.raw(line.rstrip())
            continue
        lead = lead_of(line)
        page.raw(lead)
        for part in reader.parts(line[len(lead) :]):
            stopped = stopped or cancelled()
            if stopped:
                break
            page.sentence()
            if has_words(part):
                answers.append(translate(part, page.add))
                stopped = answers[-1].finish_reason == "cancelled"
            else:
                page.add(part)
        if stopped:
            break
    cut = sum(answer.finish_reason == "length" for answer in answers)
    if cut:
        notices.append(
            ngettext(
                "{n} sentence was not finished: its translation reached the limit on new tokens.",
                "{n} sentences were not finished: their translations reached the limit on new tokens.",
                cut,
            ).format(n=cut)
        )
    reason: FinishReason = "cancelled" if stopped else "length" if cut else "stop"
    output = GeneratedText(
        page.text,
        tuple(token for answer in answers for token in answer.token_ids),
        sum(answer.prompt_tokens for answer in answers),
        reason,
    )
    return Prediction(output, Timing(time.perf_counter() - began, page.first_s), tuple(notices))


def check_prefix(prefix: str, tokens: int, limit: int) -> None:
    """Refuse an instruction that leaves the model no room for a sentence.

    Args:
        prefix: What is put before every sentence.
        tokens: Length of it, special tokens included.
        limit: What the model reads at once, in tokens.

    Raises:
        InputError: It takes more than half of that.
    """
    if prefix and tokens > limit // 2:
        raise InputError(
            _("The instruction is too long: it takes {tokens} of the {limit} tokens that the model reads.").format(
                tokens=tokens, limit=limit
            ),
            _("Shorten it."),
        )


def reading_notices(text: str, source: Language | None, unknown: int, tokens: int) -> tuple[str, ...]:
    """What a user should know about a text that the model probably can't read.

    Args:
        text: The text.
        source: The language it should be in, where that is known.
        unknown: How many of its tokens the model does not know.
        tokens: How many it has.
    """
    if source and looks_foreign(text, source):
        return (_("The text does not look like {language}.").format(language=_(source.name)),)
    if tokens and unknown >= _MANY_UNKNOWN * tokens:
        return (
            _("The model does not know {unknown} of the text's {tokens} pieces: it may not read this language.").format(
                unknown=unknown, tokens=tokens
            ),
        )
    return ()


def _visible(text: str) -> str:
    return clean_text(_CONTROL.sub("", text)).strip()

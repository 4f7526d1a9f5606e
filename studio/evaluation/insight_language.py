"""Which language rows are written in, as far as it decides whether an embedding model reads them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from studio.domain.languages import LANGUAGES
from studio.evaluation.answered import language_of

#: Rows that are looked at, and characters of each.
_LOOKED_AT, _LONGEST = 400, 600
#: Share of the rows that tell their language which must agree, and share of all rows that must tell it.
_AGREE, _TELL = 2 / 3, 0.1
#: Words that hardly any sentence of a language does without.
_SMALL_WORDS = {
    "bg": "и в не на да се за от съм как ще ми са че до защо къде",
    "cs": "a v ne na se je to že jak mi moje můj mám co kde pro jsem není",
    "da": "og er ikke jeg en et det at min på som med for hvordan hvor kan har af mit",
    "de": "der die das und ist nicht ich ein eine mit für auf zu den von wie wo kann mein meine bitte wird habe sie es "
    "dem im noch mir ihr wann warum",
    "en": "the is are i my to of and for it you that have with was not can how what where do does please when your me "
    "this be on a an at from why",
    "es": "el la los las y es no un una de que en mi por para con se lo como cómo dónde cuando está del al yo su",
    "fi": "ja on ei se että minun miten missä voin en ole mutta mikä onko",
    "fr": "le la les et est je ne pas un une des pour que qui dans mon ma vous avec sur du j'ai comment où en ce il "
    "quand",
    "hu": "a az és nem egy hogy van ez hol mi meg hogyan mikor",
    "id": "yang dan di saya tidak ini itu untuk dengan apa bagaimana ke dari ada",
    "it": "il la gli e è non un una di che per mi con sono come dove quando del della ho mio mia lo si",
    "nl": "de het een en is niet ik van mijn met voor op te dat wat waar hoe kan zijn wordt u er bij",
    "no": "og er ikke jeg en et det å min på som med for hvordan hvor kan har av mitt",
    "pl": "i w nie na się z do jest to że jak moje mój mam co gdzie dla czy",
    "pt": "o a os as e é não um uma de que em meu minha por para com se como onde quando está do da eu",
    "ro": "și nu un o de la în cu este pe că mea meu cum unde care am",
    "ru": "и в не на что я с как это но мой моя мне у где почему когда из для",
    "sv": "och är inte jag en ett det att min på som med för hur var kan har av mitt",
    "tr": "ve bir bu için ne nasıl nerede ben benim var mı da de değil çok mi",
    "uk": "і в не на що я з як це але та мій моя мені де чому коли із для",
    "vi": "tôi không là của có và cho được này bao làm thế",
}
_LANGUAGES_OF = {
    word: frozenset(code for code, words in _SMALL_WORDS.items() if word in words.split())
    for words in _SMALL_WORDS.values()
    for word in words.split()
}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
#: Scripts that one language alone is written in, by what Unicode calls their letters.
_OWN_SCRIPTS = {
    script: language.code
    for language in LANGUAGES
    for script in language.scripts
    if sum(script in other.scripts for other in LANGUAGES) == 1
}


def written_in(texts: Iterable[str]) -> str:
    """The code of the language that at least two rows of three are written in; empty where that is not clear.

    Rows that hold letters of ASCII alone, and none of the words that tell languages apart ("refund order"), count as
    English where hardly any row tells.
    """
    looked_at = [text[:_LONGEST] for text in islice((text for text in texts if text.strip()), _LOOKED_AT)]
    known = language_of(looked_at)
    if known:
        return known
    votes: Counter[str] = Counter()
    plain = 0
    for text in looked_at:
        code = _vote(text)
        if code:
            votes[code] += 1
        else:
            plain += text.isascii()
    if votes.total() < max(1, _TELL * len(looked_at)):
        return "en" if looked_at and plain >= _AGREE * len(looked_at) else ""
    code, count = votes.most_common(1)[0]
    return code if count >= _AGREE * votes.total() else ""


def _vote(text: str) -> str:
    """The language of one text; empty where its words don't tell."""
    scripts = Counter(_script(character) for character in text if character.isalpha())
    script = scripts.most_common(1)[0][0] if scripts else ""
    if script in _OWN_SCRIPTS:
        return _OWN_SCRIPTS[script]
    hits: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        hits.update(_LANGUAGES_OF.get(word.replace("’", "'"), ()))
    best = hits.most_common(2)
    if not best or (len(best) > 1 and best[0][1] == best[1][1]):
        return ""
    return best[0][0]


def _script(character: str) -> str:
    return unicodedata.name(character, "").split(" ", 1)[0]

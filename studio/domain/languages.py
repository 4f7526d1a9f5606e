"""Names and codes of human languages, so that "en", "eng_Latn", "en_XX" and "English" mean the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from studio.domain.i18n import N_


@dataclass(frozen=True)
class Language:
    """A language.

    Attributes:
        code: Its shortest code, ISO 639-1 where there is one, such as ``"en"``.
        others: Further codes that models use for it (ISO 639-3, its macro-language), such as ``"eng"``.
        name: Its English name.
        scripts: The scripts it is written in, named as Unicode names its letters.
    """

    code: str
    others: tuple[str, ...]
    name: str
    scripts: tuple[str, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return (self.code, *self.others)


_LATIN, _CYRILLIC, _ARABIC, _DEVANAGARI = ("LATIN",), ("CYRILLIC",), ("ARABIC",), ("DEVANAGARI",)


def _entry(codes: str, name: str, *scripts: str) -> Language:
    code, *others = codes.split()
    return Language(code, tuple(others), name, scripts)


LANGUAGES: tuple[Language, ...] = (
    _entry("af afr", N_("Afrikaans"), *_LATIN),
    _entry("am amh", N_("Amharic"), "ETHIOPIC"),
    _entry("ar ara arb", N_("Arabic"), *_ARABIC),
    _entry("az aze azj", N_("Azerbaijani"), *_LATIN),
    _entry("be bel", N_("Belarusian"), *_CYRILLIC),
    _entry("bg bul", N_("Bulgarian"), *_CYRILLIC),
    _entry("bn ben", N_("Bengali"), "BENGALI"),
    _entry("bs bos", N_("Bosnian"), *_LATIN),
    _entry("ca cat", N_("Catalan"), *_LATIN),
    _entry("cs ces cze", N_("Czech"), *_LATIN),
    _entry("cy cym", N_("Welsh"), *_LATIN),
    _entry("da dan", N_("Danish"), *_LATIN),
    _entry("de deu ger", N_("German"), *_LATIN),
    _entry("el ell gre", N_("Greek"), "GREEK"),
    _entry("en eng", N_("English"), *_LATIN),
    _entry("eo epo", N_("Esperanto"), *_LATIN),
    _entry("es spa", N_("Spanish"), *_LATIN),
    _entry("et est ekk", N_("Estonian"), *_LATIN),
    _entry("eu eus", N_("Basque"), *_LATIN),
    _entry("fa fas pes per", N_("Persian"), *_ARABIC),
    _entry("fi fin", N_("Finnish"), *_LATIN),
    _entry("fr fra fre", N_("French"), *_LATIN),
    _entry("ga gle", N_("Irish"), *_LATIN),
    _entry("gl glg", N_("Galician"), *_LATIN),
    _entry("gu guj", N_("Gujarati"), "GUJARATI"),
    _entry("ha hau", N_("Hausa"), *_LATIN),
    _entry("he heb iw", N_("Hebrew"), "HEBREW"),
    _entry("hi hin", N_("Hindi"), *_DEVANAGARI),
    _entry("hr hrv", N_("Croatian"), *_LATIN),
    _entry("hu hun", N_("Hungarian"), *_LATIN),
    _entry("hy hye", N_("Armenian"), "ARMENIAN"),
    _entry("id ind", N_("Indonesian"), *_LATIN),
    _entry("ig ibo", N_("Igbo"), *_LATIN),
    _entry("is isl", N_("Icelandic"), *_LATIN),
    _entry("it ita", N_("Italian"), *_LATIN),
    _entry("ja jpn jap", N_("Japanese"), "CJK", "HIRAGANA", "KATAKANA"),
    _entry("jv jav", N_("Javanese"), *_LATIN),
    _entry("ka kat", N_("Georgian"), "GEORGIAN"),
    _entry("kk kaz", N_("Kazakh"), *_CYRILLIC),
    _entry("km khm", N_("Khmer"), "KHMER"),
    _entry("kn kan", N_("Kannada"), "KANNADA"),
    _entry("ko kor", N_("Korean"), "HANGUL", "CJK"),
    _entry("lo lao", N_("Lao"), "LAO"),
    _entry("lt lit", N_("Lithuanian"), *_LATIN),
    _entry("lv lav lvs", N_("Latvian"), *_LATIN),
    _entry("mg mlg plt", N_("Malagasy"), *_LATIN),
    _entry("mk mkd", N_("Macedonian"), *_CYRILLIC),
    _entry("ml mal", N_("Malayalam"), "MALAYALAM"),
    _entry("mn mon khk", N_("Mongolian"), *_CYRILLIC, "MONGOLIAN"),
    _entry("mr mar", N_("Marathi"), *_DEVANAGARI),
    _entry("ms msa zsm", N_("Malay"), *_LATIN),
    _entry("mt mlt", N_("Maltese"), *_LATIN),
    _entry("my mya", N_("Burmese"), "MYANMAR"),
    _entry("ne nep npi", N_("Nepali"), *_DEVANAGARI),
    _entry("nl nld dut", N_("Dutch"), *_LATIN),
    _entry("no nor nob nb", N_("Norwegian"), *_LATIN),
    _entry("pa pan", N_("Punjabi"), "GURMUKHI"),
    _entry("pl pol", N_("Polish"), *_LATIN),
    _entry("ps pus pbt", N_("Pashto"), *_ARABIC),
    _entry("pt por", N_("Portuguese"), *_LATIN),
    _entry("ro ron rum", N_("Romanian"), *_LATIN),
    _entry("ru rus", N_("Russian"), *_CYRILLIC),
    _entry("si sin", N_("Sinhala"), "SINHALA"),
    _entry("sk slk", N_("Slovak"), *_LATIN),
    _entry("sl slv", N_("Slovenian"), *_LATIN),
    _entry("so som", N_("Somali"), *_LATIN),
    _entry("sq sqi als", N_("Albanian"), *_LATIN),
    _entry("sr srp", N_("Serbian"), *_CYRILLIC, *_LATIN),
    _entry("su sun", N_("Sundanese"), *_LATIN),
    _entry("sv swe", N_("Swedish"), *_LATIN),
    _entry("sw swa swh", N_("Swahili"), *_LATIN),
    _entry("ta tam", N_("Tamil"), "TAMIL"),
    _entry("te tel", N_("Telugu"), "TELUGU"),
    _entry("th tha", N_("Thai"), "THAI"),
    _entry("tl tgl fil", N_("Filipino"), *_LATIN),
    _entry("tr tur", N_("Turkish"), *_LATIN),
    _entry("uk ukr", N_("Ukrainian"), *_CYRILLIC),
    _entry("ur urd", N_("Urdu"), *_ARABIC),
    _entry("uz uzb uzn", N_("Uzbek"), *_LATIN, *_CYRILLIC),
    _entry("vi vie", N_("Vietnamese"), *_LATIN),
    _entry("xh xho", N_("Xhosa"), *_LATIN),
    _entry("yi yid ydd", N_("Yiddish"), "HEBREW"),
    _entry("yo yor", N_("Yoruba"), *_LATIN),
    _entry("yue", N_("Cantonese"), "CJK"),
    _entry("zh zho cmn chi", N_("Chinese"), "CJK"),
    _entry("zu zul", N_("Zulu"), *_LATIN),
)
_BY_WORD = {word: language for language in LANGUAGES for word in (*language.codes, language.name.lower())}
#: Written variants: region or script of a code → the script that models name.
_VARIANTS = {"cn": "hans", "sg": "hans", "tw": "hant", "hk": "hant", "mo": "hant"}
#: The variant meant where several are offered and none is named.
_USUAL = {"zh": "hans", "sr": "cyrl", "pt": "br", "uz": "latn", "no": "nob"}
_SPLIT = re.compile(r"[-_ ]+")


def find_language(word: str) -> Language | None:
    """The language of a code or an English name: ``"en"``, ``"eng_Latn"``, ``"en-GB"``, ``"__en__"``, ``"English"``."""
    return _BY_WORD.get(_parts(word)[0])


def match_code(wanted: str, offered: Iterable[str]) -> str | None:
    """Which of a model's own codes a user means.

    Args:
        wanted: What the user wrote; see `find_language`.
        offered: The model's codes, such as ``"eng_Latn"``, ``"en_XX"``, ``"__en__"`` or ``">>eng<<"``.

    Returns:
        The code as the model writes it; None where it has no such language.
    """
    codes = tuple(offered)
    parts = _parts(wanted)
    exact = next((code for code in codes if _parts(code) == parts), None)
    if exact is not None:
        return exact
    language = find_language(wanted)
    bases = language.codes if language else parts[:1]
    # In the order of the language's codes: "no" before "nob", "zho" before "cmn".
    found = [code for base in bases for code in codes if _parts(code)[0] == base]
    variants = [_VARIANTS.get(part, part) for part in parts[1:]]
    if language and not variants:
        variants = [_USUAL.get(language.code, "")]
    named = (code for code in found if any(_VARIANTS.get(p, p) in variants for p in _parts(code)[1:]))
    return next(named, found[0] if found else None)


def same_language(one: str, other: str) -> bool:
    """Whether two codes or names mean the same language, whatever their region or script."""
    first, second = find_language(one), find_language(other)
    if first and second:
        return first == second
    return _parts(one)[0] == _parts(other)[0]


def _parts(word: str) -> tuple[str, ...]:
    return tuple(part for part in _SPLIT.split(word.strip(" <>_").lower()) if part) or ("",)


def looks_foreign(text: str, language: Language) -> bool:
    """Whether hardly any letter of a text belongs to a script of the language."""
    letters = [c for c in text if c.isalpha()]
    own = sum(_script(c) in language.scripts for c in letters)
    return len(letters) >= 4 and own < 0.2 * len(letters)


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def listed(codes: Sequence[str], most: int = 12) -> str:
    """Codes for a sentence, shortened where there are many."""
    return ", ".join(codes[:most]) + (f", … ({len(codes)})" if len(codes) > most else "")

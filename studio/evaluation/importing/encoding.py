"""Which encoding a text file is in. The guess is shown before anything is imported, and can be changed there."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import BinaryIO

#: Marks at the start of a file, the longer ones first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK = 1 << 20
#: What is looked at where the file is no UTF-8: enough to tell languages apart, little enough to take no time.
_SAMPLE = 256 << 10
#: Two bytes in a row above ASCII: so Chinese, Japanese and Korean are written, and Western European hardly ever.
_PAIRS = re.compile(rb"(?:[\x81-\xfe][\x80-\xfe])+")
#: The first level of GB 2312: the 3,755 most usual Chinese characters.
_USUAL_CHINESE = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]")
#: UTF-8 of a character beyond ASCII.
_UTF8_CHARACTER = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}")
#: What to offer a person, best known first. GBK is read as GB 18030, which contains it.
OFFERED = ("utf-8", "gb18030", "utf-16", "cp1252", "big5", "cp932", "cp949", "cp1251", "cp1250", "latin-1")
_EASTERN = ["gb18030", "big5", "cp932", "cp949", "euc_jp", "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"]
#: Read as Windows-1252, other European encodings show signs such as ¹ and ³ in the middle of words.
_WESTERN_LETTERS = frozenset(map(chr, range(0xC0, 0x100))) - frozenset("×÷Þþ") | frozenset("‘’“”„–—…€£«»°·•™®©Œœ\xa0")
_WESTERN = ["cp1252", "cp1250", "cp1254", "cp1257"]


def find_encoding(path: Path) -> str:
    """Python's name of the encoding of a text file.

    A file is UTF-8 if all of it is, or nearly all: a few broken bytes are then reported with their rows.

    Raises:
        OSError: The file can't be read.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
        for mark, name in _MARKS:
            if start.startswith(mark):
                return name
        wide = _utf16_without_mark(start)
        if wide:
            return wide
        file.seek(0)
        wrong_at = _first_not_utf8(file)
        if wrong_at is None:
            return "utf-8"
        file.seek(max(0, wrong_at - _SAMPLE // 4))
        sample = file.read(_SAMPLE)
    characters = len(_UTF8_CHARACTER.findall(sample))
    wrong = sample.decode("utf-8", "replace").count("\ufffd")
    if characters > 10 * wrong:
        return "utf-8"
    return _legacy(sample)


def _utf16_without_mark(start: bytes) -> str:
    """Every second byte of Western text in UTF-16 is zero."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = max(1, len(start) // 2)
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return ""


def _first_not_utf8(file: BinaryIO) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    while block := file.read(_BLOCK):
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            return int(done + error.start)
        done += len(block)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return done
    return None


def _legacy(sample: bytes) -> str:
    """An encoding from before Unicode: Chinese comes in pairs of high bytes, Western European in single ones."""
    high = len(_HIGH.findall(sample))
    paired = sum(len(run) for run in _PAIRS.findall(sample))
    if paired < 0.7 * high:
        if not _decodes(sample, "cp1252"):
            return "latin-1"
        letters = [c for c in sample.decode("cp1252", "ignore") if c > "\x7f"]
        usual = sum(c in _WESTERN_LETTERS for c in letters)
        return "cp1252" if usual > 0.9 * len(letters) else _most_likely(sample, _WESTERN, "cp1252")
    chinese = len(_USUAL_CHINESE.findall(sample))
    if chinese > 0.6 * paired / 2 and _decodes(sample, "gb18030"):
        return "gb18030"
    return _most_likely(sample, _EASTERN, "gb18030")


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        # Not as the end of the text: the sample may be cut inside a character.
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _most_likely(sample: bytes, encodings: list[str], otherwise: str) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=encodings, enable_fallback=False).best()
    return str(best.encoding) if best is not None else otherwise

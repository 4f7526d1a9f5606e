"""The sentences in the code that must be translated, and the ``.po`` files that hold their translations.

``make messages`` runs this: it adds new sentences to every ``.po`` file, drops those that are gone, and keeps the
translations of the others.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

from studio.domain.po import Entry, read_entries

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "resources" / "locale"
_MARKS = ("_", "N_")


@dataclass(frozen=True)
class Message:
    """A sentence in the code.

    Attributes:
        text: The English; for plurals, the singular.
        plural: The English plural; empty where there is none.
        places: Files it stands in, relative to the root.
    """

    text: str
    plural: str
    places: tuple[str, ...]


def collect(root: Path = ROOT) -> dict[str, Message]:
    """Every marked sentence under ``studio/``, by its text, in the order of the files."""
    found: dict[str, Message] = {}
    for path in sorted((root / "studio").rglob("*.py")):
        place = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for text, plural in _marked(node, place):
                before = found.get(text)
                places = before.places if before else ()
                found[text] = Message(
                    text,
                    plural or (before.plural if before else ""),
                    places if place in places else (*places, place),
                )
    return found


def _marked(node: ast.AST, place: str) -> list[tuple[str, str]]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
        return []
    texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if node.func.id == "ngettext":
        if len(texts) != 2:
            raise SyntaxError(f"{place}:{node.lineno}: ngettext needs two literal texts")
        return [(texts[0], texts[1])]
    if node.func.id not in _MARKS or not isinstance(node.args[0], (ast.Constant, ast.JoinedStr)):
        return []
    if isinstance(node.args[0], ast.JoinedStr):
        raise SyntaxError(f"{place}:{node.lineno}: an f-string can't be translated; use .format")
    return [(texts[0], "")] if texts and texts[0] else []


def refresh(path: Path) -> tuple[int, int]:
    """Bring a ``.po`` file up to date; returns how many messages it has and how many lack a translation."""
    before = {entry.message: entry for entry in read_entries(path)}
    header = before.get("", Entry(""))
    messages = collect()
    blocks = [_block((), "", "", header.translations or ("",))]
    lacking = 0
    for message in sorted(messages.values(), key=lambda m: (m.places[0], m.text)):
        old = before.get(message.text)
        translations = old.translations if old and any(old.translations) and not old.fuzzy else ("",)
        lacking += not all(translations)
        blocks.append(_block(message.places, message.text, message.plural, translations))
    path.write_text("\n".join(blocks), encoding="utf-8")
    return len(messages), lacking


def _block(places: tuple[str, ...], text: str, plural: str, translations: tuple[str, ...]) -> str:
    lines = [f"#: {place}" for place in places]
    lines.append(f"msgid {_quoted(text)}")
    if plural:
        lines.append(f"msgid_plural {_quoted(plural)}")
        lines += [f"msgstr[{index}] {_quoted(each)}" for index, each in enumerate(translations)]
    else:
        lines.append(f"msgstr {_quoted(translations[0])}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    def quote(part: str) -> str:
        return '"' + part.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'

    parts = text.split("\n")
    if len(parts) == 1:
        return quote(text)
    pieces = [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
    return '""\n' + "\n".join(quote(piece) for piece in pieces)


def main() -> None:
    """Refresh every ``.po`` file."""
    for path in sorted(LOCALE.glob("*.po")):
        total, lacking = refresh(path)
        sys.stdout.write(f"{path.name}: {total} messages, {lacking} to translate\n")


if __name__ == "__main__":
    main()

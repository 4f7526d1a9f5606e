"""Puts a trained model among those that ship: exports it, measures it, and writes its card from what was measured.

    python models/recipes/ship.py clinc150-minilm --trained OUT --data DIR

Only int8 ships. fp32 is measured as well, so that the card says what quantization costs.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import classifier_presets
import minilm
import translation_data
import translation_presets
from card import Card, Training, write_card
from evaluate import answers, evaluate
from exporting import export, record

MODELS = Path(__file__).resolve().parents[1]
_BEST = (
    "Measured on the ONNX files by the last command below. The epoch that did best on this data is the one kept, so "
    "expect slightly less on other data. int8 ships; fp32 was measured on the same export, to show what int8 costs."
)
_TRANSLATION = (
    " Beam search with 4 beams unless a line says greedy; `_up_to_10_words` leaves out longer English sentences. BLEU "
    "and chrF by sacrebleu, Chinese with its own tokenizer and converted to simplified characters, one reference for "
    "each sentence."
)


def card_of(name: str, folder: Path, facts: dict[str, Any], measured: dict[str, Any]) -> Card:
    """The card of a model, from what its training recorded and what was measured."""
    training = Training(**facts)
    rows: list[tuple[str, str, str]] = measured["answers"]
    right = [row for row in rows if row[1] == row[2]]
    wrong = [row for row in rows if row[1] != row[2]]
    measure = f"python models/recipes/ship.py {name} --trained OUT --data DIR"
    seed = f"--data DIR --out OUT --seed {training.seed}"
    if name in classifier_presets.PRESETS:
        preset = classifier_presets.PRESETS[name]
        return Card(
            title=preset.title,
            task="text-classification",
            languages=["en"],
            can=preset.can,
            cannot=preset.cannot,
            data=[preset.data.about],
            base=minilm.ABOUT if isinstance(preset.start, classifier_presets.Cut) else None,
            training=training,
            commands=[f"python models/recipes/text_classifier.py {name} {seed}", measure],
            figures=measured["figures"],
            figures_note=_BEST,
            rows=measured["rows"],
            examples=[("input", "answer"), *(row[:2] for row in _spread(right, 6))] if preset.show_rows else (),
            failures=_spread(wrong, 6) if preset.show_rows else (),
            sections={"Sentences of our own": _own_sentences(preset, folder)} if preset.own_rows else {},
        )
    translator = translation_presets.PRESETS[name]
    return Card(
        title=translator.title,
        task="translation",
        languages=["en", "zh"] if translator.to_chinese else ["zh", "en"],
        can=translator.can,
        cannot=translator.cannot,
        data=[translation_data.ABOUT],
        base=minilm.ABOUT if translator.size.pretrained else None,
        training=training,
        commands=[f"python models/recipes/translator.py {name} {seed}", measure],
        figures=measured["figures"],
        figures_note=_BEST + _TRANSLATION,
        rows=measured["rows"],
        examples=[("input", "answer", "reference"), *_spread(rows, 10)],
        sections={"Sentences of our own": _own_translations(translator, folder)},
    )


def _own_sentences(preset: classifier_presets.Preset, folder: Path) -> list[str]:
    """A table of what the model answers to them; where that is not what was meant, it is a known failure."""
    answer = answers(folder, "text-classification", "int8", 0, {})
    lines = ["| input | answer | meant |", "| --- | --- | --- |"]
    for text, meant in preset.own_rows:
        found = answer(text).split(", ")[0]
        lines.append(f"| {text} | {found if found == meant else f'**{found}**'} | {meant} |")
    return ["The data has profanity and is not quoted. **Bold** marks a known failure.", "", *lines]


def _own_translations(preset: translation_presets.Preset, folder: Path) -> list[str]:
    """A table of translations, with those in bold whose numbers are not those of the input: a known failure."""
    answer = answers(folder, "translation", "int8", 0, {})
    lines = ["Numbers, dates and names are hard. **Bold** marks numbers that were not carried over.", ""]
    lines += ["| input | answer |", "| --- | --- |"]
    for text in translation_presets.ENGLISH_ROWS if preset.to_chinese else translation_presets.CHINESE_ROWS:
        found = answer(text)
        kept = set(re.findall(r"\d+", text)) <= set(re.findall(r"\d+", found))
        lines.append(f"| {text} | {found if kept else f'**{found}**'} |")
    return lines


def _spread(rows: Sequence[tuple[str, str, str]], count: int) -> list[tuple[str, str, str]]:
    """Rows from all over the data, none chosen by how good they look."""
    step = max(1, len(rows) // count)
    return list(rows[step // 2 :: step][:count])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted({*classifier_presets.PRESETS, *translation_presets.PRESETS}))
    parser.add_argument("--trained", type=Path, required=True, help="what the recipe was given as --out")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--library", type=Path, default=MODELS)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    trained = args.trained / args.name
    recipe = "text_classifier.py" if args.name in classifier_presets.PRESETS else "translator.py"
    with tempfile.TemporaryDirectory() as scratch:
        trial = export(trained, args.name, Path(scratch), "fp32,int8", recipe)
        measured = evaluate(trial, args.data, "validation", args.threads)
    print(json.dumps({"model": args.name, "rows": measured["rows"], "figures": measured["figures"]}), flush=True)
    folder = export(trained, args.name, args.library.resolve(), "int8", recipe)
    facts = json.loads((args.trained / f"{args.name}.json").read_text(encoding="utf-8"))
    write_card(folder, card_of(args.name, folder, facts, measured))
    record(folder, measured["figures"])


if __name__ == "__main__":
    main()

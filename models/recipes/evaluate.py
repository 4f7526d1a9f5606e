"""Measures a shipped model on a data set's split, through the studio's own runners, and prints one JSON document.

    python models/recipes/evaluate.py models/starter/clinc150-tiny --data DIR

Needs no torch and no transformers. Translators are measured with their own setting (beam search), int8 also greedily.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import data as labelled
from translation_data import read_pairs

from studio.domain.layout import precisions_in
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.tasks import find_task

#: Beginning of a model's name → the labelled data it was trained on.
CLASSIFIERS = {"support-": labelled.SUPPORT, "clinc150-": labelled.CLINC150, "sentiment-": labelled.GOEMOTIONS}
#: Sentences up to this many English words count as short.
SHORT_WORDS = 10
_GREEDY = {"num_beams": 1}

Answer = Callable[[str], str]


def answers(folder: Path, task_id: str, precision: str, threads: int, options: Mapping[str, Any]) -> Answer:
    """A function that gives the model's answer to a text, as a worker would."""
    task = find_task(task_id)
    runner = task.open(LoadSpec(task=task_id, folder=folder, precision=precision, threads=threads))
    values = task.resolve_options(options)
    return lambda text: runner.run(task.read_text(text), values, ignore_text, never_cancelled).output.text


def classification_figures(expected: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """Accuracy and macro F1; with a label for out of scope also the accuracy in scope, and how much else is caught."""
    from sklearn.metrics import accuracy_score, f1_score

    figures = {
        "accuracy": float(accuracy_score(expected, found)),
        "macro_f1": float(f1_score(expected, found, average="macro")),
    }
    if "oos" in expected:
        for name, outside in (("accuracy_in_scope", False), ("recall_out_of_scope", True)):
            pairs = [(e, f) for e, f in zip(expected, found, strict=True) if (e == "oos") == outside]
            figures[name] = sum(e == f for e, f in pairs) / len(pairs)
    return {name: round(value, 4) for name, value in figures.items()}


def translation_figures(expected: Sequence[str], found: Sequence[str], to_chinese: bool) -> dict[str, float]:
    """BLEU (sacrebleu; its own tokenizer for Chinese) and chrF."""
    import sacrebleu

    bleu = sacrebleu.corpus_bleu(list(found), [list(expected)], tokenize="zh" if to_chinese else "13a").score
    return {"bleu": round(bleu, 2), "chrf": round(sacrebleu.corpus_chrf(list(found), [list(expected)]).score, 2)}


def evaluate(folder: Path, data: Path, split: str, threads: int, precisions: Sequence[str] = ()) -> dict[str, Any]:
    """Figures of each precision, and what each answered.

    Args:
        folder: A model's folder with ONNX files, named as a starter model is.
        data: Where the data sets are.
        split: ``validation``, or another file of that name.
        threads: Threads of an operator; 0 means all cores.
        precisions: Which to measure; empty means all there are.
    """
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    there = [files.precision for files in precisions_in(names)]
    measure = _classifier if folder.name.startswith(tuple(CLASSIFIERS)) else _translator
    result: dict[str, Any] = {"model": folder.name, "split": split, "figures": {}}
    for precision in there:
        if not precisions or precision in precisions:
            figures, rows = measure(folder, data, split, threads, precision)
            result["figures"][precision] = figures
            result["answers"] = rows
            result["rows"] = len(rows)
    return result


Rows = list[tuple[str, str, str]]


def _classifier(folder: Path, data: Path, split: str, threads: int, precision: str) -> tuple[dict[str, float], Rows]:
    chosen = next(found for prefix, found in CLASSIFIERS.items() if folder.name.startswith(prefix))
    rows = labelled.read_rows(data, chosen, split)
    answer = answers(folder, "text-classification", precision, threads, {"top_k": 1})
    found = [answer(row.text) for row in rows]
    expected = [row.label for row in rows]
    return classification_figures(expected, found), list(zip([row.text for row in rows], found, expected, strict=True))


def _translator(folder: Path, data: Path, split: str, threads: int, precision: str) -> tuple[dict[str, float], Rows]:
    to_chinese = "en-zh" in folder.name
    pairs = read_pairs(data, split)
    short = [len(pair.en.split()) <= SHORT_WORDS for pair in pairs]
    sources = [pair.en if to_chinese else pair.zh for pair in pairs]
    expected = [pair.zh if to_chinese else pair.en for pair in pairs]
    figures: dict[str, float] = {}
    rows: Rows = []
    ways: dict[str, Mapping[str, Any]] = {"greedy_": _GREEDY, "": {}} if precision == "int8" else {"": {}}
    for name, options in ways.items():
        answer = answers(folder, "translation", precision, threads, options)
        found = [answer(source) for source in sources]
        rows = list(zip(sources, found, expected, strict=True))
        for part, chosen in (
            ("_up_to_10_words", [row for row, is_short in zip(rows, short, strict=True) if is_short]),
            ("", rows),
        ):
            measured = translation_figures([row[2] for row in chosen], [row[1] for row in chosen], to_chinese)
            figures |= {f"{name}{metric}{part}": value for metric, value in measured.items()}
    return figures, rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="validation")
    parser.add_argument("--precision", action="append", default=[])
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    result = evaluate(args.model.resolve(), args.data, args.split, args.threads, args.precision)
    result.pop("answers")
    print(json.dumps(result))


if __name__ == "__main__":
    main()

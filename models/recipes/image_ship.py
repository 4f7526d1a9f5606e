"""Puts a trained image classifier among the models that ship: exports it, measures it, and writes its card.

    python models/recipes/image_ship.py clothes-small --trained OUT --data DIR

int8 ships. fp32 is measured as well, so that the card says what quantization costs.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import image_data
from card import Card, Training, write_card
from exporting import export, record

from studio.domain.prediction import Labels
from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.library.manifest import Manifest, PrecisionRecord, write_manifest
from studio.runtime.image_quantization import quantize_picture_int8
from studio.tasks import find_task

MODELS = Path(__file__).resolve().parents[1]
TASK = "image-classification"
#: Training pictures that the ranges of activations are found on.
_CALIBRATION = 200
_CAN = (
    "Says which of ten kinds of clothes a photo shows: dress, hat, longsleeve, outwear, pants, shirt, shoes, shorts, "
    "skirt or t-shirt. Such a model sorts what people upload to a second-hand shop."
)
_CANNOT = (
    "It knows no label for a picture of anything else: every picture gets one of the ten labels.",
    "It was trained on 3,068 photos of single pieces, lying or hanging at home. Pieces that people wear, several in "
    "one picture, drawings and studio photos are new to it.",
    "The picture is squeezed to a square of 128 pixels, so small details (a collar, buttons) are lost. Shirts, "
    "longsleeves and outwear are taken for each other most.",
)
_NOTE = (
    "Measured on the ONNX files by the last command below. The epoch that did best on this data is the one kept, so "
    "expect slightly less on other data. int8 ships; fp32 was measured on the same export, to show what int8 costs. "
    "Balanced accuracy is the mean over the kinds of the share of their pictures that are right: some kinds have six "
    "times as many pictures as others. What limits it is the data: it saw nothing but three thousand pictures. A model "
    "that was trained on many pictures before does better."
)
Row = tuple[str, str, str]


def with_int8(trained: Path, fp32: Path, staged: Path, pictures: Sequence[Path], seed: int) -> None:
    """A copy of the trained folder with its int8 graph, which the studio then compares with the weights.

    `studio models add` would find the ranges of activations on other photos; here they come from the training pictures.
    """
    shutil.copytree(trained, staged)
    (staged / "onnx").mkdir()
    drawn = random.Random(seed).sample(list(pictures), _CALIBRATION)
    graphs = (fp32 / "onnx" / "model.onnx", staged / "onnx" / "model_int8.onnx")
    method = quantize_picture_int8(*graphs, trained, drawn)
    write_manifest(staged, Manifest(task=TASK, precisions={"int8": PrecisionRecord(method)}))


def measure(folder: Path, precision: str, data: Path, threads: int) -> tuple[dict[str, float], list[Row]]:
    """Figures on the validation pictures, and the answer to each, through the studio's own runner."""
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

    task = find_task(TASK)
    runner = task.open(LoadSpec(task=TASK, folder=folder, precision=precision, threads=threads))
    options = task.resolve_options({})
    rows: list[Row] = []
    among = 0
    for path in pictures_of(data, "validation"):
        output = runner.run(task.read_text(str(path)), options, ignore_text, never_cancelled).output
        assert isinstance(output, Labels)
        labels = [score.label for score in output.scores]
        rows.append((path.name, labels[0], path.parent.name))
        among += path.parent.name in labels[:5]
    found, expected = [row[1] for row in rows], [row[2] for row in rows]
    figures = {
        "accuracy": accuracy_score(expected, found),
        "balanced_accuracy": balanced_accuracy_score(expected, found),
        "macro_f1": f1_score(expected, found, average="macro"),
        "top5_accuracy": among / len(rows),
    }
    return {name: round(float(value), 4) for name, value in figures.items()}, rows


def pictures_of(data: Path, split: str) -> list[Path]:
    """Every picture of a split, label by label."""
    folder = data / image_data.FOLDER / split
    return [path for label in sorted(folder.iterdir()) if label.is_dir() for path in sorted(label.iterdir())]


def kinds(rows: Sequence[Row]) -> list[str]:
    """A table of how each kind fares, and what it is most often taken for."""
    lines = ["| kind | pictures | right | most often taken for |", "| --- | --- | --- | --- |"]
    for kind in sorted({row[2] for row in rows}):
        own = [row[1] for row in rows if row[2] == kind]
        wrong = sorted({other for other in own if other != kind}, key=lambda other: (-own.count(other), other))
        taken = ", ".join(f"{other} ({own.count(other)})" for other in wrong[:2]) or "–"
        lines.append(f"| {kind} | {len(own)} | {own.count(kind) / len(own):.2f} | {taken} |")
    return lines


def card_of(name: str, facts: dict[str, Any], figures: dict[str, dict[str, float]], rows: Sequence[Row]) -> Card:
    """The card, from what training recorded and what was measured."""
    training = Training(**facts)
    return Card(
        title="Kinds of clothes, small",
        task=TASK,
        languages=["en"],
        can=_CAN,
        cannot=_CANNOT,
        data=[image_data.ABOUT],
        training=training,
        commands=[
            f"python models/recipes/image_classifier.py {name} --data DIR --out OUT --seed {training.seed}",
            f"python models/recipes/image_ship.py {name} --trained OUT --data DIR",
        ],
        figures=figures,
        figures_note=_NOTE,
        rows=len(rows),
        failures=[row for row in rows if row[1] != row[2]][::6],
        sections={"Each kind (int8)": kinds(rows)},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["clothes-small"])
    parser.add_argument("--trained", type=Path, required=True, help="what the recipe was given as --out")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--library", type=Path, default=MODELS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    trained, recipe = args.trained / args.name, "image_classifier.py"
    with tempfile.TemporaryDirectory() as scratch:
        fp32 = export(trained, args.name, Path(scratch) / "fp32", "fp32", recipe)
        staged = Path(scratch) / args.name
        with_int8(trained, fp32, staged, pictures_of(args.data, "train"), args.seed)
        folder = export(staged, args.name, args.library.resolve(), "int8", recipe)
        figures, rows = {}, []
        for precision, place in (("fp32", fp32), ("int8", folder)):
            figures[precision], rows = measure(place, precision, args.data, args.threads)
    print(json.dumps({"model": args.name, "rows": len(rows), "figures": figures}), flush=True)
    facts = json.loads((args.trained / f"{args.name}.json").read_text(encoding="utf-8"))
    write_card(folder, card_of(args.name, facts, figures, rows))
    record(folder, figures)


if __name__ == "__main__":
    main()

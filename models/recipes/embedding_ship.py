"""Puts the trained sentence encoder among the models that ship: exports it, measures it, and writes its card.

    python models/recipes/embedding_ship.py minilm-embeddings --trained OUT --data DIR

int4 ships. fp32 is measured on the same export, and the whole MiniLM that it was made from beside them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import data as labelled
import minilm
import numpy as np
import numpy.typing as npt
import translation_data
from card import Card, Training, write_card
from embedding import BANKING, PRESETS, banking_rows, corpus
from embedding_int4 import quantize
from exporting import export, record

from studio.domain.prediction import Findings
from studio.domain.running import LoadSpec
from studio.library.manifest import Manifest, PrecisionRecord, write_manifest
from studio.metrics import find_metric
from studio.metrics._metric import Answers, Parts
from studio.runtime.embedding import Embedder
from studio.runtime.embedding_vectors import unit

MODELS = Path(__file__).resolve().parents[1]
TASK = "feature-extraction"
_CAN = (
    "Turns an English sentence into 384 numbers that are alike for sentences that mean about the same: for search by "
    "meaning, themes in many messages, labels of your own, and finding the passage that answers a question."
)
_CANNOT = (
    "It reads English only; other languages and rare words fall into pieces that it knows little of.",
    "It sees the first 256 word pieces of a text, and is best on one to three sentences.",
    "It tells what texts are about, not whether they agree: a sentence and its opposite are alike.",
    "Away from everyday messages it follows the whole MiniLM less closely, see the figures on comments.",
)
_NOTE = (
    "Measured on the ONNX files by the last command below, on requests in scope. Every request searches all others: "
    "recall at 1 and 5 is the share for which the nearest, or one of the five nearest, has its intent. `likeness` is "
    "the mean cosine to the vectors of the whole MiniLM in fp32. int4 ships. Training rounded the weights in every "
    "step as they ship, so fp32, which was measured on the same export, has the same weights and is no better. The "
    "epoch that was most alike on 400 held-out texts of all sets is the one kept."
)
Figures = dict[str, float]


def held_out(data: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Texts and intents that training did not see, by data set; the first is the one whose figures head the card."""
    found = {}
    for name, part in (("clinc/oos-eval", labelled.CLINC150), ("support", labelled.SUPPORT)):
        rows = [row for row in labelled.read_rows(data, part, "validation") if row.label != "oos"]
        found[name] = ([row.text for row in rows], [row.label for row in rows])
    found["banking77"] = banking_rows(data, "validation")
    return found


def recall(vectors: npt.NDArray[Any], labels: Sequence[str]) -> Figures:
    """Recall at 1 and 5, each text searching the others."""
    outputs = [Findings(tuple(row.tolist())) for row in vectors]
    measured = find_metric("recall_at_5").measure(Answers(labels, [""] * len(labels), outputs=outputs), {})
    assert isinstance(measured, Parts)
    near = vectors @ vectors.T
    np.fill_diagonal(near, -np.inf)
    first = np.array(labels)[near.argmax(1)] == np.array(labels)
    return {"recall_at_1": float(first.mean()), "recall_at_5": float(measured.value(measured.table.sum(0)))}


def measure(models: Mapping[str, Embedder], data: Path) -> tuple[dict[str, Figures], list[str], int]:
    """Figures of each model on the first data set, a table of the others, and how many rows the first has.

    Args:
        models: By what the card calls them; ``MiniLM`` is the whole one.
        data: Where the data sets are.
    """
    figures: dict[str, Figures] = {name: {} for name in models}
    lines = ["| texts | model | likeness | recall at 1 | recall at 5 |", "| --- | --- | --- | --- | --- |"]
    sets: list[tuple[str, list[str], list[str] | None]] = [
        (name, texts, labels) for name, (texts, labels) in held_out(data).items()
    ]
    rows = len(sets[0][1])
    for name, part, column in (
        ("comments", "sentiment-goemotions", "text"),
        ("everyday sentences", "translation-en-zh", "en"),
    ):
        sets.append((name, corpus(data, "validation", {part: column})[:1500], None))
    for place, (name, texts, labels) in enumerate(sets):
        whole = unit(models["MiniLM"].embed(texts))
        for title, embedder in models.items():
            vectors = unit(embedder.embed(texts))
            found = {"likeness": float((vectors * whole).sum(1).mean()), **(recall(vectors, labels) if labels else {})}
            found = {key: round(value, 4) for key, value in found.items()}
            if place == 0:
                figures[title] = found
            cells = [f"{found[key]:.4f}" if key in found else "" for key in ("likeness", "recall_at_1", "recall_at_5")]
            lines.append(f"| {name} ({len(texts)}) | {title} | {' | '.join(cells)} |")
    return figures, lines, rows


def examples(embedder: Embedder) -> list[str]:
    """A table of sentences of our own, and how alike the model finds them."""
    pairs = (
        ("I want my money back", "How do I get a refund?"),
        ("The parcel never came", "My order was not delivered"),
        ("I can't log in", "The app rejects my password"),
        ("Do you ship to Norway?", "Is delivery abroad possible?"),
        ("I want my money back", "The parcel never came"),
        ("I love this phone", "I hate this phone"),
        ("Which train goes to the airport?", "The soup was cold"),
    )
    lines = ["| one | other | similarity |", "| --- | --- | --- |"]
    for one, other in pairs:
        first, second = unit(embedder.embed([one, other]))
        lines.append(f"| {one} | {other} | {float(first @ second):.2f} |")
    return lines


def card_of(name: str, facts: dict[str, Any], figures: dict[str, Figures], lines: list[str], rows: int) -> Card:
    """The card, from what training recorded and what was measured."""
    training = Training(**facts)
    return Card(
        title="MiniLM embeddings, small",
        task=TASK,
        languages=["en"],
        can=_CAN,
        cannot=_CANNOT,
        data=[
            labelled.CLINC150.about,
            labelled.SUPPORT.about,
            BANKING,
            labelled.GOEMOTIONS.about,
            translation_data.ABOUT,
        ],
        base=minilm.ABOUT,
        training=training,
        commands=[
            f"python models/recipes/embedding.py {name} --data DIR --out OUT --seed {training.seed}",
            f"python models/recipes/embedding_ship.py {name} --trained OUT --data DIR",
        ],
        figures={key: value for key, value in figures.items() if key != "MiniLM"},
        figures_note=_NOTE,
        rows=rows,
        sections={"The same on other held-out texts": lines},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(PRESETS))
    parser.add_argument("--trained", type=Path, required=True, help="what the recipe was given as --out")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--library", type=Path, default=MODELS)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()

    def opened(folder: Path, precision: str) -> Embedder:
        return Embedder(LoadSpec(TASK, folder, precision, threads=args.threads))

    trained, recipe = args.trained / args.name, ("embedding.py", "--task", TASK)
    with tempfile.TemporaryDirectory() as scratch:
        whole = export(minilm.pretrained_folder(), "whole", Path(scratch) / "whole", "fp32", *recipe)
        fp32 = export(trained, args.name, Path(scratch) / "fp32", "fp32", *recipe)
        staged = Path(scratch) / args.name
        shutil.copytree(trained, staged)
        (staged / "onnx").mkdir()
        method = quantize(fp32 / "onnx" / "model.onnx", staged / "onnx" / "model_int4.onnx")
        write_manifest(staged, Manifest(task=TASK, precisions={"int4": PrecisionRecord(method)}))
        folder = export(staged, args.name, args.library.resolve(), "int4", *recipe)
        models = {"fp32": opened(fp32, "fp32"), "int4": opened(folder, "int4"), "MiniLM": opened(whole, "fp32")}
        figures, lines, rows = measure(models, args.data)
        own = examples(models["int4"])
    print(json.dumps({"model": args.name, "rows": rows, "figures": figures}), flush=True)
    facts = json.loads((args.trained / f"{args.name}.json").read_text(encoding="utf-8"))
    card = card_of(args.name, facts, figures, lines, rows)
    write_card(folder, Card(**{**vars(card), "sections": {**card.sections, "Sentences of our own (int4)": own}}))
    record(folder, {precision: values for precision, values in figures.items() if precision != "MiniLM"})


if __name__ == "__main__":
    main()

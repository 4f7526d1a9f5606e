"""The folder of a taught model: the base's tokenizer, a configuration, a card, and marks of what it knows."""

from __future__ import annotations

import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import __version__
from studio.domain.embedding import EmbeddingRecipe
from studio.domain.errors import InputError, StudioError
from studio.domain.i18n import _
from studio.domain.model import Model
from studio.domain.task import Task
from studio.library.kept_files import is_kept
from studio.library.manifest import Manifest, PrecisionRecord, Source, record_files, write_manifest
from studio.library.safety import files_in, json_of
from studio.library.written_card import pipeline_tag
from studio.teaching.examples import Split, counted, fingerprints

if TYPE_CHECKING:
    from studio.services.teaching import Taught, TeachRequest
    from studio.teaching.curve import Curve
    from studio.teaching.head import Head

#: What stands in a taught model's folder: how it was taught, and marks of the texts that it knows.
TAUGHT = "taught.json"


def write_small_files(base: Model, folder: Path, task: Task, head: Head) -> None:
    """The base's tokenizer, and a configuration that says what the head answers."""
    folder.mkdir(parents=True)
    for name in files_in(base.folder):
        if is_kept(name) and "/" not in name and name.startswith(("tokenizer", "special_tokens", "vocab", "merges")):
            shutil.copyfile(base.folder / name, folder / name)
    recipe = EmbeddingRecipe.open(base.folder)
    if recipe.prompt("") or recipe.lower_case:
        raise InputError(
            _("{name} changes each text before it reads it, which a taught model can't do.").format(name=base.id),
            _("Choose another embedding model with --base."),
        )
    if recipe.max_tokens:
        settings = json_of(folder, "tokenizer_config.json")
        settings["model_max_length"] = min(recipe.max_tokens, int(settings.get("model_max_length") or 10**9))
        _write_json(folder / "tokenizer_config.json", settings)
    config = json_of(base.folder, "config.json")
    listed = config.get("architectures") or [f"{str(config.get('model_type', '')).title()}Model"]
    names = head.labels or ("LABEL_0",)
    config |= {
        "architectures": [str(listed[0]).removesuffix("Model") + "ForSequenceClassification"],
        "id2label": {str(number): name for number, name in enumerate(names)},
        "label2id": {name: number for number, name in enumerate(names)},
        "problem_type": "single_label_classification" if task.output == "labels" else "regression",
    }
    _write_json(folder / "config.json", config)


def write_about(folder: Path, request: TeachRequest, base: Model, taught: Taught, parts: Split, head: Head) -> None:
    """Card, marks of what it knows, and ``studio.json``."""
    from studio.teaching.card import Facts, card_text

    examples, task = request.examples, request.task
    kind = "Logistic regression, C" if head.labels else "Ridge regression, alpha"
    facts = Facts(
        title=request.name.rsplit("/", 1)[-1],
        task=pipeline_tag(task.id),
        base=base.id,
        licence=base.licence,
        languages=base.languages,
        data=examples.name,
        fingerprint=examples.fingerprint,
        columns=examples.columns,
        counts=counted(examples.answers) if head.labels else {},
        sizes=taught.sizes,
        seed=request.seed,
        settings=f"{kind} {head.strength:g}, on {taught.precision} embeddings; chosen on the validation part.",
        scores=taught.scores,
        seconds=taught.seconds,
        remarks=[remark.sentence for remark in taught.remarks],
        curve=[words] if (words := curve_words(taught.curve)) else [],
    )
    (folder / "README.md").write_text(card_text(facts), encoding="utf-8")
    learned = [examples.texts[place] for place in (*parts.train, *parts.validation)]
    _write_json(
        folder / TAUGHT,
        {
            "base": base.id,
            "method": "quick",
            "data": examples.name,
            "sha256": examples.fingerprint,
            "seed": request.seed,
            "sizes": list(taught.sizes),
            "learned": fingerprints(learned),
        },
    )
    libraries = {name: version(name) for name in ("onnx", "onnxruntime", "scikit-learn")}
    parameters = None if base.parameters is None else base.parameters + head.weights.size + head.bias.size
    write_manifest(
        folder,
        Manifest(
            task=task.id,
            source=Source(base.id, licence=base.licence, languages=base.languages),
            created_with={"prototype-studio": __version__, **libraries},
            files=record_files(folder),
            precisions={taught.precision: PrecisionRecord(f"head on embeddings of {base.id}")},
            parameters=parameters,
            measured={f"{taught.precision}_{name}": found.value for name, found in taught.scores.items()},
        ),
    )


def taught_quickly(folder: Path) -> bool:
    """Whether the model in a folder is a head on embeddings."""
    try:
        return bool(json_of(folder, TAUGHT).get("method") == "quick")
    except StudioError:
        return False


def sizes_words(sizes: tuple[int, int, int]) -> str:
    """How many examples taught, chose and judged, in a sentence."""
    train, validation, test = (f"{n:,}" for n in sizes)
    return _("Learned from {train} examples, chosen by {validation}, judged on {test}.").format(
        train=train, validation=validation, test=test
    )


def curve_words(curve: Curve | None) -> str:
    """What twice the examples would bring, in a sentence; empty where nothing can be said."""
    if curve is None or curve.doubled is None or curve.margin is None:
        return ""
    if curve.room <= 0:
        return _("Every judged example is right, so it can't be told what more examples would bring.")
    low, high = 100 * (curve.doubled - curve.margin), 100 * min(curve.doubled + curve.margin, curve.room)
    if low <= 0:
        # An expectation that chance alone explains is none.
        return _(
            "It can't be told what twice the examples would bring: {low} to {high} points of right answers."
        ).format(low=_signed(min(low, high)), high=_signed(high))
    return _("With twice the examples, expect about {points} points of right answers ({low} to {high}).").format(
        points=_signed(100 * min(curve.doubled, curve.room)), low=_signed(min(low, high)), high=_signed(high)
    )


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

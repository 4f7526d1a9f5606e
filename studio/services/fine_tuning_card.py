"""What a fine-tuned model's folder says about itself: card, marks of what it knows, ``studio.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from studio.domain.errors import UnknownNameError
from studio.domain.metric import Estimate
from studio.library.manifest import read_manifest, record_of, write_manifest
from studio.library.store import Library
from studio.library.written_card import pipeline_tag
from studio.services.fine_tuning_folder import Unfinished
from studio.services.teaching import Taught
from studio.services.teaching_examples import Examples
from studio.services.teaching_folder import TAUGHT
from studio.teaching.card import Facts, card_text
from studio.teaching.examples import counted, fingerprints
from studio.teaching.fine_tuning_plan import KINDS, FineTuneSettings, Kind

#: What the score of an epoch is called; cards are written in English.
_SCORES: Mapping[Kind, str] = {
    "labels": "right answers",
    "number": "mean distance",
    "seq2seq": "right next tokens",
    "causal": "right next tokens",
}
_ENDED = {
    "all": "Every epoch was read.",
    "early": "It stopped early: later epochs were no better.",
    "stopped": "It was stopped by hand.",
}


def write_about(
    folder: Path,
    begun: Unfinished,
    taught: Taught,
    examples: Examples,
    scores: Mapping[str, Mapping[str, Estimate]],
    library: Library,
) -> None:
    """Write the card and ``taught.json``, and tell ``studio.json`` of both.

    Args:
        folder: The converted model.
        begun: What was asked.
        taught: What came of it.
        examples: What it was taught with.
        scores: Figures by precision.
        library: Where the base lies, if it is still there.
    """
    licence, languages = _of_base(begun, library)
    parts = taught.parts
    assert parts is not None
    settings = begun.plan.settings
    facts = Facts(
        title=begun.name.rsplit("/", 1)[-1],
        task=pipeline_tag(begun.task),
        base=begun.base,
        licence=licence,
        languages=languages,
        data=examples.name,
        fingerprint=examples.fingerprint,
        columns=examples.columns,
        counts=counted(examples.answers) if begun.plan.kind == "labels" else {},
        sizes=taught.sizes,
        seed=begun.plan.seed,
        settings=_settings_words(begun, settings, taught),
        scores=taught.scores,
        seconds=taught.seconds,
        remarks=[remark.sentence for remark in taught.remarks],
        curve=[],
        how="A fine-tuned version",
        precision=taught.precision,
        others={name: found for name, found in scores.items() if name != taught.precision},
        history=taught.history,
        kept=taught.kept,
        score=_SCORES[KINDS[begun.task]],
    )
    (folder / "README.md").write_text(card_text(facts), encoding="utf-8")
    document = {
        "base": begun.base,
        "method": "thorough",
        "data": examples.name,
        "sha256": examples.fingerprint,
        "seed": begun.plan.seed,
        "sizes": list(taught.sizes),
        "settings": settings.document(),
        "kept": taught.kept,
        "ended": taught.ended,
        "history": [epoch.document() for epoch in taught.history],
        "learned": fingerprints([examples.texts[place] for place in (*parts.train, *parts.validation)]),
    }
    (folder / TAUGHT).write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    manifest = read_manifest(folder)
    assert manifest is not None
    measured = {
        f"{precision}_{name}": found.value for precision, each in scores.items() for name, found in each.items()
    }
    source = replace(manifest.source, licence=licence, languages=languages)
    files = {**manifest.files, **{name: record_of(folder / name) for name in ("README.md", TAUGHT)}}
    write_manifest(folder, replace(manifest, source=source, files=files, measured=measured))


def _of_base(begun: Unfinished, library: Library) -> tuple[str, tuple[str, ...]]:
    try:
        base = library.find(begun.base)
    except UnknownNameError:
        return "", ()
    return base.licence, base.languages


def _settings_words(begun: Unfinished, settings: FineTuneSettings, taught: Taught) -> str:
    way = "LoRA of rank 16, merged afterwards" if settings.lora else "all weights"
    origin = f"the {begun.plan.precision} graph" if begun.plan.precision else "its PyTorch weights"
    return (
        f"Fine-tuning with AdamW ({way}), begun from {origin}: at most {settings.epochs} epochs, batch size "
        f"{settings.batch_size}, learning rate {settings.learning_rate:g}, patience {settings.patience}, at most "
        f"{settings.max_tokens} tokens. {_ENDED[taught.ended]} The epoch that did best on the validation part was kept."
    )

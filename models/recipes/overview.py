"""Prints the table of shipped models that stands in models/README.md, from what each ``studio.json`` records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from studio.library.manifest import Manifest, read_manifest

STARTER = Path(__file__).resolve().parents[1] / "starter"
#: The figures worth a place in the table, the first that a model has; then what they are called there.
_HEADLINES = {
    "balanced_accuracy": "balanced accuracy",
    "accuracy_in_scope": "accuracy in scope",
    "accuracy": "accuracy",
    "bleu_up_to_10_words": "BLEU, up to 10 words",
    "right": "right replies",
    "recall_at_5": "recall at 5",
    "wer": "wrong words, a stranger",
}


def row(folder: Path, manifest: Manifest) -> str:
    """A line of the table."""
    sizes = ", ".join(f"{precision} {_megabytes(folder, precision):.1f} MB" for precision in manifest.precisions)
    parameters = f"{manifest.parameters / 1e6:.1f} M" if manifest.parameters else ""
    cells = (f"`starter/{folder.name}`", manifest.task, parameters, sizes, _headline(manifest.measured))
    return "| " + " | ".join(cells) + " |"


def _megabytes(folder: Path, precision: str) -> float:
    mark = "" if precision == "fp32" else f"_{precision}"
    stems = ("model", "encoder_model", "decoder_model_merged")
    names = [f"{stem}{mark}.onnx{data}" for stem in stems for data in ("", "_data")]
    return sum(path.stat().st_size for name in names if (path := folder / "onnx" / name).is_file()) / 1e6


def _headline(measured: Mapping[str, float]) -> str:
    for metric, title in _HEADLINES.items():
        found = {
            name.removesuffix(f"_{metric}"): value for name, value in measured.items() if name.endswith(f"_{metric}")
        }
        values = {precision: value for precision, value in found.items() if "_" not in precision}
        if values:
            return f"{title}: " + ", ".join(f"{precision} {value:.4g}" for precision, value in values.items())
    return ""


def main() -> None:
    print("| model | use case | parameters | ships as | on validation data |")
    print("| --- | --- | --- | --- | --- |")
    for folder in sorted(path for path in STARTER.iterdir() if path.is_dir()):
        manifest = read_manifest(folder)
        if manifest:
            print(row(folder, manifest))


if __name__ == "__main__":
    main()

"""Tiny extractive readers with random weights: BERT, DistilBERT, RoBERTa, DeBERTa-v2 and XLM-R.

Tokenizers and files are those of `tests.tiny.encoders`. torch, transformers and optimum are imported inside functions.
"""

from __future__ import annotations

from pathlib import Path

from tests.tiny import encoders

FAMILIES = encoders.FAMILIES


def weights(folder: Path, family: str, kind: str = "always") -> None:
    """A PyTorch folder of a reader.

    Args:
        folder: An empty folder.
        family: One of `FAMILIES`.
        kind: ``"always"``, or ``"declines"`` for one whose card says that it was trained on SQuAD 2.
    """
    import torch
    from transformers import AutoConfig, AutoModelForQuestionAnswering

    encoders.weights(folder, family)
    config = AutoConfig.from_pretrained(folder)
    config.id2label, config.architectures = {0: "LABEL_0", 1: "LABEL_1"}, None
    torch.manual_seed(11)
    model = AutoModelForQuestionAnswering.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.3)
    model.save_pretrained(folder, safe_serialization=True)
    if kind == "declines":
        (folder / "README.md").write_text("---\ndatasets:\n- squad_v2\n---\n# Reader\n", encoding="utf-8")


def exported(folder: Path, family: str, kind: str = "always") -> None:
    """`weights`, and ``onnx/model.onnx`` beside them, as optimum exports it."""
    from optimum.exporters.onnx import main_export

    weights(folder, family, kind)
    main_export(
        str(folder),
        output=folder / "onnx",
        task="question-answering",
        opset=18,
        do_validation=False,
        local_files_only=True,
    )
    for extra in (folder / "onnx").iterdir():
        if extra.suffix != ".onnx":
            extra.unlink()

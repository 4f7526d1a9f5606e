"""From PyTorch weights to ONNX graphs, one precision at a time. Runs in the preparing process: imports torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from studio.domain.errors import ConversionError, InputError
from studio.domain.i18n import _
from studio.domain.layout import Role

#: The opset of optimum's exporter that is well trodden; 21 warns and gains nothing.
_OPSET = 18
#: What optimum calls speech recognition.
_SPEECH = "automatic-speech-recognition"
_STEMS: dict[Role, str] = {
    "model": "model",
    "encoder": "encoder_model",
    "decoder": "decoder_model",
    "decoder_with_past": "decoder_with_past_model",
    "decoder_merged": "decoder_model_merged",
}


@dataclass(frozen=True)
class Made:
    """A precision that was made.

    Attributes:
        method: Plain name of the method.
        kv_cache: See `studio.library.manifest.PrecisionRecord`.
    """

    method: str
    kv_cache: Literal["shared", "growing", ""]


@dataclass(frozen=True)
class Given:
    """fp32 graphs that a folder came with.

    Attributes:
        graphs: Part → file.
        made: How they were made, as far as is known.
    """

    graphs: Mapping[Role, Path]
    made: Made


class Exporter:
    """Makes the precisions of one model.

    Args:
        weights: Hugging Face folder with safetensors; None where there are fp32 graphs to start from.
        given: Those fp32 graphs, and how they were made.
        architecture: Class name in ``config.json``.
        export_task: What optimum calls the task.
        graphs: Where finished ``.onnx`` files go.
        scratch: Folder for what is needed in between.
    """

    def __init__(
        self,
        weights: Path | None,
        given: Given | None,
        architecture: str,
        export_task: str,
        graphs: Path,
        scratch: Path,
    ) -> None:
        self._weights = weights
        self._given = given
        self._architecture = architecture
        self._task = export_task
        self._graphs = graphs
        self._scratch = scratch
        self._fp32: Mapping[Role, Path] = {}
        self._fp32_made: Made | None = None

    def make(self, precision: str) -> Made:
        """Make one precision.

        Raises:
            InputError: This kind of model has no such precision.
            ConversionError: The exporter does not know the architecture.
        """
        if precision == "fp32":
            made = self.fp32()
            for role, path in self._fp32.items():
                self._place(path, role, "")
            return made
        if precision == "int4" and self._fused:
            return self._build_int4()
        base = self.fp32()
        if precision == "fp16":
            return self._fp16(base)
        quantize = self._quantizer(precision)
        method = ""
        for role, path in self._fp32.items():
            method = quantize(path, self._graphs / f"{_STEMS[role]}_{precision}.onnx")
        return Made(method, base.kv_cache)

    def _quantizer(self, precision: str) -> Callable[[Path, Path], str]:
        from studio.runtime.quantization import quantize_int4, quantize_int8

        if precision == "int8" and self._task.endswith("image-classification"):
            from studio.runtime.image_quantization import quantize_picture_int8

            # The files beside the graphs say how its pictures are prepared.
            return partial(quantize_picture_int8, model=self._graphs.parent)
        if precision == "int8" and self._task.startswith(_SPEECH):
            from studio.runtime.audio_quantization import quantize_speech_int8

            return quantize_speech_int8
        return {"int8": quantize_int8, "int4": quantize_int4}[precision]

    def fp32(self) -> Made:
        """The fp32 graphs that other precisions are made from; made once, in the scratch folder."""
        if self._fp32_made:
            return self._fp32_made
        if self._given:
            self._fp32, self._fp32_made = _needed(self._given.graphs), self._given.made
        elif self._fused:
            self._fp32, self._fp32_made = self._build_fp32()
        else:
            self._fp32, self._fp32_made = self._export()
        return self._fp32_made

    @property
    def _fused(self) -> bool:
        from studio.runtime.genai_builder import ARCHITECTURES

        return (
            self._weights is not None
            and self._task.startswith("text-generation")
            and self._architecture in ARCHITECTURES
        )

    def _build_fp32(self) -> tuple[dict[Role, Path], Made]:
        from studio.runtime.genai_builder import build

        graph, method = self._attempt(lambda: build(self._need_weights(), self._scratch / "fp32", "fp32"))
        return {"model": graph}, Made(method, "shared")

    def _build_int4(self) -> Made:
        from studio.runtime.genai_builder import build

        graph, method = self._attempt(lambda: build(self._need_weights(), self._scratch / "int4", "int4"))
        self._place(graph, "model", "_int4")
        return Made(method, "shared")

    def _export(self) -> tuple[dict[Role, Path], Made]:
        folder = self._scratch / "fp32"
        if self._task.startswith("text2text-generation") or self._listens:
            self._encoder_decoder(folder)
        else:
            self._optimum(folder, merge=True)
        found = {role: folder / f"{stem}.onnx" for role, stem in _STEMS.items() if (folder / f"{stem}.onnx").is_file()}
        method = f"optimum main_export, opset {_OPSET}"
        return _needed(found), Made(method, "growing" if self._writes_text else "")

    def _encoder_decoder(self, folder: Path) -> None:
        """Export the three graphs, settle their shapes, and merge the decoder's halves, which stay beside it."""
        from optimum.onnx import merge_decoders

        from studio.runtime.graph_shapes import settle_shapes

        self._optimum(folder, merge=False)
        first, later = (folder / f"{_STEMS[role]}.onnx" for role in ("decoder", "decoder_with_past"))
        for graph in (folder / f"{_STEMS['encoder']}.onnx", first, later):
            settle_shapes(graph)
        # Not strict: later steps need not give back what came from the encoder.
        merge_decoders(first, later, save_path=folder / f"{_STEMS['decoder_merged']}.onnx", strict=False)

    def _fp16(self, base: Made) -> Made:
        from studio.runtime.quantization import convert_fp16

        sources = self._fp32
        if "decoder_merged" in sources:
            # The converter mixes up types across the branches of a merged decoder: its halves are converted apart.
            folder = self._scratch / "fp32"
            if not (folder / f"{_STEMS['decoder_with_past']}.onnx").is_file():
                folder = self._scratch / "split"
                self._optimum(folder, merge=False)
            sources = {role: folder / f"{_STEMS[role]}.onnx" for role in ("encoder", "decoder", "decoder_with_past")}
        method = ""
        for role, path in sources.items():
            method = convert_fp16(path, self._graphs / f"{_STEMS[role]}_fp16.onnx")
        return Made(method, base.kv_cache)

    @property
    def _writes_text(self) -> bool:
        return self._listens or self._task.startswith(("text-generation", "text2text-generation"))

    @property
    def _listens(self) -> bool:
        """Whether it is a decoder that writes down what an encoder hears."""
        return self._task.startswith(_SPEECH) and self._architecture.startswith("Whisper")

    def _optimum(self, folder: Path, merge: bool) -> None:
        from optimum.exporters.onnx import main_export

        task = self._task
        if self._writes_text and not task.endswith("-with-past"):
            task += "-with-past"
        self._attempt(
            lambda: main_export(
                str(self._need_weights()),
                output=folder,
                task=task,
                opset=_OPSET,
                library_name="transformers",
                trust_remote_code=False,
                local_files_only=True,
                no_post_process=not merge,
                # Its own comparison uses limits that real sizes miss; `fidelity` judges instead.
                do_validation=False,
            )
        )

    def _need_weights(self) -> Path:
        if self._weights is None:
            raise InputError(
                _("This precision is made from PyTorch weights, not from ONNX files."),
                _("Add the model from a folder that has its weights and no fp32 ONNX files."),
            )
        return self._weights

    def _attempt(self, call: Any) -> Any:
        try:
            return call()
        except (ValueError, KeyError, NotImplementedError) as error:
            text = str(error)
            if isinstance(error, NotImplementedError) or "support" in text or "custom" in text:
                raise ConversionError(
                    _("The exporter does not know models of the kind {name}.").format(name=self._architecture),
                    _("Look for a version of the model that has ONNX files, or choose another model."),
                    text,
                ) from error
            raise

    def _place(self, graph: Path, role: Role, suffix: str) -> None:
        from studio.runtime.quantization import resave

        self._graphs.mkdir(exist_ok=True)
        target = self._graphs / f"{_STEMS[role]}{suffix}.onnx"
        if graph != target:
            resave(graph, target)


def _needed(found: Mapping[Role, Path]) -> dict[Role, Path]:
    """The graphs that are used: a merged decoder does the work of both halves, which may lie beside it."""
    halves = ("decoder", "decoder_with_past") if "decoder_merged" in found else ()
    return {role: path for role, path in found.items() if role not in halves}

"""The 4-bit graph of a sentence encoder, its word pieces in 4 bits too.

The studio's own int4 keeps embeddings in int8, which suits large models; here the table of word pieces would be a
third of the whole. Both kinds of weights are rounded exactly as `embedding.py` saw them in training.
"""

from __future__ import annotations

from pathlib import Path

from embedding import BLOCK

METHOD = f"onnxruntime MatMulNBitsQuantizer, int4 weights and embeddings in blocks of {BLOCK}"


def quantize(source: Path, target: Path) -> str:
    """Write the int4 graph of an fp32 one; returns a plain name of the method."""
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    from onnxruntime.quantization.quant_utils import QuantFormat

    quantizer = MatMulNBitsQuantizer(
        onnx.load(str(source)),
        bits=4,
        block_size=BLOCK,
        is_symmetric=True,
        accuracy_level=4,
        quant_format=QuantFormat.QOperator,
        op_types_to_quantize=("MatMul", "Gather"),
        quant_axes=(("MatMul", 0), ("Gather", 1)),
    )
    quantizer.process()
    model = quantizer.model.model
    # Names of nodes and of what exporters saw say nothing to anybody, and are a tenth of a small graph.
    for node in model.graph.node:
        node.doc_string = ""
    del model.graph.value_info[:]
    onnx.save_model(model, str(target))
    return METHOD

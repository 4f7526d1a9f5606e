"""Writes a tiny Llama-shaped model in llama.cpp's format: random weights, one token for each byte. Needs `gguf`.

It answers nonsense, but through everything that a real model goes through. Run as a program, for an interpreter that
has llama.cpp but not the studio: ``python tiny_gguf.py FILE``.
"""

from __future__ import annotations

import sys
from pathlib import Path

_WIDTH, _LAYERS, _HEADS, _INNER, _CONTEXT = 64, 2, 4, 128, 2048


def write(path: Path) -> None:
    """Write the model."""
    import gguf
    import numpy as np

    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁"]
    kinds = [2, 3, 3, *([6] * 256), 1]
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)

    def add(name: str, *shape: int) -> None:
        values = np.ones(shape) if len(shape) == 1 else random.normal(0, 0.3, shape)
        writer.add_tensor(name, values.astype(np.float32))

    add("token_embd.weight", len(tokens), _WIDTH)
    add("output_norm.weight", _WIDTH)
    add("output.weight", len(tokens), _WIDTH)
    for layer in range(_LAYERS):
        add(f"blk.{layer}.attn_norm.weight", _WIDTH)
        add(f"blk.{layer}.ffn_norm.weight", _WIDTH)
        for part in ("q", "k", "v", "output"):
            add(f"blk.{layer}.attn_{part}.weight", _WIDTH, _WIDTH)
        add(f"blk.{layer}.ffn_gate.weight", _INNER, _WIDTH)
        add(f"blk.{layer}.ffn_up.weight", _INNER, _WIDTH)
        add(f"blk.{layer}.ffn_down.weight", _WIDTH, _INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]))

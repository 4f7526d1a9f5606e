"""A llama.cpp file of a Llama-shaped PyTorch folder, for speed only: q4_0 weights, no vocabulary.

Rotary weights are not reordered and there is no tokenizer, so it answers nonsense at the cost of the real thing.
"""

from __future__ import annotations

from pathlib import Path

from tests.bench.shapes import read_json

_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write_q4_0(folder: Path) -> Path:
    """Write ``q4_0.gguf`` beside the weights, unless it is there.

    Matrices are q4_0; the embedding, which is also the output layer, is q8_0, since llama.cpp's own quantizer keeps
    a tied output layer at more than four bits too.
    """
    target = folder.parent / f"{folder.name}-q4_0.gguf"
    if target.is_file():
        return target
    import gguf
    from gguf import GGMLQuantizationType as Type
    from safetensors.numpy import load_file

    config = read_json(folder / "config.json")
    writer = gguf.GGUFWriter(str(target.with_suffix(".part")), "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tokenizer_model("none")
    for name, tensor in load_file(folder / "model.safetensors").items():
        short, kind = _short(name), Type.F32 if tensor.ndim == 1 else Type.Q4_0
        if name == "model.embed_tokens.weight":
            kind = Type.Q8_0
        data = gguf.quants.quantize(tensor.astype("float32"), kind)
        writer.add_tensor(short, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    target.with_suffix(".part").rename(target)
    return target


def _short(name: str) -> str:
    fixed = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    if name in fixed:
        return fixed[name]
    _model, _layers, number, *rest = name.split(".")
    return f"blk.{number}.{_NAMES['.'.join(rest[:-1])]}.weight"

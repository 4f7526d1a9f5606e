"""Tiny decoders with random weights: Llama, Qwen2, Qwen3, Phi-3, Gemma and GPT-2, with a byte-level tokenizer.

All but GPT-2 have a chat template; Gemma's refuses a system role. torch, transformers, optimum and onnxruntime-genai
are imported inside functions only.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

FAMILIES = ("llama", "qwen2", "qwen3", "phi3", "gemma", "gpt2")
#: Positions of each model: small, so that a test reaches the limit with a short text.
CONTEXT = 160
END = "<|im_end|>"

#: Gemma multiplies its embeddings by the root of their size, and would only repeat the last token with wide ones.
_EMBEDDING_STD = {"gemma": 0.08}
_SPECIAL = ["<|endoftext|>", "<|im_start|>", END]
_TEXTS = (
    "I want to cancel order 4411",
    "Where is my refund? I sent the shoes back two weeks ago.",
    "One oat latte to go, please. Would you like that hot or iced?",
    "The quick brown fox jumps over the lazy dog, doesn't it?",
    "我想取消订单。退款在哪里？",
    "Où est mon remboursement ? ¿Dónde está mi factura?",
)
_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"


def weights(folder: Path, family: str) -> None:
    """A PyTorch folder: configurations, ``model.safetensors`` and ``tokenizer.json``."""
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer = _tokenizer()
    torch.manual_seed(11)
    model = AutoModelForCausalLM.from_config(_config(family, tokenizer)).eval()
    with torch.no_grad():
        # Fresh weights repeat one token for ever; wider ones make answers that differ from step to step.
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=_EMBEDDING_STD.get(family, 1.0) if "emb" in name or "wte" in name else 0.25)
    # An answer must be able to end by its own, and by no other token than the configuration's.
    model.generation_config.eos_token_id = [tokenizer.token_to_id(END)]
    model.generation_config.pad_token_id = 0
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|endoftext|>",
        "eos_token": END,
        "pad_token": "<|endoftext|>",
        "model_max_length": 1000000000000000019884624838656,
    }
    if family != "gpt2":
        settings["chat_template"] = (_NO_SYSTEM if family == "gemma" else "") + _TEMPLATE
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2))


def exported(folder: Path, family: str) -> None:
    """`weights`, and ``onnx/model.onnx`` beside them, as optimum exports a decoder with its cache."""
    from optimum.exporters.onnx import main_export

    weights(folder, family)
    main_export(
        str(folder),
        output=folder / "exported",
        task="text-generation-with-past",
        opset=18,
        do_validation=False,
        local_files_only=True,
        library_name="transformers",
    )
    _keep_graph(folder, folder / "exported" / "model.onnx")


def fused(folder: Path, family: str, precision: str) -> None:
    """`weights`, and the graph of onnxruntime-genai's builder, with one shared buffer for the cache."""
    from studio.runtime.genai_builder import build

    weights(folder, family)
    built = folder / "exported"
    built.mkdir()
    graph, _method = build(folder, built, precision)
    _keep_graph(folder, graph, "" if precision == "fp32" else f"_{precision}")


def split(folder: Path, family: str) -> None:
    """The older layout: ``decoder_model.onnx`` for the first step, ``decoder_with_past_model.onnx`` for the others."""
    import onnx

    exported(folder, family)
    graph = folder / "onnx" / "model.onnx"
    onnx.save(_first_step(onnx.load(str(graph))), str(folder / "onnx" / "decoder_model.onnx"))
    graph.rename(folder / "onnx" / "decoder_with_past_model.onnx")


def merged(folder: Path, family: str) -> None:
    """The older layout in one file: ``decoder_model_merged.onnx``, whose ``use_cache_branch`` chooses the half."""
    import onnx
    from onnx import TensorProto, helper

    exported(folder, family)
    path = folder / "onnx" / "model.onnx"
    later = onnx.load(str(path))
    first = _first_step(onnx.load(str(path)))
    outputs = list(later.graph.output)
    branches = []
    for name, half in (("later", later), ("first", first)):
        graph = onnx.GraphProto()
        graph.CopyFrom(half.graph)
        graph.name = name
        del graph.input[:]
        # Names are one space over a graph and its branches.
        _rename(graph, name + "/", keep={port.name for port in later.graph.input})
        branches.append(graph)
    choose = helper.make_node(
        "If", ["use_cache_branch"], [o.name for o in outputs], then_branch=branches[0], else_branch=branches[1]
    )
    flag = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    whole = helper.make_graph([choose], "merged", [*later.graph.input, flag], outputs)
    model = helper.make_model(whole, opset_imports=later.opset_import, ir_version=later.ir_version)
    onnx.save(model, str(folder / "onnx" / "decoder_model_merged.onnx"))
    path.unlink()


def half_precision(folder: Path, family: str) -> None:
    """As transformers.js lays out ``model_fp16.onnx``: half-precision inside, and in the cache."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    exported(folder, family)
    graph = folder / "onnx" / "model.onnx"
    model = convert_float_to_float16(onnx.load(str(graph)), keep_io_types=["logits"])
    onnx.save(model, str(folder / "onnx" / "model_fp16.onnx"))


def _keep_graph(folder: Path, graph: Path, suffix: str = "") -> None:
    import onnx

    (folder / "onnx").mkdir()
    onnx.save(onnx.load(str(graph)), str(folder / "onnx" / f"model{suffix}.onnx"))
    shutil.rmtree(graph.parent)


def _first_step(model: Any) -> Any:
    """The same graph without a past: empty tensors stand where it was read."""
    import numpy as np
    from onnx import numpy_helper

    kept = []
    for port in model.graph.input:
        if port.name.startswith("past"):
            sizes = [d.dim_value for d in port.type.tensor_type.shape.dim]
            model.graph.initializer.append(
                numpy_helper.from_array(np.zeros((1, sizes[1], 0, sizes[3]), np.float32), port.name)
            )
        else:
            kept.append(port)
    del model.graph.input[:]
    model.graph.input.extend(kept)
    return model


def _rename(graph: Any, prefix: str, keep: set[str]) -> None:
    held = {tensor.name for tensor in graph.initializer}

    def new(name: str) -> str:
        return prefix + name if name and (name not in keep or name in held) else name

    for tensor in graph.initializer:
        tensor.name = new(tensor.name)
    for node in graph.node:
        node.input[:] = [new(name) for name in node.input]
        node.output[:] = [new(name) for name in node.output]
        node.name = prefix + node.name
    for output in graph.output:
        output.name = new(output.name)
    del graph.value_info[:]


def _tokenizer() -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=384,
        special_tokens=_SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXTS, trainer)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _config(family: str, tokenizer: tokenizers.Tokenizer) -> Any:
    from transformers import AutoConfig

    own: dict[str, Any] = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": CONTEXT,
        "tie_word_embeddings": family in ("llama", "gemma"),
    }
    if family in ("qwen3", "gemma"):
        own["head_dim"] = 16
    if family == "phi3":
        # Phi-3's own padding id lies far outside this vocabulary.
        own |= {"pad_token_id": 0, "original_max_position_embeddings": CONTEXT}
    if family == "gpt2":
        own = {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": CONTEXT, "n_inner": 128}
    return AutoConfig.for_model(
        family,
        vocab_size=tokenizer.get_vocab_size(),
        bos_token_id=0,
        eos_token_id=tokenizer.token_to_id(END),
        **own,
    )

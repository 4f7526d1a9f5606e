"""Greedy answers of every family and every layout are those of transformers on PyTorch, token for token."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.domain.running import LoadSpec, ignore_text, never_cancelled
from studio.domain.task import Message
from studio.runtime.causal import GrowingCacheDecoder, SharedCacheDecoder
from studio.runtime.chat import ChatModel
from tests.tiny import causal
from tests.tiny.cache import TinyCache

_PROMPTS = ("I want to cancel order 4411", "Où est 退款?", "x " * 30)
_NEW = 24
_LAYOUTS = [
    *[(causal.exported, (family,), "fp32") for family in causal.FAMILIES],
    *[(causal.fused, (family, "fp32"), "fp32") for family in ("llama", "qwen2", "qwen3", "phi3", "gemma")],
    (causal.split, ("llama",), "fp32"),
    (causal.split, ("gpt2",), "fp32"),
    (causal.merged, ("llama",), "fp32"),
    (causal.merged, ("gpt2",), "fp32"),
]


def _name(layout: tuple[Any, tuple[str, ...], str]) -> str:
    return "-".join((layout[0].__name__, *layout[1]))


@lru_cache(maxsize=8)
def _original(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(str(folder)).eval()


def _generate(folder: Path, prompt: list[int], **settings: Any) -> list[int]:
    import torch

    ids = torch.tensor([prompt])
    with torch.inference_mode():
        made = _original(folder).generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=_NEW, do_sample=False, **settings
        )
    return [int(token) for token in made[0, len(prompt) :]]


def _asked(text: str) -> dict[str, Any]:
    return {"messages": (Message("user", text),)}


@pytest.mark.parametrize("layout", _LAYOUTS, ids=_name)
def test_greedy_ids_are_those_of_transformers(tiny: TinyCache, layout: tuple[Any, tuple[str, ...], str]) -> None:
    build, arguments, precision = layout
    folder = tiny.built(build, *arguments)
    model = ChatModel(LoadSpec("chat", folder, precision, threads=1))
    wanted = SharedCacheDecoder if build is causal.fused else GrowingCacheDecoder
    assert isinstance(model._decoder, wanted)
    options = {"max_new_tokens": _NEW}
    lengths = set()
    for text in _PROMPTS:
        prompt = model.prompt_ids(_asked(text), options)
        output = model.run(_asked(text), options, ignore_text, never_cancelled).output
        assert list(output.token_ids) == _generate(folder, prompt)
        assert output.finish_reason == ("stop" if output.token_ids[-1] in model._ends else "length")
        lengths.add(len(set(output.token_ids)))
    assert max(lengths) > 3, "an answer of one repeated token would prove little"


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_repetition_rules_are_those_of_transformers(tiny: TinyCache, family: str) -> None:
    folder = tiny.built(causal.exported, family)
    model = ChatModel(LoadSpec("chat", folder, threads=1))
    rules = {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2}
    prompt = model.prompt_ids(_asked(_PROMPTS[0]), {})
    output = model.run(_asked(_PROMPTS[0]), {"max_new_tokens": _NEW, **rules}, ignore_text, never_cancelled).output
    assert list(output.token_ids) == _generate(folder, prompt, **rules)


def test_scores_of_half_precision_with_a_half_precision_cache_are_close(tiny: TinyCache) -> None:
    folder = tiny.built(causal.half_precision, "qwen2")
    exact, half = (ChatModel(LoadSpec("chat", folder, precision, threads=1)) for precision in ("fp32", "fp16"))
    assert half._decoder._entries[0].dtype == np.float16
    answer = [40, 41, 42, 300, 7]
    prompt = exact.prompt_ids(_asked(_PROMPTS[0]), {})
    difference = exact.answer_logits(prompt, answer) - half.answer_logits(prompt, answer)
    assert 0 < np.abs(difference).max() < 0.2


def test_scores_along_an_answer_are_those_of_pytorch(tiny: TinyCache) -> None:
    from studio.baseline.generation_causal import EagerChat

    folder = tiny.built(causal.fused, "llama", "fp32")
    model, eager = ChatModel(LoadSpec("chat", folder, threads=1)), EagerChat(LoadSpec("chat", folder, threads=1))
    prompt, answer = model.prompt_ids(_asked(_PROMPTS[1]), {}), [40, 300, 7]
    assert prompt == eager.prompt_ids(_asked(_PROMPTS[1]), {})
    np.testing.assert_allclose(model.answer_logits(prompt, answer), eager.answer_logits(prompt, answer), atol=1e-3)


def test_int4_of_the_builder_runs_and_answers_alike_twice(tiny: TinyCache) -> None:
    folder = tiny.built(causal.fused, "llama", "int4")
    model = ChatModel(LoadSpec("chat", folder, "int4", threads=1))
    first, second = (
        model.run(_asked(_PROMPTS[0]), {"max_new_tokens": 8}, ignore_text, never_cancelled).output for _ in range(2)
    )
    assert first == second and len(first.token_ids) == 8

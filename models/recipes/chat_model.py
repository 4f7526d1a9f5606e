"""The assistants' tokenizer and network: a Llama, small or grown from the small one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from chat_corpus import Turn
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import nn
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

START, END, PAD = "<|start|>", "<|end|>", "<|pad|>"
_ROLES = ("system", "user", "assistant")
#: How much more a digit counts than any other token: one that is wrong makes the whole number useless.
DIGIT_WEIGHT = 3.0
#: Longest conversation, in tokens.
CONTEXT = 1024
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|{{ message.role }}|>{{ message.content | trim }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@dataclass(frozen=True)
class Shape:
    """A network's size; heads are 64 wide."""

    width: int
    layers: int
    feed_forward: int
    vocabulary: int


def make_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """Byte-level BPE, so that anything can be written, with a token for each group of up to three digits.

    Copying works by finding what followed the last token where it stood before. With ten different tokens that is
    ambiguous in any long number; with a thousand it hardly ever is.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [PAD, START, END, *(f"<|{role}|>" for role in _ROLES)]
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=3,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    whole = json.loads(tokenizer.to_str())
    # Groups are taken from the vocabulary as they are; no merge leads to them.
    whole["model"]["ignore_merges"] = True
    for group in (f"{number:0{width}}" for width in (2, 3) for number in range(10**width)):
        whole["model"]["vocab"].setdefault(group, len(whole["model"]["vocab"]))
    grouped = Tokenizer.from_str(json.dumps(whole))
    grouped.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex("[0-9]{1,3}"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return grouped


def with_template(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """The tokenizer as transformers knows it, with the chat template."""
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=CONTEXT,
        pad_token=PAD,
        bos_token=START,
        eos_token=END,
        additional_special_tokens=[f"<|{role}|>" for role in _ROLES],
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = TEMPLATE
    return fast


@dataclass(frozen=True)
class Encoder:
    """Turns conversations into token ids, as the chat template would, and marks what is to be learnt."""

    tokenizer: PreTrainedTokenizerFast

    def encode(self, turns: Iterable[Turn]) -> tuple[list[int], list[float]]:
        """Token ids, and the weight of each in the loss: 0 where the assistant does not write it, more for a digit."""
        backend = self.tokenizer.backend_tokenizer
        ids, weights = [backend.token_to_id(START)], [0.0]
        for turn in turns:
            content = backend.encode(turn.content.strip(), add_special_tokens=False)
            ids += [backend.token_to_id(f"<|{turn.role}|>"), *content.ids, backend.token_to_id(END)]
            own = turn.role == "assistant"
            weights += [
                0.0,
                *(own * (DIGIT_WEIGHT if token.isdigit() else 1.0) for token in content.tokens),
                float(own),
            ]
        return ids, weights


def make_network(shape: Shape, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A new network."""
    network = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=shape.width,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.width // 64,
            num_key_value_heads=shape.width // 64,
            intermediate_size=shape.feed_forward,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    # The parts that write into the residual stream start smaller the deeper the network is, as in GPT-2.
    for layer in network.model.layers:
        for part in (layer.self_attn.o_proj, layer.mlp.down_proj):
            nn.init.normal_(part.weight, std=0.02 / (2 * shape.layers) ** 0.5)
    network.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        do_sample=False,
        max_new_tokens=128,
    )
    return network


@torch.no_grad()
def grow(small: LlamaForCausalLM, large: LlamaForCausalLM) -> None:
    """Start a deeper network from a trained one of the same width, so that it begins with all that one knows.

    Each layer of the small network is followed by copies of itself that add nothing at first, because what they write
    into the residual stream is set to zero (Chen et al., "Net2Net", ICLR 2016; Gong et al., "Progressive Stacking",
    ICML 2019).
    """
    large.model.embed_tokens.load_state_dict(small.model.embed_tokens.state_dict())
    large.model.norm.load_state_dict(small.model.norm.state_dict())
    old, new = small.model.layers, large.model.layers
    before = -1
    for place, layer in enumerate(new):
        source = place * len(old) // len(new)
        layer.load_state_dict(old[source].state_dict())
        if source == before:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        before = source


def loss_of(network: LlamaForCausalLM, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Cross-entropy of the assistant's tokens, weighted.

    Args:
        network: Any of the above.
        batch: Token ids, shape (rows, tokens), padded on the right; and the weight of each, 0 where the assistant does
            not write it. No mask is needed: attention is causal and padding comes last.
    """
    ids, weights = batch
    learnt = weights[:, 1:] > 0
    hidden = network.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
    scores = network.lm_head(hidden[learnt]).float()
    losses = nn.functional.cross_entropy(scores, ids[:, 1:][learnt], reduction="none")
    return (losses * weights[:, 1:][learnt]).sum() / weights[:, 1:][learnt].sum()

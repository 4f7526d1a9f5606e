"""What every recipe shares: seeds, checkpoints that training resumes from, and a learning rate schedule."""

from __future__ import annotations

import json
import os
import platform
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    Attributes:
        epochs: Passes over the data.
        learning_rate: Highest learning rate, reached after the warm-up and falling linearly to 0.
        warm_up: Share of all steps spent warming up.
        weight_decay: AdamW's.
        averaging: Decay of the running average of the weights, which is what is validated and kept; 0 for none.
    """

    epochs: int
    learning_rate: float
    warm_up: float = 0.06
    weight_decay: float = 0.01
    averaging: float = 0.0


def set_seed(seed: int) -> None:
    """Seed every source of chance."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def device() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def mixed_precision() -> torch.autocast:
    """bfloat16 for the large products where the machine computes them quickly; weights stay float32."""
    if device().type == "cuda":
        return torch.autocast("cuda", torch.bfloat16, enabled=torch.cuda.is_bf16_supported())
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


def train(
    model: nn.Module,
    batches: Callable[[int], Iterable[Any]],
    loss_of: Callable[[nn.Module, Any], torch.Tensor],
    steps_per_epoch: int,
    schedule: Schedule,
    checkpoint: Path,
    validate: Callable[[nn.Module], float] | None = None,
    every_s: float = 120.0,
    slow: Collection[str] = (),
    slow_factor: float = 0.3,
) -> float:
    """Train, with a checkpoint every ``every_s`` seconds and after each epoch, going on from one that is there.

    Args:
        model: Trained in place.
        batches: Epoch number → its batches, the same for the same number, so that a resumed epoch skips what was done.
        loss_of: Model and batch → loss.
        steps_per_epoch: Batches in an epoch.
        schedule: See `Schedule`.
        checkpoint: File to write and resume from.
        validate: Called after each epoch; higher is better; the best weights are those kept at the end.
        every_s: Seconds between checkpoints.
        slow: Beginnings of the names of parameters that were trained before, which learn more slowly.
        slow_factor: Their share of the learning rate.

    Returns:
        Seconds spent training, over all resumed parts.
    """
    model.to(device())
    named = dict(model.named_parameters())
    before = [name for name in named if name.startswith(tuple(slow))]
    groups = [{"params": [named[name] for name in named if name not in before], "lr": schedule.learning_rate}]
    if before:
        groups.append({"params": [named[name] for name in before], "lr": schedule.learning_rate * slow_factor})
    optimizer = torch.optim.AdamW(groups, weight_decay=schedule.weight_decay, betas=(0.9, 0.98), fused=True)
    averaged = None
    if schedule.averaging:
        averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(schedule.averaging))
    total = steps_per_epoch * schedule.epochs
    warm = max(1, int(total * schedule.warm_up))
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.0, (total - step) / max(1, total - warm)))
    )
    state: dict[str, Any] = {"step": 0, "seconds": 0.0, "best": float("-inf"), "best_weights": None}
    if checkpoint.is_file():
        saved = torch.load(checkpoint, map_location=device(), weights_only=True)
        model.load_state_dict(saved.pop("model"))
        optimizer.load_state_dict(saved.pop("optimizer"))
        if averaged is not None:
            averaged.load_state_dict(saved.pop("averaged"))
        rate.load_state_dict(saved.pop("rate"))
        state = saved
        print(f"resuming at step {state['step']} of {total}", flush=True)

    def save() -> None:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        part = checkpoint.with_suffix(".part")
        whole = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "rate": rate.state_dict(), **state}
        if averaged is not None:
            whole["averaged"] = averaged.state_dict()
        torch.save(whole, part)
        part.replace(checkpoint)

    last = time.monotonic()
    saved_at = last
    while state["step"] < total:
        epoch, done = divmod(state["step"], steps_per_epoch)
        losses = []
        model.train()
        for batch in _skip(batches(epoch), done):
            with mixed_precision():
                loss = loss_of(model, batch)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            rate.step()
            if averaged is not None:
                averaged.update_parameters(model)
            losses.append(loss.item())
            state["step"] += 1
            now = time.monotonic()
            state["seconds"] += now - last
            last = now
            if now - saved_at > every_s:
                save()
                saved_at = now
        score = None
        if validate:
            judged = model if averaged is None else averaged.module
            judged.eval()
            with torch.inference_mode(), mixed_precision():
                score = validate(judged)
            if score >= state["best"]:
                state["best"] = score
                state["best_weights"] = {k: v.detach().clone() for k, v in judged.state_dict().items()}
        print(
            json.dumps(
                {
                    "epoch": epoch + 1,
                    "loss": round(float(np.mean(losses)), 4),
                    "validation": score,
                    "seconds": round(state["seconds"]),
                }
            ),
            flush=True,
        )
        save()
        last = saved_at = time.monotonic()
    if state["best_weights"] is not None:
        model.load_state_dict(state["best_weights"])
    return float(state["seconds"])


def _skip(batches: Iterable[Any], count: int) -> Iterator[Any]:
    for number, batch in enumerate(batches):
        if number >= count:
            yield batch


def shuffled_batches(count: int, size: int, lengths: list[int], seed: int) -> list[list[int]]:
    """Row numbers in batches of about the same length, both in an order of chance fixed by ``seed``."""
    chance = random.Random(seed)
    order = sorted(range(count), key=lambda i: (lengths[i] + chance.random() * 4, i))
    found = [order[i : i + size] for i in range(0, count, size)]
    chance.shuffle(found)
    return found


def kept_tokenizer(path: Path, make: Callable[[], Tokenizer]) -> Tokenizer:
    """A tokenizer trained once and kept beside the checkpoint: training one again breaks ties in another way.

    Args:
        path: Where it is kept.
        make: Trains it.
    """
    if path.is_file():
        return Tokenizer.from_file(str(path))
    tokenizer = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))
    return tokenizer


def save_trained(folder: Path, model: Any, tokenizer: Any, seconds: float, seed: int) -> None:
    """Write a trained model as a Hugging Face folder; beside it, for its card, how it was trained."""
    model.to("cpu").save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # Without the line breaks, half the size.
    vocabulary = folder / "tokenizer.json"
    if vocabulary.is_file():
        whole = json.loads(vocabulary.read_text(encoding="utf-8"))
        vocabulary.write_text(json.dumps(whole, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    save_facts(folder, model, seconds, seed)


def save_facts(folder: Path, model: Any, seconds: float, seed: int) -> None:
    """Write how a model was trained beside its folder, for its card."""
    facts = {
        "seconds": round(seconds),
        "seed": seed,
        "hardware": torch.cuda.get_device_name(0) if torch.cuda.is_available() else _cpu(),
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    folder.with_name(f"{folder.name}.json").write_text(json.dumps(facts), encoding="utf-8")


def _cpu() -> str:
    return f"{torch.get_num_threads()} of {os.cpu_count()} CPU cores ({platform.machine()}), shared with other work"

"""Makes a small sentence encoder out of MiniLM: narrower, fewer words, and trained to stay itself in 4 bits.

    python models/recipes/embedding.py minilm-embeddings --data DIR --out DIR

All six layers stay, for depth costs the most to lose. Of each layer's 1536 hidden units the weightiest are kept, and
what follows them is fitted anew by least squares, so that the layer gives nearly what it gave before. The vocabulary is
cut to the commonest English words and those of the data. Then the student learns to give the vectors of the whole
MiniLM (the teacher), with its weights rounded to 4 bits in every step, exactly as they ship.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minilm
import torch
from card import Data
from torch import nn
from torch.nn.utils import parametrize
from training import Schedule, device, save_trained, set_seed, train
from transformers import BertModel, BertTokenizerFast, PreTrainedTokenizerFast

#: Weights that share a scale: what `embedding_ship.py` quantizes with.
BLOCK = 64
MAX_TOKENS = 256
_BANKING = "intents-banking77"
#: Folder of a data set → the column of its English texts.
CORPUS = {
    _BANKING: "text",
    "intents-clinc150": "text",
    "intents-support": "utterance",
    "sentiment-goemotions": "text",
    "translation-en-zh": "en",
}
_BATCH = 64
BANKING = Data(
    "PolyAI-LDN/task-specific-datasets, Banking77",
    "https://github.com/PolyAI-LDN/task-specific-datasets",
    "CC BY 4.0",
    'Casanueva et al., "Efficient Intent Detection with Dual Sentence Encoders", 2020, PolyAI Ltd.',
)


@dataclass(frozen=True)
class Preset:
    """How much of MiniLM is kept.

    Attributes:
        units: Hidden units of each layer.
        at_least: How often a word piece must occur in the data to be kept.
        most_common: How many of the commonest English words are kept whether they occur or not.
        steps: Steps of an epoch, of 64 texts each.
    """

    units: int
    at_least: int
    most_common: int
    steps: int
    schedule: Schedule


PRESETS = {"minilm-embeddings": Preset(640, 25, 6000, 170, Schedule(4, 3e-4, weight_decay=0.0))}


class Rounded(nn.Module):
    """Weights as they are after 4-bit quantization; the gradient passes through as if they were not rounded."""

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        blocks = weight.detach().reshape(-1, BLOCK)
        extreme = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
        scale = torch.where(extreme == 0, torch.ones_like(extreme), extreme / -8)
        rounded = ((blocks / scale).round().clamp(-8, 7) * scale).reshape(weight.shape)
        return weight + (rounded - weight.detach())


def corpus(data: Path, split: str = "train", parts: Mapping[str, str] = CORPUS) -> list[str]:
    """English texts of data sets, each once.

    Args:
        data: Where they are.
        split: ``train`` or ``validation``.
        parts: Which: folder → column.
    """
    found: list[str] = []
    for folder, column in parts.items():
        if folder == _BANKING:
            found += banking_rows(data, split)[0]
            continue
        with (data / folder / f"{split}.csv").open(encoding="utf-8", newline="") as file:
            found += [row[column] for row in csv.DictReader(file)]
    return list(dict.fromkeys(found))


def banking_rows(data: Path, split: str) -> tuple[list[str], list[str]]:
    """Texts and intents of Banking77; it comes without a validation split, so every tenth row is kept for one."""
    with (data / _BANKING / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for place, row in enumerate(csv.DictReader(file)) if (place % 10 == 0) == (split != "train")]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def passages(texts: Sequence[str], chance: random.Random) -> list[str]:
    """The texts in an order of chance, a quarter of them joined by two or three to a longer one."""
    shuffled = list(texts)
    chance.shuffle(shuffled)
    found = []
    place = 0
    while place < len(shuffled):
        count = chance.choice((2, 3)) if chance.random() < 0.1 else 1
        found.append(" ".join(shuffled[place : place + count]))
        place += count
    return found


def pooled(model: Any, read: Any) -> torch.Tensor:
    """Mean of the tokens' vectors, of length 1."""
    tokens = model(**read).last_hidden_state
    mask = read["attention_mask"][:, :, None].float()
    return nn.functional.normalize((tokens * mask).sum(1) / mask.sum(1), dim=1)


def batches_of(tokenizer: Any, texts: Sequence[str]) -> Iterable[Any]:
    """The texts in batches of about one length."""
    ordered = sorted(texts, key=len)
    for start in range(0, len(ordered), _BATCH):
        yield _read(tokenizer, ordered[start : start + _BATCH])


def _read(tokenizer: Any, texts: Sequence[str]) -> dict[str, torch.Tensor]:
    read = tokenizer(list(texts), padding=True, truncation=True, max_length=128, return_tensors="pt")
    return {name: read[name].to(device()) for name in ("input_ids", "attention_mask")}


def student_of(
    teacher: BertModel, preset: Preset, texts: Sequence[str], fitting: Sequence[str], work: Path
) -> tuple[BertModel, PreTrainedTokenizerFast]:
    """The smaller model before it is trained, and its tokenizer.

    Args:
        teacher: The whole MiniLM.
        preset: How much is kept.
        texts: Decide which word pieces are kept.
        fitting: Texts on which the layers are fitted.
        work: Where the tokenizer is kept.
    """
    pieces = minilm.used_pieces(texts, preset.at_least, preset.most_common)
    path = work / "tokenizer.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(minilm.cut_tokenizer(pieces)), encoding="utf-8")
    special = dict(zip(_ROLES, minilm.SPECIAL, strict=True))
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(path), model_max_length=MAX_TOKENS, **special)
    config = teacher.config.__class__.from_dict(
        {
            **teacher.config.to_dict(),
            "vocab_size": len(pieces),
            "intermediate_size": preset.units,
            "max_position_embeddings": MAX_TOKENS,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
        }
    )
    student = BertModel(config, add_pooling_layer=False).eval()
    weights = teacher.state_dict()
    weights["embeddings.word_embeddings.weight"] = weights["embeddings.word_embeddings.weight"][list(pieces.values())]
    weights["embeddings.position_embeddings.weight"] = weights["embeddings.position_embeddings.weight"][:MAX_TOKENS]
    kept = {name: tensor for name, tensor in weights.items() if name in student.state_dict()}
    narrow = {name for name in kept if kept[name].shape != student.state_dict()[name].shape}
    student.load_state_dict({name: tensor for name, tensor in kept.items() if name not in narrow}, strict=False)
    student.to(device())
    reads = list(batches_of(tokenizer, fitting))
    for number in range(config.num_hidden_layers):
        _narrow(student, teacher, number, reads)
    return student, tokenizer


_ROLES = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")


@torch.inference_mode()
def _narrow(student: BertModel, teacher: BertModel, number: int, reads: Sequence[Any]) -> None:
    """Keep the weightiest hidden units of one layer, and fit what follows them to what the whole layer gave."""
    wide, narrow = teacher.encoder.layer[number], student.encoder.layer[number]
    seen: list[torch.Tensor] = []
    hook = narrow.intermediate.register_forward_hook(lambda _module, given, _result: seen.append(given[0]))
    inputs = []
    for read in reads:
        seen.clear()
        student(**read)
        inputs.append(seen[0][read["attention_mask"].bool()])
    hook.remove()
    hidden = wide.intermediate(torch.cat(inputs))
    out = wide.output.dense
    expected = out(hidden)
    weight = hidden.square().mean(0) * out.weight.square().sum(0)
    kept = weight.argsort(descending=True)[: narrow.intermediate.dense.out_features].sort().values
    known = torch.cat([hidden[:, kept], torch.ones_like(hidden[:, :1])], 1).double()
    square = known.T @ known
    square += torch.eye(len(square), device=square.device) * square.diag().mean() * 1e-3
    fitted = torch.linalg.solve(square, known.T @ expected.double()).float()
    narrow.intermediate.dense.weight.copy_(wide.intermediate.dense.weight[kept])
    narrow.intermediate.dense.bias.copy_(wide.intermediate.dense.bias[kept])
    narrow.output.dense.weight.copy_(fitted[:-1].T)
    narrow.output.dense.bias.copy_(fitted[-1])


def rounded_in_training(student: BertModel) -> None:
    """Every weight that ships in 4 bits is seen rounded from now on."""
    for module in student.modules():
        if isinstance(module, nn.Linear | nn.Embedding) and module.weight.shape[1] % BLOCK == 0:
            parametrize.register_parametrization(module, "weight", Rounded(), unsafe=True)


def _keep_rounded(student: BertModel) -> None:
    """Keep the weights as they ship: rounding them again changes nothing."""
    for module in student.modules():
        if parametrize.is_parametrized(module):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)


def distil(preset: Preset, data: Path, work: Path, seed: int) -> tuple[Any, Any, float]:
    """The trained student, its tokenizer, and the seconds that training took."""
    folder = minilm.pretrained_folder()
    teacher = BertModel.from_pretrained(folder, attn_implementation="sdpa").eval().to(device())
    reader = BertTokenizerFast.from_pretrained(folder)
    texts = corpus(data)
    chance = random.Random(seed)
    held = chance.sample(corpus(data, "validation"), 400)
    student, tokenizer = student_of(teacher, preset, texts, chance.sample(texts, 1200), work)
    rounded_in_training(student)

    @torch.inference_mode()
    def target(many: Sequence[str]) -> torch.Tensor:
        return pooled(teacher, _read(reader, many))

    expected = torch.cat([target(held[start : start + _BATCH]) for start in range(0, len(held), _BATCH)])

    def batches(epoch: int) -> Iterable[Any]:
        chance = random.Random(seed * 1000 + epoch)
        # Enough for an epoch, in batches of about one length, which come in an order of chance.
        chosen = sorted(passages(texts, chance)[: preset.steps * _BATCH], key=len)
        groups = [chosen[start : start + _BATCH] for start in range(0, len(chosen), _BATCH)]
        chance.shuffle(groups)
        for group in groups:
            yield _read(tokenizer, group), target(group).clone()

    def loss_of(network: Any, batch: Any) -> torch.Tensor:
        read, wanted = batch
        found = pooled(network, read)
        # Where each text lies, and how it lies to the others of its batch: the second is what search ranks by.
        away = (1 - (found * wanted).sum(1)).mean()
        return away + 2 * (found @ found.T - wanted @ wanted.T).square().mean()

    def likeness(network: Any) -> float:
        found = torch.cat(
            [pooled(network, _read(tokenizer, held[start : start + _BATCH])) for start in range(0, len(held), _BATCH)]
        )
        return float((found * expected).sum(1).mean())

    with torch.inference_mode():
        print(json.dumps({"pieces": len(tokenizer), "before training": round(likeness(student), 4)}), flush=True)
    seconds = train(student, batches, loss_of, preset.steps, preset.schedule, work / "student.pt", likeness)
    _keep_rounded(student)
    return student, tokenizer, seconds


def save(folder: Path, student: Any, tokenizer: Any, seconds: float, seed: int) -> None:
    """Write the student as sentence-transformers lays its models out."""
    save_trained(folder, student, tokenizer, seconds, seed)
    kinds = ("Transformer", "Pooling", "Normalize")
    modules = [
        {
            "idx": place,
            "name": str(place),
            "path": f"{place}_{kind}" if place else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for place, kind in enumerate(kinds)
    ]
    pooling = {"word_embedding_dimension": student.config.hidden_size, "pooling_mode_mean_tokens": True}
    limits = {"max_seq_length": MAX_TOKENS, "do_lower_case": False}
    for name, value in (
        ("modules.json", modules),
        ("1_Pooling/config.json", pooling),
        ("sentence_bert_config.json", limits),
        ("config_sentence_transformers.json", {"similarity_fn_name": "cosine"}),
    ):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", choices=sorted(PRESETS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("work"), help="where checkpoints go")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    set_seed(args.seed)
    student, tokenizer, seconds = distil(PRESETS[args.preset], args.data, args.work / args.preset, args.seed)
    save(args.out / args.preset, student, tokenizer, seconds, args.seed)


if __name__ == "__main__":
    main()

"""Embeddings are those of PyTorch with the pooling that a folder asks for, whatever the architecture and the export."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from studio.domain.embedding import EmbeddingRecipe
from studio.domain.errors import DamagedModelError, ModelFolderError, StoppedError
from studio.domain.running import LoadSpec
from studio.runtime.embedding import Embedder
from studio.runtime.embedding_vectors import unit
from tests.tiny import embedders
from tests.tiny.cache import TinyCache

TEXTS = (
    "Where is my refund?",
    "I want to CANCEL order 4411, please!!",
    "我想取消订单。退款在哪里？",
    "🙂 naïve café — ﬁne\u200bprint",
    "a",
    "I sent the shoes back two weeks ago. " * 20,
)


def _expected(folder: Path, texts: Sequence[str], pooling: str, normalised: bool) -> npt.NDArray[Any]:
    """What sentence-transformers computes, by transformers and its definitions of pooling, one text at a time."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(str(folder)).eval()
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    rows = []
    for text in texts:
        read = tokenizer(text, return_tensors="pt", truncation=True, max_length=embedders.MAX_SEQ_LENGTH)
        with torch.inference_mode():
            tokens = model(**read).last_hidden_state[0]
        ways = {
            "cls_token": tokens[0],
            "max_tokens": tokens.max(0).values,
            "mean_tokens": tokens.mean(0),
            "mean_sqrt_len_tokens": tokens.sum(0) / len(tokens) ** 0.5,
            "weightedmean_tokens": (tokens * torch.arange(1, len(tokens) + 1)[:, None]).sum(0)
            / torch.arange(1, len(tokens) + 1).sum(),
            "lasttoken": tokens[-1],
        }
        row = torch.cat([ways[name] for name in ways if name in pooling.split("+")])
        rows.append(torch.nn.functional.normalize(row, dim=0) if normalised else row)
    return np.stack([row.numpy() for row in rows])


@pytest.mark.parametrize("family", embedders.FAMILIES)
def test_embeddings_equal_those_of_pytorch(tiny: TinyCache, family: str) -> None:
    folder = tiny.built(embedders.exported, family)
    found = Embedder(LoadSpec("feature-extraction", folder)).embed(TEXTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, _expected(folder, TEXTS, "mean_tokens", True), atol=1e-4)


@pytest.mark.parametrize(
    "pooling",
    [
        "cls_token",
        "max_tokens",
        "mean_sqrt_len_tokens",
        "weightedmean_tokens",
        "lasttoken",
        "cls_token+max_tokens+mean_tokens",
    ],
)
def test_pooling_is_what_the_folder_asks_for(tiny: TinyCache, tmp_path: Path, pooling: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny.built(embedders.exported, "bert", "mean_tokens", "no"), folder)
    modes = {f"pooling_mode_{name}": True for name in pooling.split("+")}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(modes))
    found = Embedder(LoadSpec("feature-extraction", folder)).embed(TEXTS)
    np.testing.assert_allclose(found, _expected(folder, TEXTS, pooling, False), atol=1e-4)


def test_a_graph_that_pools_by_itself_is_believed(tiny: TinyCache) -> None:
    folder = tiny.built(embedders.exported_whole, "bert")
    found = Embedder(LoadSpec("feature-extraction", folder)).embed(TEXTS)
    np.testing.assert_allclose(found, _expected(folder, TEXTS, "mean_tokens", True), atol=1e-4)


def test_a_folder_that_says_nothing_is_pooled_by_mean(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    left_out = shutil.ignore_patterns("modules.json", "1_*")
    shutil.copytree(tiny.built(embedders.exported, "bert"), folder, ignore=left_out)
    found = Embedder(LoadSpec("feature-extraction", folder)).embed(TEXTS)
    np.testing.assert_allclose(unit(found), _expected(folder, TEXTS, "mean_tokens", True), atol=1e-4)
    assert not np.allclose(np.linalg.norm(found, axis=1), 1, atol=0.01)


def test_many_texts_of_all_lengths_keep_their_places(tiny: TinyCache) -> None:
    embedder = Embedder(LoadSpec("feature-extraction", tiny.built(embedders.exported, "bert")))
    texts = [" ".join(["refund"] * (1 + number * 7 % 23)) for number in range(100)]
    done: list[int] = []
    together = embedder.embed(texts, on_done=done.append)
    alone = np.concatenate([embedder.embed([text]) for text in texts[:30]])
    np.testing.assert_allclose(together[:30], alone, atol=1e-5)
    assert done[-1] == 100 and done == sorted(done)
    assert embedder.embed([]).shape == (0, 32)


def test_stopping_between_batches(tiny: TinyCache) -> None:
    embedder = Embedder(LoadSpec("feature-extraction", tiny.built(embedders.exported, "bert")))
    asked = iter([False, True])
    with pytest.raises(StoppedError):
        embedder.embed(["a text"] * 500, lambda: next(asked))


def test_prompts_stand_in_front_by_role(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny.built(embedders.exported, "bert"), folder)
    spec = LoadSpec("feature-extraction", folder)
    plain = Embedder(spec)
    prompts = {"query": "could you: ", "passage": "the ", "other": "fox "}
    written = {"prompts": prompts, "default_prompt_name": "other"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(written))
    prompted = Embedder(spec)
    for role, prompt in (("query", "could you: "), ("document", "the "), ("", "fox ")):
        found = prompted.embed(TEXTS[:3], role=role)
        np.testing.assert_allclose(found, plain.embed([prompt + text for text in TEXTS[:3]]), atol=1e-5)


def test_a_prompt_can_be_left_out_of_the_mean(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny.built(embedders.exported, "bert"), folder)
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": {"query": "could you "}}))
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"pooling_mode_mean_tokens": True, "include_prompt": False})
    )
    found = Embedder(LoadSpec("feature-extraction", folder)).embed(["cancel order 4411"], role="query")
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    # sentence-transformers counts the prompt's tokens with the special one before it, not the one behind it.
    skipped = len(tokenizer("could you ")["input_ids"]) - 1
    with torch.inference_mode():
        read = tokenizer("could you cancel order 4411", return_tensors="pt")
        tokens = AutoModel.from_pretrained(str(folder)).eval()(**read).last_hidden_state[0, skipped:]
    expected = torch.nn.functional.normalize(tokens.mean(0), dim=0).numpy()
    np.testing.assert_allclose(found[0], expected, atol=1e-4)


def test_a_layer_behind_pooling_that_the_graph_lacks_is_refused(tiny: TinyCache, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny.built(embedders.exported, "bert"), folder)
    modules = json.loads((folder / "modules.json").read_text())
    modules.append({"idx": 3, "path": "3_Dense", "type": "sentence_transformers.models.Dense"})
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ModelFolderError, match="Dense"):
        Embedder(LoadSpec("feature-extraction", folder))


def test_a_damaged_or_hostile_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[{")
    with pytest.raises(DamagedModelError, match=r"modules\.json"):
        EmbeddingRecipe.open(tmp_path)
    outside = [{"path": "../../etc", "type": "Pooling"}, {"path": 7}, "no module"]
    (tmp_path / "modules.json").write_text(json.dumps(outside))
    assert EmbeddingRecipe.open(tmp_path).poolings == ("mean",)
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": true, "do_lower_case": true}')
    recipe = EmbeddingRecipe.open(tmp_path)
    assert recipe.max_tokens is None and recipe.lower_case

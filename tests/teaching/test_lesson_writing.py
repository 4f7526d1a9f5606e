"""Models that write: what they read and are to write, where the loss is, and small matrices that are merged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from studio.domain.running import LoadSpec
from studio.tasks import find_task
from studio.teaching.fine_tuning_plan import KINDS, FineTuneSettings, TrainingPlan
from studio.teaching.lesson_writing import WritingLesson
from tests.tiny import causal, seq2seq
from tests.tiny.cache import TinyCache


def _plan(task: str, base: Path, weights: Path, lora: bool = False) -> TrainingPlan:
    settings = FineTuneSettings(max_tokens=64, lora=lora)
    return TrainingPlan(task, KINDS[task], str(base), "", str(weights), settings, 0, 1)


@pytest.fixture
def chat(tiny: TinyCache) -> Path:
    return tiny.built(causal.exported, "llama")


def test_the_loss_is_on_the_answer_alone_and_ends_it(chat: Path) -> None:
    lesson = WritingLesson(_plan("chat", chat, chat), chat)
    (row,) = lesson.rows(["Where is my refund?"], ["One oat latte"])
    tokenizer = lesson._tokenizer
    prompt = tokenizer.decode(row.ids)
    assert prompt.endswith("<|im_start|>assistant\n")
    assert "Where is my refund?" in prompt
    assert tokenizer.decode(row.answer) == "One oat latte<|im_end|>"
    assert lesson.loss([row])[1] == len(row.answer)


def test_padding_changes_nothing(chat: Path) -> None:
    lesson = WritingLesson(_plan("chat", chat, chat), chat)
    rows = lesson.rows(["Hi", "I want to cancel order 4411, please, and call me tomorrow"], ["One", "the lazy dog"])
    together, apart = lesson.judge(rows), [lesson.judge([row]) for row in rows]
    assert together.count == sum(each.count for each in apart)
    assert together.loss == pytest.approx(sum(each.loss for each in apart), rel=1e-4)


def test_a_translator_reads_and_writes_as_it_runs(tiny: TinyCache) -> None:
    built = tiny.built(seq2seq.exported, "bart")
    lesson = WritingLesson(_plan("translation", built / "merged", built / "weights"), built / "weights")
    (row,) = lesson.rows(["Please call me tomorrow"], ["明天十点半给我打电话"])
    config = lesson.model.config
    assert row.answer[-1] == config.eos_token_id
    assert row.answer[0] != config.decoder_start_token_id
    # The scores that are learned from are those that the studio's own runner chooses by.
    task = find_task("translation")
    spec = LoadSpec("translation", built / "merged", backend="pytorch", weights=built / "weights")
    runner = cast(Any, task.open(spec))
    assert list(row.ids) == runner.prompt_ids(task.read_text("Please call me tomorrow"), task.resolve_options({}))
    wanted = runner.answer_logits(list(row.ids), list(row.answer))
    got, _labels = lesson._chosen([row])
    assert abs(got.detach().numpy() - wanted).max() < 1e-4


def test_longer_texts_are_cut_to_fit(chat: Path) -> None:
    lesson = WritingLesson(_plan("chat", chat, chat), chat)
    (row,) = lesson.rows(["Where is my refund? " * 40], ["One oat latte to go, please. " * 40])
    assert len(row.ids) + len(row.answer) <= 64
    assert len(row.ids) >= 20


def test_merged_weights_write_what_the_small_matrices_did(chat: Path, tmp_path: Path) -> None:
    import torch

    plan = _plan("chat", chat, chat)
    lesson = WritingLesson(replace(plan, settings=replace(plan.settings, lora=True)), chat)
    rows = lesson.rows(["Two coffees", "later"], ["One oat latte", "the lazy dog"])
    lesson.begin(rows, [])
    with torch.no_grad():
        for name, value in lesson.model.named_parameters():
            # Fresh, the second of each two is zero, so that nothing changes yet.
            if "lora_B" in name:
                value.normal_(std=0.05)

    def scores(of: WritingLesson) -> Any:
        of.model.eval()
        with torch.inference_mode():
            return of._chosen(rows)[0].numpy()

    wanted, untaught = scores(lesson), scores(WritingLesson(plan, chat))
    lesson.save(tmp_path / "merged")
    found = scores(WritingLesson(plan, tmp_path / "merged"))
    largest = np.abs(wanted).max()
    assert np.abs(found - wanted).max() < 1e-4 * largest
    assert np.abs(found - untaught).max() > 1e-2 * largest
